"""Nothing leaks; handles that many share; interpreters that end with devices open."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import textwrap
from pathlib import Path

import pytest

import hal
from hal import _binding
from tests.support import FREES_LATE, ROOT
from tests.support.processes import importing, run, run_python

CYCLES = int(os.environ.get("HAL_TEST_CYCLES", "10000"))
HANDLES, MANY = 64, 1000


def resources():
    """Open files, mappings, and resident KiB."""
    status = Path("/proc/self/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    mappings = Path("/proc/self/maps").read_text().count("\n")
    return len(list(Path("/proc/self/fd").iterdir())), mappings, resident


def test_ten_thousand_opens_and_closes_leave_memory_as_it_was(slot, blinker_class):
    def cycle():
        with blinker_class.open(0) as device:
            device.ctrl.enable = 1

    for _ in range(200):
        cycle()
    gc.collect()
    before = resources()
    for _ in range(CYCLES):
        cycle()
    gc.collect()
    after = resources()
    assert after[0] <= before[0]
    assert after[1] <= before[1] + 2  # the allocator may take an arena
    assert after[2] <= before[2] + (32_768 if FREES_LATE else 2048)


def test_devices_that_nobody_closes_give_their_handles_back(slot, blinker_class):
    slot.emulator.provide(blinker_class)
    for _ in range(5 * HANDLES):
        slot.attach(blinker_class).ctrl.enable = 1
        blinker_class.open(0).ctrl.enable = 1  # with a slot of its own
    gc.collect()
    assert len([slot.bar("app", 0) for _ in range(HANDLES)]) == HANDLES


def test_a_thousand_devices_work_and_close_alone(slot, blinker_class):
    slot.emulator.provide(blinker_class)
    devices = [slot.attach(blinker_class) for _ in range(MANY)]
    for number, device in enumerate(devices):
        device.ctrl.mode = number % 3
        assert device.ctrl.read() == devices[0].ctrl.read()
    for device in devices[::3]:  # of each that share a handle some, also its owner
        device.close()
    for number, device in enumerate(devices):
        if number % 3 == 0:
            with pytest.raises(hal.ClosedError):
                device.ctrl.read()
        else:
            device.ctrl.mode = 1
    for device in devices:
        device.close()
    taken = [_binding.attach(slot.library, 0, 0, 0, 0)[1] for _ in range(HANDLES)]
    assert sorted(taken) == list(range(HANDLES))  # nobody has one any more


def test_devices_that_share_a_handle_go_stale_together_and_new_ones_work(slot, blinker_class):
    slot.emulator.provide(blinker_class)
    devices = [slot.attach(blinker_class) for _ in range(3 * HANDLES)]
    for device in devices:
        device.ctrl.enable = 1
    slot.clear()
    for device in devices:
        with pytest.raises(hal.StaleHandleError):
            device.ctrl.read()
    slot.emulator.provide(blinker_class)
    again = [slot.attach(blinker_class) for _ in range(3 * HANDLES)]
    assert {device.ctrl.read() for device in again} == {0}


def test_a_child_of_a_process_with_many_devices_opens_its_own(slot, blinker_class):
    slot.emulator.provide(blinker_class)
    devices = [slot.attach(blinker_class) for _ in range(2 * HANDLES)]
    for device in devices:
        device.ctrl.enable = 1
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            for device in devices:
                try:
                    device.ctrl.read()
                except hal.ForkedError:
                    continue
                os._exit(2)
            own = [hal.open_slot(0).attach(blinker_class) for _ in range(2 * HANDLES)]
            code = 0 if {device.ctrl.enable for device in own} <= {0, 1} else 3
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert devices[-1].ctrl.enable == 1


def test_the_vendors_way_gives_each_its_own_handle_and_refuses_the_65th(slot, blinker_class):
    taken = [_binding.attach(slot.library, 0, 0, 0, 0) for _ in range(HANDLES)]
    assert sorted(handle for _, handle in taken) == list(range(HANDLES))
    with pytest.raises(hal.HandleError, match=r"attach of slot 0, mgmt BAR 0 found no free handle: too many BARs"):
        slot.bar("mgmt", 0)
    with pytest.raises(hal.HalError):
        slot.leds  # noqa: B018  (the library attaches a BAR for it)
    assert _binding.detach(slot.library, taken[5][1]) == 0
    bars = [slot.bar("mgmt", 0) for _ in range(3)]  # of the one that is free
    assert [bar.handle for bar in bars] == [5, 5, 5]
    assert {bar.peek(0) for bar in bars} == {0x10212415}
    bars.pop(0).detach()
    assert {bar.peek(0) for bar in bars} == {0x10212415}


def test_failed_opens_leak_nothing(slot, blinker_class):
    slot.emulator.fault("attach-error=13")
    before = resources()[0]
    for _ in range(20):
        with pytest.raises(PermissionError):
            slot.bar("app", 0)
    slot.emulator.fault("")
    assert resources()[0] == before
    assert len([slot.bar("mgmt", 0) for _ in range(HANDLES)]) == HANDLES


# -- ends of interpreters ---------------------------------------------------------------------------------------------

ENDS = {
    "open at module level": "device.ctrl.enable = 1",
    "open in a thread": """
        import threading
        def work():
            global own
            own = driver.open(0)
            own.ctrl.enable = 1
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    """,
    "a daemon thread that waits": """
        import threading, time
        wait = lambda: device.ctrl.wait_for(timeout=60, enable=1)
        threading.Thread(target=wait, daemon=True).start()
        time.sleep(0.05)
    """,
    "daemon threads that attach and access": """
        import threading, time
        def work():
            while True:
                with driver.open(0) as own:
                    own.ctrl.enable = 1
                    own.table.write(0, bytes(4096))
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.05)
    """,
    "a model in place": """
        class Model(hal.Model):
            def on_write(self, register, value):
                self.set(register, value)
        device.slot.emulator.set_model(Model(driver))
        device.ctrl.enable = 1
    """,
    "in a batch": """
        batch = device.batch()
        batch.__enter__().ctrl.enable = 1
    """,
    "an error on the way": "sys.excepthook = lambda *_: None\n        raise SystemExit(0)",
    "a reference cycle": """
        class Holder: pass
        holder = Holder()
        holder.self, holder.device = holder, device
        del device
    """,
}
BEGIN = """
import sys
import hal
from blinker import Blinker as driver
device = driver.open(0)
"""


@pytest.mark.parametrize("what", ENDS)
def test_an_interpreter_that_ends_with_devices_open_is_silent(what, drivers):
    code = BEGIN + textwrap.dedent(ENDS[what].replace("\n        raise", "\nraise"))
    for _ in range(3):
        result = run(sys.executable, "-W", "error", "-c", code, environment=importing(drivers))
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


SUBINTERPRETER = """
import sys
sys.path.insert(0, sys.argv[1])
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import hal
with hal.open_slot(0) as slot:
    print(slot.describe().status_name, flush=True)
    inner = interpreters.create()
    interpreters.run_string(inner, '''
import sys
sys.path.insert(0, %r)
try:
    import hal
    with hal.open_slot(0) as slot:
        print(slot.describe().status_name, flush=True)
except ImportError as error:
    print("ImportError:", error, flush=True)
''' % sys.argv[1])
    interpreters.destroy(inner)
    print(slot.describe().status_name, flush=True)
"""


def test_a_subinterpreter_works_or_refuses_to_import():
    result = run_python(SUBINTERPRETER, ROOT, fresh=True)
    assert (result.returncode, result.stderr) == (0, "")
    first, inner, last = result.stdout.splitlines()
    assert (first, last) == ("cleared", "cleared")
    assert inner == "cleared" or inner.startswith("ImportError: ")
