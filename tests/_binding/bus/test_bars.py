"""Accesses that the library would not survive."""

from __future__ import annotations

import pytest

import hal

HOSTILE = [
    (0xFFFF_FFFF_FFFF_FFFC, hal.AddressError, "past the end"),
    (0xFFFF_FFFF_FFFF_FFFF, hal.AddressError, "access width|past the end"),
    (64 << 20, hal.AddressError, "past the end"),
    ((64 << 20) - 3, hal.AddressError, "access width"),
    (2, hal.AddressError, "access width"),
    (-4, hal.AddressError, "between 0 and 2"),
    (1 << 64, hal.AddressError, "between 0 and 2"),
]


@pytest.mark.parametrize(("offset", "error", "text"), HOSTILE)
def test_hostile_offsets(slot, offset, error, text):
    bar = slot.bar("app", 0)
    with slot.emulator.trace() as trace:
        with pytest.raises(error, match=text):
            bar.peek(offset)
        with pytest.raises(error, match=text):
            bar.poke(offset, 0)
        with pytest.raises(error, match=text):
            bar.read_into(offset, bytearray(8))
        with pytest.raises(error, match=text):
            bar.write_from(offset, bytes(8))
        with pytest.raises(error, match=text):
            bar.fill(offset, 0, 2)
    assert trace == []


def test_the_last_word_can_be_read_and_the_next_not(slot, blinker_class):
    slot.emulator.provide(blinker_class)
    bar = slot.bar("app", 0)
    assert bar.peek((64 << 20) - 4) == 0xFFFF_FFFF
    with pytest.raises(hal.AddressError):
        bar.peek((64 << 20) - 4, width=64)
    with pytest.raises(hal.AddressError):
        bar.read_into((64 << 20) - 4, bytearray(8))


@pytest.mark.parametrize("width", [0, 1, 16, 24, 128, -8])
def test_widths_that_the_bus_lacks(slot, width):
    with pytest.raises(hal.AddressError, match="use 8, 32 or 64"):
        slot.bar("app", 0).peek(0, width=width)


def test_values_that_do_not_fit(slot):
    bar = slot.bar("app", 0)
    for value, width in ((1 << 32, 32), (-1, 32), (256, 8), (1 << 64, 64)):
        with pytest.raises(ValueError, match="nothing was written"):
            bar.poke(0, value, width=width)


def test_detached_bar(slot):
    bar = slot.bar("app", 0)
    bar.detach()
    bar.detach()
    with pytest.raises(hal.ClosedError):
        bar.peek(0)
    with pytest.raises(hal.ClosedError):
        bar.write_from(0, bytes(4))


def test_bars_that_can_not_exist(slot):
    for bar in (1, 3, 5, -1):
        with pytest.raises(hal.CardMissingError, match="there are app BAR 0, app BAR 2, app BAR 4, mgmt"):
            slot.bar("app", bar)
