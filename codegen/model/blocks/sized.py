"""Children of a block with the bytes that they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.blocks.numbering import NUMBERED
from codegen.model.overlap import Extent, extents_of
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.quick_tuples import quick

if TYPE_CHECKING:
    from codegen.model.blocks.numbering import Axis
    from codegen.model.types import Child, RegisterType
    from codegen.schema.spaces import Space

__all__ = ["Sized", "single_register", "space_of", "structure_of"]


_extent = quick(Extent)


class Sized(NamedTuple):
    """A finished child and the bytes of one element of it."""

    child: Child
    length: int
    alignment: int
    keys: tuple[str, str]

    @property
    def end(self) -> int:
        """The first byte after it."""
        last = self.child.offset + self.length
        if isinstance(self.child, RegisterChild) and self.child.count is None:
            return last
        axes = self._axes
        return last + sum((axis.count - 1) * axis.stride for axis in axes) if axes else last

    @property
    def extents(self) -> list[Extent]:
        """Its bytes."""
        child = self.child
        if isinstance(child, RegisterChild) and child.count is None:
            return [_extent((child.name, "register", child.offset, self.length, 1, self.length))]
        dimensions = [(axis.count, axis.stride) for axis in self._axes]
        return extents_of(child.name, child.kind, child.offset, self.length, dimensions)

    @property
    def _axes(self) -> tuple[Axis, ...]:
        child = self.child
        if isinstance(child, MemoryChild):
            return child.arrays
        return () if child.count is None else child.axes


_register_child, _sized = quick(RegisterChild), quick(Sized)


def single_register(name: str, offset: int, register: RegisterType, python_name: str, description: str) -> Sized:
    """Return a register of which the map says nothing but where it is and what."""
    size, unsaid = register.width // 8, ("", "", None, None, False, NUMBERED, (), ())
    child = _register_child((name, offset, register, None, size, python_name, description, *unsaid))
    return _sized((child, size, register.access_width // 8, ("registers", name)))


def space_of(child: Child, device_space: Space) -> Space:
    """Return the BAR that it is in."""
    own = child.space if isinstance(child, BlockChild) else None
    return own or device_space


def structure_of(child: Child) -> tuple[object, ...]:
    """Return what makes two children the same; their types are one object when equal."""
    said = child.name, child.python_name, child.offset, child.description, child.title, child.properties, child.external
    if isinstance(child, MemoryChild):
        return (
            *said,
            child.size,
            child.width,
            child.access_width,
            child.access,
            child.entry,
            child.arrays,
            child.burst,
        )
    space = child.space if isinstance(child, BlockChild) else None
    resets = child.resets if isinstance(child, RegisterChild) else ()
    return (*said, child.type, child.axes, child.stride, space, child.alternate, child.when, resets)
