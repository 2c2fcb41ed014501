"""Places of a map as plain values: the lines of its address table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.model.memories.entry_rules import bus_width
from codegen.model.properties import properties_of
from codegen.model.types import MemoryChild, RegisterChild
from codegen.quick_tuples import quick
from codegen.views.told.place_texts import place_told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.model.registers.rule_types import When
    from codegen.model.tree import Dimension, Stop
    from codegen.model.types import BlockType, Child, RegisterType
    from codegen.schema.spaces import Space

__all__ = ["PlaceModel", "bus_width_of", "description_of", "place_model", "resets_of", "size_of"]


class PlaceModel(NamedTuple):
    """A line of the address table: an absolute offset in a BAR.

    An array is one place, at its first element; `dimensions` are the arrays on the way, outer
    ones first, and the last `rank` of them its own. `resets`: of each element, row by row, where
    they differ. `size` is that of one element, `python_name` and `title` those of the last step.
    """

    kind: str
    path: str
    names: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    rank: int
    resets: tuple[int, ...]
    space: Space
    offset: int
    size: int
    type: str | None
    width: int
    access_width: int
    access: str
    alternate: str | None
    when: When | None
    external: bool
    python_name: str
    title: str
    properties: dict[str, Any]
    description: str


_place_model = quick(PlaceModel)


def place_model(stop: Stop, names: Mapping[BlockType | RegisterType, str]) -> PlaceModel:
    """Return a place as it is told; `names`: the classes of types."""
    child = stop.child
    if isinstance(child, RegisterChild) and child.count is None:
        return _single_place(stop, child, names)
    return PlaceModel(
        kind=child.kind,
        path=stop.path,
        names=stop.names,
        dimensions=stop.dimensions,
        rank=len(child.axes),
        resets=resets_of(child),
        space=stop.space,
        offset=stop.offset,
        size=size_of(child),
        type=names[child.type] if child.type else None,
        width=child.width,
        access_width=bus_width_of(child),
        access=child.access,
        alternate=child.alternate,
        when=child.when,
        external=child.external,
        python_name=child.python_name,
        title=child.title,
        properties=properties_of(child.properties),
        description=place_told(child),
    )


def _single_place(stop: Stop, child: RegisterChild, names: Mapping[BlockType | RegisterType, str]) -> PlaceModel:
    """Return the place of a register that is no array. A large map has tens of thousands, so all is given in order."""
    kind = child.type
    place = stop.path, stop.names, stop.dimensions, 0, child.resets, stop.space, stop.offset, kind.width // 8
    how = names[kind], kind.width, kind.access_width, kind.access, child.alternate, child.when, child.external
    properties = properties_of(child.properties) if child.properties else {}
    texts = child.python_name, child.title, properties, description_of(child)
    return _place_model(("register", *place, *how, *texts))


def description_of(child: Child) -> str:
    """Return what documents say of a place."""
    if type(child) is not RegisterChild or child.count is not None or child.external:
        return place_told(child)
    if child.alternate is not None or child.when is not None:
        return place_told(child)
    return child.description or child.type.description  # as of most


def resets_of(child: Child) -> tuple[int, ...]:
    """Return the resets of the elements of an array of registers, where they differ."""
    return child.resets if isinstance(child, RegisterChild) else ()


def bus_width_of(child: Child) -> int:
    """Return the bits of one bus access; 0 for a block."""
    if isinstance(child, MemoryChild):
        return bus_width(child)
    return child.type.access_width if isinstance(child, RegisterChild) else 0


def size_of(child: Child) -> int:
    """Return the bytes of one element."""
    return child.entry.size if isinstance(child, MemoryChild) and child.entry is not None else child.size
