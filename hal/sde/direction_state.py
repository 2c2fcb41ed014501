"""State of a direction of the engine as the emulated card plays it."""

from __future__ import annotations

from collections import deque

__all__ = ["HIGH_BITS", "MODULUS", "DirectionState"]

MODULUS = 1 << 32  # of the counters
HIGH_BITS = 0xFFFF  # an address has 48 bits where its low word stands alone


class DirectionState:
    """One direction. A descriptor: address, length, whether the packet ends there, user bits.

    A piece of a packet: its bytes, whether it is the last one, user bits.
    """

    def __init__(self, name: str, *, compact: bool, depth: int, capacity: int) -> None:
        self.name, self.compact, self.depth, self.capacity = name, compact, depth, capacity
        self.reset()

    def reset(self) -> None:
        """As after the engine's reset."""
        self.words: list[int] = []
        self.last_offset = 0
        self.fifo: deque[tuple[int, int, bool, int]] = deque()
        self.written = self.read = 0  # descriptors, since the reset
        self.consumed = self.completed = self.packets = self.packets_in = self.packets_out = 0
        self.limit = self.depth
        self.moved = 0  # bytes of the first descriptor
        self.pieces: deque[tuple[bytes, bool, int]] = deque()
        self.buffered = 0
        self.pointer = 0  # of metadata
        self.errors = 0  # of descriptors, data mover, write-back
        self.told: tuple[int, ...] | None = None
        self.configured = False
        self.enabled = self.follows_pointer = False
        self.status_address = self.ring_address = self.ring_entries = self.ring_read = 0

    def add_piece(self, data: bytes, last: bool, user: int) -> None:
        """Into the packet buffer."""
        self.pieces.append((data, last, user))
        self.buffered += len(data)
        self.packets_in += last

    def take_descriptor(self) -> None:
        """The first one is done with."""
        self.fifo.popleft()
        self.read += 1
        self.moved = 0
        self.completed = (self.completed + 1) % MODULUS
        self.limit = (self.limit + 1) % MODULUS

    def decode(self, words: list[int]) -> tuple[int, int, bool, int]:
        """The descriptor that was written as these words."""
        length, low, high, ends = words[:4]
        if self.compact:
            return low | (high & HIGH_BITS) << 32, length, bool(high >> 16 & 1), 0
        user = words[6] | words[7] << 32 if self.name == "h2c" else 0
        return low | high << 32, length, bool(ends & 1), user
