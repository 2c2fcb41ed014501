"""Registers that are narrower than the bus: parts of its words, where an access of the whole word does no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.description import Register
from codegen.schema.policies import NAMES

if TYPE_CHECKING:
    from codegen.importers.described.description import Block, Field, Placed
    from codegen.importers.described.remarks import Remarks

__all__ = ["is_lane", "settle_lanes"]

_WIDTHS = (8, 16)


def is_lane(register: Register, bus: int | None) -> bool:
    """Return whether a register may be a part of a word of a bus that is so wide; None: not asked for."""
    has_rules = register.lock is not None or register.is_shadowed or register.is_masked
    return bus is not None and register.width in _WIDTHS and register.access_width is None and not has_rules


def settle_lanes(block: Block, path: str, bus: int, grain: int, remarks: Remarks) -> None:
    """Settle such registers of a block. `grain`: a number of bytes that its address is a multiple of, 0 for any."""
    step = bus // 8
    by_word: dict[int, list[Placed]] = {}
    for child in block.children:
        for word in _words(child, step):
            by_word.setdefault(word, []).append(child)
    for child in block.children:
        if not isinstance(child, Register) or not is_lane(child, bus):
            continue
        others = {id(other): other for word in _words(child, step) for other in by_word[word] if other is not child}
        size = child.width // 8
        is_aligned = grain % step == 0 and child.offset % size == 0 and child.stride % size == 0
        is_shared = bool(others) or (child.count is not None and child.stride < step)
        if is_aligned and (not is_shared or all(map(_is_calm, (child, *others.values())))):
            child.access_width = bus
            continue
        why = "an access of its word would harm what else is there" if is_aligned else "it lies across words"
        message = f"it is accessed by bytes, not as a part of a word of {bus} bits: {why}"
        remarks.approximated(child, child.origin, f"{path}.{child.name}", message)


def _words(child: Placed, step: int) -> range:
    """Return the words that a child may have a part of."""
    size = child.width // 8 if isinstance(child, Register) else getattr(child, "size", 0) or step
    end = child.offset + ((child.count or 1) - 1) * child.stride + size
    return range(child.offset // step, min((end - 1) // step, child.offset // step + (1 << 16)) + 1)


def _is_calm(child: Placed) -> bool:
    """Return whether a read of it does nothing, and some write of it neither."""
    if not isinstance(child, Register) or child.lock is not None or child.is_shadowed or child.alternate is not None:
        return False
    fields: list[Field | None] = [*child.fields] or [None]
    return not child.is_masked and all(_is_calm_field(field, child) for field in fields)


def _is_calm_field(field: Field | None, register: Register) -> bool:
    policy = (field.access if field is not None else None) or register.access or NAMES["rw"]
    idle = None if field is None else field.idle
    is_left = policy.holds or policy.one_acts or policy.zero_acts or (policy.is_blind and idle in (0, 1))
    return not policy.read_acts and (not policy.writable or is_left)
