"""Slots: opened, closed, and those that can't be."""

from __future__ import annotations

import pytest

import hal


@pytest.mark.usefixtures("slot")
def test_closed_slot(blinker_class):
    slot = hal.open_slot(0)
    bar = slot.bar("mgmt", 0)
    assert bar.peek(0) == 0x10212415
    slot.close()
    with pytest.raises(hal.ClosedError):
        bar.peek(0)
    for action in (
        slot.describe,
        slot.clear,
        lambda: slot.leds,
        lambda: slot.bar("app", 0),
        lambda: slot.attach(blinker_class),
    ):
        with pytest.raises(hal.ClosedError, match="slot 0 was closed"):
            action()


@pytest.mark.parametrize("number", [-1, 8, 99, 1 << 70])
def test_slots_that_can_not_exist(number):
    with pytest.raises(hal.CardMissingError, match="numbered 0 to 7"):
        hal.open_slot(number)


def test_a_slot_without_a_card():
    with pytest.raises(hal.CardMissingError, match="slot 5"):
        hal.open_slot(5)
