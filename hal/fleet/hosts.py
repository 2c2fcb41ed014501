"""What a host of a fleet does for it: which library, which slots, which of them may be had."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hal._binding.sdk.discovery import find_library
from hal.codes import SLOTS
from hal.emulator.shared_cards import create_card, find_card, use_card
from hal.errors import CardMissingError, HalError, SlotError
from hal.fleet.losses import FleetError, FleetTimeoutError
from hal.slots.locking import lock_of
from hal.slots.opening import open_slot

if TYPE_CHECKING:
    from pathlib import Path

    from hal._binding import Library
    from hal.slots.slot import Slot

__all__ = [
    "CardState",
    "HostSetup",
    "free_slot",
    "library_of",
    "look_at_slots",
    "quarantine",
    "release_slot",
    "slots_of_this_host",
]

_PAUSE_SECONDS = 0.2
_REASON_MAX = 500


class HostSetup(NamedTuple):
    """How hosts reach their cards.

    `library`: as in `hal.open_slot`. `emulated`: slots of an emulated card that each host makes for the fleet, or 0.
    """

    library: str | None = None
    emulated: int = 0


@dataclass(frozen=True)
class CardState:
    """A slot of a host. `state`: "free", "taken", "quarantined", or "failed" where it does not even describe itself.

    `afi` is what it holds, "" without one; `holder` the process that has taken it; `why` says more.
    """

    host: str
    node: str  # Ray's name for the host
    slot: int
    state: str
    afi: str = ""
    holder: int | None = None
    why: str = ""


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
    return len(_slots_of(found, ""))


def look_at_slots(setup: HostSetup, node: str) -> list[CardState]:
    """Every slot of this host. Nothing is loaded, locked or read."""
    return _slots_of(library_of(setup, node), node)


def _slots_of(library: Library, node: str) -> list[CardState]:
    host = socket.gethostname()
    library.start()
    found = []
    for number in range(SLOTS):
        try:
            with open_slot(number, library) as slot:
                afi = slot.describe().afi_id
        except CardMissingError:
            continue
        except HalError as error:
            found.append(CardState(host, node, number, "failed", why=str(error)))
            continue
        found.append(_state(library, host, node, number, afi))
    return found


def _state(library: Library, host: str, node: str, number: int, afi: str) -> CardState:
    lock = lock_of(number, library)
    holder = lock.holder() if lock is not None else None
    why = _reason(library, number)
    if why:
        return CardState(host, node, number, "quarantined", afi, holder, why)
    return CardState(host, node, number, "taken" if holder else "free", afi, holder)


def free_slot(library: Library, patience: float) -> Slot:
    """The first slot of this host that nobody holds, now held by this process. Waits `patience` seconds for one.

    FleetTimeoutError says what became of each.
    """
    library.start()
    deadline = time.monotonic() + patience
    while True:
        problems = []
        for number in range(SLOTS):
            try:
                return _exclusively(library, number)
            except CardMissingError:  # noqa: PERF203  (each slot's own)
                continue
            except HalError as error:
                problems.append(str(error))
        if not problems:
            raise FleetError(f"{socket.gethostname()} has no slots, though it offers some to the fleet")
        if time.monotonic() >= deadline:
            raise FleetTimeoutError(f"{socket.gethostname()} has no free slot: {'; '.join(problems)}")
        time.sleep(_PAUSE_SECONDS)


def _exclusively(library: Library, number: int) -> Slot:
    slot = open_slot(number, library, exclusive=True)
    why = _reason(library, number)  # read under the lock, which is held when it is written
    if why:
        slot.close()
        raise SlotError(f"slot {number} is quarantined: {why}")
    return slot


def _mark(library: Library, number: int) -> Path | None:
    """The file that says that a slot is quarantined, beside its lock."""
    lock = lock_of(number, library)
    return lock.path.with_suffix(".quarantine") if lock is not None else None


def _reason(library: Library, number: int) -> str:
    mark = _mark(library, number)
    if mark is None:
        return ""
    try:
        said = json.loads(mark.read_text(encoding="utf-8")[: 4 * _REASON_MAX])
        return str(said["why"])[:_REASON_MAX]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError):
        return "its mark can't be read"


def quarantine(library: Library, number: int, why: str) -> None:
    """From now on no fleet takes the slot, until somebody ends that."""
    mark = _mark(library, number)
    if mark is None:
        return  # a private card, which ends with this process
    part = mark.with_suffix(f".{os.getpid()}.part")  # its folder is there: somebody has had the lock
    part.write_text(json.dumps({"why": why[:_REASON_MAX], "time": time.time()}), encoding="utf-8")
    part.replace(mark)


def release_slot(setup: HostSetup, node: str, number: int) -> bool:
    """Lets fleets take the slot again; whether it was quarantined."""
    mark = _mark(library_of(setup, node), number)
    if mark is None or not mark.exists():
        return False
    mark.unlink(missing_ok=True)
    return True
