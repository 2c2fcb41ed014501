"""What a write of some fields does with the other bits of their register. The generator decided it; this applies it.

Without a read: the reset value of what holds its value and of bits of no field, what was written last where a driver
remembers it, and for all else the bit that does nothing. With one: what was read. A word that no field needs to be read
of is not read for its bits of no field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hal.access.words import reached_words

if TYPE_CHECKING:
    from hal.access.shape import RegisterShape

__all__ = [
    "FieldWrite",
    "harmed_by",
    "invented_by",
    "invented_by_reset",
    "is_aliased",
    "reset_value",
    "update_of",
    "whole_write",
]


class FieldWrite(NamedTuple):
    """(old & keep) | bits, written to the bus words in `reached`; nothing is read where nothing is kept."""

    reached: int
    keep: int
    bits: int


def _rest_of_write(shape: RegisterShape, last_written: int) -> int:
    """What a write of the whole register that names only some fields gives to the others."""
    return (shape.reset & (shape.keep | shape.guard | shape.reserved)) | (last_written & shape.last) | shape.ones


def reset_value(shape: RegisterShape) -> int:
    """The reset value of what holds what is written and of bits of no field, and of all else what does nothing."""
    if shape.masked:
        return shape.selected(shape.reset & shape.held_bits, shape.held_bits)
    return (shape.reset & (shape.keep | shape.guard | shape.last | shape.reserved)) | shape.ones


def invented_by_reset(shape: RegisterShape) -> int:
    """The bits whose reset value a write of the reset value would have to invent."""
    return shape.unknown & (shape.keep | shape.guard | shape.last)


def invented_by(shape: RegisterShape, named: int, *, written: bool, whole: bool) -> int:
    """The bits that a write of the named fields would have to invent. `written`: the register was written before.

    A `whole` write takes the reset value of what is not named. Of one that reads, and of both what the driver is to
    remember, only bits that were never written count.
    """
    if shape.masked:
        return 0
    taken = (shape.keep | shape.guard if whole else 0) | (0 if written else shape.last)
    if not whole and shape.shadow and shape.is_readable and not shape.effects:
        taken &= ~shape.readable_bits  # the first write asks for them
    return shape.unknown & taken & ~named


def whole_write(shape: RegisterShape, named: int, bits: int, last_written: int) -> int:
    """A write of the whole register that names some fields: what it carries."""
    if shape.masked:
        return shape.selected(bits, named)
    return (_rest_of_write(shape, last_written) & ~named) | bits


def harmed_by(shape: RegisterShape, named: int) -> tuple[int, bool] | None:
    """The bits that a write of these fields would hurt, and whether by the write (else by the read before it)."""
    for word in reached_words(shape, named):
        guarded = shape.guard & word & ~named
        if guarded:
            return guarded, True
        if shape.keep & word & ~named and shape.effects & word:
            return shape.effects & word, False
    return None


def is_aliased(shape: RegisterShape, named: int) -> bool:
    """Whether these bits are written by the registers that set and clear them, for it spares a read or a neighbour."""
    if shape.set_by is None or shape.clear_by is None or shape.last or named & ~shape.taken_bits:
        return False
    word = sum(reached_words(shape, named)) & ~named
    return bool((shape.keep | shape.guard) & word)


def update_of(shape: RegisterShape, named: int, bits: int, last_written: int) -> FieldWrite:
    """The write of these fields, whose mask is `named`; `bits` are theirs."""
    reached = keep = 0
    for word in reached_words(shape, named):
        reached |= word
        kept = shape.keep & word & ~named
        if kept:
            keep |= kept | (shape.reserved & word)
    idle = (last_written & shape.last) | shape.ones | (shape.reset & shape.reserved & ~keep)
    if shape.masked:
        return FieldWrite(reached, 0, shape.selected(bits, named))
    return FieldWrite(reached, keep, bits | (idle & reached & ~named))
