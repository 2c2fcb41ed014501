"""How a field's bits are a Python value: unsigned, signed, bool, fixed point, enum."""

from __future__ import annotations

import math
from enum import IntEnum
from operator import index
from typing import Any, NamedTuple, Protocol

from hal.errors import FieldTypeError, FieldValueError

__all__ = ["SIGNED", "Fixed", "Kind", "Signed", "kind_of"]


class Kind(Protocol):
    """Turns raw bits (0 to 2**width - 1) into a value and back."""

    def decode(self, raw: int, width: int) -> Any:
        """The value of these bits; never raises."""

    def encode(self, value: Any, width: int) -> int:
        """The bits of this value; FieldValueError when it doesn't fit, FieldTypeError when it is none."""

    def text(self, raw: int, width: int) -> str:
        """The value as people read it."""


def _integer(value: Any) -> int:
    try:
        return index(value)
    except TypeError:
        raise FieldTypeError(
            f"an integer is needed, not {type(value).__name__} ({value!r}); nothing was written"
        ) from None


def _check(value: Any, number: int, low: int, high: int) -> None:
    if not low <= number <= high:
        raise FieldValueError(f"{value!r} is out of range {low} to {high}; nothing was written")


class _Unsigned:
    def decode(self, raw: int, width: int) -> int:
        return raw

    def encode(self, value: Any, width: int) -> int:
        number = _integer(value)
        _check(value, number, 0, (1 << width) - 1)
        return number

    def text(self, raw: int, width: int) -> str:
        return str(raw) if width <= 4 else f"{raw:#x}"  # noqa: PLR2004  (a nibble reads best in decimal)


class Signed:
    """Two's complement."""

    def decode(self, raw: int, width: int) -> int:
        """From -2**(width-1) to 2**(width-1) - 1."""
        return raw - (1 << width) if raw >> (width - 1) else raw

    def encode(self, value: Any, width: int) -> int:
        """The bits of an integer in that range."""
        number = _integer(value)
        _check(value, number, -(1 << (width - 1)), (1 << (width - 1)) - 1)
        return number & ((1 << width) - 1)

    def text(self, raw: int, width: int) -> str:
        """Decimal, with its sign."""
        return str(self.decode(raw, width))


class _Bool:
    def decode(self, raw: int, width: int) -> bool:
        return bool(raw)

    def encode(self, value: Any, width: int) -> int:
        number = _integer(value)
        _check(value, number, 0, 1)
        return number

    def text(self, raw: int, width: int) -> str:
        return str(bool(raw))


class Fixed(NamedTuple):
    """Fixed point: an integer times 2**-fraction_bits. Floats in and out.

    Writing rounds to the nearest step, halves to the even one; what is out of range after that is refused.
    """

    signed: bool = False
    fraction_bits: int = 0

    def decode(self, raw: int, width: int) -> float:
        """Exact for fields of up to 53 bits."""
        number = SIGNED.decode(raw, width) if self.signed else raw
        return math.ldexp(number, -self.fraction_bits)

    def encode(self, value: Any, width: int) -> int:
        """The nearest step's bits."""
        try:
            number = round(math.ldexp(float(value), self.fraction_bits))
        except (TypeError, ValueError, OverflowError):
            problem = FieldValueError if isinstance(value, (int, float)) else FieldTypeError
            raise problem(f"{value!r} is no finite number in range; nothing was written") from None
        low = -(1 << (width - 1)) if self.signed else 0
        high = low + (1 << width) - 1
        if not low <= number <= high:
            ends = math.ldexp(low, -self.fraction_bits), math.ldexp(high, -self.fraction_bits)
            raise FieldValueError(f"{value!r} is out of range {ends[0]} to {ends[1]}; nothing was written")
        return number & ((1 << width) - 1)

    def text(self, raw: int, width: int) -> str:
        """The float's shortest form."""
        return repr(self.decode(raw, width))


class Enumerated:
    """Members of an enum."""

    def __init__(self, members: type[IntEnum]) -> None:
        self.members = members
        self.by_value = {int(member): member for member in members}

    def decode(self, raw: int, width: int) -> int:
        """A value that the enum lacks stays a plain integer: hardware may hold anything."""
        return self.by_value.get(raw, raw)

    def encode(self, value: Any, width: int) -> int:
        number = _integer(value)
        if number not in self.by_value:
            known = ", ".join(f"{member.name} ({int(member)})" for member in self.members)
            raise FieldValueError(f"{value!r} is no {self.members.__name__}: {known}; nothing was written")
        return number

    def text(self, raw: int, width: int) -> str:
        member = self.by_value.get(raw)
        return member.name if member is not None else f"{raw:#x} (undefined)"


UNSIGNED = _Unsigned()
SIGNED = Signed()
BOOL = _Bool()


def kind_of(given: Any) -> Kind:
    """What a declaration's third argument means."""
    if given is None or given is int:
        return UNSIGNED
    if given is bool:
        return BOOL
    if isinstance(given, type) and issubclass(given, IntEnum):
        return Enumerated(given)
    if isinstance(given, (Signed, Fixed)):
        return given
    raise TypeError(f"{given!r} is no kind of field")
