"""IP-XACT, 1685-2009, -2014 and -2022: each memory map of a component becomes a map.

Source: IEEE 1685, the schemas' memoryMap, addressBlock, registerFile, register and field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.description import Block, Device, Enum, Field, Member, Memory, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.ipxact.expressions import ExpressionError, value_of
from codegen.importers.formats.readers.xml_reader import parse_xml
from codegen.importers.formats.svd.svd_access import access_of

if TYPE_CHECKING:
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options
    from codegen.importers.formats.readers.xml_reader import Element

__all__ = ["read_ipxact"]

_MAX_COUNT, _MAX_WIDTH = 1 << 20, 4096
_USED = frozenset((
    "name", "displayName", "description", "baseAddress", "addressOffset", "range", "width", "usage", "access",
    "volatile", "register", "registerFile", "addressBlock", "dim", "size", "reset", "resets", "field", "bitOffset",
    "bitWidth", "modifiedWriteValue", "readAction", "enumeratedValues", "typeIdentifier", "parameters", "array",
    "accessPolicies", "addressUnitBits", "bank", "fieldAccessPolicies", "isPresent", "shared", "shortDescription",
    "testable", "reserved",
))  # fmt: skip


def read_ipxact(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return the memory maps of a component."""
    root = parse_xml(source.content, source.display)
    if root.tag != "component":
        hint = "Designs, bus definitions and catalogs hold no registers."
        raise refuse(root.origin, "no-ipxact", f"the root is <{root.tag}>, wanted <component>", hint)
    reader = _Reader(root, options, remarks)
    found = [item for group in root.all("memoryMaps") for item in group.all("memoryMap")]
    spaces = [item for group in root.all("addressSpaces") for item in group.all("addressSpace")]
    found += [item for space in spaces for item in space.all("localMemoryMap")]
    devices = [reader.device(item, source.path.name, several=len(found) > 1) for item in found]
    return [device for device in devices if device.children]


class _Reader:
    def __init__(self, root: Element, options: Options, remarks: Remarks) -> None:
        self._root, self._options, self._remarks = root, options, remarks
        self._texts: dict[str, tuple[str, Element]] = {}
        self._open: list[str] = []
        stack = [root]
        while stack:
            element = stack.pop()
            stack += element.children
            if element.tag in {"parameter", "modelParameter"}:
                text = options.parameters.get(element.value("name") or "", element.value("value") or "")
                for name in (element.value("name"), element.attributes.get("parameterId")):
                    if name:
                        self._texts.setdefault(name, (text, element))
        unknown = [name for name in options.parameters if name not in self._texts]
        if unknown:
            raise refuse(root.origin, "bad-parameter", f"the component has no parameter {unknown[0]!r}", "")

    # -- numbers ------------------------------------------------------------

    def _look_up(self, name: str) -> int:
        if name not in self._texts:
            raise ExpressionError(f"there is no parameter {name!r}")
        if name in self._open:
            raise ExpressionError(f"parameter {name!r} is made of itself")
        self._open.append(name)
        try:
            return value_of(self._texts[name][0], self._look_up)
        finally:
            self._open.pop()

    def _number(self, element: Element, tag: str, path: str, default: int | None = None) -> int:
        found = element.find(tag)
        if found is None or not found.text.strip():
            if default is None:
                message = f"<{element.tag}> needs <{tag}>"
                raise refuse(element.origin, "missing-element", message, f"Add <{tag}>.", path)
            return default
        return self._value(found, path)

    def _value(self, found: Element, path: str) -> int:
        try:
            value = value_of(found.text, self._look_up)
        except (ExpressionError, RecursionError) as error:
            message = f"<{found.tag}> is {found.text.strip()[:60]!r}: {error}"
            raise refuse(found.origin, "bad-expression", message, "Correct the expression.", path) from None
        if value < 0:
            message = f"<{found.tag}> is {value}"
            raise refuse(found.origin, "bad-number", message, "It can't be below 0.", path)
        return value

    # -- blocks ------------------------------------------------------------

    def device(self, element: Element, file: str, *, several: bool) -> Device:
        """Return the device of a memory map."""
        component, name = self._root.value("name") or "component", element.value("name") or "memory_map"
        device = Device(f"{component}_{name}" if several else component, element.origin, _text(element))
        vendor = ":".join(filter(None, (self._root.value(key) for key in ("vendor", "library", "name", "version"))))
        device.head = [f"Memory map {name} of {vendor}. Made from {file}."]
        blocks = list(element.all("addressBlock"))
        bits = self._number(element, "addressUnitBits", device.name, 8)
        if bits != 8:  # noqa: PLR2004
            message = f"addresses count units of {bits} bits, wanted 8"
            raise refuse(element.origin, "bad-unit", message, "Addresses have to be of bytes.", device.name)
        for child in element.children:
            if child.tag in {"bank", "subspaceMap"}:
                message = f"{child.tag} {child.value('name') or ''} has no counterpart in a map"
                self._remarks.dropped(device, child.origin, device.name, message)
        several_hold_registers = sum(not _is_memory(block) for block in blocks) > 1
        for block in blocks:
            self._address_block(device, block, single=not several_hold_registers)
        self._remarks.carried(device.origin, device.name, "memory map")
        return device

    def _address_block(self, device: Device, element: Element, *, single: bool) -> None:
        name = element.value("name") or "block"
        path = f"{device.name}.{name}"
        base = self._number(element, "baseAddress", path, 0)
        usage = element.value("usage") or "register"
        if usage == "reserved":
            return
        if _is_memory(element):
            memory = Memory(
                name, element.origin, _text(element), offset=base, size=self._number(element, "range", path)
            )
            memory.width = self._number(element, "width", path, 32)
            memory.access = {"read-only": "ro", "write-only": "wo"}.get(element.value("access") or "", "rw")
            self._remarks.carried(element.origin, path, "memory block")
            device.children.append(memory)
            return
        self._unsaid(element, path)
        default = element.value("access")
        if single and base == 0:
            self._fill(device, element, path, default)
            return
        block = Block(name, element.origin, _text(element), offset=base)
        self._fill(block, element, path, default)
        self._remarks.carried(element.origin, path, "address block")
        if block.children:
            device.children.append(block)
        else:
            self._remarks.dropped(device, element.origin, path, f"{name}: no registers are in it")

    def _fill(self, block: Block, element: Element, path: str, access: str | None) -> None:
        for child in element.children:
            where = f"{path}.{child.value('name') or child.tag}"
            if child.tag == "registerFile":
                inner = Block(child.value("name") or "", child.origin, _text(child))
                inner.offset = self._number(child, "addressOffset", where)
                inner.type_name = child.value("typeIdentifier") or ""
                self._repeat(inner, child, self._number(child, "range", where), where)
                self._unsaid(child, where)
                self._fill(inner, child, where, child.value("access") or access)
                self._remarks.carried(child.origin, where, "register file")
                block.children.append(inner)
            elif child.tag == "register":
                block.children.append(self._register(child, where, access))

    def _repeat(self, item: Block | Register, element: Element, size: int, path: str) -> None:
        dimensions = [self._value(child, path) for child in element.all("dim")]
        group = element.find("array")
        if group is not None:  # 2022
            dimensions += [self._value(child, path) for child in group.all("dim")]
            size = self._number(group, "stride", path, size)
        if dimensions == [0]:
            self._remarks.approximated(item, element.origin, path, "<dim> is 0, which is taken as no array")
            return
        if not dimensions:
            return
        count = 1
        for dimension in dimensions:
            count *= dimension
            if not 1 <= count <= _MAX_COUNT:
                raise refuse(element.origin, "bad-count", f"an array of {count} elements", "Correct <dim>.", path)
        item.count, item.stride = count, size
        item.dimensions = tuple(dimensions) if len(dimensions) > 1 else ()

    # -- registers ------------------------------------------------------------

    def _register(self, element: Element, path: str, access: str | None) -> Register:
        register = Register(element.value("name") or "", element.origin, _text(element))
        register.offset = self._number(element, "addressOffset", path)
        register.width = self._number(element, "size", path, 32)
        if not 0 < register.width <= _MAX_WIDTH:
            message = f"<size> is {register.width} bits, allowed: 1 to {_MAX_WIDTH}"
            raise refuse(element.origin, "bad-width", message, "Correct it.", path)
        display = element.value("displayName")
        register.title = display if display and display != register.name else ""
        self._repeat(register, element, -(-register.width // 8), path)
        register.is_volatile = element.value("volatile") in {"true", "1"}
        register.access, own = access_of([element], access, path, self._options, self._remarks)
        register.reset, register.known = self._reset(element, path, register.width)
        self._unsaid(element, path)
        self._remarks.carried(element.origin, path, "register")
        for child in element.all("field"):
            register.fields.append(self._field(child, own, f"{path}.{child.value('name')}"))
        return register

    def _reset(self, element: Element, path: str, width: int) -> tuple[int | None, int | None]:
        """Return a reset and which bits of it are known, None where nothing is said."""
        groups = [element, *element.all("resets")]
        resets = [item for group in groups for item in group.all("reset")]
        hard = [item for item in resets if item.attributes.get("resetTypeRef") in {None, "HARD"}] or resets
        if not hard:
            return None, None
        ones = (1 << width) - 1
        mask = self._number(hard[0], "mask", path, ones) & ones
        return self._number(hard[0], "value", path, 0) & mask, None if mask == ones else mask

    def _field(self, element: Element, access: str, path: str) -> Field:
        field = Field(element.value("name") or "", element.origin, _text(element))
        field.lsb = self._number(element, "bitOffset", path)
        field.width = self._number(element, "bitWidth", path)
        if not 0 < field.width <= _MAX_WIDTH or field.lsb > _MAX_WIDTH:
            message = f"{field.width} bits from bit {field.lsb} on"
            raise refuse(element.origin, "bad-bits", message, "Correct bitOffset and bitWidth.", path)
        policies = element.find("fieldAccessPolicies")  # 2022
        policy = policies.find("fieldAccessPolicy") if policies is not None else None
        field.access = access_of([policy or element], access, path, self._options, self._remarks)[0]
        field.is_volatile = element.value("volatile") in {"true", "1"}
        field.reset, field.known = self._reset(element, path, field.width)
        self._enums(element, field, path)
        self._unsaid(element, path)
        self._remarks.carried(element.origin, path, "field")
        return field

    def _enums(self, element: Element, field: Field, path: str) -> None:
        enums: dict[str, Enum] = {}
        for group in element.all("enumeratedValues"):
            for item in group.all("enumeratedValue"):
                usage = item.attributes.get("usage", "read-write")
                name = item.value("name") or ""
                value = self._number(item, "value", path)
                if value >= 1 << field.width:
                    message = f"member {name} is {value:#x}, which the field can't hold"
                    self._remarks.dropped(field, item.origin, path, message)
                    continue
                tail = {"read": "Read", "write": "Write"}.get(usage, "")
                enum = enums.setdefault(usage, Enum(f"{field.name}{tail}", group.origin))
                enum.members.append(Member(name, item.origin, _text(item), value=value))
        both = enums.get("read-write")
        field.enum, field.write_enum = enums.get("read", both), enums.get("write", both)

    def _unsaid(self, element: Element, path: str) -> None:
        for child in element.children:
            if child.tag not in _USED:
                self._remarks.dropped(None, child.origin, path, f"{child.tag} has no counterpart in a map")


def _is_memory(block: Element) -> bool:
    return block.value("usage") == "memory" and block.find("register") is None


def _text(element: Element) -> str:
    return element.value("description") or ""
