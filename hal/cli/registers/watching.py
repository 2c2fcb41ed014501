"""`hal watch` on a terminal: a list of values that scrolls, is filtered, and marks for a while what has changed."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.cli.output import terminal_console
from hal.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from hal.texts.readings import Reading

__all__ = ["WatchedValues", "show_values"]

MARK_SECONDS = 5.0
_FRESH_SECONDS = 1.0
_FRAME = 3  # lines for the head, the foot, and between them
_HELP = "arrows scroll, / filters, c changed ones, space pauses, q ends"
_KEYS = {
    "\x1b[A": "up",
    "\x1bOA": "up",
    "k": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "j": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    "\x1b[H": "home",
    "\x1b[1~": "home",
    "g": "home",
    "\x1b[F": "end",
    "\x1b[4~": "end",
    "G": "end",
    " ": "pause",
    "c": "changed",
    "/": "filter",
    "q": "quit",
}
_TYPED_MAX = 80


class _Value(NamedTuple):
    path: str
    text: str
    changed: float | None  # when


class WatchedValues:
    """What is shown of the values: which of them, from where on, and what is marked. Knows nothing of terminals."""

    def __init__(self) -> None:
        self.first = 0
        self.filter = ""
        self.only_changed = False
        self.paused = False
        self.ended = False
        self._typing: str | None = None  # a filter that is being typed
        self._values: list[_Value] = []

    def take(self, readings: list[Reading], now: float) -> None:
        """What was read at a time in seconds. Pausing keeps what is shown, and marks go on fading."""
        if self.paused:
            return
        before = {value.path: value for value in self._values}
        self._values = []
        for reading in readings:
            path, text = printable(reading.path), printable(reading.text)
            old = before.get(path)
            changed = None if old is None else now if old.text != text else old.changed
            self._values.append(_Value(path, text, changed))

    def shown(self) -> list[_Value]:
        """Those that pass the filter."""
        wanted = (self.filter if self._typing is None else self._typing).lower()
        return [
            value
            for value in self._values
            if wanted in f"{value.path} {value.text}".lower() and (value.changed is not None or not self.only_changed)
        ]

    def window(self, height: int) -> list[_Value]:
        """Those of them that fit so many lines, from the first one on that was scrolled to."""
        found = self.shown()
        self.first = max(0, min(self.first, len(found) - height))
        return found[self.first : self.first + height]

    def press(self, key: str, height: int) -> None:
        """A key, as text that a terminal sends for it."""
        if self._typing is not None:
            self._type(key)
            return
        name = _KEYS.get(key, "")
        steps = {"up": -1, "down": 1, "page up": -height, "page down": height, "home": -(1 << 30), "end": 1 << 30}
        if name in steps:
            self.first = max(0, self.first + steps[name])
        elif name == "filter":
            self._typing = ""
        elif name == "changed":
            self.only_changed = not self.only_changed
        elif name == "pause":
            self.paused = not self.paused
        elif name == "quit":
            self.ended = True

    def _type(self, key: str) -> None:
        typed = self._typing or ""
        if key in {"\r", "\n"}:
            self.filter, self._typing = typed, None
        elif key == "\x1b":
            self.filter, self._typing = "", None
        elif key in {"\x7f", "\b"}:
            self._typing = typed[:-1]
        elif key.isprintable() and len(typed) < _TYPED_MAX:
            self._typing = typed + key

    def foot(self, height: int) -> str:
        """What is said below the values."""
        if self._typing is not None:
            return f"/{self._typing}"
        number, total = len(self.shown()), len(self._values)
        parts = [f"{self.first + 1} to {min(number, self.first + height)} of {number}" if number > height else ""]
        parts += [f"{number} of {total} match {self.filter!r}" if self.filter else ""]
        parts += ["changed ones" if self.only_changed else "", "paused" if self.paused else "", _HELP]
        return "  ".join(filter(None, parts))

    def drawn(self, height: int, now: float) -> RenderableType:
        """As rich draws it on so many lines."""
        from rich.console import Group  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        room = max(1, height - _FRAME)
        table = Table("path", "value", box=None, pad_edge=False)
        for value in self.window(room):
            table.add_row(Text(value.path), Text(value.text, style=_style(value, now)))
        return Group(table, Text(self.foot(room), style="dim", no_wrap=True))


def _style(value: _Value, now: float) -> str:
    if value.changed is None or now - value.changed > MARK_SECONDS:
        return ""
    return "bold reverse" if now - value.changed <= _FRESH_SECONDS else "bold"


def show_values(samples: Iterator[list[Reading]], interval: float) -> None:
    """Shows what is read until there is no more, or `q`; what was last seen stays on the terminal then."""
    from rich.live import Live  # noqa: PLC0415

    console, values = terminal_console(), WatchedValues()
    try:
        with _keys() as pressed, Live(console=console, auto_refresh=False, screen=True) as live:
            for readings in samples:
                values.take(readings, time.monotonic())
                due = time.monotonic() + interval
                while not values.ended:
                    live.update(values.drawn(console.height, time.monotonic()), refresh=True)
                    left = due - time.monotonic()
                    if left <= 0:
                        break
                    for key in pressed(left):
                        values.press(key, console.height - _FRAME)
                if values.ended:
                    break
    finally:
        values.first = 0
        console.print(values.drawn(len(values.shown()) + _FRAME, time.monotonic() + MARK_SECONDS))


@contextmanager
def _keys() -> Iterator[Any]:
    """What waits for keys so many seconds, and returns them; where no keyboard is, it only waits."""
    try:
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (termios.error, ValueError, OSError):
        yield _no_keys
        return
    unread = ""

    def pressed(seconds: float) -> list[str]:
        nonlocal unread
        if not select.select([descriptor], [], [], min(seconds, _FRESH_SECONDS))[0]:
            return []
        part = os.read(descriptor, 256)
        if not part:  # its end
            time.sleep(seconds)
            return []
        keys, unread = _split(unread + part.decode(errors="replace"))
        return keys

    tty.setcbreak(descriptor)
    try:
        yield pressed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _no_keys(seconds: float) -> list[str]:
    time.sleep(seconds)
    return []


def _split(text: str) -> tuple[list[str], str]:
    """The keys in what a terminal sent, and the begun one at its end."""
    keys = list[str]()
    while text:
        found = next((name for name in sorted(_KEYS, key=len, reverse=True) if text.startswith(name)), text[0])
        if found == "\x1b" and text != "\x1b" and text[1] in "[O":
            end = next((at for at, letter in enumerate(text[2:], start=2) if letter.isalpha() or letter == "~"), -1)
            if end < 0:
                return keys, text
            found = text[: end + 1]
        keys.append(found)
        text = text[len(found) :]
    return keys, ""
