"""What a design's text says of its interrupts, so that an emulated card makes requests by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hal.access.policies import POLICIES
from hal.codes import Pf
from hal.errors import FieldNameError
from hal.lines.declared import declared_interrupts
from hal.registers.siblings import sibling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.registers.space import SpaceNumbers

__all__ = ["interrupt_lines"]


class _Bit(NamedTuple):
    """A field of one bit on the card, where it is stored. `acts_on_another`: by its writes, on this place."""

    space: SpaceNumbers
    offset: int
    bit: int
    field: FieldDeclaration
    acts_on_another: bool = False

    def __str__(self) -> str:
        return f"{Pf(self.space[0]).name.lower()} {self.space[1]} {self.offset:#x} {self.bit}"


def interrupt_lines(design: Design) -> Iterator[str]:
    """A line for each interrupt whose bits are there."""
    for one in declared_interrupts(design.driver):
        try:
            status = _place(design, one.status)
            text = f"interrupt {one.name} {'-' if one.line is None else one.line} {status}"
            if one.enable is not None:
                place = _place(design, one.enable[0])
                is_held = place.acts_on_another or (POLICIES[place.field.access].holds_value and not place.field.pulse)
                value = 1 if place.acts_on_another else one.enable[1]
                text += f" enable {place} {value} {int(is_held)}"
            if one.disable is not None:
                text += f" disable {_place(design, one.disable[0], written=True)} {one.disable[1]}"
            if one.clear is not None and one.clear[0] != one.status:
                text += f" clear {_place(design, one.clear[0], written=True)} {one.clear[1]}"
        except FieldNameError:
            continue
        yield text


def _place(design: Design, path: str, *, written: bool = False) -> _Bit:
    """`written`: where it is accessed, and not what it acts on."""
    above, _, name = path.rpartition(".")
    shape, space, offset = design.register_at(above)
    field = shape.field_named(name)
    if field is None:
        raise FieldNameError(f"{design.name} has no field {path!r}", path=path)
    if not field.alias or written:
        return _bit(shape, space, offset, field)
    run, index = next(
        (run, index)
        for run in design.runs()
        if run.child.is_register
        for index in range(run.number)
        if run.name(index) == above
    )
    found = sibling(run.siblings, field.alias, index)
    assert found.field is not None
    target = _bit(
        found.shape, space, offset - (run.at(index) - run.offset + run.child.offset) + found.offset, found.field
    )
    return target._replace(field=field, acts_on_another=True)


def _bit(shape: RegisterShape, space: SpaceNumbers, offset: int, field: FieldDeclaration) -> _Bit:
    stored, step = shape.stored, shape.stored.access_width
    within = field.lsb % step
    return _Bit(space, offset + stored.word_at(field.lsb // step) + within // 8, within % 8, field)
