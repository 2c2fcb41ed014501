"""What a bus word must hold after each access, by the policies of its fields and nothing else.

Written apart from the emulated card and from the accessors: what all three agree on is right three times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hal.access.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["WORD", "Link", "Slice", "Word", "moved"]

WORD = 0xFFFF_FFFF


def moved(bits: int, shift: int) -> int:
    """Bits so many places higher, or, below 0, lower; those of one word."""
    return (bits << shift if shift >= 0 else bits >> -shift) & WORD


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a field that lies in a bus word. `path` is the field's, `mask` and `reset` are of the word's bits.

    `moves`: hardware changes it. `unknown`: the bits that nobody knows after a reset.
    """

    path: str
    access: str
    mask: int
    reset: int
    unknown: int = 0
    moves: bool = False
    pulse: bool = False
    idle_one: bool = False  # of a pulse: what leaves it alone

    @property
    def readable(self) -> bool:
        """Whether a read shows it."""
        return POLICIES[self.access].readable

    @property
    def writable(self) -> bool:
        """Whether a write does anything to it."""
        return POLICIES[self.access].writable and not self.pulse

    @property
    def provable(self) -> int:
        """The bits that reads can show as 0 and as 1: by the reset, by writes, or because a read changes them."""
        policy = POLICIES[self.access]
        if not policy.readable or self.moves or self.pulse:
            return 0
        effect = policy.write.rpartition("_")[2]
        any_value = effect in {"value", "toggles"}
        sure = self.mask & ~self.unknown
        ones = self.mask if any_value or effect == "sets" or policy.read == "set" else sure & self.reset
        zeros = self.mask if any_value or effect == "clears" or policy.read == "clear" else sure & ~self.reset
        return ones & zeros


@dataclass(frozen=True, slots=True)
class Link:
    """The part of an alias that acts on bits of another word. `part` is in these bits, and has the alias's policy.

    `shift`: from a bit of that word to the one of the alias's.
    """

    part: Slice
    word: Word
    shift: int

    @property
    def mask(self) -> int:
        """Its bits of the alias's word."""
        return self.here(self.part.mask)

    def here(self, bits: int) -> int:
        """From bits of the other word to those of the alias's."""
        return moved(bits, self.shift)

    def there(self, bits: int) -> int:
        """The other way."""
        return moved(bits, -self.shift)

    def acting(self, data: int) -> int:
        """The bits of the other word that a write of `data` does something to."""
        write = POLICIES[self.part.access].write
        given = self.there(data)
        return self.part.mask & (given if write.startswith("one_") else ~given if write.startswith("zero_") else WORD)

    @property
    def provable(self) -> int:
        """The bits of the alias's word of which writes of it can show both values, in the other word."""
        policy = POLICIES[self.part.access]
        if policy.once or policy.write in {"none", "clears", "sets"}:
            return 0
        return self.here(self.part.mask & self.word.held & self.word.readable)


@dataclass(slots=True)
class Word:
    """A word of 32 bits at an offset of a BAR: its fields, and what is known of it. `skipped`: why it is not written.

    `slices`: of what it holds itself; `links`: of aliases, whose bits are other words'.

    `known`: the bits that `value` is right about. `proven_ones`, `proven_zeros`: bits that a read has shown so, as
    expected.
    """

    register: str
    space: tuple[int, int]
    offset: int
    slices: tuple[Slice, ...]
    skipped: str = ""
    known: int = 0
    value: int = 0
    used: set[str] = field(default_factory=set)  # fields that take one write after a reset, and had it
    lost: set[str] = field(default_factory=set)  # of those, which had a part of one
    doubted: int = 0  # bits that had another value after a reset
    proven_ones: int = 0
    proven_zeros: int = 0
    reads: int = 0
    writes: int = 0
    links: list[Link] = field(default_factory=list)

    def reset(self) -> None:
        """After a reset."""
        self.used.clear()
        self.lost.clear()
        self.known = self.value = 0
        for part in self.slices:
            if part.moves or part.pulse:
                continue
            self.known |= part.mask & ~part.unknown
            self.value |= part.reset & part.mask
        self.known &= ~self.doubted

    @property
    def readable(self) -> int:
        """The bits that a read shows."""
        own = _joined(part.mask for part in self.slices if part.readable)
        return own | _joined(link.mask for link in self.links if link.part.readable)

    @property
    def writable(self) -> int:
        """The bits that writes act on."""
        return self.own_writable | _joined(link.mask for link in self.links if link.part.writable)

    @property
    def own_writable(self) -> int:
        """Those of them that it holds itself."""
        return _joined(part.mask for part in self.slices if part.writable)

    @property
    def targets(self) -> list[Word]:
        """The words that its aliases act on."""
        return list({id(link.word): link.word for link in self.links}.values())

    def fields(self) -> Iterator[tuple[str, str, int]]:
        """The fields that have bits of it, also those of aliases: path, policy, and their bits."""
        for part in self.slices:
            yield part.path, part.access, part.mask
        for link in self.links:
            yield link.part.path, link.part.access, link.mask

    @property
    def expected(self) -> int:
        """What a read shows, as far as it is known."""
        return self.value | _joined(link.here(link.word.value & link.part.mask) for link in self.links)

    @property
    def held(self) -> int:
        """The bits that read as they were written, at any time."""
        return _joined(
            part.mask for part in self.slices if POLICIES[part.access].holds_value and not part.moves and not part.pulse
        )

    @property
    def provable(self) -> int:
        """The bits that can be proven: all of what is only read is not."""
        parts = (*(part.provable for part in self.slices), *(link.provable for link in self.links))
        return 0 if self.skipped else _joined(parts)

    def quiet(self, data: int) -> int:
        """What a write carries that leaves pulses alone."""
        for part in self.slices:
            if part.pulse:
                data = data | part.mask if part.idle_one else data & ~part.mask
        return data

    @property
    def has_effects(self) -> bool:
        """Whether a read changes it."""
        parts = (*self.slices, *(link.part for link in self.links))
        return any(POLICIES[part.access].read in {"clear", "set"} for part in parts)

    @property
    def moving(self) -> int:
        """The bits that hardware changes."""
        return _joined(part.mask for part in self.slices if part.moves)

    def written(self, data: int, lanes: int = WORD) -> None:
        """After a write of `data`, of which the bits of `lanes` have strobes."""
        self.writes += 1
        for part in self.slices:
            if part.writable:
                self.act(part, data, lanes)
        for link in self.links:
            if link.part.writable:
                link.word.act(link.part, link.there(data), link.there(lanes))

    def act(self, part: Slice, data: int, lanes: int) -> None:
        """What a write of these bits does, whatever address it is of."""
        policy, taken = POLICIES[part.access], part.mask & lanes
        if policy.once or policy.write in {"clears", "sets"}:
            if policy.once and part.path in self.used:
                return
            if taken != part.mask:  # whether such a write counts is not said
                self.known &= ~part.mask
                if policy.once:
                    self.lost.add(part.path)
                return
            self.used.add(part.path)
        if part.moves or part.path in self.lost:
            return
        ones, zeros = taken & data, taken & ~data
        acting = ones if policy.write.startswith("one_") else zeros if policy.write.startswith("zero_") else taken
        effect = policy.write.rpartition("_")[2]
        if effect == "value":
            self._set(taken, data)
        elif effect == "clears":
            self._set(acting, 0)
        elif effect == "sets":
            self._set(acting, WORD)
        elif effect == "toggles":
            self.value ^= acting & self.known

    def _set(self, bits: int, to: int) -> None:
        self.known |= bits
        self.value = self.value & ~bits | to & bits

    def read(self, found: int) -> int:
        """After a read that found this: the bits that are wrong. What was found is what the word holds from now on."""
        self.reads += 1
        known = self.known | _joined(link.here(link.word.known & link.part.mask) for link in self.links)
        visible = self.readable & known
        wrong = (found ^ self.expected) & visible
        right = visible & ~wrong
        self.proven_ones |= found & right
        self.proven_zeros |= ~found & right
        for part in self.slices:
            self.shown(part, found)
        for link in self.links:
            link.word.shown(link.part, link.there(found))
        return wrong

    def shown(self, part: Slice, found: int) -> None:
        """After a read that showed these bits."""
        if not part.readable or part.moves or part.pulse or part.path in self.lost:
            return
        effect = POLICIES[part.access].read
        if effect == "value":
            self._set(part.mask, found)
        else:
            self._set(part.mask, 0 if effect == "clear" else WORD)

    @property
    def proven(self) -> int:
        """The bits that were shown as 0 and as 1."""
        return self.proven_ones & self.proven_zeros


def _joined(masks: Iterable[int]) -> int:
    bits = 0
    for mask in masks:
        bits |= mask
    return bits
