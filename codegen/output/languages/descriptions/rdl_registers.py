"""SystemRDL: types of registers, in pieces that the template lays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.output.languages.descriptions.rdl_fields import (
    access_of,
    can_hold,
    field_notes,
    is_single_pulse,
    meaning_of,
    side_of,
)
from codegen.views.escapes import rdl_comment, rdl_string
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.numbers import hexadecimal
from codegen.views.told.bus_words import in_words
from codegen.views.told.map_facts import field_facts, left_out, register_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from codegen.output.languages.descriptions.rdl_properties import OwnProperties
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import RegisterModel

__all__ = ["Component", "RdlRegisters", "is_one_register", "texts"]

_HELD = frozenset({"access_width"})
_MEANT = frozenset({"access", "volatile"})


@dataclass(frozen=True, slots=True)
class Component:
    """A component: what stands before its brace and behind it, comments, properties, and what is in it."""

    head: str
    tail: str = ""
    notes: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    parts: tuple[Component | str, ...] = ()


def texts(description: str, title: str = "") -> list[str]:
    """Return the properties of texts."""
    found = [f"name = {rdl_string(title)}"] if title else []
    return [*found, f"desc = {rdl_string(description)}"] if description.strip() else found


def is_one_register(register: RegisterModel) -> bool:
    """Return whether it can be one: SystemRDL's registers have powers of two of bits."""
    return register.width.bit_count() == 1


class RdlRegisters:
    """Makes components of the types of registers of a map, which has that name."""

    def __init__(self, device: str, own: OwnProperties) -> None:
        self._device, self._own = device, own

    def of(self, register: RegisterModel, name: str, carried: Collection[str] = ()) -> Component | None:
        """Return the type of a register; None where it has no field that SystemRDL can have.

        `carried`: keys that its places say.
        """
        if not any(map(can_hold, register.fields)):
            return None
        notes = _notes(left_out("SystemRDL", register_facts(register), _HELD | {*carried}))
        if is_one_register(register):
            fields = self._fields(register.fields)
            return self._register(f"reg {name}", register, notes, fields)
        return self._in_words(register, name, notes)

    def alias(self, register: RegisterModel, primary: RegisterModel, name: str) -> Component | None:
        """Return the type of a register that acts on another one; None where SystemRDL's alias is something else.

        All of such a field is the other's but what software does to it.
        """
        others = {field.name: field for field in primary.fields}
        fields: list[Component | str] = []
        for field in register.fields:
            other = others.get(field.name)
            is_same = other is not None and (other.lsb, other.width, other.array) == (
                field.lsb,
                field.width,
                field.array,
            )
            if other is None or not is_same or not can_hold(field) or not can_hold(other):
                return None
            fields += self._field(field, self._scope(), other)
        if not (is_one_register(register) and register.width == primary.width):
            return None
        notes = _notes(left_out("SystemRDL", register_facts(register), _HELD))
        return self._register(f"reg {name}", register, notes, fields)

    def _scope(self) -> Scope:
        return Scope(DIALECTS["systemrdl"], self._device)

    def _register(
        self, head: str, register: RegisterModel, notes: Sequence[str], fields: Iterable[Component | str]
    ) -> Component:
        properties = [*texts(register.description), f"regwidth = {register.width}"]
        if register.access_width < register.width:
            properties.append(f"accesswidth = {register.access_width}")
        return Component(head, "", tuple(notes), tuple(properties), tuple(fields))

    def _fields(self, fields: Iterable[FieldModel]) -> Iterator[Component | str]:
        scope = self._scope()
        for field in fields:
            if can_hold(field):
                yield from self._field(field, scope)
            else:
                yield from _lost(field)

    def _field(self, field: FieldModel, scope: Scope, primary: FieldModel | None = None) -> Iterator[Component | str]:
        """Yield a field, or each element of an array. `primary`: the one that it acts on, as an alias of SystemRDL."""
        whole = field if primary is None else primary
        carried, own = self._own.of(field.properties)
        note = field_notes(field, {*carried, *(() if primary is None else ("alias", "hardware"))})
        for number, (element, other) in enumerate(zip(field.elements, whole.elements, strict=True)):
            name = scope.take(f"field {field.name}", _plain(element.name))
            reset = "" if other.unknown else f" = {other.width}'h{other.reset:X}"
            access = access_of(element)
            pulse = ["singlepulse"] if is_single_pulse(other) else []
            enum = [f"encode = {other.enum}"] if other.enum else []
            properties = [
                *texts(field.description, field.title),
                f"sw = {access.sw}",
                *side_of(other)[0],
                *access.properties,
                *pulse,
                *enum,
                *(f"{key} = {rdl_string(text)}" for key, text in meaning_of(field)),
                *own,
            ]
            notes = tuple(_notes(note)) if number == 0 else ()
            yield Component("field", f"{name}[{other.msb}:{other.lsb}]{reset}", notes, tuple(properties))

    def _in_words(self, register: RegisterModel, name: str, notes: Sequence[str]) -> Component:
        """Return a register that has no power of two of bits as a file of its words, word0 the lowest."""
        told = [*notes, f"{register.width} bits, which SystemRDL can't have: word0 is the lowest one."]
        for field in register.fields:
            told += _notes(left_out("SystemRDL", field_facts(field), _MEANT), f"{field.name}: ")
        parts: list[Component | str] = []
        for word in in_words(register, register.access_width):
            fields: list[Component | str] = []
            for field in filter(can_hold, word.fields):
                reset = "" if field.unknown else f" = {field.width}'h{field.reset:X}"
                access = access_of(field)
                properties = (f"sw = {access.sw}", *side_of(field)[0], *access.properties)
                tail = f"{DIALECTS['systemrdl'].identifier(_plain(field.name))}[{field.msb}:{field.lsb}]{reset}"
                fields.append(Component("field", tail, (), properties))
            if fields:
                place = f"{word.name} @ {hexadecimal(word.offset)}"
                parts.append(Component("reg", place, (), (f"regwidth = {word.width}",), tuple(fields)))
        return Component(f"regfile {name}", "", tuple(told), tuple(texts(register.description)), tuple(parts))


def _plain(name: str) -> str:
    """Return the name of an element as that of a single field: irq[3] is irq_3."""
    return name.replace("[", "_").removesuffix("]")


def _notes(text: str, start: str = "") -> list[str]:
    return [rdl_comment(f"{start}{text}")] if text else []


def _lost(field: FieldModel) -> Iterator[str]:
    """Yield the comment of a field that SystemRDL can't have."""
    said = ". ".join(filter(None, (field.description.strip(), "; ".join(fact.text for fact in field_facts(field)))))
    yield f"// {rdl_comment(f'Not in SystemRDL: field {field.shown_name}, bits {field.shown_bits}: {said}')}"
