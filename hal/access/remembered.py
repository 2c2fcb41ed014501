"""What is remembered of a register: what nobody can read, and in a cached device all that only writes change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding import MemoRow, copied_memos, forget_memos, memo_words, new_memos, set_memos, set_spare
from hal.access.policies import POLICIES
from hal.access.words import join_words, reached_words, split_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape

__all__ = ["Remembered", "cached_bits"]


class Remembered:
    """The memory of one register. `memos`: of its bus words, in the core. `fresh`: the card holds reset values.

    Of bits that a write gives what was written last (`last` of the shape) something is remembered always; of those
    that can be read it is read before the first write. In a cached device it is of all `cached_bits`, and reads are
    answered with it.
    """

    __slots__ = ("_lane", "_look", "_origin", "is_cached", "memos", "offset", "path", "shape")

    def __init__(self, shape: RegisterShape, path: str, offset: int, *, fresh: bool) -> None:
        self.shape, self.path, self.offset = shape, path, offset
        self.is_cached, self._look, self._origin, self._lane = False, None, None, shape.lane_at(offset)
        known = shape.last & shape.blind_bits & ~shape.unknown if fresh else 0
        taken, told = self._always()
        parts = (shape.reset, known, taken, told, shape.blind_bits, shape.reserved)
        self.memos = new_memos([MemoRow(*row) for row in zip(*map(self._words, parts), strict=True)])

    _look: Callable[[Any], None] | None
    _origin: Remembered | None

    @classmethod
    def over(cls, origin: Remembered, look: Callable[[Any], None]) -> Remembered:
        """That of a batch: as `origin` when a block of it begins, which is what `look` sees to."""
        self = cls.__new__(cls)
        self.shape, self.path, self.offset = origin.shape, origin.path, origin.offset
        self.is_cached, self._look, self._origin, self._lane = False, look, origin, origin._lane
        self.memos = copied_memos(origin.memos)
        return self

    def _always(self) -> tuple[int, int]:
        last = self.shape.last
        return last, last & ~self.shape.blind_bits

    def _joined(self, part: int) -> int:
        if self._look is not None:
            self._look(self.memos)
        words = join_words([word[part] for word in memo_words(self.memos)], self.shape.access_width)
        return words >> self._lane & self.shape.mask

    def _words(self, bits: int) -> list[int]:
        """Bits of the register as those of its bus words, lowest first."""
        return split_words(bits << self._lane, self.shape)

    def lies_beside(self, spare: int, rest: int) -> None:
        """Of a register that is a lane of its bus word: the word's bits of no field, and their reset."""
        if self._origin is None:
            set_spare(self.memos, spare, rest)
        else:
            self._origin.lies_beside(spare, rest)

    @property
    def written_bits(self) -> int:
        """The bits that are remembered as they were written."""
        return self.shape.last | (cached_bits(self.shape)[0] if self.is_cached else 0)

    @property
    def value(self) -> int:
        """What was written or read last, before that the reset value."""
        return self._joined(0)

    @property
    def known(self) -> int:
        """The bits that the card is known to hold so."""
        return self._joined(1)

    def cache(self, on: bool) -> None:
        """Whether it is of all bits that only writes change, and answers reads."""
        if self.is_cached == on:
            return
        taken, told = self._always()
        if on:
            more_taken, more_told = cached_bits(self.shape)
            taken, told = taken | more_taken, told | more_told
        rows = list(zip(self._words(taken), self._words(told), strict=True))
        set_memos(self.memos, rows, answers=on)
        self.is_cached = on

    def forget(self) -> None:
        """All that a read can tell again."""
        forget_memos(self.memos, self._words(~self.shape.blind_bits & self.shape.mask))


def cached_bits(shape: RegisterShape) -> tuple[int, int]:
    """What only writes change: bits that hold what is written, and all that a read tells once and for all.

    None in a bus word whose reading changes something, or in a latched register of which that is so anywhere; in
    registers that share a bus word with others, whose writes have rules of their own or are made through others; and of
    bits that have several meanings.
    """
    if shape.masked or shape.is_narrow or shape.has_protocol or shape.clear_by or shape.is_alias:
        return 0, 0
    taken = told = seen = several = 0
    for field in shape.fields.values():
        several |= field.mask & seen
        seen |= field.mask
        if _is_steady(field):
            told |= field.mask
            taken |= field.mask if field.holds_value else 0
    told &= ~several
    for word in reached_words(shape, shape.mask):
        if shape.effects & word or not told & word:
            told &= ~word
        else:
            told |= shape.reserved & word
    return taken & told, told


def _is_steady(field: FieldDeclaration) -> bool:
    """Whether the map says that hardware never changes it."""
    hardware, policy = field.hardware, POLICIES[field.access]
    if field.moves or field.pulse or field.alternate or field.when or field.alias or policy.read != "value":
        return False
    if hardware is not None and (hardware.writes or hardware.counter or hardware.sticky or hardware.intr):
        return False
    return field.holds_value or policy.write == "none"
