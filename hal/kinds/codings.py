"""Numbers in codings other than plain binary, with a scale, an offset, a unit and a range; and IEEE floats.

A field's bits are an integer, its step, by its coding; the value is step * scale + offset, computed exactly and rounded
once. Scale and offset are given as text ("0.125", "33/40960"), which says exactly what a float would not.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import FieldValueError
from hal.kinds.plain import Format, rounded
from hal.values import UNDONE, integer, number, ratio, shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CODINGS", "Code", "Coding", "Float", "Integer", "Number", "Real"]

_DIGIT, _DIGITS = 4, 10
_FLOATS = {16: "e", 32: "f", 64: "d"}
_QUIET = {16: 0x7E00, 32: 0x7FC00000, 64: 0x7FF8000000000000}


class Coding(NamedTuple):
    """`step`: of these bits, None where they are none; `bits`: of a step; `ends`: the lowest and the highest step."""

    step: Callable[[int, int], int | None]
    bits: Callable[[int, int], int]
    ends: Callable[[int], tuple[int, int]]


def _whole(width: int) -> tuple[int, int]:
    return 0, (1 << width) - 1


def _gray_step(raw: int, width: int) -> int:
    shift = 1
    while shift < width:
        raw ^= raw >> shift
        shift <<= 1
    return raw


def _magnitude_step(raw: int, width: int) -> int:
    sign = 1 << (width - 1)
    return -(raw - sign) if raw & sign else raw


def _bcd_step(raw: int, width: int) -> int | None:
    step = 0
    for low in reversed(range(0, width, _DIGIT)):
        digit = (raw >> low) & 0xF
        if digit >= _DIGITS:
            return None
        step = step * _DIGITS + digit
    return step


def _bcd_bits(step: int, width: int) -> int:
    raw = 0
    for low in range(0, width, _DIGIT):
        step, digit = divmod(step, _DIGITS)
        raw |= digit << low
    return raw


def _bcd_ends(width: int) -> tuple[int, int]:
    whole, top = divmod(width, _DIGIT)
    return 0, (1 << top) * _DIGITS**whole - 1


CODINGS: dict[str, Coding] = {
    "unsigned": Coding(lambda raw, _: raw, lambda step, _: step, _whole),
    "signed": Coding(
        lambda raw, width: raw - (1 << width) if raw >> (width - 1) else raw,
        lambda step, width: step & ((1 << width) - 1),
        lambda width: (-(1 << (width - 1)), (1 << (width - 1)) - 1),
    ),
    "sign_magnitude": Coding(
        _magnitude_step,
        lambda step, width: step if step >= 0 else (1 << (width - 1)) - step,
        lambda width: (1 - (1 << (width - 1)), (1 << (width - 1)) - 1),
    ),
    "gray": Coding(_gray_step, lambda step, _: step ^ (step >> 1), _whole),
    "bcd": Coding(_bcd_step, _bcd_bits, _bcd_ends),
    "one_hot": Coding(
        lambda raw, _: raw.bit_length() - 1 if raw and not raw & (raw - 1) else None,
        lambda step, _: 1 << step,
        lambda width: (0, width - 1),
    ),
}
"""By name: two's complement is "signed"; one_hot's step is the number of the one bit that is set."""


class Line(NamedTuple):
    """value = (step * mul + add) / div, in integers."""

    mul: int
    add: int
    div: int


def _ratio(given: Any) -> tuple[int, int]:
    """A number as integers n / d: text such as "-0.5", "33/40960" or "1e-6", or a number that says itself so."""
    text = str(given)
    top, _, bottom = text.partition("/")
    (n, d), (n2, d2) = _decimal(top), _decimal(bottom) if bottom else (1, 1)
    if n2 == 0:
        raise ValueError(f"{text!r} divides by 0")
    return n * d2, d * n2


def _decimal(text: str) -> tuple[int, int]:
    digits, _, exponent = text.strip().lower().partition("e")
    whole, _, fraction = digits.partition(".")
    shift = int(exponent or 0) - len(fraction)
    n = int(whole + fraction)
    return (n * 10**shift, 1) if shift >= 0 else (n, 10**-shift)


def _line(scale: Any, offset: Any) -> Line:
    (scale_n, scale_d), (offset_n, offset_d) = _ratio(scale), _ratio(offset)
    mul, add, div = scale_n * offset_d, offset_n * scale_d, scale_d * offset_d
    common = math.gcd(mul, add, div) * (1 if div > 0 else -1)
    return Line(mul // common, add // common, div // common)


class Number:
    """What all numbers have: coding, line and range. `low` and `high` are values."""

    def __init__(
        self,
        coding: str = "unsigned",
        *,
        scale: Any = 1,
        offset: Any = 0,
        unit: str = "",
        low: Any = None,
        high: Any = None,
    ) -> None:
        self.name, self.coding, self.line, self.unit = coding, CODINGS[coding], _line(scale, offset), unit
        self.given_ends = low, high
        self._ends: dict[int, tuple[int, int]] = {}

    def __repr__(self) -> str:
        return f"<{self.name} number>"

    def decode(self, raw: int, width: int) -> Any:
        """The value; the bits that are no step have none."""
        step = self.coding.step(raw, width)
        return self._no_value if step is None else self._value(step)

    _no_value: Any = None

    def _value(self, step: int) -> Any:
        raise NotImplementedError

    def _step(self, value: Any) -> int:
        raise NotImplementedError

    def ends(self, width: int) -> tuple[int, int]:
        """The lowest and the highest step that may be written."""
        if width not in self._ends:
            mul, add, div = self.line
            low, high = self.coding.ends(width)
            steps = [None if end is None else _exact(end, mul, add, div) for end in self.given_ends]
            first, last = reversed(steps) if mul < 0 else steps
            self._ends[width] = low if first is None else max(low, first), high if last is None else min(high, last)
        return self._ends[width]

    def encode(self, value: Any, width: int) -> int:
        """The bits of a value in range."""
        low, high = self.ends(width)
        step = self._step(value)
        if not low <= step <= high:
            first, last = sorted((self._value(low), self._value(high)))
            raise FieldValueError(f"{shown(value)} is out of range {first} to {last}{UNDONE}")
        return self.coding.bits(step, width)

    def text(self, raw: int, width: int) -> str:
        """The value with its unit; bits that are no value as they are."""
        if self.coding.step(raw, width) is None:
            return f"{raw:#x} (no {self.name})"
        return f"{self.decode(raw, width)} {self.unit}".rstrip()


def _exact(end: Any, mul: int, add: int, div: int) -> int:
    n, d = _ratio(end)
    return rounded(n * div - add * d, mul * d)


class _Whole(Number):
    """With whole scale and offset."""

    def _value(self, step: int) -> int:
        return step * self.line.mul + self.line.add

    def _step(self, value: Any) -> int:
        step, rest = divmod(integer(value, undone=UNDONE) - self.line.add, self.line.mul)
        if rest:
            low, high = sorted((self._value(step), self._value(step + 1)))
            raise FieldValueError(f"{shown(value)} is no step of {abs(self.line.mul)}: {low} or {high}{UNDONE}")
        return step


class Integer(_Whole, Format[int]):
    """Integers: unsigned, signed, sign_magnitude or gray, with whole scale and offset."""


class Code(_Whole, Format["int | None"]):
    """Integers of which not all bits are one: bcd and one_hot. Those read as None."""


class Real(Number, Format[float]):
    """Real numbers; a write rounds to the nearest step, halves to the even one. Bits that are none read as NaN."""

    _no_value = math.nan

    def _value(self, step: int) -> float:
        try:
            return (step * self.line.mul + self.line.add) / self.line.div
        except OverflowError:
            return math.inf if step > 0 else -math.inf

    def _step(self, value: Any) -> int:
        mul, add, div = self.line
        real = number(value, undone=UNDONE)
        try:
            n, d = ratio(value, real)
        except (ValueError, OverflowError):
            raise FieldValueError(f"{shown(value)} is no finite number in range{UNDONE}") from None
        return rounded(n * div - add * d, mul * d)


class Float(Format[float]):
    """IEEE 754 of 16, 32 or 64 bits. Infinities are values, and so is NaN, which is written as the quiet one."""

    def __init__(self, *, unit: str = "", low: Any = None, high: Any = None) -> None:
        self.unit = unit
        self.low = -math.inf if low is None else float(low)
        self.high = math.inf if high is None else float(high)
        self.is_bounded = low is not None or high is not None

    def decode(self, raw: int, width: int) -> float:
        """Exact."""
        value: float = struct.unpack(f"<{_FLOATS[width]}", raw.to_bytes(width // 8, "little"))[0]
        return value

    def encode(self, value: Any, width: int) -> int:
        """The bits of the nearest float of that width."""
        real = number(value, undone=UNDONE)
        if math.isnan(real) and not self.is_bounded:
            return _QUIET[width]
        try:
            raw = int.from_bytes(struct.pack(f"<{_FLOATS[width]}", real), "little")
        except OverflowError:
            raise FieldValueError(f"{shown(value)} is larger than any float of {width} bits{UNDONE}") from None
        if not self.low <= self.decode(raw, width) <= self.high:
            raise FieldValueError(f"{shown(value)} is out of range {self.low} to {self.high}{UNDONE}")
        return raw

    def text(self, raw: int, width: int) -> str:
        """The shortest form, with its unit."""
        return f"{self.decode(raw, width)} {self.unit}".rstrip()
