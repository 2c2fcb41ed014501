"""Numbers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.schema.vocabulary import SIZE_SHIFTS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["hexadecimal", "reset_text", "resets_text", "size_text"]

_SHOWN_MAX = 16


def hexadecimal(value: int, digits: int = 1) -> str:
    """Return an integer as 0x00FF, with at least so many digits."""
    return f"0x{value:0{digits}X}"


def reset_text(value: int, unknown: int, digits: int = 1) -> str:
    """Return bits in hex, with x for digits that nobody knows, and X for those of which some bits are."""
    text = hexadecimal(value, max(digits, -(-unknown.bit_length() // 4)))
    if not unknown:
        return text
    marks = f"{unknown:0{len(text) - 2}X}"
    return "0x" + "".join(map(_marked, text[2:], marks))


def resets_text(resets: Sequence[int], digits: int = 1) -> str:
    """Return the resets of an array's elements; of many the first ones."""
    shown = ", ".join(hexadecimal(value, digits) for value in resets[:_SHOWN_MAX])
    return shown if len(resets) <= _SHOWN_MAX else f"{shown}, ..."


def _marked(digit: str, unknown: str) -> str:
    return {"0": digit, "F": "x"}.get(unknown, "X")


def size_text(size: int, byte: str = "B") -> str:
    """Return a number of bytes as 4 KiB where that is exact, else as 12 B."""
    for letter, shift in reversed(SIZE_SHIFTS.items()):
        if size >= 1 << shift and size % (1 << shift) == 0:
            return f"{size >> shift} {letter}iB"
    return f"{size} {byte}"
