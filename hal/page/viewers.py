"""Viewers: what each of them looks at, and what it has to be told next.

What waits for a viewer is kept by place and not as a list of messages: of a value that changes while nobody takes it,
only the latest is there. So one that hangs costs as much as what it looks at, however long it hangs.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from hal.page.sessions import Session
    from hal.page.write_log import LogEntry

__all__ = ["Key", "RegisterViewer", "TooManyViewersError", "Viewer", "Viewers", "Window"]

VIEWERS_MAX = 32
_LOG_MAX = 200
_HEARTBEAT_SECONDS = 10.0


class TooManyViewersError(HalError):
    """So many pages are open that another one is not served."""


class Key(NamedTuple):
    """A register of one of the maps."""

    map: int
    path: str


class Window(NamedTuple):
    """Words of a memory of one of the maps."""

    map: int
    path: str
    start: int
    words: int


class Viewer:
    """One open page, which is told things of which only the latest matters."""

    def __init__(self, session: Session) -> None:
        self.key = secrets.token_urlsafe(12)
        self.session = session
        self._latest: dict[str, dict[str, Any]] = {}
        self._wake = asyncio.Event()
        self._ended = False

    def end(self) -> None:
        """Its stream ends."""
        self._ended = True
        self._wake.set()

    def tell(self, kind: str, message: dict[str, Any]) -> None:
        """Something of which only the latest matters."""
        self._latest[kind] = message
        self._wake.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """Server-sent events, as they come; a comment now and then, so that each side sees the other one's end."""
        while not self._ended:
            try:
                await asyncio.wait_for(self._wake.wait(), _HEARTBEAT_SECONDS)
            except asyncio.TimeoutError:
                yield b":\n\n"
                continue
            self._wake.clear()
            for message in self._taken():
                yield b"data: " + json.dumps(message, separators=(",", ":")).encode() + b"\n\n"

    def _taken(self) -> Iterator[dict[str, Any]]:
        """What it has to be told, which is forgotten with that."""
        latest, self._latest = self._latest, {}
        for kind, message in latest.items():
            yield {"kind": kind, **message}


class RegisterViewer(Viewer):
    """Of registers. `look`: the number of what it looks at now, which messages say that are about it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.look = 0
        self.registers: tuple[Key, ...] = ()
        self.window: Window | None = None
        self.sees_slot = False
        self._values: dict[int, int | None] = {}
        self._words: dict[str, Any] | None = None
        self._log: deque[LogEntry] = deque(maxlen=_LOG_MAX)

    def turn(self, registers: Iterable[Key], window: Window | None, *, sees_slot: bool) -> None:
        """Looks at something else from now on."""
        self.look += 1
        self.registers, self.window, self.sees_slot = tuple(registers), window, sees_slot
        self._values.clear()
        self._latest.pop("words", None)
        self._words = None

    def tell_value(self, place: int, bits: int | None) -> None:
        """What the register at this place of its look holds; None: nobody answered."""
        self._values[place] = bits
        self._wake.set()

    def tell_words(self, words: dict[str, Any]) -> None:
        """What its window holds, if that is news."""
        if words != self._words:
            self._words = words
            self.tell("words", {"look": self.look, **words})

    def tell_log(self, entry: LogEntry) -> None:
        """What somebody did."""
        self._log.append(entry)
        self._wake.set()

    def _taken(self) -> Iterator[dict[str, Any]]:
        yield from super()._taken()
        if self._values:
            values, self._values = self._values, {}
            shown = [[place, None if bits is None else f"{bits:x}"] for place, bits in values.items()]
            yield {"kind": "values", "look": self.look, "time": time.time(), "values": shown}
        if self._log:
            entries = [entry.data() for entry in self._log]
            self._log.clear()
            yield {"kind": "log", "entries": entries}


V = TypeVar("V", bound=Viewer)


class Viewers(Generic[V]):
    """All open pages, each of this kind."""

    def __init__(self, kind: Callable[[Session], V]) -> None:
        self._kind = kind
        self._by_key: dict[str, V] = {}

    def __iter__(self) -> Iterator[V]:
        return iter(list(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    def enter(self, session: Session) -> V:
        """A page was opened."""
        if len(self._by_key) >= VIEWERS_MAX:
            raise TooManyViewersError(f"{VIEWERS_MAX} pages are open already: close one, and load this one again")
        viewer = self._kind(session)
        self._by_key[viewer.key] = viewer
        return viewer

    def find(self, key: str, session: Session) -> V | None:
        """The page of this browser that is called so."""
        viewer = self._by_key.get(key)
        return viewer if viewer is not None and viewer.session is session else None

    def leave(self, viewer: V) -> None:
        """It was closed."""
        self._by_key.pop(viewer.key, None)

    def end(self) -> None:
        """The server ends."""
        for viewer in self:
            viewer.end()

    def tell(self, kind: str, message: dict[str, Any]) -> None:
        """Tells all of them something of which only the latest matters."""
        for viewer in self:
            viewer.tell(kind, message)
