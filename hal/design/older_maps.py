"""Registers that were saved with another map of a device: which of them the driver's own map still has.

A dump says how each register was laid out, so that a value never comes into fields that have moved.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.design.register_index import without_indices
from hal.errors import FieldNameError, SnapshotError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape
    from hal.design.design import Design

__all__ = ["Misfit", "Refit", "layouts_of", "refitted"]

_LAYOUT = re.compile(r"[1-9]\d{0,4}(?: [a-z][a-z0-9_]*(?:\[\w+\])?=\d{1,4}(?::\d{1,4})?)*")


class Misfit(NamedTuple):
    """All bits of a saved register that the map doesn't have, or not so."""

    bits: int
    reason: str


class Refit(NamedTuple):
    """The registers that fit, and those that don't, by path."""

    registers: dict[str, int]
    misfits: dict[str, Misfit]


def layouts_of(design: Design, paths: Collection[str]) -> dict[str, str]:
    """Width and fields of registers, as in "32 enable=0 mode=2:1"; those of an array once, as in ch[].level."""
    index, layouts = design.indexed(len(paths)), dict[str, str]()
    for path in paths:
        known = index.registers.get(path)
        place = without_indices(path) if known is None else known.place
        if place not in layouts:
            if place not in index.layouts:
                index.layouts[place] = _layout(design.shape_at(path))
            layouts[place] = index.layouts[place]
    return layouts


def _layout(shape: RegisterShape) -> str:
    return " ".join([str(shape.width), *(f"{field.name}={_range(field)}" for field in shape.fields.values())])


def _range(field: FieldDeclaration) -> str:
    return str(field.lsb) if field.msb == field.lsb else f"{field.msb}:{field.lsb}"


def refitted(design: Design, registers: Mapping[str, int], layouts: Any) -> Refit:
    """The saved registers by what the design has. `layouts`: what was saved of them; earlier versions saved nothing."""
    if not isinstance(layouts, dict):
        raise SnapshotError("this is no snapshot: its layouts are no mapping")
    refit = Refit({}, {})
    for path, bits in registers.items():
        reason = _reason(design, path, bits, layouts.get(without_indices(path)))
        if reason:
            refit.misfits[path] = Misfit(bits, reason)
        else:
            refit.registers[path] = bits
    return refit


def _reason(design: Design, path: str, bits: int, layout: object) -> str:
    """Why a register does not fit; "" where it does."""
    try:
        shape = design.shape_at(path)
    except FieldNameError:
        return "the map has no such register"
    if layout is not None:
        if not isinstance(layout, str) or not _LAYOUT.fullmatch(layout):
            raise SnapshotError(f"this is no snapshot: the layout of {path} is no width with fields")
        width, *fields = layout.split(" ")
        if int(width) != shape.width:
            return f"it had {width} bits, and has {shape.width}"
        for text in fields:
            name, _, bits_then = text.partition("=")
            field = shape.field_named(name)
            if field is not None and _range(field) != bits_then:
                return f"its field {name} was at {bits_then}, and is at {_range(field)}"
    return "" if 0 <= bits <= shape.mask else f"its value does not fit in {shape.width} bits"
