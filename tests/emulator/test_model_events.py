"""Events of models: one at a time, whatever threads do, and whatever the model itself does with its card."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
from pathlib import Path

import pytest

import hal
from hal import _binding
from hal._binding.sdk.discovery import emulator_path
from hal.vendor import FpgaMgmt
from tests.support import MAPS, ROOT
from tests.support.processes import LIMIT, run, run_python

REPLACEMENTS = os.environ.get("HAL_TEST_REPLACEMENTS", "2000")


class Calls(hal.Model):
    """Calls what it is given, once for an event of this kind."""

    def __init__(self, driver, event, action):
        super().__init__(driver)
        self.awaited, self.action, self.called = event, action, 0

    def on_read(self, register):
        self.happened("read")

    def on_write(self, register, value):
        self.happened("write")

    def on_load(self):
        self.happened("load")

    def happened(self, event):
        if event == self.awaited and not self.called:
            self.called += 1
            self.action()


def in_time(action):
    """Makes the action in another thread, which must end; raises what it raised."""
    errors = []

    def act():
        try:
            action()
        except BaseException as error:  # noqa: BLE001  (raised again below)
            errors.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(LIMIT / 2)
    assert not thread.is_alive(), "it hangs"
    if errors:
        raise errors[0]


def test_models_are_replaced_while_threads_access_the_slot():
    program = Path(__file__).with_name("replacements_program.py")
    result = run(sys.executable, "-X", "faulthandler", program, MAPS / "trust.yaml", REPLACEMENTS)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{REPLACEMENTS} replacements, ")
    assert int(result.stdout.split()[2]) > 100


# -- what a model does with its card ----------------------------------------------------------------------------------

GONE = (hal.ClosedError, hal.StaleHandleError)


def reload(device):
    device.slot.load(type(device).afi_id())


def use_memory(device):
    device.slot.attach(type(device), verify=False).ram.write(0, b"abcd")


ACTIONS = {
    "close": lambda device: device.close(),
    "close of the slot": lambda device: device.slot.close(),
    "describe": lambda device: device.slot.describe(),
    "metrics": lambda device: device.slot.metrics(),
    "switches": lambda device: setattr(device.slot, "dip", 5),
    "clocks": lambda device: device.slot.emulator.clock_hz(),
    "power cycle": lambda device: device.slot.emulator.power_cycle(),
    "load": reload,
    "clear": lambda device: device.slot.clear(),
    "rescan": lambda device: device.slot.rescan(),
    "attach": lambda device: device.slot.bar("app", 0).detach(),
    "first use of a memory": use_memory,
    "second slot": lambda _: hal.open_slot(0).close(),
    "second device": lambda device: type(device).open(0, verify=False).close(),
    "its own removal": lambda device: device.slot.emulator.set_model(None),
    "another model": lambda device: device.slot.emulator.set_model(hal.Model(type(device))),
    "a field": lambda device: setattr(device.shared, "d", 7),
    "a batch": lambda device: device.batch().__enter__() and None,
    "a snapshot": lambda device: device.snapshot(),
    "a wait": lambda device: device.shared.wait_for(timeout=5, d=0),
}


def one_by_one(device):
    with device.batch() as batch:
        for number in range(200):
            batch.bank[number % 16].value = number


ACCESSES = {
    "read": ("read", lambda device: device.status.read()),
    "write": ("write", lambda device: device.bank[3].write(1)),
    "read of a read-modify-write": ("read", lambda device: setattr(device.shared, "a", 1)),
    "write of a read-modify-write": ("write", lambda device: setattr(device.shared, "a", 1)),
    "snapshot": ("read", lambda device: device.snapshot()),
    "long batch": ("write", one_by_one),
    "wait": ("read", lambda device: device.status.wait_for(timeout=0.2, done=0)),
    "block": ("write", lambda device: device.slot.bar("app", 0).write_from(0x100, bytes(512))),
    "load": ("load", reload),
    "look after a load": ("load", lambda device: (device.slot.clear(), reload(device), device.slot.describe())),
    "attach after a load": ("load", lambda device: (reload(device), device.slot.bar("app", 0).peek(0))),
}


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_model_does_in_the_middle_of_an_access_ends(slot, trust_class, access, action):
    """The access goes on, or says that its BAR is gone; and the slot is as good as new afterwards."""
    event, make = ACCESSES[access]
    device = trust_class.open(0)
    model = Calls(trust_class, event, lambda: ACTIONS[action](device))
    slot.emulator.set_model(model)

    def act():
        try:
            make(device)
        except GONE:
            pass
        except hal.ModelError as error:  # what a load has ended, its own model can't use either
            assert event == "load"
            assert isinstance(error.__cause__, GONE)

    in_time(act)
    assert model.called == 1
    slot.emulator.set_model(None)
    device.close()
    bars = [slot.bar("mgmt", 0) for _ in range(64)]  # every handle was given back
    for bar in bars:
        bar.detach()
    slot.clear()
    with trust_class.open(0) as after:
        after.shared.a = 3
        assert after.shared.a == 3


def test_a_model_may_load_its_slot_as_the_vendors_library_does(trust, trust_class):
    """Such a call may take long, and is made in another thread: that of a model must not be, which has the model."""

    class Loads(Calls):
        patience = 0.5  # seconds that another thread would wait

    wrapper = FpgaMgmt()
    model = Loads(trust_class, "write", lambda: wrapper.load_local_image_sync_flags(0, trust_class.afi_id()))
    trust.slot.emulator.set_model(model)
    trust.bank[0].value = 1
    assert model.called == 1
    with pytest.raises(hal.StaleHandleError):
        trust.shared.read()


def test_two_threads_in_and_around_a_model_do_not_wait_for_each_other(trust, trust_class):
    """One holds the BAR's lock and wants the model's; the other is in the model and wants the BAR's."""
    slot = trust.slot
    with trust_class.open(0) as own:

        class Busy(hal.Model):
            def on_write(self, register, value):
                own.shared.d = value & 0xFF
                if value % 8 == 0:
                    slot.describe()
                    slot.bar("mgmt", 0).detach()

        slot.emulator.set_model(Busy(trust_class))
        end, made = time.monotonic() + 1, [0, 0, 0]

        def repeat(index, action):
            while time.monotonic() < end or made[index] <= 3:
                action(made[index])
                made[index] += 1

        def attach(number):
            slot.bar("app", 0).detach()
            slot.describe()

        actions = (
            lambda number: setattr(trust.shared, "a", number & 0xFF),
            trust.bank[2].write,
            attach,
        )
        threads = [threading.Thread(target=repeat, args=item, daemon=True) for item in enumerate(actions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
            assert not thread.is_alive(), f"hangs after {made}"
    assert min(made) > 3


def test_a_program_past_hal_waits_for_the_model_too(trust, trust_class):
    """In a thread that has no part in the interpreter: it can't look for signals there, however long it waits. What that
    thread does by hal afterwards lets others run again while it waits.
    """
    card, handle, word = ctypes.CDLL(emulator_path()), ctypes.c_int(), ctypes.c_uint32()
    assert card.fpga_pci_attach(0, 0, 0, 0, ctypes.byref(handle)) == 0
    main, begun, peeked, codes = threading.current_thread(), threading.Barrier(2), threading.Event(), []

    class Slow(hal.Model):
        patience = LIMIT / 4

        def on_read(self, register):
            if threading.current_thread() is main:
                begun.wait(LIMIT)
                time.sleep(0.15)  # longer than from one look for signals to the next

    def peek():
        begun.wait(LIMIT)
        codes.append(card.fpga_pci_peek(handle, ctypes.c_uint64(0), ctypes.byref(word)))
        peeked.set()
        begun.wait(LIMIT)
        with contextlib.suppress(hal.ModelError):
            codes.append(trust.shared.read())

    trust.slot.emulator.set_model(Slow(trust_class))
    thread = threading.Thread(target=peek, daemon=True)
    thread.start()
    assert trust.shared.a == 0
    assert peeked.wait(LIMIT)
    assert trust.shared.a == 0
    thread.join(LIMIT)
    assert (codes, card.fpga_pci_detach(handle)) == ([0, 0], 0)


REMEMBERS = """
schema: 1
name: remembers
afi: {ids: [agfi-000000000000a7a58]}
registers:
  out: {offset: 0x0, fields: {a: {bits: 7:0, access: wo, idle: last}, b: {bits: 15:8, access: wo, idle: last}}}
  in: {offset: 0x4}
"""


def test_locks_that_are_held_while_models_run(slot, tmp_path):
    """What a driver remembers, and the choice of a model, are looked up in accesses and in models at once."""
    (tmp_path / "remembers.yaml").write_text(REMEMBERS)
    driver = hal.load_map(tmp_path / "remembers.yaml")
    with driver.open(0) as device, driver.open(0) as own:

        class Remembers(hal.Model):
            def on_write(self, register, value):
                own.out.b = value & 0xFF
                hal.open_slot(0).close()

        end, made = time.monotonic() + 1, [0, 0, 0]

        def repeat(index, action):
            while time.monotonic() < end or made[index] <= 3:
                action(made[index])
                made[index] += 1

        actions = (
            lambda number: setattr(device.out, "a", number & 0xFF),
            lambda number: device.find("in").write(number),
            lambda number: slot.emulator.set_model(Remembers(driver) if number % 2 else None),
        )
        threads = [threading.Thread(target=repeat, args=item, daemon=True) for item in enumerate(actions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
            assert not thread.is_alive(), f"hangs after {made}"
        slot.emulator.set_model(None)
    assert min(made) > 3


@pytest.mark.parametrize("name", ["trust", "wide"])
def test_a_handle_that_was_given_to_another_bar_is_not_written(slot, name):
    """The model closes the device in the middle of an access, and attaches another BAR, which gets the same handle."""
    driver, others = hal.load_map(MAPS / f"{name}.yaml"), []
    device = driver.open(0)
    wide = next((path for path in device.snapshot() if device.find(path)._shape.is_wide), None)
    register, event = device.find(wide or "shared"), "write" if wide else "read"
    memory = slot.bar("mgmt", 4)
    handle = next(iter(device._bars.values())).handle

    def swap():
        device.close()
        memory.detach()
        others.extend(slot.bar("app", 2) for _ in range(2))

    slot.emulator.set_model(Calls(driver, event, swap))
    with slot.emulator.trace() as accesses, pytest.raises(hal.ClosedError):
        register.write((1 << register._shape.width) - 1) if wide else setattr(register, "a", 0x55)
    assert handle in {bar.handle for bar in others}
    assert [access.action for access in accesses] == [event]
    assert accesses[0].bar != 2


def test_models_of_two_slots_that_wait_for_each_other_are_told_so():
    """Each is in the middle of its own slot's access and wants what the other one's holds: its BAR's lock in the first
    two slots, and its model, however patient, in the others.
    """
    code = """
        import sys, threading, time
        import hal
        driver = hal.load_map(sys.argv[1])
        slots = [hal.open_slot(number) for number in range(4)]
        devices = []
        for slot in slots:
            slot.emulator.install(driver)
            slot.load(driver.afi_id())
            devices.append(slot.attach(driver))
        met = threading.Barrier(4)
        def update(device):
            device.shared.b = 1
        def take(device):
            device.slot.emulator.set_model(None)
        class Crossing(hal.Model):
            patience = 600
            def __init__(self, other, action):
                super().__init__(driver)
                self.other, self.action = other, action
            def on_write(self, register, value):
                met.wait(20)
                self.action(self.other)
        jobs = list(zip(devices, [update, update, take, take]))
        for number, slot in enumerate(slots):
            slot.emulator.set_model(Crossing(devices[number ^ 1], jobs[number][1]))
        told = {}
        def access(device, action):
            try:
                device.shared.a = 1
            except hal.ModelError as error:
                told[action] = str(error.__cause__)
        threads = [threading.Thread(target=access, args=job, daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        print(told[update], told[take], sep="\\n")
    """
    result = run_python(code, MAPS / "trust.yaml", environment={"HAL_EMULATOR_SLOTS": "4"})
    assert (result.returncode, result.stderr) == (0, "")
    why = "was given up: who holds a lock may wait for it, as models of two slots and handlers of signals can"
    assert [why in line for line in result.stdout.splitlines()] == [True, True]


# -- what a model raises ----------------------------------------------------------------------------------------------

RAISING = {
    **{name: ACCESSES[name] for name in ("read", "write", "snapshot", "long batch", "wait", "block", "load")},
    "field": ("read", lambda device: setattr(device.shared, "a", 1)),
    "transfer in numbers": ("write", lambda device: device.slot.bar("app", 0).fill(0x100, 1, 100)),
    "raw": ("read", lambda device: device.slot.bar("app", 0).peek(0)),
    "power cycle": ("cleared", lambda device: device.slot.emulator.power_cycle()),
}


class Raises(Calls):
    def __init__(self, driver, event, error):
        super().__init__(driver, event, self.fail)
        self.error = error

    def event(self, event, *arguments):
        if event == 3:
            self.happened("cleared")
        super().event(event, *arguments)

    def fail(self):
        raise self.error


@pytest.mark.parametrize("access", RAISING)
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit(3), GeneratorExit, KeyError("x"), StopIteration])
def test_what_a_model_raises(trust, trust_class, access, error):
    """An Exception is a ModelError's cause; what ends a program comes out as itself."""
    event, make = RAISING[access]
    trust.slot.emulator.set_model(Raises(trust_class, event, error))
    kind = error if isinstance(error, type) else type(error)
    expected = hal.ModelError if issubclass(kind, Exception) else kind
    with pytest.raises(expected) as raised:
        make(trust)
    if expected is hal.ModelError:
        assert isinstance(raised.value.__cause__, kind)
    else:
        assert raised.type is kind
    trust.slot.emulator.set_model(None)
    reload(trust)


def test_a_model_error_carries_its_own_threads_cause(trust, trust_class):
    class Blames(hal.Model):
        def on_read(self, register):
            raise ValueError(threading.get_ident())

    trust.slot.emulator.set_model(Blames(trust_class))
    bar, found = trust.slot.bar("app", 0), []

    def fail():
        code, _ = _binding.handle_peek(trust.slot.library, bar.handle, 0x10, 32)
        return code

    mine = fail()
    other = threading.Thread(target=lambda: found.append((threading.get_ident(), fail())))
    other.start()
    other.join(LIMIT)  # both have failed, and nobody has been told why
    assert _binding.exception_of(mine, "read").__cause__.args == (threading.get_ident(),)
    assert found[0][1] == mine


def test_a_model_that_can_not_be_bound_leaves_the_one_before(trust, trust_class):
    class Unbound(hal.Model):
        def bind(self, emulator):
            raise LookupError("not here")

    model = Calls(trust_class, "write", lambda: None)
    trust.slot.emulator.set_model(model)
    with pytest.raises(LookupError):
        trust.slot.emulator.set_model(Unbound(trust_class))
    trust.bank[0].value = 1
    assert model.called == 1


# -- interpreters -----------------------------------------------------------------------------------------------------

INTERPRETERS = """
import sys
sys.path[:0] = sys.argv[1:3]
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import hal
seen = []
from trust import Trust as driver
class Outer(hal.Model):
    def on_write(self, register, value):
        seen.append(register)
with driver.open(0) as device:
    device.slot.emulator.set_model(Outer(driver))
    device.shared.a = 1
    inner = interpreters.create()
    interpreters.run_string(inner, '''
import sys
sys.path[:0] = %r
try:
    import hal
except ImportError as error:
    print("refused:", error, flush=True)
else:
    from trust import Trust as driver
    with hal.open_slot(0) as slot, slot.attach(driver) as device:
        for access in (lambda: device.shared.read(), lambda: setattr(device.shared, "a", 2),
                       lambda: device.bank[0].write(1), device.snapshot):
            try:
                access()
                print("made", flush=True)
            except hal.ModelError as error:
                print(str(error).partition("(")[0], "...", str(error).partition(") ")[2], flush=True)
        class Inner(hal.Model):
            def on_write(self, register, value):
                self.set("bank[1]", value)
        slot.emulator.set_model(Inner(driver))
        device.bank[0].write(7)
        first = device.bank[1].value
        device.shared.c = 3
        print(first, device.shared.c, flush=True)
        slot.emulator.set_model(None)
''' % (sys.argv[1:3],))
    interpreters.destroy(inner)
    device.slot.emulator.set_model(Outer(driver))
    device.shared.a = 3
    print(seen, device.shared.a, flush=True)
"""


def test_a_model_acts_in_its_own_interpreter(drivers):
    """Another one's access is refused in words; or that one can't import hal at all."""
    result = run_python(INTERPRETERS, ROOT, drivers, fresh=True)
    assert (result.returncode, result.stderr) == (0, "")
    *inner, last = result.stdout.splitlines()
    assert last == "['shared', 'shared'] 3"
    if inner[0].startswith("refused: "):
        return
    assert all("needs the card's model, which belongs to another interpreter" in line for line in inner[:4])
    assert inner[4] == "7 3"
