"""Marks beside a slot's lock: who has taken the slot for a fleet, and why no fleet takes it."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from hal.slots.locking import lock_of

if TYPE_CHECKING:
    from pathlib import Path

    from hal._binding import Library

__all__ = ["QUARANTINE", "TAKEN", "Mark", "leave_mark", "read_mark", "remove_mark"]

QUARANTINE, TAKEN = "quarantine", "taken"
_TEXT_MAX = 500
_FILE_MAX = 8 << 10


class Mark(NamedTuple):
    """`text`: who or why. `since`: seconds since 1970, None where it does not say; `process` has left it.

    `design`: the digest of the map whose design that process has loaded, "" where it has not, or does not say.
    """

    text: str
    since: float | None = None
    process: int | None = None
    design: str = ""


def _file_of(library: Library, number: int, kind: str) -> Path | None:
    """None of a private card, which nobody else sees."""
    lock = lock_of(number, library)
    return lock.path.with_suffix(f".{kind}") if lock is not None else None


def read_mark(library: Library, number: int, kind: str) -> Mark | None:
    """The slot's mark of a kind; None where it has none."""
    file = _file_of(library, number, kind)
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            said = json.loads(opened.read(_FILE_MAX))
        since, process = said.get("time"), said.get("process")
        return Mark(
            str(said["why"])[:_TEXT_MAX],
            float(since) if isinstance(since, (int, float)) else None,
            process if isinstance(process, int) else None,
            str(said.get("design", ""))[:_TEXT_MAX],
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Mark("its mark can't be read")


def leave_mark(
    library: Library, number: int, kind: str, text: str, *, since: float | None = None, design: str = ""
) -> None:
    """Says so from now on, or since then. Whoever calls it has, or had, the slot's lock: the folder is there."""
    file = _file_of(library, number, kind)
    if file is None:
        return
    part = file.with_suffix(f".{kind}.{os.getpid()}.part")
    said = {"why": text[:_TEXT_MAX], "time": since or time.time(), "process": os.getpid(), "design": design}
    part.write_text(json.dumps(said), encoding="utf-8")
    part.replace(file)


def remove_mark(library: Library, number: int, kind: str) -> bool:
    """Whether there was one."""
    file = _file_of(library, number, kind)
    if file is None or not file.exists():
        return False
    file.unlink(missing_ok=True)
    return True
