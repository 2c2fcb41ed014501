"""How a field's bits are a value, as a driver declares it, and the type that values have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.values.codings import coding_of, line_of
from codegen.model.values.formats import number_text
from codegen.views.literals import text_literal

if TYPE_CHECKING:
    from fractions import Fraction

    from codegen.model.types import FieldType, Number

__all__ = ["kind_text", "type_text"]

_FLOATS = ("hal.Fixed(", "hal.Real(", "hal.Float(")


def type_text(field: FieldType) -> str:
    """Return the type of what is read of it."""
    if field.enum is not None:
        return field.enum.python_name
    kind = kind_text(field)
    return "float" if kind.startswith(_FLOATS) else "bool" if kind == "bool" else "int"


def kind_text(field: FieldType) -> str:
    """Return how its kind is declared; "" of plain integers."""
    if field.enum is not None:
        other = field.write_enum
        name = field.enum.python_name
        return name if other is None else f"hal.EnumPair({name}, {other.python_name})"
    if field.number is not None:
        return _number(field, field.number)
    if field.fixed is not None:
        return f"hal.Fixed(signed={field.fixed.signed}, fraction_bits={field.fixed.fraction_bits})"
    return {
        "bool": "bool",
        "signed": "hal.SIGNED",
        "float": "hal.Float()",
        "sign_magnitude": 'hal.Integer("sign_magnitude")',
        "gray": 'hal.Integer("gray")',
        "bcd": 'hal.Code("bcd")',
        "one_hot": 'hal.Code("one_hot")',
    }.get(field.kind, "")


def _number(field: FieldType, number: Number) -> str:
    """Return a number with a scale, a unit or a range, in a kind of the runtime that has all of it."""
    scale, offset = line_of(field.fixed, number)
    is_whole = scale.denominator == offset.denominator == 1 and field.fixed is None
    function = "Integer" if is_whole else "Real"
    if is_whole and field.kind in ("bcd", "one_hot"):
        function = "Code"
    coding = coding_of(field.kind, field.fixed)
    arguments = [] if coding == "unsigned" else [text_literal(coding)]
    if field.kind == "float":
        function, arguments = "Float", []
    else:
        arguments += [f"scale={_exact(scale)}"] if scale != 1 else []
        arguments += [f"offset={_exact(offset)}"] if offset else []
    if number.unit:
        arguments.append(f"unit={text_literal(number.unit)}")
    ends = {"low": number.low, "high": number.high}
    arguments += [f"{key}={_exact(value)}" for key, value in ends.items() if value is not None]
    return f"hal.{function}({', '.join(arguments)})"


def _exact(value: Fraction) -> str:
    """Return a number as an integer, or as a text that says exactly what it is."""
    return str(value) if value.denominator == 1 else text_literal(number_text(value))
