"""What a kind of field is, and the plain ones: unsigned, signed, bool, fixed point."""

from __future__ import annotations

import math
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from hal.errors import FieldValueError
from hal.values import UNDONE, fitting, integer, number, ratio, shown, within

__all__ = ["BOOL", "EXACT_BITS_MAX", "SIGNED", "UNDONE", "UNSIGNED", "Fixed", "Format", "Kind", "Signed", "rounded"]

T = TypeVar("T")


class Kind(Protocol):
    """Turns raw bits (0 to 2**width - 1) into a value and back."""

    def decode(self, raw: int, width: int) -> Any:
        """The value of these bits; never raises."""

    def encode(self, value: Any, width: int) -> int:
        """The bits of this value; FieldValueError when it doesn't fit, FieldTypeError when it is none."""

    def text(self, raw: int, width: int) -> str:
        """The value as people read it."""


class Format(Generic[T]):
    """A kind that a driver names, whose values are of type T."""

    __slots__ = ()


EXACT_BITS_MAX = 53  # a float holds every step up to here


def rounded(n: int, d: int) -> int:
    """The integer nearest to n / d, halves to the even one."""
    if d < 0:
        n, d = -n, -d
    low, rest = divmod(n, d)
    return low + (2 * rest > d or (2 * rest == d and low & 1))


class _Unsigned:
    def decode(self, raw: int, width: int) -> int:
        return raw

    def encode(self, value: Any, width: int) -> int:
        return fitting(value, width)

    def text(self, raw: int, width: int) -> str:
        return str(raw) if width <= 4 else f"{raw:#x}"  # noqa: PLR2004  (a nibble reads best in decimal)


class Signed(Format[int]):
    """Two's complement."""

    def decode(self, raw: int, width: int) -> int:
        """From -2**(width-1) to 2**(width-1) - 1."""
        return raw - (1 << width) if raw >> (width - 1) else raw

    def encode(self, value: Any, width: int) -> int:
        """The bits of an integer in that range."""
        given = within(integer(value, undone=UNDONE), -(1 << (width - 1)), (1 << (width - 1)) - 1)
        return given & ((1 << width) - 1)

    def text(self, raw: int, width: int) -> str:
        """Decimal, with its sign."""
        return str(self.decode(raw, width))


class _Bool:
    def decode(self, raw: int, width: int) -> bool:
        return bool(raw)

    def encode(self, value: Any, width: int) -> int:
        return fitting(value, 1)

    def text(self, raw: int, width: int) -> str:
        return str(bool(raw))


class Fixed(NamedTuple):
    """Fixed point: an integer of at most 53 bits times 2**-fraction_bits, which a float holds exactly.

    Writing takes any real number and rounds it once, from its exact value to the nearest step, halves to the even one.
    What is out of range after that is refused.
    """

    signed: bool = False
    fraction_bits: int = 0

    def decode(self, raw: int, width: int) -> float:
        """The float that is the value."""
        step = SIGNED.decode(raw, width) if self.signed else raw
        try:
            return math.ldexp(step, -self.fraction_bits)
        except OverflowError:  # of a field of more than 500 bits
            return math.copysign(math.inf, step)

    def encode(self, value: Any, width: int) -> int:
        """The nearest step's bits."""
        real = number(value, undone=UNDONE)
        try:
            n, d = ratio(value, real)
        except (ValueError, OverflowError):
            raise FieldValueError(f"{shown(value)} is no finite number in range{UNDONE}") from None
        step = rounded(n << max(0, self.fraction_bits), d << max(0, -self.fraction_bits))
        low = -(1 << (width - 1)) if self.signed else 0
        high = low + (1 << width) - 1
        if not low <= step <= high:
            ends = math.ldexp(low, -self.fraction_bits), math.ldexp(high, -self.fraction_bits)
            raise FieldValueError(f"{shown(value)} is out of range {ends[0]} to {ends[1]}{UNDONE}")
        return step & ((1 << width) - 1)

    def text(self, raw: int, width: int) -> str:
        """The float's shortest form."""
        return repr(self.decode(raw, width))


UNSIGNED = _Unsigned()
SIGNED = Signed()
BOOL = _Bool()
