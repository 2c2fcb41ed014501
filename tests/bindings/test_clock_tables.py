"""The clock generator's tables: the card's, the runtime's and the published ones agree on every setting."""

from __future__ import annotations

import csv
from fractions import Fraction

import pytest

import hal
from hal.slots.clock_tables import DYNAMIC_LIMITS, OUTPUTS, RECIPES, dynamic_mhz, recipe_mhz
from hal.vendor import FpgaClkgen
from tests.support import FACTS

AFI = "agfi-080817d089f3cd2ed"
GROUPS = ("a", "b", "c", "hbm")
BLOCKS = {"a": 0x52000, "b": 0x50000, "c": 0x51000, "hbm": 0x54000}  # of mgmt BAR 4
ALLOWED = {"a": 100, "b": 250, "c": 200, "hbm": 300}
FURTHER = {"div1": 15, "div2": 15}  # what the dynamic table leaves to the generator


def rows_of(name):
    with (FACTS / name).open(encoding="utf-8") as file:
        return [
            {key: text if key == "group" else int(text or 1) for key, text in row.items()}
            for row in csv.DictReader(file)
        ]


PUBLISHED_RECIPES = {(row["group"].lower(), row["recipe"]): row for row in rows_of("clkgen_recipes.csv")}
PUBLISHED_DYNAMIC = {row["freq_mhz"]: {**row, **FURTHER} for row in rows_of("clkgen_dynamic_table.csv")}


def mhz_of(row, group):
    """The generator's formula: 100 MHz * mult / div / divider of the output."""
    vco = Fraction(100 * (row["mult"] * 1000 + row["mult_frac_milli"]), 1000 * row["div"])
    dividers = Fraction(row["div0"] * 1000 + row["div0_frac_milli"], 1000), row["div1"], row["div2"]
    return tuple(vco / divider for divider in dividers[: OUTPUTS[group]])


def registers_of(slot, group):
    """What the group's configuration registers say, in the names of the published tables."""
    main, clk0, clk1, clk2 = (slot.emulator.peek(1, 4, BLOCKS[group] + at) for at in (0x200, 0x208, 0x214, 0x220))
    return {
        "mult": main >> 8 & 0xFF,
        "mult_frac_milli": main >> 16,
        "div": main & 0xFF,
        "div0": clk0 & 0xFF,
        "div0_frac_milli": clk0 >> 8,
        "div1": clk1,
        "div2": clk2,
    }


def settings(row):
    return {name: row[name] for name in row if name not in {"group", "recipe", "freq_mhz"}}


def assert_made(slot, group, row):
    assert registers_of(slot, group) == settings(row)
    found = FpgaClkgen().get_dynamic(0)[f"clock_group_{group}"]["clocks"]
    assert found[: OUTPUTS[group]] == pytest.approx([float(mhz) for mhz in mhz_of(row, group)], abs=1e-9)


@pytest.fixture
def loaded(slot):
    slot.load(AFI)
    return slot


def test_the_runtime_has_every_published_recipe_and_no_other():
    found = {(group, number): mmcm for group in GROUPS for number, mmcm in enumerate(RECIPES[group])}
    assert set(found) == set(PUBLISHED_RECIPES)
    for (group, number), row in PUBLISHED_RECIPES.items():
        assert list(found[group, number]) == list(settings(row).values())
        assert recipe_mhz(group, number) == mhz_of(row, group)


@pytest.mark.parametrize("group", GROUPS)
def test_the_card_has_every_published_recipe_and_no_other(loaded, group):
    card = loaded.library.services  # which nobody guards
    known = [number for name, number in PUBLISHED_RECIPES if name == group]
    for number in range(max(known) + 3):
        recipes = [number if name == group else 0 for name in GROUPS]
        if number not in known:
            assert card.set_recipe(0, *recipes, 0) == hal.ErrorCode.INVALID_CLKGEN_INPUT
            continue
        assert card.set_recipe(0, *recipes, 0) == 0
        assert_made(loaded, group, PUBLISHED_RECIPES[group, number])


@pytest.mark.parametrize("group", GROUPS)
def test_every_frequency_that_can_be_asked_for(loaded, group):
    """Between the table's rows it is the row below; above the group's limit, and below the table, nothing is set."""
    card = loaded.library.services
    low, high = DYNAMIC_LIMITS[group]
    assert low == min(PUBLISHED_DYNAMIC)
    for mhz in range(max(PUBLISHED_DYNAMIC) + 2):
        wanted = [mhz if name == group else ALLOWED[name] for name in GROUPS]
        if not low <= mhz <= high:
            assert card.set_dynamic(0, *wanted, 0) == hal.ErrorCode.INVALID_CLKGEN_INPUT
            continue
        row = PUBLISHED_DYNAMIC[max(known for known in PUBLISHED_DYNAMIC if known <= mhz)]
        assert card.set_dynamic(0, *wanted, 0) == 0
        assert_made(loaded, group, row)
        assert dynamic_mhz(group, mhz) == mhz_of(row, group)


def test_the_runtime_has_every_published_row():
    """Those above all limits too: no request reaches them."""
    for mhz, row in PUBLISHED_DYNAMIC.items():
        assert dynamic_mhz("a", mhz) == mhz_of(row, "a")
