"""What a block holds as plain data: a row for every register and memory, with its fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hal.codes import bar_name
from hal.design.walk import runs
from hal.kinds import enum_of, kind_name
from hal.registers.memory import access_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.design.walk import Run
    from hal.registers.child import Child
    from hal.registers.space import SpaceNumbers

__all__ = ["FieldRow", "Row", "rows_of", "walk"]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field. `reset`: its raw bits. `unknown`: which of them nobody knows after a reset.

    `kind`: unsigned, signed, bool, enum, fixed, float, or the coding of a number. `members`: an enum's, by name;
    `write_members`: those that it is written as.
    `idle`: "0", "1" or "last", what a pulse or a write-only field is given when a neighbour is written; else "".
    `plan`: "write" or "modify", how one write of it is made; "" where there is none, and `refused` says why.
    """

    name: str
    path: str
    msb: int
    lsb: int
    width: int
    access: str
    reset: int
    unknown: int
    kind: str
    members: dict[str, int]
    write_members: dict[str, int]
    volatile: bool
    pulse: bool
    idle: str
    plan: str
    refused: str
    description: str


@dataclass(frozen=True, slots=True)
class Row:
    """A register or a memory (`kind`).

    `address`: bytes from the BAR's start. `width`: bits of the register, or of a memory's word. `size`: bytes.
    `access`: the policies of the fields, or rw, ro, wo. `reset`: 0 for a memory.
    """

    kind: str
    path: str
    space: str
    pf: int
    bar: int
    address: int
    width: int
    size: int
    access: str
    reset: int
    description: str
    fields: tuple[FieldRow, ...]


def rows_of(children: Mapping[str, Child[Any]], space: SpaceNumbers, base: int = 0, prefix: str = "") -> Iterator[Row]:
    """Every register and memory of a block at `base`, in the map's order."""
    for run in runs(children, space, base, prefix):
        for index in range(run.number):
            place = run, run.name(index), run.at(index)
            yield _register_row(*place, run.child.shape_of(index)) if run.child.is_register else _memory_row(*place)


def walk(driver: type[Any]) -> Iterator[Row]:
    """Every register and memory of a driver class, in the map's order."""
    design: Design = driver._design
    return rows_of(design.children, design.home)


def _register_row(run: Run, path: str, address: int, shape: RegisterShape) -> Row:
    policies = dict.fromkeys(field.access for field in shape.fields.values())
    description = run.child.description or _described(run.child.kind, shape) or f"Register {run.child.name}."
    fields = tuple(_field_row(field, path, shape) for field in shape.fields.values())
    place = bar_name(*run.space), *run.space, address
    return Row(
        "register", path, *place, shape.width, shape.width // 8, "/".join(policies), shape.reset, description, fields
    )


def _described(kind: type[Any], shape: RegisterShape) -> str:
    """What the map says of a register, on one line: the first paragraph, where that is not the facts already."""
    summary = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    return "" if summary.startswith(f"{shape.width} bits, ") else summary


def _field_row(field: FieldDeclaration, register: str, shape: RegisterShape) -> FieldRow:
    seen, told = enum_of(field.given), enum_of(field.given, writing=True)
    return FieldRow(
        name=field.name,
        path=f"{register}.{field.name}",
        msb=field.msb,
        lsb=field.lsb,
        width=field.width,
        access=field.access,
        reset=(shape.reset & field.mask) >> field.lsb,
        unknown=(shape.unknown & field.mask) >> field.lsb,
        kind=kind_name(field.given),
        members={member.name: int(member) for member in seen or ()},
        write_members={member.name: int(member) for member in told or ()},
        volatile=field.volatile,
        pulse=field.pulse,
        idle=field.idle,
        plan=field.plan,
        refused=field.refused,
        description=field.description,
    )


def _memory_row(run: Run, path: str, address: int) -> Row:
    child = run.child
    place = bar_name(*run.space), *run.space, address
    return Row("memory", path, *place, child.width, child.size, access_of(child.kind), 0, child.description, ())
