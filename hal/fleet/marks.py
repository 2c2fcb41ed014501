"""Marks beside a slot's lock: for whom a process has taken the slot, and why no fleet takes it.

Each process has a mark of its own, and it is there for longer than that process holds the lock: it is left before, and
removed after. So whoever sees who holds the lock finds for whom.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hal.slots.locking import lock_of

if TYPE_CHECKING:
    from hal._binding import Library

__all__ = ["QUARANTINE", "TAKEN", "Mark", "leave_mark", "read_mark", "remove_dead_marks", "remove_mark"]

QUARANTINE, TAKEN = "quarantine", "taken"
_TEXT_MAX = 500
_FILE_MAX = 8 << 10


class Mark(NamedTuple):
    """`text`: who or why. `since`: seconds since 1970, None where it does not say.

    `design`: the digest of the map whose design its process has loaded, "" where it has not, or does not say.
    """

    text: str
    since: float | None = None
    design: str = ""


def _file_of(library: Library, number: int, kind: str, process: int | None = None) -> Path | None:
    """None of a private card, which nobody else sees. `process`: whose, None for this one's."""
    lock = lock_of(number, library)
    if lock is None:
        return None
    return lock.path.with_suffix(f".{process or os.getpid()}.{TAKEN}" if kind == TAKEN else f".{kind}")


def read_mark(library: Library, number: int, kind: str, process: int | None = None) -> Mark | None:
    """The slot's mark of a kind; None where it has none. `process`: whose of TAKEN, None for this one's."""
    file = _file_of(library, number, kind, process)
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            said = json.loads(opened.read(_FILE_MAX))
        since = said.get("time")
        return Mark(
            str(said["why"])[:_TEXT_MAX],
            float(since) if isinstance(since, (int, float)) else None,
            str(said.get("design", ""))[:_TEXT_MAX],
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Mark("its mark can't be read")


def leave_mark(
    library: Library, number: int, kind: str, text: str, *, since: float | None = None, design: str = ""
) -> None:
    """Says so from now on, or since then. Whoever calls it has made, or had, the slot's lock: the folder is there."""
    file = _file_of(library, number, kind)
    if file is None:
        return
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    said = {"why": text[:_TEXT_MAX], "time": since or time.time(), "design": design}
    part.write_text(json.dumps(said), encoding="utf-8")
    part.replace(file)


def remove_mark(library: Library, number: int, kind: str) -> bool:
    """Whether there was one."""
    file = _file_of(library, number, kind)
    if file is None or not file.exists():
        return False
    file.unlink(missing_ok=True)
    return True


def remove_dead_marks(library: Library, number: int) -> None:
    """Those of processes that were killed."""
    lock = lock_of(number, library)
    for file in lock.path.parent.glob(f"{lock.path.stem}.*.{TAKEN}") if lock is not None else ():
        with suppress(OSError):  # of another user
            if not Path("/proc", file.suffixes[-2][1:]).exists():
                file.unlink(missing_ok=True)
