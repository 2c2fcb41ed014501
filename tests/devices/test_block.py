"""Blocks: what a class says of places."""

from __future__ import annotations

import pytest

import hal


def test_a_register_outside_of_its_bar_is_refused(slot):
    """A map can't say this; a class written by hand can."""

    class Far(hal.Register, width=32, reset=0):
        value = hal.rw(31, 0, plan="write")

    class Wrong(hal.Device, name="wrong", pf="app", bar=2, size=0x20000):
        beyond = hal.register(Far, 0x1_0000)
        crooked = hal.register(Far, 0x3)

    with slot.attach(Wrong, verify=False) as device:
        with pytest.raises(hal.AddressError, match=r"wrong\.beyond: .* 0x10000 of app BAR 2 .* past the end"):
            _ = device.beyond
        with pytest.raises(hal.AddressError, match=r"wrong\.crooked: .* access width"):
            _ = device.crooked
