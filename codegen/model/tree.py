"""The tree of blocks: one walk over it, and what is read off that walk.

A map of few lines can hold billions of registers, so a walker says how much of an array it wants, and which
blocks it goes into.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.blocks.numbering import Axis, Numbering
from codegen.model.types import BlockChild, BlockType, Child, MemoryChild, RegisterChild, RegisterType
from codegen.quick_tuples import quick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from codegen.schema.spaces import Space

    Elements = Callable[[Axis], Iterable[tuple[str, int]]]
    """From a dimension of an array: where to stop, as it follows the name in a path, and the number there."""

__all__ = [
    "MAX_PLACES",
    "Dimension",
    "Expansion",
    "FirstPlace",
    "Stop",
    "TypeTree",
    "address_table",
    "as_a_whole",
    "each_element",
    "expansions",
    "first_element",
    "line_length",
    "room_for",
    "walk",
]

MAX_PLACES = 200_000
"""Types within types multiply; a table longer than this is of no use to a reader or a compiler."""

_SINGLE: tuple[tuple[str, int]] = (("", 0),)
"""Where to stop at what is no array."""
_ROOM, _ROOM_PER_CHARACTER = 1_600_000, 112
_LINE = 100
"""Characters of a line in an address table, besides the path, the reset and the description."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """An array on the way to a place: its name, number of elements, bytes between them, and what they are called."""

    name: str
    count: int
    stride: int
    first: int
    index: tuple[str, ...]

    @property
    def numbering(self) -> Numbering:
        """What stands in brackets for each element."""
        return Numbering(self.first, self.index)


class Stop(NamedTuple):
    """A child where a walk meets it: at an absolute offset of a BAR, in its block.

    `names` are the steps of its path, `dimensions` the arrays on the way.
    """

    names: tuple[str, ...]
    path: str
    dimensions: tuple[Dimension, ...]
    space: Space
    offset: int
    child: Child
    block: BlockType


_stop = quick(Stop)


def each_element(array: Axis) -> Iterator[tuple[str, int]]:
    """Stop at every element: `ch[0]`, `ch[1]`."""
    return ((f"[{array.numbering.label(number)}]", number) for number in range(array.count))


def as_a_whole(array: Axis) -> tuple[tuple[str, int]]:
    """Stop once, for all elements: `ch[0..3]`."""
    return ((f"[{array.numbering.shown(array.count)}]", 0),)


def first_element(array: Axis) -> tuple[tuple[str, int]]:
    """Stop at the first element: `ch[0]`."""
    return ((f"[{array.numbering.label(0)}]", 0),)


def walk(
    root: BlockType, space: Space, elements: Elements, enters: Callable[[BlockType], bool] = lambda _block: True
) -> Iterator[Stop]:
    """Yield all children in the order of the map, a block before its content, which `enters` may leave out."""
    return _inside(root, Stop((), "", (), space, 0, _itself(root), root), elements, enters)


def _itself(root: BlockType) -> BlockChild:
    return BlockChild(root.name, 0, root, None, 0, None, root.name, "")


def _inside(block: BlockType, outer: Stop, elements: Elements, enters: Callable[[BlockType], bool]) -> Iterator[Stop]:
    prefix = outer.path + "." if outer.path else ""
    for child in block.children:
        if isinstance(child, RegisterChild) and child.count is None:  # as most are
            path, offset = prefix + child.name, outer.offset + child.offset
            yield _stop(((*outer.names, child.name), path, outer.dimensions, outer.space, offset, child, block))
            continue
        space = child.space if isinstance(child, BlockChild) and child.space else outer.space
        start = outer.offset + child.offset
        names, dimensions, axes = (*outer.names, child.name), outer.dimensions, child.axes
        for axis in axes:
            dimensions = (*dimensions, Dimension(child.name, axis.count, axis.stride, axis.first, axis.index))
        for suffix, distance in _met(axes, elements) if axes else _SINGLE:
            stop = Stop(names, prefix + child.name + suffix, dimensions, space, start + distance, child, block)
            yield stop
            if not isinstance(child, RegisterChild) and child.type is not None and enters(child.type):
                yield from _inside(child.type, stop, elements, enters)


def _met(axes: tuple[Axis, ...], elements: Elements) -> Iterator[tuple[str, int]]:
    """Yield where to stop in an array, as it follows the name in a path, with the bytes from the first element."""
    for suffix, number in elements(axes[0]):
        for rest, distance in _met(axes[1:], elements) if axes[1:] else _SINGLE:
            yield suffix + rest, number * axes[0].stride + distance


def address_table(root: BlockType, space: Space) -> list[Stop]:
    """Return all places of a device, arrays as one place each.

    Raises ValueError when they are more than MAX_PLACES.
    """
    table: list[Stop] = []
    for stop in walk(root, space, as_a_whole):
        if len(table) == MAX_PLACES:
            raise ValueError(
                f"{root.name}: more than {MAX_PLACES} places, with arrays counted once; "
                "only the Python driver can hold that many. Use arrays instead of single blocks."
            )
        table.append(stop)
    return table


class Expansion(NamedTuple):
    """What an address table has below a block: lines, and their characters."""

    lines: int
    characters: int


def room_for(size: int) -> int:
    """Return the characters that an address table may have of a map whose texts have so many."""
    return _ROOM + _ROOM_PER_CHARACTER * size


def line_length(child: Child) -> int:
    """Return the characters of a child's own line, with its name."""
    if isinstance(child, RegisterChild):
        register = child.type
        told = len(child.description or register.description)
        length = _LINE + len(child.name) + register.reset.bit_length() // 4 + told
        return length if child.count is None else length + _brackets(child)
    return _LINE + len(child.name) + _brackets(child) + len(child.shown_description)


def _brackets(child: Child) -> int:
    """Return the characters that an array's names may add to its own in a path."""
    axes = child.axes if isinstance(child, MemoryChild) or child.count is not None else ()
    return len("][".join(axis.numbering.shown(axis.count) for axis in axes)) if axes else 0


def expansions(root: BlockType) -> list[tuple[Child, Expansion]]:
    """Return for each child of a device what it adds to the address table, without going through the table."""
    known: dict[BlockType, Expansion] = {}

    def below(child: Child) -> Expansion:
        own = line_length(child)
        if isinstance(child, RegisterChild) or child.type is None:
            return Expansion(1, own)
        inner = of(child.type)
        # Each line below has this child's name in its path.
        return Expansion(
            1 + inner.lines, own + inner.characters + inner.lines * (len(child.name) + _brackets(child) + 1)
        )

    def of(block: BlockType) -> Expansion:
        if block not in known:
            lines = characters = 0
            for child in block.children:
                part = below(child)
                lines, characters = lines + part[0], characters + part[1]
            known[block] = Expansion(lines, characters)
        return known[block]

    return [(child, below(child)) for child in root.children]


class FirstPlace(NamedTuple):
    """Where a type is used first, and in how many places altogether."""

    path: str
    space: Space
    offset: int
    uses: int


class TypeTree:
    """The types that a device reaches, each once.

    `blocks`: inner ones before those that hold them, the device's own last. `outer_first`: the same
    in the order of the map. `registers`: as they were met. `owners`: the block type in which each
    other type was met first.
    """

    def __init__(self, root: BlockType, space: Space) -> None:
        self.blocks: list[BlockType] = []
        self.outer_first: list[BlockType] = [root]
        self.registers: list[RegisterType] = []
        self.owners: dict[BlockType | RegisterType, BlockType] = {}
        self._met: dict[BlockType | RegisterType, Stop] = {}
        self._meet(root, space)

    def _meet(self, root: BlockType, space: Space) -> None:
        entered = {root}
        open_blocks = [root]

        def enters(block: BlockType) -> bool:
            is_new = block not in entered
            entered.add(block)
            return is_new

        for stop in walk(root, space, first_element, enters):
            child = stop.child
            while len(open_blocks) > len(stop.names):
                self.blocks.append(open_blocks.pop())
            if child.type is None or child.type in self.owners:
                continue
            self.owners[child.type] = stop.block
            self._met[child.type] = stop
            if isinstance(child, RegisterChild):
                self.registers.append(child.type)
            else:
                self.outer_first.append(child.type)
                open_blocks.append(child.type)
        self.blocks += reversed(open_blocks)

    @cached_property
    def first_places(self) -> dict[BlockType | RegisterType, FirstPlace]:
        """Where each type but the device's is used first, and how often."""
        uses: dict[BlockType | RegisterType, int] = {self.outer_first[0]: 1}
        for block in reversed(self.blocks):
            times = uses[block]
            for child in block.children:
                if child.type is not None:
                    is_single = isinstance(child, RegisterChild) and child.count is None
                    added = times if is_single else times * prod(axis.count for axis in child.axes)
                    uses[child.type] = uses.get(child.type, 0) + added
        return {item: FirstPlace(stop.path, stop.space, stop.offset, uses[item]) for item, stop in self._met.items()}
