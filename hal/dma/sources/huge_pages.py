"""Huge pages, and their physical addresses from /proc/self/pagemap: what a card without an IOMMU reads and writes.

The kernel neither swaps nor moves a huge page that is in use. Its number in physical memory is told to root alone.
Sources: Documentation/admin-guide/mm/hugetlbpage.rst and pagemap.rst of the Linux kernel.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from hal._binding.sdk.host_memory import place_of
from hal.dma.sources.pinned import PAGE, PinnedMemory, whole_pages
from hal.errors import DmaError

__all__ = ["PAGEMAP", "HugePages", "first_of_run", "physical_addresses"]

PAGEMAP = Path("/proc/self/pagemap")
_MAP_HUGETLB, _SIZE_SHIFT = 0x40000, 26
_SIZES = (21, 30)  # powers of two: 2 MiB and 1 GiB
_ENTRY_BYTES = 8
_PRESENT, _NUMBER = 1 << 63, (1 << 55) - 1


def physical_addresses(first: int, count: int, step: int, pagemap: Path = PAGEMAP) -> list[int]:
    """Of `count` pages, each `step` bytes behind the one before, the first at this place of the process's memory."""
    found = []
    try:
        with pagemap.open("rb", buffering=0) as file:
            for place in range(first, first + count * step, step):
                entry = int.from_bytes(os.pread(file.fileno(), _ENTRY_BYTES, place // PAGE * _ENTRY_BYTES), "little")
                if not entry & _PRESENT:
                    raise DmaError(f"page {place:#x} is not in memory")
                if not entry & _NUMBER:
                    raise DmaError(f"{pagemap} tells where pages are to root alone: run as root")
                found.append((entry & _NUMBER) * PAGE)
    except OSError as problem:
        raise DmaError(f"{pagemap} can't be read: {problem.strerror}; run as root") from None
    return found


class HugePages:
    """The source of cards that no IOMMU stands before, as F2's are inside of an instance."""

    name = "hugepages"

    def __init__(self, pagemap: Path = PAGEMAP) -> None:
        self._pagemap = pagemap

    def allocate(self, nbytes: int, direction: str, bits: int) -> PinnedMemory:  # noqa: ARG002  (no IOMMU, no direction)
        """Physically contiguous: within one page, or in several that happen to follow each other."""
        reasons = []
        for power in _SIZES:
            try:
                return self._within(nbytes, power, bits)
            except DmaError as problem:  # noqa: PERF203  (two sizes)
                reasons.append(f"{1 << (power - 20)} MiB pages: {problem}")
        raise DmaError("; ".join(reasons))

    def _within(self, nbytes: int, power: int, bits: int) -> PinnedMemory:
        page = 1 << power
        flags = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE | _MAP_HUGETLB | power << _SIZE_SHIFT
        count = whole_pages(nbytes, page) // page
        try:
            memory = mmap.mmap(-1, count * page, flags=flags)
        except (OSError, ValueError, OverflowError):
            setting = f"/sys/kernel/mm/hugepages/hugepages-{page >> 10}kB/nr_hugepages"
            raise DmaError(f"{count} are not free: write how many there shall be to {setting}") from None
        try:
            first = first_of_run(physical_addresses(place_of(memory), count, page, self._pagemap), page, bits)
        except DmaError:
            memory.close()
            raise
        return PinnedMemory(memory, first, lambda: None)


def first_of_run(places: list[int], page: int, bits: int = 64) -> int:
    """The first of pages that lie one behind the other; DmaError where they do not."""
    if places != list(range(places[0], places[0] + len(places) * page, page)):
        raise DmaError(f"{len(places)} free ones do not lie one behind the other: ask for less at once")
    if places[-1] + page > 1 << bits:
        raise DmaError(f"the free ones lie at {places[0]:#x}, not below 2**{bits}")
    return places[0]
