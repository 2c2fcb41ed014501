"""The elaborated map as a whole: the device, every place in it, and what identifies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.model.tree import each_element, walk
from codegen.model.types import BlockType, EnumMember, EnumType, MemoryChild, RegisterType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.types import Identity, PciIds
    from codegen.schema.spaces import Space

__all__ = ["Device", "Place", "RegisterPlace", "meaning_digest"]

# Texts, what follows from the rest, and the order of enums.
_NOT_MEANT = frozenset((
    "alignment", "class_name", "description", "digest", "enums", "masks", "module", "overwrites", "plan",
    "python_name", "refusal", "source",
))  # fmt: skip
# Those of types are what places are called, or nothing but Python's classes.
_NAMES_OF_TYPES = frozenset({"name", "type_name"})


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
    """A whole map. `module` is that of its driver, `digest` the sha256 of its meaning, `source` the map's file name."""

    name: str
    module: str
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


def meaning_digest(device: Device) -> str:
    """Return the sha256, in hex, of what a map says of the hardware and its values.

    The same for maps that differ in comments, layout, descriptions, or in how they are cut into types and files.
    """
    enums = sorted(device.enums, key=lambda enum: enum.name)
    meaning = _meaning(device, {}) + _meaning(tuple((enum.name, enum) for enum in enums), {})
    return hashlib.sha256(meaning.encode()).hexdigest()


def _meaning(value: Any, known: dict[object, str]) -> str:
    """Return a value as text, types as the hash of theirs: they are shared, and each is looked at once."""
    if isinstance(value, (BlockType, RegisterType, EnumType)):
        if value not in known:
            known[value] = hashlib.sha256(_parts(value, _NAMES_OF_TYPES, known).encode()).hexdigest()
        return known[value]
    if is_dataclass(value) or hasattr(value, "_asdict"):
        return _parts(value, frozenset(), known)
    if isinstance(value, tuple):
        return f"({','.join(_meaning(item, known) for item in value)})"
    return repr(value)


def _parts(value: Any, but: frozenset[str], known: dict[object, str]) -> str:
    """Name what is said at all, so that a key that the format gains changes nothing where it is not used."""
    names = [item.name for item in fields(value)] if is_dataclass(value) else value._fields
    given = {name: getattr(value, name) for name in names if name not in _NOT_MEANT | but}
    parts = [f"{name}={_meaning(_in_order(item), known)}" for name, item in given.items() if _is_said(item)]
    return f"{type(value).__name__}({','.join(parts)})"


def _is_said(value: Any) -> bool:
    return value is not None and value is not False and value != ()


def _in_order(value: Any) -> Any:
    """Return the members of an enum by value."""
    if isinstance(value, tuple) and value and isinstance(value[0], EnumMember):
        return tuple(sorted(value, key=lambda member: member.value))
    return value
