"""The poller: reads what somebody looks at, once for all viewers, and tells each what has changed of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.devices.saved.chosen import ChosenRegisters
from hal.errors import AccessError, HalError
from hal.page.card.card_thread import CardBusyError
from hal.page.card.memory_words import read_window
from hal.page.card.slot_facts import slot_facts
from hal.page.viewers import Key, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.page.card.card_thread import CardThread
    from hal.page.card.held_slot import HeldSlot
    from hal.page.viewers import Viewer, Viewers

__all__ = ["LOOKS_MAX", "Poller"]

LOOKS_MAX = 20_000  # registers of one viewer
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


class _Found(NamedTuple):
    """What a round has brought."""

    trouble: str
    values: Sequence[tuple[Key, int | None]] = ()
    windows: Sequence[tuple[Window, dict[str, Any]]] = ()
    slot: dict[str, Any] | None = None
    silent: bool = False


class Poller:
    """`interval`: seconds between two rounds; they become fewer where a round takes long or the bus is silent."""

    def __init__(self, card: CardThread, held: HeldSlot, viewers: Viewers, interval: float) -> None:
        self._card, self._held, self._viewers, self._interval = card, held, viewers, interval
        self._wanted = _Wanted()
        self._places: dict[Key, list[tuple[Viewer, int]]] = {}
        self._stir = asyncio.Event()
        self._ended = False
        self._trouble = held.trouble
        # Of the thread that touches the card:
        self._planned: tuple[int, int] | None = None
        self._plan: list[tuple[ChosenRegisters, list[Key]]] = []
        self._slot_due = 0.0

    @property
    def trouble(self) -> str:
        """Why nothing is read now; "" where it is."""
        return self._trouble

    # -- what is looked at ----------------------------------------------------------------------------------------

    async def turn(
        self, viewer: Viewer, wanted: Sequence[Key], window: Window | None, *, sees_slot: bool
    ) -> tuple[list[Key], list[tuple[int, str, str]]]:
        """A viewer looks at something else: what is read for it, and what is not: map, path, why.

        FieldNameError for a path where nothing is, AccessError for too many.
        """
        keys, skipped = await self._card.run(lambda: self._checked(wanted))
        viewer.turn(keys, window, sees_slot=sees_slot)
        self.rearrange()
        return keys, skipped

    def _checked(self, wanted: Sequence[Key]) -> tuple[list[Key], list[tuple[int, str, str]]]:
        keys, skipped = dict[Key, None](), list[tuple[int, str, str]]()
        for key in wanted:
            design = self._held.drivers[key.map]._design
            if key.path.endswith("*"):  # all below a block
                keys.update((found, None) for found in self._below(key))
            else:
                shape = design.register_at(key.path).shape
                if shape.effects:
                    skipped.append((*key, "reading changes it"))
                elif not shape.is_readable:
                    skipped.append((*key, "write-only"))
                else:
                    keys[key] = None
            if len(keys) > LOOKS_MAX:
                raise AccessError(f"more than {LOOKS_MAX} registers are not looked at at once; nothing is read")
        return list(keys), skipped

    def _below(self, key: Key) -> list[Key]:
        """Of `ch[2].*` all registers in it that can be looked at; of `*` all of the map."""
        prefix, found = key.path[:-1], list[Key]()
        for run in self._held.drivers[key.map]._design.runs():
            shape = run.child.shape if run.child.is_register else None
            if shape is None or shape.effects or not shape.is_readable or not run.path.startswith(prefix):
                continue
            if len(found) + run.number > LOOKS_MAX:
                raise AccessError(f"{key.path} has more than {LOOKS_MAX} registers; look at a part of it")
            found += [Key(key.map, run.name(index)) for index in range(run.number)]
        return found

    def rearrange(self) -> None:
        """After what is looked at has changed, or a viewer has left."""
        places: dict[Key, list[tuple[Viewer, int]]] = {}
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
            try:
                found = await self._card.run(lambda wanted=wanted: self._round(wanted))  # type: ignore[misc]
            except CardBusyError as problem:
                found = _Found(str(problem))
            except Exception:  # noqa: BLE001  (it goes on: the next round may be of something else)
                _log.exception("a round of reading failed")
                found = _Found("reading failed inside of the server, whose output says how")
            self._deliver(found)
            took = time.monotonic() - began
            pause = max(self._interval - took, took)
            if found.silent or found.trouble:
                pause = max(pause, _SILENT_SECONDS if found.silent else _TROUBLE_SECONDS)

    def _round(self, wanted: _Wanted) -> _Found:
        """In the thread that touches the card."""
        held = self._held
        if not held.regain():
            return _Found(held.trouble)
        try:
            if self._planned != (wanted.turn, held.opened):
                self._prepare(wanted)
            values = [(keys[change.number], change.bits) for chosen, keys in self._plan for change in chosen.changes()]
            windows = [(window, read_window(held, window)) for window in wanted.windows]
        except HalError as problem:
            held.lose(problem)
            self._planned = None
            return _Found(held.trouble)
        slot = None
        if wanted.slot and time.monotonic() >= self._slot_due:
            slot = slot_facts(held.slot)
            self._slot_due = time.monotonic() + _SLOT_SECONDS
        return _Found("", values, windows, slot, any(chosen.silent for chosen, _ in self._plan))

    def _prepare(self, wanted: _Wanted) -> None:
        by_map: dict[int, list[Key]] = {}
        for key in wanted.keys:
            by_map.setdefault(key.map, []).append(key)
        self._planned = None
        self._plan = [
            (ChosenRegisters(self._held.device(number), [key.path for key in mine]), mine)
            for number, mine in by_map.items()
        ]
        self._planned = (wanted.turn, self._held.opened)

    def _deliver(self, found: _Found) -> None:
        if found.trouble != self._trouble:
            self._trouble = found.trouble
            self._viewers.tell("state", {"trouble": found.trouble})
        for key, bits in found.values:
            for viewer, place in self._places.get(key, ()):
                viewer.tell_value(place, bits)
        for window, words in found.windows:
            for viewer in self._viewers:
                if viewer.window == window:
                    viewer.tell_words(words)
        if found.slot is not None:
            for viewer in self._viewers:
                if viewer.sees_slot:
                    viewer.tell("slot", found.slot)
