"""Addresses that are given out below an IOMMU: no two at once, and each again as late as can be."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort

from hal.dma.sources.pinned import PAGE
from hal.errors import DmaError

__all__ = ["AddressSpace"]

_LOW, _HIGH = 1 << 20, 1 << 36  # where it begins: for cards with few address bits, and for others


class AddressSpace:
    """The addresses behind one IOMMU domain. Between two runs there is a page that belongs to none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: list[tuple[int, int]] = []  # first byte and end, in order
        self._next: dict[int, int] = {}  # by where it began

    def take(self, nbytes: int, bits: int, ranges: list[tuple[int, int]]) -> int:
        """The first of so many bytes below 2**bits, inside one of these ranges (first, last). DmaError without room."""
        floors = (_HIGH, _LOW) if 1 << bits > _HIGH else (_LOW,)
        with self._lock:
            for floor in floors:
                for start in (self._next.get(floor, floor), floor):
                    found = self._gap(start, nbytes, 1 << bits, ranges)
                    if found is not None:
                        insort(self._taken, (found, found + nbytes))
                        self._next[floor] = found + nbytes + PAGE
                        return found
        raise DmaError(f"no address of {bits} bits is free for {nbytes} bytes")

    def give_back(self, first: int) -> None:
        """What `take` gave."""
        with self._lock:
            place = bisect_right(self._taken, (first,))
            del self._taken[place]

    def _gap(self, start: int, nbytes: int, limit: int, ranges: list[tuple[int, int]]) -> int | None:
        for low, high in ranges:
            end, at = min(high + 1, limit), max(low, start)
            for first, behind in [*self._taken, (1 << 64, 1 << 64)]:
                if behind + PAGE <= at:
                    continue
                if at + nbytes + PAGE <= first or at + nbytes > end:
                    break
                at = behind + PAGE
            if at + nbytes <= end:
                return at
        return None
