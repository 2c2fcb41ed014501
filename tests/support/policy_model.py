"""The 25 access policies as UVM's reference states them, and a card of registers that obeys them.

Written from the text of uvm_reg_field::configure, on purpose not from this project's tables: policies are rules on whole
fields here, and masks of single bits there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
POLICIES = tuple(DEFINITIONS)


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
    return {
        "no effect": stored,
        "as is": written,
        "first as is": written if first else stored,
        "clears all": 0,
        "sets all": every,
        "1 clears": stored & ~written,
        "1 sets": stored | written,
        "1 toggles": stored ^ written,
        "0 clears": stored & ~zeros,
        "0 sets": stored | zeros,
        "0 toggles": stored ^ zeros,
    }[DEFINITIONS[policy][0]]


def after_read(policy: str, stored: int, width: int) -> int:
    return {"clears all": 0, "sets all": (1 << width) - 1}.get(DEFINITIONS[policy][1], stored)


def neutral_bit(policy: str) -> int | None:
    """The bit that can be written whatever is stored, any number of times, and changes nothing; None if there is none."""
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
    stored: int = 0
    last: int = 0
    written: set[int] = field(default_factory=set)  # words that were written since reset

    def __post_init__(self) -> None:
        self.stored = self.last = self.reset = sum(f.reset << f.lsb for f in self.fields)

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
        for item in self.fields:
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
            if item.ends_at_once or not is_readable(item.policy):
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
        return sum(f.mask for f in self.fields if not f.ends_at_once)

    # -- what a driver's access must come to -------------------------------------------------------------------------

    def plan(self, named: int) -> str:
        """How the fields with these bits can be written so that no other field is hurt: write, modify or refused."""
        plan = "write"
        units = [self.words_of(named)] if self.words == "latched" else [[number] for number in self.words_of(named)]
        for unit in units:
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
        if neutral_bit(item.policy) is not None:
            return "constant"
        if item.pulse and item.policy in ("rw", "wo", "wrc", "wrs"):
            return "constant"
        if item.policy == "wo":
            return "memory"
        if item.policy == "rw" and not item.volatile:
            return "memory" if self.shadow else "value"
        return "impossible"

    def rest(self, item: ModelField) -> int:
        """What a write of other fields carries for this one, in its place, when nothing is read."""
        neutral = neutral_bit(item.policy)
        every = (1 << item.width) - 1
        if neutral is not None:
            return (every * neutral) << item.lsb
        if item.pulse and item.policy in ("rw", "wo", "wrc", "wrs"):
            return 0
        if item.policy == "wo" or (self.shadow and item.policy == "rw"):
            return self.last & item.mask
        return item.reset << item.lsb

    def read(self, mask: int) -> int:
        return sum(self.bus_read(number) for number in self.words_of(mask))

    def write(self, value: int) -> None:
        """All of it."""
        for number in range(self.width // self.step):
            self.bus_write(number, value & self.word(number))
        self.last = value

    def write_named(self, named: int, bits: int) -> None:
        """Fields by name; the rest without a read."""
        self.write(bits | sum(self.rest(item) for item in self.fields if not item.mask & named))

    def write_reset(self) -> None:
        """The reset value of what holds a value; of what is remembered too, not its last one."""
        self.last = self.reset
        self.write_named(0, 0)

    def modify(self, named: int, bits: int) -> None:
        """Fields by name, the others stay: each word that holds one of them is written."""
        for number in self.words_of(named):
            carried = bits & self.word(number)
            for item, low, width in self.parts(number):
                mask = ((1 << width) - 1) << low
                if mask & named:
                    continue
                need = self._need(item)
                carried |= (self.stored if need == "value" else self.rest(item)) & mask
            self.bus_write(number, carried)
            self.last = (self.last & ~self.word(number)) | carried
