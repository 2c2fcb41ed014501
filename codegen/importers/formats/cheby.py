"""Cheby: a memory map in YAML becomes a map.

Source: the user guide of cheby (CERN), and its language version 3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.importers.described.description import Block, Device, Enum, Field, Member, Memory, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.numerals import numeral
from codegen.importers.formats.readers.yaml_reader import parse_yaml
from codegen.schema.policies import NAMES

if TYPE_CHECKING:
    from codegen.importers.described.description import Origin, Placed
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options
    from codegen.importers.formats.readers.hjson_reader import Node

__all__ = ["read_cheby"]

_ACCESSES = {"ro": NAMES["ro"], "rw": NAMES["rw"], "wo": NAMES["wo"], "cst": NAMES["ro"]}
_TYPES = {"signed": "signed", "float": "float"}
_WIDTHS = (8, 16, 32, 64)
_SIZE = re.compile(r"(\d+)([kKmMgG]?)")
_BUS_WIDTHS = (8, 16, 32, 64)
_UNITS = {"": 0, "k": 10, "m": 20, "g": 30}
_USED = frozenset((
    "name", "address", "width", "access", "type", "preset", "description", "comment", "children", "range", "size",
    "align", "memsize", "count", "bus", "x-enums", "x-hdl", "schema-version", "version", "word-endian", "note", "unit",
))  # fmt: skip


def read_cheby(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return the device of a file."""
    _ = options
    root = parse_yaml(source.text(), source.display)
    tree = root.get("memory-map")
    if tree is None or not tree.text("name"):
        raise refuse(root.origin, "no-cheby", "wanted memory-map with a name", "Is it cheby's YAML?")
    return [_Reader(tree, remarks).device(source.path.name)]


def _word_bytes(bus: str, origin: Origin) -> int:
    """Return the bytes of a bus word, whose bits stand in the bus's name: wb-32-be, avalon-lite-16."""
    match = re.search(r"-(\d+)", bus)
    if "32" in bus or match is None:
        return 4
    width = numeral(match[1])
    if width not in _BUS_WIDTHS:
        allowed = ", ".join(map(str, _BUS_WIDTHS))
        raise refuse(origin, "bad-bus", f"the bus is {bus[:40]!r}, allowed: {allowed} bits", "Correct it.")
    return width // 8


class _Reader:
    def __init__(self, tree: Node, remarks: Remarks) -> None:
        self._tree, self._remarks = tree, remarks
        bus = tree.text("bus")
        self._word = _word_bytes(bus, tree.origin)
        self._endian = "big" if tree.text("word-endian", "big" if bus.endswith("-be") else "") == "big" else None
        self._enums: dict[str, Enum] = {}

    def device(self, file: str) -> Device:
        device = Device(self._tree.text("name"), self._tree.origin, _text(self._tree))
        device.head = [f"Made from {file}."]
        groups = self._tree.get("x-enums")
        for item in groups.all() if groups is not None else []:
            self._enum(item.get("enum"), device.name)
        self._unsaid(self._tree, device.name)
        self._fill(device, self._tree, device.name)
        self._remarks.carried(device.origin, device.name, "memory-map")
        return device

    def _enum(self, node: Node | None, path: str) -> None:
        if node is None or not node.text("name"):
            return
        enum = Enum(node.text("name"), node.origin, _text(node))
        members = node.get("children")
        for child in members.all() if members is not None else []:
            item = child.get("item")
            if item is not None:
                value = self._number(item, "value", path)
                enum.members.append(Member(item.text("name"), item.origin, _text(item), value=value))
        if enum.members:
            self._enums[enum.name] = enum

    def _number(self, node: Node, key: str, path: str, default: int | None = None) -> int:
        found = node.get(key)
        if found is None and default is not None:
            return default
        if (
            found is not None
            and isinstance(found.value, int)
            and not isinstance(found.value, bool)
            and found.value >= 0
        ):
            return found.value
        match = _SIZE.fullmatch(node.text(key))
        value = numeral(match[1]) if match is not None else None
        if match is not None and value is not None:
            return value << _UNITS[match[2].lower()]
        where = node.origin if found is None else found.origin
        raise refuse(where, "bad-number", f"{key} is {node.text(key)[:40]!r}, wanted a number", "Correct it.", path)

    def _fill(self, block: Block, node: Node, path: str) -> int:
        """Read what is in a block; return the first byte behind it."""
        end = 0
        children = node.get("children")
        for entry in children.all() if children is not None else []:
            kinds = [(key, item) for key, item in entry.items() if key in self._kinds]
            if len(kinds) != 1:
                known = ", ".join(self._kinds)
                message = f"an entry of children that is none of {known}"
                shown = ", ".join(key for key, _ in entry.items())
                self._remarks.dropped(block, entry.origin, f"{path}.{shown}", message)
                continue
            ((kind, item),) = kinds
            name = item.text("name")
            if not name:
                raise refuse(item.origin, "missing-key", f"the {kind} has no name", "Give it one.", path)
            length = self._kinds[kind](self, block, item, f"{path}.{name}", end)
            end = max(end, block.children[-1].offset + length) if length else end
        return end

    def _place(self, item: Placed, node: Node, path: str, end: int, alignment: int) -> None:
        """Give a thing its address: the next one that fits where it says none."""
        address = node.get("address")
        if address is None or address.value == "next":
            item.offset = -(-end // alignment) * alignment
        else:
            item.offset = self._number(node, "address", path)

    def _register(self, block: Block, node: Node, path: str, end: int) -> int:
        register = Register(node.text("name"), node.origin, _text(node))
        register.width = self._number(node, "width", path, 32)
        if register.width not in _WIDTHS:
            message = f"width is {register.width}, allowed: {', '.join(map(str, _WIDTHS))}"
            raise refuse(node.origin, "bad-width", message, "Correct it.", path)
        access = node.text("access", "rw")
        if access not in _ACCESSES:
            message = f"access is {access[:40]!r}, allowed: {', '.join(_ACCESSES)}"
            raise refuse(node.origin, "unknown-access", message, "Choose one of these.", path)
        register.access = _ACCESSES[access]
        register.is_volatile = access == "ro"
        if node.get("preset") is not None:
            register.reset = self._number(node, "preset", path)
        self._place(register, node, path, end, self._word)
        if register.width > 8 * self._word:
            register.access_width, register.endian = 8 * self._word, self._endian
        fields = node.get("children")
        for entry in fields.all() if fields is not None else []:
            field = entry.get("field")
            if field is not None:
                register.fields.append(self._field(field, register, f"{path}.{field.text('name')}"))
        kind = node.text("type")
        if not register.fields and (kind in _TYPES or node.get("x-enums") is not None):
            whole = Field("value", node.origin, width=register.width)
            self._meaning(node, whole, kind, path)
            register.fields = [whole]
        self._unsaid(node, path)
        self._remarks.carried(node.origin, path, "reg")
        block.children.append(register)
        return max(register.width // 8, self._word)

    def _field(self, node: Node, register: Register, path: str) -> Field:
        high, _, low = node.text("range").partition("-")
        if not high.isdecimal() or not (low or high).isdecimal() or int((low or high)[:6]) > int(high[:6]):
            message = f"range is {node.text('range')[:40]!r}, wanted one bit, or high-low"
            raise refuse(node.origin, "bad-bits", message, "Write 3 or 7-4.", path)
        lsb = int((low or high)[:6])
        field = Field(node.text("name"), node.origin, _text(node), lsb=lsb, width=int(high[:6]) - lsb + 1)
        if node.get("preset") is not None:
            field.reset = self._number(node, "preset", path)
        hdl = node.get("x-hdl")
        if hdl is not None and hdl.text("type") == "autoclear":
            field.is_pulse = True
        field.is_volatile = register.is_volatile
        self._meaning(node, field, node.text("type"), path)
        self._unsaid(node, path)
        self._remarks.carried(node.origin, path, "field")
        return field

    def _meaning(self, node: Node, field: Field, kind: str, path: str) -> None:
        if kind in _TYPES:
            field.format = f"float{field.width}" if kind == "float" else "signed"
        named = node.get("x-enums")
        if named is not None:
            enum = self._enums.get(named.text("name"))
            if enum is None:
                message = f"there is no enum {named.text('name')[:40]!r}"
                raise refuse(named.origin, "unknown-enum", message, f"There are: {', '.join(self._enums)}.", path)
            field.enum = field.write_enum = enum

    def _memory(self, block: Block, node: Node, path: str, end: int) -> int:
        memory = Memory(node.text("name"), node.origin, _text(node))
        memory.size = self._number(node, "memsize", path)
        self._place(memory, node, path, end, 1 << max(0, memory.size - 1).bit_length())
        words = [entry.get("reg") for entry in (node.get("children") or node).all()]
        access = next((word.text("access") for word in words if word is not None), "rw")
        memory.access = access if access in {"ro", "wo"} else "rw"
        memory.width = 8 * self._word
        self._unsaid(node, path)
        self._remarks.carried(node.origin, path, "memory")
        block.children.append(memory)
        return memory.size

    def _block(self, block: Block, node: Node, path: str, end: int) -> int:
        inner = Block(node.text("name"), node.origin, _text(node))
        length = self._fill(inner, node, path)
        length = self._number(node, "size", path, 0) or length
        aligned = node.text("align") != "false"
        self._place(inner, node, path, end, 1 << max(0, length - 1).bit_length() if aligned else self._word)
        if node.get("count") is not None:
            inner.count = self._number(node, "count", path)
            inner.stride = 1 << max(0, length - 1).bit_length() if aligned else length
            length = inner.stride * inner.count
        self._unsaid(node, path)
        self._remarks.carried(node.origin, path, "block")
        block.children.append(inner)
        return length

    def _submap(self, block: Block, node: Node, path: str, end: int) -> int:
        size = self._number(node, "size", path, 0)
        file = node.text("filename")
        message = (
            f"the map {file} stands here: import it too" if file else f"a window of {size} bytes to something else"
        )
        self._remarks.dropped(block, node.origin, path, f"{node.text('name')}: {message}")
        _ = end
        return 0

    _kinds = {  # noqa: RUF012  (a table of methods)
        "reg": _register,
        "memory": _memory,
        "block": _block,
        "repeat": _block,
        "submap": _submap,
    }

    def _unsaid(self, node: Node, path: str) -> None:
        for key, value in node.items():
            if key not in _USED and value.value is not None:
                self._remarks.dropped(None, value.origin, path, f"{key} has no counterpart in a map")


def _text(node: Node) -> str:
    return "\n\n".join(filter(None, (node.text("description"), node.text("comment"))))
