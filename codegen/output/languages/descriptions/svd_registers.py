"""CMSIS-SVD: registers at their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.descriptions.svd_fields import (
    access_elements,
    access_word,
    can_hold,
    is_plain_number,
    lost_field,
    svd_field,
    svd_limits,
)
from codegen.output.languages.descriptions.svd_names import axis_of, named_keys, written_name
from codegen.output.languages.descriptions.xml_tree import Element, leaf, leaves
from codegen.views.numbers import hexadecimal
from codegen.views.told.bus_words import in_words
from codegen.views.told.map_facts import child_facts, field_facts, layout_text, left_out, register_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.views.field_model import FieldModel
    from codegen.views.reference import ChildModel, Model, RegisterModel
    from codegen.views.told.bus_words import BusWord

__all__ = ["SvdRegisters"]

_WIDEST = 64
"""Bits that readers and debuggers take."""


class SvdRegisters:
    """Makes elements of the registers of a map."""

    def __init__(self, model: Model) -> None:
        """Take the map."""
        self._registers = {register.name: register for register in model.registers}
        self._enums = {enum.name: enum for enum in model.enums}

    def layout(self, child: ChildModel) -> str:
        """Return the fields of a register in one line."""
        return layout_text(self._registers[str(child.type)])

    def of(self, child: ChildModel) -> Element:
        """Return the element of a register; a comment where nothing of it can be said."""
        register = self._registers[str(child.type)]
        fields = [field for field in register.fields if can_hold(field)]
        facts = [*child_facts(child), *register_facts(register)]
        if not fields:
            said = "".join(f"; {fact.text}" for fact in facts)
            place = f"register {child.name} at {hexadecimal(child.offset)}"
            return Element("", (f"Not in SVD: {place}, {layout_text(register)}{said}.",))
        if register.width > _WIDEST:
            return self._in_words(child, register)
        held = {"title", "alternate", "reserved", *named_keys(axis_of(child))}
        plain = _whole(register)
        notes = [left_out("SVD", facts, held)]
        notes += [lost_field("SVD", field) for field in register.fields if not can_hold(field)]
        if plain is not None:
            said_of_it = {"access", "format", "unknown", *(["range"] if is_plain_number(plain) else [])}
            notes.append(left_out("SVD", field_facts(plain), said_of_it))
        texts = (
            ("displayName", child.title),
            ("description", child.description or register.description),
            ("alternateRegister", child.alternate or ""),
        )
        content = self._plain(register, plain) if plain is not None else iter([self._fields(fields)])
        return Element(
            "register",
            tuple(filter(None, notes)),
            (
                *written_name(child.name, axis_of(child)),
                *leaves(texts),
                *_values(child.offset, register.width, fields, register.reset, register.unknown),
                *content,
            ),
        )

    def _plain(self, register: RegisterModel, field: FieldModel) -> Iterator[Element]:
        """Yield what is said of a register that has one field, over all of its bits."""
        if field.kind == "signed":
            yield leaf("dataType", f"int{register.width}_t")
        yield from access_elements(field, svd_limits(field, self._enums))

    def _fields(self, fields: list[FieldModel]) -> Element:
        return Element("fields", children=tuple(svd_field(field, self._enums) for field in fields))

    def _in_words(self, child: ChildModel, register: RegisterModel) -> Element:
        """Return a register that is wider than readers take as a cluster of its words, word0 the lowest."""
        notes = [
            left_out("SVD", [*child_facts(child), *register_facts(register)], named_keys(axis_of(child))),
            f"{register.width} bits, more than readers of SVD take: word0 is the lowest one.",
        ]
        for field in register.fields:
            note = (
                left_out("SVD", field_facts(field), ("access", "unknown"))
                if can_hold(field)
                else lost_field("SVD", field)
            )
            notes += [f"{field.shown_name}: {note}"] if note else []
        words = (self._word(register, word) for word in in_words(register, register.access_width))
        return Element(
            "cluster",
            tuple(filter(None, notes)),
            (
                *written_name(child.name, axis_of(child)),
                *leaves([("description", child.description or register.description)]),
                leaf("addressOffset", hexadecimal(child.offset)),
                *words,
            ),
        )

    def _word(self, register: RegisterModel, word: BusWord) -> Element:
        fields = [
            field._replace(name=field.name.replace("[", "_").removesuffix("]"), title="", properties={})
            for field in word.fields
            if can_hold(field)
        ]
        low = word.number * word.width
        return Element(
            "register",
            children=(
                leaf("name", word.name),
                *_values(word.offset, word.width, fields, register.reset >> low, register.unknown >> low),
                *([self._fields(fields)] if fields else []),
            ),
        )


def _values(offset: int, width: int, fields: list[FieldModel], reset: int, unknown: int) -> Iterator[Element]:
    ones = (1 << width) - 1
    yield leaf("addressOffset", hexadecimal(offset))
    yield leaf("size", width)
    yield leaf("access", access_word(fields))
    yield leaf("resetValue", hexadecimal(reset & ones))
    yield leaf("resetMask", hexadecimal(~unknown & ones))


def _whole(register: RegisterModel) -> FieldModel | None:
    """Return the field of a register that has one, over all bits, of which SVD needs no field to say it."""
    if len(register.fields) != 1 or not can_hold(register.fields[0]):
        return None
    field = register.fields[0]
    is_plain = field.name == "value" and field.width == register.width and field.array is None
    is_said = field.kind in {"unsigned", "signed"} and not field.description.strip() and not field.title
    return field if is_plain and is_said else None
