"""Registers that are a lane of a bus word: what lies beside them, and whether an access of the word would harm it."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.overlap import Extent, LayoutTooIntricateError, common_byte, extents_of
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codegen.model.types import Child

__all__ = ["LaneFault", "lane_faults", "lane_grain"]

_CELL = 8
_APART = "Move one of them to another word"
_BYTES = ", or remove access_width where the bus has accesses of 8 bits."
_IDLE = "Say idle: 0 or 1 where that leaves it alone, move one of them to another word"


class LaneFault(NamedTuple):
    """What is wrong with a register, by its name."""

    name: str
    message: str
    hint: str


class _Harm(NamedTuple):
    """Something in a word: whether a write reads and keeps it, and what of it a read, or any write, changes."""

    kept: bool = False
    read: str = ""
    written: str = ""


def lane_grain(children: Iterable[Child]) -> int:
    """Return what a block's size has to be a multiple of: bytes of the largest word that holds a lane; else 1."""
    return max([child.type.access_width // 8 for child in _lanes(children)], default=1)


def lane_faults(children: Sequence[Child]) -> Iterator[LaneFault]:
    """Yield what is wrong with the lanes of a block."""
    lanes = _lanes(children)
    if lanes:
        with suppress(LayoutTooIntricateError):  # which has been told
            yield from _faults(lanes, children)


def _lanes(children: Iterable[Child]) -> list[RegisterChild]:
    return [child for child in children if isinstance(child, RegisterChild) and child.type.is_narrow]


def _faults(lanes: Sequence[RegisterChild], children: Sequence[Child]) -> Iterator[LaneFault]:
    cells: dict[int, list[Child]] = {}
    others: list[Child] = []
    for child in children:
        is_small = isinstance(child, RegisterChild) and child.count is None and child.size < _CELL
        (cells.setdefault(child.offset // _CELL, []) if is_small else others).append(child)
    for lane in lanes:
        near = others
        if lane.count is None:
            near = [*cells[lane.offset // _CELL], *others]
        elif cells:
            near = [*(child for cell in cells.values() for child in cell), *others]
        fault = _fault(lane, near)
        if fault is not None:
            yield fault


def _fault(lane: RegisterChild, near: Iterable[Child]) -> LaneFault | None:
    bits = lane.type.access_width
    words, where = list(_words(lane)), f"its word of {bits} bits"
    own: list[_Harm] = []  # of the same bytes: itself, and what else they are
    beside: list[_Harm] = []
    for child in near:
        extents = _extents(child)
        if not any(common_byte(word, extent) is not None for word in words for extent in extents):
            continue
        if isinstance(child, BlockChild):
            message = f"{where} reaches into block {child.name!r}"
            return LaneFault(lane.name, message, f"{_APART}: beside it are registers and memories of its own block.")
        is_same = isinstance(child, RegisterChild) and _is_at(lane, child)
        if is_same:
            own.append(_harm(child))
        if not is_same or _is_beside_itself(lane):
            beside.append(_harm(child))
    fields = lane.type.fields
    is_read = any(POLICIES[field.access].readable for field in fields)
    is_written = any(POLICIES[field.access].writable for field in fields)
    written = next((harm.written for harm in beside if harm.written), "")
    if is_written and written:
        return LaneFault(lane.name, f"{where} is written as a whole, and with it {written}", _IDLE + _BYTES)
    reads_first = is_written and any(harm.kept for harm in beside)
    changed = next((harm.read for harm in beside if harm.read), "")
    if changed and is_read:
        return LaneFault(lane.name, f"{where} is read as a whole, which changes {changed}", _APART + _BYTES)
    changed = changed or next((harm.read for harm in own if harm.read), "")
    if changed and reads_first:
        return LaneFault(lane.name, f"a write reads {where} first, which changes {changed}", _APART + _BYTES)
    return None


def _words(lane: RegisterChild) -> Iterator[Extent]:
    """Yield the bus words of a lane, or of an array of them, as arrays of words."""
    step = lane.type.access_width // 8
    for row in _extents(lane):
        period = lcm(row.stride, step) // row.stride
        for number in range(min(row.repeat, period)):
            start = (row.start + number * row.stride) // step * step
            repeat = -(-(row.repeat - number) // period)
            yield Extent(lane.name, lane.kind, start, step, repeat, period * row.stride)


def _extents(child: Child) -> list[Extent]:
    if isinstance(child, BlockChild) and child.space is not None:
        return []
    return extents_of(child.name, child.kind, child.offset, child.size, _dimensions(child))


def _dimensions(child: Child) -> list[tuple[int, int]]:
    axes = child.arrays if isinstance(child, MemoryChild) else child.axes
    return [(axis.count, axis.stride) for axis in axes]


def _is_at(lane: RegisterChild, child: RegisterChild) -> bool:
    """Return whether a register lies just where the lane does, as itself and its alternates do."""
    return (lane.offset, lane.size, _dimensions(lane)) == (child.offset, child.size, _dimensions(child))


def _is_beside_itself(lane: RegisterChild) -> bool:
    """Return whether one word holds several elements of the array."""
    step, starts = lane.type.access_width // 8, set[int]()
    for row in _extents(lane):
        places = (*range(min(row.repeat, step + 1)), row.repeat - 1)
        starts |= {row.start + place * row.stride for place in places}
    return any(first // step == second // step for first, second in pairwise(sorted(starts)))


def _harm(child: RegisterChild | MemoryChild) -> _Harm:
    if isinstance(child, MemoryChild):
        return _Harm(
            kept=child.access == "rw",
            written=f"{child.name}, which is write-only" if child.access == "wo" else "",
        )
    masks, rules = child.type.masks, child.type.rules
    read = written = ""
    for field in child.type.fields:
        name = f"{child.name}.{field.name} ({field.access})"
        if not read and field.mask & masks.effects:
            read = name
        if not written and field.mask & masks.last:
            written = f"{name}, for which no value is known that leaves it alone"
        if not written and field.mask & masks.guard:
            written = f"{name}, which any write changes"
    if rules is not None and (rules.lock or rules.unlock or rules.twice):
        written = f"{child.name}, whose writes have rules"
    return _Harm(bool(masks.keep), read, written)
