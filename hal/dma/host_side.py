"""The host's memory as the logic of an emulated card reaches it: `slot.emulator.host`, in a model `self.card.host`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.dma.contiguous import contiguous_bytes, room_in
from hal.uncopyable import Uncopyable
from hal.values import fitting

if TYPE_CHECKING:
    from hal._binding.sdk.host_memory import HostMemory

__all__ = ["Host"]

_LENGTH_BITS = 40
_UNDONE = "; nothing was accessed"
_NEEDED = "logic reads and writes a", _UNDONE


class Host(Uncopyable):
    """Accesses as a bus master, at the addresses of `slot.buffer()`.

    DmaError where no buffer is, or not in this direction, as logic is answered with an error; the slot's metrics count
    it, and what was to be read is all ones.
    """

    def __init__(self, calls: HostMemory, slot: int) -> None:
        self._calls, self._slot = calls, slot

    def read(self, address: int, nbytes: int) -> bytes:
        """So many bytes."""
        room = bytearray(fitting(nbytes, _LENGTH_BITS, "a number of bytes is an integer", ""))
        self.readinto(address, room)
        return bytes(room)

    def readinto(self, address: int, buffer: Any) -> None:
        """Fills a buffer; with all ones where it fails."""
        self._calls.master_read(self._slot, _address(address), room_in(buffer, *_NEEDED))

    def write(self, address: int, data: Any) -> None:
        """Writes a buffer's bytes."""
        self._calls.master_write(self._slot, _address(address), contiguous_bytes(data, *_NEEDED))


def _address(address: Any) -> int:
    return fitting(address, 64, "an address is an integer", _UNDONE)
