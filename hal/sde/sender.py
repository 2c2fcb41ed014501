"""Packets from the host to the card."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from hal.errors import DmaTimeoutError
from hal.sde.packets import bytes_of_packet, h2c_words, user_bits
from hal.sde.status import wait_until, wait_until_async
from hal.uncopyable import Uncopyable
from hal.values import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding.sdk.pace import RealTime
    from hal.dma.buffer import Buffer
    from hal.sde.status import Status

__all__ = ["Sender"]


class Sender(Uncopyable):
    """The direction from host to card: `engine.h2c`.

    A packet is copied into a ring of host buffers, and goes as one descriptor for each buffer that it fills. It may be
    sent while earlier ones are under way; the engine takes them in their order.
    """

    def __init__(
        self, ring: Buffer, count: int, status: Status, post: Callable[[int], None], pace: RealTime, *, compact: bool
    ) -> None:
        """`ring`: of `count` buffers. `post`: writes a word to the descriptor RAM."""
        self._ring, self._count, self._size = ring, count, ring.nbytes // count
        self._memory, self._address = ring.bytes[:], ring.address
        self._status, self._post, self._pace, self._compact = status, post, pace, compact
        self._lock = threading.Lock()
        self._posted = 0
        self._half_sent = False

    def __repr__(self) -> str:
        return f"<host to card, {self.pending} of {self._count} buffers under way>"

    @property
    def room(self) -> int:
        """How many descriptors can be written now: buffers that are free, and the engine's credits for them."""
        free = self._count - self._status.pending(self._posted)
        return min(free, self._status.credits(self._posted))

    @property
    def pending(self) -> int:
        """Descriptors that the engine has not completed."""
        return self._status.pending(self._posted)

    @property
    def streamed(self) -> int:
        """Packets that have left the engine for the logic, since it was reset; it wraps at 2**32."""
        return self._status.packets

    def send(self, packet: Any, user: int = 0, *, timeout: float = 1.0) -> None:
        """Hands a packet over: a buffer of bytes, numpy's too. It is copied, so it may change at once.

        `user`: 64 bits for the stream beside its last word. `timeout`: seconds for which it waits where there is no
        room, as when the logic takes nothing; DmaTimeoutError then, with nothing sent, unless it is longer than all
        buffers. SdeError where the engine reports an error.
        """
        limit = seconds(timeout, "a timeout is seconds")
        if not self._sent(packet, user, limit):
            told = f"the engine had no room for a packet within {limit} s; nothing was sent"
            raise DmaTimeoutError(f"{told}{self._status.hint()}")

    async def send_async(self, packet: Any, user: int = 0, *, timeout: float = 1.0) -> None:
        """As `send`, while asyncio's other tasks run. A packet that is longer than all buffers goes in a thread."""
        limit = seconds(timeout, "a timeout is seconds")
        with bytes_of_packet(packet) as data:
            if data.nbytes > self._ring.nbytes:
                import asyncio  # noqa: PLC0415  (a synchronous program needs none)

                await asyncio.to_thread(self.send, data, user, timeout=limit)
                return
            told = "the engine had no room for a packet"
            await wait_until_async(lambda: self.try_send(data, user), self._pace, limit, told, self._status.hint)

    def try_send(self, packet: Any, user: int = 0) -> bool:
        """The same without waiting: whether there was room."""
        return self._sent(packet, user, None)

    def flush(self, timeout: float = 1.0) -> None:
        """Waits until the engine has fetched everything from the host. DmaTimeoutError."""
        limit = seconds(timeout, "a timeout is seconds")

        def fetched() -> bool:
            self._status.check()
            return not self.pending

        wait_until(fetched, self._pace, limit, f"{self.pending} descriptors were not completed", self._status.hint)

    def _sent(self, packet: Any, user: int, limit: float | None) -> bool:
        """`limit`: None does not wait. False: there was no room, and nothing was sent."""
        with bytes_of_packet(packet) as data, self._lock:
            bits = user_bits(user, compact=self._compact)
            self._check()
            wanted = min(-(-data.nbytes // self._size), self._count)
            if self.room < wanted and (limit is None or not self._in_time(wanted, limit)):
                return False
            self._hand_over(data, bits, limit or 0.0)
        return True

    def _check(self) -> None:
        self._status.check()
        if self._half_sent:
            raise self._status.error("a packet was sent in part")

    def _in_time(self, wanted: int, limit: float) -> bool:
        def ready() -> bool:
            self._status.check()
            return self.room >= wanted

        try:
            wait_until(ready, self._pace, limit, "", self._status.hint)
        except DmaTimeoutError:
            return False
        return True

    def _hand_over(self, data: memoryview, user: int, limit: float) -> None:
        """All of it; what is longer than all buffers waits for each of them, and is torn where that takes too long."""
        size, total = self._size, data.nbytes
        self._half_sent = True
        for first in range(0, total, size):
            if self.room < 1 and not self._in_time(1, limit):
                raise DmaTimeoutError(
                    f"{first} of {total} bytes of a packet were sent, then there was no room", done=first
                )
            part = data[first : first + size]
            place = self._posted % self._count * size
            self._memory[place : place + part.nbytes] = part
            words = h2c_words(
                self._address + place, part.nbytes, user, last=first + size >= total, compact=self._compact
            )
            for word in words:
                self._post(word)
            self._posted += 1
        self._half_sent = False
