"""How a field's bits are a Python value: unsigned, signed, bool, fixed point, enum."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

from hal.errors import FieldTypeError, FieldValueError
from hal.values import fitting, integer, named_kind, number, shown, within

__all__ = ["SIGNED", "Fixed", "Kind", "Signed", "kind_of"]


class Kind(Protocol):
    """Turns raw bits (0 to 2**width - 1) into a value and back."""

    def decode(self, raw: int, width: int) -> Any:
        """The value of these bits; never raises."""

    def encode(self, value: Any, width: int) -> int:
        """The bits of this value; FieldValueError when it doesn't fit, FieldTypeError when it is none."""

    def text(self, raw: int, width: int) -> str:
        """The value as people read it."""


_UNDONE = "; nothing was written"


class _Unsigned:
    def decode(self, raw: int, width: int) -> int:
        return raw

    def encode(self, value: Any, width: int) -> int:
        return fitting(value, width)

    def text(self, raw: int, width: int) -> str:
        return str(raw) if width <= 4 else f"{raw:#x}"  # noqa: PLR2004  (a nibble reads best in decimal)


class Signed:
    """Two's complement."""

    def decode(self, raw: int, width: int) -> int:
        """From -2**(width-1) to 2**(width-1) - 1."""
        return raw - (1 << width) if raw >> (width - 1) else raw

    def encode(self, value: Any, width: int) -> int:
        """The bits of an integer in that range."""
        given = within(integer(value, undone=_UNDONE), -(1 << (width - 1)), (1 << (width - 1)) - 1)
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
    """Fixed point: an integer times 2**-fraction_bits. Floats in and out.

    Writing rounds to the nearest step, halves to the even one; what is out of range after that is refused.
    """

    signed: bool = False
    fraction_bits: int = 0

    def decode(self, raw: int, width: int) -> float:
        """Exact for fields of up to 53 bits."""
        step = SIGNED.decode(raw, width) if self.signed else raw
        return math.ldexp(step, -self.fraction_bits)

    def encode(self, value: Any, width: int) -> int:
        """The nearest step's bits."""
        real = number(value, undone=_UNDONE)
        try:
            step = round(math.ldexp(real, self.fraction_bits))
        except (ValueError, OverflowError):
            raise FieldValueError(f"{shown(value)} is no finite number in range{_UNDONE}") from None
        low = -(1 << (width - 1)) if self.signed else 0
        high = low + (1 << width) - 1
        if not low <= step <= high:
            ends = math.ldexp(low, -self.fraction_bits), math.ldexp(high, -self.fraction_bits)
            raise FieldValueError(f"{shown(value)} is out of range {ends[0]} to {ends[1]}{_UNDONE}")
        return step & ((1 << width) - 1)

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
        """A member or its number. Text is none: a member has one way to be said, which is checked before it runs."""
        if isinstance(value, str):
            raise FieldTypeError(f"a member is needed, {named_kind(value)}: {self._known}{_UNDONE}")
        given = integer(value, undone=_UNDONE)
        if given not in self.by_value:
            raise FieldValueError(f"{shown(value)} is no {self._known}{_UNDONE}")
        return given

    @property
    def _known(self) -> str:
        """The enum and its members, in words."""
        return f"{self.members.__name__}: " + ", ".join(f"{one.name} ({int(one)})" for one in self.members)

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
