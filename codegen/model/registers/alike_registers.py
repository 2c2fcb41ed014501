"""Registers that say what another one said, but for their names, their offset, and resets and descriptions of fields.

Most of a large map are: where the fields lie, how they are accessed and what a write of one does to the others is
worked out and checked once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.registers.entry_facts import CONTENT_KEYS
from codegen.model.registers.shared_fields import inherited_from
from codegen.quick_tuples import quick
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.model.registers.neighbours import Planned, WritePlans
    from codegen.model.registers.shared_fields import Inherited, KnownField, SharedFields
    from codegen.model.types import FieldType, Masks, RegisterType
    from codegen.schema.entries import RegisterContent

__all__ = ["AlikeRegisters", "Fields"]

_UNUSUAL = frozenset(CONTENT_KEYS) - {"description", "fields", "access", "volatile", "width"} | {"alias", "via", "type"}
"""Keys of what is looked at by itself."""


class _Row(NamedTuple):
    """What registers have in common whose fields differ in resets and descriptions alone.

    `order`: of the fields in the register, by their places in the map; None where that is the same.
    """

    order: tuple[int, ...] | None
    plans: tuple[Planned, ...]
    masks: Masks
    access_width: int
    access: str


class Fields(NamedTuple):
    """The fields of a register as they lie, and what follows from them."""

    fields: tuple[FieldType, ...]
    planned: tuple[FieldType, ...]
    reset: int
    row: _Row


_fields = quick(Fields)


class AlikeRegisters:
    """Knows the fields of registers of which nothing had to be told."""

    def __init__(self, shared: SharedFields, plans: WritePlans) -> None:
        self._shared, self._plans = shared, plans
        self._rows: dict[tuple[int, ...], _Row] = {}

    def fields_of(self, entry: RegisterContent) -> Fields | None:
        """Return the fields of a register; None where no other one with such fields was built."""
        if not _UNUSUAL.isdisjoint(entry.model_fields_set):
            return None
        taken = entry.width, entry.access, entry.volatile
        known = self._shared.known(taken)
        used = reset = 0
        fields, numbers = [], []
        for name, written in entry.fields.items():
            found = known.get((id(written), name))
            if found is None or found[0] is not written:
                found = self._shared.like(name, written, taken)
                if found is None:
                    return None
            _, field, number, mask, bits = found
            if used & mask:
                return None
            used |= mask
            reset |= bits
            fields.append(field)
            numbers.append(number)
        row = self._rows.get(tuple(numbers))
        if row is None:
            return None
        if row.order is not None:
            fields = [fields[place] for place in row.order]
        return _fields((tuple(fields), self._plans.with_plans(fields, row.plans), reset, row))

    def learn(self, entry: RegisterContent, fields: Sequence[FieldType], register: RegisterType) -> None:
        """Take a register of which nothing had to be told, with its fields as they lie."""
        taken = inherited_from(entry)
        if taken is None or not entry.fields or not _UNUSUAL.isdisjoint(entry.model_fields_set):
            return
        found = [self._known(name, entry, taken) for name in entry.fields]
        known = [item for item in found if item is not None]
        if len(known) < len(found) or any(POLICIES[field.access].is_blind for field in fields):
            return
        places = {id(item.field): place for place, item in enumerate(known)}
        order = tuple(places[id(field)] for field in fields)
        self._rows[tuple(item.number for item in known)] = _Row(
            None if order == tuple(range(len(order))) else order,
            tuple(self._plans.plan_of(field) for field in register.fields),
            register.masks,
            register.access_width,
            register.access,
        )

    def _known(self, name: str, entry: RegisterContent, taken: Inherited) -> KnownField | None:
        return self._shared.known(taken).get((id(entry.fields[name]), name))
