"""SystemRDL 2.0: types, then an addrmap for each BAR, the device's own last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.descriptions.rdl_blocks import RdlBlocks
from codegen.output.languages.descriptions.rdl_fields import meaning_of
from codegen.output.languages.descriptions.rdl_properties import OwnProperties
from codegen.output.languages.descriptions.rdl_registers import Component, RdlRegisters, texts
from codegen.output.languages.sheet import Language, Sheet
from codegen.views.escapes import rdl_comment, rdl_string
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.reference import device_model
from codegen.views.told.map_facts import device_facts, enum_facts, left_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.device import Device
    from codegen.model.types import EnumType
    from codegen.views.reference import Model

__all__ = ["NESTED_SYSTEMRDL", "SYSTEMRDL"]


class _File(NamedTuple):
    declarations: tuple[str, ...]
    components: tuple[Component, ...]


def _sheets(device: Device) -> list[Sheet]:
    return [_sheet(device, nested=False)]


def _nested_sheets(device: Device) -> list[Sheet]:
    return [_sheet(device, nested=True)]


def _sheet(device: Device, *, nested: bool) -> Sheet:
    model = device_model(device)
    context = {"model": model, "rdl": _file(model, nested=nested)}
    return Sheet(f"{device.name}.rdl", SYSTEMRDL.template, context)


def _file(model: Model, *, nested: bool) -> _File:
    own = OwnProperties(model)
    scope = Scope(DIALECTS["systemrdl"], model.name)
    enums = tuple(_enum(enum, scope) for enum in model.enums)
    blocks = RdlBlocks(model, own, RdlRegisters(model.name, own), scope)
    types = (*enums, *blocks.types())
    devices = tuple(blocks.devices(*_of_device(model, own)))
    if nested:
        devices = tuple(replace(device, parts=(*types, *device.parts)) for device in devices)
        types = ()
    used = {name for register in model.registers for field in register.fields for name, _ in meaning_of(field)}
    used |= {"hal_bar"} if any(place.space.pf == "app" for place in model.places) else set()
    used |= {"hal_afi"} if model.afi_ids else set()
    used |= {"hal_pci"} if model.pci is not None else set()
    return _File(tuple(own.declarations(used)), (*types, *devices))


def _of_device(model: Model, own: OwnProperties) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the comments and the properties of the whole device."""
    keys, said = own.of(model.properties)
    notes = left_out("SystemRDL", device_facts(model), {"afi", "pci", "space", *keys})
    properties = [*texts(model.description), *said]
    if model.afi_ids:
        properties.append(f"hal_afi = {rdl_string(' '.join(model.afi_ids))}")
    if model.pci is not None:
        properties.append(f'hal_pci = "{":".join(f"{number:04x}" for number in model.pci)}"')
    return ((rdl_comment(notes),) if notes else ()), tuple(properties)


def _enum(enum: EnumType, scope: Scope) -> Component:
    name = scope.take(f"enum {enum.name}", enum.name)
    notes = [enum.description, left_out("SystemRDL", enum_facts(enum), ("description", "titles"))]
    members = Scope(DIALECTS["systemrdl"], name)
    return Component(
        f"enum {name}",
        notes=tuple(rdl_comment(note) for note in notes if note.strip()),
        parts=tuple(_members(enum, members)),
    )


def _members(enum: EnumType, scope: Scope) -> Iterator[str]:
    for member in enum.members:
        name = scope.take(f"{enum.name}.{member.map_name}", member.map_name)
        said = " ".join(f"{text};" for text in texts(member.description, member.title))
        yield f"{name} = {member.value}{f' {{ {said} }}' if said else ''};"


SYSTEMRDL = Language("systemrdl", "systemrdl.rdl.j2", _sheets)
NESTED_SYSTEMRDL = Language("systemrdl", "systemrdl.rdl.j2", _nested_sheets)
"""The same with all types inside of the addrmaps, so that files of several maps can be compiled together."""
