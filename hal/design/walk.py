"""What a block declares, line by line, with its place on a card. Touches none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal.registers.space import space_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal.registers.child import Child
    from hal.registers.space import SpaceNumbers

__all__ = ["Run", "places", "runs"]


class Run(NamedTuple):
    """What one line of a block declares (a register, an array of them, a memory, a block), at `offset` of a BAR.

    `arrays`: count and stride of each array of blocks around it that was not gone through element by element.
    `siblings`: what its block declares. `is_alternate`: it, or a block around it, shares the bits of another one.
    """

    path: str
    child: Child[Any]
    space: SpaceNumbers
    offset: int
    arrays: tuple[tuple[int, int], ...] = ()
    siblings: Mapping[str, Child[Any]] = {}
    is_alternate: bool = False

    @property
    def number(self) -> int:
        """How many there are; they are counted row by row."""
        number: int = self.child.number
        return number

    def name(self, index: int) -> str:
        """The path of one of them."""
        brackets: str = self.child.brackets(index)
        return self.path + brackets

    def at(self, index: int) -> int:
        """The offset of one of them."""
        offset: int = self.offset + self.child.distance(index)
        return offset


def places(
    children: Mapping[str, Child[Any]], space: SpaceNumbers, base: int = 0, prefix: str = "", *, expand: bool = True
) -> Iterator[Run]:
    """All lines of a block at `base` and of the blocks below, each block before what it holds, in the map's order.

    `expand`: arrays of blocks element by element, the array itself before them; else once, with `Run.arrays`.
    """
    return _places(children, space, base, prefix, (), expand)


def _places(
    children: Mapping[str, Child[Any]],
    space: SpaceNumbers,
    base: int,
    prefix: str,
    arrays: tuple[tuple[int, int], ...],
    expand: bool,
    is_alternate: bool = False,
) -> Iterator[Run]:
    for child in children.values():
        where = space_numbers(child.space) if child.space else space
        at = child.offset if child.space else base + child.offset
        shares = is_alternate or child.alternate != ""
        run = Run(prefix + child.name, child, where, at, () if child.space else arrays, children, shares)
        yield run
        if not child.is_block:
            continue
        if child.count is None:
            yield from _places(child.children, where, at, f"{run.path}.", run.arrays, expand, shares)
        elif expand:
            for index in range(child.number):
                yield from _places(
                    child.children, where, run.at(index), f"{run.name(index)}.", run.arrays, expand, shares
                )
        else:
            around = (*run.arrays, *child.dimensions)
            yield from _places(child.children, where, at, f"{run.path}[].", around, expand, shares)


def runs(children: Mapping[str, Child[Any]], space: SpaceNumbers, base: int = 0, prefix: str = "") -> Iterator[Run]:
    """All registers, arrays of registers and memories of a block at `base`, arrays of blocks element by element."""
    return (run for run in places(children, space, base, prefix) if not run.child.is_block)
