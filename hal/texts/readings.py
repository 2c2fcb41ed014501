"""What was read, as people see it and as JSON has it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import AccessError, BusTimeoutError, FieldValueError
from hal.registers.register import Register
from hal.registers.sure_reads import read_surely, read_words_surely
from hal.texts.typed import registers_of
from hal.texts.word_rows import hex_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hal.access.fields import FieldDeclaration
    from hal.texts.typed import Place

__all__ = [
    "NO_ANSWER",
    "Reading",
    "field_text",
    "plain",
    "read_place",
    "read_register",
    "require_watchable",
    "watch_place",
    "why_unread",
]

NO_ANSWER = "the bus does not answer"


class Reading(NamedTuple):
    """One value: where, in words, and as JSON."""

    path: str
    text: str
    data: dict[str, Any]


def why_unread(register: Register, *, effects: bool) -> str:
    """Why a command that reads many registers leaves this one out; "" where it reads it."""
    if not register._shape.is_readable:
        return "write-only"
    return "reading changes it (--effects reads it)" if register._shape.effects and not effects else ""


def read_place(place: Place, *, effects: bool) -> list[Reading]:
    """One reading of a field, register or memory; of a block or array those of its registers, as dump reads them.

    BusTimeoutError where nobody answered.
    """
    return [read() for _, read in _reads_of(place, effects=effects)]


def watch_place(place: Place, *, effects: bool) -> list[Reading]:
    """The same, and in the place of a value that nobody answered the word for it."""
    return [_marked(path, read) for path, read in _reads_of(place, effects=effects)]


def _marked(path: str, read: Callable[[], Reading]) -> Reading:
    try:
        return read()
    except BusTimeoutError as problem:
        return Reading(path, NO_ANSWER, {"path": path, "error": str(problem)})


def _reads_of(place: Place, *, effects: bool) -> Iterator[tuple[str, Callable[[], Reading]]]:
    """Path, and what reads it."""
    if place.words is not None:
        yield place.path, partial(_read_words, place)
    elif place.field is not None:
        yield place.path, partial(_read_field, place, place.field)
    elif isinstance(place.node, Register):
        yield place.node.path, partial(read_register, place.node)
    else:
        for register in registers_of(place.node):
            if not why_unread(register, effects=effects):
                yield register.path, partial(read_register, register)


def require_watchable(place: Place, *, effects: bool) -> None:
    """AccessError for a register that was named, and that reading changes or can't be read."""
    if isinstance(place.node, Register):
        reason = why_unread(place.node, effects=effects)
        if reason:
            raise AccessError(f"{place.node._where()} is not watched: {reason}", path=place.path)


def read_register(register: Register) -> Reading:
    """A register and its fields, from one read."""
    register._require_readable()
    raw = read_surely(register)
    fields = {
        field.name: {"value": plain(field.decode(raw)), "text": field.text(raw)}
        for field in register._shape.fields.values()
        if field.readable
    }
    shown = (item for item in register._shape.declared.values() if item.readable)  # arrays as one
    words = ", ".join(f"{item.name}={item.text(raw)}" for item in shown)
    data = {
        "path": register.path,
        "space": register._space.name,
        "address": register.address,
        "value": raw,
        "fields": fields,
    }
    return Reading(register.path, f"{raw:#0{register._shape.width // 4 + 2}x} ({words})", data)


def _read_field(place: Place, field: FieldDeclaration) -> Reading:
    register: Any = place.node
    if not field.readable:
        raise register._refusal(field.name, "read")
    value = field.decode(read_surely(register, field.mask))
    text = field_text(field, value)
    return Reading(place.path, text, {"path": place.path, "value": plain(value), "text": text})


def field_text(field: FieldDeclaration, value: Any) -> str:
    """A field's value as people read it."""
    try:
        raw = field.kind.encode(value, field.width)
    except FieldValueError:
        raw = value  # a number that the enum lacks
    return field.kind.text(raw, field.width)


def _read_words(place: Place) -> Reading:
    memory: Any = place.node
    assert place.words is not None
    words = hex_words(read_words_surely(memory, *place.words), memory.width)
    text = " ".join(f"0x{word}" for word in words)
    values = [int(word, 16) for word in words]
    return Reading(place.path, text, {"path": place.path, "values": values})


def plain(value: Any) -> Any:
    """JSON's own types: a member of an enum is its number."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
