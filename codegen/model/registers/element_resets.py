"""Resets of the elements of an array of registers, where the map gives a list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.values.resets import shown_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codegen.model.types import RegisterType
    from codegen.schema.entries import RegisterEntry, ResetList
    from codegen.source.composer import Path

__all__ = ["ResetFault", "element_resets", "with_first_reset"]


class ResetFault(NamedTuple):
    """What is wrong, at steps from the register's reset."""

    steps: Path
    rule: str
    message: str
    hint: str


def with_first_reset(entry: RegisterEntry) -> tuple[RegisterEntry, ResetList | None]:
    """Return a register that has one reset, that of its first element, and the list of all where it gives one.

    One with a type keeps that of the type.
    """
    listed = entry.reset
    if not isinstance(listed, list):
        return entry, None
    first: object = listed
    while isinstance(first, list):
        first = first[0] if first else None
    return (entry.without("reset") if entry.type else entry.model_copy(update={"reset": first})), listed


def element_resets(
    listed: ResetList, counts: Sequence[int], register: RegisterType, stated: int, *, is_typed: bool
) -> tuple[tuple[int, ...], list[ResetFault]]:
    """Return the reset of each element, row by row, and what is wrong; no resets where all have the register's.

    `stated`: bits of fields that say their own reset. The first one has been checked, unless the register has a type.
    """
    if not counts:
        message, hint = "got a list, wanted a reset value", "A list is for arrays: a value for each element."
        return (), [ResetFault((), "wrong-type", message, hint)]
    faults = list(_shape_faults(listed, counts, ()))
    if faults:
        return (), faults
    resets, limit = [], (1 << register.width) - 1
    for steps, value in _flat(listed, ()):
        resets.append(value)
        if value > limit and (is_typed or len(resets) > 1):
            message = f"reset {shown_number(value)} does not fit in {register.width} bits"
            hint = "Give a smaller reset value."
            faults.append(ResetFault(steps, "reset-too-large", f"{message}, allowed: 0 to {limit:#x}", hint))
        elif (value ^ register.reset) & stated:
            message = f"reset {shown_number(value)}, but a field of the register says another one of its own"
            faults.append(ResetFault(steps, "reset-conflict", message, "Give the resets once, in the list."))
    if faults or set(resets) == {register.reset}:
        return (), faults
    return tuple(resets), []


def _shape_faults(listed: ResetList, counts: Sequence[int], steps: Path) -> Iterator[ResetFault]:
    """Yield where a list does not hold as many as the dimension has, or no lists for the dimensions within."""
    nested = [isinstance(item, list) for item in listed]
    if any(nested) if len(counts) == 1 else not all(nested):
        message = "wanted a list for each row" if len(counts) > 1 else "wanted integers, not lists"
        yield ResetFault(steps, "reset-count", message, "Lists lie in each other as dimensions do.")
        return
    if len(listed) != counts[0]:
        what = ("lists", "rows") if len(counts) > 1 else ("resets", "elements")
        message = f"{len(listed)} {what[0]} for {counts[0]} {what[1]}"
        yield ResetFault(steps, "reset-count", message, "Give one for each, or one for all.")
        return
    for place, item in enumerate(listed):
        if isinstance(item, list):
            yield from _shape_faults(item, counts[1:], (*steps, place))


def _flat(listed: ResetList, steps: Path) -> Iterator[tuple[Path, int]]:
    for place, item in enumerate(listed):
        if isinstance(item, list):
            yield from _flat(item, (*steps, place))
        else:
            yield (*steps, place), item
