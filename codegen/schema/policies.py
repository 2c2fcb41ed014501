"""What a read and a write do to a field: a product of both, of which UVM's 25 access policies name rows.

Source of the names: UVM 1.2 class reference, uvm_reg_field. All else follows from the words of a row. The runtime and
the emulated card have the same words and names; tests compare them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

__all__ = [
    "MEMORY_ACCESSES",
    "NAMES",
    "POLICIES",
    "READS",
    "WRITES",
    "AccessPolicy",
    "MemoryAccess",
    "Policy",
    "policy_names",
]

Effect = Literal["keep", "clear", "set", "toggle"]

READS: dict[str, tuple[bool, Effect]] = {
    "none": (False, "keep"),
    "value": (True, "keep"),
    "clear": (True, "clear"),
    "set": (True, "set"),
}
"""Words for a read: whether it gives the value, and what it does to the bits then."""

WRITES: dict[str, tuple[Effect, Effect]] = {
    "none": ("keep", "keep"),
    "value": ("clear", "set"),
    "one_clears": ("keep", "clear"),
    "one_sets": ("keep", "set"),
    "one_toggles": ("keep", "toggle"),
    "zero_clears": ("clear", "keep"),
    "zero_sets": ("set", "keep"),
    "zero_toggles": ("toggle", "keep"),
    "clears": ("clear", "clear"),
    "sets": ("set", "set"),
}
"""Words for a write: what a written 0 and a written 1 do to their bit."""


class AccessPolicy(NamedTuple):
    """A row of the product: words of READS and WRITES; with `once`, only the first write after reset counts."""

    read: str
    write: str
    once: bool = False

    @property
    def text(self) -> str:
        """The row's name, or its words where it has none: `clear:one_clears`, `none:one_sets:once`."""
        return _NAMES_OF_ROWS.get(self) or ":".join((self.read, self.write, *(["once"] if self.once else [])))

    @property
    def readable(self) -> bool:
        """Whether a read gives the value."""
        return READS[self.read][0]

    @property
    def read_acts(self) -> bool:
        """Whether a read changes the bits."""
        return READS[self.read][1] != "keep"

    @property
    def zero(self) -> Effect:
        """What a written 0 does."""
        return WRITES[self.write][0]

    @property
    def one(self) -> Effect:
        """What a written 1 does."""
        return WRITES[self.write][1]

    @property
    def writable(self) -> bool:
        """Whether a write can change the bits."""
        return self.write != "none"

    @property
    def zero_acts(self) -> bool:
        """Whether a written 0 does something, and a 1 nothing."""
        return self.write.startswith("zero_") and not self.once

    @property
    def one_acts(self) -> bool:
        """Whether a written 1 does something, and a 0 nothing."""
        return self.write.startswith("one_") and not self.once

    @property
    def stores(self) -> bool:
        """Whether the bits become what is written, each time."""
        return self.write == "value" and not self.once

    @property
    def holds(self) -> bool:
        """Whether the bits read as what was written last."""
        return self.readable and self.stores and not self.read_acts

    @property
    def is_blind(self) -> bool:
        """Whether the bits become what is written, and nobody can read what they are."""
        return self.stores and not self.readable

    @property
    def can_pulse(self) -> bool:
        """Whether a written value can mean "no pulse"; on other policies any write acts, or none."""
        return self.stores or self.one_acts or self.zero_acts

    def only_adds_to(self, old: AccessPolicy) -> bool:
        """Whether whoever used a field of the old policy can go on as before: it became freely read and written."""
        was_plain = not old.read_acts and (old.stores or not old.writable)
        return self.holds and was_plain and not old.holds

    def lies_in(self, memory: AccessPolicy) -> bool:
        """Whether a memory of that policy, which is storage and nothing else, can hold such a field."""
        is_storage = (self.stores or not self.writable) and not self.read_acts
        return is_storage and self.readable <= memory.readable and self.writable <= memory.writable

    @property
    def meaning(self) -> str:
        """What a read and a write do, in words."""
        read = {
            "none": "A read gives no value",
            "value": "A read changes nothing",
            "clear": "A read clears",
            "set": "A read sets",
        }[self.read]
        write = {"none": "a write does nothing", "value": "a write is taken as it is"}.get(self.write)
        if write is None:
            subject, _, effect = self.write.rpartition("_")
            write = f"a written {1 if subject == 'one' else 0} {effect} its bit" if subject else f"any write {effect}"
        return f"{read}; {write}{', but only the first one after a reset' if self.once else ''}."


NAMES: dict[str, AccessPolicy] = {
    "ro": AccessPolicy("value", "none"),
    "rw": AccessPolicy("value", "value"),
    "rc": AccessPolicy("clear", "none"),
    "rs": AccessPolicy("set", "none"),
    "wrc": AccessPolicy("clear", "value"),
    "wrs": AccessPolicy("set", "value"),
    "wc": AccessPolicy("value", "clears"),
    "ws": AccessPolicy("value", "sets"),
    "wsrc": AccessPolicy("clear", "sets"),
    "wcrs": AccessPolicy("set", "clears"),
    "w1c": AccessPolicy("value", "one_clears"),
    "w1s": AccessPolicy("value", "one_sets"),
    "w1t": AccessPolicy("value", "one_toggles"),
    "w0c": AccessPolicy("value", "zero_clears"),
    "w0s": AccessPolicy("value", "zero_sets"),
    "w0t": AccessPolicy("value", "zero_toggles"),
    "w1src": AccessPolicy("clear", "one_sets"),
    "w1crs": AccessPolicy("set", "one_clears"),
    "w0src": AccessPolicy("clear", "zero_sets"),
    "w0crs": AccessPolicy("set", "zero_clears"),
    "wo": AccessPolicy("none", "value"),
    "woc": AccessPolicy("none", "clears"),
    "wos": AccessPolicy("none", "sets"),
    "w1": AccessPolicy("value", "value", once=True),
    "wo1": AccessPolicy("none", "value", once=True),
}
"""The names of rows, in UVM's order."""

_NAMES_OF_ROWS = {row: name for name, row in NAMES.items()}

POLICIES: dict[str, AccessPolicy] = {
    row.text: row
    for row in (
        *NAMES.values(),
        *(
            AccessPolicy(read, write, once)
            for once in (False, True)
            for read in READS
            for write in WRITES
            if write != "none" or not once
        ),
    )
}
"""All rows by their texts, those with names first."""


def policy_names(quality: str) -> list[str]:
    """Return the names, in alphabetical order, of the policies that have a quality (a property of the row)."""
    return sorted(name for name, row in NAMES.items() if getattr(row, quality))


if TYPE_CHECKING:
    Policy = str
    Read = str
    Write = str
else:
    Policy = Literal[tuple(NAMES)]
    Read = Literal[tuple(READS)]
    Write = Literal[tuple(WRITES)]
"""The names and words, as pydantic checks them."""

MemoryAccess = Literal["rw", "ro", "wo"]
"""The policies that a memory can have."""

MEMORY_ACCESSES: tuple[str, ...] = get_args(MemoryAccess)
