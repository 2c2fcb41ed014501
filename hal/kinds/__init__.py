"""How a field's bits are a Python value: integers and real numbers in their codings, bool, fixed point, enums."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from hal.kinds.codings import Code, Float, Integer, Number, Real
from hal.kinds.members import Enumerated, EnumPair, OpenEnum
from hal.kinds.plain import BOOL, EXACT_BITS_MAX, SIGNED, UNSIGNED, Fixed, Format, Kind, Signed
from hal.kinds.toggle import TOGGLE, Toggle, has_every_value

__all__ = [
    "BOOL",
    "EXACT_BITS_MAX",
    "SIGNED",
    "TOGGLE",
    "UNSIGNED",
    "Code",
    "EnumPair",
    "Enumerated",
    "Fixed",
    "Float",
    "Format",
    "Integer",
    "Kind",
    "Number",
    "OpenEnum",
    "Real",
    "Signed",
    "Toggle",
    "awaited_kind",
    "enum_of",
    "has_every_value",
    "is_real",
    "kind_name",
    "kind_of",
]


def kind_of(given: Any) -> Kind:
    """What a declaration's third argument means."""
    if given is None or given is int:
        return UNSIGNED
    if given is bool:
        return BOOL
    if isinstance(given, type) and issubclass(given, IntEnum):
        return Enumerated(given)
    if isinstance(given, (Signed, Fixed, Number, Float, EnumPair)):
        return given
    raise TypeError(f"{given!r} is no kind of field")


def awaited_kind(kind: Kind) -> Kind:
    """How a value that a read is to give has bits, where a written one has others."""
    return kind.seen if isinstance(kind, EnumPair) else kind


def enum_of(given: Any, *, writing: bool = False) -> type[IntEnum] | None:
    """The enum of a declaration's third argument, where it has one."""
    if isinstance(given, EnumPair):
        return given.write if writing else given.read
    return given if isinstance(given, type) and issubclass(given, IntEnum) else None


def is_real(given: Any) -> bool:
    """Whether the values are floats."""
    return isinstance(given, (Fixed, Real, Float))


def kind_name(given: Any) -> str:
    """What maps call it: unsigned, signed, bool, enum, fixed, float, or a coding's name."""
    if isinstance(given, Number):
        return given.name
    if isinstance(given, (Signed, Fixed, Float)):
        return type(given).__name__.lower()
    return "bool" if given is bool else "enum" if enum_of(given) else "unsigned"
