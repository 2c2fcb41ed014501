"""One interrupt line in this process: threads, event loops and callbacks wait for it, and all see each request.

Nothing is lost between a look and the sleep after it: a waiter says which requests it has seen, and whoever takes one
from the source, in whatever thread, counts it for all and wakes them. Of several threads one polls for all.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from typing import TYPE_CHECKING

from hal.errors import ClosedError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from hal._binding.sdk.pace import Deadline
    from hal.lines.line_sources import InterruptSource

__all__ = ["SharedLine"]

_SLICE = 1.0  # seconds after which a waiter looks whether there is anything to wait for any more


class SharedLine:
    """A source and its waiters. `name`: as errors call it."""

    def __init__(self, source: InterruptSource, name: str) -> None:
        self.source, self.name, self.users = source, name, 0
        self._total = 0
        self._changed = threading.Condition()
        self._leads = False  # a thread is polling
        self._wake = -1  # an eventfd that ends its poll
        self._loops: dict[asyncio.AbstractEventLoop, set[asyncio.Future[None]]] = {}
        self._is_open, self._process = True, os.getpid()

    @property
    def is_usable(self) -> bool:
        """Whether it can be waited for in this process."""
        return self._is_open and self._process == os.getpid()

    def look(self) -> int:
        """Requests so far, in this process."""
        with self._changed:
            return self._take()

    def _take(self) -> int:
        """With the lock held."""
        if not self._is_open or self._process != os.getpid():
            why = "was closed" if not self._is_open else "belongs to the process that this one was forked from"
            raise ClosedError(f"{self.name} {why}; ask the slot for it again")
        came = self.source.take()
        if came:
            self._total += came
            self._tell()
        return self._total

    def _tell(self) -> None:
        """Has all waiters look. With the lock held."""
        self._changed.notify_all()
        if self._leads and self._wake >= 0:
            os.eventfd_write(self._wake, 1)
        for loop in list(self._loops):
            with contextlib.suppress(RuntimeError):  # it was closed
                loop.call_soon_threadsafe(self._release, loop)

    def wake(self) -> None:
        """Has all waiters look whether they are still to wait."""
        with self._changed:
            self._tell()

    def close(self) -> None:
        """Ends it; who waits gets ClosedError."""
        with self._changed:
            if not self._is_open:
                return
            self._is_open = False
            if self._process != os.getpid():
                return  # what a forked child has is its parent's
            for loop in list(self._loops):
                self._forget(loop)
            self._tell()
            while self._leads:
                self._changed.wait(_SLICE)
            self.source.close()
            if self._wake >= 0:
                os.close(self._wake)
                self._wake = -1

    # -- threads --------------------------------------------------------------------------------------------------

    def deadline(self, timeout: float) -> Deadline:
        """In the source's time."""
        return self.source.pace.deadline(timeout)

    def wait(self, seen: int, deadline: Deadline, stop: Callable[[], bool] | None = None) -> bool:
        """Sleeps until there are other requests than those seen.

        False where `stop` says so, or nothing came for a while: the caller looks around then, and at its time.
        """
        with self._changed:
            while self._take() == seen:
                left = min(deadline.left(), _SLICE)
                if left <= 0 or (stop is not None and stop()):
                    return False
                self.source.arm()
                if not self._leads:
                    break
                if not self._changed.wait(left):
                    return self._take() != seen
            else:
                return True
            self._leads = True
            if self._wake < 0:
                self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        try:
            self._sleep(left)
        finally:
            with self._changed:
                self._leads = False
                with contextlib.suppress(BlockingIOError):
                    os.eventfd_read(self._wake)
                self._changed.notify_all()
        return self.look() != seen

    def _sleep(self, seconds: float) -> None:
        if self.source.fileno() < 0:
            self.source.pace.sleep(min(seconds, self.source.pace.slice))
            return
        poll = select.poll()
        poll.register(self.source.fileno(), select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        poll.poll(seconds * 1000)

    # -- event loops ----------------------------------------------------------------------------------------------

    async def wait_async(self, seen: int, deadline: Deadline) -> bool:
        """As `wait`, while an event loop's other tasks run."""
        import asyncio  # noqa: PLC0415  (it is large)

        with self._changed:
            if self._take() != seen:
                return True
            left = min(deadline.left(), _SLICE)
            if left <= 0:
                return False
            self.source.arm()
            if self.source.fileno() >= 0:
                loop = asyncio.get_running_loop()
                future = self._add(loop)
        if self.source.fileno() < 0:
            await asyncio.sleep(0)
            self.source.pace.sleep(min(left, self.source.pace.slice / 10))
            return self.look() != seen
        timer = loop.call_later(left, _end, future)
        try:
            await future
        finally:
            timer.cancel()
            with self._changed:
                self._drop(loop, future)
        return self.look() != seen

    def _add(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """With the lock held."""
        waiting = self._loops.setdefault(loop, set())
        if not waiting:
            loop.add_reader(self.source.fileno(), self._readable, loop)
        future: asyncio.Future[None] = loop.create_future()
        waiting.add(future)
        return future

    def _drop(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[None]) -> None:
        waiting = self._loops.get(loop, set())
        waiting.discard(future)
        if not waiting and loop in self._loops:
            del self._loops[loop]
            if self._is_open:
                loop.remove_reader(self.source.fileno())

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        """The line ends: in the loop's own thread its reader is taken away before the descriptor is closed."""
        with contextlib.suppress(RuntimeError):
            if _runs_here(loop):
                loop.remove_reader(self.source.fileno())
            else:
                loop.call_soon_threadsafe(loop.remove_reader, self.source.fileno())

    def _readable(self, loop: asyncio.AbstractEventLoop) -> None:
        """What the source raises is told by the waiters' own looks."""
        try:
            with self._changed:
                before = self._total
                if self._take() != before:
                    self._release(loop)
        except Exception:  # noqa: BLE001
            self._release(loop)

    def _release(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the loop's thread."""
        for future in list(self._loops.get(loop, ())):
            _end(future)


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    import asyncio  # noqa: PLC0415

    return asyncio._get_running_loop() is loop
