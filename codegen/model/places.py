"""The address table of a device: every place once, arrays as one place with dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import BlockChild, BlockType, Child, Device, RegisterChild, Space

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_PLACES", "Dimension", "TablePlace", "address_table"]

MAX_PLACES = 200_000
"""Types within types multiply; a table longer than this is of no use to a reader or a compiler."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """An array on the way to a place: its name, number of elements, and bytes between them."""

    name: str
    count: int
    stride: int


class TablePlace(NamedTuple):
    """A child at its first absolute offset; `names` are the steps of its path."""

    names: tuple[str, ...]
    path: str
    dimensions: tuple[Dimension, ...]
    space: Space
    offset: int
    child: Child


def address_table(device: Device) -> list[TablePlace]:
    """Return all places in the order of the map's children, a block before its content.

    Raises ValueError when they are more than MAX_PLACES.
    """
    table: list[TablePlace] = []
    for place in _inside(device.root, (), "", (), device.space, 0):
        if len(table) == MAX_PLACES:
            raise ValueError(
                f"{device.name}: more than {MAX_PLACES} places, with arrays counted once; "
                "only the Python driver can hold that many. Use arrays instead of single blocks."
            )
        table.append(place)
    return table


def _inside(
    block: BlockType,
    names: tuple[str, ...],
    prefix: str,
    dimensions: tuple[Dimension, ...],
    space: Space,
    base: int,
) -> Iterator[TablePlace]:
    for child in block.children:
        own_space = child.space if isinstance(child, BlockChild) and child.space else space
        steps = (*names, child.name)
        path = prefix + child.name
        inner = dimensions
        if isinstance(child, (RegisterChild, BlockChild)) and child.count is not None:
            path += f"[0..{child.count - 1}]"
            inner = (*dimensions, Dimension(child.name, child.count, child.stride))
        yield TablePlace(steps, path, inner, own_space, base + child.offset, child)
        if isinstance(child, BlockChild):
            yield from _inside(child.type, steps, path + ".", inner, own_space, base + child.offset)
