"""Sets the clocks of cl_mem_perf, measures them with its own frequency counters, and compares the two.

Needs the generated driver `cl_mem_perf` on the path; `make demo` sees to that. Exits with 1 when a clock is off by more
than the rounding to whole hertz.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import hal
from hal.slots.clock_tables import OUTPUTS, dynamic_mhz, recipe_mhz

from cl_mem_perf import ClMemPerf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

AFI = "agfi-080817d089f3cd2ed"
CLOCKS = {
    "a": ("clk_extra_a1", "clk_extra_a2", "clk_extra_a3"),
    "b": ("clk_extra_b0", "clk_extra_b1"),
    "c": ("clk_extra_c0", "clk_extra_c1"),
    "hbm": ("clk_hbm_axi",),
}
DYNAMIC = ({"a": 100, "b": 437, "c": 166, "hbm": 333}, {"a": 125, "b": 300, "c": 97, "hbm": 200})
RECIPES = ({"a": 0, "b": 1, "c": 1, "hbm": 4}, {"a": 2, "b": 3, "c": 3, "hbm": 1}, {"a": 1, "b": 2, "c": 0, "hbm": 2})
TOLERANCE_HZ = 1


def measure(device: ClMemPerf) -> dict[str, int]:
    """Runs the design's frequency counters once; hertz of each clock by its name."""
    counters = device.clk_freq
    counters.ctl.write(rst=1)
    counters.ctl.write(rst=0)
    counters.ctl.start = 1
    counters.ctl.wait_for(timeout=5.0, interval=0.01, start=0)
    found: dict[str, int] = {}
    for number in range(10):
        found.update(getattr(counters, f"freq_ctr_{number}").fields())
    return found


def compare(
    title: str, requests: Mapping[str, str], expected: Mapping[str, Fraction], measured: Mapping[str, int]
) -> int:
    """Prints the rows of one setting; returns how many clocks are off."""
    print(f"\n{title}")
    print(f"  {'clock':<14} {'requested':>12} {'expected Hz':>14} {'measured Hz':>14}")
    wrong = 0
    for clock, mhz in expected.items():
        hertz = mhz * 1_000_000
        off = abs(measured[clock] - hertz) > TOLERANCE_HZ
        wrong += off
        mark = "  <-- differs" if off else ""
        print(f"  {clock:<14} {requests.get(clock, ''):>12} {float(hertz):>14.1f} {measured[clock]:>14}{mark}")
    return wrong


def expected_of(settings: Mapping[str, int], *, recipes: bool) -> dict[str, Fraction]:
    """What the generator's formula gives for each clock."""
    rows: dict[str, Fraction] = {}
    for group, number in settings.items():
        frequencies = recipe_mhz(group, number) if recipes else dynamic_mhz(group, number)
        rows.update(zip(CLOCKS[group], frequencies[: OUTPUTS[group]], strict=True))
    return rows


def main() -> int:
    """Load, set, measure, compare."""
    wrong = 0
    with hal.open_slot(0, os.environ.get("HAL_LIBRARY", "emulator")) as slot:
        print(f"loading {AFI} on {slot}")
        slot.load(AFI)
        with slot.attach(ClMemPerf) as device:
            for wanted in DYNAMIC:
                slot.clocks.set_frequencies(**wanted)
                requests = {CLOCKS[group][0]: f"{mhz} MHz" for group, mhz in wanted.items()}
                rows = expected_of(wanted, recipes=False)
                wrong += compare(f"Dynamic frequencies {wanted}", requests, rows, measure(device))
            for recipes in RECIPES:
                slot.clocks.set_recipe(**recipes)
                requests = {clock: f"recipe {recipes[group]}" for group, names in CLOCKS.items() for clock in names}
                rows = expected_of(recipes, recipes=True)
                wrong += compare(f"Recipes {recipes}", requests, rows, measure(device))
    print(f"\n{wrong} clocks differ" if wrong else "\nall clocks are as the formula says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
