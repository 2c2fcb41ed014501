"""The map format, version 1, as pydantic models: keys, types and ranges of single values.

What needs two places of a map (overlaps, references, fits) is checked while elaborating.
"""

# pydantic reads the annotations when it runs, and copies defaults.
# ruff: noqa: TC001, RUF012

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from codegen.schema.direct.scalar_rules import member
from codegen.schema.parts.access_words import Access, AccessEntry
from codegen.schema.parts.counter import CounterEntry
from codegen.schema.parts.shapes import enum_form, names_form, reset_form, shape_of
from codegen.schema.parts.write_rules import KeyWrite, LockEntry, When
from codegen.schema.policies import MemoryAccess
from codegen.schema.scalars import (
    AnyReset,
    Bits,
    ChildAttribute,
    ConstantName,
    EnumName,
    FieldAttribute,
    MemberName,
    Module,
    Name,
    Natural,
    NoFlag,
    Ratio,
    ResetList,
    Size,
    Text,
    Title,
    Unit,
)
from codegen.schema.vocabulary import (
    MAX_COUNT,
    MAX_FRACTION_BITS,
    MAX_WIDTH,
    PROPERTIES,
    Endian,
    Hw,
    Idle,
    Intr,
    MemoryWidth,
    PlainFormat,
    Sticky,
    Via,
    WordOrder,
    WriteMask,
)
from codegen.schema.whole.parts import Afi, AnyCard, CardEntry, Entry, Identity, InterruptEntry, PciIds, SpaceEntry

__all__ = [
    "PROPERTIES",
    "AccessEntry",
    "Afi",
    "BlockEntry",
    "CardEntry",
    "ConstantEntry",
    "Content",
    "CounterEntry",
    "DeviceMap",
    "EnumEntry",
    "EnumMember",
    "EnumWays",
    "FieldEntry",
    "FixedFormat",
    "Identity",
    "IncludedMap",
    "InterruptEntry",
    "LockEntry",
    "MaskedReset",
    "MemoryEntry",
    "PciIds",
    "RegisterContent",
    "RegisterEntry",
    "RegisterTypeEntry",
    "ResetList",
    "SpaceEntry",
    "TypeEntry",
]

First = Annotated[int, Field(ge=0, lt=MAX_COUNT)]
# One for the only dimension of an array, or a list with one for each of several.
_Count = Annotated[Annotated[int, Tag("word")] | Annotated[list[int], Tag("nested")], Discriminator(shape_of)]
_Stride = Annotated[Annotated[Size, Tag("word")] | Annotated[list[Size], Tag("nested")], Discriminator(shape_of)]
_First = Annotated[Annotated[First, Tag("word")] | Annotated[list[First], Tag("nested")], Discriminator(shape_of)]


_Index = Annotated[
    Annotated[list[Name], Tag("word")] | Annotated[list[list[Name]], Tag("nested")], Discriminator(names_form)
]
_Properties = Annotated[dict[str, Any], Field(default_factory=dict, alias=PROPERTIES)]


class EnumMember(Entry):
    """A value with a name."""

    value: Natural
    title: Title = ""
    description: Text = ""


_Members = dict[MemberName, Annotated[EnumMember, BeforeValidator(member)]]


class EnumEntry(Entry):
    """An enum in its long form; `open`: its members are landmarks, and any value that fits is one."""

    open: bool = False
    description: Text = ""
    members: _Members


AnyEnum = Annotated[Annotated[_Members, Tag("[short]")] | Annotated[EnumEntry, Tag("[long]")], Discriminator(enum_form)]


class FixedShape(Entry):
    """A fixed-point number; its value is the field's integer / 2**fraction_bits."""

    signed: bool
    fraction_bits: Annotated[int, Field(ge=-MAX_FRACTION_BITS, le=MAX_FRACTION_BITS)]


class FixedFormat(Entry):
    """`format: {fixed: {...}}`."""

    fixed: FixedShape


Format = Annotated[
    Annotated[PlainFormat, Tag("word")] | Annotated[FixedFormat, Tag("nested")],
    Discriminator(shape_of),
]
Include = Annotated[Annotated[str, Tag("word")] | Annotated[list[str], Tag("nested")], Discriminator(shape_of)]


class ConstantEntry(Entry):
    """A named number. Where a map uses it, its value stands already."""

    value: Natural
    description: Text = ""


class EnumWays(Entry):
    """`enum: {read: ..., write: ...}`: what a field says, and what it is told."""

    read: str
    write: str


FieldEnum = Annotated[Annotated[str, Tag("word")] | Annotated[EnumWays, Tag("nested")], Discriminator(shape_of)]


class FieldEntry(Entry):
    """A field as written; None stands for what the register or the format gives."""

    properties: _Properties
    bits: Bits
    count: int | None = None
    stride: Annotated[int, Field(ge=1, le=MAX_WIDTH)] | None = None
    index: list[Name] | None = None
    first: First | None = None
    access: Access | None = None
    reset: AnyReset | None = None
    enum: FieldEnum | None = None
    format: Format | None = None
    unit: Unit = ""
    scale: Ratio | None = None
    offset: Ratio | None = None
    range: Annotated[list[Ratio], Field(min_length=2, max_length=2)] | None = None
    volatile: bool | None = None
    hw: Hw | None = None
    we: bool = False
    counter: CounterEntry | None = None
    sticky: Sticky | None = None
    intr: Intr | None = None
    writeback: bool | None = None
    pulse: bool = False
    idle: Annotated[Idle | None, NoFlag] = None
    alternate: str | None = None
    when: When | None = None
    alias: str | None = None
    python: FieldAttribute | None = None
    title: Title = ""
    description: Text = ""


class _Placed(Entry):
    properties: _Properties
    offset: Size
    count: _Count | None = None
    stride: _Stride | None = None
    external: bool = False
    first: _First | None = None
    index: _Index | None = None
    python: ChildAttribute | None = None
    title: Title = ""
    description: Text = ""


class MaskedReset(Entry):
    """`reset: {value: ..., mask: ...}`: known are the bits of the mask."""

    value: Annotated[int, Field(ge=0)]
    mask: Annotated[int, Field(ge=0)]


RegisterReset = Annotated[
    Annotated[int, Tag("number")]
    | Annotated[Literal["unknown"], Tag("word")]
    | Annotated[MaskedReset, Tag("nested")]
    | Annotated[ResetList, Tag("list")],
    Discriminator(reset_form),
]


class RegisterContent(Entry):
    """What a register and a type of register have in common."""

    width: int = 32
    access_width: int | None = None
    access: Access | None = None
    reset: RegisterReset | None = None
    fields: dict[Name, FieldEntry] = Field(default_factory=dict)
    volatile: bool | None = None
    hw: Hw | None = None
    shadow: bool = False
    words: WordOrder | None = None
    lock: LockEntry | None = None
    unlock: list[KeyWrite] = Field(default_factory=list)
    write_twice: bool = False
    write_mask: WriteMask | None = None
    endian: Endian | None = None
    description: Text = ""


class RegisterTypeEntry(RegisterContent):
    """A register to be used in several places."""

    properties: _Properties
    title: Title = ""


class RegisterEntry(_Placed, RegisterContent):
    """A register or an array of them: of a type, or with its own content."""

    type: str | None = None
    alternate: str | None = None
    when: When | None = None
    alias: str | None = None
    via: Via | None = None


class MemoryEntry(Entry):
    """A run of words that are all alike, or of entries of a type."""

    properties: _Properties
    offset: Size
    size: Size | None = None
    entry: str | None = None
    count: _Count | None = None
    stride: _Stride | None = None
    first: _First | None = None
    index: _Index | None = None
    width: MemoryWidth = 32
    access_width: int | None = None
    burst: bool = False
    access: MemoryAccess = "rw"
    external: bool = False
    python: ChildAttribute | None = None
    title: Title = ""
    description: Text = ""


class Content(Entry):
    """What the device, a type and a block have in common."""

    properties: _Properties
    registers: dict[Name, RegisterEntry] = Field(default_factory=dict)
    memories: dict[Name, MemoryEntry] = Field(default_factory=dict)
    blocks: dict[Name, BlockEntry] = Field(default_factory=dict)
    unmapped: Annotated[int, Field(ge=0, lt=1 << 32)] | None = None
    description: Text = ""


class TypeEntry(Content):
    """A block to be used in several places."""

    size: Size | None = None


class BlockEntry(Content):
    """A block in its place: a type, or its own content."""

    type: str | None = None
    offset: Size
    count: _Count | None = None
    stride: _Stride | None = None
    first: _First | None = None
    index: _Index | None = None
    size: Size | None = None
    space: SpaceEntry | None = None
    external: bool = False
    alternate: str | None = None
    when: When | None = None
    python: ChildAttribute | None = None
    title: Title = ""


class IncludedMap(Entry):
    """An included file."""

    version: Annotated[Literal[1], NoFlag] = Field(alias="schema")
    description: Text = ""
    endian: Endian = "little"
    include: Include = []
    constants: dict[ConstantName, Annotated[ConstantEntry, BeforeValidator(member)]] = {}
    enums: dict[EnumName, AnyEnum] = {}
    types: dict[Name, TypeEntry] = {}
    register_types: dict[Name, RegisterTypeEntry] = {}


class DeviceMap(Content, IncludedMap):
    """The map of a device."""

    name: Name
    python: Module | None = None
    afi: Afi = Field(default_factory=Afi)
    card: AnyCard = "f2"
    space: SpaceEntry = Field(default_factory=partial(SpaceEntry, pf="app", bar=0))
    identity: Identity | None = None
    interrupts: dict[Name, InterruptEntry] = {}
    clkgen: bool = False
