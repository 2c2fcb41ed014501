"""What templates see and the JSON output holds: the elaborated map as plain values.

Types are named by the classes of the Python driver. docs/templates.md is the manual of this
model; FORMAT changes when a key is removed or changes its meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen._version import __version__
from codegen.model.blocks.numbering import Axis
from codegen.model.memories.entry_rules import BURST, bus_width, read_width
from codegen.model.properties import properties_of
from codegen.model.tree import Dimension, Stop, TypeTree, address_table
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.quick_tuples import quick
from codegen.views.class_names import class_names
from codegen.views.field_model import FieldModel, FieldModels
from codegen.views.numbers import reset_text
from codegen.views.sharing.sentences import protocol_text
from codegen.views.told.place_texts import place_told

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


class PlaceModel(NamedTuple):
    """A line of the address table: an absolute offset in a BAR.

    An array is one place, at its first element; `dimensions` are the arrays on the way, outer
    ones first, and the last `rank` of them its own. `resets`: of each element, row by row, where
    they differ. `size` is that of one element, `python_name` and `title` those of the last step.
    """

    kind: str
    path: str
    names: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    rank: int
    resets: tuple[int, ...]
    space: Space
    offset: int
    size: int
    type: str | None
    width: int
    access_width: int
    access: str
    alternate: str | None
    when: When | None
    external: bool
    python_name: str
    title: str
    properties: dict[str, Any]
    description: str


class Model(NamedTuple):
    """A whole map. `digest` is the sha256 of its meaning and of own templates, `version` that of the generator."""

    format: int
    name: str
    module: str
    class_name: str
    description: str
    source: str
    digest: str
    version: str
    card: Card
    space: Space
    afi_ids: tuple[str, ...]
    pci: PciIds | None
    identity: Identity | None
    clkgen: bool
    interrupts: tuple[Interrupt, ...]
    properties: dict[str, Any]
    constants: tuple[NamedNumber, ...]
    enums: tuple[EnumType, ...]
    registers: tuple[RegisterModel, ...]
    blocks: tuple[BlockModel, ...]
    places: tuple[PlaceModel, ...]


_register_model, _child_model, _place_model = quick(RegisterModel), quick(ChildModel), quick(PlaceModel)
_DIGITS = 16  # of a reset in hex

_Names = dict["BlockType | RegisterType", str]


def device_model(device: Device) -> Model:
    """Return the model of a device. Raises ValueError when its address table is too long."""
    tree = TypeTree(device.root, device.space)
    names, rivals = class_names(device, tree)
    fields = FieldModels()
    return Model(
        format=FORMAT,
        name=device.name,
        module=device.module,
        class_name=device.class_name,
        description=device.description,
        source=device.source,
        digest=device.digest,
        version=__version__,
        card=device.card,
        space=device.space,
        afi_ids=device.afi_ids,
        pci=device.pci,
        identity=device.identity,
        clkgen=device.clkgen,
        interrupts=device.interrupts,
        properties=properties_of(device.root.properties),
        constants=device.constants,
        enums=device.enums,
        registers=tuple(
            _register(register, names, rivals.get(names[register], ""), fields) for register in tree.registers
        ),
        blocks=tuple(_block(block, names) for block in tree.blocks),
        places=tuple(_place(stop, names) for stop in address_table(device.root, device.space)),
    )


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
    outer, *inner = child.axes or (Axis(0, _size(child)),)
    return ChildModel(
        kind=child.kind,
        name=child.name,
        type=names[child.type] if child.type else None,
        offset=child.offset,
        size=_size(child),
        count=outer.count or None,
        stride=outer.stride,
        first=outer.first,
        index=outer.index,
        inner=tuple(inner),
        resets=_resets(child),
        width=child.width,
        access_width=_bus_width(child),
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


def _place(stop: Stop, names: _Names) -> PlaceModel:
    child = stop.child
    if isinstance(child, RegisterChild) and child.count is None:
        return _single_place(stop, child, names)
    return PlaceModel(
        kind=child.kind,
        path=stop.path,
        names=stop.names,
        dimensions=stop.dimensions,
        rank=len(child.axes),
        resets=_resets(child),
        space=stop.space,
        offset=stop.offset,
        size=_size(child),
        type=names[child.type] if child.type else None,
        width=child.width,
        access_width=_bus_width(child),
        access=child.access,
        alternate=child.alternate,
        when=child.when,
        external=child.external,
        python_name=child.python_name,
        title=child.title,
        properties=properties_of(child.properties),
        description=place_told(child),
    )


def _single_place(stop: Stop, child: RegisterChild, names: _Names) -> PlaceModel:
    """Return the place of a register that is no array, as `_single` does."""
    kind = child.type
    said = (child.alternate, child.when, child.external) == (None, None, False)
    place = stop.path, stop.names, stop.dimensions, 0, child.resets, stop.space, stop.offset, kind.width // 8
    how = names[kind], kind.width, kind.access_width, kind.access, child.alternate, child.when, child.external
    properties = properties_of(child.properties) if child.properties else {}
    told = child.description or kind.description if said else place_told(child)
    return _place_model(("register", *place, *how, child.python_name, child.title, properties, told))


def _resets(child: Child) -> tuple[int, ...]:
    return child.resets if isinstance(child, RegisterChild) else ()


def _bus_width(child: Child) -> int:
    """Return the bits of one bus access; 0 for a block."""
    if isinstance(child, MemoryChild):
        return bus_width(child)
    return child.type.access_width if isinstance(child, RegisterChild) else 0


def _size(child: Child) -> int:
    """Return the bytes of one element."""
    return child.entry.size if isinstance(child, MemoryChild) and child.entry is not None else child.size
