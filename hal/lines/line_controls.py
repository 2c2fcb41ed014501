"""What a test bench does to the interrupt lines of an emulated card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.errors import FieldNameError, FieldValueError
from hal.lines.interrupt_events import InterruptState
from hal.values import integer, shown, within

if TYPE_CHECKING:
    from hal._binding import Lines

__all__ = ["LineControls"]


class LineControls:
    """The part of `slot.emulator` that is about interrupts."""

    def _own_lines(self) -> tuple[Lines, int]:
        """The lines, and the number of the slot that they are of."""
        raise NotImplementedError

    def raise_interrupt(self, which: str | int) -> None:
        """An interrupt comes: one that the loaded design names, or a pulse on a line by its number.

        One with a name has its status set; where the design lets it through, its line makes a request.
        """
        lines, slot = self._own_lines()
        if not isinstance(which, str):
            lines.drive(slot, _line(which, "an interrupt is its name, or a line's number"), None)
        elif not lines.raise_named(slot, str.__str__(which)):
            raise FieldNameError(f"the design that slot {slot} holds has no interrupt {shown(which)}")

    def drive_interrupt(self, line: int, high: bool) -> None:
        """Sets a line high or low, beside what the design's own interrupts make of it."""
        lines, slot = self._own_lines()
        lines.drive(slot, _line(line), bool(high))

    def interrupt_trigger(self, line: int, trigger: str) -> None:
        """How a line asks, until the next power cycle.

        "edge": each time that something comes, as MSI-X does; "level": as long as anything that is let through is
        pending, as INTx does.
        """
        if trigger not in {"edge", "level"}:
            raise FieldValueError(f"a line goes by edge or level, not {shown(trigger)}")
        lines, slot = self._own_lines()
        lines.set_trigger(slot, _line(line), by_level=trigger == "level")

    @property
    def interrupts(self) -> InterruptState:
        """The lines: how many requests each has made since power-up, and whether it is high."""
        lines, slot = self._own_lines()
        requests, high = lines.state(slot)
        return InterruptState(tuple(requests), tuple(bool(high >> line & 1) for line in range(len(requests))))


def _line(given: Any, told: str = "a line is a number") -> int:
    """A number that C takes."""
    return within(integer(given, told), -1, 1 << 30, "")
