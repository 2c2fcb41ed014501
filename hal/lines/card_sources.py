"""Lines of a library's own card, emulated or real, and of simulated logic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal._binding import REAL_TIME

if TYPE_CHECKING:
    from hal._binding import Library, Lines
    from hal._binding.sdk.pace import RealTime
    from hal._binding.sdk.simulation import Simulation

__all__ = ["CardSource", "SimulatedSource"]


class CardSource:
    """A line of a slot, by the library's own functions."""

    pace = REAL_TIME

    def __init__(self, lines: Lines, slot: int, line: int) -> None:
        self._lines, self._slot, self._line = lines, slot, line
        self._descriptor = lines.open(slot, line)
        self._requests, _ = lines.take(slot, line, self._descriptor)
        self._again = False

    def fileno(self) -> int:
        """What the library gave."""
        return self._descriptor

    def take(self) -> int:
        """Requests since the last call, and one of a level that lasts."""
        before, again = self._requests, self._again
        self._requests, is_high = self._lines.take(self._slot, self._line, self._descriptor)
        self._again = False
        return self._requests - before or int(again and is_high)

    def arm(self) -> None:
        """A level that lasts asks again."""
        self._again = self._lines.arm(self._slot, self._line, self._descriptor)

    def close(self) -> None:
        """Gives the descriptor back."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._lines.close(self._slot, descriptor)

    def __repr__(self) -> str:
        return f"<line {self._line} of slot {self._slot}>"


class SimulatedSource:
    """An output of simulated logic. Its time passes while it is waited for."""

    def __init__(self, library: Library, simulation: Simulation, line: int) -> None:
        self._simulation, self._line = simulation, line
        self.pace: RealTime = library.pace
        self._requests = self._simulation.interrupts()[0][line]
        self._again = False

    def fileno(self) -> int:
        """None."""
        return -1

    def take(self) -> int:
        """Rising edges since the last call, and one of a level that lasts."""
        before, again = self._requests, self._again
        requests, asserted = self._simulation.interrupts()
        self._requests, self._again = requests[self._line], False
        # A load configures the logic anew, which counts from 0.
        came = self._requests - before if self._requests >= before else self._requests
        return came or int(again and asserted >> self._line & 1)

    def arm(self) -> None:
        """A level that lasts asks again."""
        self._again = True

    def close(self) -> None:
        """Nothing is held."""

    def __repr__(self) -> str:
        return f"<line {self._line} of simulated logic>"
