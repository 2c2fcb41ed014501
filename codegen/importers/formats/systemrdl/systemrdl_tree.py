"""SystemRDL: from the compiler's elaborated tree to a description."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from systemrdl.node import (
    AddressableNode,
    AddrmapNode,
    FieldNode,
    MemNode,
    RegfileNode,
    RegNode,
    SignalNode,
)

from codegen.importers.described.description import (
    Block,
    Device,
    Enum,
    Field,
    Interrupt,
    Member,
    Memory,
    Origin,
    Register,
)
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.systemrdl.systemrdl_hardware import field_path, hardware_of, lock_of
from codegen.importers.formats.systemrdl.systemrdl_places import origin_of
from codegen.importers.formats.systemrdl.systemrdl_properties import KNOWN, access_of, is_latched, number_format

if TYPE_CHECKING:
    from collections.abc import Collection

    from systemrdl.node import Node

    from codegen.importers.described.description import Placed
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign

__all__ = ["device_of"]

_SUFFIX = re.compile("_(?:e|t|enum)$")  # what people put behind the names of types
_FIXED = re.compile(r"fixed\((signed|unsigned), (-?\d{1,4})\)")
_ACCESSES = {"r": "ro", "w": "wo", "w1": "wo"}


def device_of(top: AddrmapNode, source: Foreign, remarks: Remarks) -> Device:
    """Return the description of an elaborated addrmap."""
    return _Reader(Origin(source.display, 1), remarks).device(top, source.path.name)


class _Reader:
    def __init__(self, start: Origin, remarks: Remarks) -> None:
        self._start, self._remarks = start, remarks
        self._enums: dict[int, Enum] = {}
        self._interrupts: list[Interrupt] = []
        self._top: AddrmapNode | None = None

    def device(self, top: AddrmapNode, file: str) -> Device:
        device = Device(top.inst_name, self._origin(top), _text(top))
        device.head = [f"Made from {file}."]
        ids = top.get_property("hal_afi", default="")
        device.afi_ids = [word for word in re.split(r"[\s,]+", ids) if word]
        device.pci = self._pci(top, device)
        device.bar = top.get_property("hal_bar", default=None)
        self._unsaid(top, device, top.inst_name)
        self._top = top
        self._fill(device, top, top.inst_name)
        device.interrupts = self._interrupts
        self._remarks.carried(device.origin, top.inst_name, "addrmap")
        return device

    def _pci(self, top: AddrmapNode, device: Device) -> dict[str, int]:
        text = top.get_property("hal_pci", default="")
        if not text:
            return {}
        parts = text.split(":")
        if len(parts) not in (2, 4) or not all(re.fullmatch("[0-9A-Fa-f]{1,4}", part) for part in parts):
            message = f"hal_pci is {text[:40]!r}, wanted ids in hex"
            raise refuse(device.origin, "bad-pci", message, 'Write "1d0f:f010", or four of them.', top.inst_name)
        names = ("vendor", "device", "subsystem_vendor", "subsystem_device")
        return {name: int(part, 16) for name, part in zip(names, parts, strict=False)}

    def _origin(self, node: Node) -> Origin:
        return origin_of(node.inst_src_ref, origin_of(node.def_src_ref, self._start))

    def _fill(self, block: Block, node: AddressableNode, path: str) -> None:
        for child in node.children():
            where = f"{path}.{child.inst_name}"
            if isinstance(child, RegNode):
                self._register(block, child, where)
            elif isinstance(child, MemNode):
                block.children.append(self._memory(child, where))
            elif isinstance(child, (RegfileNode, AddrmapNode)):
                inner = Block(child.inst_name, self._origin(child), _text(child), type_name=child.orig_type_name or "")
                self._place(inner, child)
                self._unsaid(child, inner, where)
                self._fill(inner, child, where)
                self._remarks.carried(inner.origin, where, child.component_type_name)
                block.children.append(inner)
            elif isinstance(child, SignalNode):
                self._remarks.dropped(None, self._origin(child), where, "signal has no counterpart in a map")

    def _place(self, item: Placed, node: AddressableNode) -> None:
        item.offset = node.raw_address_offset
        dimensions = node.array_dimensions
        if dimensions:
            item.count, item.stride = node.n_elements, node.array_stride or 0
            item.dimensions = tuple(dimensions) if len(dimensions) > 1 else ()
        name = node.get_property("name")
        item.title = name if name != node.inst_name else ""

    def _register(self, block: Block, node: RegNode, path: str) -> None:
        register = Register(node.inst_name, self._origin(node), _text(node))
        self._place(register, node)
        width, access_width = node.get_property("regwidth"), node.get_property("accesswidth")
        register.width = width
        register.access_width = access_width if access_width != width else None
        owner = node.owning_addrmap
        if register.access_width and owner is not None and owner.get_property("bigendian"):
            register.endian = "big"
        if register.access_width and is_latched(node):
            register.words = "latched"
        self._unsaid(node, register, path)
        register.fields = [self._field(field, f"{path}.{field.inst_name}", node) for field in node.fields()]
        if node.is_alias:
            self._alias(register, node, path)
        self._remarks.carried(register.origin, path, "register")
        block.children.append(register)

    def _alias(self, register: Register, node: RegNode, path: str) -> None:
        """Say that a register acts on another one's bits, where a map can say how."""
        primary = node.alias_primary
        fits = _shape(node) == _shape(primary)
        plain: list[str] = []
        for field, made in zip(node.fields(), register.fields, strict=True):
            policy = made.access
            assert policy is not None
            if fits and policy.write.startswith(("one_", "zero_")) and not policy.once:
                made.alias = field.alias_primary.inst_name
            else:
                made.is_volatile, made.hardware = True, {}
                plain.append(made.name)
        register.alias = primary.inst_name if len(plain) < len(register.fields) else None
        if plain:
            message = f"it is an alias of {primary.inst_name}, and with a storage of its own here: {', '.join(plain)}"
            self._remarks.approximated(register, register.origin, path, message)

    def _field(self, node: FieldNode, path: str, register: RegNode) -> Field:
        field = Field(node.inst_name, self._origin(node), _text(node), lsb=node.low, width=node.width)
        name = node.get_property("name")
        field.title = name if name != node.inst_name else ""
        field.access, said = access_of(node)
        if said:
            self._remarks.approximated(field, field.origin, path, said)
        if register.is_msb0_order:
            message = "the register counts bits from the highest one, msb0: as a number it has them the other way round"
            self._remarks.approximated(field, field.origin, path, message)
        field.is_pulse = bool(node.get_property("singlepulse"))
        field.is_volatile = _hardware_changes(node)
        self._reset(node, field, path)
        self._meaning(node, field)
        self._hardware(node, field, path, register)
        self._remarks.carried(field.origin, path, "field")
        return field

    def _hardware(self, node: FieldNode, field: Field, path: str, register: RegNode) -> None:
        """Say what hardware does to a field, and what locks it."""
        side = hardware_of(node)
        field.hardware = side.keys
        for name, message in side.notes:
            origin = origin_of(node.property_src_ref.get(name), field.origin)
            self._remarks.approximated(field, origin, path, message)
        field.lock, locked = lock_of(node, register)
        said = {*side.said, locked}
        if "intr" in side.keys:
            said |= self._interrupt(node, field, path)
        self._unsaid(node, field, path, said)

    def _interrupt(self, node: FieldNode, field: Field, path: str) -> set[str]:
        """Note an interrupt of the device; return the properties that it says."""
        enable = node.get_property("enable")
        enable_path = field_path(enable, self._top) if isinstance(enable, FieldNode) else None
        status = field_path(node, self._top)
        if status is None or node.width != 1:
            what = "in an array" if status is None else f"of {node.width} bits"
            message = f"it is an interrupt {what}, and those of a map are single bits"
            self._remarks.dropped(None, field.origin, path, message)
            return set()
        self._interrupts.append(Interrupt(node.inst_name, field.origin, None, status, enable_path, status, _text(node)))
        return {"enable"} if enable_path is not None else set()

    def _reset(self, node: FieldNode, field: Field, path: str) -> None:
        reset = node.get_property("reset")
        if isinstance(reset, int):
            field.reset = reset
            return
        field.known = 0
        if reset is not None:
            self._remarks.approximated(field, field.origin, path, "its reset is a signal's or a field's: unknown here")

    def _meaning(self, node: FieldNode, field: Field) -> None:
        encode = node.get_property("encode")
        if encode is not None:
            field.enum = field.write_enum = self._enum(encode, field.origin)
        field.format = _format(node.get_property("hal_format", default=None))
        if field.format is None and encode is None:
            field.format = number_format(node)
        for key in ("unit", "scale", "offset"):
            value = node.get_property(f"hal_{key}", default=None)
            if value is not None:
                field.numbers[key] = value
        idle = node.get_property("hal_idle", default=None)
        field.idle = int(idle) if idle in {"0", "1"} else idle

    def _enum(self, encode: Any, origin: Origin) -> Enum:
        if id(encode) not in self._enums:
            enum = Enum(_SUFFIX.sub("", encode.type_name) or encode.type_name, origin)
            for name, member in encode.members.items():
                made = Member(name, origin, member.rdl_desc or "", value=member.value)
                made.title = member.rdl_name or ""
                enum.members.append(made)
            self._enums[id(encode)] = enum
        return self._enums[id(encode)]

    def _memory(self, node: MemNode, path: str) -> Memory:
        memory = Memory(node.inst_name, self._origin(node), _text(node))
        self._place(memory, node)
        memory.size = node.size
        memory.width = node.get_property("memwidth")
        memory.access = _ACCESSES.get(node.get_property("sw").name, "rw")
        for register in node.registers():
            where = f"{path}.{register.inst_name}"
            self._remarks.dropped(memory, self._origin(register), where, "virtual registers lie over a memory")
        self._unsaid(node, memory, path)
        self._remarks.carried(memory.origin, path, "memory")
        return memory

    def _unsaid(self, node: Node, item: Any, path: str, said: Collection[str] = ()) -> None:
        """Note properties that a map has no word for; those that the file defines itself are carried as `x-`."""
        own = set(node.list_properties(include_native=False))
        for name in node.list_properties():
            if name in KNOWN or name in said:
                continue
            value = node.get_property(name)
            if name in own and isinstance(value, (str, int, bool)):
                item.properties[f"x-{name.replace('_', '-')}"] = value
                continue
            if value is False:
                continue
            origin = origin_of(node.property_src_ref.get(name), item.origin)
            self._remarks.dropped(None, origin, path, f"{name} has no counterpart in a map")


def _hardware_changes(node: FieldNode) -> bool:
    """Return whether hardware changes it besides ending a pulse."""
    return node.is_hw_writable or any(node.get_property(name) for name in ("counter", "hwset", "hwclr"))


def _format(text: str | None) -> object:
    """Return a format as a map has it."""
    fixed = _FIXED.fullmatch(text or "")
    if fixed is None:
        return text
    return {"fixed": {"signed": fixed[1] == "signed", "fraction_bits": int(fixed[2])}}


def _text(node: Node) -> str:
    return node.get_property("desc") or ""


def _shape(node: RegNode) -> tuple[object, ...]:
    return node.get_property("regwidth"), node.array_dimensions, node.array_stride if node.is_array else None
