"""FpgaClkgen: recipes, frequencies, defaults, and what the generator refuses."""

from __future__ import annotations

import csv
import json

import pytest

import hal
from hal.vendor import FpgaClkgen
from tests.support import FACTS
from tests.vendor.refusals import refused

AFI, WITHOUT = "agfi-080817d089f3cd2ed", "agfi-0925b211f5a81b071"  # cl_mem_perf, cl_sde
DEFAULTS = {
    "clock_group_a": {"clocks": [125.0, 375.0, 500.0]},
    "clock_group_b": {"clocks": [450.0, 225.0, 0.0]},
    "clock_group_c": {"clocks": [300.0, 400.0, 0.0]},
    "clock_group_hbm": {"clocks": [450.0, 0.0, 0.0]},
}


@pytest.fixture
def clkgen(slot):
    slot.load(AFI)
    return FpgaClkgen()


def test_power_up(clkgen):
    found = clkgen.get_dynamic(slot_id=0)
    assert found == DEFAULTS
    assert json.loads(json.dumps(found)) == found


def test_recipes(clkgen):
    done = clkgen.set_recipe(slot_id=0, clk_a_recipe=2, clk_b_recipe=1, clk_c_recipe=1, clk_hbm_recipe=4, reset=0)
    assert done is None
    with (FACTS / "clkgen_recipes.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = clkgen.get_dynamic(0)
    for group, number in (("a", 2), ("b", 1), ("c", 1), ("hbm", 4)):
        wanted = expected_mhz(rows, group, number)
        assert found[f"clock_group_{group}"]["clocks"][: len(wanted)] == pytest.approx(wanted, abs=1e-9)


def expected_mhz(rows, group, number):
    """MHz of a recipe's outputs, by the formula of the clock generator."""
    row = next(row for row in rows if (row["group"].lower(), int(row["recipe"])) == (group, number))
    vco = 100 * (int(row["mult"]) + int(row["mult_frac_milli"]) / 1000) / int(row["div"])
    dividers = [int(row["div0"]) + int(row["div0_frac_milli"]) / 1000, int(row["div1"] or 0), int(row["div2"] or 0)]
    return [vco / divider for divider in dividers[: {"a": 3, "b": 2, "c": 2, "hbm": 1}[group]]]


def test_frequencies(clkgen):
    assert (
        clkgen.set_dynamic(slot_id=0, clk_a_freq=100, clk_b_freq=250, clk_c_freq=200, clk_hbm_freq=300, reset=0) is None
    )
    found = clkgen.get_dynamic(0)
    assert [found[f"clock_group_{group}"]["clocks"][0] for group in ("a", "b", "c", "hbm")] == [100, 250, 200, 300]


@pytest.mark.parametrize("function", ["set_recipe", "set_dynamic"])
def test_reset_brings_the_defaults_back(clkgen, function):
    clkgen.set_dynamic(0, 100, 250, 200, 300, 0)
    assert clkgen.get_dynamic(0) != DEFAULTS
    getattr(clkgen, function)(0, 0, 0, 0, 0, reset=1)
    assert clkgen.get_dynamic(0) == DEFAULTS


@pytest.mark.parametrize("recipes", [(3, 0, 0, 0), (0, 6, 0, 0), (0, 0, 4, 0), (0, 0, 0, 5), (0xFFFF_FFFF, 0, 0, 0)])
def test_recipes_that_are_none(clkgen, recipes):
    error = refused(
        lambda: clkgen.set_recipe(0, *recipes, 0),
        hal.ClockError,
        r"^Failed to set recipe on slot: 0, error code: 28: invalid-clkgen-input; recipe of group \w+: .*; nothing was set$",
    )
    assert error.code == 28
    assert clkgen.get_dynamic(0) == DEFAULTS


@pytest.mark.parametrize(
    "mhz",
    [
        (86, 450, 300, 450),
        (125, 86, 150, 125),
        (126, 450, 300, 450),
        (125, 451, 300, 450),
        (125, 450, 301, 450),
        (125, 450, 300, 451),
    ],
)
def test_frequencies_out_of_range(slot, clkgen, mhz):
    with slot.emulator.trace() as trace:
        error = refused(
            lambda: clkgen.set_dynamic(0, *mhz, 0),
            hal.ClockError,
            r"^Failed to set dynamic on slot: 0, error code: 28: invalid-clkgen-input; frequency of group \w+ in MHz: .*; "
            "nothing was set$",
        )
    assert (error.code, trace) == (28, [])
    assert clkgen.get_dynamic(0) == DEFAULTS


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize("value", [-1, 1 << 32])
def test_numbers_that_do_not_fit(clkgen, position, value):
    numbers = [100, 250, 200, 300, 0]
    numbers[position] = value
    refused(lambda: clkgen.set_dynamic(0, *numbers), OverflowError, "32 bits")
    refused(lambda: clkgen.set_recipe(0, *numbers), OverflowError, "32 bits")
    assert clkgen.get_dynamic(0) == DEFAULTS


def test_arguments_that_are_no_integers(clkgen):
    refused(lambda: clkgen.set_dynamic(0, 100.0, 250, 200, 300, 0), TypeError, "clk_a_freq is a whole number")
    refused(lambda: clkgen.get_dynamic("0"), TypeError, "slot_id")


ACTIONS = [
    lambda clkgen, slot: clkgen.get_dynamic(slot),
    lambda clkgen, slot: clkgen.set_recipe(slot, 0, 0, 0, 0, 0),
    lambda clkgen, slot: clkgen.set_dynamic(slot, 100, 250, 200, 300, 0),
    lambda clkgen, slot: clkgen.deassert_resets(slot),
]


@pytest.mark.parametrize("action", ACTIONS)
def test_an_afi_without_a_clock_generator(slot, action):
    slot.load(WITHOUT)
    error = refused(
        lambda: action(FpgaClkgen(), 0), hal.ClockGeneratorMissingError, r"on slot: 0, error code: 29: clkgen-ip"
    )
    assert error.code == 29


@pytest.mark.parametrize("action", ACTIONS)
def test_slots_that_are_none(slot, action):
    del slot
    clkgen = FpgaClkgen()
    for number in (-1, 8):
        text = f"on slot: {number}, error code: -22: Invalid argument; slot {number} does not exist: .* numbered 0 to 7"
        refused(lambda number=number: action(clkgen, number), hal.CardMissingError, text)
    refused(lambda: action(clkgen, 1), hal.CardMissingError, "on slot: 1, error code: 20: pci-device-missing; ")


def test_resets_that_a_design_begins_with(slot):
    slot.emulator.fault("clkgen-reset")
    slot.load(AFI)
    registers = slot.bar("mgmt", 4)
    assert registers.peek(0x58014) == 0x3FE
    assert FpgaClkgen().deassert_resets(slot_id=0) is None
    assert (registers.peek(0x58020), registers.peek(0x58014)) == (0x151, 0)
