"""rggen: register maps in YAML, TOML and JSON, a map for each register block.

Source: rggen-default-register-map and rggen's loaders (MIT), release 0.35.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from codegen.importers.described.description import Block, Condition, Device, Enum, Field, Member, Memory, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.hjson_reader import parse_hjson
from codegen.importers.formats.readers.toml_reader import parse_toml
from codegen.importers.formats.readers.yaml_reader import parse_yaml
from codegen.importers.formats.rggen.field_types import kind_of, type_and_options
from codegen.importers.formats.rggen.layers import Layer, integer, layer_of, sizes_of

if TYPE_CHECKING:
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options
    from codegen.importers.formats.readers.hjson_reader import Node

__all__ = ["read_rggen"]

_READERS = {".toml": parse_toml, ".json": parse_hjson}
_BUS_WIDTHS = (8, 16, 32, 64)
_MAX_WIDTH = 4096
_MAX_BYTES = 1 << 40
_USED = frozenset({"name", "comment", "offset_address", "size", "type", "byte_size", "bus_width"}) | frozenset(
    {"bit_assignment", "initial_value", "labels", "reference"}
)
_REGISTER_TYPES = frozenset({"", "default", "rw", "ro", "wo", "external", "indirect", "maskable", "reserved"})


def read_rggen(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return a device for each register block of a file."""
    _ = options
    suffix = source.path.suffix.lower()
    if suffix in _READERS:
        root = _READERS[suffix](source.text(), source.display)
    else:
        root = parse_yaml(source.text(), source.display, merges=True)
    blocks = [layer for kind, layer in layer_of(root).inner if kind == "register_block"]
    if not blocks:
        raise refuse(root.origin, "no-rggen", "wanted register_block or register_blocks", "Is it rggen's register map?")
    return [_Reader(layer, remarks).device(source.path.name) for layer in blocks]


class _Reader:
    def __init__(self, layer: Layer, remarks: Remarks) -> None:
        self._layer, self._remarks = layer, remarks
        name = layer.text("name") or "register_block"
        width = integer(layer.values.get("bus_width"), "bus_width", 8, 64, name) or 32
        if width not in _BUS_WIDTHS:
            origin = layer.values["bus_width"].origin
            raise refuse(origin, "bad-bus", f"bus_width is {width}, allowed: 8, 16, 32, 64", "Correct it.", name)
        self._word = width // 8

    def device(self, file: str) -> Device:
        device = Device(self._named(self._layer, "register block", ""), self._layer.origin, self._layer.text("comment"))
        device.head = [f"Made from {file}."]
        self._unsaid(self._layer, device.name)
        self._fill(device, self._layer, device.name)
        self._remarks.carried(device.origin, device.name, "register block")
        return device

    def _named(self, layer: Layer, what: str, path: str) -> str:
        name = layer.text("name").strip()
        if not name:
            raise refuse(layer.origin, "missing-key", f"the {what} has no name", "Give it one.", path)
        return name

    def _fill(self, block: Block, layer: Layer, path: str) -> int:
        """Read what is in a block or file; return the first byte behind it."""
        offset = end = 0
        for kind, inner in layer.inner:
            name = self._named(inner, kind.replace("_", " "), path)
            where = f"{path}.{name}"
            stated = integer(inner.values.get("offset_address"), "offset_address", 0, _MAX_BYTES, where)
            offset = offset if stated is None else stated
            length = (self._file if kind == "register_file" else self._register)(block, inner, offset, where)
            offset += length
            end = max(end, offset)
        return end

    def _file(self, block: Block, layer: Layer, offset: int, path: str) -> int:
        inner = Block(layer.text("name"), layer.origin, layer.text("comment"), offset=offset)
        length = self._fill(inner, layer, path)
        sizes, step = sizes_of(layer, path)
        length = step or length
        self._repeat(inner, sizes, length)
        self._unsaid(layer, path)
        self._remarks.carried(layer.origin, path, "register file")
        block.children.append(inner)
        return length * prod(sizes)

    def _repeat(self, item: Block | Register, sizes: list[int], stride: int) -> None:
        if not sizes:
            return
        item.count, item.stride = prod(sizes), stride
        item.dimensions = tuple(sizes) if len(sizes) > 1 else ()

    def _register(self, block: Block, layer: Layer, offset: int, path: str) -> int:
        """Read a register; return the bytes that the next one stands behind."""
        kind, options = type_and_options(layer.values.get("type"))
        if kind not in _REGISTER_TYPES:
            message = f"type is {kind[:40]!r}, allowed: {', '.join(sorted(_REGISTER_TYPES - {''}))}"
            raise refuse(layer.values["type"].origin, "unknown-type", message, "Choose one of these.", path)
        sizes, step = sizes_of(layer, path)
        self._unsaid(layer, path)
        if kind in {"reserved", "external"}:
            length = self._word * prod(sizes)
            if kind == "external":
                memory = Memory(layer.text("name"), layer.origin, layer.text("comment"), offset=offset, size=length)
                memory.width, memory.is_external = (8 * self._word if self._word != 2 else 8), True  # noqa: PLR2004
                block.children.append(memory)
                self._remarks.carried(layer.origin, path, "external register")
            return length
        register = Register(layer.text("name"), layer.origin, layer.text("comment"), offset=offset)
        self._fields(register, layer, sizes, path)
        length = step or register.width // 8
        if kind == "indirect":
            self._indirect(register, options, sizes, path)
        else:
            self._repeat(register, sizes, length)
            length *= prod(sizes)
        register.is_masked = kind == "maskable"
        self._remarks.carried(layer.origin, path, "register")
        block.children.append(register)
        return length

    def _indirect(self, register: Register, options: list[Node], sizes: list[int], path: str) -> None:
        """Say when a register is there that shares its place with others."""
        conditions: list[Condition] = []
        selectors: list[str] = []
        for option in options:
            pairs = [(key, item) for key, item in option.items()]
            parts = option.all()
            if len(parts) == 2:  # noqa: PLR2004  (a field and its value)
                pairs.append((str(parts[0].value), parts[1]))
            elif not pairs:
                selectors.append(str(parts[0].value if parts else option.value))
            for name, item in pairs:
                conditions.append(Condition(name, integer(item, "an index", 0, _MAX_BYTES, path) or 0))
        register.when = tuple(conditions)
        if sizes:
            shape = "".join(f"[{size}]" for size in sizes)
            message = f"an array {shape} behind one address is one register: {', '.join(selectors)} choose the element"
            self._remarks.approximated(register, register.origin, path, message)

    # -- fields ------------------------------------------------------------------------------------------------------

    def _fields(self, register: Register, layer: Layer, sizes: list[int], path: str) -> None:
        after = top = 0
        for _, inner in layer.inner:
            lsb, width, count, step = self._bits(inner, after, path)
            compact = count is not None and step == width
            after = lsb + (width * (count or 1) if compact else width)
            top = max(top, lsb + ((count or 1) - 1) * step + width)
            if top > _MAX_WIDTH:
                message = f"the register would have {top} bits, allowed: {_MAX_WIDTH}"
                raise refuse(inner.origin, "bad-bits", message, "Correct bit_assignment.", path)
            name = inner.text("name").strip() or "value"
            field = Field(name, inner.origin, inner.text("comment"), lsb=lsb, width=width)
            field.count, field.stride = count, step if count is not None else 0
            if self._field(field, register, inner, sizes, f"{path}.{name}"):
                register.fields.append(field)
        word = 8 * self._word
        register.width = max(1, -(-top // word)) * word
        register.access_width = word if register.width > word else None

    def _bits(self, layer: Layer, after: int, path: str) -> tuple[int, int, int | None, int]:
        """Return the lowest bit, the width, how many there are, and the bits from one to the next."""
        node = layer.values.get("bit_assignment")
        keys = ("width", "lsb", "sequence_size", "step")
        given: dict[str, Node] = {}
        if node is not None and isinstance(node.value, (str, int)):
            parts = str(node.value).split(":")
            given = {key: type(node)(part, node.origin) for key, part in zip(keys, parts, strict=False)}
        elif node is not None:
            given = {key: item for key, item in node.items() if key in keys}
        if not given.keys() & {"width", "lsb"}:
            origin = layer.origin if node is None else node.origin
            raise refuse(origin, "bad-bits", "bit_assignment says neither lsb nor width", "Add one.", path)
        lsb, width, count, step = (
            integer(given.get(key), key, low, _MAX_WIDTH, path)
            for key, low in (("lsb", 0), ("width", 1), ("sequence_size", 1), ("step", 1))
        )
        width = width or 1
        if step is not None and step < width:
            message = f"step is {step}, less than the width, {width}"
            raise refuse(given["step"].origin, "bad-bits", message, "Correct bit_assignment.", path)
        return after if lsb is None else lsb, width, count, step or width

    def _field(self, field: Field, register: Register, layer: Layer, sizes: list[int], path: str) -> bool:
        """Read the rest of a bit field; return whether it is one."""
        kind = kind_of(layer.values.get("type"), path)
        if kind is None:
            return False
        field.access, field.is_volatile, field.is_kept = kind.policy, kind.is_volatile, kind.is_kept
        if kind.pulse is not None:
            field.is_pulse, field.idle = True, 1 - kind.pulse if kind.policy.stores else None
        if kind.said:
            self._remarks.approximated(field, field.origin, path, kind.said)
        self._reset(field, register, layer, sizes, path)
        self._labels(field, layer, register.name, path)
        name, _ = type_and_options(layer.values.get("type"))
        if name in {"rwe", "rwl"}:
            if layer.text("reference"):
                field.lock = Condition(layer.text("reference"), int(name == "rwe"))
            else:
                message = f"{name}: a signal of the hardware locks writes, which a map can't say"
                self._remarks.dropped(field, field.origin, path, message)
        self._unsaid(layer, path)
        self._remarks.carried(field.origin, path, "bit field")
        return True

    def _reset(self, field: Field, register: Register, layer: Layer, sizes: list[int], path: str) -> None:
        node = layer.values.get("initial_value")
        if node is not None and node.get("default") is not None:
            node = node.get("default")
        if node is None or node.value is None:
            if field.access is not None and field.access.writable and not field.is_pulse:
                return
            field.known = None if field.is_pulse else 0
            return
        low, high = -(1 << field.width - 1), (1 << field.width) - 1
        values = [(integer(item, "initial_value", low, high, path) or 0) & high for item in _flat(node)]
        own = values[: field.count or 1]
        if sizes and any(values[at : at + len(own)] != own for at in range(0, len(values), len(own))):
            message = "initial values differ from element to element: those of the first one stand for all"
            self._remarks.approximated(field, field.origin, path, message)
        if len(set(own)) == 1:
            field.reset = own[0]
            return
        reset = register.reset or 0
        for lsb, value in zip(field.lows, own, strict=False):
            reset |= value << lsb
        register.reset = reset

    def _labels(self, field: Field, layer: Layer, register: str, path: str) -> None:
        node = layer.values.get("labels")
        items = node.all() if node is not None else []
        enum = Enum(layer.text("name") or register, layer.origin if node is None else node.origin)
        for item in items:
            value = integer(item.get("value"), "the label's value", 0, (1 << field.width) - 1, path)
            if value is None or not item.text("name"):
                raise refuse(item.origin, "missing-key", "a label needs name and value", "Add them.", path)
            enum.members.append(Member(item.text("name"), item.origin, item.text("comment"), value=value))
        if enum.members:
            enum.is_open = len({member.value for member in enum.members}) < 1 << field.width
            field.enum = field.write_enum = enum

    def _unsaid(self, layer: Layer, path: str) -> None:
        for key, node in layer.values.items():
            if key not in _USED and node.value is not None:
                self._remarks.dropped(None, node.origin, path, f"{key} has no counterpart in a map")


def _flat(node: Node) -> list[Node]:
    """Return the values of a list of lists, or of a text with commas, in their order."""
    if isinstance(node.value, str) and ("," in node.value or "\n" in node.value.strip()):
        return [
            type(node)(part.strip(), node.origin) for part in node.value.replace("\n", ",").split(",") if part.strip()
        ]
    return [one for item in node.all() for one in _flat(item)] or [node]
