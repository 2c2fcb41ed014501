"""What a map can't hold is changed or left out, and said; what comes out is a map, whatever went in."""

from __future__ import annotations

from hypothesis import given, settings, strategies

import codegen
from codegen.importers.described.description import Block, Device, Enum, Field, Member, Memory, Origin, Register
from codegen.importers.described.remarks import Remarks
from codegen.importers.described.request import Options
from codegen.importers.settled.device_settling import settle
from codegen.importers.writing.map_text import map_text
from codegen.importers.writing.map_tree import map_tree
from codegen.schema.formatter import formatted
from codegen.schema.policies import POLICIES

HERE = Origin("a.txt", 3)
NAMES = strategies.sampled_from(["A", "b", "CTRL", "find", "class", "A_2", "a%s", "9"])
SMALL = strategies.integers(0, 70)
ACCESSES = strategies.sampled_from(sorted(POLICIES.values()))
ENUMS = strategies.builds(
    Enum,
    NAMES,
    strategies.just(HERE),
    members=strategies.lists(
        strategies.builds(Member, NAMES, strategies.just(HERE), value=strategies.integers(0, 1)), min_size=1, max_size=3
    ),
    is_open=strategies.booleans(),
)
FIELDS = strategies.builds(
    Field,
    NAMES,
    strategies.just(HERE),
    strategies.sampled_from(["", "Text: of a field.", "a\nb\n\n- c", "# no comment", "x" * 130]),
    lsb=strategies.integers(0, 40),
    width=strategies.integers(1, 9),
    access=strategies.none() | ACCESSES,
    reset=strategies.none() | strategies.just(1),
    enum=strategies.none() | ENUMS,
    write_enum=strategies.none() | ENUMS,
    is_pulse=strategies.booleans(),
)
PLACED = {
    "offset": SMALL,
    "count": strategies.none() | strategies.integers(0, 3),
    "stride": strategies.integers(0, 12),
}
REGISTERS = strategies.builds(
    Register,
    NAMES,
    strategies.just(HERE),
    **PLACED,
    width=strategies.sampled_from([1, 8, 16, 24, 32, 64, 96, 100]),
    access_width=strategies.none() | strategies.sampled_from([8, 16, 32, 64]),
    access=strategies.none() | ACCESSES,
    reset=strategies.none() | strategies.integers(0, 1 << 70),
    known=strategies.none() | strategies.integers(0, 1 << 32),
    fields=strategies.lists(FIELDS, max_size=4),
)
MEMORIES = strategies.builds(
    Memory, NAMES, strategies.just(HERE), offset=SMALL, size=strategies.sampled_from([0, 4, 6, 64])
)
BLOCKS = strategies.recursive(
    strategies.builds(
        Block, NAMES, strategies.just(HERE), **PLACED, children=strategies.lists(REGISTERS | MEMORIES, max_size=4)
    ),
    lambda inner: strategies.builds(
        Block, NAMES, strategies.just(HERE), **PLACED, children=strategies.lists(REGISTERS | inner, max_size=3)
    ),
    max_leaves=4,
)


@settings(deadline=None, max_examples=60)  # a map is loaded and formatted each time
@given(strategies.lists(REGISTERS | MEMORIES | BLOCKS, max_size=4), strategies.sampled_from([None, 32, 64]))
def test_whatever_is_described_becomes_a_map_or_is_refused_in_words(children, bus_width):
    device, remarks = Device("Dev", HERE, children=children), Remarks()
    try:
        settle(device, Options(bus_width=bus_width), remarks)
    except codegen.MapError as error:
        assert error.problems[0].rule == "nothing-left"
        return
    text = map_text(map_tree(device, remarks))
    codegen.loads(text)
    assert formatted(text) == text


def made(*children):
    device, remarks = Device("D", HERE, children=list(children)), Remarks()
    settle(device, Options(), remarks)
    return map_tree(device, remarks).data, [(remark.kind, remark.message) for remark in remarks.all]


def test_accesses_that_the_bus_does_not_have():
    data, told = made(
        Register("A", HERE, offset=0, width=16), Register("B", HERE, offset=2), Register("C", HERE, offset=8, width=24)
    )
    assert data["registers"] == {
        "a": {"offset": 0, "width": 16},
        "b": {"offset": 2, "access_width": 8},
        "c": {"offset": 8},
    }
    assert told == [
        ("approximated", "accesses of 16 bits are two of 8 bits: the bus has none of 16"),
        ("approximated", "at 0x2, which is no multiple of 4 bytes: it is accessed by bytes"),
        ("approximated", "24 bits wide in the source, 32 here"),
    ]


def test_what_lies_over_each_other():
    data, told = made(
        Register("A", HERE, fields=[Field("F", HERE, width=4), Field("G", HERE, lsb=3), Field("H", HERE, lsb=32)]),
        Block("B", HERE, offset=0, children=[Register("C", HERE)]),
        Block("E", HERE, offset=8),
    )
    assert data["registers"] == {
        "a": {"offset": 0, "fields": {"f": {"bits": "3:0"}, "g": {"bits": 3, "alternate": "f"}}}
    }
    assert told == [
        ("dropped", "H: bits 32:32 are outside of the register's 32 bits"),
        ("approximated", "bits 3:3 lie over F: alternates of each other; when it is there is not said"),
        ("dropped", "E: nothing is in it"),
        ("dropped", "B: it lies over register A at 0x0, and a map holds one of both"),
    ]


def test_a_large_device_goes_where_there_is_room():
    data, _ = made(Register("A", HERE, offset=1 << 30))
    assert data["space"] == {"pf": "app", "bar": 4}
