"""Which fields of a map are not the same on all cards."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal.access.shape import RegisterShape
    from hal.devices.device import Device

__all__ = ["compared"]

_ROWS_MAX = 2000
_OTHERS_MAX = 50  # cards that are named in a row


def compared(driver: type[Device], cards: Mapping[int, Mapping[str, int]]) -> dict[str, Any]:
    """Rows of path, what most cards have, [card, what it has] of those that have another, and how many more of them.

    `cards`: by a number of each what its registers hold, which need not be the same ones. `more`: rows left out.
    """
    rows: list[tuple[str, str, list[tuple[int, str]], int]] = []
    more = 0
    for path in dict.fromkeys(path for registers in cards.values() for path in registers):
        bits = {card: registers[path] for card, registers in cards.items() if path in registers}
        if len(set(bits.values())) == 1 and len(bits) == len(cards):
            continue
        for name, texts in _texts(driver._design.shape_at(path), path, bits, len(cards)):
            found = _row(name, texts | {card: "nothing" for card in cards if card not in texts})
            if len(rows) < _ROWS_MAX:
                rows.append(found)
            else:
                more += 1
    return {"rows": rows, "more": more}


def _texts(
    shape: RegisterShape, path: str, bits: Mapping[int, int], cards: int
) -> Iterator[tuple[str, dict[int, str]]]:
    """Of each field that differs, and of the bits of no field."""
    first = next(iter(bits.values()))
    differing = 0
    for value in bits.values():
        differing |= value ^ first
    for field in shape.fields.values():
        if field.readable and (differing & field.mask or len(bits) < cards):
            yield f"{path}.{field.name}", {card: field.text(value) for card, value in bits.items()}
    if differing & shape.unused_bits:
        yield path, {card: f"{value & shape.unused_bits:#x} (bits of no field)" for card, value in bits.items()}


def _row(path: str, texts: Mapping[int, str]) -> tuple[str, str, list[tuple[int, str]], int]:
    usual = Counter(texts.values()).most_common(1)[0][0]
    others = [(card, text) for card, text in sorted(texts.items()) if text != usual]
    return path, usual, others[:_OTHERS_MAX], max(0, len(others) - _OTHERS_MAX)
