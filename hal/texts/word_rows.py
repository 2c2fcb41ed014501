"""Words of memories in hex, each with all of its digits, and in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["hex_words", "word_rows"]

_ROW_BYTES = 16


def hex_words(content: bytes | bytearray, width: int) -> list[str]:
    """Words of `width` bits whose bytes lie low byte first."""
    size = width // 8
    return [content[at : at + size][::-1].hex() for at in range(0, len(content), size)]


def word_rows(content: bytes | bytearray, width: int) -> Iterator[tuple[int, str, bytes | bytearray]]:
    """Rows of 16 bytes, or of one word where that is longer: the first byte's number, the words, and the bytes."""
    size = max(_ROW_BYTES, width // 8)
    for at in range(0, len(content), size):
        row = content[at : at + size]
        yield at, " ".join(hex_words(row, width)), row
