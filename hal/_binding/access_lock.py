"""Locks under which registers are accessed."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from hal._binding.extension import ffi, lib
from hal._binding.forks import fork_waits_for
from hal._binding.raising import raise_code

__all__ = ["AccessLock"]


class AccessLock:
    """A lock that is held while registers are accessed, or models are made. The same thread may take it again.

    `with lock.models() as entered, lock.behind(entered): ...`. An access may wait for the slot's model, and a model may
    want this lock; so all models come before it. Both context managers are C's: what a signal's handler raises comes
    before or after them, and leaves nothing locked. A fork waits for the lock.
    """

    _all: ClassVar[list[AccessLock]] = []

    def __init__(self) -> None:
        self._lock = fork_waits_for(threading.RLock())
        self._all.append(self)

    def models(self) -> Any:
        """A context manager that leaves the models that `behind` has entered."""
        return ffi.gc(ffi.new("int *"), lib.hal_leave_models)

    def behind(self, entered: Any) -> threading.RLock:
        """Enters all models, and gives the lock that comes behind them."""
        code = lib.hal_enter_models(entered)
        if code:
            raise_code(code, "a lock of registers")
        return self._lock

    @classmethod
    def pass_all(cls) -> None:
        """Waits until nobody holds one of them who has not waited for the models that are there by now."""
        for lock in cls._all:
            with lock.models() as entered, lock.behind(entered):
                pass
