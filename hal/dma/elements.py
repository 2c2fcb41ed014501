"""What a buffer's bytes are: bytes, or elements of a type in a shape, by numpy where it is installed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import Any

from hal.errors import FieldTypeError, FieldValueError, HalError
from hal.values import integer, shown

__all__ = ["BYTES_MAX", "Elements", "elements_of"]

BYTES_MAX = 1 << 40
# Codes of the struct module by the types that numpy names too; native sizes of 64-bit Linux.
_CODES = {
    "u1": "B",
    "u2": "H",
    "u4": "I",
    "u8": "Q",
    "i1": "b",
    "i2": "h",
    "i4": "i",
    "i8": "q",
    "f4": "f",
    "f8": "d",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "float32": "f",
    "float64": "d",
    **{code: code for code in "BHIQbhiqfd"},
}


@dataclass(frozen=True)
class Elements:
    """Elements of one type. `code`: struct's, "" where there is none; `dtype`: numpy's, None without numpy."""

    shape: tuple[int, ...]
    itemsize: int
    code: str = "B"
    dtype: Any = None
    with_numpy: bool = False

    def viewed(self, memory: memoryview) -> memoryview:
        """The memory as a memoryview of these."""
        if not self.code:
            raise FieldTypeError(f"a memoryview can't have elements of {self.dtype}; use .array, or .bytes")
        cast: Any = memory.cast
        found: memoryview = memory if self.code == "B" and len(self.shape) == 1 else cast(self.code, list(self.shape))
        return found

    def as_array(self, memory: memoryview) -> Any:
        """The memory as a numpy array of these."""
        try:
            import numpy as np  # noqa: PLC0415  (a driver needs cffi alone)
        except ImportError:
            raise HalError("numpy is not installed: use .view, or install numpy") from None
        return np.frombuffer(memory, self.dtype or np.dtype(self.code)).reshape(self.shape)


def elements_of(shape: Any, dtype: Any) -> Elements:
    """Those of a shape, an integer or several, and a type as numpy names them; without numpy by name alone."""
    dimensions = _dimensions(shape)
    try:
        import numpy as np  # noqa: PLC0415
    except ImportError:
        code = _CODES.get(dtype, "") if isinstance(dtype, str) else ""
        if not code:
            names = ", ".join(name for name in _CODES if len(name) == 2)  # noqa: PLR2004
            raise FieldTypeError(f"without numpy a type is one of {names}, not {shown(dtype)}") from None
        return _checked(Elements(dimensions, struct.calcsize(code), code))
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise FieldTypeError(f"{shown(dtype)} is no type of elements: give what numpy.dtype takes") from None
    if kind.hasobject or kind.itemsize == 0:
        raise FieldTypeError(f"elements of type {kind} are not memory that a card can read")
    code = _CODES.get(kind.str[1:], "") if kind.isnative else ""
    return _checked(Elements(dimensions, kind.itemsize, code, kind, with_numpy=True))


def _dimensions(shape: Any) -> tuple[int, ...]:
    parts = shape if isinstance(shape, (tuple, list)) else (shape,)
    sizes = tuple(integer(part, "a shape is an integer, or several") for part in parts)
    if not sizes or min(sizes) <= 0:
        raise FieldValueError(f"a shape of {shown(shape)} has no elements: give sizes of 1 and more")
    return sizes


def _checked(elements: Elements) -> Elements:
    size = elements.itemsize * prod(elements.shape)
    if size > BYTES_MAX:
        raise FieldValueError(f"a buffer of {shown(size)} bytes is too large: at most {BYTES_MAX}")
    return elements
