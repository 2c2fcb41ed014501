"""Registers that say what another one said, but for their names, their offset, and resets and descriptions of fields.

Most of a large map are: where the fields lie, how they are accessed and what a write of one does to the others is
worked out and checked once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.registers.entry_facts import CONTENT_KEYS
from codegen.model.registers.shared_fields import inherited_from, is_plain_entry, stem_of, with_reset
from codegen.quick_tuples import quick
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.model.registers.neighbours import WritePlans
    from codegen.model.registers.shared_fields import Inherited, KnownField, SharedFields, Stem
    from codegen.model.types import FieldType, Masks, RegisterType
    from codegen.schema.entries import FieldEntry, RegisterContent

__all__ = ["AlikeRegisters", "Fields"]

_UNUSUAL = frozenset(CONTENT_KEYS) - {"description", "fields", "access", "volatile", "width"} | {"alias", "via", "type"}
"""Keys of what is looked at by itself."""


class _Met(NamedTuple):
    """A field that was met in a row, with the entry that says it, its plan, and its reset in the register."""

    entry: FieldEntry
    field: FieldType
    reset: int


class _Row(NamedTuple):
    """What registers have in common whose fields differ in resets and descriptions alone.

    In the order of the map: `names` of their fields, `stems`: what their entries have in common, `examples`: those of
    one register, and `met`: those that were met, by the ids of their entries. `order`: of the fields in the register,
    by these places; None where that is the same.
    """

    names: tuple[str, ...]
    stems: tuple[Stem, ...]
    examples: tuple[FieldType, ...]
    met: tuple[dict[int, _Met], ...]
    order: tuple[int, ...] | None
    masks: Masks
    access_width: int
    access: str


class Fields(NamedTuple):
    """The fields of a register as they lie, with their plans, and what follows from them."""

    planned: tuple[FieldType, ...]
    reset: int
    row: _Row


_fields, _met = quick(Fields), quick(_Met)


class AlikeRegisters:
    """Knows the fields of registers of which nothing had to be told."""

    def __init__(self, shared: SharedFields, plans: WritePlans) -> None:
        self._shared, self._plans = shared, plans
        self._rows: dict[tuple[int, ...], _Row] = {}
        self._last: dict[Inherited, _Row] = {}  # the row of the register before, by what its fields take of it

    def fields_of(self, entry: RegisterContent) -> Fields | None:
        """Return the fields of a register; None where no other one with such fields was built."""
        if not _UNUSUAL.isdisjoint(entry.model_fields_set):
            return None
        taken = entry.width, entry.access, entry.volatile
        last = self._last.get(taken)
        found = None if last is None else self._in_row(last, entry.fields)
        if found is not None:
            return found
        numbers = []
        for name, written in entry.fields.items():
            known = self._shared.known(taken).get((id(written), name))
            if known is None or known.entry is not written:
                known = self._shared.like(name, written, taken)
            if known is None:
                return None
            numbers.append(known.number)
        row = self._rows.get(tuple(numbers))
        if row is None:
            return None
        self._last[taken] = row
        return self._in_row(row, entry.fields)

    def _in_row(self, row: _Row, entries: Mapping[str, FieldEntry]) -> Fields | None:
        """Return the fields of a register of a row; None where it is of another one."""
        names, _, _, met_at, order, _, _, _ = row
        if len(entries) != len(names) or tuple(entries) != names:
            return None
        planned: list[FieldType] = []
        reset = 0
        for written, met in zip(entries.values(), met_at, strict=True):
            found = met.get(id(written))
            if found is None or found[0] is not written:
                found = self._meet(row, len(planned), written)
                if found is None:
                    return None
            reset |= found[2]
            planned.append(found[1])
        if order is not None:
            planned = [planned[place] for place in order]
        return _fields((tuple(planned), reset, row))

    def _meet(self, row: _Row, place: int, written: FieldEntry) -> _Met | None:
        """Return a field that was not met in a row before; None where it lies or behaves otherwise."""
        if not is_plain_entry(written) or stem_of(written) != row.stems[place]:
            return None
        field = with_reset(row.examples[place], written)
        if field is None:
            return None
        field = self._plans.one(field)
        found = row.met[place][id(written)] = _met((written, field, field.reset << field.lsb))
        return found

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
            tuple(entry.fields),
            tuple(stem_of(item.entry) for item in known),
            tuple(register.fields[order.index(place)] for place in range(len(order))),
            tuple({} for _ in known),
            None if order == tuple(range(len(order))) else order,
            register.masks,
            register.access_width,
            register.access,
        )

    def _known(self, name: str, entry: RegisterContent, taken: Inherited) -> KnownField | None:
        return self._shared.known(taken).get((id(entry.fields[name]), name))
