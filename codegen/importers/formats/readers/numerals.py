"""Numbers as files write them, which may be of any length or of no digit at all."""

from __future__ import annotations

__all__ = ["numeral"]

MAX_DIGITS = 1024  # CPython refuses some thousands, and no register has so many


def numeral(digits: str, base: int = 10) -> int | None:
    """Return the number, `_` between digits left out; None of what is none, or too long. Base 0 reads 0x, 0o and 0b."""
    plain = digits.replace("_", "")
    try:
        return int(plain, base) if len(plain) <= MAX_DIGITS else None
    except ValueError:
        return None
