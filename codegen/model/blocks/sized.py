"""Children of a block with the bytes that they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.blocks.numbering import NUMBERED
from codegen.model.overlap import Extent, extents_of
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.quick_tuples import quick

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codegen.model.blocks.numbering import Axis
    from codegen.model.types import Child, RegisterType
    from codegen.schema.spaces import Space

__all__ = ["Sized", "are_apart", "single_register", "space_of", "structure_of", "with_end"]


_extent = quick(Extent)


class Sized(NamedTuple):
    """A finished child and the bytes of one element of it; `end`: the first byte after all."""

    child: Child
    length: int
    alignment: int
    keys: tuple[str, str]
    end: int

    @property
    def extents(self) -> list[Extent]:
        """Its bytes."""
        child = self.child
        if isinstance(child, RegisterChild) and child.count is None:
            return [_extent((child.name, "register", child.offset, self.length, 1, self.length))]
        dimensions = [(axis.count, axis.stride) for axis in _axes(child)]
        return extents_of(child.name, child.kind, child.offset, self.length, dimensions)


def with_end(child: Child, length: int, alignment: int, keys: tuple[str, str]) -> Sized:
    """Return a child with the bytes of one element, and what its offset must be a multiple of."""
    end = child.offset + length + sum((axis.count - 1) * axis.stride for axis in _axes(child))
    return Sized(child, length, alignment, keys, end)


def _axes(child: Child) -> tuple[Axis, ...]:
    if isinstance(child, MemoryChild):
        return child.arrays
    return () if child.count is None else child.axes


def are_apart(children: Iterable[Sized]) -> bool:
    """Return whether these are single registers, each of which begins where all before it have ended."""
    end = 0
    for item in sorted(children, key=lambda item: item[0].offset):
        child = item[0]
        if not isinstance(child, RegisterChild) or child.count is not None or child.offset < end:
            return False
        end = item[4]
    return True


_register_child, _sized = quick(RegisterChild), quick(Sized)
_OF_ARRAYS = RegisterChild._fields.index("numbering")
"""From here on only arrays say something."""


def single_register(name: str, offset: int, register: RegisterType, python_name: str, description: str) -> Sized:
    """Return a register of which the map says nothing but where it is and what."""
    size, unsaid = register.width // 8, ("", "", None, None, False, NUMBERED, (), ())
    child = _register_child((name, offset, register, None, size, python_name, description, *unsaid))
    return _sized((child, size, register.access_width // 8, ("registers", name), offset + size))


def space_of(child: Child, device_space: Space) -> Space:
    """Return the BAR that it is in."""
    own = child.space if isinstance(child, BlockChild) else None
    return own or device_space


def structure_of(child: Child) -> tuple[object, ...]:
    """Return what makes two children the same; their types are one object when equal."""
    if isinstance(child, RegisterChild) and child.count is None:
        return child[:_OF_ARRAYS]
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
