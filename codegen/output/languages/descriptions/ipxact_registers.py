"""IP-XACT 2014: registers at their places, and their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.descriptions.svd_fields import (
    access_elements,
    access_word,
    can_hold,
    enum_groups,
    is_plain_number,
    limits_of,
    lost_field,
)
from codegen.output.languages.descriptions.xml_tree import Element, leaf, leaves
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.numbers import hexadecimal
from codegen.views.told.map_facts import child_facts, enum_facts, field_facts, layout_text, left_out, register_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codegen.model.types import EnumType
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import ChildModel, Model, RegisterModel

__all__ = ["LANGUAGE", "IpxactRegisters", "address", "dimension", "texts"]

LANGUAGE = "IP-XACT 2014"

_FIELD_HELD = frozenset({"access", "title", "enum", "write_enum", "volatile", "unknown"})


def address(value: int) -> str:
    """Return an address or a size as an expression of IP-XACT 2014."""
    return f"'h{value:X}"


def texts(name: str, title: str, description: str) -> list[Element]:
    """Return the elements of a name and of what is said of it."""
    return leaves([("name", name), ("displayName", title), ("description", description)])


def dimension(child: ChildModel) -> list[Element]:
    """Return the elements of an array, whose elements follow each other."""
    return [leaf("dim", axis.count) for axis in child.arrays]


class IpxactRegisters:
    """Makes elements of the registers of a map."""

    def __init__(self, model: Model) -> None:
        """Take the map."""
        self._device = model.name
        self._registers = {register.name: register for register in model.registers}
        self._enums = {enum.name: enum for enum in model.enums}

    def layout(self, child: ChildModel) -> str:
        """Return the fields of a register in one line."""
        return layout_text(self._registers[str(child.type)])

    def of(self, child: ChildModel, shared: Iterable[ChildModel]) -> Element:
        """Return the element of a register with its alternates; a comment where nothing of it can be said.

        `shared`: the alternates of its block, and what they are of.
        """
        register = self._registers[str(child.type)]
        if not any(map(can_hold, register.fields)):
            return self._lost(child, register)
        if child.alternate is not None:
            primary = next((other for other in shared if other.name == child.alternate), None)
            return Element("") if primary is not None and self._is_view(child, primary) else self._lost(child, register)
        alternates = [
            self._view(other) for other in shared if other.alternate == child.name and self._is_view(other, child)
        ]
        if child.arrays and child.arrays[-1].stride != child.size:
            return self._spread(child, register, alternates)
        return self._register(child, register, child.name, child.offset, dimension(child), alternates)

    def _register(
        self,
        child: ChildModel,
        register: RegisterModel,
        name: str,
        offset: int,
        dimensions: list[Element],
        alternates: list[Element],
    ) -> Element:
        groups = [Element("alternateRegisters", children=tuple(alternates))] if alternates else []
        return Element(
            "register",
            self._notes(child, register),
            (
                *texts(name, child.title, child.description or register.description),
                *dimensions,
                leaf("addressOffset", address(offset)),
                leaf("size", register.width),
                *self._content(register),
                *groups,
            ),
        )

    def _spread(self, child: ChildModel, register: RegisterModel, alternates: list[Element]) -> Element:
        """Return an array with room between its elements, which dimensions of registers have none of."""
        stride = child.arrays[-1].stride
        note = f"IP-XACT 2014 has no stride: {child.name} is in a register file of {hexadecimal(stride)} bytes."
        inner = self._register(child, register, child.name, 0, [], alternates)
        return Element(
            "registerFile",
            (note, *inner.notes),
            (
                leaf("name", child.name),
                *dimension(child),
                leaf("addressOffset", address(child.offset)),
                leaf("range", address(stride)),
                Element(inner.tag, (), inner.children),
            ),
        )

    def _notes(self, child: ChildModel, register: RegisterModel) -> tuple[str, ...]:
        facts = [*child_facts(child), *register_facts(register)]
        notes = [left_out(LANGUAGE, facts, {"title", "alternate", "when"})]
        notes += [lost_field(LANGUAGE, field) for field in register.fields if not can_hold(field)]
        return tuple(filter(None, notes))

    def _content(self, register: RegisterModel) -> Iterator[Element]:
        fields = [field for field in register.fields if can_hold(field)]
        if all(field.volatile for field in fields):
            yield leaf("volatile", "true")
        yield leaf("access", access_word(fields))
        scope = Scope(DIALECTS["ipxact"], self._device)
        for field in fields:
            yield from self._fields(field, scope)

    def _fields(self, field: FieldModel, scope: Scope) -> Iterator[Element]:
        """Yield a field, or each element of an array."""
        held = {*_FIELD_HELD, *(["range"] if is_plain_number(field) else [])}
        note = left_out(LANGUAGE, field_facts(field), held)
        for number, element in enumerate(field.elements):
            name = scope.take(f"field {field.name}", element.name.replace("[", "_").removesuffix("]"))
            yield Element(
                "field",
                (note,) if note and number == 0 else (),
                (
                    *texts(name, field.title, field.description),
                    leaf("bitOffset", element.lsb),
                    _resets(element),
                    leaf("bitWidth", element.width),
                    leaf("volatile", str(element.volatile).lower()),
                    leaf("access", access_word([element])),
                    *self._enumerated(element),
                    *access_elements(element, self._limits(element)),
                ),
            )

    def _limits(self, field: FieldModel) -> tuple[Element, ...]:
        limits = limits_of(field, self._enums)
        return (Element("writeValueConstraint", children=limits),) if limits else ()

    def _enumerated(self, field: FieldModel) -> Iterator[Element]:
        groups = [(self._enums[name], usage) for name, usage in enum_groups(field)]
        members = tuple(member for enum, usage in groups for member in _members(enum, usage))
        if members:
            notes = [left_out(LANGUAGE, enum_facts(enum), ("open", "titles")) for enum, _ in groups]
            yield Element("enumeratedValues", tuple(filter(None, notes)), members)

    # -- alternates ------------------------------------------------------------

    def _is_view(self, child: ChildModel, primary: ChildModel) -> bool:
        """Return whether IP-XACT can say an alternate: it is of the same place and size."""
        same = [(item.kind, item.offset, item.width, item.axes) for item in (child, primary)]
        return same[0] == same[1] and any(map(can_hold, self._registers[str(child.type)].fields))

    def _view(self, child: ChildModel) -> Element:
        register = self._registers[str(child.type)]
        when = next((fact.text for fact in child_facts(child) if fact.key == "when"), "")
        group = Element("alternateGroups", children=(leaf("alternateGroup", child.name),))
        return Element(
            "alternateRegister",
            tuple(filter(None, (f"{child.name}: {when}" if when else "", *self._notes(child, register)))),
            (
                *texts(child.name, child.title, child.description or register.description),
                group,
                *self._content(register),
            ),
        )

    def _lost(self, child: ChildModel, register: RegisterModel) -> Element:
        said = "".join(f"; {fact.text}" for fact in (*child_facts(child), *register_facts(register)))
        place = f"register {child.name} at {hexadecimal(child.offset)}"
        return Element("", (f"Not in {LANGUAGE}: {place}, {layout_text(register)}{said}.",))


def _resets(field: FieldModel) -> Element:
    known = ~field.unknown & (1 << field.width) - 1
    value = leaf("value", f"{field.width}'h{field.reset:X}")
    mask = [leaf("mask", f"{field.width}'h{known:X}")] if field.unknown else []
    return Element("resets", children=(Element("reset", children=(value, *mask)),))


def _members(enum: EnumType, usage: str) -> Iterator[Element]:
    for member in enum.members:
        yield Element(
            "enumeratedValue",
            children=(*texts(member.map_name, member.title, member.description), leaf("value", member.value)),
            attributes=(("usage", usage),),
        )
