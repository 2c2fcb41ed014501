"""The poller: has what somebody looks at read, once for all viewers, and tells each what has changed of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from hal.errors import HalError
from hal.page.card.rounds import Found, Round, choose, looked_at, read_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.devices.device import Device
    from hal.page.card.card_thread import AskedCard
    from hal.page.viewers import Key, RegisterViewer, Viewers, Window

__all__ = ["Poller"]

_log = logging.getLogger("hal.page")
_SLOT_SECONDS = 1.0
_TROUBLE_SECONDS = 1.0
_SILENT_SECONDS = 2.0  # a bus that times out is not asked more often


class _Wanted(NamedTuple):
    """What is looked at, each register once. `turn`: another one when a viewer has turned, who is told all anew."""

    turn: int = 0
    keys: tuple[Key, ...] = ()
    windows: tuple[Window, ...] = ()
    slot: bool = False


class Poller:
    """`interval`: seconds between two rounds; they become fewer where a round takes long or the bus is silent.

    `trouble`: why nothing is read now; "" where it is.
    """

    def __init__(
        self,
        card: AskedCard,
        drivers: Sequence[type[Device]],
        viewers: Viewers[RegisterViewer],
        interval: float,
        trouble: str = "",
    ) -> None:
        self.trouble = trouble
        self._card, self._drivers, self._viewers, self._interval = card, drivers, viewers, interval
        self._wanted = _Wanted()
        self._places: dict[Key, list[tuple[RegisterViewer, int]]] = {}
        self._stir = asyncio.Event()
        self._ended = False
        self._slot_due = 0.0

    # -- what is looked at ----------------------------------------------------------------------------------------

    def turn(
        self, viewer: RegisterViewer, wanted: Sequence[Key], window: Window | None, *, sees_slot: bool
    ) -> tuple[list[Key], list[tuple[int, str, str]]]:
        """A viewer looks at something else: what is read for it, and what is not, as in `looked_at`."""
        keys, skipped = looked_at(self._drivers, wanted)
        viewer.turn(keys, window, sees_slot=sees_slot)
        self.rearrange()
        return keys, skipped

    def rearrange(self) -> None:
        """After what is looked at has changed, or a viewer has left."""
        places: dict[Key, list[tuple[RegisterViewer, int]]] = {}
        windows: dict[Window, None] = {}
        slot = False
        for viewer in self._viewers:
            for place, key in enumerate(viewer.registers):
                places.setdefault(key, []).append((viewer, place))
            if viewer.window is not None:
                windows[viewer.window] = None
            slot = slot or viewer.sees_slot
        self._places = places
        self._wanted = _Wanted(self._wanted.turn + 1, tuple(places), tuple(windows), slot)
        self.soon()

    def soon(self) -> None:
        """The next round is now."""
        self._stir.set()

    def end(self) -> None:
        """There are no more rounds."""
        self._ended = True
        self._stir.set()

    # -- rounds ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until `end`: a cancellation that meets the event it waits for is lost before Python 3.12."""
        pause: float | None = None
        while not self._ended:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stir.wait(), pause)
            self._stir.clear()
            wanted = self._wanted
            if not any(wanted[1:]):
                pause = None
                continue
            began = time.monotonic()
            found = await self._found(wanted)
            self._deliver(wanted, found)
            took = time.monotonic() - began
            pause = max(self._interval - took, took)
            if found.silent or found.trouble:
                pause = max(pause, _SILENT_SECONDS if found.silent else _TROUBLE_SECONDS)

    async def _found(self, wanted: _Wanted) -> Found:
        is_slot_due = wanted.slot and time.monotonic() >= self._slot_due
        asked = Round(wanted.turn, wanted.windows, is_slot_due)
        try:
            found = await self._card.run(partial(read_round, asked=asked))
            if not found.is_chosen:
                await self._card.run(partial(choose, turn=wanted.turn, registers=wanted.keys))
                found = await self._card.run(partial(read_round, asked=asked))
        except HalError as problem:  # nobody answers for the card
            return Found(str(problem))
        except Exception:  # noqa: BLE001  (it goes on: the next round may be of something else)
            _log.exception("a round of reading failed")
            return Found("reading failed inside of the server, whose output says how")
        if found.slot is not None:
            self._slot_due = time.monotonic() + _SLOT_SECONDS
        return found

    def _deliver(self, wanted: _Wanted, found: Found) -> None:
        if found.trouble != self.trouble:
            self.trouble = found.trouble
            self._viewers.tell("state", {"trouble": found.trouble})
        for number, bits in found.values:
            for viewer, place in self._places.get(wanted.keys[number], ()):
                viewer.tell_value(place, bits)
        for window, words in found.windows:
            for viewer in self._viewers:
                if viewer.window == window:
                    viewer.tell_words(words)
        if found.slot is not None:
            for viewer in self._viewers:
                if viewer.sees_slot:
                    viewer.tell("slot", found.slot)
