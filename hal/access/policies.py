"""The 25 access policies: what a read and what a write does to a field. Source: UVM's register model (IEEE 1800.2).

The generator and the emulated card have this table too; a test compares all three row by row.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["POLICIES", "Policy"]


class Policy(NamedTuple):
    """One policy.

    `read`: none, value, or what is returned before it is changed (clear, set). `write`: none, value, what a one or a
    zero of the written value does to its bit (one_clears, zero_toggles, ...), or what any write does (clears, sets).
    `once`: only the first write after a reset counts.
    """

    name: str
    read: str
    write: str
    once: bool = False

    @property
    def readable(self) -> bool:
        """Whether a read gives the field's value."""
        return self.read != "none"

    @property
    def writable(self) -> bool:
        """Whether a write does anything."""
        return self.write != "none"

    @property
    def acts_on_any_write(self) -> bool:
        """Whether a write acts on the field whatever bits it carries there."""
        return self.once or self.write in {"clears", "sets"}

    @property
    def holds_value(self) -> bool:
        """Whether the field can be given any value at any time, and reads as what it was given."""
        return self.readable and self.write == "value" and not self.once


_ROWS = (
    Policy("ro", "value", "none"),
    Policy("rw", "value", "value"),
    Policy("rc", "clear", "none"),
    Policy("rs", "set", "none"),
    Policy("wrc", "clear", "value"),
    Policy("wrs", "set", "value"),
    Policy("wc", "value", "clears"),
    Policy("ws", "value", "sets"),
    Policy("wsrc", "clear", "sets"),
    Policy("wcrs", "set", "clears"),
    Policy("w1c", "value", "one_clears"),
    Policy("w1s", "value", "one_sets"),
    Policy("w1t", "value", "one_toggles"),
    Policy("w0c", "value", "zero_clears"),
    Policy("w0s", "value", "zero_sets"),
    Policy("w0t", "value", "zero_toggles"),
    Policy("w1src", "clear", "one_sets"),
    Policy("w1crs", "set", "one_clears"),
    Policy("w0src", "clear", "zero_sets"),
    Policy("w0crs", "set", "zero_clears"),
    Policy("wo", "none", "value"),
    Policy("woc", "none", "clears"),
    Policy("wos", "none", "sets"),
    Policy("w1", "value", "value", once=True),
    Policy("wo1", "none", "value", once=True),
)
POLICIES: Final[dict[str, Policy]] = {row.name: row for row in _ROWS}
