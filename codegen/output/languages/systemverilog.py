"""A SystemVerilog package of constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.sheet import Language, Sheet
from codegen.views.constants import Constant, EnumConstants, Group, map_constants, upper_snake
from codegen.views.escapes import line_comment
from codegen.views.reference import device_model

if TYPE_CHECKING:
    from codegen.model.types import Device

__all__ = ["SYSTEMVERILOG"]


class _Line(NamedTuple):
    """A localparam."""

    type: str
    name: str
    value: str


class _Section(NamedTuple):
    """Parameters below a comment; tools take orders from comments, so it starts with our words."""

    comment: str
    lines: tuple[_Line, ...]


class _Member(NamedTuple):
    name: str
    value: str
    comment: str


class _Enum(NamedTuple):
    name: str
    bits: int
    members: tuple[_Member, ...]


class _Package(NamedTuple):
    name: str
    sections: tuple[_Section, ...]
    enums: tuple[_Enum, ...]


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    constants = map_constants(model)
    package = _Package(
        name=f"{model.name}_pkg",
        sections=tuple(map(_section, (*constants.places, *constants.registers))),
        enums=tuple(map(_enum, constants.enums)),
    )
    return [Sheet(f"{package.name}.sv", SYSTEMVERILOG.template, {"model": model, "package": package})]


def _section(group: Group) -> _Section:
    title = f"{group.title}: {group.description}" if group.description.strip() else group.title
    return _Section(line_comment(title), tuple(map(_line, group.constants)))


def _line(constant: Constant) -> _Line:
    if constant.form == "number":
        return _Line("int unsigned", constant.name, str(constant.value))
    bits = 64 if constant.form == "address" else constant.bits
    return _Line(f"logic [{bits - 1}:0]", constant.name, f"{bits}'h{constant.value:X}")


def _enum(enum: EnumConstants) -> _Enum:
    members = tuple(
        _Member(name, f"{enum.bits}'d{value}", line_comment(f"{name}: {text}") if text.strip() else "")
        for name, value, text in enum.members
    )
    return _Enum(f"{upper_snake(enum.name).lower()}_e", enum.bits, members)


SYSTEMVERILOG = Language("systemverilog", "systemverilog.sv.j2", _sheets)
