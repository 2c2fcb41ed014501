"""What the Python template sees: frozen, every decision taken, every value already source text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen._version import __version__
from codegen.model.tree import FirstPlace, TypeTree
from codegen.model.types import BlockChild, BlockType, Child, EnumType, FieldType, MemoryChild, RegisterType
from codegen.schema.policies import POLICIES
from codegen.views.class_names import class_names
from codegen.views.escapes import hexadecimal
from codegen.views.literals import docstring, text_literal, within_docstring

if TYPE_CHECKING:
    from codegen.model.device import Device

__all__ = ["ModuleView", "module_view"]

_EXPORT_WIDTH = 80
_HEX_FROM = 256
"""Enum values from here on are rather patterns than numbers."""


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member of an enum; `docs` has at most one text."""

    name: str
    value: str
    docs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnumView:
    """An enum class."""

    name: str
    members: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True)
class DeclarationView:
    """An attribute of a class: `name = hal.function(arguments)`."""

    name: str
    function: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ClassView:
    """A register, block or device class: its bases, docstring and attributes."""

    name: str
    bases: str
    doc: str
    declarations: tuple[DeclarationView, ...]


@dataclass(frozen=True, slots=True)
class ModuleView:
    """A whole module."""

    title: str
    version: str
    source: str
    digest: str
    exports: str
    enums: tuple[EnumView, ...]
    classes: tuple[ClassView, ...]


def module_view(device: Device) -> ModuleView:
    """Return the view of a device's driver."""
    tree = TypeTree(device.root, device.space)
    names = class_names(device, tree)
    summary = docstring(device.description, f"Device {device.name}").split("\n")[0]
    registers = [_register_view(register, names[register], tree.first_places[register]) for register in tree.registers]
    blocks = [_block_view(block, names, _block_bases(block), f"Block {block.name}") for block in tree.blocks[:-1]]
    top = _block_view(device.root, names, _device_bases(device), f"Device {device.name}")
    exports = sorted([*names.values(), *(enum.name for enum in device.enums)], key=_export_order)
    return ModuleView(
        title=f"Driver of {device.name}: {summary}",
        version=__version__,
        source=within_docstring(device.source),
        digest=device.digest,
        exports=_export_list(exports),
        enums=tuple(map(_enum_view, device.enums)),
        classes=(*registers, *blocks, top),
    )


def _export_order(name: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """Order as ruff's RUF022 does: constants first, numbers by value."""
    is_constant = len(name) > 1 and name.isupper()
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return not is_constant, [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _export_list(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    line = f"[{', '.join(quoted)}]"
    if len(line) <= _EXPORT_WIDTH:
        return line
    return "[\n" + "".join(f"    {name},\n" for name in quoted) + "]"


def _enum_view(enum: EnumType) -> EnumView:
    return EnumView(
        enum.name,
        tuple(
            MemberView(
                member.name,
                str(member.value) if member.value < _HEX_FROM else hexadecimal(member.value),
                (docstring(member.description, ""),) if member.description.strip() else (),
            )
            for member in enum.members
        ),
    )


def _register_view(register: RegisterType, class_name: str, first: FirstPlace) -> ClassView:
    masks = register.masks
    parts = [f"width={register.width}"]
    if register.access_width != register.width:
        parts.append(f"access_width={register.access_width}")
    if register.words != "low-first":
        parts.append(f"words={text_literal(register.words)}")
    parts.append(f"reset={hexadecimal(register.reset)}")
    parts += [f"{name}={hexadecimal(mask)}" for name, mask in masks._asdict().items() if mask]
    if register.shadow:
        parts.append("shadow=True")
    return ClassView(
        class_name,
        f"hal.Register, {', '.join(parts)}",
        docstring(register.description, f"Register {register.name}") + f"\n\n{_place_line(register, first)}",
        tuple(map(_field_view, register.fields)),
    )


def _place_line(register: RegisterType, first: FirstPlace) -> str:
    more = first.uses - 1
    others = f" and {more} more place{'s' if more > 1 else ''}" if more else ""
    return (
        f"{register.width} bits, {register.access}, reset 0x{register.reset:0{register.width // 4}X}."
        f" At {first.path} ({first.space}, {hexadecimal(first.offset)}){others}."
    )


def _field_view(field: FieldType) -> DeclarationView:
    function, default_access = _field_function(field)
    parts = [f"{field.msb}, {field.lsb}"]
    kind = _kind(field)
    if kind:
        parts.append(kind)
    if field.access != default_access:
        parts.append(f'access="{field.access}"')
    if field.plan in ("write", "modify"):
        parts.append(f'plan="{field.plan}"')
    if field.plan == "refused":
        parts.append(f"refused={text_literal(field.refusal)}")
    if field.volatile:
        parts.append("volatile=True")
    if field.pulse:
        parts.append("pulse=True")
    if field.description.strip():
        parts.append(f"doc={text_literal(field.description.strip())}")
    return DeclarationView(field.name, function, ", ".join(parts))


def _field_function(field: FieldType) -> tuple[str, str]:
    """Return the declaring function and the access that it takes when none is given."""
    is_settable = field.plan in ("write", "modify")
    if POLICIES[field.access].readable:
        return ("rw", "rw") if is_settable else ("ro", "ro")
    return ("wo", "wo") if is_settable else ("none", "")


def _kind(field: FieldType) -> str:
    if field.enum is not None:
        return field.enum.name
    if field.fixed is not None:
        return f"hal.Fixed(signed={field.fixed.signed}, fraction_bits={field.fixed.fraction_bits})"
    return {"bool": "bool", "signed": "hal.SIGNED"}.get(field.kind, "")


def _block_bases(block: BlockType) -> str:
    return f"hal.Block, {_window(block)}"


def _window(block: BlockType) -> str:
    size = f"size={hexadecimal(block.size)}"
    return size if block.unmapped is None else f"{size}, unmapped={hexadecimal(block.unmapped)}"


def _device_bases(device: Device) -> str:
    parts = [
        f"hal.Device, name={text_literal(device.name)}",
        f'pf="{device.space.pf}", bar={device.space.bar}',
        _window(device.root),
    ]
    if device.afi_ids:
        ids = ", ".join(map(text_literal, device.afi_ids))
        parts.append(f"afi=({ids}{',' if len(device.afi_ids) == 1 else ''})")
    if device.pci is not None:
        parts.append(f"pci=({', '.join(map(hexadecimal, device.pci))})")
    if device.identity is not None:
        path, value = device.identity
        parts.append(f"identity=({text_literal(path)}, {hexadecimal(value)})")
    if device.clkgen:
        parts.append("clkgen=True")
    parts.append(f'digest="{device.digest[:16]}"')
    return ", ".join(parts)


def _block_view(block: BlockType, names: dict[BlockType | RegisterType, str], bases: str, default: str) -> ClassView:
    return ClassView(
        names[block],
        bases,
        docstring(block.description, default),
        tuple(_child_view(child, names) for child in block.children),
    )


def _child_view(child: Child, names: dict[BlockType | RegisterType, str]) -> DeclarationView:
    if isinstance(child, MemoryChild):
        function = "memory" if child.access == "rw" else f"memory_{child.access}"
        parts = [hexadecimal(child.offset), hexadecimal(child.size), f"width={child.width}"]
    else:
        kind = "block" if isinstance(child, BlockChild) else "register"
        function = kind if child.count is None else f"{kind}s"
        parts = [names[child.type], hexadecimal(child.offset)]
        if child.count is not None:
            parts += [f"count={child.count}", f"stride={hexadecimal(child.stride)}"]
        if isinstance(child, BlockChild) and child.space is not None:
            parts.append(f'space=("{child.space.pf}", {child.space.bar})')
    if child.description.strip():
        parts.append(f"doc={text_literal(child.description.strip())}")
    return DeclarationView(child.name, function, ", ".join(parts))
