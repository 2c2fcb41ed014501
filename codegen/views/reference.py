"""What templates see and the JSON output holds: the elaborated map as plain values.

Types are named by the classes of the Python driver. docs/templates.md is the manual of this
model; FORMAT changes when a key is removed or changes its meaning.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from codegen._version import __version__
from codegen.model.blocks.numbering import Axis
from codegen.model.memories.entry_rules import BURST, read_width
from codegen.model.properties import properties_of
from codegen.model.tree import TypeTree, address_table
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.quick_tuples import quick
from codegen.views.field_model import FieldModel, FieldModels
from codegen.views.names.class_names import class_names
from codegen.views.numbers import reset_text
from codegen.views.place_models import PlaceModel, bus_width_of, place_model, resets_of, size_of
from codegen.views.sharing.sentences import protocol_text

if TYPE_CHECKING:
    from codegen.model.device import Device, Identity, PciIds
    from codegen.model.hardware.hardware_types import Interrupt
    from codegen.model.registers.rule_types import When, WriteRules
    from codegen.model.types import (
        BlockType,
        Child,
        EnumType,
        NamedNumber,
        RegisterType,
    )
    from codegen.schema.spaces import Card, Space

__all__ = [
    "FORMAT",
    "BlockModel",
    "ChildModel",
    "FieldModel",
    "Model",
    "PlaceModel",
    "RegisterModel",
    "device_model",
]

FORMAT = 1


class RegisterModel(NamedTuple):
    """A type of register; `name` is its class, `map_name` that of its first place.

    `rival`: the class that has the name which this one would have without a number at its end; mostly empty. `words`:
    the order in which its bus words are accessed. `endian`: how they lie, little or big.
    """

    name: str
    map_name: str
    rival: str
    description: str
    width: int
    access_width: int
    words: str
    endian: str
    access: str
    reset: int
    unknown: int
    shadow: bool
    rules: WriteRules | None
    fields: tuple[FieldModel, ...]

    @property
    def bus(self) -> str:
        """How the bus has it where that is not one word, in words that follow its bits."""
        if self.access_width == self.width:
            return ""
        if self.width < self.access_width:
            return f" of a word of {self.access_width}"
        big = ", big-endian" if self.endian == "big" else ""
        return f" in words of {self.access_width} ({self.words}{big})"

    @property
    def shown_reset(self) -> str:
        """Its reset in as many digits as it has, 16 at the most, with x for what nobody knows."""
        return reset_text(self.reset, self.unknown, min(self.width // 4, _DIGITS))

    @property
    def protocol(self) -> str:
        """What a write of it takes, in words."""
        return protocol_text(self.rules)


class ChildModel(NamedTuple):
    """What lies in a block: `kind` register, memory or block; offsets from the block's start.

    `type` is None for a memory of words, `width` 0 for a block, `count` None for what is no array. `read_width`: bits
    of a memory's widest read where its BAR is prefetchable; 0 of others.
    """

    kind: str
    name: str
    type: str | None
    offset: int
    size: int
    count: int | None  # type: ignore[assignment]  # a tuple's methods are not needed
    stride: int
    first: int
    index: tuple[str, ...]  # type: ignore[assignment]
    inner: tuple[Axis, ...]
    resets: tuple[int, ...]
    width: int
    access_width: int
    read_width: int
    access: str
    space: Space | None
    alternate: str | None
    when: When | None
    external: bool
    python_name: str
    title: str
    properties: dict[str, Any]
    description: str

    @property
    def bursts(self) -> bool:
        """Whether it may be read in bursts."""
        return self.read_width == BURST

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All dimensions, outer ones first."""
        return () if self.count is None else (Axis(self.count, self.stride, self.first, self.index), *self.inner)

    @property
    def arrays(self) -> tuple[Axis, ...]:
        """The dimensions without that of a memory's entries."""
        return self.axes[:-1] if self.kind == "memory" and self.type is not None else self.axes


class BlockModel(NamedTuple):
    """A type of block; the device's own is the last one."""

    name: str
    map_name: str
    description: str
    size: int
    unmapped: int | None
    properties: dict[str, Any]
    children: tuple[ChildModel, ...]


class Model:
    """A whole map. `digest` is the sha256 of its meaning and of own templates, `version` that of the generator.

    Besides what templates and the JSON output are told of: `table`, the address table; `types`, those of registers; and
    `names`, the classes of types. What there are many of is described when it is asked for.
    """

    _fields: ClassVar = (
        "format", "name", "module", "class_name", "description", "source", "digest", "version", "card", "space",
        "afi_ids", "pci", "identity", "clkgen", "interrupts", "properties", "constants", "enums", "registers", "blocks",
        "places",
    )  # fmt: skip

    def __init__(self, device: Device) -> None:
        """Raise ValueError when the address table is too long."""
        self._tree = TypeTree(device.root, device.space)
        self.table = address_table(device.root, device.space)
        self.types = self._tree.registers
        self.names, self._rivals = class_names(device, self._tree)
        self.format, self.version = FORMAT, __version__
        self.name, self.module, self.class_name = device.name, device.module, device.class_name
        self.description, self.source, self.digest = device.description, device.source, device.digest
        self.card: Card = device.card
        self.space: Space = device.space
        self.afi_ids: tuple[str, ...] = device.afi_ids
        self.pci: PciIds | None = device.pci
        self.identity: Identity | None = device.identity
        self.clkgen = device.clkgen
        self.interrupts: tuple[Interrupt, ...] = device.interrupts
        self.properties = properties_of(device.root.properties)
        self.constants: tuple[NamedNumber, ...] = device.constants
        self.enums: tuple[EnumType, ...] = device.enums

    def rival_of(self, register: RegisterType) -> str:
        """Return the class that has the name which this one's would be without a number at its end; mostly empty."""
        return self._rivals.get(self.names[register], "")

    @cached_property
    def registers(self) -> tuple[RegisterModel, ...]:
        """Its types of registers."""
        fields = FieldModels()
        return tuple([_register(register, self.names, self.rival_of(register), fields) for register in self.types])

    @cached_property
    def blocks(self) -> tuple[BlockModel, ...]:
        """Its types of blocks; the device's own is the last one."""
        return tuple([_block(block, self.names) for block in self._tree.blocks])

    @cached_property
    def places(self) -> tuple[PlaceModel, ...]:
        """Its address table."""
        return tuple([place_model(stop, self.names) for stop in self.table])


def device_model(device: Device) -> Model:
    """Return the model of a device. Raises ValueError when its address table is too long."""
    return Model(device)


_register_model, _child_model = quick(RegisterModel), quick(ChildModel)
_DIGITS = 16  # of a reset in hex

_Names = dict["BlockType | RegisterType", str]


def _register(register: RegisterType, names: _Names, rival: str, fields: FieldModels) -> RegisterModel:
    return _register_model(
        (
            names[register],
            register.name,
            rival,
            register.description,
            register.width,
            register.access_width,
            register.words,
            "big" if register.big_endian else "little",
            register.access,
            register.reset,
            register.unknown,
            register.shadow,
            register.rules,
            fields.of_all(register.fields),
        )
    )


def _block(block: BlockType, names: _Names) -> BlockModel:
    children = tuple(_child(child, names) for child in block.children)
    return BlockModel(
        names[block],
        block.name,
        block.description,
        block.size,
        block.unmapped,
        properties_of(block.properties),
        children,
    )


def _child(child: Child, names: _Names) -> ChildModel:
    if isinstance(child, RegisterChild) and child.count is None:
        return _single(child, names)
    outer, *inner = child.axes or (Axis(0, size_of(child)),)
    return ChildModel(
        kind=child.kind,
        name=child.name,
        type=names[child.type] if child.type else None,
        offset=child.offset,
        size=size_of(child),
        count=outer.count or None,
        stride=outer.stride,
        first=outer.first,
        index=outer.index,
        inner=tuple(inner),
        resets=resets_of(child),
        width=child.width,
        access_width=bus_width_of(child),
        read_width=read_width(child) if isinstance(child, MemoryChild) else 0,
        access=child.access,
        space=child.space if isinstance(child, BlockChild) else None,
        alternate=child.alternate,
        when=child.when,
        external=child.external,
        python_name=child.python_name,
        title=child.title,
        properties=properties_of(child.properties),
        description=child.description,
    )


def _single(child: RegisterChild, names: _Names) -> ChildModel:
    """Return a register that is no array. A large map has tens of thousands, so all is given in ChildModel's order."""
    kind = child.type
    size, properties = kind.width // 8, properties_of(child.properties) if child.properties else {}
    return _child_model(
        (
            "register",
            child.name,
            names[kind],
            child.offset,
            size,
            None,  # count
            size,
            0,  # first
            (),
            (),
            child.resets,
            kind.width,
            kind.access_width,
            0,  # read_width
            kind.access,
            None,  # space
            child.alternate,
            child.when,
            child.external,
            child.python_name,
            child.title,
            properties,
            child.description,
        )
    )
