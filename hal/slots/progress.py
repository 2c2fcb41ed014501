"""Progress of what takes more than a second: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Progress", "TransferBar", "count_for", "progress_for"]

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


@contextmanager
def count_for(title: str, total: int, *, is_shown: bool = True) -> Iterator[Callable[[int], None]]:
    """What to call with how many of `total` are done: a bar on standard error's terminal, nothing elsewhere."""
    bar = _terminal_bar(title, total) if is_shown and sys.stderr.isatty() else None
    began = time.monotonic()

    def show(done: int) -> None:
        if bar is not None:
            bar.show(time.monotonic() - began, done)

    try:
        yield show
    finally:
        if bar is not None:
            bar.stop()


class TransferBar:
    """What to call with the bytes of a transfer that are over, and all of them: a bar as of `count_for`, for each."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: _TerminalBar | None = None
        self._began = 0.0

    def __call__(self, done: int, total: int) -> None:
        """At its end with all of them, however it has ended."""
        if self._bar is None and done < total and sys.stderr.isatty():
            self._bar, self._began = _terminal_bar(self._title, total), time.monotonic()
        if self._bar is not None:
            self._bar.show(time.monotonic() - self._began, done)
            if done >= total:
                self._bar.stop()
                self._bar = None


class _TerminalBar:
    """rich's bar, shown only once the work has taken a while."""

    def __init__(self, rich_progress: Any, title: str, total: int | None) -> None:
        self._bar = rich_progress
        self._title, self._total = title, total
        self._started = False
        self._task: Any = None

    def show(self, seconds: float, done: int | None = None) -> None:
        if seconds >= _SHOW_AFTER and not self._started:
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total)
            self._started = True
        if self._started and done is not None:
            self._bar.update(self._task, completed=done)

    def stop(self) -> None:
        if self._started:
            self._bar.stop()


def _terminal_bar(title: str, total: int | None = None) -> _TerminalBar | None:
    """None where rich is not installed: a driver needs cffi alone."""
    try:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.progress import Progress as RichProgress  # noqa: PLC0415
    except ImportError:
        return None
    counts = () if total is None else (MofNCompleteColumn(),)
    columns = (TextColumn("{task.description}"), BarColumn(), *counts, TimeElapsedColumn())
    return _TerminalBar(RichProgress(*columns, console=Console(stderr=True), transient=True), title, total)
