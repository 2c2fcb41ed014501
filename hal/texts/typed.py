"""Paths and values as they are typed: what a path names in a device, what a text means to a field."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.access.field_arrays import FieldArray
from hal.design.rows import walk
from hal.devices.block import Array, Block
from hal.devices.lookup import node_at
from hal.errors import AddressError, FieldNameError, FieldTypeError, FieldValueError
from hal.kinds import enum_of, is_real
from hal.registers.memory import MemoryBase
from hal.registers.node import no_such_name
from hal.registers.register import Register
from hal.values import UNDONE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum

    from hal.access.fields import FieldDeclaration
    from hal.design.rows import Row
    from hal.devices.device import Device
    from hal.registers.node import Node

__all__ = [
    "Place",
    "Words",
    "complete_path",
    "complete_value",
    "find_place",
    "find_words",
    "in_brackets",
    "parse_integer",
    "parse_value",
    "registers_of",
]

_INDEXED = re.compile(r"(.+)\[(?=[\w:])(\w*)(:?)(\w*)\]")
_OFFERED_MAX, _ROWS_MAX = 1000, 100_000  # of a completion, which must not keep a shell waiting
_DOTTED = re.compile(r"\.(\d\w*)(?=[.\[]|$)")
_WORDS_MAX = 1 << 16
_NAMED_MAX = 3
_TRUTH = {"true": 1, "false": 0, "1": 1, "0": 0}


class Words(NamedTuple):
    """Words of a memory."""

    start: int
    length: int


class Place(NamedTuple):
    """What a path names: a node, one field of a register, or words of a memory."""

    path: str
    node: Node
    field: FieldDeclaration | None = None
    words: Words | None = None


def in_brackets(path: str) -> str:
    """A path with its indices in brackets: of ch.2.state, which no shell expands, ch[2].state."""
    return _DOTTED.sub(r"[\1]", path)


def find_place(device: Device, path: str) -> Place:
    """The place of a path like ctrl, ctrl.enable, ch[2] or ch.2, table[0:16]. FieldNameError if nothing is there."""
    path = in_brackets(path)
    above, _, last = path.rpartition(".")
    owner = _register_at(device, above)
    if owner is not None:
        item = owner._shape.item_named(last)
        if isinstance(item, FieldArray):
            known = ", ".join(element.name for element in item.elements[:_NAMED_MAX])
            raise FieldNameError(f"{path} is an array of fields: name one of them, as in {known}", path=path)
        if item is None:
            raise no_such_name(owner._where(), last, [item.name for item in owner._shape.declared.values()], "field")
        return Place(path, owner, field=item)
    indexed = _INDEXED.fullmatch(path)
    if indexed is not None:
        memory = node_at(device, indexed[1])
        if isinstance(memory, MemoryBase):
            return Place(path, memory, words=_words(memory, indexed[2], indexed[3], indexed[4]))
    node = node_at(device, path)
    if isinstance(node, MemoryBase):
        raise AddressError(f"{node._where()} is a memory: name its words, as in {path}[0:16]", path=path)
    return Place(path, node)


def _register_at(device: Device, path: str) -> Register | None:
    """The register at a path; None where something else is, or nothing, which is told when the whole is looked up."""
    try:
        node = node_at(device, path) if path else None
    except (FieldNameError, AddressError):
        return None
    return node if isinstance(node, Register) else None


def find_words(device: Device, path: str) -> tuple[Any, Words]:
    """The memory of a path like table or table[0:16], and the words of it. FieldTypeError where it is no memory."""
    path = in_brackets(path)
    indexed = _INDEXED.fullmatch(path)
    memory = node_at(device, indexed[1]) if indexed is not None else None
    if indexed is not None and isinstance(memory, MemoryBase):
        return memory, _words(memory, indexed[2], indexed[3], indexed[4], len(memory))
    memory = node_at(device, path)
    if not isinstance(memory, MemoryBase):
        raise FieldTypeError(f"{memory._where()} is no memory: name one, or words of one, as in table[0:16]", path=path)
    return memory, Words(0, len(memory))


def _words(memory: MemoryBase, first: str, colon: str, last: str, most: int = _WORDS_MAX) -> Words:
    start = parse_integer(first) if first else 0
    after = parse_integer(last) if last else len(memory)
    stop = after if colon else start + 1
    if not 0 <= start < stop <= len(memory) or stop - start > most:
        limit = f", of which up to {most} can be named at once" if most < len(memory) else ""
        raise AddressError(
            f"{memory._where()} has words 0 to {len(memory) - 1}{limit}, not [{first}{colon}{last}]", path=memory.path
        )
    return Words(start, stop - start)


def parse_integer(text: str) -> int:
    """From decimal, 0x, 0b or 0o; underscores may group digits."""
    try:
        return int(text, 0)
    except ValueError:
        raise FieldTypeError(f"{text!r} is no integer: give e.g. 16, 0x10 or 0b1_0000") from None


def parse_value(field: FieldDeclaration, text: str, *, writing: bool = True) -> Any:
    """What a text means to a field that is written, or read: an enum's member or number, true, a float, an integer."""
    try:
        return _parse_value(field, text, enum_of(field.given, writing=writing))
    except (FieldTypeError, FieldValueError) as problem:
        raise type(problem)(f"{field.name}: {problem}{UNDONE if writing else ''}") from None


def _parse_value(field: FieldDeclaration, text: str, enum: type[IntEnum] | None) -> Any:
    given = field.given
    if enum is not None:
        return _parse_member(enum, text)
    if text.lower() in _TRUTH and (given is bool or (given is None and field.width == 1)):
        return bool(_TRUTH[text.lower()]) if given is bool else _TRUTH[text.lower()]
    if is_real(given):
        try:
            return float(text)
        except ValueError:
            raise FieldTypeError(f"{text!r} is no number") from None
    return parse_integer(text)


def _parse_member(members: type[IntEnum], text: str) -> IntEnum | int:
    member = members.__members__.get(text.rpartition(".")[2].upper())
    if member is not None:
        return member
    try:
        return int(text, 0)
    except ValueError:
        known = ", ".join(f"{item.name} ({int(item)})" for item in members)
        raise FieldValueError(f"{text!r} is no {members.__name__}: {known}") from None


def complete_path(driver: type[Device], typed: str) -> list[str]:
    """Paths of registers and fields that begin with what was typed. No card is needed."""
    found = (path for row in _rows(driver) for path in (row.path, *(field.path for field in row.fields)))
    return list(islice((path for path in found if path.startswith(typed)), _OFFERED_MAX))


def complete_value(driver: type[Device], typed: str, *, writing: bool = True) -> list[str]:
    """PATH=MEMBER for each member that the field is written as, or read, and that begins with what was typed."""
    path, _, begun = typed.partition("=")
    found = next((field for row in _rows(driver) for field in row.fields if field.path == path), None)
    members = {} if found is None else found.write_members if writing else found.members
    return [f"{path}={name}" for name in members if name.startswith(begun.upper())]


def _rows(driver: type[Device]) -> Iterator[Row]:
    return islice(walk(driver), _ROWS_MAX)


def registers_of(node: Node) -> list[Register]:
    """The registers at a place: itself, or all below, in the map's order; a memory has none."""
    if isinstance(node, Register):
        return [node]
    if isinstance(node, Block):
        return list(node.registers())
    return [register for item in node for register in registers_of(item)] if isinstance(node, Array) else []
