"""The arguments of a declaration that make an array: counts, strides, and what elements are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.views.literals import text_literal
from codegen.views.numbers import hexadecimal
from codegen.views.source_lines import INDENT, Argument, columns, number, plain, texts, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.blocks.numbering import Axis

__all__ = ["axis_arguments", "dimension_arguments", "resets_argument"]


def axis_arguments(axis: Axis) -> list[Argument]:
    """Return what makes an array of fields of its first element."""
    arguments = [plain(str(axis.count), "count"), plain(str(axis.stride), "stride")]
    return arguments + _numbering(axis.first, axis.index)


def _numbering(first: int, index: tuple[str, ...]) -> list[Argument]:
    """Return what an array's elements are called, where that is not 0, 1, 2."""
    return [plain(str(first), "first")] * bool(first) + [texts("index", index)] * bool(index)


def dimension_arguments(axes: tuple[Axis, ...]) -> list[Argument]:
    """Return what makes an array: numbers for one dimension, tuples for several; names where one has them."""
    if not axes:
        return []
    outer, *inner = axes
    if not inner:
        return [plain(str(outer.count), "count"), number("stride", outer.stride), *_numbering(outer.first, outer.index)]
    firsts = tuple(axis.first for axis in axes)
    return [
        plain(f"({', '.join(str(axis.count) for axis in axes)})", "count"),
        plain(f"({', '.join(hexadecimal(axis.stride) for axis in axes)})", "stride"),
        *([plain(f"({', '.join(map(str, firsts))})", "first")] if any(firsts) else []),
        *([_nested_names(axes)] if any(axis.index for axis in axes) else []),
    ]


def resets_argument(resets: tuple[int, ...]) -> list[Argument]:
    """Return the resets of the elements of an array of registers, row by row."""
    values = ", ".join(map(hexadecimal, resets))

    def pieces(width: int) -> Iterator[str]:
        yield from wrapped(f"{values},", width)

    return [Argument("resets", f"({values})" if len(resets) > 1 else f"({values},)", pieces)]


def _nested_names(axes: tuple[Axis, ...]) -> Argument:
    """Return the names of the elements of each dimension."""

    def pieces(width: int) -> Iterator[str]:
        for axis in axes:
            line = f"{_names_tuple(axis.index)},"
            if columns(line) <= width:
                yield line
                continue
            yield "("
            for part in wrapped(f"{', '.join(map(text_literal, axis.index))},", width - len(INDENT)):
                yield f"{INDENT}{part}"
            yield "),"

    return Argument("index", f"({', '.join(_names_tuple(axis.index) for axis in axes)})", pieces)


def _names_tuple(names: tuple[str, ...]) -> str:
    quoted = ", ".join(map(text_literal, names))
    return f"({quoted},)" if len(names) == 1 else f"({quoted})"
