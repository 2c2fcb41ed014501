"""The elaborated map as a whole: the device, every place in it, and what identifies it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.model.blocks.numbering import NUMBERED
from codegen.model.tree import each_element, walk
from codegen.model.types import BlockType, EnumMember, EnumType, FieldType, MemoryChild, RegisterChild, RegisterType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.hardware.hardware_types import Interrupt
    from codegen.model.refusals.origins import Origins
    from codegen.model.types import NamedNumber
    from codegen.schema.spaces import Card, Space
    from codegen.source.problem import Problem

__all__ = ["Device", "Identity", "PciIds", "Place", "RegisterPlace", "meaning_digest"]

_RARE = frozenset({"unknown"})
"""Numbers that are said where they are not 0."""

# Texts, what follows from the rest, and the order of enums.
_NOT_MEANT = frozenset((
    "alignment", "card", "class_name", "description", "digest", "enums", "masks", "module", "notes", "overwrites",
    "plan",
    "origins", "properties", "python_name", "refusal", "source", "title",
))  # fmt: skip
# Those of types are what places are called, or nothing but Python's classes.
_NAMES_OF_TYPES = frozenset({"name", "type_name"})
_SHARED = frozenset({BlockType, RegisterType, EnumType})
_PLAIN = frozenset({str, int, bool})
# Of what there are many: names whose values are rarely those of another, and are always said.
_VARIED: dict[Any, tuple[str, ...]] = {
    FieldType: ("reset",),
    RegisterType: ("reset", "fields"),
    RegisterChild: ("name", "offset", "type"),
}


class PciIds(NamedTuple):
    """PCI ids of the application function; 0 where the map gives none."""

    vendor: int
    device: int
    subsystem_vendor: int
    subsystem_device: int


class Identity(NamedTuple):
    """Dotted path of a register, and what it reads when the right design is loaded."""

    path: str
    value: int


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
    """A whole map. `module` is that of its driver, `digest` the sha256 of its meaning, `source` the map's file name.

    `notes`: of a file of another format, what could not be carried over as it is there. `origins`: where in the map's
    files things stand, for what only a language finds wrong with them.
    """

    name: str
    module: str
    class_name: str
    description: str
    afi_ids: tuple[str, ...]
    pci: PciIds | None
    card: Card
    space: Space
    identity: Identity | None
    clkgen: bool
    interrupts: tuple[Interrupt, ...]
    constants: tuple[NamedNumber, ...]
    enums: tuple[EnumType, ...]
    root: BlockType
    source: str
    digest: str
    origins: Origins
    notes: tuple[Problem, ...] = ()

    def walk(self) -> Iterator[RegisterPlace]:
        """Yield every register in order of the map's children, arrays expanded as `name[i]`."""
        for path, space, offset, item in self.places():
            if isinstance(item, RegisterType):
                yield RegisterPlace(path, space, offset, item)

    def places(self) -> Iterator[Place]:
        """Yield every register, memory of words, entry and block (before its content; the device itself first)."""
        yield Place("", self.space, 0, self.root)
        for stop in walk(self.root, self.space, each_element):
            child = stop.child
            item = child if isinstance(child, MemoryChild) and child.entry is None else child.type
            assert item is not None
            yield Place(stop.path, stop.space, stop.offset, item)


def meaning_digest(device: Device) -> str:
    """Return the sha256, in hex, of what a map says of the hardware and its values.

    The same for maps that differ in comments, layout, descriptions, or in how they are cut into types and files.
    """
    enums = sorted(device.enums, key=lambda enum: enum.name)
    known: dict[object, str] = {}
    meaning = _meaning(device, known) + _meaning(tuple((enum.name, enum) for enum in enums), known)
    return hashlib.sha256(meaning.encode()).hexdigest()


def _meaning(value: Any, known: dict[object, str]) -> str:
    """Return a value as text, types as the hash of theirs: they are shared, and each is looked at once.

    `known`: those of types, of fields by the id of the object, as a device keeps them, and the texts around what
    varies.
    """
    kind: Any = type(value)
    if kind is FieldType:
        found = known.get(id(value))
        if found is None:
            found = known[id(value)] = _parts(value, known)
        return found
    if kind in _SHARED:
        found = known.get(value)
        if found is None:
            found = known[value] = hashlib.sha256(_parts(value, known).encode()).hexdigest()
        return found
    if kind is tuple:
        if value and type(value[0]) is FieldType:
            return f"({','.join([known.get(id(field)) or _meaning(field, known) for field in value])})"
        return f"({','.join([_meaning(item, known) for item in _in_order(value)])})"
    return _parts(value, known) if _meant(kind) else repr(value)


def _parts(value: Any, known: dict[object, str]) -> str:
    """Name what is said at all, so that a key that the format gains changes nothing where it is not used."""
    kind: Any = type(value)
    names, varied, usual_of, varied_of = _getters(kind)
    usual = usual_of(value)
    key = kind, usual
    template = known.get(key)
    if template is None:
        said = dict(zip([name for name in names if name not in varied], usual, strict=True))
        parts = [f"{name}=%s" if name in varied else _part(name, said[name], known) for name in names]
        template = known[key] = f"{kind.__name__}({','.join(filter(None, parts))})"
    return template % tuple(
        [repr(item) if type(item) in _PLAIN else _meaning(item, known) for item in varied_of(value)]
    )


def _part(name: str, item: Any, known: dict[object, str]) -> str:
    """Return what is said of one name, for a template; nothing where nothing is."""
    if item is None or item is False:
        return ""
    if type(item) in _PLAIN:
        return f"{name}={item!r}".replace("%", "%%") if item != 0 or name not in _RARE else ""
    return "" if item in ((), NUMBERED) else f"{name}={_meaning(item, known)}".replace("%", "%%")


_Getter = Callable[[Any], tuple[Any, ...]]


@cache
def _getters(kind: Any) -> tuple[tuple[str, ...], tuple[str, ...], _Getter, _Getter]:
    """Return the names of what a description's class says, those that vary, and what takes the others and these."""
    names, varied = _meant(kind), _VARIED.get(kind, ())
    return names, varied, _getter(kind, [name for name in names if name not in varied]), _getter(kind, varied)


def _getter(kind: Any, names: Sequence[str]) -> _Getter:
    places = [kind._fields.index(name) for name in names] if issubclass(kind, tuple) else names
    get = itemgetter if issubclass(kind, tuple) else attrgetter
    if len(names) > 1:
        return get(*places)
    if not names:
        return lambda _value: ()
    only = get(places[0])
    return lambda value: (only(value),)


@cache
def _meant(kind: Any) -> tuple[str, ...]:
    """Return the names of what a description's class says of the hardware; none of what is no description."""
    names = [item.name for item in fields(kind)] if is_dataclass(kind) else getattr(kind, "_fields", ())
    but = _NOT_MEANT | _NAMES_OF_TYPES if kind in _SHARED else _NOT_MEANT
    return tuple(name for name in names if name not in but)


def _in_order(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the members of an enum by value."""
    if value and isinstance(value[0], EnumMember):
        return tuple(sorted(value, key=lambda member: member.value))
    return value
