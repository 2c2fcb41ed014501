"""Snapshots that hold memories too."""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hal
from tests.support.cards import fresh_slot, on_card
from tests.support.dut import load_class

STORE = """
schema: 1
name: dut
types: {line: {size: 8, registers: {a: {offset: 0}, b: {offset: 4}}}}
registers: {go: {offset: 0x0}}
memories:
  table: {offset: 0x100, size: 0x40}
  wide: {offset: 0x200, size: 0x20, width: 64, count: 2}
  rom: {offset: 0x300, size: 0x10, access: ro}
  sink: {offset: 0x400, size: 0x10, access: wo}
  ring: {offset: 0x500, entry: line, count: 4}
  ddr: {space: 0, offset: 0x1000, size: 32MiB}
"""
STORE = STORE.replace("space: 0, ", "")
NAMED = ("table", "wide[1]", "rom", "ring")


@pytest.fixture(scope="module")
def store_class():
    return load_class(STORE)


@pytest.fixture
def dev(slot, store_class):
    with on_card(slot, store_class) as device:
        yield device


def test_those_that_are_named_are_read_in_one_burst_each(dev, bus):
    dev.table.write(0, range(16))
    dev.wide[1][2] = 0x1122334455667788
    dev.ring[2].b.value = 9
    taken = []
    accesses = bus(lambda: taken.append(dev.snapshot(memories=NAMED)))
    assert [access for access in accesses if access[1] >= 0x100 and access[0] != "r"] == []
    held = taken[0].memories
    assert list(held) == list(NAMED)
    assert held["table"] == b"".join(number.to_bytes(4, "little") for number in range(16))
    assert (held["wide[1]"][16:24].hex(), held["ring"][20]) == ("8877665544332211", 9)
    assert (dict(dev.snapshot().memories), len(taken[0])) == ({}, 1)
    assert repr(taken[0]) == "<snapshot of dut: 1 registers, 4 memories>"
    with pytest.raises(TypeError):
        held["table"] = b""


def test_it_is_bounded_and_refuses_what_can_not_be_read(dev, bus):
    def all_of_them():
        with pytest.raises(hal.SnapshotError, match=re.escape("more than a snapshot holds, 16777216; dut.ddr")):
            dev.snapshot(memories=True)
        with pytest.raises(hal.SnapshotError, match=re.escape("dut.sink (app BAR 0, 0x400) is no memory that can be")):
            dev.snapshot(memories="sink")
        with pytest.raises(hal.FieldNameError, match="tabel"):
            dev.snapshot(memories=["tabel"])

    assert bus(all_of_them) == []


def test_differences_are_words_and_restore_writes_what_differs(dev, bus):
    dev.table.write(0, range(16))
    before = dev.snapshot(memories=NAMED)
    dev.table[3] = 77
    dev.wide[1][0] = 5
    dev.go.value = 1
    after = dev.snapshot(memories=NAMED)
    assert before != after
    assert before.diff(after) == [("go.value", 0, 1), ("table[3]", 3, 77), ("wide[1][0]", 0, 5)]
    assert before.diff(dev.snapshot()) == [("go.value", 0, 1)]
    accesses = bus(lambda: dev.restore(before))
    assert {access[1] for access in accesses if access[0] == "w"} == {
        *range(0x100, 0x140, 4),
        *range(0x220, 0x240, 8),
        0,
    }
    assert accesses[-1][:2] == ("w", 0x0)
    assert dev.snapshot(memories=NAMED) == before
    assert dev.restore(before) == ["rom"]


BANKS = """
schema: 1
name: dut
types: {bank: {memories: {data: {offset: 0, size: 16}}}}
blocks: {a: {type: bank, offset: 0x0}, ab: {type: bank, offset: 0x10}, b: {type: bank, offset: 0x20}}
"""


def test_a_block_restores_its_own_memories(slot):
    with on_card(slot, load_class(BANKS)) as dev:
        banks = dev.a.data, dev.ab.data, dev.b.data
        for place, data in enumerate(banks):
            data[0] = place + 1
        taken = dev.snapshot(memories=True)
        for data in banks:
            data[0] = 0
        assert dev.ab.restore(taken) == []
        assert [data[0] for data in banks] == [0, 2, 0]


def test_it_goes_through_json_and_pickle(dev):
    dev.table.write(0, range(16))
    taken = dev.snapshot(memories=NAMED)
    assert hal.Snapshot.from_json(taken.to_json(), type(dev)) == taken
    assert pickle.loads(pickle.dumps(taken)) == taken
    assert "memories" not in dev.snapshot().to_dict()
    data = taken.to_dict()
    for wrong, text in (
        ({"memories": []}, "its memories are no mapping"),
        ({"memories": {"table": "0g"}}, "memory 'table' is not in hex"),
        ({"memories": {"table": 5}}, "memory 'table' is not in hex"),
    ):
        with pytest.raises(hal.SnapshotError, match=text):
            hal.Snapshot.from_dict(data | wrong, type(dev))


def test_another_map_of_the_device_tells_what_it_has_not(dev):
    saved = dev.snapshot(memories=NAMED).to_dict()
    other = load_class(STORE.replace("0x100, size: 0x40", "0x100, size: 0x80").replace("  rom:", "  boot:"))
    found = hal.Snapshot.from_dict(saved, other)
    assert list(found.memories) == ["wide[1]", "ring"]
    assert found.misfits == {"table": "it had 64 bytes, and has 128", "rom": "the map has no such memory"}


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, (1 << 32) - 1)), max_size=8))
@settings(max_examples=10)
def test_against_a_model(store_class, writes):
    with fresh_slot() as slot, on_card(slot, store_class) as dev:
        model = [0] * 16
        empty = dev.snapshot(memories="table")
        for place, value in writes:
            dev.table[place] = model[place] = value
        taken = dev.snapshot(memories="table")
        changed = [(f"table[{place}]", 0, value) for place, value in enumerate(model) if value]
        assert empty.diff(taken) == changed
        dev.restore(empty)
        assert list(dev.table) == [0] * 16
        dev.restore(taken, force=True)
        assert list(dev.table) == model
