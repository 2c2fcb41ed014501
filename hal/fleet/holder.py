"""The process that holds one card, beside it: a Ray actor."""

from __future__ import annotations

import os
import pickle
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import BusTimeoutError, HalError
from hal.fleet.engine import pack, ray
from hal.fleet.hosts import HostSetup, free_slot, give_back, library_of, quarantine
from hal.fleet.journal import Journal
from hal.fleet.losses import Failure, failure_of
from hal.fleet.marks import TAKEN, leave_mark, read_mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.devices.device import Device
    from hal.fleet.drivers import ShippedDriver
    from hal.slots.slot import Slot

__all__ = ["Holder", "Order", "Outcome", "Reply", "Taken"]

_KNOWN_MAX = 16  # functions that a card keeps

Outcome = Any  # bytes of a value, or a Failure


class Order(NamedTuple):
    """What each card of an acquisition is to be: the same again after a loss."""

    driver: ShippedDriver
    afi: str | None
    setup: bytes | None  # the caller's function, packed
    reload_dead: bool
    load_timeout: float
    who: str  # takes them, in words


class Taken(NamedTuple):
    """A card that is ready."""

    host: str
    node: str
    slot: int
    process: int
    afi: str
    journal: str


class Reply(NamedTuple):
    """What became of a run: an outcome for each item that ended, in their order.

    `doubt`: a read timed out in the run, so that no value of it can be trusted. `dead`: why no more can end here.
    """

    outcomes: list[Outcome]
    doubt: Failure | None = None
    dead: str = ""


class Holder:
    """Holds a slot from `take` until its process ends. Methods answer with a Failure where they would raise."""

    def __init__(self, setup: HostSetup, order: Order) -> None:
        self._setup, self._order = setup, order
        self._known: dict[str, Callable[..., Any]] = {}
        self._slot: Slot | None = None
        self._device: Device | None = None

    def take(self, patience: float) -> Taken | Failure:
        """Takes a free slot of this host, loads the AFI, verifies what it is, and runs the caller's setup."""
        try:
            node = ray().get_runtime_context().get_node_id()
            self._library = library_of(self._setup, node)
            self._driver = self._order.driver.unpack()
            self._slot = free_slot(self._library, patience, self._order.who)
            try:
                afi = self._bring_up()
            except BaseException:
                give_back(self._slot)
                raise
            self._journal = Journal()
        except Exception as error:  # noqa: BLE001  (it travels)
            place = "" if self._slot is None else f"{socket.gethostname()}, slot {self._slot.number}"
            return failure_of(error)._replace(place=place)
        return Taken(socket.gethostname(), node, self._slot.number, os.getpid(), afi, self._journal.path)

    def _bring_up(self) -> str:
        """The AFI is loaded anew, whatever the slot holds: nothing is left of an earlier user. Its id."""
        slot, driver = self._slot, self._driver
        assert slot is not None
        self._say_design("")
        if slot.library.card is not None:
            known = slot.emulator.install(driver)
            afi = self._order.afi or known
        else:
            afi = self._order.afi or driver.afi_id()
        slot.load(afi, driver=driver, timeout=self._order.load_timeout)
        self._device = slot.attach(driver)
        self._say_design(driver._design.digest)
        if self._order.setup is not None:
            pickle.loads(self._order.setup)(self._device)  # noqa: S301  (the caller's own)
        return afi

    def _say_design(self, digest: str) -> None:
        """For those who look at the slot meanwhile: which map's design it holds."""
        assert self._slot is not None
        place = self._library, self._slot.number, TAKEN
        before = read_mark(*place)
        with suppress(OSError):
            leave_mark(*place, self._order.who, since=before.since if before else None, design=digest)

    def learn(self, name: str, function: bytes) -> Failure | None:
        """Keeps a function for the runs that name it."""
        try:
            self._known[name] = pickle.loads(function)  # noqa: S301
        except Exception as error:  # noqa: BLE001
            return failure_of(error)
        while len(self._known) > _KNOWN_MAX:
            del self._known[next(iter(self._known))]
        return None

    def run(self, number: int, name: str, items: list[bytes]) -> Reply:
        """The function of that name for each item, whose bytes are its arguments after the device."""
        assert self._slot is not None
        function, outcomes = self._known[name], []
        self._journal.begin(number)
        for item in items:
            outcomes.append(self._one(function, item))
            self._journal.ended(len(outcomes))
            if isinstance(outcomes[-1], Failure) and outcomes[-1].kind == BusTimeoutError.__qualname__:
                break
        try:
            self._slot.check_bus()
        except HalError as error:
            return Reply(outcomes, failure_of(error), self._why_dead(error))
        if len(outcomes) < len(items):  # the function has asked the bus itself, and is told once
            return Reply(outcomes, outcomes[-1], self._why_dead(outcomes[-1].text))
        return Reply(outcomes)

    def _one(self, function: Callable[..., Any], item: bytes) -> Outcome:
        try:
            arguments, words = pickle.loads(item)  # noqa: S301
            return pack(function(self._device, *arguments, **words))
        except Exception as error:  # noqa: BLE001  (it travels)
            return failure_of(error)

    def _why_dead(self, error: HalError | str) -> str:
        """A read that nobody answered may be one address; a bus that answers nowhere is a card that must be replaced.

        "" where the card answers, or answers again after a load.
        """
        if self._answers():
            return ""
        if self._order.reload_dead:
            try:
                self._bring_up()
            except Exception as problem:  # noqa: BLE001
                return f"{error}; a load did not help: {problem}"
            return ""
        return str(error)

    def _answers(self) -> bool:
        assert self._slot is not None
        try:
            return self._driver._probe(self._slot)()
        except Exception:  # noqa: BLE001
            return False

    def leave(self, why: str = "") -> None:
        """Gives the slot back; with a reason, to nobody else."""
        slot, self._slot, self._device = self._slot, None, None
        if slot is None:
            return
        self._journal.remove()
        if why:
            quarantine(self._library, slot.number, why)
        give_back(slot)
