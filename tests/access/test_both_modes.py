"""The accessors in C and those over cffi: the same values, the same errors, and nothing lost or leaked in either."""

from __future__ import annotations

import gc
import importlib
import inspect
import os
import re
import subprocess
import sys
import threading
import tracemalloc
import weakref
from pathlib import Path
from typing import get_args

import pytest

import hal
from hal._binding import Bar
from hal._binding.short_ways import ShortWay
from hal.vendor import FpgaPCI
from tests.support import FREES_LATE, ROOT
from tests.support.processes import LIMIT, run

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "HAL_LIBRARY": "emulator", "HAL_CARD_TIME_SCALE": "0.01"}


def run_mode(arguments, *, pure):
    """What a program prints in one mode."""
    environment = {**ENVIRONMENT, "HAL_PURE_CFFI": "1" if pure else "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_environment_chooses():
    told = "import hal; print(hal.accelerated)"
    assert run_mode(["-c", told], pure=True) == ["False"]
    assert run_mode(["-c", told], pure=False) == ["True"]


def test_a_missing_accelerator_leaves_the_properties():
    told = "import sys; sys.modules['hal._accel'] = None; import hal; print(hal.accelerated)"
    assert run_mode(["-c", told], pure=False) == ["False"]


def test_both_modes_say_the_same(tmp_path):
    program = str(HERE / "accessor_program.py")
    accelerated = run_mode([program, str(tmp_path)], pure=False)
    pure = run_mode([program, str(tmp_path)], pure=True)
    assert accelerated == pure
    assert "dev.ctrl.mode -> <Mode.FAST: 2>" in accelerated
    assert "dev.ctrl.gain -> -1.5" in accelerated
    assert "dev.ctrl.count = Broken() -> RuntimeError: my own failure" in accelerated
    assert len(accelerated) > 150


# The smallest that meet every kind of access; CI runs all tests in both modes.
BUS_TESTS = ["test_values.py", "devices/test_arrays.py", "devices/test_batch.py"]


def test_the_bus_sees_the_same_in_the_other_mode():
    """The tests that name every access, run again by the accessors that this run doesn't use."""
    tests = [ROOT / "tests" / name for name in BUS_TESTS]
    other = {"HAL_PURE_CFFI": "1" if hal.accelerated else "0"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        *tests,
    ]
    done = run(*command, cwd=ROOT, environment=other, timeout=3 * LIMIT)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 100


def test_a_field_is_found_on_the_class_before_any_register_is_made(tmp_path):
    (tmp_path / "one.yaml").write_text("schema: 1\nname: one\nregisters: {r: {offset: 0, fields: {f: {bits: 3:0}}}}\n")
    cls = hal.load_map(tmp_path / "one.yaml")
    register = cls._children["r"].kind
    assert register.f.__doc__ == "Bits 3:0, rw, a write is one bus write."
    assert (register.f.msb, register.f.lsb, register.f.access) == (3, 0, "rw")


def test_a_descriptor_refuses_what_is_not_its_register(blinker):
    field = vars(type(blinker.ctrl))["enable"]
    strangers = [object(), 5, blinker.table, type(blinker.ctrl)]
    for stranger in [*strangers, blinker.ch[0].level] if hal.accelerated else strangers:
        with pytest.raises((TypeError, AttributeError)):
            field.__get__(stranger, type(stranger))
        with pytest.raises((TypeError, AttributeError)):
            field.__set__(stranger, 1)


def test_a_register_that_was_never_placed_is_refused(blinker):
    cls = type(blinker.ctrl)
    bare = object.__new__(cls)
    for access in (lambda: bare.enable, bare.read, lambda: bare.modify(enable=1), lambda: bare.write(1)):
        with pytest.raises((TypeError, AttributeError)):
            access()
    with pytest.raises((TypeError, AttributeError)):
        bare.enable = 1
    with pytest.raises(AttributeError):
        bare.path  # noqa: B018


def test_monkeypatched_attributes_of_a_class_are_seen(blinker, monkeypatch):
    assert blinker.ctrl.enable == 0
    monkeypatch.setattr(type(blinker.ctrl), "enable", "patched")
    assert blinker.ctrl.enable == "patched"
    monkeypatch.undo()
    assert blinker.ctrl.enable == 0


@pytest.mark.skipif(FREES_LATE, reason="this Python frees later")
def test_nothing_grows_with_use(blinker):
    def work():
        for value in range(300):
            blinker.ctrl.mode = value % 3
            assert blinker.ctrl.mode == value % 3
            blinker.ch[value % 4].level.value = value + 1000
            assert blinker.ch[value % 4].level.value == value + 1000
            blinker.ctrl.modify(enable=value & 1, mode=2)
            blinker.ctrl.write(blinker.ctrl.read())
            for wrong in ("ctrl.mode = 7", "ctrl.conut", "ctrl.conut = 1", "ch[9]", "ctrl.modify(mode='x')"):
                with pytest.raises((hal.HalError, IndexError)):
                    exec(f"dev.{wrong}", {"dev": blinker})

    work()
    gc.collect()
    tracemalloc.start()
    try:
        growth = []
        for _ in range(3):  # caches of the interpreter's own fill once; what leaks grows each time
            work()
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(3):
                work()
            gc.collect()
            growth.append(tracemalloc.get_traced_memory()[0] - before)
            if growth[-1] < 16_384:
                break
        assert growth[-1] < 16_384, growth
    finally:
        tracemalloc.stop()


def test_devices_and_classes_are_collected(slot, tmp_path):
    import weakref

    (tmp_path / "one.yaml").write_text("schema: 1\nname: one\nregisters: {r: {offset: 0, fields: {f: {bits: 31:0}}}}\n")

    def use():
        cls = hal.load_map(tmp_path / "one.yaml")
        with slot.attach(cls, verify=False) as device:
            assert device.r.f == device.r.read()
        sys.modules.pop(cls.__module__, None)
        return weakref.ref(cls._children["r"].kind)

    reference = use()
    gc.collect()
    assert reference() is None


def test_two_threads_lose_no_update(blinker):
    """Each thread counts in a field of its own; the register is one word of read-modify-writes."""
    rounds, register = 3000, blinker.ctrl
    wrong = []

    def write(name, top):
        for number in range(rounds):
            setattr(register, name, number % top)
            if getattr(register, name) != number % top:
                wrong.append((name, number))

    threads = [threading.Thread(target=write, args=arguments) for arguments in (("enable", 2), ("mode", 3))]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
    assert (register.enable, register.mode) == ((rounds - 1) % 2, (rounds - 1) % 3)


@pytest.mark.skipif(not hal.accelerated, reason="the accelerator is switched off")
def test_a_short_way_is_named_and_known():
    """A method says which C function does its work; its own name decides nothing."""
    accel = importlib.import_module("hal._accel")
    for name in get_args(ShortWay):
        assert accel.Method(name, len).__wrapped__ is len
        assert accel.Method(name, lambda *given, **named: (given, named))() == ((), {})  # of nothing
        assert accel.Method(name, lambda *given, **named: (given, named))(field=1) == ((), {"field": 1})
    with pytest.raises(ValueError, match="no short way in C for 'read'"):
        accel.Method("read", len)
    with pytest.raises(TypeError, match="short_way"):
        accel.Method(function=len)


@pytest.mark.skipif(not hal.accelerated, reason="the accelerator is switched off")
@pytest.mark.parametrize(("kind", "each"), [(list, 1), (tuple, 0), (tuple, -1)])
def test_what_holds_a_driver_is_told_once_and_what_is_right(kind, each):
    accel = importlib.import_module("hal._accel")
    statements = accel.ClassStatements()
    run = accel.Method("class_statement", lambda *given, **named: (given, named))
    assert run(statements, 1, 2, 3, a=4) == ((statements, 1, 2, 3), {"a": 4})  # it has no driver yet
    with pytest.raises(ValueError, match="told once, and its statements are tuples"):
        statements._hold_driver({}, {}, kind, "flag", each)
    statements._hold_driver({}, {}, tuple, "flag", 1)
    with pytest.raises(ValueError, match="told once"):
        statements._hold_driver({}, {}, tuple, "flag", 1)
    for given in ((), (1,), (1, 2, 3), (run, "name", int), (statements,) * 9):
        assert run(statements, *given) == ((statements, *given), {})
    assert run() == ((), {})


@pytest.mark.skipif(not hal.accelerated, reason="the accelerator is switched off")
def test_every_short_way_is_taken():
    """What loses its short way works as before, only slowly: nothing else would tell."""
    accel = importlib.import_module("hal._accel")
    statements = importlib.import_module("hal.registers.classes.unmade")._Driver
    classes = [hal.Register, hal.Memory, hal.Array, hal.Batch, FpgaPCI, Bar, statements]
    names = {
        f"{cls.__name__}.{name}"
        for cls in classes
        for name in dir(cls)
        if type(inspect.getattr_static(cls, name)) is accel.Method
    }
    assert len(names) == len(get_args(ShortWay)), names


def test_methods_that_were_asked_for_keep_nothing(slot, blinker_class):
    """A register keeps the methods that were asked for last: that is no reason for a device to stay."""
    device = blinker_class.open(0)
    kept = device.ctrl.read
    device.ctrl.write(5), device.ctrl.modify(enable=1), device.ctrl.fields(), device.ctrl.read()
    assert (kept.__self__ is device.ctrl, kept.__name__, kept == device.ctrl.read) == (True, "read", True)
    gone = weakref.ref(device)
    device.close()
    del device, kept
    gc.collect()
    assert gone() is None
