"""What a write of some fields does with the other bits of their register. The generator decided it; this applies it.

What is remembered stays. Else without a read: the reset value of what holds its value and of bits of no field, and for
all else the bit that does nothing. With one: what was read. A word that no field needs to be read of is not read for
its bits of no field.
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
    """(old & keep) ^ bits, written to the bus words in `reached`. What is kept is read, where it is not remembered.

    Bits of both are inverted.
    """

    reached: int
    keep: int
    bits: int


def reset_value(shape: RegisterShape) -> int:
    """The reset value of what holds what is written and of bits of no field, and of all else what does nothing."""
    if shape.masked:
        return shape.selected(shape.reset & shape.held_bits, shape.held_bits)
    return (shape.reset & (shape.keep | shape.guard | shape.last | shape.reserved)) | shape.ones


def invented_by_reset(shape: RegisterShape) -> int:
    """The bits whose reset value a write of the reset value would have to invent."""
    return shape.unknown & (shape.keep | shape.guard | shape.last)


def invented_by(shape: RegisterShape, named: int, known: int, *, whole: bool) -> int:
    """The bits that a write of the named fields would have to invent. `known`: what is remembered.

    A `whole` write takes the reset value of what is neither named nor remembered; others need what no read tells.
    """
    if shape.masked:
        return 0
    if whole:
        return shape.unknown & (shape.keep | shape.guard | (shape.last & ~known)) & ~named
    reached = sum(reached_words(shape, named))
    return shape.last & shape.blind_bits & reached & ~known & ~named


def whole_write(shape: RegisterShape, named: int, bits: int, known: int) -> FieldWrite:
    """A write of the whole register that names some fields: of what is not named, what is remembered is kept."""
    if shape.masked:
        return FieldWrite(shape.mask, 0, shape.selected(bits, named))
    keep = shape.last & known & ~named
    rest = (shape.reset & (shape.keep | shape.guard | shape.reserved | shape.last)) | shape.ones
    return FieldWrite(shape.mask, keep, (rest & ~named & ~keep) | bits)


def harmed_by(shape: RegisterShape, named: int, inverted: int = 0) -> tuple[int, bool] | None:
    """The bits that a write of these fields would hurt, and whether by the write (else by the read before it)."""
    read = (shape.keep & ~named) | (inverted & ~shape.last)
    for word in reached_words(shape, named):
        guarded = shape.guard & word & ~named
        if guarded:
            return guarded, True
        if read & word and shape.effects & word:
            return shape.effects & word, False
    return None


def is_aliased(shape: RegisterShape, named: int) -> bool:
    """Whether these bits are written by the registers that set and clear them, for it spares a read or a neighbour."""
    if shape.set_by is None or shape.clear_by is None or shape.last or named & ~shape.taken_bits:
        return False
    word = sum(reached_words(shape, named)) & ~named
    return bool((shape.keep | shape.guard) & word)


def update_of(shape: RegisterShape, named: int, bits: int, inverted: int = 0) -> FieldWrite:
    """The write of these fields, whose mask is `named`; `bits` are theirs, and 1 in those that are `inverted`."""
    reached = keep = 0
    for word in reached_words(shape, named):
        reached |= word
        kept = word & ((shape.keep & ~named) | (inverted & ~shape.last))
        if kept:
            keep |= kept | (shape.reserved & word)
    idle = shape.ones | (shape.reset & shape.reserved & ~keep)
    if shape.masked:
        return FieldWrite(reached, inverted, shape.selected(bits, named))
    remembered = shape.last & reached & (~named | inverted)
    return FieldWrite(reached, keep | remembered, bits | (idle & reached & ~named))
