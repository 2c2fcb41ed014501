"""Waits of one event loop: one timer for all of them, which looks at those that are due.

A look is a bus read in the loop's own thread: it takes a microsecond, and handing it to another thread many.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hal._binding.sdk.pace import Deadline

__all__ = ["polled"]

_TURN = 0.5e-3  # seconds of looks, after which others of the loop have their turn
_REST = 3  # times as long as looks take that fill a turn, a loop is left to others
_SLEEP_LEAST = 100e-6  # a loop's timer takes a millisecond at least: what is due before is looked at in each turn


class PolledWait(Protocol):
    """What is polled."""

    deadline: Deadline

    @property
    def is_simulated(self) -> bool:
        """Whether its time is that of simulated logic."""

    def pause(self) -> float:
        """Seconds until the next look."""

    def simulate(self) -> None:
        """Lets simulated time pass."""

    def look(self) -> bool:
        """Whether it came."""

    def ask_now_and_then(self) -> None:
        """Raises where nothing can come any more."""

    def give_up(self) -> object:
        """Raises: its time is over."""


class _Entry:
    """A wait, and what its task waits for."""

    __slots__ = ("future", "is_over", "wait")

    def __init__(self, wait: PolledWait, future: asyncio.Future[None]) -> None:
        self.wait, self.future, self.is_over = wait, future, False


class _Poller:
    """The waits of one loop, by the time of their next look."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._due: list[tuple[float, int, _Entry]] = []
        self._numbers = itertools.count()
        self._handle: asyncio.Handle | None = None
        self._waiting = 0

    async def wait(self, wait: PolledWait) -> None:
        """Ends when it came; cancelled, it is forgotten at once."""
        entry = _Entry(wait, asyncio.get_running_loop().create_future())
        self._waiting += 1
        try:
            self._wake_in(self._put(entry))
            await entry.future
        finally:
            entry.is_over = True
            self._waiting -= 1
            self._forget()

    def _put(self, entry: _Entry) -> float:
        """Has it looked at after a pause, which is returned in seconds."""
        pause = entry.wait.pause()
        heapq.heappush(self._due, (time.monotonic() + pause, next(self._numbers), entry))
        return pause

    def _forget(self) -> None:
        """Drops what is over: all when nothing is left, else before it is the greater part."""
        if len(self._due) > 2 * self._waiting:
            self._due = [row for row in self._due if not row[2].is_over]
            heapq.heapify(self._due)
        if not self._waiting:
            if self._handle is not None:
                self._handle.cancel()
            loop = self._loop()
            if loop is not None and _pollers.get(loop) is self:
                del _pollers[loop]

    def _wake_in(self, seconds: float) -> None:
        """Has `_turn` called then, or before."""
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if self._handle is not None:
            if not isinstance(self._handle, asyncio.TimerHandle) or self._handle.when() <= when:
                return
            self._handle.cancel()
        soon = seconds < _SLEEP_LEAST
        self._handle = loop.call_soon(self._turn) if soon else loop.call_at(when, self._turn)

    def _turn(self) -> None:
        """Looks at what is due, each wait once."""
        self._handle = None
        begin, number = time.monotonic(), next(self._numbers)
        simulated = None
        while self._due and self._due[0][0] <= begin and self._due[0][1] < number:
            entry = heapq.heappop(self._due)[2]
            if not entry.is_over and not self._ends(entry):
                self._put(entry)
                simulated = entry.wait if entry.wait.is_simulated else simulated
            if time.monotonic() - begin > _TURN:
                break
        if simulated is not None:
            simulated.simulate()
        if self._due:
            now = time.monotonic()
            rest = (now - begin) * _REST if now - begin > _TURN else 0.0
            self._wake_in(max(self._due[0][0] - now, rest))

    @staticmethod
    def _ends(entry: _Entry) -> bool:
        """Looks; whether its task goes on then, with what came or with an error."""
        wait, future = entry.wait, entry.future
        if future.done():
            return True
        try:
            is_last = wait.deadline.left() <= 0
            if wait.look():
                future.set_result(None)
            elif is_last:
                wait.give_up()
            else:
                wait.ask_now_and_then()
        except Exception as problem:  # noqa: BLE001  (it is the waiting task's)
            future.set_exception(problem)
        return future.done()


_pollers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Poller] = weakref.WeakKeyDictionary()


async def polled(wait: PolledWait) -> None:
    """Waits in the running event loop."""
    loop = asyncio.get_running_loop()
    poller = _pollers.get(loop)
    if poller is None:
        poller = _pollers[loop] = _Poller(loop)
    await poller.wait(wait)
