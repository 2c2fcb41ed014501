"""The elaborated map as a whole: the device, and every place in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.tree import each_element, walk
from codegen.model.types import BlockType, MemoryChild, RegisterType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.types import EnumType, Identity, PciIds
    from codegen.schema.spaces import Space

__all__ = ["Device", "Place", "RegisterPlace"]


class Place(NamedTuple):
    """Something at an absolute offset of a BAR."""

    path: str
    space: Space
    offset: int
    item: RegisterType | MemoryChild | BlockType


class RegisterPlace(NamedTuple):
    """A register at an absolute offset of a BAR."""

    path: str
    space: Space
    offset: int
    register: RegisterType


@dataclass(frozen=True, slots=True, eq=False)
class Device:
    """A whole map. `digest` is the sha256 of all input texts, `source` the map's file name."""

    name: str
    class_name: str
    description: str
    afi_ids: tuple[str, ...]
    pci: PciIds | None
    space: Space
    identity: Identity | None
    clkgen: bool
    enums: tuple[EnumType, ...]
    root: BlockType
    source: str
    digest: str

    def walk(self) -> Iterator[RegisterPlace]:
        """Yield every register in order of the map's children, arrays expanded as `name[i]`."""
        for path, space, offset, item in self.places():
            if isinstance(item, RegisterType):
                yield RegisterPlace(path, space, offset, item)

    def places(self) -> Iterator[Place]:
        """Yield every register, memory and block (before its content; the device itself first)."""
        yield Place("", self.space, 0, self.root)
        for stop in walk(self.root, self.space, each_element):
            child = stop.child
            yield Place(stop.path, stop.space, stop.offset, child if isinstance(child, MemoryChild) else child.type)
