"""Offsets, widths and buffers, checked before C sees them."""

from __future__ import annotations

from typing import Any

from hal._binding.extension import ffi
from hal.errors import AddressError, FieldValueError


def checked_offset(value: int) -> int:
    """Refuses what C would wrap."""
    if not 0 <= value < 1 << 64:
        raise AddressError(f"{value:#x} is no offset or count: it must lie between 0 and 2**64 - 1")
    return value


def checked_width(width: int) -> int:
    if width not in {8, 32, 64}:
        raise AddressError(f"the bus has no access of {width} bits; use 8, 32 or 64")
    return width


_BYTES = ffi.typeof("char[]")
_STEPS = {8: 1, 32: 4, 64: 8}


def words_of(buffer: Any, width: int, *, writable: bool = False) -> tuple[Any, int]:
    """A contiguous buffer as C sees it, to be used once, and how many words of `width` bits it holds."""
    try:
        data = ffi.from_buffer(_BYTES, buffer, writable)
    except (BufferError, TypeError, ValueError):
        _explain(buffer, writable=writable)
        raise
    size, step = len(data), _STEPS.get(width) or checked_width(width)
    if size % step:
        raise FieldValueError(f"a buffer of {size} bytes is no whole number of {width}-bit words")
    return data, size // step


def _explain(buffer: Any, *, writable: bool) -> None:
    """Raises TypeError for what can be told of a buffer that C can't take."""
    kind = "writable, contiguous buffer (bytearray, array, numpy)" if writable else "contiguous buffer"
    try:
        view = memoryview(buffer)
    except TypeError:
        raise TypeError(f"a {kind} is needed, not {type(buffer).__name__}") from None
    with view:
        if writable and view.readonly:
            raise TypeError(f"a {kind} is needed; {type(buffer).__name__} is read-only")
        if not view.c_contiguous:
            raise TypeError(f"a {kind} is needed; this {type(buffer).__name__} isn't contiguous: use a copy of it")
