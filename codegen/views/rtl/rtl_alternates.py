"""Alternates as logic: several views of one storage, and the fields that tell which of them is there.

A view's fields act on the bits of the fields that it shares them with; bits that none of these has are its own.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from codegen.views.rtl.rtl_places import Shared, View
from codegen.views.rtl.writing.rtl_text import Bits, concatenation, part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from codegen.model.refusals.origins import Refusals
    from codegen.model.types import Child, FieldType
    from codegen.views.rtl.rtl_cells import Place
    from codegen.views.rtl.rtl_places import Group, Layout

__all__ = ["settle_alternates", "shared_value"]

_HINT = "Say external: true of both."
_RULE = "rtl-alternate"


class _Owner(NamedTuple):
    """Whose a bit of a storage is: register, field, and which bit of it."""

    names: tuple[str, ...]
    field: FieldType
    bit: int


def settle_alternates(layout: Layout, refusals: Refusals) -> None:
    """Make a layout's alternates views of what they share bits with; `views` and `shared` of it say how."""
    for names in layout.alternate_blocks:
        message = "two blocks that are there at different times are two pieces of logic, and the map says of one"
        refusals.add(names, "alternate", _RULE, message, _HINT)
    known: dict[tuple[str, ...], Child] = {names: group.child for names, group in layout.groups.items()}
    known |= {window.names: window.child for window in layout.externals if window.child is not None}
    storages: dict[tuple[str, ...], dict[int, _Owner]] = {}
    for names, group in list(layout.groups.items()):
        if group.child.alternate is None:
            storages[names] = {}
            if any(field.alternate for field in group.type.fields):
                _settle(layout, group, storages[names], refusals, by_value=False)
            else:
                storages[names] |= _bits_of(names, group.type.fields)
    for names, child in known.items():
        if child.alternate is None:
            continue
        root = _root(names, known)
        when = child.when if isinstance(child.when, tuple) else ()
        if when:
            layout.views.setdefault(names, []).append(View(when, is_there=True))
            layout.views.setdefault(root, []).append(View(when, is_there=False))
        elif child.external or root not in layout.groups:
            message = "which of the two is there is told in words, and logic has to know"
            refusals.add(names, "when", _RULE, message, "Say when by a field's value, as in when: {mode.select: 1}.")
            continue
        if names in layout.groups:
            _settle(layout, layout.groups[names], storages.get(root, {}), refusals, by_value=bool(when))


def _root(names: tuple[str, ...], known: dict[tuple[str, ...], Child]) -> tuple[str, ...]:
    """Return what a chain of alternates leads to."""
    child = known.get(names)
    while child is not None and child.alternate is not None:
        names = (*names[:-1], child.alternate)
        child = known.get(names)
    return names


def _bits_of(names: tuple[str, ...], fields: Sequence[FieldType]) -> Iterator[tuple[int, _Owner]]:
    for field in fields:
        for number, low in enumerate(field.element_lows):
            for bit in range(field.width):
                yield low + bit, _Owner(names, field, number * field.width + bit)


def _settle(layout: Layout, group: Group, storage: dict[int, _Owner], refusals: Refusals, *, by_value: bool) -> None:
    """Divide the fields of a register among the owners of its bits, and give it the others."""
    if by_value or group.child.alternate is not None:
        fault = _fault_of_register(group)
        if fault:
            refusals.add(group.names, "alternate", _RULE, fault, _HINT)
            return
    fields: list[FieldType] = []
    shifts: dict[str, int] = {}
    for field in sorted(group.type.fields, key=lambda field: field.alternate is not None):
        pieces = list(_pieces(field, storage))
        if all(owner is None for _, _, owner in pieces):
            fields.append(field._replace(alternate=None))
            storage |= _bits_of(group.names, fields[-1:])
            continue
        fault = _fault_of_field(field, pieces, by_value=by_value)
        if fault:
            refusals.add((*group.names, field.name), "alternate", _RULE, fault, _HINT)
            continue
        shared = []
        for low, width, owner in pieces:
            some = _part(field, low, width, owner, [*fields, *group.type.fields])
            if owner is None:
                storage |= _bits_of(group.names, [some])
            else:
                shifts[some.name] = owner.bit
            if owner is None or by_value:  # else what owns the bits says all of them
                fields.append(some)
            names, name, bit = (
                (group.names, some.name, 0) if owner is None else (owner.names, owner.field.name, owner.bit)
            )
            shared.append(Shared(low - field.lsb, width, names, name, bit))
        steps = (*group.names, field.name)
        layout.shared[steps] = tuple(shared)
    # Of bits that another register's are, none are constants here.
    reset = group.type.reset if by_value else group.type.reset & sum(field.mask for field in fields)
    kind = group.type._replace(fields=tuple(sorted(fields, key=lambda field: field.lsb)), reset=reset)
    if kind.fields:
        layout.groups[group.names] = dataclasses.replace(group, own_type=kind, shifts=shifts)
    else:
        del layout.groups[group.names]


def _part(field: FieldType, low: int, width: int, owner: _Owner | None, others: Sequence[FieldType]) -> FieldType:
    """Return some of a field's bits as a field: an alias of who owns them, or with a name that no other one has."""
    reset = field.reset >> low - field.lsb & ((1 << width) - 1)
    some = field._replace(lsb=low, width=width, reset=reset, alternate=None)
    if owner is not None:
        return some._replace(name=f"{field.name}@{low}", alias=f"{owner.names[-1]}.{owner.field.name}")
    name = field.name if low == field.lsb else f"{field.name}_{low}"
    while any(other.name == name and other is not field for other in others):
        name += "_"
    return some._replace(name=name)


def _pieces(field: FieldType, storage: dict[int, _Owner]) -> Iterator[tuple[int, int, _Owner | None]]:
    """Yield the bits of a field that lie together: the lowest, how many, and the owner of that, or None."""
    start, first = field.lsb, storage.get(field.lsb)
    for bit in range(field.lsb + 1, field.msb + 2):
        owner = storage.get(bit) if bit <= field.msb else None
        goes_on = first is not None and owner == _Owner(first.names, first.field, first.bit + bit - start)
        if bit > field.msb or not (goes_on or (first is None and owner is None)):
            yield start, bit - start, first
            start, first = bit, owner


def _fault_of_register(group: Group) -> str:
    """Return why a register can be no view; "" where it can."""
    if group.type.rules is not None:
        return "an alternate whose writes take locks, keys or more than one access is no register block's"
    if group.child.resets:
        return "an alternate whose elements have resets of their own is no register block's"
    if group.type.words == "latched":
        return "an alternate whose words are latched is no register block's"
    return ""


def _fault_of_field(field: FieldType, pieces: Sequence[tuple[int, int, _Owner | None]], *, by_value: bool) -> str:
    """Return why a field can't share these bits; "" where it can."""
    owners = [owner.field for _, _, owner in pieces if owner is not None]
    if field.array is not None or field.alias is not None:
        return "an alternate that is an array or an alias shares bits with another field"
    if field.pulse or any(owner.pulse for owner in owners):
        return "a pulse shares its bits with another field"
    if field.hardware is not None and field.hardware.writes:
        return "hardware writes bits of another field's: say so of one of them"
    others = [owner for owner in owners if owner.access != field.access]
    if others and not by_value:
        other = f"{others[0].access} in {others[0].name}"
        return f"bits are {field.access} here and {other}, and logic has to know which is meant"
    return ""


def shared_value(pieces: Sequence[Shared], places: Mapping[tuple[str, ...], Sequence[Place]]) -> str:
    """Return the bits of a field that are others', of all elements of an array; "" where hardware sees none of them."""
    owners = [(piece, places[piece.register]) for piece in pieces]
    if any(found[0].cells[piece.field].held in ("nothing", "wire") for piece, found in owners):
        return ""
    width = pieces[-1].low + pieces[-1].width
    elements = []
    for element in range(owners[0][1][0].group.number):
        bits = []
        for piece, found in owners:
            place = found[element] if len(found) > 1 else found[0]
            cell, index = place.cells[piece.field], f"[{element}]" if place.index else ""
            bits.append(Bits(piece.low, piece.width, part(cell.name + index, piece.bit, piece.width, cell.width)))
        elements.append(concatenation(width, bits))
    return elements[0] if len(elements) == 1 else f"{{{', '.join(reversed(elements))}}}"
