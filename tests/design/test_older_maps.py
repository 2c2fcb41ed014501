"""Dumps that an older map of a device saved: what still fits comes back, and what doesn't is told."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from tests.support.cards import on_card
from tests.support.command_line import CommandLine
from tests.support.dut import load_class

OLD = """\
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers:
  same: {offset: 0x0}
  moved: {offset: 0x4}
  gone: {offset: 0x8}
  wider: {offset: 0x10}
  ctrl: {offset: 0x18, fields: {enable: {bits: 0}, mode: {bits: 2:1}}}
  more: {offset: 0x1C, fields: {a: {bits: 3:0}, old: {bits: 7:4}}}
blocks:
  ch: {offset: 0x100, count: 4, stride: 0x10, registers: {level: {offset: 0}, gain: {offset: 4}}}
"""
NEW = """\
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers:
  new: {offset: 0x4}
  moved: {offset: 0x20, description: Now there.}
  same: {offset: 0x0}
  wider: {offset: 0x10, width: 64}
  ctrl: {offset: 0x18, fields: {enable: {bits: 0}, mode: {bits: 4:3}}}
  more: {offset: 0x1C, fields: {a: {bits: 3:0}, b: {bits: 15:8}}}
blocks:
  ch: {offset: 0x100, count: 3, stride: 0x20, registers: {level: {offset: 0}}}
"""
VALUES = {"same": 1, "moved": 2, "gone": 3, "wider": 4, "ctrl": 5, "more": 6} | {
    f"ch[{n}].{name}": 16 * n + number for n in range(4) for number, name in enumerate(("level", "gain"), 7)
}
FIT = {"same": 1, "moved": 2, "more": 6, "ch[0].level": 7, "ch[1].level": 23, "ch[2].level": 39}
MISFITS = {
    "gone": "the map has no such register",
    "wider": "it had 32 bits, and has 64",
    "ctrl": "its field mode was at 2:1, and is at 4:3",
    **{f"ch[{n}].gain": "the map has no such register" for n in range(3)},
    "ch[3].level": "the map has no such register",
    "ch[3].gain": "the map has no such register",
}


@pytest.fixture(scope="module")
def old():
    return load_class(OLD)


@pytest.fixture(scope="module")
def new():
    return load_class(NEW)


@pytest.fixture
def device(slot, new):
    with on_card(slot, new) as opened:
        yield opened


@pytest.fixture(params=["object", "dict", "json"])
def snapshot(request, old, new):
    """What the old driver saved, as the new one reads it; as an object it is still the old one's."""
    saved = hal.Snapshot(old, VALUES)
    if request.param == "dict":
        return hal.Snapshot.from_dict(saved.to_dict(), new)
    return hal.Snapshot.from_json(saved.to_json(), new) if request.param == "json" else saved


def test_what_fits_is_there_and_the_rest_is_told(old, new):
    read = hal.Snapshot.from_json(hal.Snapshot(old, VALUES).to_json(), new)
    assert dict(read) == FIT
    assert read.misfits == MISFITS
    assert read.driver is new
    assert hal.Snapshot(new, FIT).misfits == {}


def test_what_did_not_fit_is_told_where_it_is_unpickled_too(old, new):
    read = hal.Snapshot.from_json(hal.Snapshot(old, VALUES).to_json(), new)
    again = pickle.loads(pickle.dumps(read))
    assert again == read
    assert again.misfits == MISFITS
    assert [item for item in again.diff(hal.Snapshot(new, FIT)) if item.new is None] != []


def test_it_is_restored_by_path(device, snapshot, bus):
    left = []
    accesses = bus(lambda: left.extend(device.restore(snapshot)))
    assert left == list(MISFITS)
    assert dict(device.snapshot()) == FIT | {"new": 0, "wider": 0, "ctrl": 0}
    assert {offset for _, offset, _, _ in accesses} == {0x0, 0x1C, 0x20, 0x100, 0x120, 0x140}


def test_a_block_restores_its_own_and_tells_its_own(device, snapshot):
    assert device.ch[2]._full_path() == "dut.ch[2]"
    assert device.ch[2].restore(snapshot) == ["ch[2].gain"]
    assert {path: value for path, value in device.snapshot().items() if value} == {"ch[2].level": 39}


def test_it_is_compared_by_path(device, snapshot):
    device.same.value = 1
    found = device.snapshot().diff(snapshot)
    assert [item for item in found if item.old is not None and item.new is not None] == [
        ("more.a", 0, 6),
        ("moved.value", 0, 2),
        ("ch[0].level.value", 0, 7),
        ("ch[1].level.value", 0, 23),
        ("ch[2].level.value", 0, 39),
    ]
    assert [item.path for item in found if item.old is None] == list(MISFITS)
    assert [item.new for item in found if item.old is None] == [VALUES[path] for path in MISFITS]
    assert {item.path for item in found if item.new is None} == {"new.value", "wider.value", "ctrl.enable", "ctrl.mode"}


def test_the_other_way_round(device, old):
    before = hal.Snapshot(old, VALUES)
    found = before.diff(device.snapshot())
    assert ("moved.value", 2, 0) in found
    assert ("new", None, 0) in found
    assert ("gone.value", 3, None) in found


def test_dumps_of_earlier_versions_say_no_layout(old, new):
    saved = hal.Snapshot(old, VALUES).to_dict()
    del saved["layouts"]
    read = hal.Snapshot.from_dict(saved, new)
    assert set(read.misfits.values()) == {"the map has no such register"}
    assert read["ctrl"] == 5  # nothing tells that its fields have moved
    narrow = load_class(NEW.replace("same: {offset: 0x0}", "same: {offset: 0x0, width: 8}"))
    saved["registers"]["same"] = 0x100
    assert hal.Snapshot.from_dict(saved, narrow).misfits["same"] == "its value does not fit in 8 bits"


def test_the_same_map_saved_a_comment_ago_is_the_same(old):
    corrected = load_class("# A comment.\n" + OLD.replace("gone: {", "gone: {description: Stays., "))
    before = hal.Snapshot(old, VALUES)
    assert hal.Snapshot.from_json(before.to_json(), corrected) == before


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"device": "other"}, "the snapshot is of other"),
        ({"layouts": []}, "its layouts are no mapping"),
        ({"layouts": {"same": 32}}, "the layout of same is no width with fields"),
        ({"layouts": {"same": "32 a=1:"}}, "the layout of same is no width with fields"),
        ({"layouts": {"same": "99999999 a=1"}}, "the layout of same is no width with fields"),
        ({"registers": {"same": "x"}}, "same = 'x' is no number"),
        ({"registers": {"ch[1].level": 1, "ch[0x1].level": 1}}, "stands there twice"),
    ],
)
def test_what_is_no_snapshot_is_refused(old, new, change, text):
    with pytest.raises(hal.SnapshotError, match=text):
        hal.Snapshot.from_dict(hal.Snapshot(old, VALUES).to_dict() | change, new)


def test_arrays_are_laid_out_once(old):
    layouts = hal.Snapshot(old, VALUES).to_dict()["layouts"]
    assert layouts["ctrl"] == "32 enable=0 mode=2:1"
    assert set(layouts) == {"same", "moved", "gone", "wider", "ctrl", "more", "ch[].level", "ch[].gain"}


@given(
    saved=st.dictionaries(st.sampled_from([*VALUES, "ch[0]", "x.y", ""]), st.integers(-1, 1 << 33), max_size=8),
    layouts=st.dictionaries(st.sampled_from(["same", "ctrl", "ch[].level"]), st.text(max_size=12), max_size=3),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_is_read_or_refused(old, new, saved, layouts):
    data = hal.Snapshot(old, VALUES).to_dict() | {"registers": saved, "layouts": layouts}
    try:
        read = hal.Snapshot.from_json(json.dumps(data), new)
    except hal.SnapshotError as error:
        assert str(error).startswith("this is no snapshot")
    else:
        assert set(read) | set(read.misfits) == set(saved)
        assert not set(read) & set(read.misfits)


def test_the_command_tells_what_is_not_compared(tmp_path):
    run = CommandLine(tmp_path)
    (tmp_path / "dut.yaml").write_text(OLD)
    assert run("dump", 0, "dut.yaml", "--save", "before.json").code == 0
    assert run("clear", 0).code == 0
    (tmp_path / "dut.yaml").write_text(NEW.replace("agfi-0fedcba9876543210", "agfi-0fedcba9876543211"))
    compared = run("dump", 0, "dut.yaml", "--diff", "before.json")
    assert compared.code == 0
    assert compared.err.splitlines() == [
        "before.json was saved with another map of dut:",
        *(f"{path} is not compared: {reason}" for path, reason in MISFITS.items()),
    ]
    assert [line.split()[0] for line in compared.lines if "(not compared)" in line] == list(MISFITS)
    as_json = run("dump", 0, "dut.yaml", "--diff", "before.json", "--json")
    assert [item["path"] for item in as_json.json if item["new"] is None] == list(MISFITS)
