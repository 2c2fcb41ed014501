"""Arrays of registers, blocks and memories: how many there are, how far apart, and what they are called.

An array may have several dimensions, outer ones first. Each of them is an array of what the ones behind it are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.blocks.numbering import NUMBERED, Axis, Numbering, index_fault
from codegen.schema.vocabulary import MAX_COUNT, MAX_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codegen.schema.entries import BlockEntry, MemoryEntry, RegisterEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["ChildArray", "child_array", "counts_of"]


@dataclass(frozen=True, slots=True)
class ChildArray:
    """An array by its outermost dimension and those within; `count` is None for a single one. `stride` in bytes."""

    count: int | None
    stride: int
    numbering: Numbering = NUMBERED
    inner: tuple[Axis, ...] = ()

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All dimensions, outer ones first."""
        if self.count is None:
            return ()
        return (Axis(self.count, self.stride, self.numbering.first, self.numbering.index), *self.inner)


class _Fault(NamedTuple):
    """What is wrong, at steps from the entry."""

    steps: tuple[str | int, ...]
    rule: str
    message: str
    hint: str
    at_key: bool = False


class _FaultError(Exception):
    """One that leaves nothing to go on with."""

    def __init__(self, fault: _Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def counts_of(entry: RegisterEntry | BlockEntry | MemoryEntry) -> tuple[int, ...]:
    """Return how many elements each dimension has, as far as it is said; nothing for a single one."""
    if entry.count is not None:
        return tuple(entry.count) if isinstance(entry.count, list) else (entry.count,)
    names = _names(entry.index)
    return tuple(map(len, names)) if names is not None else ()


def child_array(
    entry: RegisterEntry | BlockEntry | MemoryEntry,
    length: int,
    alignment: int,
    source: Source,
    path: Path,
    findings: Findings,
    held: Sequence[int] = (),
) -> ChildArray:
    """Return what a map says of an array of elements of so many bytes; what is wrong is reported.

    `held`: the last counts, where they are of what an element holds.
    """
    single = _single(length)
    if (entry.count, entry.index, entry.stride, entry.first) == (None, None, None, None):
        return single
    if any(dropped[: len(path)] == path and dropped[len(path) :][:1] == ("index",) for dropped in source.dropped):
        return single  # a name in it has been reported
    try:
        axes = _axes(entry, length, counts_of(entry)[: len(counts_of(entry)) - len(held)])
    except _FaultError as problem:
        faults: Iterator[_Fault] = iter([problem.fault])
        axes = []
    else:
        faults = _stride_faults(entry, axes, length, alignment)
    for fault in faults:
        findings.add(source, (*path, *fault.steps), fault.rule, fault.message, fault.hint, at_key=fault.at_key)
    if not axes:
        return single
    outer, *inner = axes
    return ChildArray(outer.count, max(outer.stride, length), Numbering(outer.first, outer.index), tuple(inner))


@lru_cache(256)
def _single(length: int) -> ChildArray:
    return ChildArray(None, length)


def _axes(entry: RegisterEntry | BlockEntry | MemoryEntry, length: int, counts: tuple[int, ...]) -> list[Axis]:
    """Return the dimensions as they are said; their strides are not yet checked."""
    if not counts and entry.index is None and entry.count != []:
        for key in ("stride", "first"):
            if getattr(entry, key) is not None:
                what, hint = f"a {key} needs a count", f"Add count, or remove {key}."
                if entry.count is not None:
                    what, hint = f"entries have no {key}", "It is for several memories: count: [memories, entries]."
                raise _FaultError(_Fault((key,), f"{key}-without-count", what, hint, at_key=True))
        return []
    _check_counts(entry, counts)
    names = _names(entry.index) or [()] * len(counts)
    firsts = _each("first", entry.first, len(counts), None)
    if entry.index is not None:
        _check_names(entry, names, counts, firsts)
    strides = _strides(entry.stride, counts, length)
    return [Axis(*said) for said in zip(counts, strides, (first or 0 for first in firsts), names, strict=True)]


def _check_counts(entry: RegisterEntry | BlockEntry | MemoryEntry, counts: tuple[int, ...]) -> None:
    listed = isinstance(entry.count, list)
    if len(counts) > MAX_DIMENSIONS or (listed and not counts):
        message = f"got {len(counts)} dimensions, allowed: 1 to {MAX_DIMENSIONS}"
        raise _FaultError(_Fault(("count",), "bad-count", message, "Change the list."))
    if entry.index is None or entry.count is not None:
        for place, count in enumerate(counts):
            if not 1 <= count <= MAX_COUNT:
                message = f"got {count}, allowed: 1 to {MAX_COUNT}"
                steps = ("count", place) if listed else ("count",)
                raise _FaultError(_Fault(steps, "bad-count", message, "Change the count."))
    if prod(counts) > MAX_COUNT:
        message = f"{' * '.join(map(str, counts))} are {prod(counts)} elements, allowed: 1 to {MAX_COUNT}"
        raise _FaultError(_Fault(("count",), "bad-count", message, "Change the counts."))


def _names(index: list[str] | list[list[str]] | None) -> list[tuple[str, ...]] | None:
    """Return the names of each dimension's elements."""
    if index is None:
        return None
    if any(isinstance(names, list) for names in index):
        return [tuple(names) for names in index if isinstance(names, list)]
    return [tuple(str(name) for name in index)]


def _check_names(
    entry: RegisterEntry | BlockEntry | MemoryEntry,
    names: list[tuple[str, ...]],
    counts: tuple[int, ...],
    firsts: list[int | None],
) -> None:
    hint = "Give each element one name, or none of them."
    if len(names) != len(counts):
        message = f"names of {len(names)} dimension{'s' if len(names) > 1 else ''} for {len(counts)}"
        raise _FaultError(
            _Fault(("index",), "bad-index", message, "Give a list for each, [] for numbers.", at_key=True)
        )
    for place, (own, count, first) in enumerate(zip(names, counts, firsts, strict=True)):
        is_nested = len(counts) > 1
        if is_nested and not own and entry.count is not None:
            continue
        fault = index_fault(own, count, first)
        if fault:
            steps = ("index", place) if is_nested else ("index",)
            raise _FaultError(_Fault(steps, "bad-index", fault, hint, at_key=not is_nested))


def _each(key: str, given: int | list[int] | None, number: int, missing: int | None) -> list[int | None]:
    """Return what is said of each dimension."""
    if given is None:
        return [missing] * number
    said = list(given) if isinstance(given, list) else [given]
    if len(said) != number:
        noun = f"{len(said)} {key}s" if len(said) != 1 else f"one {key}"
        message = f"{noun} for {number} dimension{'s' if number > 1 else ''}"
        raise _FaultError(_Fault((key,), f"{key}-count", message, "Give a list with one for each.", at_key=True))
    return [*said]


def _strides(given: int | list[int] | None, counts: tuple[int, ...], length: int) -> list[int]:
    """Return the bytes between elements of each dimension; one stride is the innermost, rows follow each other."""
    if isinstance(given, list):
        return [stride or 0 for stride in _each("stride", given, len(counts), None)]
    strides = [length if given is None else given]
    for count in reversed(counts[1:]):
        strides.insert(0, count * strides[0])
    return strides


def _stride_faults(
    entry: RegisterEntry | BlockEntry | MemoryEntry, axes: list[Axis], length: int, alignment: int
) -> Iterator[_Fault]:
    """Yield what is wrong with strides: one must be as large as all that lies within it, in the order of their size."""
    room, what = length, "one element"
    for place, axis in sorted(enumerate(axes), key=lambda item: (item[1].stride, -item[0])):
        steps = ("stride", place) if isinstance(entry.stride, list) else ("stride",)
        if axis.stride < room:
            message = f"stride {axis.stride:#x} is smaller than {what}, {room:#x} bytes"
            yield _Fault(steps, "stride-too-small", message, f"Use at least {room:#x}.")
            return
        if axis.stride % alignment:
            message = f"stride {axis.stride:#x} is no multiple of {alignment} bytes, one bus access"
            hint = f"Use {axis.stride + alignment - axis.stride % alignment:#x}."
            yield _Fault(steps, "stride-misaligned", message, hint)
            return
        room, what = room + (axis.count - 1) * axis.stride, f"its {axis.count} elements of stride {axis.stride:#x}"
