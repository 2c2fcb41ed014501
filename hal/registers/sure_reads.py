"""Reads that something hangs on: all ones that nobody answered are an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal._binding import Sweep, SweepRow, word_list
from hal.access.words import is_torn, join_words, span_of
from hal.errors import AccessError
from hal.registers.memory import MemoryBase, access_of

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal.access.shape import RegisterShape
    from hal.registers.refusals import CheckedRegister

__all__ = ["read_surely", "read_words_surely", "sweep_row"]


def sweep_row(shape: RegisterShape, bar: Bar, offset: int, stride: int = 0, count: int = 1) -> SweepRow:
    """`count` registers of one shape, from `offset` on."""
    stable = shape.is_wide and is_torn(shape, shape.mask)
    step, high_first, big_endian = shape.access_width, shape.words == "high-first", shape.endian == "big"
    bits = shape.width if shape.is_narrow else 0
    return SweepRow(bar, offset, stride, count, step, shape.word_count, high_first, stable, big_endian, bits)


def read_surely(register: CheckedRegister, mask: int | None = None) -> int:
    """The register's value in the words that hold any bit of `mask`, and in the words between; without it all bits.

    Its errors are those of a read, and where a word was all ones BusTimeoutError, StaleHandleError and IdentityError.
    """
    shape = register._shape
    wanted = shape.mask if mask is None else mask
    first, count = span_of(shape, wanted)
    step = shape.access_width
    row = sweep_row(shape, register._space.attached(), register._offset + shape.word_at(first, count))
    stable = shape.is_wide and is_torn(shape, wanted)
    code, _, words = Sweep([row._replace(words=count, stable=stable)]).read()
    if code:
        register._failed(code, "read")
    return join_words(word_list(words), step) << (first * step)


def read_words_surely(memory: MemoryBase, start: int, count: int) -> bytearray:
    """`count` words of a memory from word `start` on, as bytes, low byte of each first.

    AccessError where it is write-only; its other errors are those of a read, and where a word was all ones
    BusTimeoutError.
    """
    if access_of(type(memory)) == "wo":
        raise AccessError(f"{memory._where()} is write-only", path=memory.path)
    content = memory._content(start, count)
    if b"\xff" * (memory.width // 8) in content:  # also of two words: the card is asked, and knows
        memory._root().slot.check_bus(memory)
    return content
