"""Fields that say little are one object for all that say the same, as most fields of a large map do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.types import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.schema.entries import FieldEntry, RegisterContent
    from codegen.source.findings import Findings

__all__ = ["Inherited", "SharedFields", "inherited_from"]

_PLAIN_KEYS = frozenset({"bits", "access", "reset", "volatile", "description"})
_PLAIN_RESETS = frozenset({int, type(None)})  # what equals another value of these types is the same
_RESET, _DESCRIPTION = map(FieldType._fields.index, ("reset", "description"))

Inherited = tuple[int, str | None, bool | None]
"""What a field takes of its register: bits, access, and whether hardware changes it."""


def inherited_from(entry: RegisterContent) -> Inherited | None:
    """Return what its plain fields take of a register; None where they take more."""
    return (entry.width, entry.access, entry.volatile) if entry.hw is None is entry.reset else None


class SharedFields:
    """The fields that were made, by what their registers and they say: equal ones are one object."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._plain: dict[tuple[object, ...], FieldType] = {}
        self._stems: dict[tuple[object, ...], FieldType] = {}
        self._all: dict[FieldType, FieldType] = {}
        self.of_entries: dict[tuple[int, str, Inherited | None], tuple[FieldEntry, FieldType]] = {}
        """Plain ones by the id of their entry, with it, their name, and what they take of their register.

        What is written alike is one entry, by a map's reader and its check.
        """

    def of(
        self, name: str, field: FieldEntry, taken: Inherited | None, make: Callable[[], FieldType | None]
    ) -> FieldType | None:
        """Return a field of a register; it is made where none says the same, or something is to be told of it."""
        if taken is None or not field.model_fields_set <= _PLAIN_KEYS or type(field.reset) not in _PLAIN_RESETS:
            return self._one(make())
        stem = (name, *field.bits, *taken, field.access, field.volatile)
        key = (*stem, field.reset, field.description)
        found = self._plain.get(key)
        if found is None:
            found = self._like(self._stems.get(stem), field)
        if found is None:
            faults = len(self._findings)
            found = make()
            if found is None or len(self._findings) != faults or found.python_name != name:
                return self._one(found)
            self._stems[stem] = found
        found = self._plain[key] = self._all.setdefault(found, found)
        self.of_entries[id(field), name, taken] = field, found
        return found

    def _one(self, field: FieldType | None) -> FieldType | None:
        """Return the field that was made first of those that equal this one."""
        return None if field is None else self._all.setdefault(field, field)

    def _like(self, stem: FieldType | None, field: FieldEntry) -> FieldType | None:
        """Return a field that says another reset and description than one; None where it has to be looked at."""
        reset = field.reset or 0
        if stem is None or not isinstance(reset, int) or not 0 <= reset < 1 << stem.width:
            return None
        values = list(stem)
        values[_RESET], values[_DESCRIPTION] = reset, field.description
        return FieldType._make(values)
