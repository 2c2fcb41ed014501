"""Every test runs on a private emulated card whose time passes faster, and starts from a power cycle."""

from __future__ import annotations

import os

import hypothesis
import pytest

import codegen
import hal
from tests.support import MAPS

os.environ["HAL_LIBRARY"] = "emulator"
os.environ.setdefault("HAL_CARD_TIME_SCALE", "0.01")
os.environ.pop("HAL_EMULATOR", None)

from hal._binding.discovery import find_library
from tests.support.dut import bus, driver, dut  # noqa: F401  (fixtures)

# The same examples on every run of CI; elsewhere new ones are looked for.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.fixture
def slot():
    """Slot 0 of the emulated card, cleared."""
    card = find_library("emulator").card
    assert card is not None
    card.fault(0, "")  # one that a failed test left would keep the slot from being opened
    with hal.open_slot(0) as opened:
        opened.emulator.set_model(None)
        opened.emulator.power_cycle()
        yield opened


@pytest.fixture(scope="session")
def blinker_class():
    """The driver class of tests/maps/blinker.yaml."""
    return hal.load_map(MAPS / "blinker.yaml")


@pytest.fixture(scope="session")
def drivers(tmp_path_factory):
    """A folder with the drivers of tests/maps, for programs that need not wait for the generator."""
    folder = tmp_path_factory.mktemp("drivers")
    codegen.generate(sorted(MAPS.glob("*.yaml")), folder)
    return folder


@pytest.fixture
def blinker(slot, blinker_class):
    """A blinker on a freshly cleared slot."""
    with blinker_class.open(0) as device:
        yield device


@pytest.fixture(scope="session")
def widget_class():
    return hal.load_map(MAPS / "widget.yaml")


@pytest.fixture
def widget(slot, widget_class):
    with widget_class.open(0) as device:
        yield device
