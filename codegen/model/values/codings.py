"""How a step of a number is bits, and which steps a field can hold. The runtime has more of it, in hal.kinds."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    from codegen.model.types import FixedPoint, Kind, Number

__all__ = ["FLOAT_WIDTHS", "NUMBERS", "bits_of_step", "coding_of", "float_bits", "line_of", "steps"]

NUMBERS = ("unsigned", "signed", "sign_magnitude", "gray", "bcd", "one_hot", "fixed")
"""Kinds whose bits are a step."""

FLOAT_WIDTHS = {16: "e", 32: "f", 64: "d"}
_DIGIT, _DIGITS = 4, 10


def coding_of(kind: Kind, fixed: FixedPoint | None) -> str:
    """Return the coding of a kind that is a number: a fixed point's is that of its integer."""
    if fixed is None:
        return kind
    return "signed" if fixed.signed else "unsigned"


def line_of(fixed: FixedPoint | None, number: Number | None) -> tuple[Fraction, Fraction]:
    """Return scale and offset of a field's steps."""
    from fractions import Fraction  # noqa: PLC0415

    scale, offset = (number.scale, number.offset) if number else (Fraction(1), Fraction(0))
    return (scale / Fraction(2) ** fixed.fraction_bits if fixed else scale), offset


def steps(coding: str, width: int) -> tuple[int, int]:
    """Return the lowest and the highest step of so many bits."""
    if coding == "signed":
        return -(1 << width - 1), (1 << width - 1) - 1
    if coding == "sign_magnitude":
        return 1 - (1 << width - 1), (1 << width - 1) - 1
    if coding == "bcd":
        digits, top = divmod(width, _DIGIT)
        return 0, (1 << top) * _DIGITS**digits - 1
    return 0, width - 1 if coding == "one_hot" else (1 << width) - 1


def bits_of_step(coding: str, step: int, width: int) -> int:
    """Return the bits of a step that the field can hold."""
    if coding == "sign_magnitude":
        return step if step >= 0 else (1 << width - 1) - step
    if coding == "gray":
        return step ^ step >> 1
    if coding == "one_hot":
        return 1 << step
    if coding == "bcd":
        return sum(step // _DIGITS**place % _DIGITS << _DIGIT * place for place in range(-(-width // _DIGIT)))
    return step & (1 << width) - 1


def float_bits(value: float, width: int) -> int | None:
    """Return the bits of the nearest float of that width; None where all are smaller."""
    try:
        packed = struct.pack(f"<{FLOAT_WIDTHS[width]}", value)
    except OverflowError:
        return None
    return int.from_bytes(packed, "little")
