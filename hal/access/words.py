"""How a register is cut into bus words, and which of them an access of some of its bits takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal._binding import BIG_ENDIAN, HIGH_FIRST, LOW_FIRST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hal.access.shape import RegisterShape

__all__ = ["access_order", "is_torn", "join_words", "reached_words", "runs_of", "span_of", "split_words", "words_of"]


def access_order(shape: RegisterShape) -> int:
    """In which order the core accesses the words, and how they lie."""
    order = HIGH_FIRST if shape.words == "high-first" else LOW_FIRST
    return order | BIG_ENDIAN if shape.endian == "big" else order


def words_of(shape: RegisterShape) -> Iterator[int]:
    """The masks of the register's bits in each of its bus words, lowest first."""
    for low in range(0, shape.width, shape.word_bits):
        yield ((1 << shape.word_bits) - 1) << low


def reached_words(shape: RegisterShape, mask: int) -> list[int]:
    """Masks of the words that hold any of these bits. A latched register is accessed all at once, so it is one."""
    if shape.words == "latched":
        return [(1 << shape.width) - 1]
    return [word for word in words_of(shape) if word & mask]


def span_of(shape: RegisterShape, mask: int) -> tuple[int, int]:
    """First word and count of words from the lowest to the highest that hold any of these bits."""
    if shape.words == "latched":
        return 0, shape.word_count
    first = ((mask & -mask).bit_length() - 1) // shape.access_width
    return first, (mask.bit_length() - 1) // shape.access_width - first + 1


def runs_of(shape: RegisterShape, reached: int) -> list[tuple[int, int]]:
    """First word and count of each run of neighbouring words in this mask, in the order of their access."""
    runs: list[tuple[int, int]] = []
    for number, word in enumerate(words_of(shape)):
        if not word & reached:
            continue
        if runs and sum(runs[-1]) == number:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return runs[::-1] if shape.words == "high-first" else runs


def is_torn(shape: RegisterShape, mask: int) -> bool:
    """Whether hardware may change these bits between two reads of words, and reading them again does no harm."""
    reached = sum(reached_words(shape, mask))
    moving = (field.mask for field in shape.fields.values() if field.moves)
    return shape.words != "latched" and not shape.effects & reached and any(bits & reached for bits in moving)


def split_words(value: int, shape: RegisterShape) -> list[int]:
    """A register's value as its bus words, lowest first."""
    step = shape.access_width
    return [(value >> low) & ((1 << step) - 1) for low in range(0, shape.width, step)]


def join_words(words: Sequence[int], width: int) -> int:
    """Bus words of this width, lowest first, as one value."""
    return sum(word << (number * width) for number, word in enumerate(words))
