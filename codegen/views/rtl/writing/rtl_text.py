"""SystemVerilog in small pieces: numbers, parts of vectors, and lines with their depth."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Bits", "Line", "block_of", "concatenation", "indented", "literal", "part", "vector"]

_LINE = 110
"""Characters that a line may have before it is cut."""


class Line(NamedTuple):
    """A line of code, so many levels further in than what holds it."""

    depth: int
    text: str


class Bits(NamedTuple):
    """An expression of so many bits, and where they begin in a word."""

    low: int
    width: int
    text: str


@cache
def literal(width: int, value: int) -> str:
    """Return a number of so many bits: 12'h01C."""
    return f"{width}'h{value:0{-(-width // 4)}X}"


@cache
def part(name: str, low: int, width: int, whole: int) -> str:
    """Return some bits of a vector that has so many; of all of them its name."""
    if width == whole:
        return name
    return f"{name}[{low}]" if width == 1 else f"{name}[{low + width - 1}:{low}]"


@cache
def vector(*sizes: int) -> str:
    """Return the dimensions of a packed type, with a space behind them; the last one is left out where it is 1."""
    *outer, width = sizes
    return "".join(f"[{size - 1}:0]" for size in [*outer, *([width] if width > 1 else [])]) + " " * (
        width > 1 or bool(outer)
    )


def indented(lines: Iterable[Line], depth: int = 1) -> list[Line]:
    """Return lines further in."""
    return [Line(line.depth + depth, line.text) for line in lines]


def block_of(head: str, lines: Sequence[Line], comment: str = "") -> list[Line]:
    """Return a statement with others inside: in one line where that is one."""
    tail = f"  // {comment}" if comment else ""
    if len(lines) == 1 and lines[0].depth == 0 and not lines[0].text.startswith("//"):
        one = f"{head} {lines[0].text}{tail}"
        if len(one) <= _LINE:
            return [Line(0, one)]
    return [Line(0, f"{head} begin{tail}"), *indented(lines), Line(0, "end")]


def concatenation(width: int, pieces: Iterable[Bits], rest: int = 0) -> str:
    """Return a word of these pieces; its other bits are those of a constant."""
    parts = list(_filled(width, sorted(pieces), rest))
    return parts[0] if len(parts) == 1 else f"{{{', '.join(reversed(parts))}}}"


def _filled(width: int, pieces: Sequence[Bits], rest: int) -> Iterator[str]:
    at = 0
    for piece in (*pieces, Bits(width, 0, "")):
        if piece.low > at:
            gap = piece.low - at
            yield literal(gap, rest >> at & ((1 << gap) - 1))
        if piece.width:
            yield piece.text
        at = piece.low + piece.width
