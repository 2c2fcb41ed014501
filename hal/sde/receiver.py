"""Packets from the card to the host."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hal.errors import DmaTimeoutError
from hal.sde.packets import Packet, c2h_words
from hal.sde.status import wait_until, wait_until_async
from hal.uncopyable import Uncopyable
from hal.values import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hal._binding.sdk.pace import RealTime
    from hal.dma.buffer import Buffer
    from hal.sde.status import Status

__all__ = ["Receiver"]

_VALID, _EOP = 1 << 32, 1 << 33


class Receiver(Uncopyable):
    """The direction from card to host: `engine.c2h`.

    The engine has descriptors for all of a ring of host buffers. For each that it fills it writes an entry of metadata;
    those with a packet's end make it whole. When it is taken, its buffers go back to the engine. While none are, the
    engine keeps packets, and then takes none from the logic.
    """

    def __init__(
        self,
        ring: Buffer,
        count: int,
        metadata: Buffer,
        status: Status,
        post: Callable[[int], None],
        take: Callable[[int], None],
        pace: RealTime,
        *,
        compact: bool,
    ) -> None:
        """`ring`: of `count` buffers. `take`: tells the engine up to where metadata was read."""
        self._ring, self._count, self._size = ring, count, ring.nbytes // count
        self._memory, self._address = ring.bytes[:], ring.address
        self._metadata = metadata.bytes.cast("Q")
        self._step = 1 if compact else 2  # words of 64 bits in an entry
        self._entries = len(self._metadata) // self._step
        self._status, self._post, self._take, self._pace = status, post, take, pace
        self._lock = threading.Lock()
        self._posted = self._read = self._told = 0
        self._parts: list[bytes] = []
        self._refill()

    def __repr__(self) -> str:
        return f"<card to host, {self._posted - self._read} of {self._count} buffers with the engine>"

    def receive(self, timeout: float = 1.0) -> Packet:
        """The next packet. DmaTimeoutError where none came within `timeout` seconds.

        SdeError where the engine reports an error.
        """
        limit = seconds(timeout, "a timeout is seconds")
        with self._lock:
            return wait_until(self._next, self._pace, limit, "no packet came", self._status.hint)

    async def receive_async(self, timeout: float = 1.0) -> Packet:
        """As `receive`, while asyncio's other tasks run."""
        limit = seconds(timeout, "a timeout is seconds")
        return await wait_until_async(self.try_receive, self._pace, limit, "no packet came", self._status.hint)

    def try_receive(self) -> Packet | None:
        """The next packet, or None where none is there."""
        with self._lock:
            return self._next()

    def packets(self, timeout: float = 1.0) -> Iterator[Packet]:
        """Packets until none comes within `timeout` seconds."""
        while True:
            try:
                packet = self.receive(timeout)
            except DmaTimeoutError:
                return
            yield packet

    def _next(self) -> Packet | None:
        self._status.require_open()
        while True:
            place = self._read % self._entries * self._step
            entry = self._metadata[place]
            if not entry & _VALID:
                self._status.check()
                self._refill()
                return None
            data, user = self._held(place, entry)
            self._metadata[place] = 0
            self._read += 1
            if self._read - self._told >= self._entries // 4:
                self._told = self._read
                self._take(self._read % self._entries)
            self._refill()
            self._parts.append(data)
            if entry & _EOP:
                parts, self._parts = self._parts, []
                return Packet(data if len(parts) == 1 else b"".join(parts), user)

    def _held(self, place: int, entry: int) -> tuple[bytes, int]:
        """What the next buffer holds, and the user bits."""
        length, user = entry & 0xFFFF_FFFF, self._metadata[place + 1] if self._step == 2 else 0  # noqa: PLR2004
        if not 0 < length <= self._size:
            raise self._status.error(f"metadata tells of {length} bytes in a buffer of {self._size}")
        start = self._read % self._count * self._size
        return bytes(self._memory[start : start + length]), user

    def _refill(self) -> None:
        """Gives the engine descriptors for the buffers that it does not have, as far as its credits go."""
        free = self._count - (self._posted - self._read)
        if not free:
            return
        for _ in range(min(free, self._status.credits(self._posted))):
            for word in c2h_words(self._address + self._posted % self._count * self._size, self._size):
                self._post(word)
            self._posted += 1
