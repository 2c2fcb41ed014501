"""Finds children of a block that cover the same bytes; arrays by arithmetic, never expanded."""

from __future__ import annotations

from math import prod
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Collision", "Extent", "LayoutTooIntricateError", "collisions", "common_byte", "extents_of"]

MAX_WORK = 4_000_000
"""Comparisons for one block, a few seconds' worth: only interleaved arrays need more than one."""


MAX_PARTS = 1 << 16
"""Extents of one array of several dimensions with gaps between its rows."""


class LayoutTooIntricateError(Exception):
    """Too many arrays lie within each other to compare them."""


class Extent(NamedTuple):
    """The bytes of a child: `repeat` runs of `length`, `stride` apart."""

    name: str
    kind: str
    start: int
    length: int
    repeat: int
    stride: int

    @property
    def end(self) -> int:
        """The first byte after the last run."""
        return self.start + (self.repeat - 1) * self.stride + self.length


class Collision(NamedTuple):
    """`second` starts at or after `first`; `address` is a byte that both have."""

    first: Extent
    second: Extent
    address: int

    @property
    def rule(self) -> str:
        """That of the larger thing."""
        kinds = {self.first.kind, self.second.kind}
        return next(f"{kind}-overlap" for kind in ("block", "memory", "register") if kind in kinds)

    @property
    def message(self) -> str:
        """What lies over what."""
        (second, at), (first, there) = ((extent, f"{extent.start:#x}..{extent.end - 1:#x}") for extent in self[1::-1])
        return (
            f"{second.kind} {second.name!r} at {at} overlaps {first.kind} {first.name!r} at {there},"
            f" both have {self.address:#x}"
        )

    @property
    def hint(self) -> str:
        """What to do."""
        first, hint = self.first, f"Move one of them; {self.first.name!r} ends before {self.first.end:#x}."
        if first.kind != self.second.kind or first.kind == "memory":
            return hint
        return f"{hint} Where both are one thing at two times, say alternate: {first.name}."


def extents_of(name: str, kind: str, start: int, length: int, dimensions: Sequence[tuple[int, int]]) -> list[Extent]:
    """Return the bytes of an array of these counts and strides in few extents: rows without gaps are one.

    Raises LayoutTooIntricateError where there are more than MAX_PARTS.
    """
    if len(dimensions) <= 1:
        return [Extent(name, kind, start, length, *(dimensions[0] if dimensions else (1, length)))]
    joined = [(1, length)]
    for count, stride in sorted(dimensions, key=lambda item: item[1]):
        number, step = joined[-1]
        if number == 1:
            joined[-1] = count, stride
        elif stride == number * step:
            joined[-1] = number * count, step
        elif count > 1:
            joined.append((count, stride))
    longest = max(joined)
    joined.remove(longest)
    if prod(count for count, _ in joined) > MAX_PARTS:
        raise LayoutTooIntricateError
    starts = [start]
    for count, stride in joined:
        starts = [at + index * stride for at in starts for index in range(count)]
    return [Extent(name, kind, at, length, *longest) for at in starts]


def collisions(
    extents: Iterable[Extent], allowed: Callable[[str, str], bool] = lambda _first, _second: False
) -> Iterator[Collision]:
    """Yield the first collision of every extent that has one, in order of address, but those of `allowed` names."""
    work = 0
    active: list[Extent] = []
    end = 0  # of those that are active
    for extent in sorted(extents, key=attrgetter("start")):
        if extent.start >= end:
            active, end = [extent], extent.end
            continue
        end = max(end, extent.end)
        active = [other for other in active if other.end > extent.start]
        for other in active:
            work += 1 if other.stride == extent.stride else min(other.repeat, extent.repeat)
            if work > MAX_WORK:
                raise LayoutTooIntricateError
            address = common_byte(other, extent)
            if address is not None and not allowed(other.name, extent.name):
                yield Collision(other, extent, address)
                break
        active.append(extent)


def common_byte(a: Extent, b: Extent) -> int | None:
    """Return the first byte that both have; None where they have none."""
    if a.stride == b.stride or a.repeat == 1 or b.repeat == 1:
        return _common_byte_in_step(a, b)
    if a.repeat > b.repeat:
        a, b = b, a
    for index in range(a.repeat):
        single = Extent(a.name, a.kind, a.start + index * a.stride, a.length, 1, 0)
        address = _common_byte_in_step(single, b)
        if address is not None:
            return address
    return None


def _common_byte_in_step(a: Extent, b: Extent) -> int | None:
    """Solve start_a + i*s and start_b + j*s with runs that meet, for one common stride s."""
    stride = max(b.stride if a.repeat == 1 else a.stride, 1)
    distance = b.start - a.start
    # Runs meet when -b.length < distance + (j - i) * stride < a.length.
    low = max((-b.length - distance) // stride + 1, -(a.repeat - 1))
    high = min(-((distance - a.length) // stride) - 1, b.repeat - 1)
    if low > high:
        return None
    i, j = max(0, -low), max(0, low)
    return max(a.start + i * a.stride, b.start + j * b.stride)
