"""The address spaces of an F2 card: its PCI functions, and the sizes of their BARs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

__all__ = ["BARS", "BAR_SIZES", "PF_NUMBERS", "Bar", "Pf", "Space"]


class Space(NamedTuple):
    """A PCI function ("app" or "mgmt") and one of its BARs."""

    pf: str
    bar: int

    def __str__(self) -> str:
        return f"{self.pf} BAR {self.bar}"


BAR_SIZES: dict[Space, int] = {
    Space("app", 0): 64 << 20,
    Space("app", 2): 64 << 10,
    Space("app", 4): 128 << 30,
    Space("mgmt", 0): 16 << 10,
    Space("mgmt", 2): 16 << 10,
    Space("mgmt", 4): 4 << 20,
}

PF_NUMBERS = {"app": 0, "mgmt": 1}
"""Numbers of the PCI functions in the SDK (FPGA_APP_PF, FPGA_MGMT_PF)."""

BARS = tuple(dict.fromkeys(space.bar for space in BAR_SIZES))

if TYPE_CHECKING:
    Pf = str
    Bar = int
else:
    Pf = Literal[tuple(PF_NUMBERS)]
    Bar = Literal[BARS]
"""Both as pydantic checks them."""
