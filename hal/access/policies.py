"""What a read and a write do to a field: a product of both, of which UVM's 25 policies (IEEE 1800.2) name rows.

The generator and the emulated card have these words and names too; a test compares all three.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["NAMES", "POLICIES", "Policy"]

_READS = ("none", "value", "clear", "set")
_ACTS = [f"{bit}_{effect}" for bit in ("one", "zero") for effect in ("clears", "sets", "toggles")]
_WRITES = ("none", "value", *_ACTS, "clears", "sets")


class Policy(NamedTuple):
    """One row.

    `read`: none, value, or what is returned before it is changed (clear, set). `write`: none, value, what a one or a
    zero of the written value does to its bit (one_clears, zero_toggles, ...), or what any write does (clears, sets).
    `once`: only the first write after a reset counts.
    """

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
    def only_clears(self) -> bool:
        """Whether the bits of a write that act on the field clear it, and neither a read nor another write acts."""
        return self.read == "value" and self.write in {"one_clears", "zero_clears"} and not self.once

    @property
    def holds_value(self) -> bool:
        """Whether the field can be given any value at any time, and reads as what it was given."""
        return self.readable and self.write == "value" and not self.once

    @property
    def takes_value(self) -> bool:
        """Whether the field becomes what is written, at any time, and can't be read."""
        return not self.readable and self.write == "value" and not self.once


NAMES: Final[dict[str, Policy]] = {
    "ro": Policy("value", "none"),
    "rw": Policy("value", "value"),
    "rc": Policy("clear", "none"),
    "rs": Policy("set", "none"),
    "wrc": Policy("clear", "value"),
    "wrs": Policy("set", "value"),
    "wc": Policy("value", "clears"),
    "ws": Policy("value", "sets"),
    "wsrc": Policy("clear", "sets"),
    "wcrs": Policy("set", "clears"),
    "w1c": Policy("value", "one_clears"),
    "w1s": Policy("value", "one_sets"),
    "w1t": Policy("value", "one_toggles"),
    "w0c": Policy("value", "zero_clears"),
    "w0s": Policy("value", "zero_sets"),
    "w0t": Policy("value", "zero_toggles"),
    "w1src": Policy("clear", "one_sets"),
    "w1crs": Policy("set", "one_clears"),
    "w0src": Policy("clear", "zero_sets"),
    "w0crs": Policy("set", "zero_clears"),
    "wo": Policy("none", "value"),
    "woc": Policy("none", "clears"),
    "wos": Policy("none", "sets"),
    "w1": Policy("value", "value", once=True),
    "wo1": Policy("none", "value", once=True),
}
_ROWS = [Policy(read, write) for read in _READS for write in _WRITES]
_ROWS += [row._replace(once=True) for row in _ROWS if row.writable]
POLICIES: Final[dict[str, Policy]] = {
    **{":".join((row.read, row.write, *(["once"] if row.once else []))): row for row in _ROWS},
    **NAMES,
}
"""All rows: by their words, as in `clear:one_clears` and `none:one_sets:once`, and by their names."""
