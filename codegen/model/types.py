"""The elaborated map: types resolved, defaults filled in, everything checked, nothing mutable.

Front ends build it, renderers read it. Offsets and sizes are bytes; bit positions count from
a register's least significant bit. Types are shared and compare by identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BAR_SIZES",
    "BlockChild",
    "BlockType",
    "Child",
    "Device",
    "EnumMember",
    "EnumType",
    "FieldType",
    "FixedPoint",
    "Identity",
    "Kind",
    "Masks",
    "MemoryChild",
    "PciIds",
    "Place",
    "Plan",
    "RegisterChild",
    "RegisterType",
    "Space",
]

Kind = Literal["unsigned", "signed", "bool", "enum", "fixed"]
Plan = Literal["write", "modify", "refused", "none"]


class Space(NamedTuple):
    """A PCI function ("app" or "mgmt") and one of its BARs."""

    pf: str
    bar: int

    def __str__(self) -> str:
        return f"{self.pf} BAR {self.bar}"


# The F2 card's address spaces (reference f2-card.md).
BAR_SIZES: dict[Space, int] = {
    Space("app", 0): 64 << 20,
    Space("app", 2): 64 << 10,
    Space("app", 4): 128 << 30,
    Space("mgmt", 0): 16 << 10,
    Space("mgmt", 2): 16 << 10,
    Space("mgmt", 4): 4 << 20,
}


class EnumMember(NamedTuple):
    """`name` is as in Python (upper case), `map_name` as written."""

    name: str
    map_name: str
    value: int
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class EnumType:
    """Names for a field's values."""

    name: str
    members: tuple[EnumMember, ...]


class FixedPoint(NamedTuple):
    """A field's value is its integer / 2**fraction_bits."""

    signed: bool
    fraction_bits: int


class Masks(NamedTuple):
    """What the bits of a register need when another bit is written.

    keep: read back. ones: written as 1. last: as last written. guard: no value leaves them alone.
    effects: bits that a read changes. All other bits are written as 0.
    """

    keep: int
    ones: int
    last: int
    guard: int
    effects: int


@dataclass(frozen=True, slots=True, eq=False)
class FieldType:
    """A field. `reset` is its raw bits; `plan` how it is written alone, `refusal` why it isn't."""

    name: str
    lsb: int
    width: int
    access: str
    reset: int
    kind: Kind
    enum: EnumType | None
    fixed: FixedPoint | None
    volatile: bool
    pulse: bool
    description: str
    plan: Plan
    refusal: str

    @property
    def msb(self) -> int:
        """The highest bit's position."""
        return self.lsb + self.width - 1

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        return ((1 << self.width) - 1) << self.lsb


@dataclass(frozen=True, slots=True, eq=False)
class RegisterType:
    """A register's structure, shared by all places that have this name and structure.

    `access` is that of the register as written, or of its fields where all of them differ from it.
    """

    name: str
    description: str
    width: int
    access_width: int
    words: str
    access: str
    shadow: bool
    reset: int
    fields: tuple[FieldType, ...]
    masks: Masks

    @property
    def size(self) -> int:
        """Bytes on the bus."""
        return self.width // 8


@dataclass(frozen=True, slots=True, eq=False)
class RegisterChild:
    """A register, or with a count an array, in a block."""

    name: str
    offset: int
    type: RegisterType
    count: int | None
    stride: int
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class MemoryChild:
    """A memory in a block; `width` is that of its words in bits, access rw, ro or wo."""

    name: str
    offset: int
    size: int
    width: int
    access: str
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class BlockChild:
    """A block, or with a count an array, in a block. A `space` starts from 0 of that BAR."""

    name: str
    offset: int
    type: BlockType
    count: int | None
    stride: int
    space: Space | None
    description: str


Child = RegisterChild | MemoryChild | BlockChild


@dataclass(frozen=True, slots=True, eq=False)
class BlockType:
    """A block's structure. `type_name` is set where the map gives it as a type.

    Reads of 32-bit words that nothing covers give `unmapped`. `alignment` is what offsets of
    this block must be a multiple of.
    """

    name: str
    type_name: str | None
    description: str
    children: tuple[Child, ...]
    size: int
    alignment: int
    unmapped: int | None


class PciIds(NamedTuple):
    """PCI ids of the application function; 0 where the map gives none."""

    vendor: int
    device: int
    subsystem_vendor: int
    subsystem_device: int


class Identity(NamedTuple):
    """Dotted path of a register, and what it reads when the right design is loaded."""

    path: str
    value: int


class Place(NamedTuple):
    """Something at an absolute offset of a BAR."""

    path: str
    space: Space
    offset: int
    item: RegisterType | MemoryChild | BlockType


class RegisterPlace(NamedTuple):
    """A register at an absolute offset of a BAR."""

    path: str
    space: Space
    offset: int
    register: RegisterType


@dataclass(frozen=True, slots=True, eq=False)
class Device:
    """A whole map. `digest` is the sha256 of all input texts, `source` the map's file name."""

    name: str
    class_name: str
    description: str
    afi_ids: tuple[str, ...]
    pci: PciIds | None
    space: Space
    identity: Identity | None
    clkgen: bool
    enums: tuple[EnumType, ...]
    root: BlockType
    source: str
    digest: str

    def walk(self) -> Iterator[RegisterPlace]:
        """Yield every register in order of the map's children, arrays expanded as `name[i]`."""
        for path, space, offset, item in self.places():
            if isinstance(item, RegisterType):
                yield RegisterPlace(path, space, offset, item)

    def places(self) -> Iterator[Place]:
        """Yield every register, memory and block (before its content; the device itself first)."""
        yield Place("", self.space, 0, self.root)
        yield from _inside(self.root, "", self.space, 0)


def _inside(block: BlockType, prefix: str, space: Space, base: int) -> Iterator[Place]:
    for child in block.children:
        if isinstance(child, MemoryChild):
            yield Place(prefix + child.name, space, base + child.offset, child)
            continue
        own = child.space if isinstance(child, BlockChild) and child.space else space
        for index in range(1 if child.count is None else child.count):
            suffix = "" if child.count is None else f"[{index}]"
            path = f"{prefix}{child.name}{suffix}"
            offset = base + child.offset + index * child.stride
            yield Place(path, own, offset, child.type)
            if isinstance(child, BlockChild):
                yield from _inside(child.type, path + ".", own, offset)
