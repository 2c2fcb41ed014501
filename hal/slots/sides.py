"""What a slot has beside registers: host memory and transfers, and interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal.dma.slot_side import DmaSide
from hal.lines.slot_lines import InterruptSide
from hal.registers.node import making

if TYPE_CHECKING:
    import weakref

    from hal.uncopyable import Closing

__all__ = ["Sides"]


class Sides(DmaSide, InterruptSide):
    """The parts of a slot that other rooms have."""

    _made: weakref.WeakSet[Closing]

    def _keep(self, made: Closing) -> None:
        """It ends with the slot. One that is made beside a close is refused, or closed by it."""
        try:
            with making:
                self._require_open()
                self._made.add(made)
        except BaseException:
            made.close()
            raise

    def _close_sides(self) -> None:
        """What was made through this object ends with it."""
        for made in list(self._made):
            made.close()
