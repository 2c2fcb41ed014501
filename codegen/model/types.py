"""What an elaborated map is made of: types resolved, defaults filled in, everything checked, nothing mutable.

Front ends build it, views read it. Offsets and sizes are bytes; bit positions count from
a register's least significant bit. Types are shared and compare by identity; of what there are many, such as
registers, they are tuples all the same, which are made in a fifth of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from codegen.model.blocks.numbering import NUMBERED, Axis, Numbering

if TYPE_CHECKING:
    from fractions import Fraction

    from codegen.model.hardware.hardware_types import Hardware
    from codegen.model.registers.rule_types import When, WriteRules
    from codegen.schema.spaces import Space
    from codegen.schema.vocabulary import Idle

__all__ = [
    "BlockChild",
    "BlockType",
    "Child",
    "EnumMember",
    "EnumType",
    "FieldType",
    "FixedPoint",
    "Kind",
    "Masks",
    "MemoryChild",
    "NamedNumber",
    "Number",
    "Plan",
    "RegisterChild",
    "RegisterType",
]

Kind = Literal["unsigned", "signed", "sign_magnitude", "gray", "bcd", "one_hot", "bool", "enum", "fixed", "float"]
Plan = Literal["write", "modify", "alias", "refused", "none"]


class NamedNumber(NamedTuple):
    """A constant of the map."""

    name: str
    value: int
    description: str


class EnumMember(NamedTuple):
    """`name` is as in Python (upper case), `map_name` as written, `title` the hardware's where that is another."""

    name: str
    map_name: str
    value: int
    description: str
    title: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class EnumType:
    """Names for a field's values; `python_name` is the class. `is_open`: any other value that fits is one too."""

    name: str
    python_name: str
    members: tuple[EnumMember, ...]
    is_open: bool = False
    description: str = ""


class FixedPoint(NamedTuple):
    """A field's value is its integer / 2**fraction_bits."""

    signed: bool
    fraction_bits: int


class Number(NamedTuple):
    """What the map says of a number: value = step * scale + offset, in a unit, written from `low` to `high`."""

    scale: Fraction
    offset: Fraction
    unit: str
    low: Fraction | None
    high: Fraction | None

    @property
    def is_whole(self) -> bool:
        """Whether values of whole steps are whole."""
        return self.scale.denominator == self.offset.denominator == 1


class Masks(NamedTuple):
    """What the bits of a register need when another bit is written.

    keep: read back. ones: written as 1. last: as last written. guard: no value leaves them alone.
    effects: bits that a read changes. Bits of no field are written as read where any bit is, else as their reset, but
    in a register with a shadow as last written. All other bits are written as 0.
    """

    keep: int
    ones: int
    last: int
    guard: int
    effects: int


class FieldType(NamedTuple):
    """A field. `python_name`: its attribute. `reset`: its raw bits. `idle`: what writes of its neighbours give it.

    With an `array`, it is the first of several: `lsb` and `width` are its own, `reset` and `mask` those of all.

    `writeback`: whether they read it and write it back. `write_enum`: the enum that it is written as, where that is not
    `enum`. `number`: where the map says more of it than its format. `title`: the hardware's name where that is no word.
    `properties`: what the map says under x-keys, as JSON. `unknown`: which of its raw bits nobody knows after a reset.

    Known once the whole register is: `plan` how it is written alone, `refusal` why it isn't, and `overwrites` the
    neighbours that hardware changes and that are written back.

    `alternate`: the field that these bits are at other times, `when` which. `alias`: the field of another register that
    these bits are. `hardware`: what the map says of the hardware's side; `volatile` follows from it.
    """

    name: str
    lsb: int
    width: int
    access: str
    reset: int
    kind: Kind
    enum: EnumType | None
    fixed: FixedPoint | None
    volatile: bool
    writeback: bool
    pulse: bool
    idle: Idle | None
    python_name: str
    description: str
    plan: Plan = "none"
    refusal: str = ""
    overwrites: tuple[str, ...] = ()
    write_enum: EnumType | None = None
    number: Number | None = None
    title: str = ""
    properties: str = ""
    unknown: int = 0
    array: Axis | None = None
    alternate: str | None = None
    when: When | None = None
    alias: str | None = None
    hardware: Hardware | None = None

    @property
    def msb(self) -> int:
        """The highest bit's position."""
        return self.lsb + self.width - 1

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        own = ((1 << self.width) - 1) << self.lsb
        if self.array is None:
            return own
        # A bit for each element: elements do not overlap, so the product has no carries.
        return own * (((1 << self.array.stride * self.array.count) - 1) // ((1 << self.array.stride) - 1))

    @property
    def element_lows(self) -> tuple[int, ...]:
        """The lowest bit of each element; of what is no array its own."""
        if self.array is None:
            return (self.lsb,)
        return tuple(range(self.lsb, self.lsb + self.array.count * self.array.stride, self.array.stride))

    @property
    def element_resets(self) -> tuple[int, ...]:
        """The raw bits of each element."""
        ones = (1 << self.width) - 1
        return tuple(self.reset >> at - self.lsb & ones for at in self.element_lows)


class _RegisterFacts(NamedTuple):
    name: str
    description: str
    width: int
    access_width: int
    words: str
    big_endian: bool
    access: str
    shadow: bool
    reset: int
    fields: tuple[FieldType, ...]
    masks: Masks
    rules: WriteRules | None = None


class RegisterType(_RegisterFacts):
    """A register's structure, shared by all places that have this name and structure.

    `words`: the order in which its bus words are accessed; `big_endian`: the lowest one has the highest address.
    `access` is that of the register as written, or of its fields where all of them differ from it.
    """

    __slots__ = ()
    __eq__, __hash__ = object.__eq__, object.__hash__

    @property
    def unknown(self) -> int:
        """The bits of fields that nobody knows after a reset; 0 in `reset`."""
        return sum([field.unknown << field.lsb for field in self.fields if field.unknown])

    @property
    def size(self) -> int:
        """Bytes on the bus."""
        return self.width // 8

    @property
    def is_narrow(self) -> bool:
        """Whether it is a lane of a bus word, which holds more."""
        return self.width < self.access_width

    @property
    def word_bits(self) -> int:
        """Its bits in a bus word."""
        return min(self.width, self.access_width)


class _RegisterPlace(NamedTuple):
    name: str
    offset: int
    type: RegisterType
    count: int | None  # type: ignore[assignment]  # a tuple's methods are not needed
    stride: int
    python_name: str
    description: str
    title: str = ""
    properties: str = ""
    alternate: str | None = None
    when: When | None = None
    external: bool = False
    numbering: Numbering = NUMBERED
    inner: tuple[Axis, ...] = ()
    resets: tuple[int, ...] = ()


class RegisterChild(_RegisterPlace):
    """A register, or with a count an array, in a block. `external`: other logic than the block's holds it.

    `inner`: the other dimensions of an array that has several, outer ones first. `resets`: of each element, row by
    row; nothing where all have that of the type.
    """

    __slots__ = ()
    __eq__, __hash__ = object.__eq__, object.__hash__
    kind: ClassVar[str] = "register"

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The dimensions, outer ones first; none of a single one."""
        return _axes(self)

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.type.size

    @property
    def width(self) -> int:
        """Bits of one element."""
        return self.type.width

    @property
    def access(self) -> str:
        """That of its type."""
        return self.type.access

    @property
    def shown_description(self) -> str:
        """That of the place, else that of its type."""
        return self.description or self.type.description


@dataclass(frozen=True, slots=True, eq=False)
class MemoryChild:
    """A memory of `size` bytes in a block; bits of a word and of a bus access; access rw, ro or wo; what it holds."""

    name: str
    offset: int
    size: int
    width: int
    access_width: int | None  # where it is said, and is not what comes of saying nothing
    access: str
    python_name: str
    description: str
    title: str = ""
    properties: str = ""
    entry: BlockType | None = None
    external: bool = False
    arrays: tuple[Axis, ...] = ()
    burst: bool = False

    kind: ClassVar[str] = "memory"
    alternate: ClassVar[str | None] = None
    when: ClassVar[When | None] = None

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The dimensions, outer ones first; the entries of a memory are the innermost."""
        if self.entry is None:
            return self.arrays
        return (*self.arrays, Axis(self.size // self.entry.size, self.entry.size))

    @property
    def type(self) -> BlockType | None:
        """That of its entries."""
        return self.entry

    @property
    def shown_description(self) -> str:
        """That of the place."""
        return self.description


@dataclass(frozen=True, slots=True, eq=False)
class BlockChild:
    """A block, or with a count an array, in a block. A `space` starts from 0 of that BAR. `inner`: as of registers."""

    name: str
    offset: int
    type: BlockType
    count: int | None
    stride: int
    space: Space | None
    python_name: str
    description: str
    title: str = ""
    properties: str = ""
    alternate: str | None = None
    when: When | None = None
    external: bool = False
    numbering: Numbering = NUMBERED
    inner: tuple[Axis, ...] = ()

    kind: ClassVar[str] = "block"
    width: ClassVar[int] = 0
    access: ClassVar[str] = ""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The dimensions, outer ones first; none of a single one."""
        return _axes(self)

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.type.size

    @property
    def shown_description(self) -> str:
        """That of the place, else that of its type."""
        return self.description or self.type.description


Child = RegisterChild | MemoryChild | BlockChild


def _axes(child: RegisterChild | BlockChild) -> tuple[Axis, ...]:
    if child.count is None:
        return ()
    return (Axis(child.count, child.stride, child.numbering.first, child.numbering.index), *child.inner)


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
    properties: str = ""
