"""Paths that name many places: `ch[*].state`, `ch[2:4].level`, `irq_*`; and `ch.0.state`, which no shell expands."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any

from hal.access.field_arrays import FieldArray
from hal.design.paths import pattern_steps
from hal.devices.block import Array, Block
from hal.errors import AddressError, FieldNameError
from hal.registers.memory import MemoryBase
from hal.registers.register import Register
from hal.texts.typed import Place, find_place, in_brackets, parse_integer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hal.design.paths import PatternStep
    from hal.devices.device import Device

__all__ = ["PLACES_MAX", "expand", "find_places"]

PLACES_MAX = 1 << 16  # that one pattern may name


def find_places(device: Device, pattern: str) -> list[Place]:
    """The places that a path or pattern names, in the map's order. FieldNameError where it names none."""
    return [find_place(device, path) for path in expand(device, pattern)]


def expand(device: Device, pattern: str) -> list[str]:
    """The paths of a pattern. In names `*` and `?` stand for letters; `[*]` is every element, `[2:4]` elements 2 and 3.

    AddressError where it names more than PLACES_MAX. A path without any of them comes back as it is, unchecked.
    """
    path = in_brackets(pattern)
    if not set(path) & set("*?:"):
        return [path]
    found = list(islice(_below(device, list(pattern_steps(path))), PLACES_MAX + 1))
    if not found:
        raise FieldNameError(f"{pattern!r} names nothing in {device._design.name}", path=pattern)
    if len(found) > PLACES_MAX:
        raise AddressError(f"{pattern!r} names more than {PLACES_MAX} places: name fewer at once", path=pattern)
    return found


def _below(node: Any, steps: list[PatternStep]) -> Iterator[str]:
    """Paths of what the steps name from a node on."""
    if not steps:
        yield node.path
        return
    (name, indices), *rest = steps
    if isinstance(node, Register):
        if not rest:
            yield from (f"{node.path}.{field}" for field in _fields(node, name, indices))
    elif isinstance(node, Array) and name == "*":
        yield from _elements(node, ("*", *indices), rest)
    elif isinstance(node, Block):
        for child in node._children.values():
            if fnmatchcase(child.name, name):
                yield from _elements(getattr(node, child.attribute), indices, rest)


def _elements(node: Any, indices: tuple[str, ...], rest: list[PatternStep]) -> Iterator[str]:
    """The same from the elements of an array on that its indices name."""
    if not indices:
        yield from _below(node, rest)
    elif isinstance(node, MemoryBase):
        if len(indices) == 1 and not rest:
            yield f"{node.path}[{':' if indices[0] == '*' else indices[0]}]"
    elif isinstance(node, Array):
        for element in _chosen(node, indices[0]):
            yield from _elements(element, indices[1:], rest)


def _chosen(array: Array[Any], index: str) -> Iterable[Any]:
    if index == "*":
        return array
    if ":" in index:
        return array[_slice(index)]
    return [array[parse_integer(index) if index[0].isdecimal() else index]]


def _slice(index: str) -> slice:
    if index.count(":") > 1:
        raise FieldNameError(
            f"[{index}] is no range of elements: give the first and the one behind the last, as in [2:4]"
        )
    first, _, last = index.partition(":")
    return slice(parse_integer(first) if first else None, parse_integer(last) if last else None)


def _fields(register: Register, name: str, indices: tuple[str, ...]) -> Iterator[str]:
    """Names of the fields that a pattern names; of an array of fields those of its elements."""
    for item in register._shape.declared.values():
        if not fnmatchcase(item.name, name):
            continue
        if isinstance(item, FieldArray):
            yield from _labelled(item, indices[0] if indices else "*")
        elif not indices:
            yield item.name


def _labelled(fields: FieldArray, index: str) -> Iterator[str]:
    part = _slice(index) if ":" in index else None
    for label, element in zip(fields.labels, fields.elements, strict=True):
        if part is None:
            is_chosen = index in {"*", label}
        else:
            first, last = part.start or 0, part.stop
            is_chosen = label.isdecimal() and int(label) >= first and (last is None or int(label) < last)
        if is_chosen:
            yield element.name
