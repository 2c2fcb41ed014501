"""Fields that say little are one object for all that say the same, as most fields of a large map do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import FieldType
from codegen.quick_tuples import quick

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.schema.direct.scalar_rules import BitRange
    from codegen.schema.entries import FieldEntry, RegisterContent
    from codegen.source.findings import Findings

__all__ = [
    "Inherited",
    "KnownField",
    "SharedFields",
    "Stem",
    "inherited_from",
    "is_plain_entry",
    "stem_of",
    "with_reset",
]

_PLAIN_KEYS = frozenset({"bits", "access", "reset", "volatile", "description"})
_PLAIN_RESETS = frozenset({int, type(None)})  # what equals another value of these types is the same
_RESET, _DESCRIPTION = map(FieldType._fields.index, ("reset", "description"))

Stem = tuple["BitRange", str | None, bool | None]
"""What plain fields that differ in reset and description alone say of themselves."""

Inherited = tuple[int, str | None, bool | None]
"""What a field takes of its register: bits, access, and whether hardware changes it."""


def inherited_from(entry: RegisterContent) -> Inherited | None:
    """Return what its plain fields take of a register; None where they take more."""
    return (entry.width, entry.access, entry.volatile) if entry.hw is None is entry.reset else None


class KnownField(NamedTuple):
    """A plain field with the entry that says it.

    `number` is that of all which differ in reset and description alone; `mask` and `reset`: in the register.
    """

    entry: FieldEntry
    field: FieldType
    number: int
    mask: int
    reset: int


_field_type, _known_field = quick(FieldType), quick(KnownField)


class SharedFields:
    """The fields that were made, by what their registers and they say: equal ones are one object."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._stems: dict[tuple[object, ...], tuple[int, FieldType]] = {}
        self._all: dict[FieldType, FieldType] = {}
        self._of_entries: dict[Inherited | None, dict[tuple[int, str], KnownField]] = {None: {}}

    def known(self, taken: Inherited | None) -> dict[tuple[int, str], KnownField]:
        """Return plain fields that take this of their register, by the id of their entry and their name.

        What is written alike is one entry, by a map's reader and its check.
        """
        return self._of_entries.setdefault(taken, {})

    def of(
        self, name: str, field: FieldEntry, taken: Inherited | None, make: Callable[[], FieldType | None]
    ) -> FieldType | None:
        """Return a field of a register; it is made where none says the same, or something is to be told of it."""
        if taken is None or not is_plain_entry(field):
            return self._one(make())
        known = self.like(name, field, taken)
        if known is not None:
            return known.field
        faults = len(self._findings)
        found = make()
        if found is None or len(self._findings) != faults or found.python_name != name:
            return self._one(found)
        number, _ = self._stems.setdefault(_key(name, field, taken), (len(self._stems), found))
        return self._keep(name, field, taken, number, found).field

    def like(self, name: str, field: FieldEntry, taken: Inherited) -> KnownField | None:
        """Return a field that says what another one said, but for its reset and description; None where there is none.

        Nothing is to be told of it.
        """
        found = self._stems.get(_key(name, field, taken))
        if found is None or not is_plain_entry(field):
            return None
        number, other = found
        made = with_reset(other, field)
        return None if made is None else self._keep(name, field, taken, number, made)

    def _keep(self, name: str, entry: FieldEntry, taken: Inherited, number: int, field: FieldType) -> KnownField:
        field = self._all.setdefault(field, field)
        known = _known_field((entry, field, number, field.mask, field.reset << field.lsb))
        self.known(taken)[id(entry), name] = known
        return known

    def _one(self, field: FieldType | None) -> FieldType | None:
        """Return the field that was made first of those that equal this one."""
        return None if field is None else self._all.setdefault(field, field)


def with_reset(like: FieldType, entry: FieldEntry) -> FieldType | None:
    """Return a field that is as another one but for its reset and description; None where that does not fit."""
    reset = entry.reset or 0
    if not isinstance(reset, int) or not 0 <= reset < 1 << like.width:
        return None
    values = list(like)
    values[_RESET], values[_DESCRIPTION] = reset, entry.description
    return _field_type(values)


def stem_of(field: FieldEntry) -> Stem:
    """Return what plain entries have in common of fields that differ in reset and description alone."""
    return field.bits, field.access, field.volatile


def _key(name: str, field: FieldEntry, taken: Inherited) -> tuple[object, ...]:
    """Return the same with its name, and what it takes of its register."""
    return name, taken, *stem_of(field)


def is_plain_entry(field: FieldEntry) -> bool:
    """Return whether it says nothing but that, a reset and a description."""
    return field.model_fields_set <= _PLAIN_KEYS and type(field.reset) in _PLAIN_RESETS
