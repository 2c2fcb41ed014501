"""Children of a block with the bytes that they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.overlap import Extent, extents_of
from codegen.model.types import BlockChild, MemoryChild, RegisterChild

if TYPE_CHECKING:
    from codegen.model.blocks.numbering import Axis
    from codegen.model.types import Child
    from codegen.schema.spaces import Space

__all__ = ["Sized", "space_of", "structure_of"]


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
            return [Extent(child.name, "register", child.offset, self.length, 1, self.length)]
        dimensions = [(axis.count, axis.stride) for axis in self._axes]
        return extents_of(child.name, child.kind, child.offset, self.length, dimensions)

    @property
    def _axes(self) -> tuple[Axis, ...]:
        child = self.child
        if isinstance(child, MemoryChild):
            return child.arrays
        return () if child.count is None else child.axes


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
