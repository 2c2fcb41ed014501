"""What a bus word holds beside what is narrower than it: a register of 8 bits, or some bytes of a memory.

A write of a lane is a write of its word. What else lies there is treated as neighbours in a register are: read back, or
given the bit that does nothing. The generator refuses what that would harm; this looks up what it is.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from hal.registers.memory import access_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal._binding import Bar
    from hal.access.shape import RegisterShape

__all__ = ["Beside", "LaneIndex", "index_of", "place"]

Dimensions = tuple[tuple[int, int], ...]
_CELL = 4
_LONG = 8  # bytes from which on a register is looked for by arithmetic


class Beside(NamedTuple):
    """Bits of a bus word beside a lane: read and written back, written as 1, of no field, and the reset of those."""

    keep: int
    ones: int
    spare: int
    rest: int


class _Found(NamedTuple):
    """A register or memory, and where one of its elements starts, in bytes from the block."""

    child: Any
    at: int


class LaneIndex:
    """What a block declares, by its bytes. Blocks in it share no word with a lane."""

    def __init__(self, children: Mapping[str, Any]) -> None:
        self._cells: dict[int, list[_Found]] = {}
        self._long: list[Any] = []
        for child in children.values():
            if child.is_block:
                continue
            if child.is_memory or child.count is not None or _length(child) >= _LONG:
                self._long.append(child)
                continue
            for cell in _cells(child.offset, _length(child)):
                self._cells.setdefault(cell, []).append(_Found(child, child.offset))

    def beside(self, offset: int, bits: int, width: int) -> Beside:
        """What lies beside `bits` bits at `offset` bytes from the block's start, in its bus word of `width` bits."""
        size = width // 8
        start, lane = offset - offset % size, offset % size * 8
        word, own = (1 << width) - 1, ((1 << bits) - 1) << lane
        keep = ones = taken = rest = 0
        for child, at in self._near(start, size):
            if child.is_memory:
                here = _bits_of(_inside(child, at, start, size), start)
                taken |= here
                keep |= here if access_of(child.kind) == "rw" else 0
                continue
            shape, far = child.shape, (at - start) * 8
            free = 0 if shape.masked else shape.unused_bits
            taken |= _moved(shape.mask & ~free, far)
            keep |= _moved(shape.keep, far)
            ones |= _moved(shape.ones, far)
            rest |= _moved(shape.reset & free, far)
        others, spare = word & ~own, word & ~taken
        return Beside(keep & others, ones & others & ~keep, spare, rest & spare)

    def bytes_of_none(self, start: int, size: int) -> list[int]:
        """Which of the `size` bytes from `start` on belong to no register and no memory."""
        taken = {byte for child, at in self._near(start, size) for byte in _inside(child, at, start, size)}
        return [byte for byte in range(start, start + size) if byte not in taken]

    def _near(self, start: int, size: int) -> Iterator[_Found]:
        cells = _cells(start, size)
        seen: set[int] = set()
        for cell in cells:
            for found in self._cells.get(cell, ()):
                if id(found) not in seen and found.at < start + size and found.at + _length(found.child) > start:
                    seen.add(id(found))
                    yield found
        for child in self._long:
            at = start - child.offset
            for distance in _near(_by_stride(child.dimensions), _length(child), at, at + size):
                yield _Found(child, child.offset + distance)


_indexes: WeakKeyDictionary[type[Any], LaneIndex] = WeakKeyDictionary()


def index_of(block: type[Any]) -> LaneIndex:
    """That of a block's class, which is kept."""
    index = _indexes.get(block)
    if index is None:
        index = _indexes[block] = LaneIndex(block._children)
    return index


def place(bar: Bar, shape: RegisterShape, plans: Any, parent: Any, offset: int) -> tuple[Any, int]:
    """The ports of a register at an offset of its BAR, below a parent, and a code."""
    if not shape.is_narrow:
        return bar.place_ports(plans, offset)
    index = LaneIndex({}) if parent is None else index_of(type(parent))
    start = 0 if parent is None else parent._offset
    return bar.place_lanes(plans, offset, index.beside(offset - start, shape.width, shape.access_width))


def _by_stride(dimensions: Dimensions) -> Dimensions:
    return tuple(sorted(dimensions, key=itemgetter(1), reverse=True))


def _near(dimensions: Dimensions, length: int, start: int, end: int) -> Iterator[int]:
    """How far the elements of so many bytes are that have any of those from `start` on, before `end`."""
    if not dimensions:
        if start < length and end > 0:
            yield 0
        return
    (count, stride), *rest = dimensions
    reach = length + sum((number - 1) * step for number, step in rest)
    low, high = max(0, -(-(start - reach + 1) // stride)), min(count - 1, (end - 1) // stride)
    for number in range(low, high + 1):
        at = number * stride
        yield from (at + distance for distance in _near(tuple(rest), length, start - at, end - at))


def _cells(start: int, size: int) -> range:
    return range(start // _CELL, (start + size - 1) // _CELL + 1)


def _length(child: Any) -> int:
    size: int = child.size if child.is_memory else child.shape.width // 8
    return size


def _inside(child: Any, at: int, start: int, size: int) -> range:
    """Its bytes among the `size` from `start` on."""
    return range(max(at, start), min(at + _length(child), start + size))


def _bits_of(part: range, start: int) -> int:
    return ((1 << len(part) * 8) - 1) << (part.start - start) * 8


def _moved(bits: int, left: int) -> int:
    return bits << left if left >= 0 else bits >> -left
