"""What a read and a write do to a field, and a card of registers that obeys it.

Written from the text of uvm_reg_field::configure, on purpose not from this project's tables: policies are rules on whole
fields here, and masks of single bits there. What UVM has no name for is every other pair of the same words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# "effect of a write, effect of a read", as in the table of UVM 1.2, 5.5.3.
DEFINITIONS = {
    "ro": ("no effect", "no effect"),
    "rw": ("as is", "no effect"),
    "rc": ("no effect", "clears all"),
    "rs": ("no effect", "sets all"),
    "wrc": ("as is", "clears all"),
    "wrs": ("as is", "sets all"),
    "wc": ("clears all", "no effect"),
    "ws": ("sets all", "no effect"),
    "wsrc": ("sets all", "clears all"),
    "wcrs": ("clears all", "sets all"),
    "w1c": ("1 clears", "no effect"),
    "w1s": ("1 sets", "no effect"),
    "w1t": ("1 toggles", "no effect"),
    "w0c": ("0 clears", "no effect"),
    "w0s": ("0 sets", "no effect"),
    "w0t": ("0 toggles", "no effect"),
    "w1src": ("1 sets", "clears all"),
    "w1crs": ("1 clears", "sets all"),
    "w0src": ("0 sets", "clears all"),
    "w0crs": ("0 clears", "sets all"),
    "wo": ("as is", "error"),
    "woc": ("clears all", "error"),
    "wos": ("sets all", "error"),
    "w1": ("first as is", "no effect"),
    "wo1": ("first as is", "error"),
}
NAMES = tuple(DEFINITIONS)
# What a map says for these words: of a read, and of a write.
SAID = {
    "error": "none", "no effect": "value", "clears all": "clear", "sets all": "set",
}  # fmt: skip
SAID_OF_WRITES = {
    "no effect": "none", "as is": "value", "clears all": "clears", "sets all": "sets",
    "1 clears": "one_clears", "1 sets": "one_sets", "1 toggles": "one_toggles",
    "0 clears": "zero_clears", "0 sets": "zero_sets", "0 toggles": "zero_toggles",
}  # fmt: skip


def _text(write: str, read: str) -> str:
    """The words that stand for a pair without a name."""
    first, _, effect = write.rpartition("first ")
    return ":".join([SAID[read], SAID_OF_WRITES[effect], *(["once"] if first or write != effect else [])])


for _read in SAID:
    for _write in [*SAID_OF_WRITES, *(f"first {effect}" for effect in SAID_OF_WRITES if effect != "no effect")]:
        if (_write, _read) not in DEFINITIONS.values():
            DEFINITIONS[_text(_write, _read)] = (_write, _read)
POLICIES = tuple(DEFINITIONS)


def said(policy: str) -> str | dict[str, object]:
    """The policy as a map says it."""
    if policy in NAMES:
        return policy
    read, write, *once = policy.split(":")
    return {"read": read, "write": write, **({"once": True} if once else {})}


def text_of(policy: str) -> str:
    """The same, as it stands in a map's text."""
    return json.dumps(said(policy))


def stores(policy: str) -> bool:
    """Whether a field takes what is written, each time."""
    return DEFINITIONS[policy][0] == "as is"


def holds(policy: str) -> bool:
    """Whether it then reads as that."""
    return DEFINITIONS[policy] == ("as is", "no effect")


def is_readable(policy: str) -> bool:
    return DEFINITIONS[policy][1] != "error"


def is_writable(policy: str) -> bool:
    return DEFINITIONS[policy][0] != "no effect"


def changes_when_read(policy: str) -> bool:
    return DEFINITIONS[policy][1] in ("clears all", "sets all")


def after_write(policy: str, stored: int, written: int, width: int, *, first: bool) -> int:
    """What a field of `width` bits holds after a write; `first`: the first one since reset."""
    every = (1 << width) - 1
    zeros = every & ~written
    effect = DEFINITIONS[policy][0]
    if effect.startswith("first "):
        effect = effect.removeprefix("first ") if first else "no effect"
    return {
        "no effect": stored,
        "as is": written,
        "clears all": 0,
        "sets all": every,
        "1 clears": stored & ~written,
        "1 sets": stored | written,
        "1 toggles": stored ^ written,
        "0 clears": stored & ~zeros,
        "0 sets": stored | zeros,
        "0 toggles": stored ^ zeros,
    }[effect]


def after_read(policy: str, stored: int, width: int) -> int:
    return {"clears all": 0, "sets all": (1 << width) - 1}.get(DEFINITIONS[policy][1], stored)


@lru_cache
def neutral_bit(policy: str) -> int | None:
    """The bit that can be written whatever is stored, any number of times, and changes nothing; None if there is none."""
    if DEFINITIONS[policy][0].startswith("first"):
        return None  # any write is the first one
    for bit in (0, 1):
        if all(after_write(policy, old, bit, 1, first=first) == old for old in (0, 1) for first in (True, False)):
            return bit
    return None


@dataclass
class ModelField:
    """A field, as the map says."""

    name: str
    lsb: int
    width: int
    policy: str
    reset: int
    volatile: bool
    pulse: bool
    idle: int | str | None = None
    writeback: bool = True
    is_silent: bool = False  # bits of no field

    @property
    def mask(self) -> int:
        return ((1 << self.width) - 1) << self.lsb

    @property
    def ends_at_once(self) -> bool:
        """A pulse that is over before it can be read."""
        return self.pulse and not self.volatile


@dataclass
class ModelRegister:
    """A register on a card. Field values are kept by bus word: an access acts on the part of a field that it carries."""

    fields: list[ModelField]
    width: int
    step: int
    words: str
    shadow: bool
    reset: int = 0
    stored: int = 0
    last: int = 0
    known: int = 0  # bits of which what was written last is more than a guess
    written: set[int] = field(default_factory=set)  # words that were written since reset

    def __post_init__(self) -> None:
        self.stored = self.last = self.reset
        self.everything = [*self.fields, *self._silent()]

    def _silent(self) -> list[ModelField]:
        """Bits of no field: a card holds what is written there."""
        policy = "rw" if any(is_readable(item.policy) for item in self.fields) else "wo"
        if not any(is_writable(item.policy) for item in self.fields):
            policy = "ro"
        used = sum(item.mask for item in self.fields)
        found, low = [], 0
        while low < self.width:
            width = 1
            if not used >> low & 1:
                while low + width < self.width and not used >> (low + width) & 1:
                    width += 1
                reset = self.reset >> low & ((1 << width) - 1)
                found.append(ModelField("", low, width, policy, reset, False, False, is_silent=True))
            low += width
        return found

    def word(self, number: int) -> int:
        return ((1 << self.step) - 1) << (number * self.step)

    def words_of(self, mask: int) -> list[int]:
        """The bus words that an access of these bits takes."""
        every = range(self.width // self.step)
        if self.words == "latched":
            return list(every)
        return [number for number in every if self.word(number) & mask]

    def parts(self, number: int) -> list[tuple[ModelField, int, int]]:
        """Fields with bits in a word: the field, the part's lowest bit in the register, its width."""
        low, high = number * self.step, (number + 1) * self.step
        found = []
        for item in self.everything:
            start, end = max(item.lsb, low), min(item.lsb + item.width, high)
            if start < end:
                found.append((item, start, end - start))
        return found

    # -- what the bus does ------------------------------------------------------------------------------------------

    def bus_read(self, number: int) -> int:
        """The word's value, in its place in the register."""
        value = 0
        for item, low, width in self.parts(number):
            mask = ((1 << width) - 1) << low
            old = (self.stored & mask) >> low
            if not is_readable(item.policy):
                continue
            if item.ends_at_once:  # it is at its idle value again
                value |= ((1 << width) - 1 if item.idle == 1 else 0) << low
                continue
            value |= old << low
            self.stored = (self.stored & ~mask) | after_read(item.policy, old, width) << low
        return value

    def bus_write(self, number: int, word: int) -> None:
        """`word` in its place in the register."""
        first = number not in self.written
        self.written.add(number)
        for item, low, width in self.parts(number):
            mask = ((1 << width) - 1) << low
            old, new = (self.stored & mask) >> low, (word & mask) >> low
            self.stored = (self.stored & ~mask) | after_write(item.policy, old, new, width, first=first) << low

    def comparable(self) -> int:
        """The bits that a model and a card must agree on: what a pulse leaves behind is nobody's business."""
        return sum(f.mask for f in self.everything if not f.ends_at_once)

    # -- what a driver's access must come to -------------------------------------------------------------------------

    def units_of(self, mask: int) -> list[list[int]]:
        """The words that an access of these bits takes, in groups that are read together or not at all."""
        return [self.words_of(mask)] if self.words == "latched" else [[number] for number in self.words_of(mask)]

    def plan(self, named: int) -> str:
        """How the fields with these bits can be written so that no other field is hurt: write, modify or refused."""
        plan = "write"
        for unit in self.units_of(named):
            parts = [part for number in unit for part in self.parts(number)]
            needs = [self._need(item) for item, low, _ in parts if not (1 << low) & named]
            if "impossible" in needs:
                return "refused"
            if "value" in needs:
                if any(changes_when_read(item.policy) for item, _, _ in parts):
                    return "refused"
                plan = "modify"
        return plan

    def _need(self, item: ModelField) -> str:
        """What writing a neighbour takes to leave this field as it is."""
        if item.is_silent:
            return "whatever is at hand"
        if neutral_bit(item.policy) is not None:
            return "constant"
        if item.pulse and stores(item.policy):
            return "constant"
        if item.policy == "wo":
            return "constant" if item.idle in (0, 1) else "memory"
        if holds(item.policy) and item.writeback:
            return "memory" if self.shadow else "value"
        return "impossible"

    def _is_remembered(self, item: ModelField) -> bool:
        if item.is_silent:
            return self.shadow and any(self._need(other) == "memory" for other in self.fields)
        return self._need(item) == "memory"

    def rest(self, item: ModelField) -> int:
        """What a write of other fields carries for this one, in its place, when nothing is read."""
        neutral = neutral_bit(item.policy)
        every = (1 << item.width) - 1
        if neutral is not None and not item.is_silent:
            return (every * neutral) << item.lsb
        if item.pulse and stores(item.policy):
            return every * (item.idle == 1) << item.lsb
        if item.policy == "wo" and item.idle in (0, 1):
            return every * item.idle << item.lsb
        if self._is_remembered(item):
            return self.last & item.mask
        return item.reset << item.lsb

    def read(self, mask: int) -> int:
        return sum(self.bus_read(number) for number in self.words_of(mask))

    def write(self, value: int) -> dict[int, int]:
        """All of it. Of this and all that follows: what the bus words carry, by their numbers."""
        for number in range(self.width // self.step):
            self.bus_write(number, value & self.word(number))
        self.last, self.known = value, (1 << self.width) - 1
        return self._carried(range(self.width // self.step), value)

    def _carried(self, numbers: Iterable[int], value: int) -> dict[int, int]:
        return {number: (value & self.word(number)) >> (number * self.step) for number in numbers}

    def write_named(self, named: int, bits: int) -> dict[int, int]:
        """Fields by name; the rest without a read."""
        return self.write(bits | sum(self.rest(item) for item in self.everything if not item.mask & named))

    def write_reset(self) -> dict[int, int]:
        """The reset value of what holds a value; of what is remembered too, not its last one."""
        self.last = self.reset
        return self.write_named(0, 0)

    def modify(self, named: int, bits: int) -> dict[int, int]:
        """Fields by name, the others stay: each word that holds one of them is written."""
        carried = {}
        for unit in self.units_of(named):
            others = [part for number in unit for part in self.parts(number) if not part[0].mask & named]
            is_read = any(self._need(item) == "value" for item, _, _ in others)
            if is_read or self._asks(unit, named):
                for number in unit:
                    self._tell(number)
            value = bits & sum(self.word(number) for number in unit)
            for item, low, width in others:
                mask = ((1 << width) - 1) << low
                as_read = self._need(item) == "value" or (item.is_silent and is_read and not self._is_remembered(item))
                value |= (self.stored if as_read else self.rest(item)) & mask
            for number in unit:
                self.bus_write(number, value & self.word(number))
                self.last = (self.last & ~self.word(number)) | (value & self.word(number))
                self.known |= self.word(number)
            carried |= self._carried(unit, value)
        return carried

    def words_read(self, named: int) -> int:
        """How many bus words a write of these fields reads."""
        return sum(
            len(unit)
            for unit in self.units_of(named)
            if self._asks(unit, named)
            or any(
                self._need(item) == "value" and not item.mask & named
                for number in unit
                for item, _, _ in self.parts(number)
            )
        )

    def _told_by(self, number: int) -> int:
        """Of what is remembered in a word, the bits that a read of it tells."""
        parts = self.parts(number)
        together = range(self.width // self.step) if self.words == "latched" else (number,)
        if any(changes_when_read(item.policy) for other in together for item, _, _ in self.parts(other)):
            return 0
        told = (
            item for item, _, _ in parts if self._is_remembered(item) and (item.is_silent or is_readable(item.policy))
        )
        return self.word(number) & sum({item.lsb: item.mask for item in told}.values())

    def _asks(self, unit: list[int], named: int) -> bool:
        """Whether something that is remembered is not known yet, and a write has to give it back."""
        return any(self._told_by(number) & ~self.known & ~named for number in unit)

    def _tell(self, number: int) -> None:
        """A word was read."""
        told = self._told_by(number)
        shown = sum({item.lsb: item.mask for item, _, _ in self.parts(number) if is_readable(item.policy)}.values())
        self.last = (self.last & ~told) | (self.stored & told & shown)
        self.known |= told

    def restore(self, bits: int) -> dict[int, int] | None:
        """What was read comes back: in the words of fields that hold what is written, where anything of it differs.

        What can't be compared without a change is written. None where that would act.
        """
        held = [f for f in self.fields if stores(f.policy) and is_readable(f.policy) and not f.pulse]
        if any(DEFINITIONS[f.policy][0].startswith(("clears all", "sets all", "first")) for f in self.fields):
            return None if held else {}
        back = [*held, *(item for item in self.everything if item.is_silent)]
        value = sum(bits & item.mask if item in back else self.rest(item) for item in self.everything)
        loud = any(changes_when_read(f.policy) for f in self.fields)
        compared = sum(item.mask for item in back)
        written = []
        for unit in self.units_of(sum(item.mask for item in held)) if held else []:
            words = sum(self.word(number) for number in unit)
            written += unit if loud or (self.stored ^ value) & compared & words else []
        for number in () if loud or not held else self.words_of(sum(item.mask for item in held)):
            if self.stored & self.word(number) != self.word(number):  # all ones may be nobody's answer
                self._tell(number)
        for number in written:
            self.bus_write(number, value & self.word(number))
            self.last = (self.last & ~self.word(number)) | (value & self.word(number))
            self.known |= self.word(number)
        return self._carried(written, value)
