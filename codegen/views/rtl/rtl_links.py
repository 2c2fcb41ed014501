"""What a map's paths lead to inside of a module: the bits that a lock names, an alias acts on, an interrupt is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.views.rtl.writing.rtl_text import Bits, concatenation, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.model.blocks.numbering import Axis
    from codegen.model.types import BlockType, Child, FieldType, RegisterType
    from codegen.views.rtl.rtl_cells import Cell, Place
    from codegen.views.rtl.rtl_places import Group, View, Window

__all__ = ["Found", "Links", "UnreachableError"]

_STEP = re.compile(r"([a-z][a-z0-9_]*)((?:\[\w+\])*)")


class UnreachableError(Exception):
    """A path leads to nothing that this module has; says why."""


class Found(NamedTuple):
    """A register, the index of its signals, and a field of it with an element's number, or neither."""

    place: Place
    at: str
    field: FieldType | None
    element: int


@dataclass(frozen=True, slots=True)
class _Way:
    """Steps from a block to a register in it.

    `count`: elements on the way. The element's number is `number`, and `follows` times that of the one that asks.
    """

    names: tuple[str, ...]
    child: RegisterChild
    count: int
    number: int
    follows: int


class Links:
    """The registers of a module by their steps from the device."""

    def __init__(self, places: dict[tuple[str, ...], list[Place]]) -> None:
        self._places = places

    def of(self, place: Place, path: str) -> Found:
        """Return what a path from the block of a register leads to. Raises UnreachableError."""
        steps = path.split(".")
        way = _way(place.group.block, place.group.names[:-1], steps)
        field = _field(way.child.type, steps)
        return Found(*self._element(place, way), field, 0)

    def beside(self, window: Window, path: str) -> Found:
        """Return what a path from the block of some other logic leads to. Raises UnreachableError."""
        steps = path.split(".")
        if window.dimensions or window.block is None:
            raise UnreachableError("in an array of blocks, other logic has no alternates")
        way = _way(window.block, window.names[:-1], steps)
        field = _field(way.child.type, steps)
        places = self._at(way.names)
        if len(places) > 1:
            return Found(places[way.number], "", field, 0)
        return Found(places[0], f"[{way.number}]" if places[0].number > 1 else "", field, 0)

    def of_device(self, root: BlockType, path: str) -> Found:
        """Return the field that a path from the device leads to. Raises UnreachableError."""
        steps = path.split(".")
        *above, last = steps
        way = _way(root, (), above)
        name, _, label = last.removesuffix("]").partition("[")
        field = _field(way.child.type, [name])
        assert field is not None
        element = field.array.labels.index(label) if label and field.array else 0
        places = self._at(way.names)
        if len(places) > 1:
            return Found(places[way.number], "", field, element)
        return Found(places[0], f"[{way.number}]" if places[0].number > 1 else "", field, element)

    def bits(self, found: Found) -> str:
        """Return the bits as an expression."""
        if found.field is not None:
            cell, index = self.cell_of(found.place, found.field, found.at)
            cell.is_used = True
            if cell.field.array is not None and found.field.array is not None:
                low = found.element * cell.field.width
                width = cell.field.width
                bits = f"[{low}]" if width == 1 else f"[{low + width - 1}:{low}]"
                return f"{cell.name}{index}{bits if cell.width > width else ''}"
            return cell.name + index
        pieces = []
        for item in found.place.register.fields:
            cell, index = self.cell_of(found.place, item, found.at)
            cell.is_used = True
            pieces.append(Bits(item.lsb, item.width, cell.name + index))
        return concatenation(found.place.register.width, pieces, found.place.reset)

    def equals(self, found: Found, value: int) -> str:
        """Return whether the bits have a value."""
        width = found.place.register.width if found.field is None else found.field.width
        return f"{self.bits(found)} == {literal(width, value)}"

    def holds(self, view: View, find: Callable[[str], Found]) -> list[str]:
        """Return what has to be so for a view; `find` is what a path of its leads to. Raises UnreachableError."""
        terms = [self.equals(find(path), value) for path, value in view.when]
        return terms if view.is_there else [f"!({' && '.join(terms)})"]

    def cell_of(self, place: Place, field: FieldType, index: str) -> tuple[Cell, str]:
        """Return the cell that holds a field, its own or that which it is an alias of, and the index of it there."""
        if field.alias is None:
            return self._cell(place, field), index
        found = self.of(place, field.alias)
        if "@" in field.name:  # of an alternate: the other one's fields as this module has them
            found = found._replace(field=_field(found.place.register, field.alias.split(".")[1:]))
        assert found.field is not None
        if index and index != place.index:
            # A fixed element: the same one of the other register, for aliases are arrays of as many.
            return self._cell(found.place, found.field), index if found.place.number > 1 else ""
        return self._cell(found.place, found.field), found.at

    @staticmethod
    def _cell(place: Place, field: FieldType) -> Cell:
        cell = place.cells.get(field.name)
        if cell is None or cell.width != field.width * cell.count:
            raise UnreachableError(f"the bits of {place.group.path}.{field.name} are another field's: name that")
        return cell

    def strobe_indexes(self, place: Place, alias: Place) -> list[str]:
        """Return the indexes of an alias's strobes inside of the loop of the register that it acts on.

        Raises UnreachableError where one would have to be chosen.
        """
        own, other = place.group.own, alias.group.own
        if own == other:
            if alias.element is not None:
                return [""] if alias.element == (place.element or 0) else []
            if place.element is not None:
                return [f"[{place.element}]"]
            return [alias.index]
        if own > 1:
            raise UnreachableError(f"{place.group.path} is an array, and its alias is not: which element is meant")
        if alias.element is not None:
            return [""] if alias.element // other == (place.element or 0) else []
        if place.number > 1:
            raise UnreachableError(f"{alias.group.path} is an array that acts on one register, in an array of blocks")
        return [f"[{number}]" for number in range(other)]

    def _at(self, names: tuple[str, ...]) -> list[Place]:
        found = self._places.get(names)
        if not found:
            raise UnreachableError(f"{'.'.join(names)} is held by other logic, or lies in another BAR")
        return found

    def _element(self, place: Place, way: _Way) -> tuple[Place, str]:
        places, own = self._at(way.names), place.group.own
        total = places[0].group.number
        if place.index == "":
            element = place.element or 0
            number = element // own * way.count + way.number + element % own * way.follows
            if len(places) > 1:
                return places[number], ""
            return places[0], f"[{number}]" if total > 1 else ""
        if len(places) > 1:
            raise UnreachableError(
                f"the elements of {places[0].group.path} share words of the bus, and those of {place.group.path} do not"
            )
        if total == 1:
            return places[0], ""
        return places[0], f"[{_number(place.group, own, way)}]"


def _number(group: Group, own: int, way: _Way) -> str:
    """Return the number of the element, by that of the one that asks."""
    if (own == way.count and way.follows == 1) or (own == 1 and way.count == 1):
        return "i"
    outer = "i" if own == 1 else f"i / {own}"
    inner = "i" if group.number == own else f"i % {own}"
    terms = [f"{outer} * {way.count}"] if group.number > own else []
    terms += [inner if way.follows == 1 else f"{inner} * {way.follows}"] if way.follows else []
    terms += [str(way.number)] if way.number or not terms else []
    return " + ".join(terms)


def _way(block: BlockType, names: tuple[str, ...], steps: list[str]) -> _Way:
    """Follow the steps to a register; what is left of them stays in the list."""
    count, number, follows = 1, 0, 0
    children: Sequence[Child] = block.children
    while steps:
        match = _STEP.fullmatch(steps.pop(0))
        child = next((child for child in children if match and child.name == match[1]), None)
        if match is None or child is None:
            break
        names = (*names, child.name)
        if child.external:
            raise UnreachableError(f"{'.'.join(names)} is held by other logic")
        axes = () if isinstance(child, MemoryChild) else child.axes
        size = prod(axis.count for axis in axes)
        count, number, follows = count * size, number * size, follows * size
        if match[2]:
            number += _numbered(axes, match[2][1:-1].split("]["))
        elif axes:
            follows = 1
        if isinstance(child, RegisterChild):
            return _Way(names, child, count, number, follows)
        children = child.type.children if isinstance(child, BlockChild) else ()
    raise UnreachableError("nothing stands there")


def _numbered(axes: Sequence[Axis], labels: Sequence[str]) -> int:
    """Return the number of an element, counted through all dimensions."""
    number = 0
    for axis, label in zip(axes, labels, strict=True):
        number = number * axis.count + axis.labels.index(label)
    return number


def _field(register: RegisterType, steps: list[str]) -> FieldType | None:
    return next((field for field in register.fields if steps and field.name == steps[0]), None)
