"""Threads of one process on one device, and signals that arrive while it works."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import textwrap
import threading
import time

import pytest

import hal
from hal.emulator.design_text import design_text
from tests.support.depth import IS_WHOLE
from tests.support.dut import load_class
from tests.support.processes import LIMIT, importing, start_python

SECONDS = 1.0 if IS_WHOLE else 0.4
# Of what is opened whatever the slot holds, an update of a cleared one finds all ones.
GONE = (hal.StaleHandleError, hal.ClosedError, hal.IdentityError, hal.BusTimeoutError)


def run_threads(*actions, seconds=SECONDS):
    """Repeats each action, once at least, in a thread of its own until the time is over; raises what the first raised."""
    end, errors = time.monotonic() + seconds, []

    def repeat(action):
        number = 0
        try:
            while (not number or time.monotonic() < end) and not errors:
                action(number)
                number += 1
        except BaseException as error:  # noqa: BLE001  (raised again below)
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + LIMIT)
        assert not thread.is_alive(), "a thread hangs"
    if errors:
        raise errors[0]


def own_field(device, name):
    def act(number):
        setattr(device.shared, name, number & 0xFF)
        assert getattr(device.shared, name) == number & 0xFF

    return act


def whole_word(device, thread):
    def act(number):
        half = thread << 24 | number & 0xFFFFFF
        device.whole.value = half << 32 | half
        got = device.whole.value
        assert got >> 32 == got & 0xFFFFFFFF

    return act


def batches(device, first):
    def act(number):
        with device.batch() as batch:
            for index in range(first, first + 4):
                batch.bank[index].value = number & 0xFFFFFFFF
        assert [device.bank[index].value for index in range(first, first + 4)] == [number & 0xFFFFFFFF] * 4

    return act


def transfers(device, first):
    def act(number):
        data = (number & 0xFFFFFFFF).to_bytes(4, "little") * 1024
        device.ram.write(first, data)
        assert bytes(device.ram.read(first, 1024)) == data

    return act


def test_eight_threads_lose_no_write_and_tear_no_word(trust):
    """Field writes to one register, 64-bit words, batches and transfers at once."""
    run_threads(
        *(own_field(trust, name) for name in "abcd"),
        whole_word(trust, 1),
        whole_word(trust, 2),
        batches(trust, 0),
        transfers(trust, 0),
    )


def test_two_devices_on_one_slot_are_one_for_field_writes(slot, trust_class):
    """Each has handles of its own, and the bits of one register."""
    with trust_class.open(0) as first, trust_class.open(0) as second:
        run_threads(own_field(first, "a"), own_field(second, "b"), own_field(first, "c"), own_field(second, "d"))


def test_what_is_in_use_can_be_loaded_cleared_and_detached(slot, trust_class):
    """Whoever is overtaken gets one of two errors, and opens again."""

    def use(number):
        try:
            with hal.open_slot(0) as own, own.attach(trust_class, verify=False) as device:
                for index in range(20):
                    device.shared.a = index
                    device.ram.write(0, bytes(4096))
                    device.shared.read()
        except GONE:
            pass

    def reload(number):
        slot.clear() if number % 2 else slot.load(trust_class.afi_id())

    slot.emulator.install(trust_class)
    run_threads(use, use, use, use, use, use, reload)
    slot.clear()
    slot.load(trust_class.afi_id())
    with trust_class.open(0) as device:
        device.shared.a = 7
        assert device.shared.a == 7


def test_a_bar_is_given_back_once_though_many_close_it(slot):
    """Between two closers another thread may attach, and get the same handle."""
    bars = [slot.bar("app", 0)]

    def replace(number):
        bars[0] = fresh = slot.bar("app", 0)
        fresh.peek(0)
        fresh.detach()

    def close(number):
        bar = bars[0]
        bar.detach()
        del bar

    def keep(number):
        with hal.open_slot(0) as other:
            kept = other.bar("mgmt", 0)
            for _ in range(50):
                assert kept.peek(0) == 0x10212415

    with pytest.raises(hal.ClosedError):
        run_threads(replace, close, close, keep, keep)
        bars[0].peek(0)
        raise AssertionError("it was detached")


def test_closing_a_slot_detaches_what_others_attach_at_the_same_moment(slot):
    def attach(own, found):
        with contextlib.suppress(hal.ClosedError):
            for _ in range(20):
                found.append(own.bar("app", 0))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(60):
            own = hal.open_slot(0)
            found = [[], [], []]
            threads = [threading.Thread(target=attach, args=(own, row)) for row in found]
            for thread in threads:
                thread.start()
            while not any(found) and threads[0].is_alive():
                time.sleep(0)
            own.close()
            for thread in threads:
                thread.join(LIMIT)
            for bar in [bar for row in found for bar in row]:
                with pytest.raises(hal.ClosedError):
                    bar.peek(0)
    finally:
        sys.setswitchinterval(interval)


def test_a_model_may_use_the_device_that_it_serves(slot, trust_class):
    """Its access comes in the middle of another one's of the same thread, which holds the BAR's lock."""
    with trust_class.open(0) as first, trust_class.open(0) as second:

        class Follows(hal.Model):
            def on_write(self, register, value):
                if register == "shared":
                    second.shared.b = 7

        slot.emulator.set_model(Follows(trust_class))
        first.shared.a = 3
        assert first.shared.read() == 0x0703
        run_threads(
            own_field(first, "a"), own_field(second, "c"), transfers(first, 0), transfers(second, 4096), seconds=0.3
        )
        slot.emulator.set_model(None)


# -- signals ----------------------------------------------------------------------------------------------------------

INTERRUPTED = """
import sys, time
import hal
from trust import Trust as driver
with driver.open(0) as device:
    slot = device.slot
    {prepare}
    def work():
        {work}
    try:
        print("ready", flush=True)
        work()
        print("was not interrupted")
    except KeyboardInterrupt:
        slot.emulator.fault("")
        device = driver.open(0)
        device.shared.a = 3
        print("usable", device.shared.a)
"""
WORK = {
    "wait_for": ("", "device.status.wait_for(timeout=60, done=1)"),
    "slow wait_for": ("", "device.status.wait_for(timeout=60, interval=30, done=1)"),
    "load": ('slot.emulator.fault("never-ready")', "slot.load(driver.afi_id())"),
    "batch": (
        "",
        """while True:
            with device.batch() as batch:
                for index in range(16):
                    batch.bank[index].value = 1""",
    ),
    "transfer": ("data = bytes(65536)", "while True: device.ram.write(0, data)"),
    "fields": ("", "while True: device.shared.a = 1"),
}


@pytest.mark.parametrize("what", WORK)
def test_ctrl_c_ends_it_at_once_and_the_card_stays_usable(what, drivers):
    prepare, work = WORK[what]
    code = textwrap.dedent(INTERRUPTED).format(prepare=prepare, work=work)
    with start_python(code, environment=importing(drivers)) as process:
        assert process.line() == "ready\n", process.rest()[1]
        time.sleep(0.1)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest = process.line()
        seconds = time.monotonic() - start
        assert (rest, *process.rest()) == ("usable 3\n", "", "")
    assert seconds < LIMIT / 6  # what it takes here is some milliseconds, most of it the next open


@pytest.mark.timeout(2 * LIMIT, method="thread")  # the other way uses the timer that this test uses
def test_signals_that_python_handles_do_not_disturb(trust):
    """A timer's signal every millisecond, through system calls that it interrupts."""
    old = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        for number in range(30):
            with pytest.raises(hal.WaitTimeoutError):
                trust.status.wait_for(timeout=0.01, interval=0.002, done=1)
            trust.ram.write(0, bytes([number]) * 4096)
            assert bytes(trust.ram.read(0, 1024)) == bytes([number]) * 4096
        trust.slot.clear()
        assert trust.slot.load(trust.afi_id()).status == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_a_fork_in_the_middle_of_others_work(trust, trust_class):
    """The child starts with free locks, whatever the parent's other threads held, and opens its own."""
    children = []

    def fork(number):
        child = os.fork()
        if child == 0:
            try:
                try:
                    trust.shared.read()
                except hal.ForkedError:
                    with trust_class.open(0) as own:
                        own.bank[15].value = 1
                        os._exit(0)
            finally:
                os._exit(1)
        children.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        time.sleep(0.01)

    run_threads(own_field(trust, "a"), own_field(trust, "b"), transfers(trust, 0), batches(trust, 0), fork)
    assert set(children) == {0}


FIRST_USE = """
schema: 1
name: dut
types: {lane: {registers: {level: {offset: 0, fields: {value: {bits: "31:0"}}}}}}
registers:
  ctrl: {offset: 0x0, fields: {enable: {bits: 0}, mode: {bits: "3:1"}}}
  data: {offset: 0x4, fields: {value: {bits: "31:0"}}}
blocks: {ch: {type: lane, offset: 0x100, count: 4, stride: 0x10}}
memories: {table: {offset: 0x1000, size: 64, width: 32}}
"""


def first_uses(device):
    """What four threads got from a device that nobody had used, each its parts; raises what one of them raised."""
    ready, found, errors = threading.Barrier(4), {}, []

    def use(number):
        ready.wait(LIMIT)
        try:
            device.ctrl.modify(enable=1, mode=number)
            device.table[number] = device.ch[number].level.value = number + 1
            found[number] = [device.ctrl, device.data, device.ch, device.ch[0].level, device.table]
        except BaseException as error:  # noqa: BLE001  (raised again below)
            errors.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    if errors:
        raise errors[0]
    return found


def test_threads_that_use_a_new_device_at_once_share_its_parts(slot):
    """Accessors, registers and mappings are made on first use: what several threads ask for at once is made once."""
    driver, interval = load_class(FIRST_USE), sys.getswitchinterval()
    slot.emulator.install_text(design_text(driver._design))
    slot.load(driver.afi_id())
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(60):
            with slot.attach(load_class(FIRST_USE), verify=False) as device:
                found = first_uses(device)
                assert all(one is other for row in found.values() for one, other in zip(row, found[0], strict=True))
                words = [*(lane.level.value for lane in device.ch), *device.table[0:4]]
                assert words == list(range(1, 5)) * 2
                assert device.ctrl.enable == 1
    finally:
        sys.setswitchinterval(interval)


@contextlib.contextmanager
def waiting_thread():
    """Counts how often a thread got the interpreter, which nobody has to give it: only who leaves it by himself does."""
    passes, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            passes[0] += 1
            time.sleep(0)

    thread, interval = threading.Thread(target=count), sys.getswitchinterval()
    sys.setswitchinterval(1000)
    thread.start()
    try:
        yield passes
    finally:
        stop.set()
        thread.join(LIMIT)
        sys.setswitchinterval(interval)


def _in_a_batch(device, count):
    with device.batch() as view:
        for _ in range(count):
            view.bank[0].write(1)


def _wait_in_vain(device):
    with pytest.raises(hal.WaitTimeoutError):
        device.shared.wait_for(timeout=0.005, a=1)


LONG = {
    "a write of a memory": lambda device: device.ram.write(0, bytes(8192)),
    "a read of a memory": lambda device: device.ram.read(0, 2048),
    "a batch": lambda device: _in_a_batch(device, 100),
    "a wait": _wait_in_vain,
}
SHORT = {
    "a field": lambda device: setattr(device.shared, "a", device.shared.b),
    "a register": lambda device: device.bank[0].write(device.bank[1].read()),
    "a write of a few words": lambda device: device.ram.write(0, bytes(64)),
    "a read of a few words": lambda device: device.ram.read(0, 4),
    "a small batch": lambda device: _in_a_batch(device, 3),
}


@pytest.mark.parametrize("what", LONG)
def test_what_takes_long_lets_others_run(trust, what):
    LONG[what](trust)
    end = time.monotonic() + LIMIT / 4
    with waiting_thread() as passes:
        before = passes[0]
        while passes[0] == before:
            LONG[what](trust)
            assert time.monotonic() < end


@pytest.mark.parametrize("what", SHORT)
def test_what_is_short_keeps_the_interpreter(trust, what):
    """To hand it over takes longer than the access."""
    SHORT[what](trust)
    with waiting_thread() as passes:
        before = passes[0]
        for _ in range(50):
            SHORT[what](trust)
        assert passes[0] == before
