"""Lists of registers that are read or written in one call."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from hal._binding.extension import ffi, lib
from hal._binding.raising import raise_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal._binding.bus.bars import Bar

_new_words = ffi.new_allocator(should_clear_after_alloc=False)
_WORDS, _DONE = ffi.typeof("uint64_t[]"), ffi.typeof("size_t *")  # no text to look up in what is called often


class SweepRow(NamedTuple):
    """Registers of one kind: `number` of them `stride` bytes apart, each of `words` bus words of `width` bits.

    With `bits`, each is so many of one word.

    `offset`: the lowest address of the first one, in bytes from the BAR's start.
    """

    bar: Bar
    offset: int
    stride: int
    number: int
    width: int
    words: int
    high_first: bool
    stable: bool
    big_endian: bool = False
    bits: int = 0
    memos: Any = None  # of one register: where its words are remembered


def _merged(rows: list[SweepRow]) -> list[SweepRow]:
    """The same registers in the same order; those of one word at even distances are one row, quicker to go through."""
    found: list[SweepRow] = []
    for row in rows:
        joined = _joined(found[-1], row) if found else None
        if joined is None:
            found.append(row)
        else:
            found[-1] = joined
    return found


def _joined(first: SweepRow, second: SweepRow) -> SweepRow | None:
    """Both as one row, where that is one."""
    if first.memos is not None or second.memos is not None:
        return None
    if (
        first.bar is not second.bar
        or first.width != second.width
        or first.bits != second.bits
        or not first.words == second.words == 1
    ):
        return None
    gap = second.offset - (first.offset + (first.number - 1) * first.stride)
    if gap < (first.bits or first.width) // 8 or any(row.number > 1 and row.stride != gap for row in (first, second)):
        return None
    return first._replace(stride=gap, number=first.number + second.number)


class Sweep:
    """A prepared list of registers, read or written in one call."""

    def __init__(self, rows: list[SweepRow]) -> None:
        self._rows = _merged(rows)  # holds the BARs
        self._sweeps: Any = ffi.new("hal_sweep[]", len(self._rows))
        for place, row in enumerate(self._rows):
            flags = lib.HAL_SWEEP_HIGH_FIRST * row.high_first | lib.HAL_SWEEP_STABLE * row.stable
            flags |= lib.HAL_SWEEP_BIG_ENDIAN * row.big_endian
            bar, facts = row.bar, (row.offset, row.stride, row.number, row.width)
            where = self._sweeps + place, bar._bar, bar._generation, *facts
            code = (
                lib.hal_sweep_lanes(*where, row.bits) if row.bits else lib.hal_sweep_prepare(*where, row.words, flags)
            )
            if code:
                raise_code(code, bar.what(f"access to {row.number} registers", row.offset, row.width))
            if row.memos is not None:
                self._sweeps[place].memo = row.memos
        self.words, self._count = sum(row.number * row.words for row in self._rows), len(self._rows)

    def read(self) -> tuple[int, int, Any]:
        """Code, how many registers were read, and their words, lowest first, one register after the other."""
        values, done = _new_words(_WORDS, self.words), ffi.new(_DONE)
        code = lib.hal_sweep_read(self._sweeps, self._count, values, self.words, done)
        return code, done[0], values

    def write(self, words: Sequence[int], wanted: bytes | None = None) -> tuple[int, int]:
        """Code, and how many registers were written. Quickest from what `sweep_words` makes, then from an array.

        `wanted`: a byte for each register; one whose byte is 0 counts as written.
        """
        done, count = ffi.new(_DONE), len(words)
        values: Any = words
        if isinstance(words, bytes):
            values = ffi.from_buffer(_WORDS, words)
            count = len(values)
        elif isinstance(words, array):  # of words of 8, 32 or 64 bits
            values = _new_words(_WORDS, count)
            lib.hal_widen(ffi.from_buffer(words), 8 * words.itemsize, count, values)
        which: Any = ffi.NULL if wanted is None else ffi.from_buffer("uint8_t[]", wanted)
        code = lib.hal_sweep_write(self._sweeps, self._count, values, count, which, done)
        return code, done[0]


def differing(found: Any, words: array[int], masks: array[int]) -> bytes:
    """A byte for each word of `Sweep.read`: whether it differs from this one in the bits of its mask.

    Both are arrays of 64-bit words.
    """
    count = len(found)
    differs = ffi.new("uint8_t[]", count)
    pair = (ffi.from_buffer("uint64_t[]", given) for given in (words, masks))
    lib.hal_differing(found, *pair, count, differs)
    return bytes(ffi.buffer(differs))


def word_list(words: Any) -> list[int]:
    """The words of `Sweep.read`."""
    return array("Q", bytes(ffi.buffer(words))).tolist()  # half of what ffi.unpack takes
