"""Ctrl-C ends every wait for a lock at once, and leaves nothing locked."""

from __future__ import annotations

import dis
import fcntl
import functools
import gc
import itertools
import os
import signal
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import hal
from hal import _binding
from hal.slots.locking import SlotLock
from tests.support.cards import make_shared_card
from tests.support.processes import LIMIT, importing, start_python

# Says when it waits, and whether Ctrl-C ended that; and once the lock is free, whether everything works.
WAITS = """
import sys, threading, time
import hal
from trust import Trust as driver
with driver.open(0) as device:
    slot = hal.open_slot(0, interprocess=sys.argv[1] == "shared")
    device.shared.read(), device.whole.read(), device.ram[0]
    print("opened", flush=True)
    sys.stdin.readline()
{prepare}
    try:
        print("ready", flush=True)
{work}
        print("was not interrupted", flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    sys.stdin.readline()
{after}
    slot.emulator.set_model(None)
    slot.emulator.fault("")
    slot.clear(), slot.load(driver.afi_id())
with driver.open(0) as device:
    device.shared.a = 3
    with device.batch() as batch:
        batch.shared.b = 4
    print(device.shared.a, device.shared.b, flush=True)
"""
BATCH = """
with device.batch() as batch:
    batch.shared.a = 1
"""


def in_a_thread(action):
    return f"thread = threading.Thread(target=lambda: {action})\nthread.start()\ntime.sleep(0.1)"


# Which file another process holds; what is done before, what waits for it, and what is done after.
FILES = {
    "field": ("pf0-bar0", "", "device.shared.a = 1", ""),
    "modify": ("pf0-bar0", "", "device.shared.modify(a=1, b=2)", ""),
    "batch": ("pf0-bar0", "", BATCH, ""),
    "behind a thread": (
        "pf0-bar0",
        in_a_thread("setattr(device.shared, 'c', 1)"),
        "device.shared.a = 1",
        "thread.join()",
    ),
    "describe": ("services", "", "slot.describe()", ""),
    "switches": ("services", "", "slot.dip = 3", ""),
    "load": ("services", "", "slot.load(driver.afi_id())", ""),
    "power cycle": ("services", "", "slot.emulator.power_cycle()", ""),
    "behind a thread's describe": ("services", in_a_thread("slot.describe()"), "slot.describe()", "thread.join()"),
}
SLOW_MODEL = """
begun, free = threading.Event(), threading.Event()
class Slow(hal.Model):
    def on_write(self, register, value):
        begun.set()
        free.wait(60)
slot.emulator.set_model(Slow(driver))
thread = threading.Thread(target=lambda: {action})
thread.start()
begun.wait()
"""
ANOTHER_MODEL = "slot.emulator.set_model(hal.Model(driver))"
FREE = "free.set()\nthread.join()"
# The same in one process, where another thread is in a model, or the library waits.
THREADS = {
    "a model's event": (SLOW_MODEL.format(action="device.bank[0].write(1)"), "device.bank[1].value = 1", FREE),
    "a field behind a model": (SLOW_MODEL.format(action="setattr(device.shared, 'a', 1)"), "device.shared.b = 1", FREE),
    "a model's replacement": (SLOW_MODEL.format(action="device.bank[0].write(1)"), ANOTHER_MODEL, FREE),
    "a detach": (
        SLOW_MODEL.format(action="device.slot.bar('app', 0).fill(0x100, 1, 100)"),
        "device.slot.close()",
        FREE,
    ),
    "the vendor's load": (
        "from hal.vendor import FpgaMgmt\nmgmt = FpgaMgmt()\nslot.emulator.fault('never-ready')",
        "mgmt.load_local_image_sync_flags(0, driver.afi_id(), 0, 400, 10)",
        "slot.emulator.fault('')  # the load can end\nslot = hal.open_slot(0)\nslot.emulator.power_cycle()",
    ),
}


def program(prepare, work, after):
    parts = {"prepare": (prepare, 4), "work": (work, 8), "after": (after, 4)}
    return WAITS.format(
        **{name: textwrap.indent(text.strip("\n") or "pass", " " * depth) for name, (text, depth) in parts.items()}
    )


AT_ONCE = LIMIT / 6  # seconds; what goes wrong here waits for good


def interrupted_after(process):
    """Seconds until it said so."""
    assert process.line() == "ready\n", process.rest()[1]
    time.sleep(0.2)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    said = process.line()
    assert said == "interrupted\n", (said, process.rest()[1])
    return time.monotonic() - start


@pytest.mark.parametrize("mode", ["", "1"], ids=["C", "pure"])
@pytest.mark.parametrize("what", FILES)
def test_waiting_for_another_process(tmp_path, drivers, what, mode):
    name, *parts = FILES[what]
    environment = {"HAL_EMULATOR": "bench", "HAL_EMULATOR_DIR": str(tmp_path), "HAL_PURE_CFFI": mode} | importing(
        drivers
    )
    make_shared_card("bench", environment)
    with start_python(program(*parts), "shared", environment=environment) as process:
        assert process.line() == "opened\n", process.rest()[1]
        with (tmp_path / "bench.locks" / f"slot-0-{name}.lock").open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            process.tell("go\n")
            assert interrupted_after(process) < AT_ONCE
        assert process.rest("free\n") == ("3 4\n", "")


@pytest.mark.parametrize("what", THREADS)
def test_waiting_for_another_thread(drivers, what):
    with start_python(program(*THREADS[what]), "private", environment=importing(drivers)) as process:
        assert process.line() == "opened\n", process.rest()[1]
        process.tell("go\n")
        assert interrupted_after(process) < AT_ONCE
        assert process.rest("free\n") == ("3 4\n", "")


SLOT = """
import sys
from hal import _binding
from hal.slots.locking import SlotLock
lock = SlotLock(0, sys.argv[1])
try:
    print("ready", flush=True)
    lock.acquire()
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.readline()
lock.acquire(timeout=10)
print(lock.held)
"""
FOLDER = """
import sys
import hal
hal.open_slot, hal.Slot  # imported before it is interrupted
try:
    print("ready", flush=True)
    hal.open_slot(0)
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.readline()
print(hal.open_slot(0).describe().status_name)
"""
REMOVAL = """
import sys
from hal.emulator.shared_cards import remove_card
try:
    print("ready", flush=True)
    remove_card("bench")
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.readline()
print("bench" in str(remove_card("bench")))
"""


def test_waiting_for_a_slot_of_another_process(tmp_path):
    with SlotLock(0, tmp_path) as lock, start_python(SLOT, tmp_path) as process:
        assert interrupted_after(process) < AT_ONCE
        lock.release()
        assert process.rest("free\n") == ("True\n", "")


@pytest.mark.parametrize(("code", "said"), [(FOLDER, "cleared\n"), (REMOVAL, "True\n")], ids=["open", "remove"])
def test_waiting_for_the_folder_of_shared_cards(tmp_path, code, said):
    environment = {"HAL_EMULATOR": "bench", "HAL_EMULATOR_DIR": str(tmp_path)}
    make_shared_card("bench", environment)
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with start_python(code, environment=environment) as process:
            assert interrupted_after(process) < AT_ONCE
            fcntl.flock(folder, fcntl.LOCK_UN)
            assert process.rest("free\n") == (said, "")
    finally:
        os.close(folder)


# -- at every moment ------------------------------------------------------------------------------------------------------

HAL = str(Path(hal.__file__).parent)
# Behind these the interpreter looks for signals.
LOOKS = {
    "RESUME",
    "CALL",
    "CALL_FUNCTION",
    "CALL_METHOD",
    "CALL_FUNCTION_EX",
    "CALL_KW",
    "CALL_FUNCTION_KW",
    "JUMP_BACKWARD",
}


@functools.cache
def operations_of(code):
    """Their names, by offset."""
    return {one.offset: one.opname for one in dis.get_instructions(code)}


@functools.cache
def handled_by(code, offset):
    """Where an exception goes that is raised there, in Pythons that have a table of it."""
    entries = getattr(dis.Bytecode(code), "exception_entries", ())
    return next((one.target for one in entries if one.start <= offset < one.end), None)


def interrupted_at(moment, action):
    """Whether an action came to this moment, at which a signal's handler raised."""
    seen = itertools.count()

    def raises():
        if next(seen) == moment:
            sys.settrace(None)
            raise KeyboardInterrupt

    def trace(frame, event, _):
        if not frame.f_code.co_filename.startswith(HAL):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        operations = operations_of(frame.f_code)
        before = [("RESUME", 0)]

        def inside(_frame, event, _):
            if event == "opcode":
                (last, offset), now = before[0], frame.f_lasti
                before[0] = operations.get(now, ""), now
                # A signal's exception is the last operation's, this one's belongs to the operation that comes.
                if last in LOOKS and handled_by(frame.f_code, offset) == handled_by(frame.f_code, now):
                    raises()
            return inside

        return inside

    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def in_another_thread(action):
    done = []
    thread = threading.Thread(target=lambda: done.append(action()), daemon=True)
    thread.start()
    thread.join(LIMIT)
    assert done, "something stays locked, or fails"
    return done[0]


def write_in_a_batch(dut, value):
    with dut.batch() as view:
        view.out.x = value


REMEMBERED = {
    "a field": lambda dut, value: setattr(dut.out, "x", value),
    "fields": lambda dut, value: dut.out.modify(x=value),
    "a register": lambda dut, value: dut.out.write(x=value),
    "a batch": write_in_a_batch,
    "a shadow": lambda dut, value: setattr(dut.kept, "x", value),
    "an array": lambda dut, value: dut.wides.write([value] * 3),
}


@pytest.mark.parametrize("name", REMEMBERED)
def test_a_write_that_is_interrupted_anywhere_locks_nothing_and_is_not_forgotten(dut, name):
    """The next write of a neighbour brings back what is in the register, or what was to come there."""
    register, place = (dut.kept, 0xC) if name == "a shadow" else (dut.out, 0x8)
    peek = dut.slot.emulator.peek
    for moment in itertools.count():
        register.write(x=1, y=1)
        value = 2 + moment % 8
        was_interrupted = interrupted_at(moment, lambda value=value: REMEMBERED[name](dut, value))
        held = peek(0, 0, place) & 15
        assert held in {1, value}
        in_another_thread(lambda: (setattr(register, "y", 5), dut.wides[0].write(7)))
        assert peek(0, 0, place) in {0x50 | held, 0x50 | value}
        if not was_interrupted:
            break
    assert moment > 10 or name in {"a field", "fields", "a shadow"}  # which have no line in Python


def test_an_opening_that_is_interrupted_anywhere_keeps_no_handle(dut):
    def use():
        with hal.open_slot(0) as slot, slot.attach(type(dut)) as device:
            return device.half.read()

    for moment in itertools.count(0, 7):
        if not interrupted_at(moment, use):
            break
    gc.collect()
    taken = [_binding.attach(dut.slot.library, 0, 1, 4, 0)[1] for _ in range(60)]
    assert len(set(taken)) == 60
    for handle in taken:
        _binding.detach(dut.slot.library, handle)
    assert in_another_thread(use) == 0
