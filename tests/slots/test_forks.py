"""What a fork leaves: each row of the manual's table, forks in the middle of everything, parents that are killed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

import hal
from hal._binding.sdk.discovery import find_library
from hal.slots.locking import SlotLock
from tests.bindings.gcc import compile_c
from tests.sdk.fake_bus import AFI, FakeBus, write_driver
from tests.support import MAPS, ROOT
from tests.support.cards import fresh_slot, make_shared_card
from tests.support.depth import depth
from tests.support.far import use_stand_in
from tests.support.forks import fork, in_child
from tests.support.pci_slots import SLOTS
from tests.support.processes import LIMIT, run, run_python, start_python

HANDLES = 64
OFTEN = depth(20, 6)


@contextlib.contextmanager
def busy(action):
    """Repeats an action in another thread for as long as the block takes, but for the times when it is not to go on.

    Threads take turns more often than usual: at 5 ms each, a fork would be three times as long.
    """
    stop, errors, ready, goes_on = threading.Event(), [], threading.Event(), threading.Event()
    goes_on.set()

    def repeat():
        try:
            while not stop.is_set():
                action()
                ready.set()
                goes_on.wait(LIMIT)
        except BaseException as error:  # noqa: BLE001  (raised again below)
            errors.append(error)
            ready.set()

    thread = threading.Thread(target=repeat, daemon=True)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        thread.start()
        assert ready.wait(LIMIT)
        yield goes_on
    finally:
        sys.setswitchinterval(interval)
        goes_on.set()
        stop.set()
        thread.join(LIMIT)
        assert not thread.is_alive(), "the parent's thread hangs"
    if errors:
        raise errors[0]


def forked_often(action, child, times=OFTEN):
    """What the child does always ends, whenever the fork comes."""
    with busy(action) as goes_on:
        for _ in range(times):
            in_child(child, forked=goes_on.clear)
            goes_on.set()
            time.sleep(0.001)


# -- the rows of the table --------------------------------------------------------------------------------------------


def attached_bars(slot, trust):
    """The parent has attached all there is, and the child can."""
    trust.shared.read()
    bars = [slot.bar("mgmt", 0) for _ in range(HANDLES - 1)]

    def child():
        for access in (trust.shared.read, lambda: bars[0].peek(0)):
            with pytest.raises(hal.ForkedError):
                access()
        own = hal.open_slot(0)
        return [bar.peek(0) for bar in [own.bar("mgmt", 0) for _ in range(HANDLES)]]

    assert in_child(child) == [0x10212415] * HANDLES
    assert {bar.peek(0) for bar in bars} == {0x10212415}
    assert trust.shared.read() == 0


def batches(slot, trust):
    batch, another = trust.batch(), trust.batch()
    view = batch.__enter__()
    view.bank[0].value = 1

    def child():
        with pytest.raises(hal.ForkedError):
            view.bank[1].value = 2
        with pytest.raises(hal.ForkedError):
            batch.read(trust.bank[1])
        with pytest.raises(hal.ForkedError):
            batch.__exit__(None, None, None)
        with pytest.raises(hal.ForkedError), another:
            pass

    in_child(child)
    batch.__exit__(None, None, None)
    assert trust.bank[0].value == 1

    def write():
        with trust.batch() as others:
            others.bank[2].value = 3

    forked_often(write, child=lambda: use(trust))


def use(device):
    with hal.open_slot(0) as own, own.attach(type(device)) as mine:
        mine.shared.d = 9
        mine.ram.write(0, bytes(4096))
        own.describe()
        return mine.shared.d


def attaching(slot, trust):
    forked_often(lambda: slot.bar("mgmt", 4).detach(), lambda: use(trust))


def field_writes(slot, trust):
    forked_often(lambda: setattr(trust.shared, "a", 1), lambda: use(trust))
    results = []

    class Forks(hal.Model):
        def on_write(self, register, value):
            if register == "shared" and not results:
                slot.emulator.set_model(None)
                results.append(in_child(lambda: use(trust)))

    slot.emulator.set_model(Forks(type(trust)))
    trust.shared.b = 1
    assert results == [9]


def management(slot, trust):
    forked_often(slot.describe, lambda: use(trust))


ASKING = """
import contextlib, os, sys, threading, time
import hal
from hal.vendor import FpgaMgmt
from probed import Probed
slot = hal.open_slot(0, timeout=30)
slot.load(sys.argv[1])
device = slot.attach(Probed)
device.status.read()
FpgaMgmt().set_cmd_timeout(800)  # looks, not 2,500: the fork waits for their end
for name, data in (("firmware", b"\\1"), ("bus/pci/devices/0000:34:00.0/resource0", b"\\xff" * 64)):
    with open(os.path.join(os.environ["HAL_TEST_BUS"], name), "r+b") as file:
        file.write(data)  # the mailbox is dead, and all registers are ones
def wait():
    with contextlib.suppress(hal.HalError):  # the library gives up in the end
        device.status.wait_for(timeout=60, value=0xFFFFFFFF)
threading.Thread(target=wait, daemon=True).start()
time.sleep(0.3)
child = os.fork()
if child == 0:
    try:
        hal.open_slot(0, timeout=0.3)
    except hal.SlotTimeoutError as error:
        print(type(error).__name__, flush=True)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
os._exit(0)
"""


def asking(slot, trust, tmp_path):
    write_driver(tmp_path)
    found = FakeBus(tmp_path).run(ASKING, AFI, PYTHONWARNINGS="ignore", PYTHONPATH=str(tmp_path))
    assert found == ["SlotTimeoutError", "0"]


def library_calls(slot, trust, tmp_path):
    """A library's own lock is not left held by a thread that the child has not."""
    library = tmp_path / "liblocking.so"
    compile_c("-shared", "-fPIC", ROOT / "tests" / "c" / "locking_library.c", "-o", library)
    other = hal.open_slot(0, library=str(library))

    def child():
        with hal.open_slot(0, library=str(library)) as own:
            return own.bar("app", 0).peek(0)

    forked_often(other.describe, child, times=OFTEN // 2)
    forked_often(lambda: other.bar("app", 0).detach(), child, times=OFTEN // 2)
    other.close()


def libraries(slot, trust):
    assert in_child(lambda: find_library("emulator").path) == slot.library.path


def recording(slot, trust, tmp_path):
    file = tmp_path / "tape"
    with trust.record(file):
        trust.shared.a = 1

        def child():
            with pytest.raises(hal.ForkedError):
                trust.shared.read()
            trust.record(file).__exit__(None, None, None)
            with hal.open_slot(0) as own, own.attach(type(trust)) as mine, mine.record(tmp_path / "childs"):
                mine.shared.b = 2

        in_child(child)
        trust.shared.c = 3
    lines = file.read_text().splitlines()
    assert len(lines) == 5
    assert len((tmp_path / "childs").read_text().splitlines()) == 3
    with pytest.raises(hal.HalError, match="recording"), trust.record(file), trust.record(file):
        pass

    def record():
        with trust.record(tmp_path / "again"):
            trust.ram.write(0, bytes(16384))

    forked_often(record, lambda: use(trust))


def leaves_the_block(slot, trust, tmp_path):
    """A child that leaves its parent's block writes nothing over the parent's file."""
    file = tmp_path / "block"
    recording = trust.record(file)
    recording.__enter__()
    trust.shared.a = 1
    in_child(lambda: recording.__exit__(None, None, None))
    assert not file.exists()
    recording.__exit__(None, None, None)
    assert len(file.read_text().splitlines()) == 3


def replaying(slot, trust, tmp_path):
    with trust.record(tmp_path / "tape"):
        for number in range(3):
            trust.bank[0].value = number
    with hal.replay(tmp_path / "tape") as card, type(trust).open(0, library=card) as replayed:
        replayed.bank[0].value = 0

        def child():
            with pytest.raises(hal.ForkedError):
                replayed.bank[0].value = 1
            with type(trust).open(0, library=card) as own:
                own.bank[0].value = 1
                own.bank[0].value = 2
            return card.progress()[0]

        assert in_child(child) == 3
        replayed.bank[0].value = 1
        replayed.bank[0].value = 2


class Doubles(hal.Model):
    calls = 0

    def on_write(self, register, value):
        Doubles.calls += 1
        if register == "bank[1]":
            self.set("bank[2]", 2 * value)


def models(slot, trust):
    slot.emulator.set_model(Doubles(type(trust)))
    trust.bank[1].value = 1
    before = Doubles.calls

    def child():
        with hal.open_slot(0) as own, own.attach(type(trust)) as mine:
            mine.bank[1].value = 21
        return Doubles.calls

    assert in_child(child) == before + 1
    assert (trust.bank[2].value, Doubles.calls) == (42, before)
    forked_often(lambda: trust.bank[1].write(3), child)


def model_list(slot, trust):
    def change():
        slot.emulator.set_model(Doubles(type(trust)))
        slot.emulator.set_model(None)

    def child():
        with hal.open_slot(0) as own:
            own.emulator.set_model(Doubles(type(trust)))
            return own.emulator.has_model

    forked_often(change, child)


def own_card(slot, trust):
    trust.shared.write(0x01020304)
    assert in_child(lambda: hal.open_slot(0).emulator.peek(0, 0, 0)) == 0x01020304


OPENED_IN_A_CHILD = """
import os, random, sys, threading, time
import hal
from hal._binding.sdk.discovery import find_library
card = find_library("emulator")
thread = threading.Thread(target=lambda: hal.open_slot(0))
thread.start()
time.sleep(random.random() * 0.03)
child = os.fork()
if child == 0:
    import signal
    signal.alarm(60)
    print(hal.open_slot(0).describe().status_name, flush=True)
    os._exit(0)
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def opening_card(slot, trust):
    for _ in range(3):
        result = run(sys.executable, "-W", "ignore", "-c", OPENED_IN_A_CHILD)
        assert (result.stdout, result.stderr) == ("cleared\n0\n", "")


def card_memory(slot, trust):
    facts = slot.library.card.describe()
    in_child(lambda: hal.open_slot(0).emulator.poke(0, 0, 0x100, 77))
    assert trust.bank[0].value == 77
    assert slot.library.card.describe() == facts


def card_locks(slot, trust):
    def child():
        hal.open_slot(0).emulator.power_cycle()

    forked_often(lambda: (trust.bank[0].write(1), slot.emulator.peek(0, 0, 0)), lambda: use(trust), times=OFTEN // 2)
    in_child(child)
    assert slot.describe().status_name == "cleared"


def handles_in_c(slot, trust, tmp_path):
    card = Path(slot.library.path)
    program = tmp_path / "forks"
    compile_c(ROOT / "tests" / "c" / "forks.c", card, f"-Wl,-rpath,{card.parent}", "-o", program)
    result = run(program)
    assert (result.returncode, result.stdout) == (0, "0 1\n")


def log_in_c(slot, trust, tmp_path):
    card, program = Path(slot.library.path), tmp_path / "log_forks"
    compile_c(ROOT / "tests" / "c" / "log_forks.c", card, f"-Wl,-rpath,{card.parent}", "-pthread", "-o", program)
    assert run(program).stdout == "200\n"


def watching(slot, trust):
    def child():
        with hal.open_slot(0) as own, own.attach(type(trust)) as mine:
            own.emulator.watch_users()
            mine.slot.bar("app", 0).peek(0x20000)
            return [violation.offset for violation in own.emulator.violations()]

    with slot.emulator.watch() as violations:
        slot.bar("app", 0).peek(0x20000)
        assert in_child(child) == [0x20000]
        forked_often(lambda: slot.bar("app", 0).peek(0x20000), lambda: use(trust), times=OFTEN // 2)
    assert {violation.kind for violation in violations} == {"unmapped"}


def traces(slot, trust):
    with slot.emulator.trace() as accesses:
        trust.bank[0].value = 1

        def child():
            with hal.open_slot(0) as own, own.attach(type(trust)) as mine:
                mine.bank[1].value = 2
                return slot.library.card.trace_take(0, 16)

        assert in_child(child) == ([], 0)
        trust.bank[2].value = 3
    assert [access.value for access in accesses] == [1, 3]

    def trace():
        with slot.emulator.trace(64):
            trust.ram.write(0, bytes(8192))

    forked_often(trace, lambda: use(trust))


SHARED_FOLDER = """
import os, sys
from pathlib import Path
from hal.emulator import shared_cards
with shared_cards._locked(Path(sys.argv[1])):
    child = os.fork()
    if child == 0:
        import time
        time.sleep(60)
print("left", child, flush=True)
"""


def card_folder(slot, trust, tmp_path):
    """The lock is free again although the child lives."""
    folder = tmp_path / "cards"
    environment = {"HAL_EMULATOR": "beside", "HAL_EMULATOR_DIR": str(folder)}
    make_shared_card("beside", environment)
    with start_python(SHARED_FOLDER, folder) as process:
        word, child = process.line().split()
        try:
            code = "import hal; print(hal.open_slot(0).describe().status_name)"
            result = run_python(code, environment=environment)
            assert (word, result.stdout, result.stderr) == ("left", "cleared\n", "")
        finally:
            os.kill(int(child), signal.SIGKILL)


def exclusive(slot, trust, tmp_path):
    lock = SlotLock(3, tmp_path)
    lock.acquire()
    assert in_child(lambda: lock.held) is False
    with pytest.raises(hal.SlotError):
        in_child(lambda: SlotLock(3, tmp_path).acquire(timeout=0))
    child = fork()
    if child == 0:
        time.sleep(LIMIT)
        os._exit(0)
    lock.release()
    try:
        with SlotLock(3, tmp_path) as again:
            assert again.held
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def lock_files(slot, trust, tmp_path):
    def take():
        with SlotLock(4, tmp_path):
            pass

    def child():
        with SlotLock(5, tmp_path) as lock:
            return lock.held

    forked_often(take, child)


def shared_locks(slot, trust, tmp_path):
    code = """
        import os, sys, threading
        import hal
        hal.open_slot(0, interprocess=True)
        files = lambda: [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")
                         if os.path.exists(f"/proc/self/fd/{name}")]
        count = sum(name.endswith(".lock") for name in files())
        child = os.fork()
        if child == 0:
            left = sum(name.endswith(".lock") for name in files())
            hal.open_slot(0, interprocess=True)
            print(count, left, sum(name.endswith(".lock") for name in files()), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
    """
    environment = {"HAL_EMULATOR": "shared", "HAL_EMULATOR_DIR": str(tmp_path / "cards")}
    make_shared_card("shared", environment)
    result = run_python(code, environment=environment)
    assert (result.stdout, result.stderr) == ("7 0 7\n", "")


def first_uses(slot, trust):
    def make():
        with slot.attach(type(trust), verify=False) as device:
            device.bank[3].value = 1
            device.ram[0] = 1

    forked_often(make, lambda: use(trust))


REMEMBERED = """
schema: 1
name: remembers
registers:
  out: {offset: 0x0, fields: {a: {bits: 7:0, access: wo, idle: last}, b: {bits: 15:8, access: wo, idle: last}}}
"""


def remembering(slot, trust, tmp_path):
    (tmp_path / "remembers.yaml").write_text(REMEMBERED)
    driver = hal.load_map(tmp_path / "remembers.yaml")
    slot.clear()
    with driver.open(0) as device:

        def child():
            with hal.open_slot(0) as own, own.attach(driver, verify=False) as mine:
                with contextlib.suppress(hal.AccessError):
                    mine.out.a = 5  # nobody knows b here
                    return "invented"
                mine.out.write(a=5)
            return hal.open_slot(0).emulator.peek(0, 0, 0) & 0xFF

        def write():
            device.out.b = 1

        forked_often(write, child)


def choosing(slot, trust):
    forked_often(lambda: hal.open_slot(0).close(), lambda: hal.open_slot(0).describe().slot)


IMPORTING = """
import os, signal, sys, threading, time
from hal import Device
sys.path.insert(0, sys.argv[1])
thread = threading.Thread(target=lambda: __import__("slowly"))
thread.start()
while "slowly" not in sys.modules:
    time.sleep(0.001)
child = os.fork()
if child == 0:
    signal.alarm(60)
    import slowly
    print(slowly.done, flush=True)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def importing(slot, trust, tmp_path):
    for seconds in (0.3, 2):
        (tmp_path / "slowly.py").write_text(f"import time\ntime.sleep({seconds})\ndone = True\n")
        result = run(sys.executable, "-W", "ignore", "-c", IMPORTING, tmp_path)
        assert (result.stdout, result.stderr) == ("True\n0\n", "")


def waits_for_interrupts(slot, trust):
    with slot.interrupt(5) as line:

        def come():
            slot.emulator.raise_interrupt(5)
            assert line.wait(LIMIT).count >= 1

        def child():
            with hal.open_slot(0) as own, own.interrupt(5) as mine:
                own.emulator.raise_interrupt(5)
                return mine.wait(LIMIT).count

        forked_often(come, child, times=5)


SERVED = """
import os, signal, sys, time
import hal
from hal.emulator.shared_cards import create_card
library = create_card("forks", 1)
driver = hal.load_map(sys.argv[1])
class Counts(hal.Model, driver=driver):
    patience = 20.0
    @hal.on_write("bank[0]")
    def written(self, value):
        self.bank[1].value = self.bank[1].value + 1
        if value == 3:  # a child that lives on has nothing of the model's
            is_there, says = os.pipe()
            child = os.fork()
            if not child:
                os.write(says, b".")
                time.sleep(60)
                os._exit(0)
            os.read(is_there, 1)
            self.bank[2].value = child
pid = os.fork()
if not pid:
    with hal.open_slot(0) as slot:
        slot.emulator.provide(driver)
        slot.emulator.serve(Counts())
with hal.open_slot(0) as slot:
    while slot.emulator.server is None or slot.describe().status_name != "loaded":
        time.sleep(0.01)
    with slot.attach(driver) as device:
        device.bank[0].value = 1
        child = os.fork()
        if not child:
            with hal.open_slot(0) as own, own.attach(driver) as mine:
                mine.bank[0].value = 2
                os._exit(mine.bank[1].value)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), end=" ")
        device.bank[0].value = 3
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        begin = time.monotonic()
        try:
            device.bank[0].value = 4
            print(device.bank[1].value, time.monotonic() - begin < 25)
        finally:
            os.kill(slot.emulator.peek(0, 0, device.bank[2].address), signal.SIGKILL)
"""


def served_model(slot, trust, tmp_path):
    """Parent and child ask with sockets of their own; a child of the model's process keeps nobody waiting for it."""
    variables = {"HAL_EMULATOR_DIR": str(tmp_path / "cards"), "HAL_EMULATOR": ""}
    done = run_python(SERVED, MAPS / "trust.yaml", fresh=True, environment=variables)
    assert (done.returncode, done.stdout) == (0, "2 3 True\n"), done.stderr


def host_memory(slot, trust):
    def child():
        with hal.open_slot(0) as own, own.buffer(64) as mine:
            mine[0] = 7
            return mine.bytes[0]

    with slot.buffer(64) as kept:
        forked_often(lambda: slot.buffer(4096).close(), child)
        kept[1] = 5
        assert kept.bytes[1] == 5


def host_memory_in_c(slot, trust, tmp_path):
    card, program = Path(slot.library.path), tmp_path / "memory_forks"
    compile_c(ROOT / "tests" / "c" / "memory_forks.c", card, f"-Wl,-rpath,{card.parent}", "-pthread", "-o", program)
    assert run(program).stdout == "40\n"


LISTENING = """
import os
import hal
slots = [hal.open_slot(number) for number in (0, 1)]
lines = [slot.interrupt(line) for slot in slots for line in range(64)]
child = os.fork()
if child == 0:
    with hal.open_slot(0) as own, own.interrupt(5) as mine:
        own.emulator.raise_interrupt(5)
        print(mine.wait(20).count, flush=True)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
slots[0].emulator.raise_interrupt(5)
print(lines[5].wait(20).count >= 1)
"""


def listeners_of_the_parent(slot, trust):
    """All that a process may have are the child's to open."""
    result = run_python(LISTENING, environment={"HAL_EMULATOR_SLOTS": "2"})
    assert (result.stdout, result.stderr) == ("1\n0\nTrue\n", "")


def connections(slot, trust, far_card):
    with type(trust).open(*far_card) as device:

        def child():
            with pytest.raises(hal.ForkedError):
                device.shared.read()
            with type(trust).open(*far_card) as own:
                own.shared.d = 9
                return int(own.shared.d)

        def write():
            device.shared.a = 1
            time.sleep(0.001)  # thousands at once would be worth a warning

        with busy(write):
            assert [in_child(child) for _ in range(2)] == [9, 9]
        assert device.shared.a == 1


def functions_of_other_cards(slot, trust, pci_functions):
    def reach():
        with hal.open_slot([*SLOTS].index("plain"), pci_functions) as own:
            own.bar("app", 0).peek(0)

    forked_often(reach, reach, times=5)


CHOOSING = """
import ctypes, os, signal, sys, threading
library = ctypes.CDLL(sys.argv[1])
def choose():
    while True:
        library.fpga_pci_init()
threading.Thread(target=choose, daemon=True).start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        library.fpga_pci_init()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit("the child hangs")
print("chosen", flush=True)
os._exit(0)
"""


def choice_under_way(slot, trust, pci_tree):
    """Of functions that are not there: each choice reads the folder anew."""
    variables = {"HAL_PCI_ROOT": str(pci_tree.root), "HAL_PCI": "ffff:ffff", "PYTHONWARNINGS": "ignore"}
    done = run_python(CHOOSING, Path(hal.__file__).parent / "libhal_pci.so", fresh=True, environment=variables)
    assert done.stdout == "chosen\n", done.stderr


ROWS = {
    "`hal_bar.attached`": [attached_bars],
    "`hal_batch.lock`": [batches],
    "`hal_library.attach_lock`": [attaching],
    "`hal_bar_lock.word`": [field_writes],
    "`hal_bar_lock.file`": [shared_locks],
    "`hal_library.service_lock`": [management],
    "`hal_library.service_files`": [shared_locks],
    "`calls`": [library_calls],
    "`question.lock`": [asking],
    "`open_lock`": [libraries],
    "`tape_lock`": [recording, leaves_the_block],
    "`replay_lock`": [replaying],
    "`hal_model.word`": [models],
    "`list_lock`": [model_list],
    "`open_mutex`": [own_card, opening_card],
    "`card.fd`": [card_memory],
    "`card_header.mutex`, `slot_state.mutex`, `served_model.holder`": [card_locks],
    "`handle_mutex`": [handles_in_c],
    "`observer_mutex`": [traces],
    "`watch_mutex`": [watching],
    "`log_mutex`": [log_in_c],
    "`locked_directory`": [card_folder],
    "`file_locks._open`": [exclusive],
    "`file_locks._changing`": [lock_files],
    "`locking._sharing`": [shared_locks],
    "`node.making`": [first_uses],
    "`Recollection._all`": [remembering],
    "`slot._choosing`": [choosing],
    "`forks._before_fork`": [importing],
    "`listening_mutex`": [waits_for_interrupts, listeners_of_the_parent],
    "`links_mutex`": [served_model],
    "`servers`": [served_model],
    "`slot_lines._changing`": [waits_for_interrupts],
    "`lock`": [host_memory, host_memory_in_c],
    "`table_lock`, `hal_far.lock`": [connections],
    "`choosing`": [functions_of_other_cards, choice_under_way],
    "`maps_lock`, `source.file`": [functions_of_other_cards],
}
CHECKS = [(row, check) for row, checks in ROWS.items() for check in checks]
# They fork many times, each of which costs as much as the process is large: the tests' own is ten times what hal needs.
MANY_FORKS = {
    *(attaching, batches, card_locks, choosing, field_writes, first_uses, host_memory, library_calls, lock_files),
    *(management, model_list, models, recording, remembering, traces, waits_for_interrupts, watching),
}
ROW = "import sys; from tests.slots import test_forks; test_forks.run_here(*sys.argv[1:])"


def run_here(name, folder):
    """A row that forks many times, in this process."""
    check = globals()[name]
    assert check in MANY_FORKS
    with fresh_slot() as slot, hal.load_map(MAPS / "trust.yaml").open(0) as trust:
        check(slot, trust, *[Path(folder)] * (check.__code__.co_argcount - 2))
        slot.emulator.set_model(None)
    print("passed")


def table():
    """The middle column of the manual's table."""
    text = (ROOT / "docs" / "machine.md").read_text().partition("## What a fork leaves")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return [where for _, where, _ in rows if where != "where"]


def test_the_table_and_its_tests_have_the_same_rows():
    assert table() == list(ROWS)


@pytest.mark.parametrize(("row", "check"), CHECKS, ids=[f"{row.strip('`')}-{check.__name__}" for row, check in CHECKS])
def test_a_row_of_the_table(row, check, request, tmp_path):
    assert row in table()
    if check in MANY_FORKS:
        done = run_python(ROW, check.__name__, tmp_path, cwd=ROOT)
        assert (done.returncode, done.stdout, done.stderr) == (0, "passed\n", ""), done.stderr
    else:
        check(*map(request.getfixturevalue, check.__code__.co_varnames[: check.__code__.co_argcount]))


@pytest.fixture
def far_card(monkeypatch, tmp_path):
    """A shared card behind a program that stands in for ssh: slot and library there."""
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    use_stand_in(monkeypatch, tmp_path)
    make_shared_card("lab")
    return "ssh://lab/0", "emulator:lab"


def locks_of_the_sources():
    """Every lock and every descriptor that is kept, by the name that the table has it under."""
    for path in [*(ROOT / "bindings").rglob("*.[ch]")]:
        text, block = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL), ""
        for line in text.splitlines():
            opened = re.match(r"(?:typedef )?struct (\w+) \{", line)
            block = opened[1] if opened else "" if line.startswith("}") else block
            found = re.match(
                r"\s*(?:static )?(?:pthread_mutex_t|_Atomic uint32_t|int32_t|int) (\w+)(?:\[.*)?(?: = .*)?;", line
            )
            if found and re.search(
                r"pthread_mutex_t|\b(word|lock|service_lock|file|fd|service_files|locked_directory)\b", line
            ):
                if line[0].isspace() and not block:
                    continue  # within a function
                yield f"{block}.{found[1]}" if block else found[1]
    for path in [*(ROOT / "hal").rglob("*.py"), *(ROOT / "codegen").rglob("*.py")]:
        for name in re.findall(
            r"^(\w+)(?:: .*)? = (?:fork_waits_for\()?(?:threading\.R?Lock|AccessLock)\(\)",
            path.read_text(),
            re.MULTILINE,
        ):
            yield f"{path.stem}.{name}"


def test_every_handler_of_forks_is_there_from_the_start():
    """One that came with a lock's first use would miss the fork that met it, and leave the lock held in the child."""
    found = 0
    for path in (ROOT / "bindings").rglob("*.c"):
        for function in re.split(r"\n}\n", path.read_text()):
            if re.search(r"^    (?:pthread_atfork|hal_watch_forks)\(", function, re.MULTILINE):
                found += 1
                head = re.search(r"^(.*) (\w+)\(.*\) {$", function, re.MULTILINE)
                assert "constructor" in head[1] or head[2] in {"watch", "hal_watch_forks"}, f"{path}: {head[2]}"
    assert found >= 9


def test_the_table_has_every_lock():
    known = {name for row in ROWS for name in re.findall(r"`([\w.]+)`", row)}
    found = set(locks_of_the_sources())
    assert found <= known
    assert len(found) >= 20
