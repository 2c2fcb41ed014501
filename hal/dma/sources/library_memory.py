"""Ordinary memory that the card's library maps for the card: through an IOMMU, emulated or real."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

from hal._binding.sdk.host_memory import CARD_READS, CARD_WRITES
from hal.dma.sources.pinned import BOTH, C2H, H2C, PinnedMemory, whole_pages
from hal.errors import DmaError

if TYPE_CHECKING:
    from hal._binding.sdk.host_memory import HostMemory

__all__ = ["LibraryMemory"]

_BITS = {BOTH: CARD_READS | CARD_WRITES, H2C: CARD_READS, C2H: CARD_WRITES}


class LibraryMemory:
    """The source of the emulated card, of simulated logic, and of cards behind VFIO."""

    name = "library"

    def __init__(self, calls: HostMemory, slot: int) -> None:
        self._calls, self._slot = calls, slot

    def allocate(self, nbytes: int, direction: str, bits: int) -> PinnedMemory:
        """The memory is shared with forked children, so that no copy on write moves it away from the card."""
        try:
            memory = mmap.mmap(-1, whole_pages(nbytes))
        except (OSError, ValueError, OverflowError) as problem:
            raise DmaError(f"{nbytes} bytes of host memory can't be had: {problem}") from None
        address = self._calls.map(self._slot, memory, _BITS[direction], bits)
        return PinnedMemory(memory, address, lambda: self._calls.unmap(self._slot, address))
