"""The one thread that touches the card: whatever viewers ask for, accesses come one after the other.

A card that does not answer holds this thread, and neither the page nor the end of the process.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.page.card.held_slot import HeldSlot

    _Given = tuple[asyncio.Future[Any], Callable[[HeldSlot], Any]]

__all__ = ["AskedCard", "CardBusyError", "CardThread"]

T = TypeVar("T")

_WAITING_MAX = 64
_PATIENCE = 30.0  # seconds


class AskedCard(Protocol):
    """Whoever touches the card: a thread of this process, or a process of the host that the card is in."""

    async def run(self, job: Callable[[HeldSlot], T]) -> T:
        """What a job makes of the slot, or raises. It may travel: a function of a module, or a partial of one."""


class CardBusyError(HalError, TimeoutError):
    """The card has been busy with something else for too long, or too much waits for it."""


class CardThread:
    """Runs what is given to it on a slot, in its order. `patience`: seconds that somebody waits for an answer."""

    def __init__(self, held: HeldSlot, patience: float = _PATIENCE) -> None:
        self._held, self._patience = held, patience
        self._waiting = 0
        self._jobs: queue.SimpleQueue[_Given | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="hal-card", daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[HeldSlot], T]) -> T:
        """What the job returns or raises. CardBusyError where that takes too long; it goes on all the same."""
        if self._waiting >= _WAITING_MAX:
            raise CardBusyError(f"{self._waiting} requests wait for the card already; try again when it answers")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting += 1
        self._jobs.put((future, job))
        try:
            return await asyncio.wait_for(asyncio.shield(future), self._patience)
        except asyncio.TimeoutError:
            future.add_done_callback(_looked_at)
            raise CardBusyError(f"the card has not answered within {self._patience:g} s; it may still do so") from None

    def end(self, seconds: float = 2.0) -> None:
        """Ends it after what is being done, for which it waits so long."""
        self._jobs.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            future, job = given
            result, error = None, None
            try:
                result = job(self._held)
            except Exception as problem:  # noqa: BLE001  (it is the asker's)
                error = problem
            try:
                future.get_loop().call_soon_threadsafe(self._tell, future, result, error)
            except RuntimeError:  # the loop has ended, and nobody asks any more
                return

    def _tell(self, future: asyncio.Future[Any], result: object, error: Exception | None) -> None:
        self._waiting -= 1
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)


def _looked_at(future: asyncio.Future[Any]) -> None:
    """An error that nobody waits for any more is none."""
    if not future.cancelled():
        future.exception()
