"""Bus words that are waited for: what is asked of them, looks at them, and pauses between looks."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from hal._binding.extension import TIMEOUT_CODE, ffi, lib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal._binding.bus.bars import Bar

ADAPTIVE = -1.0
"""The interval that grows with the time that has been waited."""


class Ask(IntEnum):
    """When a look asks the bus whether a word of all ones is a value."""

    NEVER = lib.HAL_ASK_NEVER
    ENDED = lib.HAL_ASK_ENDED
    ALWAYS = lib.HAL_ASK_ALWAYS


class Term(NamedTuple):
    """Of one word, whether low <= ((word & mask) ^ flip) <= high, or with `negated` whether not; see `hal_term` in C.

    `fails`: where it is so, the wait has failed.
    """

    word: int
    mask: int
    low: int
    high: int
    flip: int = 0
    negated: bool = False
    fails: bool = False


class AwaitedWords:
    """Neighbouring words of a register that are read together, from this port on, and what is asked of them.

    `decides`: there are any; without them nothing comes, and the caller decides by what was read.
    """

    __slots__ = ("_awaited", "_last", "_terms", "count", "decides", "port")

    def __init__(self, port: Any, count: int, order: int, terms: Sequence[Term], *, stable: bool) -> None:
        self.port, self.count, self.decides = port, count, bool(terms)
        self._last = ffi.new("uint64_t[]", count)
        self._terms = ffi.new("hal_term[]", len(terms))
        for place, term in zip(self._terms, terms, strict=True):
            place.word, place.mask, place.flip, place.low, place.high = (
                term.word,
                term.mask,
                term.flip,
                term.low,
                term.high,
            )
            place.negated, place.fails = term.negated, term.fails
        self._awaited = ffi.new("hal_awaited *")
        awaited = self._awaited
        awaited.first, awaited.terms, awaited.last = port, self._terms, self._last
        awaited.words, awaited.term_count = count, len(terms)
        awaited.order, awaited.stable = order, int(stable)

    @property
    def failed(self) -> int:
        """The term that the latest wait failed by, -1 for none."""
        return int(self._awaited.failed)

    def words(self) -> list[int]:
        """What was read last, lowest first."""
        return list(self._last)

    def word(self) -> int:
        """The same of one word."""
        return int(self._last[0])

    def wait(self, seconds: float, interval: float, waited: float, asks: Ask) -> int:
        """Code of hal_wait: reads until it came or failed; without the interpreter's lock, unless for 0 seconds."""
        code: int = lib.hal_wait(self._awaited, seconds, interval, waited, asks)
        return code

    def look(self) -> int:
        """Reads once: 0 or TIMEOUT_CODE by the terms, or why it can't be read. The bus is not asked."""
        code: int = lib.hal_wait(self._awaited, 0.0, 0.0, 0.0, 0)
        return code

    def ask(self, *, over: bool) -> int:
        """Code of a word of all ones that was read last, and that nobody answered; else 0.

        `over`: it decides nothing but that the time is over, so it has to be known.
        """
        code: int = lib.hal_wait_asks(self._awaited, not over)
        return code


def wait_pause(bar: Bar, interval: float, left: float, waited: float) -> bool:
    """Lets time pass between two looks, and other threads run; False where nothing can come any more."""
    return bool(lib.hal_wait_pause(bar._library.native, interval, left, waited) != TIMEOUT_CODE)
