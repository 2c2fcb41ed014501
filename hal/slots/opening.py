"""Opening a slot: one of this machine's cards, or one of another host's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hal._binding.sdk.discovery import find_library
from hal.codes import SLOTS
from hal.errors import CardMissingError, FieldTypeError
from hal.slots.locking import share_locks, take_ownership
from hal.slots.progress import TransferBar
from hal.slots.slot import Slot
from hal.values import integer, named_kind, seconds, shown

if TYPE_CHECKING:
    from hal._binding import Library

__all__ = ["open_slot"]


def open_slot(
    number: int | str = 0,
    library: str | os.PathLike[str] | Library | None = None,
    *,
    exclusive: bool = False,
    interprocess: bool = False,
    timeout: float = 20.0,
) -> Slot:
    """Slot `number` (0 to 7) of this machine's cards, or "ssh://[USER@]HOST[:PORT]/NUMBER": one of another host's.

    `library`: "sdk", "emulator", "emulator:NAME" (a shared card), "pci" or "pci:FUNCTIONS" (any card, FUNCTIONS as
    HAL_PCI), "replay:FILE" (a recording, for the whole process), a path, or an open one; None takes HAL_LIBRARY, or
    looks at the PCI bus; on another host all of that is as it is there. `exclusive`: no other process may open it
    exclusively until this one closes it or ends. `interprocess`: from now on this process's read-modify-writes and
    management calls of the slot wait for those of every other process that asked for it too; each then costs two system
    calls more. `timeout`: seconds that opening, and later each question to the slot, waits for an answer; the SDK
    itself tries a dead card for two minutes. Errors: LibraryError, CardMissingError, CardPermissionError,
    SlotTimeoutError; SlotError when another process holds it, or no agent answers on the other host.
    """
    limit = seconds(timeout, "a slot's timeout is seconds")
    if isinstance(number, str):
        return _open_far(number, library, exclusive, interprocess, limit)
    number = integer(number, f"a slot is a number of 0 to {SLOTS - 1}, or ssh://HOST/NUMBER")
    if not 0 <= number < SLOTS:
        raise CardMissingError(f"slot {shown(number)} does not exist: slots are numbered 0 to {SLOTS - 1}")
    found = find_library(library)
    ownership = take_ownership(number, found) if exclusive else None
    try:
        if interprocess:
            share_locks(number, found)
        return Slot(number, found, ownership, timeout=limit)
    except BaseException:
        if ownership is not None:
            ownership.release()
        raise


def _open_far(url: str, library: Any, exclusive: bool, interprocess: bool, limit: float) -> Slot:
    """The agent there opens it, takes its locks, and gives all back when the slot is closed here."""
    from hal.remote.address import address_of  # noqa: PLC0415  (a card of this machine never needs it)
    from hal.remote.connection import connect  # noqa: PLC0415

    address = address_of(url)
    if library is not None and not isinstance(library, (str, os.PathLike)):
        raise FieldTypeError(f"a library of another host is sdk, emulator or a path there, {named_kind(library)}")
    named = None if library is None else os.fsdecode(library)
    card = connect(address, named, exclusive=exclusive is True, interprocess=interprocess is True, timeout=limit)
    card.progress = TransferBar(f"bytes over {card.url}")
    try:
        return Slot(address.slot, card, card, timeout=limit)  # its connection lasts as long as the slot is open
    except BaseException:
        card.close()
        raise
