"""Checks of arguments before they reach C, where they would wrap; and codes that become exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding import exception_of
from hal.codes import SLOTS, ErrorCode
from hal.errors import (
    CardMissingError,
    ClockError,
    ClockGeneratorMissingError,
    FieldTypeError,
    FieldValueError,
    LoadError,
    ManagementError,
)
from hal.values import integer, shown

if TYPE_CHECKING:
    from hal._binding import Library

__all__ = ["RangeError", "afi_bytes", "require", "slot_number", "unsigned", "whole"]

_HEX_MAX = 64  # characters of a number in an error
_AFI_ID_MAX = 63  # bytes; the SDK cuts longer ids without a word
_CLOCK_ERRORS: dict[int, type[ManagementError]] = {
    ErrorCode.INVALID_CLKGEN_INPUT: ClockError,
    ErrorCode.CLKGEN_IP_NOT_FOUND: ClockGeneratorMissingError,
}


class RangeError(FieldValueError, OverflowError):
    """An argument that its C type can't hold; nothing was done."""


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


def slot_number(value: Any) -> int:
    """A slot's number. CardMissingError for one that no machine has."""
    number = whole(value, "slot_id")
    if not 0 <= number < SLOTS:
        raise CardMissingError(f"slot {shown(number)} does not exist: slots are numbered 0 to {SLOTS - 1}", code=-22)
    return number


def afi_bytes(afi_id: Any, slot: int) -> bytes:
    """An AFI id as the SDK takes it. LoadError for one that it would cut or misread."""
    if not isinstance(afi_id, str):
        raise FieldTypeError(f"afi_id is text such as agfi-080817d089f3cd2ed, not {shown(afi_id)}; nothing was loaded")
    data = afi_id.encode(errors="replace")
    if not 0 < len(data) <= _AFI_ID_MAX or b"\0" in data:
        code = int(ErrorCode.INVALID_AFI_ID)
        raise LoadError(
            f"load on slot {slot} failed: invalid-afi-id (code {code}): {afi_id[:80]!r} has no or more than "
            f"{_AFI_ID_MAX} bytes, or a NUL; an id is agfi- and 17 hex digits. Nothing was loaded",
            slot=slot,
            afi=afi_id,
            code=code,
            name="invalid-afi-id",
        )
    return data


def require(library: Library, code: int, action: str, slot: int) -> None:
    """Raises what a code other than 0 means: the action, the slot, the code and the library's text for it."""
    if code == 0:
        return
    what = f"{action} on slot {slot}"
    if code < 0 or code == ErrorCode.PCI_DEVICE_MISSING:
        raise exception_of(code, what)
    text = library.error_text(code)
    hint = " ".join(library.error_text_long(code).split())
    kind = _CLOCK_ERRORS.get(code, ManagementError)
    raise kind(f"{what} failed: {text} (code {code}){f'. {hint}' if hint else ''}", slot=slot, code=code, name=text)
