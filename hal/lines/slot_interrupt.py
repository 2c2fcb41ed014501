"""A slot's interrupt line as programs see it."""

from __future__ import annotations

import math
import time
import weakref
from typing import TYPE_CHECKING, Any

from hal.errors import ClosedError, InterruptTimeoutError
from hal.lines.interrupt_events import InterruptEvent
from hal.lines.subscription import Subscription
from hal.uncopyable import Closing, Uncopyable
from hal.values import seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from hal.lines.shared_line import SharedLine

__all__ = ["SlotInterrupt"]


class SlotInterrupt(Closing, Uncopyable):
    """An interrupt line of a slot; `slot.interrupt(3)`. Counts what comes from the moment that it was made.

    A context manager; it ends with its slot, at the latest.
    """

    def __init__(self, shared: SharedLine, number: int, release: Callable[[SharedLine], None]) -> None:
        self.number, self.shared = number, shared
        self._seen = shared.look()
        self._end = weakref.finalize(self, release, shared)

    def close(self) -> None:
        """Stops listening; who waits gets ClosedError. Again does nothing."""
        self._end()
        self.shared.wake()

    @property
    def is_open(self) -> bool:
        """Whether it is listening."""
        return self._end.alive

    def __repr__(self) -> str:
        return f"<{self.shared.name}, {self.shared.source!r}>"

    # -- waiting --------------------------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> InterruptEvent:
        """Waits for a request, which may have come since the last wait; other threads run meanwhile.

        `timeout` in seconds, None: without end. InterruptTimeoutError when it is over.
        """
        event = self._wait(timeout, None)
        assert event is not None
        return event

    def _wait(self, timeout: float | None, stop: Callable[[], bool] | None) -> InterruptEvent | None:
        def is_over() -> bool:
            return not self.is_open or (stop is not None and stop())

        self._require_open()
        deadline = self.shared.deadline(limit_of(timeout))
        while not self.shared.wait(self._seen, deadline, is_over):
            if stop is not None and stop():
                return None
            self._require_open()
            if deadline.left() <= 0:
                self._give_up(timeout)
        return self._taken()

    async def wait_async(self, timeout: float | None = None) -> InterruptEvent:
        """The same while an event loop's other tasks run; it can be cancelled at any time."""
        self._require_open()
        deadline = self.shared.deadline(limit_of(timeout))
        while not await self.shared.wait_async(self._seen, deadline):
            self._require_open()
            if deadline.left() <= 0:
                self._give_up(timeout)
        return self._taken()

    async def __aiter__(self) -> AsyncIterator[InterruptEvent]:
        """Every event, one after the other."""
        while True:
            yield await self.wait_async()

    def on_event(self, call: Callable[[InterruptEvent], Any]) -> Subscription:
        """Calls it with every event, in a thread of its own, until the subscription is closed."""
        return Subscription(self._wait, call, self.shared.wake, self.shared.name)

    def _require_open(self) -> None:
        """The line itself goes on for others that listen."""
        if not self.is_open:
            raise ClosedError(f"{self.shared.name} was closed; ask the slot for it again")

    def _taken(self) -> InterruptEvent:
        total = self.shared.look()
        before, self._seen = self._seen, total
        return InterruptEvent(total - before, time.monotonic())

    def _give_up(self, timeout: float | None) -> None:
        raise InterruptTimeoutError(f"{self.shared.name}: nothing came within {timeout} s")


def limit_of(timeout: Any) -> float:
    """Seconds, infinite for None."""
    return math.inf if timeout is None else seconds(timeout, "timeout is seconds")
