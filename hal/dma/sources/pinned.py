"""What every source of host memory gives, and what it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable

__all__ = ["ADDRESS_BITS", "BOTH", "C2H", "DIRECTIONS", "H2C", "PAGE", "PinnedMemory", "Source", "whole_pages"]

PAGE = 4096
ADDRESS_BITS = 64
H2C, C2H, BOTH = "h2c", "c2h", "both"
DIRECTIONS = (BOTH, H2C, C2H)


def whole_pages(nbytes: int, page: int = PAGE) -> int:
    """So many bytes in whole pages."""
    return -(-nbytes // page) * page


@dataclass(frozen=True)
class PinnedMemory:
    """Memory that stays where it is. `address`: its first byte as the card sees it.

    `free` ends the card's access; the memory itself goes when nothing of Python's refers to it any more. `sync`, where
    the processor's caches and the card do not see each other: called with a first byte, a number of bytes, and whether
    the card comes next (else the processor).
    """

    memory: mmap.mmap
    address: int
    free: Callable[[], None]
    sync: Callable[[int, int, bool], None] | None = None


class Source(Protocol):
    """Where such memory comes from."""

    name: str

    def allocate(self, nbytes: int, direction: str, bits: int) -> PinnedMemory:
        """Memory of at least so many bytes below 2**bits, for "h2c", "c2h" or "both". DmaError: why there is none."""
