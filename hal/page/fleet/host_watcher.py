"""The process of a fleet's page on a host: it looks at the host's slots, and reads registers beside the cards."""

from __future__ import annotations

import pickle
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import HalError, SlotError
from hal.fleet.hosts import library_of, look_at_slot, slots_of
from hal.fleet.losses import Failure, failure_of
from hal.fleet.marks import TAKEN, read_mark
from hal.page.card.held_slot import HeldSlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal._binding import Library
    from hal.fleet.drivers import ShippedDriver
    from hal.fleet.hosts import CardState, HostSetup

__all__ = ["CardLook", "HostWatcher"]

_SLOT_SECONDS = 5.0  # that a question to a slot waits for an answer
_SILENT_SECONDS = 2.0  # a bus that times out is not asked more often
_KEPT_SECONDS = 60.0  # a slot that a page of registers has opened, after the last question


class CardLook(NamedTuple):
    """A slot, and what its registers hold.

    `fits`: maps whose design it holds, and of each the bits of the wanted registers in their order, None where nobody
    answered. `misfit`: why there is none, where it is loaded.
    """

    state: CardState
    fits: tuple[tuple[int, tuple[int | None, ...]], ...] = ()
    misfit: str = ""


class _Read:
    """A slot with one map, and the registers that are read of it."""

    def __init__(self, held: HeldSlot, afi: str) -> None:
        self.held, self.afi = held, afi
        self._values: list[int | None] = []
        self._due = 0.0

    def values(self, turn: int, paths: Sequence[str]) -> tuple[int | None, ...]:
        """What they hold."""
        held = self.held
        if held.turn != turn:
            held.choose(turn, [(0, path) for path in paths])
            self._values, self._due = [None] * len(paths), 0.0
        if paths and time.monotonic() >= self._due:
            found, silent = held.changes()
            for number, bits in found:
                self._values[number] = bits
            self._due = time.monotonic() + _SILENT_SECONDS if silent else 0.0
        return tuple(self._values)


class HostWatcher:
    """Of one page. Nothing is loaded, locked or written; registers that reading changes are read by nobody's looking.

    Methods answer with a Failure where they would raise.
    """

    def __init__(self, setup: HostSetup, node: str, drivers: Sequence[ShippedDriver]) -> None:
        self._setup, self._node, self._shipped = setup, node, tuple(drivers)
        self._known: Library | None = None
        self._drivers: list[Any] = []
        self._reads: dict[tuple[int, int], _Read] = {}
        self._paged: dict[tuple[int, int], tuple[HeldSlot, float]] = {}

    def _library(self) -> Library:
        """Found at the first question, whose answer says what is wrong with it."""
        if self._known is None:
            self._drivers = [shipped.unpack() for shipped in self._shipped]
            self._known = library_of(self._setup, self._node)
        return self._known

    # -- the table ------------------------------------------------------------------------------------------------

    def look(self, turn: int, columns: Sequence[Sequence[str]]) -> list[CardLook] | Failure:
        """Every slot of this host. `columns`: the registers that are wanted of each map; another turn, other ones."""
        try:
            states = slots_of(self._library(), self._node, _SLOT_SECONDS)
            found = [self._look_at(state, turn, columns) for state in states]
        except Exception as error:  # noqa: BLE001  (it travels)
            return failure_of(error)
        self._close_unused()
        return found

    def _look_at(self, state: CardState, turn: int, columns: Sequence[Sequence[str]]) -> CardLook:
        if state.state not in {"free", "taken"}:  # a bus that is dead is not asked
            self._forget(state.slot, state.why)
            return CardLook(state)
        fits, misfit = [], ""
        for number, driver in enumerate(self._drivers):
            read = self._read_of(state, number)
            why = self._why_not(state, driver)
            if why:
                misfit = misfit or why
                if not read.held.trouble:
                    read.held.lose(why)
                continue
            if not read.held.regain():
                misfit = misfit or read.held.trouble
                continue
            try:
                fits.append((number, read.values(turn, columns[number])))
            except HalError as problem:
                read.held.lose(problem)
                misfit = misfit or str(problem)
        return CardLook(state, tuple(fits), "" if fits else misfit)

    def _why_not(self, state: CardState, driver: Any) -> str:
        """Why nothing is read of a slot with a map, "" where it is: the page guesses nothing.

        A read of another design might change something of it, also one that only asks for its identity.
        """
        design = driver._design
        if state.afi and state.afi in {*design.afi, design.afi_id}:
            return ""
        mark = read_mark(self._library(), state.slot, TAKEN, state.holder) if state.holder is not None else None
        if mark is not None and design.digest and mark.design == design.digest:
            return ""
        return f"it holds {state.afi or 'no AFI'}, which is not known to be {design.name}"

    def _read_of(self, state: CardState, number: int) -> _Read:
        read = self._reads.get((state.slot, number))
        if read is None:
            held = HeldSlot(state.slot, [self._drivers[number]], self._library())
            read = self._reads[state.slot, number] = _Read(held, state.afi)
        if read.afi != state.afi:
            read.afi = state.afi
            read.held.lose("another AFI was loaded")
        return read

    def _forget(self, slot: int, why: str) -> None:
        for (number, _), read in self._reads.items():
            if number == slot and not read.held.trouble:
                read.held.lose(why)

    # -- one card -------------------------------------------------------------------------------------------------

    def run(self, slot: int, number: int, job: bytes) -> bytes | Failure:
        """What a job makes of a slot with one map: a function of this package, packed, that gets a HeldSlot."""
        try:
            return pickle.dumps(pickle.loads(job)(self._opened(slot, number)))  # noqa: S301  (from the page's own server)
        except Exception as error:  # noqa: BLE001  (it travels)
            return failure_of(error)
        finally:
            if kept := self._paged.get((slot, number)):
                self._paged[slot, number] = kept[0], time.monotonic()

    def _opened(self, slot: int, number: int) -> HeldSlot:
        """The slot, where it holds the map's design; SlotError where it does not."""
        held = self._paged_slot(slot, number)
        why = self._why_closed(look_at_slot(self._library(), self._node, slot, _SLOT_SECONDS), number)
        if why and not held.trouble:
            held.lose(why)
        if why:
            raise SlotError(f"slot {slot}: {why}")
        held.regain()
        return held

    def _why_closed(self, state: CardState | None, number: int) -> str:
        if state is None:
            return "it is not there any more"
        if state.state not in {"free", "taken"}:
            return f"it is {state.state}: {state.why}"
        return self._why_not(state, self._drivers[number])

    def _paged_slot(self, slot: int, number: int) -> HeldSlot:
        """Opened for the card's own page, which looks at other registers than the table."""
        self._close_unused()
        library, kept = self._library(), self._paged.get((slot, number))
        held = kept[0] if kept else HeldSlot(slot, [self._drivers[number]], library)
        self._paged[slot, number] = held, time.monotonic()  # and anew when the job is done
        return held

    def _close_unused(self) -> None:
        oldest = time.monotonic() - _KEPT_SECONDS
        for place in [place for place, (_, used) in self._paged.items() if used < oldest]:
            self._paged.pop(place)[0].close()

    def registers(self, number: int) -> dict[int, dict[str, int] | str] | Failure:
        """By slot, of all that hold a map's design: what its registers hold, or why that can't be told."""
        try:
            return {
                slot: _registers_of(read.held)
                for (slot, own), read in self._reads.items()
                if own == number and not read.held.trouble
            }
        except Exception as error:  # noqa: BLE001  (it travels)
            return failure_of(error)


def _registers_of(held: HeldSlot) -> dict[str, int] | str:
    try:
        return dict(held.device(0).snapshot())
    except HalError as problem:
        return str(problem)
