"""From the schema's models to the elaborated model.

The schema has checked keys and single values; `register_builder` checks what is inside a register,
`block_builder` what is around it, `overlap` what lies over each other, `identity` the one reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.block_builder import BlockBuilder
from codegen.model.card_rules import card_of
from codegen.model.device import Device, PciIds
from codegen.model.identity import find_identity
from codegen.model.refusals.origins import Origins
from codegen.model.registers.interrupt_rules import find_interrupts
from codegen.model.registers.register_builder import RegisterBuilder
from codegen.model.tree import TypeTree
from codegen.model.values.enums import gather_constants, gather_enums, gather_register_types, gather_types
from codegen.schema.names import (
    camel_case,
    class_name_of,
    interrupt_attribute,
    interrupts_class,
    module_fault,
    module_of,
)
from codegen.schema.spaces import Space

if TYPE_CHECKING:
    from codegen.model.types import BlockType, EnumType
    from codegen.model.values.enums import Maps
    from codegen.schema.entries import Afi, DeviceMap
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["check_types", "elaborate"]


def elaborate(maps: Maps, device_map: DeviceMap, findings: Findings) -> Device:
    """Return the device of the first map, without its digest; the other maps are what it includes.

    The device has gaps when `findings` got something, and is not to be used then.
    """
    source = maps[0][0]
    enums = gather_enums(maps, findings)
    constants = gather_constants(maps, findings)
    types = gather_types(maps, findings)
    card = card_of(device_map, source, findings)
    space = Space(device_map.space.pf, device_map.space.bar)
    registers = RegisterBuilder(enums, gather_register_types(maps, findings), _big_endian(maps), findings)
    registers.build_types()
    blocks = BlockBuilder(types, registers, findings, _size(maps), card)
    blocks.build_types()
    root = blocks.build_root(device_map, source, space)
    enums = _of_the_device(enums, device_map, root, space)
    module = module_of(device_map.name, device_map.python)
    fault = None if device_map.python else module_fault(module)
    if fault is not None:
        findings.add(source, ("name",), *fault)
    elif module != device_map.name and not device_map.python:
        findings.note_python_name(source, ("name",), device_map.name, module, "module")
    class_name = class_name_of(camel_case(module.rstrip("_")))
    if class_name in {enum.python_name for enum in enums.values()}:
        message = f"the device's class and an enum would both be {class_name}"
        findings.add(source, ("name",), "name-clash", message, "Rename the enum.")
    classes = {class_name, *(enum.python_name for enum in enums.values())}
    for constant in constants:
        if constant.name in classes:
            message = f"the constant and a class would both be {constant.name} in Python"
            findings.add(source, ("constants", constant.name), "name-clash", message, "Rename it.", at_key=True)
    _check_group(device_map, root, class_name, classes, source, findings)
    return Device(
        name=device_map.name,
        module=module,
        class_name=class_name,
        description=device_map.description,
        afi_ids=tuple(device_map.afi.ids),
        pci=_pci(device_map.afi),
        card=card,
        space=space,
        identity=find_identity(device_map, root, source, findings),
        clkgen=device_map.clkgen,
        interrupts=find_interrupts(device_map, root, source, findings),
        constants=constants,
        enums=tuple(enums.values()),
        root=root,
        source=source.name,
        digest="",
        origins=Origins([source for source, _ in maps]),
    )


def _of_the_device(
    enums: dict[str, EnumType], device_map: DeviceMap, root: BlockType, space: Space
) -> dict[str, EnumType]:
    """Return the enums of the map itself, and those of its includes that a field has."""
    if len(enums) == len(device_map.enums):
        return enums
    fields = [field for register in TypeTree(root, space).registers for field in register.fields]
    used = {field.enum for field in fields} | {field.write_enum for field in fields}
    return {name: enum for name, enum in enums.items() if name in device_map.enums or enum in used}


def _check_group(
    device_map: DeviceMap, root: BlockType, class_name: str, classes: set[str], source: Source, findings: Findings
) -> None:
    """Check the names that interrupts take in Python."""
    if not device_map.interrupts:
        return
    where: Path = ("interrupts",)
    group = interrupts_class(class_name)
    if group in classes:
        message, hint = f"their class and an enum would both be {group}", "Rename the enum."
        findings.add(source, where, "name-clash", message, hint, at_key=True)
    if any(child.python_name == "interrupts" for child in root.children):
        message = "they and what the map calls 'interrupts' would both be interrupts in Python"
        findings.add(source, where, "python-clash", message, "Say python: NAME in the latter.", at_key=True)
    first: dict[str, str] = {}
    for name in device_map.interrupts:
        other = first.setdefault(interrupt_attribute(name), name)
        if other != name:
            message = f"{other!r} and {name!r} would both be {interrupt_attribute(name)} in Python"
            findings.add(source, (*where, name), "python-clash", message, "Rename one of them.", at_key=True)


def check_types(maps: Maps, findings: Findings) -> None:
    """Check the enums and types of files that maps include."""
    gather_constants(maps, findings)
    types = gather_types(maps, findings)
    register_types = gather_register_types(maps, findings)
    registers = RegisterBuilder(gather_enums(maps, findings), register_types, _big_endian(maps), findings)
    registers.build_types()
    BlockBuilder(types, registers, findings, _size(maps)).build_types()


def _big_endian(maps: Maps) -> frozenset[Source]:
    return frozenset(source for source, entry in maps if entry.endian == "big")


def _size(maps: Maps) -> int:
    return sum(len(source.text) for source, _ in maps)


def _pci(afi: Afi) -> PciIds | None:
    if afi.pci is None:
        return None
    ids = afi.pci
    return PciIds(ids.vendor, ids.device, ids.subsystem_vendor, ids.subsystem_device)
