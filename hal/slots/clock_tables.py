"""What the clock generator can make: its recipes, its dynamic table, and the frequencies that follow from them.

Source: the clock generator's public tables; frequency(i) = 100 MHz * mult / div / div_i, see the manual.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from hal.values import shown

__all__ = [
    "CLOCKS_AVAILABLE",
    "DEFAULT_RECIPES",
    "DYNAMIC_LIMITS",
    "LOCKS",
    "MMCM_LOCK",
    "OUTPUTS",
    "RECIPES",
    "SYSTEM_RESETS",
    "dynamic_mhz",
    "recipe_mhz",
    "refusal",
]

# Registers of the generator, by their offsets in the management function's BAR 4.
CLOCKS_AVAILABLE: Final = 0x5800C
SYSTEM_RESETS: Final = 0x58014  # a reset asserted for each 1
MMCM_LOCK: Final = 0x58020
# By group: the bits of CLOCKS_AVAILABLE that say that it is there, and the bit of MMCM_LOCK that it has locked.
LOCKS: Final = {"a": (0x00E, 0x001), "b": (0x030, 0x010), "c": (0x0C0, 0x040), "hbm": (0x100, 0x100)}

REFERENCE_MHZ: Final = 100
OUTPUTS: Final = {"a": 3, "b": 2, "c": 2, "hbm": 1}
DEFAULT_RECIPES: Final = {"a": 1, "b": 2, "c": 0, "hbm": 2}
# What set_dynamic takes for the first output of each group, in MHz.
DYNAMIC_LIMITS: Final = {"a": (87, 125), "b": (87, 450), "c": (87, 300), "hbm": (87, 450)}
_DYNAMIC_FURTHER_DIVIDER: Final = 15


class Mmcm(NamedTuple):
    """Settings of one clock manager; fractions are in thousandths, and only output 0 has one."""

    mult: int
    mult_milli: int
    div: int
    div0: int
    div0_milli: int
    div1: int = _DYNAMIC_FURTHER_DIVIDER
    div2: int = _DYNAMIC_FURTHER_DIVIDER

    def mhz(self, outputs: int) -> tuple[Fraction, ...]:
        """Exact output frequencies."""
        vco = Fraction(REFERENCE_MHZ * (self.mult * 1000 + self.mult_milli), 1000) / self.div
        dividers = (Fraction(self.div0 * 1000 + self.div0_milli, 1000), Fraction(self.div1), Fraction(self.div2))
        return tuple(vco / divider for divider in dividers[:outputs])


RECIPES: Final[dict[str, tuple[Mmcm, ...]]] = {
    "a": (Mmcm(15, 0, 1, 24, 0, 8, 6), Mmcm(15, 0, 1, 12, 0, 4, 3), Mmcm(12, 500, 1, 80, 0, 10, 20)),
    "b": (
        Mmcm(12, 500, 1, 5, 0, 10, 1),
        Mmcm(11, 875, 1, 9, 500, 19, 1),
        Mmcm(11, 250, 1, 2, 500, 5, 1),
        Mmcm(11, 875, 1, 4, 750, 19, 1),
        Mmcm(12, 0, 1, 4, 0, 16, 1),
        Mmcm(12, 0, 1, 3, 0, 12, 1),
    ),
    "c": (
        Mmcm(12, 0, 1, 4, 0, 3, 1),
        Mmcm(12, 0, 1, 8, 0, 6, 1),
        Mmcm(12, 0, 1, 16, 0, 12, 1),
        Mmcm(8, 0, 1, 4, 0, 3, 1),
    ),
    "hbm": (
        Mmcm(12, 500, 1, 5, 0, 1, 1),
        Mmcm(11, 875, 1, 9, 500, 1, 1),
        Mmcm(11, 250, 1, 2, 500, 1, 1),
        Mmcm(12, 0, 1, 4, 0, 1, 1),
        Mmcm(12, 0, 1, 3, 0, 1, 1),
    ),
}

# Whole MHz of output 0, and the settings that the generator uses for it.
_DYNAMIC_ROWS: Final[tuple[tuple[int, Mmcm], ...]] = (
    (87, Mmcm(8, 750, 1, 10, 0)),
    (97, Mmcm(9, 750, 1, 10, 0)),
    (100, Mmcm(12, 0, 1, 12, 0)),
    (109, Mmcm(10, 875, 1, 10, 0)),
    (125, Mmcm(11, 875, 1, 9, 500)),
    (136, Mmcm(13, 625, 1, 10, 0)),
    (150, Mmcm(12, 0, 1, 8, 0)),
    (156, Mmcm(15, 625, 1, 10, 0)),
    (166, Mmcm(16, 625, 1, 10, 0)),
    (171, Mmcm(17, 125, 1, 10, 0)),
    (177, Mmcm(17, 750, 1, 10, 0)),
    (182, Mmcm(18, 250, 1, 10, 0)),
    (187, Mmcm(18, 750, 1, 10, 0)),
    (196, Mmcm(19, 625, 1, 10, 0)),
    (200, Mmcm(12, 0, 1, 6, 0)),
    (218, Mmcm(21, 750, 1, 10, 0)),
    (227, Mmcm(22, 750, 1, 10, 0)),
    (250, Mmcm(11, 875, 1, 4, 750)),
    (265, Mmcm(26, 500, 2, 5, 0)),
    (266, Mmcm(8, 0, 1, 3, 0)),
    (273, Mmcm(27, 250, 2, 5, 0)),
    (291, Mmcm(29, 0, 2, 5, 0)),
    (300, Mmcm(12, 0, 1, 4, 0)),
    (318, Mmcm(31, 750, 2, 5, 0)),
    (333, Mmcm(10, 0, 1, 3, 0)),
    (343, Mmcm(34, 250, 4, 2, 500)),
    (364, Mmcm(36, 750, 4, 2, 500)),
    (375, Mmcm(37, 500, 4, 2, 500)),
    (400, Mmcm(12, 0, 1, 3, 0)),
    (405, Mmcm(20, 250, 1, 5, 0)),
    (410, Mmcm(20, 500, 1, 5, 0)),
    (415, Mmcm(20, 750, 1, 5, 0)),
    (420, Mmcm(21, 0, 1, 5, 0)),
    (425, Mmcm(21, 250, 1, 5, 0)),
    (430, Mmcm(21, 500, 1, 5, 0)),
    (435, Mmcm(21, 750, 1, 5, 0)),
    (437, Mmcm(43, 625, 4, 2, 500)),
    (440, Mmcm(22, 0, 1, 5, 0)),
    (445, Mmcm(22, 250, 1, 5, 0)),
    (450, Mmcm(11, 250, 1, 2, 500)),
    (458, Mmcm(45, 750, 4, 2, 500)),
    (500, Mmcm(15, 0, 1, 3, 0)),
)


def refusal(kind: str, group: str, number: int) -> str:
    """Why a group can't be set to a recipe ("recipe") or to whole MHz ("frequency"); "" where it can."""
    low, high = DYNAMIC_LIMITS[group] if kind == "frequency" else (0, len(RECIPES[group]) - 1)
    unit = " in MHz" if kind == "frequency" else ""
    return (
        ""
        if low <= number <= high
        else f"{kind} of group {group}{unit}: {shown(number)} is out of range {low} to {high}"
    )


def recipe_mhz(group: str, recipe: int) -> tuple[Fraction, ...]:
    """Exact frequencies in MHz of a group ("a", "b", "c", "hbm") under a recipe. KeyError, IndexError for others."""
    return RECIPES[group][recipe].mhz(OUTPUTS[group])


def dynamic_mhz(group: str, request: int) -> tuple[Fraction, ...]:
    """Exact frequencies in MHz after asking for `request` MHz: those of the table's largest row not above it."""
    row = max((row for row in _DYNAMIC_ROWS if row[0] <= request), key=lambda row: row[0])
    return row[1].mhz(OUTPUTS[group])
