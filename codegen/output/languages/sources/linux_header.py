"""A header for Linux kernel drivers on regmap: places, masks, fields, and what regmap has to know of each register."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.sheet import Language, Sheet
from codegen.output.languages.sources.linux_tables import Table, tables_of
from codegen.views.constants import EnumConstants, Group, Line, Member, map_constants
from codegen.views.escapes import block_comment
from codegen.views.names.constant_names import Constant, upper_snake
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.numbers import hexadecimal
from codegen.views.reference import device_model
from codegen.views.told.map_facts import field_facts, left_out, register_facts

if TYPE_CHECKING:
    from codegen.model.device import Device
    from codegen.views.reference import RegisterModel

__all__ = ["LINUX"]

_WORD_BITS, _WIDEST = 32, 64
_INT_MAX = (1 << 31) - 1
_HELD = frozenset({"title", "array", "index", "first", "volatile", "unknown"})
"""What macros, fields and tables say of a field."""


class _Commented(NamedTuple):
    """Macros below their comments."""

    comments: tuple[str, ...]
    lines: tuple[Line, ...]


class _Enum(NamedTuple):
    comment: str
    members: tuple[Member, ...]


class _Header(NamedTuple):
    guard: str
    sections: tuple[_Commented, ...]
    enums: tuple[_Enum, ...]
    tables: tuple[Table, ...]


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    prefix = upper_snake(model.name) + "_"
    constants = map_constants(model, "linux", prefix)
    registers = [
        _section(group, prefix, _notes(register))
        for group, register in zip(constants.registers, model.registers, strict=True)
    ]
    header = _Header(
        guard=f"{prefix}REGMAP_H",
        sections=(*(_section(group, prefix) for group in constants.places), *registers),
        enums=tuple(_enum(enum, prefix) for enum in constants.enums),
        tables=tables_of(model, prefix),
    )
    _refuse_clashes(model.name, header)
    return [Sheet(f"{device.name}_regmap.h", LINUX.template, {"model": model, "header": header})]


def _refuse_clashes(device: str, header: _Header) -> None:
    """Raise ValueError where a field and a macro would have one name."""
    scope = Scope(DIALECTS["linux"], device)
    for section in header.sections:
        for line in section.lines:
            scope.take("a macro", line.name.partition("(")[0])
    for enum in header.enums:
        for member in enum.members:
            scope.take(enum.comment, member.name)
    for table in header.tables:
        for field in table.fields:
            scope.take(f"a field of {table.name}", field.name)
        scope.take(f"the number of fields of {table.name}", f"{table.prefix}FIELDS")


def _notes(register: RegisterModel) -> list[str]:
    """Return what nothing in the header says of a register and its fields."""
    found = [left_out("regmap", register_facts(register), ())]
    for field in register.fields:
        note = left_out("regmap", field_facts(field), _HELD)
        found.append(f"{field.shown_name}: {' '.join(filter(None, (field.description.strip(), note)))}")
    return [note for note in found if note]


def _section(group: Group, prefix: str, notes: list[str] | None = None) -> _Commented:
    lines = tuple(line for constant in group.constants if (line := _line(constant, prefix)) is not None)
    return _Commented(tuple(map(block_comment, (group.title, *(notes or [])))), lines)


def _line(constant: Constant, prefix: str) -> Line | None:
    """Return a macro; what the kernel has no floating point for is left to the notes."""
    name = prefix + constant.name
    if constant.form == "real":
        return None
    if constant.form == "address":
        indexes = [f"i{number}" for number in range(len(constant.dimensions))]
        terms = [
            f"{hexadecimal(dimension.stride)} * {_number_of(index, dimension.first)}"
            for dimension, index in zip(constant.dimensions, indexes, strict=True)
        ]
        value = _integer(constant.value)
        if not indexes:
            return Line(name, value)
        return Line(f"{name}({', '.join(indexes)})", f"({' + '.join([value, *terms])})")
    if constant.form in {"number", "named"}:
        if constant.axis is None:
            return Line(name, str(constant.value) if constant.value <= _INT_MAX else _integer(constant.value))
        distance = f"{constant.axis.stride} * {_number_of('i', constant.axis.first)}"
        return Line(f"{name}(i)", f"({constant.value} + {distance})")
    return _bits(constant, name)


def _integer(value: int) -> str:
    return hexadecimal(value) if value <= _INT_MAX else f"{hexadecimal(value)}ULL"


def _number_of(index: str, first: int) -> str:
    return f"(({index}) - {first})" if first else f"({index})"


def _bits(constant: Constant, name: str) -> Line | None:
    if constant.bits > _WIDEST:  # by words, in the tables
        return None
    if not name.endswith("_MASK"):
        return Line(name, _integer(constant.value))
    suffix = "" if constant.bits <= _WORD_BITS else "_ULL"
    low = (constant.value & -constant.value).bit_length() - 1
    high = constant.value.bit_length() - 1
    if constant.axis is None:
        value = f"BIT{suffix}({low})" if low == high else f"GENMASK{suffix}({high}, {low})"
        return Line(name, value, comment=block_comment(constant.comment))
    distance = f"{constant.axis.stride} * {_number_of('i', constant.axis.first)}"
    value = f"(GENMASK{suffix}({high}, {low}) << ({distance}))"
    return Line(f"{name}(i)", value, comment=block_comment(constant.comment))


def _enum(enum: EnumConstants, prefix: str) -> _Enum:
    members = tuple(
        Member(prefix + name, str(value) if value <= _INT_MAX else _integer(value), block_comment(text))
        for name, value, text in enum.members
    )
    return _Enum(f"Enum {enum.name}", members)


LINUX = Language("linux", "linux.h.j2", _sheets)
