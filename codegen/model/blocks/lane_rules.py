"""Registers that are a lane of a bus word: what lies beside them, and whether an access of the word would harm it."""

from __future__ import annotations

from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.overlap import Extent, common_byte
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
    lanes = (child for child in children if isinstance(child, RegisterChild) and child.type.is_narrow)
    return max((child.type.access_width // 8 for child in lanes), default=1)


def lane_faults(children: Sequence[Child]) -> Iterator[LaneFault]:
    """Yield what is wrong with the lanes of a block."""
    lanes = [child for child in children if isinstance(child, RegisterChild) and child.type.is_narrow]
    if not lanes:
        return
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
        if not any(common_byte(word, _extent(child)) is not None for word in words):
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
    count, stride = lane.count or 1, lane.stride
    period = lcm(stride, step) // stride
    for number in range(min(count, period)):
        start = (lane.offset + number * stride) // step * step
        repeat = -(-(count - number) // period)
        yield Extent(lane.name, lane.kind, start, step, repeat, period * stride)


def _extent(child: Child) -> Extent:
    if isinstance(child, MemoryChild):
        return Extent(child.name, child.kind, child.offset, child.size, 1, child.size)
    if isinstance(child, BlockChild) and child.space is not None:
        return Extent(child.name, child.kind, -1, 0, 1, 0)
    return Extent(child.name, child.kind, child.offset, child.size, child.count or 1, child.stride)


def _is_at(lane: RegisterChild, child: RegisterChild) -> bool:
    """Return whether a register lies just where the lane does, as itself and its alternates do."""
    return (lane.offset, lane.size, lane.count, lane.stride) == (child.offset, child.size, child.count, child.stride)


def _is_beside_itself(lane: RegisterChild) -> bool:
    """Return whether one word holds several elements of the array."""
    step, stride = lane.type.access_width // 8, lane.stride
    starts = [lane.offset + number * stride for number in range(min(lane.count or 1, step + 1))]
    return any(first // step == second // step for first, second in pairwise(starts))


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
