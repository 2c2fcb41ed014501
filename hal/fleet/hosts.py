"""What a host of a fleet does for it: which library, which slots, which of them may be had."""

from __future__ import annotations

import os
import pwd
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hal._binding.sdk.discovery import find_library
from hal.codes import SLOTS
from hal.emulator.shared_cards import create_card, find_card, use_card
from hal.errors import CardMissingError, HalError, SlotError
from hal.fleet.losses import FleetError, FleetTimeoutError
from hal.fleet.marks import QUARANTINE, TAKEN, leave_mark, read_mark, remove_dead_marks, remove_mark
from hal.slots.locking import lock_of
from hal.slots.opening import open_slot

if TYPE_CHECKING:
    from hal._binding import Library
    from hal.fleet.marks import Mark
    from hal.slots.slot import Slot

__all__ = [
    "CardState",
    "HostSetup",
    "free_slot",
    "give_back",
    "library_of",
    "look_at_slot",
    "look_at_slots",
    "quarantine",
    "quarantine_slot",
    "release_slot",
    "slots_of",
    "slots_of_this_host",
    "user_name",
]

_PAUSE_SECONDS = 0.2


class HostSetup(NamedTuple):
    """How hosts reach their cards.

    `library`: as in `hal.open_slot`. `emulated`: slots of an emulated card that each host makes for the fleet, or 0.
    """

    library: str | None = None
    emulated: int = 0


@dataclass(frozen=True)
class CardState:
    """A slot of a host. `state`: "free", "taken", "quarantined", or "failed" where it does not even describe itself.

    `afi` is what it holds, "" without one; `holder` the process that has taken it, `by` who that is in words; `since`:
    when it was taken by a fleet or quarantined, in seconds since 1970, None where nobody knows; `why` says more.
    """

    host: str
    node: str  # Ray's name for the host
    slot: int
    state: str
    afi: str = ""
    holder: int | None = None
    why: str = ""
    by: str = ""
    since: float | None = None


def library_of(setup: HostSetup, node: str) -> Library:
    """The library of this host's cards."""
    if not setup.emulated:
        return find_library(setup.library)
    name = f"fleet-{node[:16]}"
    try:
        return use_card(name)
    except CardMissingError:
        with suppress(HalError):  # another process of the fleet made it in this moment
            return create_card(name, setup.emulated)
        find_card(name)
        return use_card(name)


def slots_of_this_host(library: str | None) -> int:
    """How many slots its cards have; 0 where there is no card but the emulated one that each process has of its own."""
    found = find_library(library)
    found.start()
    if found.card is not None and not found.card.describe().get("name"):
        return 0
    return len(slots_of(found, ""))


def look_at_slots(setup: HostSetup, node: str) -> list[CardState]:
    """Every slot of this host. Nothing is loaded, locked or read."""
    return slots_of(library_of(setup, node), node)


def slots_of(library: Library, node: str, timeout: float = 20.0) -> list[CardState]:
    """The slots of a library; `timeout`: seconds that each question to one waits for an answer."""
    library.start()
    found = (look_at_slot(library, node, number, timeout) for number in range(SLOTS))
    return [state for state in found if state is not None]


def look_at_slot(library: Library, node: str, number: int, timeout: float = 20.0) -> CardState | None:
    """One of them; None where there is none."""
    host = socket.gethostname()
    try:
        with open_slot(number, library, timeout=timeout) as slot:
            afi = slot.describe().afi_id
    except CardMissingError:
        return None
    except HalError as error:
        return CardState(host, node, number, "failed", why=str(error))
    return _state(library, host, node, number, afi)


def _state(library: Library, host: str, node: str, number: int, afi: str) -> CardState:
    holder, taken = _holder_of(library, number)
    by, since = (taken.text, taken.since) if taken is not None else (_told_of(holder), None)
    quarantined = read_mark(library, number, QUARANTINE)
    if quarantined is not None:
        return CardState(host, node, number, "quarantined", afi, holder, quarantined.text, by, quarantined.since)
    return CardState(host, node, number, "taken" if holder else "free", afi, holder, "", by, since)


def _holder_of(library: Library, number: int) -> tuple[int | None, Mark | None]:
    """The process that holds a slot's lock, and its mark; None of one that holds it for no fleet."""
    lock = lock_of(number, library)
    holder = lock.holder() if lock is not None else None
    while lock is not None and holder is not None:
        mark = read_mark(library, number, TAKEN, holder)
        before, holder = holder, lock.holder() if mark is None else holder
        if holder == before:
            return holder, mark
    return None, None  # who had it has given it back meanwhile


def _told_of(process: int | None) -> str:
    """What the system says of a process of this host."""
    if process is None:
        return ""
    try:
        name = Path(f"/proc/{process}/comm").read_text(encoding="utf-8", errors="replace").strip()
        owner = user_name(Path(f"/proc/{process}").stat().st_uid)
    except OSError:
        return f"process {process}"
    return f"{owner}: {name}, process {process}"


def user_name(user: int) -> str:
    """Of a user's number."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def free_slot(library: Library, patience: float, who: str) -> Slot:
    """The first slot of this host that nobody holds, now held by this process, for `who`. Waits `patience` seconds.

    FleetTimeoutError says what became of each.
    """
    library.start()
    deadline = time.monotonic() + patience
    while True:
        problems = []
        for number in range(SLOTS):
            try:
                return _exclusively(library, number, who)
            except CardMissingError:  # noqa: PERF203  (each slot's own)
                continue
            except HalError as error:
                problems.append(str(error))
        if not problems:
            raise FleetError(f"{socket.gethostname()} has no slots, though it offers some to the fleet")
        if time.monotonic() >= deadline:
            raise FleetTimeoutError(f"{socket.gethostname()} has no free slot: {'; '.join(problems)}")
        time.sleep(_PAUSE_SECONDS)


def _exclusively(library: Library, number: int, who: str) -> Slot:
    lock = lock_of(number, library)
    if lock is not None:
        lock.make()
        if lock.holder() == os.getpid():  # and its mark says for whom
            raise SlotError(f"slot {number} is locked by process {os.getpid()}, which asks for it again")
    with suppress(OSError):  # a slot whose user is not told is taken all the same
        leave_mark(library, number, TAKEN, who)
    try:
        slot = open_slot(number, library, exclusive=True)
    except BaseException:
        remove_mark(library, number, TAKEN)
        raise
    remove_dead_marks(library, number)
    mark = read_mark(library, number, QUARANTINE)  # under the lock, which is held when it is written
    if mark is not None:
        give_back(slot)
        raise SlotError(f"slot {number} is quarantined: {mark.text}")
    return slot


def give_back(slot: Slot) -> None:
    """Closes a slot that this process has from `free_slot`."""
    slot.close()
    remove_mark(slot.library, slot.number, TAKEN)


def quarantine(library: Library, number: int, why: str) -> None:
    """From now on no fleet takes the slot, until somebody ends that."""
    leave_mark(library, number, QUARANTINE, why)


def quarantine_slot(setup: HostSetup, node: str, number: int, why: str) -> None:
    """The same of a slot that this process does not have."""
    library = library_of(setup, node)
    lock = lock_of(number, library)
    if lock is not None:
        lock.make()
    quarantine(library, number, why)


def release_slot(setup: HostSetup, node: str, number: int) -> bool:
    """Lets fleets take the slot again; whether it was quarantined."""
    return remove_mark(library_of(setup, node), number, QUARANTINE)
