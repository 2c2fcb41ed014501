"""Numbers as people read them."""

from __future__ import annotations

from codegen.schema.vocabulary import SIZE_SHIFTS

__all__ = ["hexadecimal", "size_text"]


def hexadecimal(value: int, digits: int = 1) -> str:
    """Return an integer as 0x00FF, with at least so many digits."""
    return f"0x{value:0{digits}X}"


def size_text(size: int, byte: str = "B") -> str:
    """Return a number of bytes as 4 KiB where that is exact, else as 12 B."""
    for letter, shift in reversed(SIZE_SHIFTS.items()):
        if size >= 1 << shift and size % (1 << shift) == 0:
            return f"{size >> shift} {letter}iB"
    return f"{size} {byte}"
