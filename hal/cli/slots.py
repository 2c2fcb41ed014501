"""The slots of this machine, for commands and for the shell's completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.info import ImageInfo
    from hal.slots.slot import Slot

__all__ = ["present_slots", "slot_row", "slot_text"]

_SLOTS = 8


def present_slots(library: str | None) -> Iterator[Slot]:
    """Every slot that holds a card; each is closed when the next one is asked for."""
    from hal._binding.sdk.discovery import find_library  # noqa: PLC0415
    from hal.errors import CardMissingError  # noqa: PLC0415
    from hal.slots.opening import open_slot  # noqa: PLC0415

    found = find_library(library)
    found.start()  # a shared card that is not there is no empty slot
    for number in range(_SLOTS):
        try:
            slot = open_slot(number, found)
        except CardMissingError:
            continue
        with slot:
            yield slot


def slot_row(info: ImageInfo) -> dict[str, Any]:
    """What a slot holds, as JSON."""
    return {
        "slot": info.slot,
        "status": info.status_name,
        "status_q": info.status_q,
        "afi": info.afi_id,
        "app": str(info.app.address),
        "mgmt": str(info.mgmt.address) if info.mgmt.vendor_id else "",
    }


def slot_text(info: ImageInfo) -> str:
    """What a slot holds, in one line."""
    afi = f", AFI {info.afi_id}" if info.loaded else ""
    return f"slot {info.slot}: {info.status_name}{afi}"
