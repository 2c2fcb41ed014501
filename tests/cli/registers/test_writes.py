"""`hal write`."""

from __future__ import annotations

import pytest

from tests.support.command_line import WIDGET


def test_values_by_the_field_s_kind(hal):
    result = hal(
        "write", 0, WIDGET, "ctrl.go=1", "ctrl.mode=Mode.SLOW", "ctrl.gain=-0x10", "ctrl.ratio=2.25", "ctrl.armed=false"
    )
    assert result.lines == ["ctrl: go=1, mode=SLOW, gain=-16, ratio=2.25, armed=False"]
    assert hal("read", 0, WIDGET, "ctrl").lines == [
        "ctrl = 0x2400f011 (go=1, mode=SLOW, armed=False, gain=-16, ratio=2.25)"
    ]


def test_one_bit_is_true_or_false(here):
    """Of whatever format the map says it is; more bits are no truth."""
    assert here("write", 0, WIDGET, "ctrl.go=true", "ctrl.armed=True").lines == ["ctrl: go=1, armed=True"]
    assert here("wait", 0, WIDGET, "ctrl.go=TRUE").lines == ["ctrl: go=1"]
    assert here("write", 0, WIDGET, "ctrl.go=false").lines == ["ctrl: go=0"]
    assert "gain: 'true' is no integer" in here("write", 0, WIDGET, "ctrl.gain=true").err


def test_fields_of_one_register_are_one_write_and_leave_the_others(hal):
    hal("write", 0, WIDGET, "ctrl.gain=5")
    result = hal("write", 0, WIDGET, "ctrl.go=1", "bank[1]=0b101", "ctrl.mode=5", "ram[2:4]=7", "--json")
    assert result.json == [
        {"path": "ctrl", "fields": {"go": 1, "mode": 5}},
        {"path": "bank[1]", "value": 5},
        {"path": "ram", "start": 2, "count": 2, "value": 7},
    ]
    assert hal("read", 0, WIDGET, "ctrl", "bank[1].value", "ram[1:5]").lines == [
        "ctrl = 0x000005d1 (go=1, mode=FAST, armed=True, gain=5, ratio=0.0)",
        "bank[1].value = 0x5",
        "ram[1:5] = 0x00000000 0x00000007 0x00000007 0x00000000",
    ]


@pytest.mark.parametrize(
    ("assignment", "text"),
    [
        ("ctrl.go", "'ctrl.go' is no PATH=VALUE, as in ctrl.enable=1"),
        ("ctrl.go=", "is no PATH=VALUE"),
        ("ctrl.go=2", "2 is out of range 0 to 1; nothing was written"),
        ("ctrl.go=yes", "go: 'yes' is no integer: give e.g. 16, 0x10 or 0b1_0000; nothing was written"),
        ("ctrl.mode=warp", "mode: 'warp' is no Mode: OFF (0), SLOW (1), FAST (5); nothing was written"),
        ("ctrl.mode=3", "3 is no Mode: OFF (0), SLOW (1), FAST (5); nothing was written"),
        ("ctrl.ratio=much", "ratio: 'much' is no number; nothing was written"),
        ("ctrl.ratio=16", "16.0 is out of range 0.0 to 15.9375; nothing was written"),
        ("ctrl=0x100000000", "is out of range 0 to 4294967295; nothing was written"),
        ("id=1", "widget.id (app BAR 0, 0x0) is read-only"),
        ("rom[0]=1", "is read-only; nothing was written"),
        ("ram[0]=0x100000000", "4294967296 is out of range 0 to 4294967295; nothing was written"),
        ("bytes[0]=256", "256 is out of range 0 to 255; nothing was written"),
        ("bank=1", "is an array: name its registers or their fields"),
        ("bank[0]=1", "bank[0] is assigned more than once; nothing was written"),
        ("bank[0].value=1", "bank[0].value is assigned more than once; nothing was written"),
        ("mixed.a=1", "this write would hurt other fields: any write acts on once; name them too"),
    ],
)
def test_one_wrong_assignment_and_nothing_is_written(here, assignment, text):
    result = here("write", 0, WIDGET, "bank[0]=9", assignment)
    assert (result.code, result.out) == (2, "")
    assert text in result.err
    assert here("read", 0, WIDGET, "bank[0].value").lines == ["bank[0].value = 0x0"]
