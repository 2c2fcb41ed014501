"""What a fork waits for, in the Python code of hal: its locks, and what other threads are importing.

A child has one thread: a lock that another one held stays held there, and a module that another one was importing stays
half imported, and whoever needs it waits for ever. hal imports much of itself when it is first used.
"""

from __future__ import annotations

import _imp
import contextlib
import importlib
import os
import sys
import threading
import time

__all__ = ["fork_waits_for"]

_LONGEST_SECONDS = 1.0
_PAUSE_SECONDS = 0.0005

_locks: list[threading.RLock] = []
_held: list[threading.RLock] = []  # by the fork that is under way


def fork_waits_for(lock: threading.RLock) -> threading.RLock:
    """The lock, which a fork takes from now on, before all that were given earlier."""
    _locks.append(lock)
    return lock


def _imported_elsewhere() -> list[str]:
    """Modules; the import system keeps a lock for each that is being imported, and no public list of them."""
    locks = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    found = [(name, getattr(reference(), "owner", None)) for name, reference in list(locks.items())]
    return [name for name, owner in found if owner not in {None, threading.get_ident()}]


def _before_fork() -> None:
    """What is imported meanwhile may bring locks that come before those that were taken.

    Locks are waited for as long as it takes, imports for a while from when all locks were had.
    """
    end: float | None = None
    while True:
        wanted = list(reversed(_locks))
        for lock in wanted:
            lock.acquire()
            _held.append(lock)
        _imp.acquire_lock()  # from here on nobody begins to import
        if len(wanted) == len(_locks):
            end = time.monotonic() + _LONGEST_SECONDS if end is None else end
            if time.monotonic() > end or not _imported_elsewhere():
                return
        _after_fork()
        time.sleep(_PAUSE_SECONDS)


def _after_fork() -> None:
    with contextlib.suppress(RuntimeError):  # in a child some Pythons have it free already
        _imp.release_lock()
    while _held:
        _held.pop().release()


def _in_child() -> None:
    """What took too long is imported anew by who needs it."""
    for name in _imported_elsewhere():
        importlib._bootstrap._module_locks.pop(name, None)  # type: ignore[attr-defined]
        if getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False):
            del sys.modules[name]
    _after_fork()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
