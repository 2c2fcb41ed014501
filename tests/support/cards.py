"""The emulated card of this process, which all its tests use one after the other."""

from __future__ import annotations

import contextlib

import hal
from hal._binding.sdk.discovery import find_library
from tests.support.processes import run_python

CREATE = "import sys; from hal.emulator.shared_cards import create_card; create_card(sys.argv[1], 1)"


def make_shared_card(name, environment=None):
    """In a process of its own: this one has a private card."""
    made = run_python(CREATE, name, environment=environment)
    assert made.returncode == 0, made.stderr


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


def on_card(slot, driver):
    """The driver's device, on its own design."""
    slot.emulator.install(driver)
    slot.load(driver.afi_id())
    return slot.attach(driver)
