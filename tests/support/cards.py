"""The emulated card of this process, which all its tests use one after the other."""

from __future__ import annotations

import contextlib

import hal
from hal._binding.sdk.discovery import find_library


@contextlib.contextmanager
def fresh_slot():
    """Slot 0 as after power-up, whatever an earlier test has left; what this one provokes ends with it."""
    card = find_library("emulator").card
    assert card is not None
    card.fault(0, "")
    try:
        with hal.open_slot(0) as opened:
            opened.emulator.set_model(None)
            opened.emulator.power_cycle()
            yield opened
    finally:
        card.fault(0, "")
