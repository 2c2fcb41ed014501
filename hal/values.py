"""What a caller may give: integers, numbers, seconds. One rule for each, at every entry point.

An integer is what Python takes as an index (`operator.index`: int, bool, enums, numpy's integers, whatever has
`__index__`), and numpy's bool. What a value's own `__index__` raises comes out as it is; but a TypeError becomes ours.
"""

from __future__ import annotations

import sys
from math import inf
from operator import index
from typing import Any

from hal.errors import FieldTypeError, FieldValueError, HalError
from hal.uncopyable import Uncopyable

__all__ = [
    "UNDONE",
    "class_name",
    "fitting",
    "integer",
    "integer_slice",
    "named_kind",
    "number",
    "places_of",
    "ratio",
    "seconds",
    "shown",
    "text",
    "within",
]

UNDONE = "; nothing was written"  # how the error of a value ends that was to be written
_LEAST, _MOST = 2.0**-200, 2.0**200  # numbers whose exact value is of use
_SHOWN_MAX = 80  # characters of a value in an error
_SHOWN_BITS = 256


def shown(value: Any) -> str:
    """A value as errors state it: short, whatever it is, and never failing. Reads no register."""
    kind = type(value)  # what an object says of its own class may be anything
    if issubclass(kind, int) and int.bit_length(value) > _SHOWN_BITS:
        return f"a number of {int.bit_length(value)} bits"
    name = class_name(value)
    try:
        if issubclass(kind, (list, tuple, dict, set, frozenset)):
            return f"<{name} of {len(value)}>"
        # A place's repr may ask the card.
        words = f"<{name}>" if issubclass(kind, Uncopyable) else str.__str__(repr(value))
    except Exception:  # noqa: BLE001  (an error is being worded)
        return f"<{name}>"
    return words if len(words) <= _SHOWN_MAX else words[: _SHOWN_MAX - 3] + "..."


def class_name(value: Any) -> str:
    """The name of a value's class, whatever the class of that says."""
    name: str = _name_of_class(type(value))
    return name


def named_kind(value: Any, problem: BaseException | None = None) -> str:
    """What a value of a wrong kind is, in words; a register that is taken for a number says so itself."""
    if isinstance(problem, HalError):
        return f"and {problem}"
    return f"not {class_name(value)} ({shown(value)})"


def integer(value: Any, told: str = "an integer is needed", undone: str = "") -> int:
    """The integer that a value is. FieldTypeError for what is none: `told`, what it is instead, and `undone`."""
    try:
        found = index(value)
    except TypeError as problem:
        if _is_numpy_bool(value):
            return int(value)
        error, cause = FieldTypeError(f"{told}, {named_kind(value, problem)}{undone}"), _own(value, problem)
    else:
        return found if type(found) is int else int.__index__(found)  # a subclass may compare as it likes
    raise error from cause


def fitting(value: Any, bits: int, told: str = "an integer is needed", undone: str = UNDONE) -> int:
    """An integer of 0 to 2**bits - 1, else FieldTypeError or FieldValueError."""
    return within(integer(value, told, undone), 0, (1 << bits) - 1, undone)


def within(given: int, low: int, high: int, undone: str = UNDONE) -> int:
    """The same integer; FieldValueError where it is not in low..high."""
    if not low <= given <= high:
        raise FieldValueError(f"{shown(given)} is out of range {low} to {high}{undone}")
    return given


def number(value: Any, told: str = "a number is needed", undone: str = "") -> float:
    """The float nearest to a real number: int, float, Decimal, Fraction, numpy's. Text and complex numbers are none.

    FieldTypeError for what is none, FieldValueError for what is too large.
    """
    if not issubclass(type(value), (int, float)) and not _is_real(value):
        raise FieldTypeError(f"{told}, {named_kind(value)}{undone}")
    try:
        return float(value)
    except TypeError as problem:
        error: HalError = FieldTypeError(f"{told}, {named_kind(value, problem)}{undone}")
        cause = _own(value, problem)
    except (ValueError, OverflowError):
        error, cause = FieldValueError(f"{shown(value)} is no finite number in range{undone}"), None
    raise error from cause


def ratio(value: Any, near: float) -> tuple[int, int]:
    """The exact value of a real number as a fraction; where it does not tell, that of `near`, the float nearest to it.

    So too where it is so large or small that its digits may be more than memory holds. ValueError and OverflowError
    where it is not finite.
    """
    kind = type(value)
    if issubclass(kind, int):
        return int.__index__(value), 1
    told = value.as_integer_ratio() if hasattr(kind, "as_integer_ratio") and _LEAST < abs(near) < _MOST else None
    if type(told) is tuple and [type(part) for part in told] == [int, int] and told[1] > 0:
        return told[0], told[1]
    return near.as_integer_ratio()


def seconds(value: Any, told: str = "seconds are a number") -> float:
    """A time that ends: a finite number, 0 or more."""
    given = number(value, told)
    if not 0 <= given < inf:
        raise FieldValueError(f"{told}, 0 or more and finite, not {shown(value)}")
    return given


def text(value: Any, told: str, undone: str = "") -> str:
    """The same text; FieldTypeError for what is none."""
    if not issubclass(type(value), str):
        raise FieldTypeError(f"{told}, {named_kind(value)}{undone}")
    return str.__str__(value)


def integer_slice(key: slice, step_told: str = "a slice's step is not 0") -> slice:
    """The same slice of plain integers. FieldTypeError, FieldValueError."""
    start, stop, step = (
        None if part is None else integer(part, "a slice's ends are integers")
        for part in (key.start, key.stop, key.step)
    )
    if step == 0:
        raise FieldValueError(step_told)
    return slice(start, stop, step)


def places_of(part: slice, count: int, first: int) -> range:
    """The places, from 0 on, that a slice takes of `count` elements which are numbered from `first` on."""
    start, stop = (end if end is None or end < 0 else max(end - first, 0) for end in (part.start, part.stop))
    return range(*slice(start, stop, part.step).indices(count))


def _is_numpy_bool(value: Any) -> bool:
    """The bool of numpy has no __index__, though it is as good an integer as Python's. Imports nothing."""
    numpy = sys.modules.get("numpy")
    kind = getattr(numpy, "bool_", None)
    return isinstance(kind, type) and issubclass(type(value), kind)


def _is_real(value: Any) -> bool:
    kind = type(value)
    if issubclass(kind, (str, bytes, bytearray, complex)):
        return False
    from numbers import Complex, Real  # noqa: PLC0415  (importing a driver is to be quick)

    if issubclass(kind, Complex) and not issubclass(kind, Real):
        return False
    return hasattr(kind, "__float__") or hasattr(kind, "__index__")


_name_of_class = vars(type)["__name__"].__get__


def _own(value: Any, problem: TypeError) -> TypeError | None:
    """The value's own error, which tells more than ours."""
    return problem if hasattr(type(value), "__index__") or hasattr(type(value), "__float__") else None
