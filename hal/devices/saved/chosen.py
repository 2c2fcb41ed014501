"""Registers that somebody looks at, read again and again: one call for each BAR, and what has changed since."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from hal._binding import Sweep, differing, exception_of, word_list
from hal.access.words import join_words
from hal.errors import AccessError, BusTimeoutError
from hal.registers.sure_reads import sweep_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hal.access.shape import RegisterShape
    from hal.design.root import Root
    from hal.registers.space import SpaceNumbers

__all__ = ["Change", "ChosenRegisters"]


class Change(NamedTuple):
    """`number`: which of the chosen ones. `bits`: all bits of what can be read of it; None: nobody answered."""

    number: int
    bits: int | None


class _Chosen(NamedTuple):
    number: int
    shape: RegisterShape
    offset: int


class _SpaceLook:
    """Those of one BAR."""

    def __init__(self, root: Root, space: SpaceNumbers, chosen: list[_Chosen]) -> None:
        bar = root._space_at(space).attached()
        self._name = root._design.name
        self._chosen = chosen
        self._sweep = Sweep([sweep_row(one.shape, bar, one.offset) for one in chosen])
        known = {id(one.shape): one.shape.readable_bits for one in chosen}
        self._readable = [known[id(one.shape)] for one in chosen]
        counts = [one.shape.word_count for one in chosen]
        self._starts = [0, *accumulate(counts)]
        self._owners = [place for place, count in enumerate(counts) for _ in range(count)]
        self._is_plain = len(self._owners) == len(chosen)  # a word each
        pairs = zip(chosen, self._readable, strict=True)
        self._masks = array("Q", [word for one, bits in pairs for word in _masks_of(one.shape, bits)])
        self._held: array[int] | None = None
        self._silent: set[int] = set()

    def changes(self) -> list[Change]:
        code, done, words = self._sweep.read()
        silent: set[int] = set()
        if code:
            where = self._chosen[min(done, len(self._chosen) - 1)]
            error = exception_of(code, f"{self._name}: read at {where.offset:#x}")
            if not isinstance(error, BusTimeoutError):
                raise error
            silent = self._all_ones(word_list(words))
        if self._held is None:
            places: Iterator[int] = iter(range(len(self._chosen)))
        else:
            differs = differing(words, self._held, self._masks)
            if not silent and not self._silent and not any(differs):
                return []
            found = {self._owners[word] for word, is_other in enumerate(differs) if is_other}
            places = iter(sorted((found - silent) | (silent ^ self._silent)))
        numbers = array("Q", word_list(words))
        for place in silent:  # what was read last stays what others are compared with
            span = slice(self._starts[place], self._starts[place + 1])
            numbers[span] = self._held[span] if self._held is not None else array("Q", [0] * (span.stop - span.start))
        self._held, self._silent = numbers, silent
        return [
            Change(self._chosen[place].number, None if place in silent else self._bits(numbers, place))
            for place in places
        ]

    def _bits(self, numbers: array[int], place: int) -> int:
        shape, start = self._chosen[place].shape, self._starts[place]
        if self._is_plain:
            return numbers[start] & self._readable[place]
        words = list(numbers[start : self._starts[place + 1]])
        return join_words(words, shape.access_width) & self._readable[place]

    def _all_ones(self, numbers: list[int]) -> set[int]:
        """Where a word is all ones; in a BAR that timed out nobody can tell a value from silence."""
        found = set()
        for place, one in enumerate(self._chosen):
            ones = (1 << one.shape.word_bits) - 1
            if ones in numbers[self._starts[place] : self._starts[place + 1]]:
                found.add(place)
        return found


class ChosenRegisters:
    """Registers of a device by path, in the order of their numbers. Reading must change none of them: AccessError."""

    def __init__(self, root: Root, paths: Sequence[str]) -> None:
        spaces: dict[SpaceNumbers, list[_Chosen]] = {}
        root._design.indexed(len(paths))
        for number, path in enumerate(paths):
            shape, space, offset = root._design.register_at(path)
            if shape.effects or not shape.is_readable:
                reason = "reading changes it" if shape.effects else "it is write-only"
                raise AccessError(f"{root._design.name}.{path} is not looked at again and again: {reason}", path=path)
            spaces.setdefault(space, []).append(_Chosen(number, shape, offset))
        self._looks = [_SpaceLook(root, space, chosen) for space, chosen in spaces.items()]
        self.silent = False  # whether some did not answer the last time

    def changes(self) -> list[Change]:
        """Reads all, and returns those that differ from the last time; the first time all of them.

        Where a BAR's interface timed out, its registers of all ones did not answer. Errors of a read, of one that
        can't be read at all: StaleHandleError, ClosedError, CardMissingError.
        """
        found = [change for look in self._looks for change in look.changes()]
        self.silent = any(look._silent for look in self._looks)
        return found


def _masks_of(shape: RegisterShape, bits: int) -> list[int]:
    """For each of its words those of these bits that are in it."""
    step = shape.word_bits
    return [bits >> (number * step) & ((1 << step) - 1) for number in range(shape.word_count)]
