"""Paths that name many places."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hal
from hal.errors import AddressError, FieldNameError
from hal.texts.patterns import PLACES_MAX, expand
from tests.support.cards import fresh_slot

MAP = """
schema: 1
name: many
types:
  channel:
    registers:
      ctrl: {offset: 0x0, fields: {go: {bits: 0}, lane: {bits: 5:4, count: 4, stride: 2}}}
      state: {offset: 0x4}
    memories:
      table: {offset: 0x10, size: 16}
registers:
  ctrl: {offset: 0x0, fields: {enable: {bits: 0}, mode: {bits: 2:1}}}
  count: {offset: 0x4}
  grid: {offset: 0x40, count: [2, 3], stride: [0x10, 4]}
  rich: {offset: 0x100000, count: 65537, stride: 4}
blocks:
  ch: {type: channel, offset: 0x200, count: 4, stride: 0x40}
  link: {type: channel, offset: 0x800, count: 2, stride: 0x40, index: [rx, tx]}
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    file = tmp_path_factory.mktemp("maps") / "many.yaml"
    file.write_text(MAP)
    with fresh_slot(), hal.load_map(file).open(0, "emulator") as device:
        yield device


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("ctrl", ["ctrl"]),
        ("nothing.there", ["nothing.there"]),  # told where it is looked up
        ("ch[*].state", ["ch[0].state", "ch[1].state", "ch[2].state", "ch[3].state"]),
        ("ch.*.state", ["ch[0].state", "ch[1].state", "ch[2].state", "ch[3].state"]),
        ("ch[1:3].state", ["ch[1].state", "ch[2].state"]),
        ("ch[2:].state", ["ch[2].state", "ch[3].state"]),
        ("ch[0x3:4]", ["ch[3]"]),
        ("ch.2.state", ["ch[2].state"]),
        ("ch.2.ctrl.lane.1", ["ch[2].ctrl.lane[1]"]),
        ("ch.0x3", ["ch[0x3]"]),
        ("link[*].state", ["link[rx].state", "link[tx].state"]),
        ("link[tx].s*", ["link[tx].state"]),
        ("c*", ["ctrl", "count", "ch"]),
        ("c*.state", []),
        ("?trl.*", ["ctrl.enable", "ctrl.mode"]),
        ("ch[0].ctrl.*", ["ch[0].ctrl.go", *(f"ch[0].ctrl.lane[{n}]" for n in range(4))]),
        ("ch[0].ctrl.lane[1:3]", ["ch[0].ctrl.lane[1]", "ch[0].ctrl.lane[2]"]),
        ("grid[*][1]", ["grid[0][1]", "grid[1][1]"]),
        ("grid[1][*]", ["grid[1][0]", "grid[1][1]", "grid[1][2]"]),
        ("ch[0].table[0:2]", ["ch[0].table[0:2]"]),
        ("ch[0:2].table[*]", ["ch[0].table[:]", "ch[1].table[:]"]),
        ("zz*", []),
        ("ctrl.*.more", []),
        ("ctrl[*]", []),
    ],
)
def test_what_a_pattern_names(many, pattern, paths):
    if paths:
        assert expand(many, pattern) == paths
    else:
        with pytest.raises(FieldNameError, match="names nothing in many"):
            expand(many, pattern)


@pytest.mark.parametrize(
    ("pattern", "kind", "text"),
    [
        ("ch[*", FieldNameError, r"'ch\[\*' is no name with indices"),
        ("ch[0:1:2].state", FieldNameError, "no range of elements"),
        ("ch[7].*", IndexError, "index 7 is outside"),
        ("ch[x:2].state", hal.FieldTypeError, "'x' is no integer"),
        ("rich[*]", AddressError, f"names more than {PLACES_MAX} places"),
        ("*;rm", FieldNameError, "is no name"),
        ("", None, ""),
    ],
)
def test_what_is_no_pattern(many, pattern, kind, text):
    if kind is None:
        assert expand(many, pattern) == [pattern]
    else:
        with pytest.raises(kind, match=text):
            expand(many, pattern)


@given(name=st.sampled_from(["c*", "*", "?ount", "ctrl", "*t*"]), first=st.integers(0, 4), last=st.integers(0, 4))
def test_names_and_ranges_are_as_python_has_them(many, name, first, last):
    """The names of the device's children, and `list(range(4))[first:last]`."""
    wanted = [path for path in ("ctrl", "count", "grid", "rich", "ch", "link") if fnmatchcase(path, name)]
    assert sorted(expand(many, name)) == sorted(wanted)
    elements = [f"ch[{number}]" for number in range(4)[first:last]]
    if elements:
        assert expand(many, f"ch[{first}:{last}]") == elements
    else:
        with pytest.raises(FieldNameError, match="names nothing"):
            expand(many, f"ch[{first}:{last}]")


def test_commands_take_patterns(hal):
    from tests.support.command_line import WIDGET

    assert hal("write", 0, WIDGET, "bank[1:3]=7", "bank.3=9").lines == [
        "bank[1] = 0x7",
        "bank[2] = 0x7",
        "bank[3] = 0x9",
    ]
    assert [line.split()[0] for line in hal("read", 0, WIDGET, "bank[*]", "ctrl.m*").lines] == [
        *(f"bank[{number}]" for number in range(4)),
        "ctrl.mode",
    ]
    refused = hal("write", 0, WIDGET, "bank[*]=1", "bank[2]=2")
    assert (refused.code, "assigned more than once; nothing was written" in refused.err) == (2, True)
    dry = hal("write", 0, WIDGET, "bank[*]=1", "--dry-run")
    assert dry.lines == [f"bank[{number}] = 0x1" for number in range(4)]
    assert hal("write", 0, WIDGET, "bank[0]=1", "ctrl.mode=nine", "--dry-run").code == 2
    assert [line.split()[2] for line in hal("read", 0, WIDGET, "bank").lines] == [
        "0x00000000", "0x00000007", "0x00000007", "0x00000009"
    ]  # fmt: skip
