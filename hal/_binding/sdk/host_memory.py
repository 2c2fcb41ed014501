"""Memory of this process that a card reaches, and the card's DMA engine, as the card's library has them."""

from __future__ import annotations

import errno
from typing import Any, Final

from hal._binding.extension import address_of, ffi, lib
from hal._binding.raising import exception_of
from hal.codes import describe_code
from hal.errors import DmaError

CARD_READS: Final[int] = lib.HAL_DMA_CARD_READS
CARD_WRITES: Final[int] = lib.HAL_DMA_CARD_WRITES

_BYTES = ffi.typeof("char[]")
_WHY = {
    -errno.EFAULT: "no host memory is mapped there, or not all of it: the buffer was closed, or is shorter",
    -errno.EACCES: "the buffer there was not made for this direction",
    -errno.EIO: "nobody answered there: load a design that has memory at this address",
    -errno.EINVAL: "the card has no such addresses",
    -errno.ENOSPC: "there is no room for it",
    -errno.ENOMEM: "there is no memory for it",
}


def place_of(memory: Any) -> int:
    """Where a buffer lies in this process's memory."""
    with ffi.from_buffer(_BYTES, memory, True) as data:
        return address_of(data)


class HostMemory:
    """The functions of one library. Buffers are contiguous bytes. DmaError; errors of a model as they are."""

    def __init__(self, native: Any) -> None:
        self._native = native
        found = lib.hal_dma_abilities(native)
        self.maps, self.moves, self.masters = (
            bool(found & bit) for bit in (lib.HAL_DMA_MAPS, lib.HAL_DMA_MOVES, lib.HAL_DMA_MASTERS)
        )

    def map(self, slot: int, memory: Any, directions: int, bits: int) -> int:
        """From now on the card reaches all of this memory, whole pages, at what is returned, below 2**bits."""
        address = ffi.new("uint64_t *")
        with ffi.from_buffer(_BYTES, memory, True) as data:
            size = len(data)
            code = lib.hal_dma_map(self._native, slot, data, size, directions, bits, address)
        self._told(code, f"mapping {size} bytes for slot {slot}", None)
        return int(address[0])

    def unmap(self, slot: int, address: int) -> None:
        """From now on it does not."""
        self._told(lib.hal_dma_unmap(self._native, slot, address), f"unmapping {address:#x} of slot {slot}", address)

    def read(self, slot: int, address: int, room: memoryview) -> None:
        """The card's memory into a buffer, by its DMA engine."""
        self._read(lib.hal_dma_read, slot, address, room, "card address")

    def write(self, slot: int, address: int, data: memoryview) -> None:
        """A buffer into the card's memory."""
        self._write(lib.hal_dma_write, slot, address, data, "card address")

    def master_read(self, slot: int, address: int, room: memoryview) -> None:
        """The host's memory into a buffer, as the card's logic reads it; all ones where it fails."""
        self._read(lib.hal_master_read, slot, address, room, "host address")

    def master_write(self, slot: int, address: int, data: memoryview) -> None:
        """A buffer into the host's memory, as the card's logic writes it."""
        self._write(lib.hal_master_write, slot, address, data, "host address")

    def _read(self, call: Any, slot: int, address: int, room: memoryview, where: str) -> None:
        with ffi.from_buffer(_BYTES, room, True) as data:
            code = call(self._native, slot, address, data, len(data))
        if code:
            self._told(code, f"DMA read of {room.nbytes} bytes at {where} {address:#x} of slot {slot}", address)

    def _write(self, call: Any, slot: int, address: int, source: memoryview, where: str) -> None:
        with ffi.from_buffer(_BYTES, source) as data:
            code = call(self._native, slot, address, data, len(data))
        if code:
            self._told(code, f"DMA write of {source.nbytes} bytes at {where} {address:#x} of slot {slot}", address)

    @staticmethod
    def _told(code: int, what: str, address: int | None) -> None:
        if code == 0:
            return
        if code in _WHY:
            raise DmaError(f"{what} failed: {_WHY[code]}", code=code, name=describe_code(code), address=address)
        raise exception_of(code, what)
