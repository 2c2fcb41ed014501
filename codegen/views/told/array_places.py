"""Arrays where a language can't have them as they are: elements one by one, under names of their own."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codegen.model.blocks.numbering import Axis
    from codegen.views.reference import ChildModel

__all__ = ["MAX_SINGLES", "apart", "follows_rows", "length_of", "memory_size", "unrolled"]

MAX_SINGLES = 4096
"""Elements of an array that are written one by one; more are refused."""


def memory_size(child: ChildModel) -> int:
    """Return the bytes of one memory."""
    return child.size if child.type is None else child.axes[-1].count * child.axes[-1].stride


def length_of(child: ChildModel) -> int:
    """Return the bytes from the start of the first element to the end of the last one."""
    one = memory_size(child) if child.kind == "memory" else child.size
    return one + sum((axis.count - 1) * axis.stride for axis in child.arrays)


def follows_rows(axes: Sequence[Axis]) -> bool:
    """Return whether rows of an array follow each other, so that one stride says all."""
    return all(outer.stride == inner.count * inner.stride for outer, inner in pairwise(axes))


def unrolled(child: ChildModel, keep: int = 0) -> Iterator[ChildModel]:
    """Yield the elements of an array as places of their own, with `keep` innermost dimensions left of each.

    They are called by what stands in brackets: cell[1][2] is cell_1_2. Raises ValueError where they are too many.
    """
    axes = child.arrays
    outer, inner = axes[: len(axes) - keep], axes[len(axes) - keep :]
    count = 1
    for axis in outer:
        count *= axis.count
    if count > MAX_SINGLES:
        message = f"{child.name} would be {count} single {child.kind}s, which is more than {MAX_SINGLES}"
        raise ValueError(f"{message}; give it one dimension, or elements that follow each other")
    entries, each = child.axes[len(axes) :], len(child.resets) // count
    for place, numbers in enumerate(product(*(range(axis.count) for axis in outer))):
        labels = [axis.numbering.label(number) for axis, number in zip(outer, numbers, strict=True)]
        distance = sum(axis.stride * number for axis, number in zip(outer, numbers, strict=True))
        own = child._replace(resets=child.resets[place * each : (place + 1) * each])
        yield _with_axes(own, "_".join([child.name, *labels]), child.offset + distance, (*inner, *entries))


def _with_axes(child: ChildModel, name: str, offset: int, axes: Sequence[Axis]) -> ChildModel:
    if not axes:
        one = child.size
        return child._replace(name=name, offset=offset, count=None, stride=one, first=0, index=(), inner=())
    first, *rest = axes
    return child._replace(
        name=name,
        offset=offset,
        count=first.count,
        stride=first.stride,
        first=first.first,
        index=first.index,
        inner=tuple(rest),
    )


def apart(children: Iterable[ChildModel]) -> list[tuple[ChildModel, str]]:
    """Return places of which no array reaches over another place: those that did are there element by element.

    So are arrays whose rows do not follow each other. Two that share their bytes, such as alternates, stay. With each
    place goes a comment, empty for most.
    """
    listed = list(children)
    ordered = sorted(range(len(listed)), key=lambda number: listed[number].offset)
    woven: set[int] = {number for number, child in enumerate(listed) if not follows_rows(child.arrays)}
    reach = -1  # the place that reaches farthest so far
    for number in ordered:
        child = listed[number]
        if reach >= 0:
            before = listed[reach]
            if before.offset + length_of(before) > child.offset and before.offset != child.offset:
                woven |= {reach, number}
        if reach < 0 or child.offset + length_of(child) > listed[reach].offset + length_of(listed[reach]):
            reach = number
    found: list[tuple[ChildModel, str]] = []
    for number, child in enumerate(listed):
        if number not in woven or not child.arrays:
            found.append((child, ""))
            continue
        first, *others = unrolled(child)
        labels = "".join(f"[{axis.numbering.shown(axis.count)}]" for axis in child.arrays)
        found.append((first, f"{child.name}{labels} is an array, whose elements stand here one by one."))
        found += ((other, "") for other in others)
    return found
