"""Arrays of registers and blocks: how many there are, how far apart, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.model.blocks.numbering import NUMBERED, Numbering, index_fault
from codegen.schema.vocabulary import MAX_COUNT

if TYPE_CHECKING:
    from codegen.schema.entries import BlockEntry, RegisterEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["ChildArray", "child_array"]


@dataclass(frozen=True, slots=True)
class ChildArray:
    """`count` is None for a single one. `stride` in bytes."""

    count: int | None
    stride: int
    numbering: Numbering = NUMBERED


def child_array(
    entry: RegisterEntry | BlockEntry, length: int, alignment: int, source: Source, path: Path, findings: Findings
) -> ChildArray:
    """Return what a map says of an array of elements of so many bytes; what is wrong is reported."""

    def add(key: str, rule: str, message: str, hint: str, *, at_key: bool = False) -> None:
        findings.add(source, (*path, key), rule, message, hint, at_key=at_key)

    if entry.count is None and entry.index is None:
        for key in ("stride", "first"):
            if getattr(entry, key) is not None:
                message = f"a {key} needs a count"
                add(key, f"{key}-without-count", message, f"Add count, or remove {key}.", at_key=True)
        return ChildArray(None, length)
    index = tuple(entry.index or ())
    count = len(index) if entry.count is None else entry.count
    if entry.index is not None:
        if any(dropped[: len(path) + 1] == (*path, "index") for dropped in source.dropped):
            return ChildArray(None, length)  # a name in it has been reported
        fault = index_fault(index, count, entry.first)
        if fault:
            add("index", "bad-index", fault, "Give each element one name, or none of them.", at_key=True)
            return ChildArray(None, length)
    if not 1 <= count <= MAX_COUNT:
        add("count", "bad-count", f"got {count}, allowed: 1 to {MAX_COUNT}", "Change the count.")
        return ChildArray(None, length)
    stride = length if entry.stride is None else entry.stride
    wrong = _stride_fault(stride, length, alignment)
    if wrong is not None:
        add("stride", *wrong)
    return ChildArray(count, max(stride, length), Numbering(entry.first or 0, index))


def _stride_fault(stride: int, length: int, alignment: int) -> tuple[str, str, str] | None:
    if stride < length:
        message = f"stride {stride:#x} is smaller than one element, {length:#x} bytes"
        return "stride-too-small", message, f"Use at least {length:#x}."
    if stride % alignment:
        message = f"stride {stride:#x} is no multiple of {alignment} bytes, one bus access"
        return "stride-misaligned", message, f"Use {stride + alignment - stride % alignment:#x}."
    return None
