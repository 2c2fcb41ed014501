"""What stands beside a register, by a path from the block that holds both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape

__all__ = ["Sibling", "element_of", "sibling"]


class Sibling(NamedTuple):
    """A register at `offset` bytes from the start of the block, and the field that the path names, if it does.

    `strides`: bytes from one element to the next in each dimension, where the element is that of the asking register.
    """

    offset: int
    shape: RegisterShape
    field: FieldDeclaration | None
    strides: tuple[int, ...]

    @property
    def mask(self) -> int:
        """The named bits of the register."""
        return self.field.mask if self.field is not None else self.shape.mask

    def placed(self, value: int) -> int:
        """A value of the named bits, where they are."""
        return value << self.field.lsb if self.field is not None else value


def element_of(children: Mapping[str, Any], step: str) -> int:
    """The number, from 0 on, of the element that a step of a path names; 0 where it names none."""
    name, _, index = step.partition("[")
    return _number(next(child for child in children.values() if child.name == name), index) if index else 0


def _number(array: Any, indices: str) -> int:
    """`indices`: what follows the first bracket."""
    labels = indices[:-1].split("][")
    place: int = array.place_of([int(label) if label.isdecimal() else label for label in labels])
    return place


def sibling(children: Mapping[str, Any], path: str, index: int = 0) -> Sibling:
    """What a path leads to, which the generator has checked. An array without an index: its element `index`."""
    offset, strides = 0, tuple[int, ...]()
    shape: RegisterShape | None = None
    for step in path.split("."):
        name, _, given = step.partition("[")
        if shape is not None:
            return Sibling(offset, shape, shape.field_named(name), strides)
        child = next(child for child in children.values() if child.name == name)
        offset += child.offset
        if child.count is not None:
            offset += child.distance(_number(child, given) if given else index)
            strides = strides if given else tuple(stride for _, stride in child.dimensions)
        if child.is_register:
            shape = child.shape
        else:
            children = child.children
    assert shape is not None
    return Sibling(offset, shape, None, strides)
