"""Files that are locked (flock) between processes: their descriptors, which a forked child closes, and their waits.

A descriptor is one for parent and child: a child that kept it would hold what its parent, when it is killed, can't give
back.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time

from hal._binding.forks import fork_waits_for
from hal.plain_files import open_plain

__all__ = ["close_lock_file", "hand_over_lock_file", "open_lock_file", "open_plain_lock_file", "wait_for_lock"]

_PAUSES_SECONDS = (0.0005, 0.01)  # first and longest pause between two tries

_open: set[int] = set()
# Held by what opens and closes, and by a fork: no child has a descriptor that it does not know of. A fork takes it last
# of hal's locks, for a collected object may close its file under any other one; so it is made first.
_changing = fork_waits_for(threading.RLock())


def open_lock_file(path: str | os.PathLike[str], flags: int, mode: int = 0o644, *, directory: int | None = None) -> int:
    """The descriptor of a file, to be closed by `close_lock_file`. `directory` and OSError as in `os.open`."""
    with _changing:
        descriptor = os.open(path, flags | os.O_CLOEXEC, mode, dir_fd=directory)
        _open.add(descriptor)
    return descriptor


def open_plain_lock_file(name: str, directory: int) -> int:
    """The same of a file that is there, as `open_plain` opens it."""
    with _changing:
        descriptor, _ = open_plain(name, directory=directory)
        _open.add(descriptor)
    return descriptor


def close_lock_file(descriptor: int) -> None:
    """Closes it, and so gives its lock back. In a child, which has closed its parent's, this does nothing."""
    with _changing:
        if descriptor in _open:
            _open.discard(descriptor)
            os.close(descriptor)


def hand_over_lock_file(descriptor: int) -> None:
    """Somebody else closes it from now on."""
    with _changing:
        _open.discard(descriptor)


def wait_for_lock(descriptor: int, timeout: float | None = None) -> bool:
    """Whether the file was locked within `timeout` seconds; None: waits as long as it takes, or until a signal ends it.

    It is tried again and again: a signal that comes just before a blocking call would not end that.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    pause, longest = _PAUSES_SECONDS
    while not _try_lock(descriptor):
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return False
        time.sleep(pause if deadline is None else min(pause, deadline - now))
        pause = min(2 * pause, longest)
    return True


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _close_in_child() -> None:
    for descriptor in _open:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _open.clear()


os.register_at_fork(after_in_child=_close_in_child)
