"""Locks under which registers are accessed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar

from hal._binding.extension import lib
from hal._binding.forks import fork_waits_for
from hal._binding.raising import raise_code

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["AccessLock"]


class AccessLock:
    """A lock that is held while registers are accessed, or models are made. The same thread may take it again.

    An access may wait for the slot's model, and a model may want this lock; so all models come before it. A fork waits
    for it.
    """

    _all: ClassVar[list[AccessLock]] = []

    def __init__(self) -> None:
        self._lock = fork_waits_for(threading.RLock())
        self._entered: list[int] = []  # models, by each time that the lock is held
        self._all.append(self)

    def __enter__(self) -> None:
        count = lib.hal_enter_models()
        if count < 0:
            raise_code(count, "a lock of registers")
        try:
            self._lock.acquire()
        except BaseException:
            lib.hal_leave_models(count)
            raise
        self._entered.append(count)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        count = self._entered.pop()
        self._lock.release()
        lib.hal_leave_models(count)

    @classmethod
    def pass_all(cls) -> None:
        """Waits until nobody holds one of them who has not waited for the models that are there by now."""
        for lock in cls._all:
            with lock:
                pass
