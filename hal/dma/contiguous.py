"""Bytes of what programs and models hand over to be moved."""

from __future__ import annotations

from typing import Any

from hal.errors import FieldTypeError
from hal.values import named_kind

__all__ = ["contiguous_bytes", "room_in"]


def contiguous_bytes(data: Any, told: str, undone: str) -> memoryview:
    """A contiguous buffer's bytes, to be released. FieldTypeError: `told` ("a transfer needs a"), and `undone`."""
    try:
        view = memoryview(data)
    except (TypeError, ValueError, BufferError) as problem:
        raise FieldTypeError(f"{told} buffer, {named_kind(data, problem)}{undone}") from None
    if not view.c_contiguous:
        view.release()
        raise FieldTypeError(f"{told} contiguous buffer, not every n-th element{undone}")
    return view.cast("B") if view.nbytes else memoryview(bytearray())


def room_in(buffer: Any, told: str, undone: str) -> memoryview:
    """The same of a buffer that is to be filled."""
    view = contiguous_bytes(buffer, told, undone)
    if view.readonly:
        view.release()
        raise FieldTypeError(f"what is read needs a buffer that can be written, {named_kind(buffer)}")
    return view
