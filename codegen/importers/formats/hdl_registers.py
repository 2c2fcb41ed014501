"""hdl-registers: a register list in TOML, JSON or YAML becomes a map.

Source: the user guide of hdl-registers, its modes and field types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.description import Block, Device, Enum, Field, Member, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.hjson_reader import parse_hjson
from codegen.importers.formats.readers.numerals import numeral
from codegen.importers.formats.readers.toml_reader import parse_toml
from codegen.importers.formats.readers.yaml_reader import parse_yaml
from codegen.schema.policies import NAMES

if TYPE_CHECKING:
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options
    from codegen.importers.formats.readers.hjson_reader import Node

__all__ = ["read_hdl_registers"]

_WIDTH, _BYTES = 32, 4
_READERS = {".toml": parse_toml, ".json": parse_hjson, ".yaml": parse_yaml, ".yml": parse_yaml}
# Policy, whether it is a pulse, and whether hardware gives what is read.
_MODES = {
    "r": ("ro", False, True),
    "w": ("wo", False, False),
    "r_w": ("rw", False, False),
    "wpulse": ("wo", True, False),
    "r_wpulse": ("rw", True, True),
}
_OWN_KEYS = frozenset({"mode", "description", "type", "array_length", "default_value"})
_MAX_COUNT = 1 << 20


def read_hdl_registers(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return the device of a file: its registers follow each other, four bytes each."""
    _ = options
    root = _READERS.get(source.path.suffix.lower(), parse_toml)(source.text(), source.display)
    if not isinstance(root.value, dict):
        raise refuse(root.origin, "no-list", "wanted a mapping of registers", "Is it a list of hdl-registers?")
    name = source.path.stem.removeprefix("regs_")
    device = Device(name, root.origin)
    device.head = [f"Made from {source.path.name}."]
    _Reader(device, remarks).fill(device, root, name)
    return [device]


class _Reader:
    def __init__(self, device: Device, remarks: Remarks) -> None:
        self._device, self._remarks = device, remarks

    def fill(self, block: Block, node: Node, path: str) -> None:
        """Read registers, arrays of them and constants, in their order."""
        offset = 0
        for name, item in node.items():
            where = f"{path}.{name}"
            kind = item.text("type", "register")
            if not isinstance(item.value, dict):
                continue  # a key of the array itself
            if kind == "constant":
                self._constant(name, item, where)
                continue
            if kind == "register":
                register = self._register(name, item, offset, where)
                block.children.append(register)
                offset += _BYTES
            elif kind == "register_array":
                inner = Block(name, item.origin, item.text("description"), offset=offset)
                inner.count = _number(item, "array_length", where, 1, _MAX_COUNT)
                self.fill(inner, item, where)
                inner.stride = _BYTES * len(inner.children)
                offset += inner.stride * inner.count
                self._remarks.carried(item.origin, where, "register array")
                block.children.append(inner)
            else:
                message = f"type is {kind[:40]!r}, allowed: register, register_array, constant"
                raise refuse(item.origin, "unknown-type", message, "Choose one of these.", where)

    def _constant(self, name: str, node: Node, path: str) -> None:
        """Read a constant: an integer, a truth value, or a text that is an unsigned number."""
        found = node.get("value")
        value = None if found is None else found.value
        if isinstance(value, str) and node.text("data_type") == "unsigned":
            value = numeral(value.replace("_", ""), 0)
        if isinstance(value, bool):
            message = f"the constant is {str(value).lower()}, {int(value)} here"
            self._remarks.approximated(None, node.origin, path, message)
            value = int(value)
        if not isinstance(value, int) or value < 0:
            message = "constant: those of a map are whole numbers from 0 on"
            self._remarks.dropped(None, node.origin, path, message)
            return
        self._device.constants.append(Member(name, node.origin, node.text("description"), value=value))
        self._remarks.carried(node.origin, path, "constant")

    def _register(self, name: str, node: Node, offset: int, path: str) -> Register:
        mode = node.text("mode")
        if mode not in _MODES:
            message = f"mode is {mode[:40]!r}, allowed: {', '.join(_MODES)}"
            raise refuse(node.origin, "unknown-mode", message, "Choose one of these.", path)
        access, is_pulse, is_volatile = _MODES[mode]
        register = Register(name, node.origin, node.text("description"), offset=offset)
        register.access, register.is_volatile = NAMES[access], is_volatile
        register.reset = _number(node, "default_value", path, 0, (1 << _WIDTH) - 1, 0)
        if mode == "r_wpulse":
            message = "r_wpulse: what is read is the hardware's, and no storage of what is written"
            self._remarks.approximated(register, node.origin, path, message)
        lsb = 0
        for key, item in node.items():
            if key in _OWN_KEYS or not isinstance(item.value, dict):
                continue
            field = self._field(key, item, lsb, f"{path}.{key}")
            field.is_pulse = is_pulse
            if is_pulse and field.reset == (1 << field.width) - 1:
                field.idle = 1
            lsb += field.width
            register.fields.append(field)
        if is_pulse and not register.fields:
            register.fields = [Field("value", node.origin, width=_WIDTH, is_pulse=True)]
        self._remarks.carried(node.origin, path, "register")
        return register

    def _field(self, name: str, node: Node, lsb: int, path: str) -> Field:
        kind = node.text("type")
        field = Field(name, node.origin, node.text("description"), lsb=lsb)
        default = node.text("default_value")
        if kind in {"bit", "bit_vector"}:
            field.width = 1 if kind == "bit" else _number(node, "width", path, 1, _WIDTH)
            field.reset = int(default or "0", 2) if set(default) <= {"0", "1"} else None
        elif kind == "enumeration":
            self._enumeration(node, field, path)
        elif kind == "integer":
            low = _number(node, "min_value", path, -(1 << 31), (1 << 32) - 1, 0)
            high = _number(node, "max_value", path, low, (1 << 32) - 1)
            field.format = "signed" if low < 0 else None
            field.width = max(1, *((value if value >= 0 else ~value).bit_length() + (low < 0) for value in (low, high)))
            field.values = (low, high)
            field.reset = _number(node, "default_value", path, low, high, low) & ((1 << field.width) - 1)
        if field.reset is None or field.reset >= 1 << field.width or (kind not in _KINDS):
            message = f"type is {kind[:40]!r}, or default_value {default[:40]!r} does not fit"
            raise refuse(node.origin, "bad-field", message, f"Types: {', '.join(_KINDS)}.", path)
        self._remarks.carried(node.origin, path, "field")
        return field

    def _enumeration(self, node: Node, field: Field, path: str) -> None:
        elements = node.get("element")
        names = list(elements.items()) if elements is not None else []
        if not names:
            raise refuse(node.origin, "empty-enum", "the enumeration has no element", "Give it some.", path)
        enum = Enum(field.name, node.origin)
        for value, (key, item) in enumerate(names):
            text = item.value if isinstance(item.value, str) else ""
            enum.members.append(Member(key, item.origin, text, value=value))
        field.enum = field.write_enum = enum
        field.width = max(1, (len(names) - 1).bit_length())
        default = node.text("default_value") or names[0][0]
        field.reset = next((member.value for member in enum.members if member.name == default), None)


_KINDS = ("bit", "bit_vector", "enumeration", "integer")


def _number(node: Node, key: str, path: str, low: int, high: int, default: int | None = None) -> int:
    found = node.get(key)
    if found is None and default is not None:
        return default
    value = found.value if found is not None else None
    if isinstance(value, str) and value and set(value) <= {"0", "1"}:
        value = int(value, 2)
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    where = node.origin if found is None else found.origin
    raise refuse(where, "bad-number", f"{key} is {str(value)[:40]!r}, allowed: {low} to {high}", "Correct it.", path)
