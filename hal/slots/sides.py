"""What a slot has beside registers: host memory and transfers, and interrupts."""

from __future__ import annotations

from hal.dma.slot_side import DmaSide
from hal.lines.slot_lines import InterruptSide

__all__ = ["Sides"]


class Sides(DmaSide, InterruptSide):
    """The parts of a slot that other rooms have."""

    def _close_sides(self) -> None:
        """What was made through this object ends with it."""
        self._close_buffers()
        self._close_interrupts()
