"""The address spaces of cards: PCI functions, and their BARs with sizes. The one that is built in is an F2 card."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

__all__ = ["CARDS", "F2", "MAX_BAR", "PF_NUMBERS", "BarOfCard", "Card", "CardName", "Pf", "Space", "card_of_bars"]


class Space(NamedTuple):
    """A PCI function ("app" or "mgmt") and one of its BARs."""

    pf: str
    bar: int

    def __str__(self) -> str:
        return f"{self.pf} BAR {self.bar}"


class BarOfCard(NamedTuple):
    """A BAR with its bytes. `prefetchable`: reads change nothing in it, so that they may be wider than asked for."""

    pf: str
    bar: int
    size: int
    prefetchable: bool = False


class Card(NamedTuple):
    """What a map's registers may lie in. `name` is empty where the map gives none."""

    name: str
    bars: tuple[BarOfCard, ...]

    @property
    def sizes(self) -> dict[Space, int]:
        """The bytes of its spaces."""
        return {Space(bar.pf, bar.bar): bar.size for bar in self.bars}

    @property
    def prefetchable(self) -> frozenset[Space]:
        """Those in which reads change nothing."""
        return frozenset(Space(bar.pf, bar.bar) for bar in self.bars if bar.prefetchable)


F2 = Card(
    "f2",
    (
        BarOfCard("app", 0, 64 << 20),
        BarOfCard("app", 2, 64 << 10),
        BarOfCard("app", 4, 128 << 30, prefetchable=True),
        BarOfCard("mgmt", 0, 16 << 10),
        BarOfCard("mgmt", 2, 16 << 10),
        BarOfCard("mgmt", 4, 4 << 20),
    ),
)
CARDS = {F2.name: F2}
"""The cards that maps can name."""

CardName = Literal["f2"]
Pf = Literal["app", "mgmt"]
PF_NUMBERS = {pf: number for number, pf in enumerate(get_args(Pf))}
"""Numbers of the PCI functions in the SDK (FPGA_APP_PF, FPGA_MGMT_PF)."""

MAX_BAR = 5
"""A PCI function has BARs 0 to 5."""


def card_of_bars(name: str, bars: dict[int, int], prefetchable: frozenset[int] = frozenset()) -> Card:
    """Return a card with one function, whose BARs have these sizes."""
    return Card(name, tuple(BarOfCard("app", bar, size, bar in prefetchable) for bar, size in sorted(bars.items())))
