"""Errors and results cross processes: pickled, copied, and out of a pool, with all that they say."""

from __future__ import annotations

import concurrent.futures
import copy
import importlib
import inspect
import multiprocessing
import pickle
import sys
import types

import pytest

import codegen
import hal
import hal.fleet.losses
import hal.vendor.arguments
from hal.codes import IntStatus, PcimProtocolError, Status
from hal.design.snapshot import Difference, SnapshotKeyError
from hal.info import ClockGroups, ImageInfo, Metrics, PciAddress, ResourceMap
from hal.registers.memory import MemoryIndexError
from hal.slots.clocks import ClockSetting
from tests.support import MAPS
from tests.support.processes import LIMIT, importing, run_python

# For every keyword of an error's constructor, a value that is not its default.
VALUES = {
    "code": -5,
    "name": "EIO",
    "path": "blinker.ctrl",
    "last": 7,
    "interface": "OCL",
    "address": 0x44,
    "slot": 3,
    "afi": "agfi-0123456789abcdef0",
    "status": 2,
    "qualifier": 9,
    "problems": ("one", "two"),
    "state": "unknown",
    "done": 3,
    "direction": "c2h",
    "errors": ("one",),
    "index": 4,
    "host": "lab",
    "kind": "OSError",
    "trace": "line 1",
}


def subclasses(kind):
    return [kind, *(found for child in kind.__subclasses__() for found in subclasses(child))]


# In an order that does not depend on what was imported first.
ERRORS = sorted(
    {kind for kind in subclasses(hal.HalError) if kind.__module__.startswith("hal.")}, key=lambda kind: kind.__name__
)


def made(kind):
    keywords = {name: VALUES[name] for name in list(inspect.signature(kind).parameters)[1:]}
    error = kind(f"what went wrong with {kind.__name__}", **keywords)
    error.note = ["added later"]
    return error


def copies(value):
    yield from (pickle.loads(pickle.dumps(value, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1))
    yield copy.copy(value)
    yield copy.deepcopy(value)


def test_all_errors_are_looked_at():
    assert {
        MemoryIndexError,
        SnapshotKeyError,
        hal.vendor.arguments.RangeError,
        hal.LoadTimeoutError,
        hal.fleet.losses.ItemError,
    } <= set(ERRORS)
    assert len(ERRORS) >= len(hal.errors.__all__)


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_copied_with_all_that_it_says(kind):
    error = made(kind)
    for other in copies(error):
        assert type(other) is kind
        assert (str(other), repr(other), other.args) == (str(error), repr(error), error.args)
        names = {"note", "code", "name", "path", *inspect.signature(kind).parameters} - {"message"}
        assert {name: getattr(other, name) for name in names} == {name: getattr(error, name) for name in names}


def test_a_users_own_error_is_copied_too():
    error = hal.LoadError("x", slot=1, afi="agfi-1")

    class Late(hal.LoadTimeoutError):
        def __init__(self, when, *, who):
            super().__init__(f"{who} at {when}", slot=2, afi="agfi-2")
            self.when, self.who = when, who

    late = Late(5, who="me")
    other = copy.copy(late)
    assert (type(other), other.when, other.who, other.slot, str(other)) == (Late, 5, "me", 2, "me at 5")
    assert copy.copy(error).afi == "agfi-1"


def test_an_attribute_error_with_its_own_name():
    error = made(hal.FieldNameError)
    assert {other.name for other in copies(error)} == {"EIO"}


def raise_it(module, name):
    raise made(getattr(importlib.import_module(module), name))


def test_errors_come_out_of_a_pool():
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        for kind in ERRORS:
            error = pool.submit(raise_it, kind.__module__, kind.__qualname__).exception(timeout=LIMIT)
            assert (type(error), str(error), error.note) == (kind, str(made(kind)), ["added later"])


def test_the_generators_error_is_copied():
    with pytest.raises(codegen.MapError) as raised:
        codegen.load(MAPS / "broken" / "two-problems.yaml")
    assert {other.problems for other in copies(raised.value)} == {raised.value.problems}
    with pytest.raises(hal.MapError) as raised:
        hal.load_map(MAPS / "broken" / "two-problems.yaml")
    assert [str(other) for other in copies(raised.value)] == [str(raised.value)] * 8


# -- what calls return ------------------------------------------------------------------------------------------------

ADDRESS = PciAddress(0, 0x34, 0, 0)
FUNCTION = ResourceMap(0x1D0F, 0xF000, 1, 2, ADDRESS, (1, 2), (True, False))
GROUPS = ClockGroups((1.0, 2.0, 3.0), (4.0, 5.0), (6.0, 7.0), 8.0)
NUMBERS = dict.fromkeys(inspect.signature(Metrics).parameters, 0)
RESULTS = [
    ADDRESS,
    FUNCTION,
    GROUPS,
    ImageInfo(0, Status.LOADED, 0, "agfi-1", 1, 2, 3, 4, 5, FUNCTION, FUNCTION),
    Metrics(**{**NUMBERS, "int_status": IntStatus(1), "pcim_axi_protocol_error_status": PcimProtocolError(0)}),
    ClockSetting({"a": 1}, {"a": (1.0,)}, GROUPS, {}),
    Difference("ctrl.mode", 1, None),
    hal.Command.GET_HW_METRICS,
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_results_are_copied(result):
    assert list(copies(result)) == [result] * 8


def test_rows_and_accesses_are_copied(blinker, slot):
    rows = list(hal.walk(blinker))
    with slot.emulator.trace() as accesses:
        blinker.ctrl.read()
    assert list(copies(rows)) == [rows] * 8
    for other in copies(accesses):
        assert (other, other.lost) == (accesses, 0)


def test_what_the_clocks_and_metrics_say_is_copied(slot):
    for result in (slot.describe(), slot.metrics()):
        assert list(copies(result)) == [result] * 8


# -- snapshots --------------------------------------------------------------------------------------------------------


def test_a_snapshot_is_copied(blinker, monkeypatch):
    driver = type(blinker)
    module = types.ModuleType(driver.__module__)  # another test may have loaded a map of this name since
    module.Blinker = driver
    monkeypatch.setitem(sys.modules, driver.__module__, module)
    blinker.ctrl.enable = 1
    taken = blinker.snapshot()
    for other in copies(taken):
        assert (other, other.driver, other["ctrl.enable"]) == (taken, type(blinker), 1)
        assert not taken.diff(other)
        blinker.restore(other)


SNAPSHOT = """
import pickle, sys
from {module} import {name}
with {name}.open(0) as device:
    device.shared.a = 5
    sys.stdout.buffer.write(pickle.dumps(device.snapshot(), int(sys.argv[1])))
"""


def test_a_snapshot_of_another_process(drivers, tmp_path):
    """Its driver is imported there; where it is not, a map that was loaded will do, and else it says so."""
    made = run_python(SNAPSHOT.format(module="trust", name="Trust"), 4, environment=importing(drivers), text=False)
    assert made.returncode == 0, made.stderr
    (tmp_path / "snapshot").write_bytes(made.stdout)
    look = "import pickle, sys, hal\n{}\nsnapshot = pickle.load(open(sys.argv[1], 'rb'))\n"
    show = "print(snapshot['shared.a'], snapshot.driver.__module__)"
    imported = run_python(look.format("") + show, tmp_path / "snapshot", environment=importing(drivers))
    assert (imported.stdout, imported.stderr) == ("5 trust\n", "")
    load = f"driver = hal.load_map({str(MAPS / 'trust.yaml')!r})"
    loaded = run_python(look.format(load) + show, tmp_path / "snapshot")
    assert (loaded.stdout, loaded.stderr) == ("5 hal_map_trust\n", "")
    neither = run_python(look.format("") + show, tmp_path / "snapshot")
    assert "and its driver trust.Trust is not here: import it, or load its map with hal.load_map" in neither.stderr


def test_a_snapshot_of_a_map_that_was_edited_since(tmp_path):
    """The driver that it was taken with is found by its map's digest, not by the name of what was loaded last."""
    file = tmp_path / "gadget.yaml"
    text = "schema: 1\nname: gadget\nregisters: {one: {offset: 0}, two: {offset: 4}}\n"
    file.write_text(text)
    first = hal.load_map(file)
    data = pickle.dumps(hal.Snapshot(first, {"one": 1, "two": 2}))
    file.write_text(text.replace("two", "three"))
    second = hal.load_map(file)
    snapshot = pickle.loads(data)
    assert snapshot.driver is first is not second
    assert snapshot["two"] == 2


# -- what is a place on a card ----------------------------------------------------------------------------------------


def test_what_this_process_has_open_is_not_copied(blinker, slot, tmp_path):
    from hal.slots.locking import SlotLock

    lock = SlotLock(0, tmp_path)
    own = [
        blinker,
        blinker.ctrl,
        slot,
        slot.bar("app", 0),
        slot.library,
        slot.clocks,
        slot.emulator,
        blinker.batch(),
        lock,
    ]
    for thing in own:
        for way in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match=r"can't be copied or pickled"):
                way(thing)
