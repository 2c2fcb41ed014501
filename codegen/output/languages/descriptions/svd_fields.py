"""CMSIS-SVD: fields, and what of them it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.descriptions.svd_names import named_keys, written_name
from codegen.output.languages.descriptions.xml_tree import Element, leaf, leaves
from codegen.views.told.map_facts import enum_facts, field_facts, left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from codegen.model.types import EnumType
    from codegen.views.field_model import FieldModel

__all__ = [
    "access_elements",
    "access_word",
    "can_hold",
    "enum_groups",
    "is_plain_number",
    "limits_of",
    "lost_field",
    "svd_field",
    "svd_limits",
]

_ACCESSES = {
    (True, True, False): "read-write",
    (True, True, True): "read-writeOnce",
    (True, False, False): "read-only",
    (False, True, False): "write-only",
    (False, True, True): "writeOnce",
}
_WRITES = {
    "one_clears": "oneToClear",
    "one_sets": "oneToSet",
    "one_toggles": "oneToToggle",
    "zero_clears": "zeroToClear",
    "zero_sets": "zeroToSet",
    "zero_toggles": "zeroToToggle",
    "clears": "clear",
    "sets": "set",
}
"""The same words in SVD and IP-XACT."""

_HELD = frozenset({"access", "enum", "write_enum", "array", "unknown"})


def can_hold(field: FieldModel) -> bool:
    """Return whether a register of SVD can have a field: it can be accessed, and is no other one's view."""
    return (field.readable or field.writable) and field.alternate is None


def access_word(fields: Iterable[FieldModel]) -> str:
    """Return the access of fields together; that of one says whether it is written once."""
    held = list(fields)
    readable, writable = any(field.readable for field in held), any(field.writable for field in held)
    once = all(field.once for field in held if field.writable) and writable
    return _ACCESSES.get((readable, writable, once), "read-only")


def access_elements(field: FieldModel, limits: tuple[Element, ...]) -> Iterator[Element]:
    """Yield what reads and writes do, around what may be written, in the order of SVD's and IP-XACT's schemas."""
    if field.write in _WRITES:
        yield leaf("modifiedWriteValue", _WRITES[field.write])
    yield from limits
    if field.read in {"clear", "set"}:
        yield leaf("readAction", field.read)


def is_plain_number(field: FieldModel) -> bool:
    """Return whether the values of a field are its bits."""
    return field.kind == "unsigned" and (field.scale, field.offset) == (1, 0)


def limits_of(field: FieldModel, enums: Mapping[str, EnumType]) -> tuple[Element, ...]:
    """Return what says which values may be written, of the words that SVD and IP-XACT have for it."""
    if not field.writable:
        return ()
    name = field.write_enum or field.enum
    if name is not None and not enums[name].is_open:
        return (leaf("useEnumeratedValues", "true"),)
    if field.low is not None and field.high is not None and is_plain_number(field):
        return (leaf("minimum", int(field.low)), leaf("maximum", int(field.high)))
    return ()


def svd_limits(field: FieldModel, enums: Mapping[str, EnumType]) -> tuple[Element, ...]:
    """Return SVD's element of what may be written."""
    limits = limits_of(field, enums)
    if len(limits) > 1:
        limits = (Element("range", children=limits),)
    return (Element("writeConstraint", children=limits),) if limits else ()


def enum_groups(field: FieldModel) -> list[tuple[str, str]]:
    """Return the enums of a field with SVD's word for how each is used."""
    if field.enum is None:
        return []
    if field.write_enum is not None:
        return [(field.enum, "read"), (field.write_enum, "write")]
    usage = "read-write" if field.readable and field.writable else "read" if field.readable else "write"
    return [(field.enum, usage)]


def svd_field(field: FieldModel, enums: Mapping[str, EnumType]) -> Element:
    """Return the element of a field or of an array of fields."""
    children = (
        *written_name(field.name, field.array, joint="_%s"),  # no brackets in names of fields
        *leaves([("description", field.description)]),
        leaf("bitOffset", field.lsb),
        leaf("bitWidth", field.width),
        leaf("access", access_word([field])),
        *access_elements(field, svd_limits(field, enums)),
        *(_enumerated(enums[enum], usage) for enum, usage in enum_groups(field)),
    )
    held = {*_HELD, *named_keys(field.array), *(["range"] if is_plain_number(field) else [])}
    note = left_out("SVD", field_facts(field), held)
    return Element("field", notes=(note,) if note else (), children=children)


def _enumerated(enum: EnumType, usage: str) -> Element:
    note = left_out("SVD", enum_facts(enum), ("open",))
    members = (
        Element(
            "enumeratedValue",
            children=tuple(
                leaves([("name", member.map_name), ("description", member.description), ("value", member.value)])
            ),
        )
        for member in enum.members
    )
    head = leaves([("name", enum.name), ("usage", usage)])
    return Element("enumeratedValues", notes=(note,) if note else (), children=(*head, *members))


def lost_field(language: str, field: FieldModel) -> str:
    """Return the comment of a field that a register can't have there."""
    facts = "; ".join(fact.text for fact in field_facts(field))
    said = f". {field.description.strip()}" if field.description.strip() else ""
    return f"Not in {language}: field {field.shown_name}, bits {field.shown_bits}: {facts}{said}"
