"""The card that a map is for: which spaces it has, and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.schema.spaces import CARDS, Card, Space, card_of_bars

if TYPE_CHECKING:
    from codegen.schema.entries import DeviceMap
    from codegen.schema.names import Fault
    from codegen.source.findings import Findings, Source

__all__ = ["burst_fault", "card_of", "end_fault", "space_fault"]

_SMALLEST_BAR = 16


def card_of(device_map: DeviceMap, source: Source, findings: Findings) -> Card:
    """Return the card that a map names or describes; its BARs have sizes that PCI knows."""
    card = device_map.card
    if isinstance(card, str):
        return CARDS[card]
    for bar, size in card.bars.items():
        if size < _SMALLEST_BAR or size & (size - 1):
            message = f"got {size:#x} bytes, wanted a power of two, {_SMALLEST_BAR} at least, as PCI has it"
            findings.add(source, ("card", "bars", bar), "bad-card", message, "Give the size that the card's BAR has.")
    bars = {int(bar): size for bar, size in card.bars.items()}
    for place, number in enumerate(card.prefetchable):
        if number not in bars:
            message = f"got {number}, allowed: {', '.join(map(str, sorted(bars)))}"
            findings.add(source, ("card", "prefetchable", place), "bad-card", message, "Choose BARs of the card.")
    return card_of_bars(card.name, bars, frozenset(card.prefetchable))


def space_fault(card: Card, space: Space) -> Fault | None:
    """Return what is wrong with a space, or None where the card has it."""
    if space in card.sizes:
        return None
    message = f"{space} is not on the card; it has {', '.join(map(str, card.sizes))}"
    return "bad-space", message, "Choose one of these, or describe the card."


def burst_fault(card: Card, space: Space) -> Fault | None:
    """Return what is wrong with reading bursts in a space, or None."""
    if space in card.prefetchable:
        return None
    found = ", ".join(map(str, sorted(card.prefetchable))) or "none"
    message = f"{space} is not prefetchable"
    return "burst-bar", message, f"Remove burst. BARs that are: {found}; those of a card say so by its 'prefetchable'."


def end_fault(card: Card, space: Space, name: str, end: int) -> Fault | None:
    """Return what is wrong with something that ends before a byte of a space, or None."""
    limit = card.sizes.get(space)
    if limit is None or end <= limit:
        return None
    message = f"{name!r} ends at {end - 1:#x}, past {space}'s end {limit - 1:#x}"
    return "past-bar-end", message, "Lower offset, count, stride or size, or choose another space."
