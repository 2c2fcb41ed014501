"""A VHDL package of constants, for VHDL-93 and later."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.sheet import Language, Sheet
from codegen.views.constants import EnumConstants, EnumText, Group, Line, Member, map_constants
from codegen.views.escapes import ascii_comment
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.reference import device_model
from codegen.views.told.map_facts import field_facts, left_out, register_facts

if TYPE_CHECKING:
    from codegen.model.device import Device
    from codegen.views.names.constant_names import Constant
    from codegen.views.reference import RegisterModel

__all__ = ["VHDL"]

_NATURAL_MAX = (1 << 31) - 1
_ADDRESS_BITS = 64
_HELD = frozenset({"title", "access", "array", "index", "scale", "range", "unknown", "alternate", "hardware"})
"""What constants and the comments beside them say of a field."""


class _Section(NamedTuple):
    comments: tuple[str, ...]
    lines: tuple[Line, ...]


class _Package(NamedTuple):
    name: str
    enums: tuple[EnumText, ...]
    sections: tuple[_Section, ...]


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    constants = map_constants(model, "vhdl")
    scope = Scope(DIALECTS["vhdl"], model.name)
    texts = {enum.name: enum.description for enum in model.enums}
    package = _Package(
        name=f"{model.name}_pkg",
        enums=tuple(_enum(enum, texts[enum.name], scope) for enum in constants.enums),
        sections=(
            *(_section(group, scope) for group in constants.places),
            *(
                _section(group, scope, _notes(register))
                for group, register in zip(constants.registers, model.registers, strict=True)
            ),
        ),
    )
    return [Sheet(f"{package.name}.vhd", VHDL.template, {"model": model, "package": package})]


def _notes(register: RegisterModel) -> list[str]:
    """Return what constants do not say of a register and its fields."""
    found = [left_out("constants", register_facts(register), ("access_width", "endian"))]
    for field in register.fields:
        note = left_out("constants", field_facts(field), _HELD)
        text = " ".join(filter(None, (_sentence(field.description), note)))
        found.append(f"{field.shown_name}: {field.shown_bits}, {field.access}. {text}".rstrip())
    return found


def _sentence(text: str) -> str:
    return f"{text.strip().rstrip('.')}." if text.strip() else ""


def _section(group: Group, scope: Scope, notes: list[str] | None = None) -> _Section:
    comments = [group.title, *(notes or [])]
    lines = tuple(_line(constant, scope.take(group.name, constant.name)) for constant in group.constants)
    return _Section(tuple(ascii_comment(note) for note in comments if note), lines)


def _line(constant: Constant, name: str) -> Line:
    if constant.form in {"number", "named"}:
        small = constant.value <= _NATURAL_MAX
        value = str(constant.value) if small else _vector(constant.value, _ADDRESS_BITS)
        return Line(name, value, "natural" if small else _unsigned(_ADDRESS_BITS))
    if constant.form == "real":
        return Line(name, _real(constant.real), "real")
    if constant.form == "address":
        return Line(name, _vector(constant.value, _ADDRESS_BITS), _unsigned(_ADDRESS_BITS))
    value = _vector(constant.value, constant.bits, constant.unknown)
    return Line(name, value, f"std_logic_vector({constant.bits - 1} downto 0)", ascii_comment(constant.comment))


def _unsigned(bits: int) -> str:
    return f"unsigned({bits - 1} downto 0)"


def _vector(value: int, bits: int, unknown: int = 0) -> str:
    if unknown:
        digits = ("X" if unknown >> bit & 1 else str(value >> bit & 1) for bit in reversed(range(bits)))
        return f'"{"".join(digits)}"'
    if bits % 4 == 0:
        return f'X"{value:0{bits // 4}X}"'
    return f'"{value:0{bits}b}"'


def _real(value: float) -> str:
    """Return a number with a point, as VHDL wants it."""
    mantissa, mark, exponent = repr(float(value)).partition("e")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}{mark}{exponent}"


def _enum(enum: EnumConstants, description: str, scope: Scope) -> EnumText:
    name = scope.take(f"enum {enum.name}", f"{enum.tag.removesuffix('_x')}_e")
    members = tuple(
        Member(scope.take(f"{enum.name}.{label}", label), _vector(value, enum.bits), ascii_comment(text))
        for label, value, text in enum.members
    )
    return EnumText(name, enum.bits, (ascii_comment(description),) if description.strip() else (), members)


VHDL = Language("vhdl", "vhdl.vhd.j2", _sheets)
