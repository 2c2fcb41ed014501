"""What a slot's codes mean: the exceptions of its management calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal._binding import TIMEOUT_CODE, exception_of
from hal.codes import ErrorCode
from hal.errors import HalError, ManagementError, SlotTimeoutError

if TYPE_CHECKING:
    from hal._binding import Library

__all__ = ["management_error", "require"]


def management_error(library: Library, slot: int, code: int, action: str) -> HalError:
    """The exception for a code that is not 0."""
    if code == TIMEOUT_CODE:
        return SlotTimeoutError(
            f"{action} of slot {slot}: no answer in time; the card is busy, or its mailbox is dead. hal doctor asks "
            "each slot; hal.open_slot(timeout=...) waits longer; a card that stays silent needs its instance stopped "
            "and started",
            slot=slot,
            code=code,
            name="timeout",
        )
    if code < 0 or code == ErrorCode.PCI_DEVICE_MISSING:
        return exception_of(code, f"{action} of slot {slot}")
    text = library.error_text(code)
    hint = ""
    if code == ErrorCode.UNRESPONSIVE:  # what the SDK says when it may not open the card's mailbox, too
        hint = "; this user may lack permission, or the card hangs: hal doctor tells which"
    return ManagementError(
        f"{action} of slot {slot} failed: {text} (code {code}){hint}", slot=slot, code=code, name=text
    )


def require(library: Library, slot: int, code: int, action: str) -> None:
    """Raises what a code other than 0 means."""
    if code:
        raise management_error(library, slot, code, action)
