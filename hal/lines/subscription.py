"""Callbacks: a thread that waits, and calls."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from hal.errors import ClosedError, FieldTypeError
from hal.uncopyable import Closing, Uncopyable
from hal.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

    from hal.lines.interrupt_events import InterruptEvent

    Wait = Callable[[float | None, Callable[[], bool]], InterruptEvent | None]

__all__ = ["Subscription"]

_PATIENCE = 10.0  # seconds that closing waits for a call that is running


class Subscription(Closing, Uncopyable):
    """Calls a function with each event until it is closed; a context manager.

    What the function raises is logged, and the next event calls it again. `error`: what ended the wait, None while it
    goes on; of a device or slot that is closed nothing is logged.
    """

    def __init__(self, wait: Wait, call: Callable[[InterruptEvent], Any], wake: Callable[[], None], name: str) -> None:
        if not callable(call):
            raise FieldTypeError(f"{name}: a function is called with each event, not {shown(call)}")
        self._wait, self._call, self._wake, self._name = wait, call, wake, name
        self._ends = threading.Event()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"interrupts of {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                event = self._wait(None, self._ends.is_set)
            except Exception as problem:  # noqa: BLE001  (whatever it is, nothing comes any more)
                self.error = problem
                if not self._ends.is_set() and not isinstance(problem, ClosedError):
                    _log().warning("%s: %s; nothing is called any more", self._name, problem)
                return
            if event is not None and not self._ends.is_set():
                self._call_with(event)

    def _call_with(self, event: InterruptEvent) -> None:
        try:
            self._call(event)
        except Exception:  # noqa: BLE001  (it is the program's, and the next event comes)
            _log().exception("%s: what was called failed", self._name)

    def close(self) -> None:
        """Stops; a call that is running ends first, unless it is that one that closes. Again does nothing."""
        self._ends.set()
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(_PATIENCE)

    def __repr__(self) -> str:
        return f"<subscription to {self._name}, {'active' if self._thread.is_alive() else 'ended'}>"


@cache
def _log() -> Logger:
    from logging import getLogger  # noqa: PLC0415  (importing a driver is to be quick)

    return getLogger("hal")
