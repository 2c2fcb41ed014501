"""What is looked at again and again: changes since the last time, silence, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from hal.devices.saved.chosen import Change, ChosenRegisters

PATHS = ["id", "ctrl", "counter", "wide", "byte", "bank[0]", "bank[3]"]


def test_the_first_look_tells_all_and_later_ones_what_changed(widget):
    chosen = ChosenRegisters(widget, PATHS)
    assert chosen.changes() == [Change(number, bits) for number, bits in enumerate([0xCAFE0001, 0x80, 0, 0, 0, 0, 0])]
    assert chosen.changes() == []
    widget.wide.write(0x1234_5678_0000_0001)
    widget.bank[3].write(7)
    assert chosen.changes() == [Change(3, 0x1234_5678_0000_0001), Change(6, 7)]
    assert chosen.changes() == []


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.sampled_from(["ctrl", "wide", "byte", "bank[0]", "bank[1]", "bank[2]"]), unique=True, min_size=1),
    writes=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 255)), max_size=6),
)
def test_it_tells_what_single_reads_tell(widget, order, writes):
    """Whatever is chosen, in whatever order, and whatever is written between two looks."""
    before = {path: widget.find(path).read() for path in order}
    chosen = ChosenRegisters(widget, order)
    assert [change.bits for change in chosen.changes()] == list(before.values())
    for place, value in writes:
        widget.find(order[place % len(order)]).write(value)
    after = {path: widget.find(path).read() for path in order}
    expected = {order.index(path): bits for path, bits in after.items() if bits != before[path]}
    assert dict(chosen.changes()) == expected


def test_all_are_read_in_one_go_and_each_once(widget, slot):
    chosen = ChosenRegisters(widget, ["bank[0]", "bank[1]", "bank[2]", "bank[3]"])
    with slot.emulator.trace() as trace:
        chosen.changes()
    assert [(access.action, access.offset) for access in trace] == [("read", at) for at in (0x40, 0x48, 0x50, 0x58)]


def test_a_silent_bus_is_told_and_so_is_its_end(widget, slot):
    widget.bank[0].write(0xFFFF_FFFF)
    chosen = ChosenRegisters(widget, ["id", "bank[0]"])
    assert chosen.changes() == [Change(0, 0xCAFE0001), Change(1, 0xFFFF_FFFF)]  # all ones, and a value
    slot.emulator.fault("bus-dead=ocl")
    assert chosen.changes() == [Change(0, None), Change(1, None)]
    assert chosen.silent
    assert chosen.changes() == []
    slot.emulator.fault("")
    assert chosen.changes() == [Change(0, 0xCAFE0001), Change(1, 0xFFFF_FFFF)]
    assert not chosen.silent


@pytest.mark.parametrize(("path", "reason"), [("fifo", "reading changes it"), ("command", "it is write-only")])
def test_what_must_not_be_read_is_refused(widget, slot, path, reason):
    with slot.emulator.trace() as trace, pytest.raises(hal.AccessError, match=reason):
        ChosenRegisters(widget, ["id", path])
    assert trace == []


def test_another_design_in_the_slot_is_an_error(widget, slot):
    chosen = ChosenRegisters(widget, ["id"])
    slot.clear()
    with pytest.raises(hal.StaleHandleError):
        chosen.changes()


def test_a_path_of_no_register_is_an_error(widget):
    with pytest.raises(hal.FieldNameError, match="nothing"):
        ChosenRegisters(widget, ["nothing"])
