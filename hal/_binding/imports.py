"""A fork waits for what other threads are importing.

A child has one thread: a module that another one was importing stays half imported there, and whoever needs it waits
for ever. hal imports much of itself when it is first used.
"""

from __future__ import annotations

import importlib
import threading
import time

__all__ = ["wait_for_imports"]

_LONGEST_SECONDS = 5.0
_PAUSE_SECONDS = 0.0005


def _imported_elsewhere() -> bool:
    """The import system keeps a lock for each module that is being imported, and no public list of them."""
    bootstrap = getattr(importlib, "_bootstrap", None)
    found = [reference() for reference in list(getattr(bootstrap, "_module_locks", {}).values())]
    return any(getattr(lock, "owner", None) not in {None, threading.get_ident()} for lock in found)


def wait_for_imports() -> None:
    """Waits until no other thread imports anything, for some seconds at most."""
    end = time.monotonic() + _LONGEST_SECONDS
    while _imported_elsewhere() and time.monotonic() < end:
        time.sleep(_PAUSE_SECONDS)
