"""The compiled extension: the one module that imports it, and the functions of the hot path by name."""

from __future__ import annotations

from typing import Any, Final

from hal.printable import printable

__all__ = [
    "BIG_ENDIAN",
    "CHECK",
    "HIGH_FIRST",
    "LOCKED_CODE",
    "LOW_FIRST",
    "MISSING_CODE",
    "MODIFY",
    "TIMEOUT_CODE",
    "UNKNOWN_CODE",
    "VALUE_CODE",
    "WRITE",
    "address_of",
    "bytes_of",
    "entry_points",
    "ffi",
    "flags_of",
    "get",
    "lib",
    "modify",
    "put",
    "text_of",
    "update",
]

try:
    from hal._native import ffi, lib
except ImportError as error:  # the source folder stands first on the path, and nothing was built in it
    raise ImportError(
        f"hal's compiled extension is missing or does not fit this Python ({error}); hal was imported from {__file__}. "
        "Install the package (pip install .), or for work in its source folder: pip install -e ."
    ) from error

lib.hal_use_python()

# The hot path. A port is a prepared access; see hal_port in the core's header.
get: Final = lib.hal_get
put: Final = lib.hal_set
modify: Final = lib.hal_modify
update: Final = lib.hal_update

LOW_FIRST: Final[int] = lib.HAL_LOW_FIRST
HIGH_FIRST: Final[int] = lib.HAL_HIGH_FIRST
BIG_ENDIAN: Final[int] = lib.HAL_BIG_ENDIAN
VALUE_CODE: Final[int] = lib.HAL_E_VALUE
TIMEOUT_CODE: Final[int] = lib.HAL_E_TIMEOUT
MISSING_CODE: Final[int] = lib.HAL_E_MISSING
LOCKED_CODE: Final[int] = lib.HAL_E_LOCKED
UNKNOWN_CODE: Final[int] = lib.HAL_E_UNKNOWN

# Kinds of steps.
WRITE: Final[int] = lib.HAL_OP_WRITE
MODIFY: Final[int] = lib.HAL_OP_MODIFY
CHECK: Final[int] = lib.HAL_OP_CHECK


def entry_points() -> int:
    """Where the hot path's functions are, for the accelerator."""
    return address_of(lib.hal_get_entry_points())


def address_of(data: Any) -> int:
    """Where C data lies, for the accelerator."""
    return int(ffi.cast("uintptr_t", data))


def text_of(chars: Any) -> str:
    """A C string as text that can be printed."""
    return printable(str(ffi.string(chars).decode(errors="replace")))


def bytes_of(chars: Any) -> bytes:
    """A C string as bytes."""
    return bytes(ffi.string(chars))


def flags_of(array: Any) -> tuple[bool, ...]:
    """The flags of a C array, where a library may have left any byte."""
    return tuple(byte != 0 for byte in bytes(ffi.buffer(array)))
