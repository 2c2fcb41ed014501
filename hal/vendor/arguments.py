"""Checks of arguments before they reach C, where they would wrap; and codes that become exceptions."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, TypeVar

from hal._binding import exception_of
from hal.codes import SLOTS, ErrorCode
from hal.errors import (
    CardMissingError,
    ClockError,
    ClockGeneratorMissingError,
    FieldTypeError,
    FieldValueError,
    HalError,
    LoadError,
    ManagementError,
    StaleHandleError,
)
from hal.printable import printable
from hal.values import integer, shown

if TYPE_CHECKING:
    from hal._binding import Library

__all__ = [
    "LengthError",
    "RangeError",
    "afi_bytes",
    "failure",
    "refused",
    "require",
    "slot_number",
    "unsigned",
    "vendor_text",
    "whole",
]

E = TypeVar("E", bound=HalError)

_HEX_MAX = 64  # characters of a number in an error
_AFI_ID_MAX = 63  # bytes; the SDK cuts longer ids without a word
# Where the library explains nothing.
_HINTS: dict[int, str] = {
    ErrorCode.AFI_LOAD_TIMEOUT: "mostly without cause: describe the slot, the load may go on",
    ErrorCode.CLKGEN_IP_NOT_FOUND: "the slot holds no AFI with a clock generator: load one that has it",
}
_OWN_CODES = -1000  # and below: the binding's, which the library doesn't know
_CLOCK_ERRORS: dict[int, type[ManagementError]] = {
    ErrorCode.INVALID_CLKGEN_INPUT: ClockError,
    ErrorCode.CLKGEN_IP_NOT_FOUND: ClockGeneratorMissingError,
}


class RangeError(FieldValueError, OverflowError):
    """An argument that its C type can't hold; nothing was done."""


class LengthError(FieldValueError, IndexError):
    """Fewer words than were to be written; nothing was."""


def whole(value: Any, name: str) -> int:
    """An integer by the rule of `hal.values`. FieldTypeError for all else."""
    return integer(value, f"{name} is a whole number", "; nothing was done")


def unsigned(value: Any, bits: int, name: str) -> int:
    """A number of 0 to 2**bits - 1."""
    number = whole(value, name)
    if not 0 <= number < 1 << bits:
        raise RangeError(f"{name} is {_hex(number)}, which does not fit {bits} bits unsigned; nothing was done")
    return number


def _hex(number: int) -> str:
    text = f"{number:#x}"
    return text if len(text) <= _HEX_MAX else shown(number)


def slot_number(value: Any, action: str) -> int:
    """A slot's number. CardMissingError for one that no machine has."""
    number = whole(value, "slot_id")
    if not 0 <= number < SLOTS:
        missing = f"slot {shown(number)} does not exist: slots are numbered 0 to {SLOTS - 1}"
        raise refused(CardMissingError(missing, code=-errno.EINVAL), action, shown(number))
    return number


def afi_bytes(afi_id: Any, slot: int, action: str) -> bytes:
    """An AFI id as the SDK takes it. LoadError for one that it would cut or misread."""
    if not isinstance(afi_id, str):
        raise FieldTypeError(f"afi_id is text such as agfi-080817d089f3cd2ed, not {shown(afi_id)}; nothing was loaded")
    data = afi_id.encode(errors="replace")
    if not 0 < len(data) <= _AFI_ID_MAX or b"\0" in data:
        code = int(ErrorCode.INVALID_AFI_ID)
        raise LoadError(
            f"{vendor_text(action, slot, code, 'invalid-afi-id')}; {afi_id[:80]!r} has no or more than {_AFI_ID_MAX} "
            "bytes, or a NUL; an id is agfi- and 17 hex digits. Nothing was loaded",
            slot=slot,
            afi=afi_id,
            code=code,
            name="invalid-afi-id",
        )
    return data


def vendor_text(action: str, slot: int | str | None, code: int, name: str) -> str:
    """What the vendor's classes say of a failure; `slot` is None where they name none."""
    return f"Failed to {action} on slot: {'N/A' if slot is None else slot}, error code: {code}: {name}"


def refused(error: E, action: str, slot: int | str | None = None) -> E:
    """What was refused before it reached the library: as it refuses, and then why."""
    code = -errno.EINVAL
    error.args = (printable(f"{vendor_text(action, slot, code, os.strerror(-code))}; {error}"),)
    return error


def failure(library: Library, code: int, action: str, slot: int | None, what: str = "") -> HalError:
    """What a code other than 0 means: the vendor's text, and on the same line what is known beside it.

    `what` says what was tried in more words. The binding's own codes are told as what the library has for them.
    """
    if 0 < code != ErrorCode.PCI_DEVICE_MISSING and slot is not None:
        text = library.error_text(code)
        hint = " ".join(library.error_text_long(code).split()) or _HINTS.get(code, "")
        kind = _CLOCK_ERRORS.get(code, ManagementError)
        more = ". ".join(filter(None, (what, hint)))
        told = vendor_text(action, slot, code, text)
        return kind(f"{told}; {more}" if more else told, slot=slot, code=code, name=text)
    error = exception_of(code, what or f"{action} on slot {slot}")
    if code < _OWN_CODES:
        code = -errno.ESTALE if isinstance(error, StaleHandleError) else -errno.EINVAL
    error.args = (printable(f"{vendor_text(action, slot, code, library.error_text(code))}; {error}"),)
    return error


def require(library: Library, code: int, action: str, slot: int | None, what: str = "") -> None:
    """Raises what a code other than 0 means; see `failure`."""
    if code:
        raise failure(library, code, action, slot, what)
