"""Packets, and how the engine's descriptors and metadata hold them as words of 32 bits."""

from __future__ import annotations

from typing import Any, NamedTuple

from hal.dma.contiguous import contiguous_bytes
from hal.errors import FieldTypeError, FieldValueError, HalError
from hal.values import fitting

__all__ = ["ADDRESS_BITS", "USER_BITS", "Packet", "bytes_of_packet", "c2h_words", "h2c_words", "user_bits"]

ADDRESS_BITS = 48  # of status and metadata ring always, of packets in compact descriptors
USER_BITS = 64

_LOW = 0xFFFF_FFFF
_EOP = 1


class Packet(NamedTuple):
    """A packet from the card. `user`: the 64 bits beside its last word on the stream, 0 with compact descriptors."""

    data: bytes
    user: int = 0

    def array(self, dtype: Any = "u1") -> Any:
        """The data as a numpy array that can't be written; HalError where it is no whole number of elements."""
        try:
            import numpy as np  # noqa: PLC0415  (a driver needs cffi alone)
        except ImportError:
            raise HalError("numpy is not installed: use .data, or install numpy") from None
        kind = np.dtype(dtype)
        if kind.hasobject or not kind.itemsize or len(self.data) % kind.itemsize:
            raise FieldTypeError(f"a packet of {len(self.data)} bytes is no array of {kind}")
        return np.frombuffer(self.data, kind)


def bytes_of_packet(packet: Any) -> memoryview:
    """A contiguous buffer's bytes, at least one."""
    view = contiguous_bytes(getattr(packet, "bytes", packet), "a packet is a", "; nothing was sent")  # of a hal.Buffer
    if not view.nbytes:
        raise FieldValueError("a packet has at least one byte; nothing was sent")
    return view


def user_bits(user: Any, *, compact: bool) -> int:
    """The 64 user bits of a packet; compact descriptors have none."""
    bits = fitting(user, USER_BITS, "user bits are an integer", "; nothing was sent")
    if bits and compact:
        raise FieldValueError("this engine has compact descriptors, which have no user bits; nothing was sent")
    return bits


def h2c_words(address: int, length: int, user: int, *, last: bool, compact: bool) -> tuple[int, ...]:
    """A descriptor from the host to the card: 256 bits, compact 128."""
    low, high, ends = address & _LOW, address >> 32, _EOP if last else 0
    if compact:
        return length, low, high | ends << 16, 0
    return length, low, high, ends, 0, 0, user & _LOW, user >> 32


def c2h_words(address: int, length: int) -> tuple[int, ...]:
    """A descriptor from the card to the host: 128 bits of either kind."""
    return length, address & _LOW, address >> 32, 0
