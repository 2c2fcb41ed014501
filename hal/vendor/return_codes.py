"""The vendor's check of return codes, for programs that call the SDK by other ways."""

from __future__ import annotations

import logging

from hal._binding.sdk.discovery import find_library
from hal.errors import ManagementError
from hal.vendor.arguments import vendor_text

__all__ = ["check_return_code"]

_NO_SLOT = -1


def check_return_code(ret: int, check: str, slot_id: int) -> None:
    """Raises a RuntimeError for a code other than 0, and logs that all went well for 0.

    `check` says what was tried, as in "load AFI"; `slot_id` is -1 where it concerns no slot.
    """
    slot = None if slot_id == _NO_SLOT else slot_id
    if ret:
        library = find_library()
        library.start()
        name = library.error_text(ret)
        raise ManagementError(vendor_text(check, slot, ret, name), slot=slot_id, code=ret, name=name)
    place = "N/A" if slot is None else slot
    logging.getLogger("fpga_utils").info("Succeeded to %s on slot: %s", check, place)
