"""What was done to the card from the page, and by whom."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LogEntry", "WriteLog"]

_KEPT = 500
_LINES_MAX = 20  # of one entry


class LogEntry(NamedTuple):
    """`time`: seconds since 1970. `lines`: what was done, in words; `failed`: why it was not."""

    time: float
    who: str
    map: str
    lines: tuple[str, ...]
    failed: str = ""

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return self._asdict()


class WriteLog:
    """The latest entries, the oldest first."""

    def __init__(self) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=_KEPT)

    def add(self, who: str, map_name: str, lines: Iterable[str], failed: str = "") -> LogEntry:
        """Enters what was done now."""
        all_lines = list(lines)
        kept = all_lines[:_LINES_MAX]
        if len(all_lines) > len(kept):
            kept.append(f"and {len(all_lines) - len(kept)} more")
        entry = LogEntry(time.time(), who, map_name, tuple(kept), failed)
        self._entries.append(entry)
        return entry

    def latest(self, count: int = _KEPT) -> list[LogEntry]:
        """So many of them."""
        return list(self._entries)[-count:]
