"""A SystemVerilog package of constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.sheet import Language, Sheet
from codegen.views.constants import EnumConstants, Group, Line, Member, Section, map_constants
from codegen.views.escapes import line_comment
from codegen.views.reference import device_model

if TYPE_CHECKING:
    from codegen.model.device import Device
    from codegen.views.names.constant_names import Constant

__all__ = ["SYSTEMVERILOG"]


class _Enum(NamedTuple):
    name: str
    bits: int
    members: tuple[Member, ...]


class _Package(NamedTuple):
    name: str
    sections: tuple[Section, ...]
    enums: tuple[_Enum, ...]


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    constants = map_constants(model, "systemverilog")
    package = _Package(
        name=f"{model.name}_pkg",
        sections=tuple(map(_section, (*constants.places, *constants.registers))),
        enums=tuple(map(_enum, constants.enums)),
    )
    return [Sheet(f"{package.name}.sv", SYSTEMVERILOG.template, {"model": model, "package": package})]


def _section(group: Group) -> Section:
    """Return parameters below a comment; tools take orders from comments, so it starts with our words."""
    return Section(line_comment(group.title), tuple(map(_line, group.constants)))


def _line(constant: Constant) -> Line:
    if constant.form == "number":
        return Line(constant.name, str(constant.value), "int unsigned")
    if constant.form == "named":
        small = constant.value < 1 << 31
        value = str(constant.value) if small else f"64'h{constant.value:X}"
        return Line(constant.name, value, "int unsigned" if small else "longint unsigned")
    if constant.form == "real":
        return Line(constant.name, repr(constant.real), "real")
    if constant.form == "list":
        values = ", ".join(f"{constant.bits}'h{value:X}" for value in constant.values)
        name = f"{constant.name} [{len(constant.values)}]"
        return Line(name, f"'{{{values}}}", f"logic [{constant.bits - 1}:0]")
    bits = 64 if constant.form == "address" else constant.bits
    if constant.unknown:
        digits = (
            "x" if constant.unknown >> bit & 1 else str(constant.value >> bit & 1) for bit in reversed(range(bits))
        )
        return Line(constant.name, f"{bits}'b{''.join(digits)}", f"logic [{bits - 1}:0]")
    return Line(constant.name, f"{bits}'h{constant.value:X}", f"logic [{bits - 1}:0]", line_comment(constant.comment))


def _enum(enum: EnumConstants) -> _Enum:
    members = tuple(
        Member(name, f"{enum.bits}'d{value}", line_comment(f"{name}: {text}") if text.strip() else "")
        for name, value, text in enum.members
    )
    return _Enum(f"{enum.tag}_e", enum.bits, members)


SYSTEMVERILOG = Language("systemverilog", "systemverilog.sv.j2", _sheets)
