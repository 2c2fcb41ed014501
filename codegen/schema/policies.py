"""The 25 access policies of UVM's register layer (UVM 1.2 class reference, uvm_reg_field), a row each.

What else is known of a policy follows from its row. The runtime and the emulated card have tables of the same
rows; tests compare them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

__all__ = ["MEMORY_ACCESSES", "POLICIES", "AccessPolicy", "Effect", "MemoryAccess", "Policy", "policy_names"]

Effect = Literal["keep", "clear", "set", "toggle"]


class AccessPolicy(NamedTuple):
    """What a read, a written 0 and a written 1 do to a bit; with `once`, only the first write after reset."""

    name: str
    readable: bool
    read: Effect
    zero: Effect
    one: Effect
    once: bool = False

    @property
    def read_acts(self) -> bool:
        """Whether a read changes the bits."""
        return self.read != "keep"

    @property
    def writable(self) -> bool:
        """Whether a write can change the bits."""
        return self.zero != "keep" or self.one != "keep"

    @property
    def zero_acts(self) -> bool:
        """Whether a written 0 does something, and a 1 nothing."""
        return self.zero != "keep" and self.one == "keep"

    @property
    def one_acts(self) -> bool:
        """Whether a written 1 does something, and a 0 nothing."""
        return self.one != "keep" and self.zero == "keep"

    @property
    def stores(self) -> bool:
        """Whether the bits become what is written, each time."""
        return (self.zero, self.one, self.once) == ("clear", "set", False)

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
        """Whether a written 0 can mean "no pulse"; on other policies a 0 acts, or any write does."""
        return self.stores or self.one_acts

    def only_adds_to(self, old: AccessPolicy) -> bool:
        """Whether whoever used a field of the old policy can go on as before: it became freely read and written."""
        was_plain = not old.read_acts and (old.stores or not old.writable)
        return self.holds and was_plain and not old.holds


POLICIES: dict[str, AccessPolicy] = {
    row.name: row
    for row in (
        AccessPolicy("ro", True, "keep", "keep", "keep"),
        AccessPolicy("rw", True, "keep", "clear", "set"),
        AccessPolicy("rc", True, "clear", "keep", "keep"),
        AccessPolicy("rs", True, "set", "keep", "keep"),
        AccessPolicy("wrc", True, "clear", "clear", "set"),
        AccessPolicy("wrs", True, "set", "clear", "set"),
        AccessPolicy("wc", True, "keep", "clear", "clear"),
        AccessPolicy("ws", True, "keep", "set", "set"),
        AccessPolicy("wsrc", True, "clear", "set", "set"),
        AccessPolicy("wcrs", True, "set", "clear", "clear"),
        AccessPolicy("w1c", True, "keep", "keep", "clear"),
        AccessPolicy("w1s", True, "keep", "keep", "set"),
        AccessPolicy("w1t", True, "keep", "keep", "toggle"),
        AccessPolicy("w0c", True, "keep", "clear", "keep"),
        AccessPolicy("w0s", True, "keep", "set", "keep"),
        AccessPolicy("w0t", True, "keep", "toggle", "keep"),
        AccessPolicy("w1src", True, "clear", "keep", "set"),
        AccessPolicy("w1crs", True, "set", "keep", "clear"),
        AccessPolicy("w0src", True, "clear", "set", "keep"),
        AccessPolicy("w0crs", True, "set", "clear", "keep"),
        AccessPolicy("wo", False, "keep", "clear", "set"),
        AccessPolicy("woc", False, "keep", "clear", "clear"),
        AccessPolicy("wos", False, "keep", "set", "set"),
        AccessPolicy("w1", True, "keep", "clear", "set", once=True),
        AccessPolicy("wo1", False, "keep", "clear", "set", once=True),
    )
}
"""Rows by name, in UVM's order."""


def policy_names(quality: str) -> list[str]:
    """Return the names, in alphabetical order, of the policies that have a quality (a property of the row)."""
    return sorted(name for name, row in POLICIES.items() if getattr(row, quality))


if TYPE_CHECKING:
    Policy = str
else:
    Policy = Literal[tuple(POLICIES)]
"""The names, as pydantic checks them."""

MemoryAccess = Literal["rw", "ro", "wo"]
"""The policies that a memory can have."""

MEMORY_ACCESSES: tuple[str, ...] = get_args(MemoryAccess)
