"""Progress of what takes more than a second: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Progress", "progress_for"]

Progress = Callable[[float], None]

_SHOW_AFTER = 1.0  # seconds


@contextmanager
def progress_for(given: Progress | None, title: str) -> Iterator[Progress]:
    """What to call with the seconds since the start: the caller's function, or a bar on standard error's terminal."""
    if given is not None:
        yield given
        return
    bar = _terminal_bar(title) if sys.stderr.isatty() else None
    if bar is None:
        yield lambda _seconds: None
        return
    try:
        yield bar.show
    finally:
        bar.stop()


class _TerminalBar:
    """rich's bar, shown only once the work has taken a while."""

    def __init__(self, rich_progress: Any, title: str) -> None:
        self._bar = rich_progress
        self._title = title
        self._started = False

    def show(self, seconds: float) -> None:
        if seconds >= _SHOW_AFTER and not self._started:
            self._bar.start()
            self._bar.add_task(self._title, total=None)
            self._started = True

    def stop(self) -> None:
        if self._started:
            self._bar.stop()


def _terminal_bar(title: str) -> _TerminalBar | None:
    """None where rich is not installed: a driver needs cffi alone."""
    try:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.progress import Progress as RichProgress  # noqa: PLC0415
    except ImportError:
        return None
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return _TerminalBar(RichProgress(*columns, console=Console(stderr=True), transient=True), title)
