"""What hardware does: to a field, and as an interrupt. In SystemRDL's terms, for generated logic and for models."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.schema.vocabulary import HW_WRITES

if TYPE_CHECKING:
    from codegen.schema.vocabulary import Hw, Intr

__all__ = ["Counter", "Hardware", "Interrupt", "InterruptWrite"]


class Counter(NamedTuple):
    """Steps of one event up and down, 0 for no such events; `saturate`: it stops at its ends instead of wrapping."""

    incrvalue: int
    decrvalue: int
    saturate: bool


class Hardware(NamedTuple):
    """What hardware does to a field.

    `hw`: none (SystemRDL's na), read (r), write (w), both (rw), set (hwset) or clear (hwclr); `we`: it writes with an
    enable. `sticky`: bit (SystemRDL's stickybit) or field (sticky), None where nothing is. `intr`: what its input has
    to do to set it: level, posedge, negedge, bothedge.
    """

    hw: Hw
    we: bool = False
    counter: Counter | None = None
    sticky: str | None = None
    intr: Intr | None = None

    @property
    def writes(self) -> bool:
        """Whether hardware changes the field, so that it is volatile."""
        return self.hw in HW_WRITES


class InterruptWrite(NamedTuple):
    """The write of a bit that enables, disables or clears."""

    path: str
    value: int


class Interrupt(NamedTuple):
    """An interrupt: its line, the path of its status, and the writes that there are."""

    name: str
    line: int | None
    status: str
    enable: InterruptWrite | None
    disable: InterruptWrite | None
    clear: InterruptWrite | None
    description: str
