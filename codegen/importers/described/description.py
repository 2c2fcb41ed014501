"""What every format is read into: devices, blocks, registers and fields, each with its place in a source.

A reader says what its source says, with the source's names and no rule of the map format; `settling` makes of it what a
map can hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from codegen.schema.policies import AccessPolicy

__all__ = [
    "Block",
    "Condition",
    "Device",
    "Enum",
    "Field",
    "Interrupt",
    "Item",
    "Member",
    "Memory",
    "Origin",
    "Register",
    "RepeatedNames",
]


class Origin(NamedTuple):
    """A place in a source; line and column count from 1, and `file` is as problems show it."""

    file: str
    line: int
    column: int = 1


class Condition(NamedTuple):
    """That something else has a value. `path`: of it, by the source's names, from the block that holds who asks."""

    path: str
    value: int


class RepeatedNames(NamedTuple):
    """How the elements of an array are called where that is not 0, 1, 2: each one's whole name."""

    names: tuple[str, ...]


@dataclass(slots=True)
class Item:
    """What all things have in common.

    `comments` say in the map what could not be carried over, `title` is the hardware's name where that is not `name`,
    `properties` are `x-` keys.
    """

    name: str
    origin: Origin
    description: str = ""
    comments: list[str] = field(default_factory=list)
    title: str = ""
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Member(Item):
    """A named value."""

    value: int = 0


@dataclass(slots=True)
class Enum(Item):
    """Named values; `is_open`: other values are as good."""

    members: list[Member] = field(default_factory=list)
    is_open: bool = False


@dataclass(slots=True)
class Field(Item):
    """Bits of a register. `access` None: as the register says. `known`: the bits of the reset that are; None: all.

    `count`: an array, whose elements are `stride` bits apart and count from `first`. `view_of`: an alternate of it.
    `lock`: what has to be so for a write to pass. `is_kept`: what it reads as may be written back. `alias`: the field
    of its register's `alias` that it acts on. `hardware`: what hardware does, in the keys and words of a map.
    """

    lsb: int = 0
    width: int = 1
    access: AccessPolicy | None = None
    reset: int | None = None
    known: int | None = None
    enum: Enum | None = None
    write_enum: Enum | None = None
    is_volatile: bool = False
    is_pulse: bool = False
    idle: int | str | None = None
    values: tuple[int, int] | None = None
    format: object = None
    count: int | None = None
    stride: int = 0
    first: int = 0
    view_of: Field | None = None
    numbers: dict[str, object] = field(default_factory=dict)
    lock: Condition | None = None
    is_kept: bool = True
    alias: str | None = None
    hardware: dict[str, object] = field(default_factory=dict)

    @property
    def mask(self) -> int:
        """Its bits in the register, those of all elements of an array."""
        one = (1 << self.width) - 1
        if self.count is None:
            return one << self.lsb
        return sum(one << low for low in self.lows)

    @property
    def lows(self) -> range:
        """The lowest bit of each element."""
        step = self.stride or self.width
        return range(self.lsb, self.lsb + (self.count or 1) * step, step)


@dataclass(slots=True)
class Placed(Item):
    """What has an offset from what holds it; `count` None: a single one.

    `dimensions`: of an array that has several, outer ones first; `count` is of all, the last index counts fastest.
    `view_of`: an alternate of it, `when` it is there. `is_external`: other logic than the described one holds it.
    """

    offset: int = 0
    count: int | None = None
    stride: int = 0
    dimensions: tuple[int, ...] = ()
    repeated: RepeatedNames | None = None
    view_of: Placed | None = None
    when: tuple[Condition, ...] | str = ()
    is_external: bool = False


@dataclass(slots=True)
class Register(Placed):
    """A register of `width` bits, accessed in words of `access_width`, which is the width where None.

    `alternate`: a register that the source names for the same place. `lock`: what has to be so for a write to pass.
    `is_shadowed`: it takes what is written twice. `is_masked`: the high half of a write says which bits it is for.
    `alias`: the register whose bits it acts on. `words`: in which order its bus words are accessed.
    """

    width: int = 32
    access_width: int | None = None
    access: AccessPolicy | None = None
    reset: int | None = None
    known: int | None = None
    fields: list[Field] = field(default_factory=list)
    is_volatile: bool = False
    endian: str | None = None
    alternate: str | None = None
    lock: Condition | None = None
    is_shadowed: bool = False
    is_masked: bool = False
    alias: str | None = None
    words: str | None = None


@dataclass(slots=True)
class Memory(Placed):
    """Words that are all alike; `size` in bytes, `access` rw, ro or wo. `access_width` where a map has to say it."""

    size: int = 0
    width: int = 32
    access_width: int | None = None
    access: str = "rw"


@dataclass(slots=True)
class Block(Placed):
    """What holds registers, memories and blocks, in order. `type_name`: its type, where that has a name."""

    children: list[Register | Memory | Block] = field(default_factory=list)
    type_name: str = ""


class Interrupt(NamedTuple):
    """An interrupt's name, its number, and the paths of its fields by the source's names, those that there are."""

    name: str
    origin: Origin
    line: int | None
    status: str
    enable: str | None
    clear: str | None
    description: str = ""


@dataclass(slots=True)
class Device(Block):
    """What becomes a map. `head` stands above it. `same`: others that are the same registers at other addresses."""

    same: list[str] = field(default_factory=list)
    afi_ids: list[str] = field(default_factory=list)
    pci: dict[str, int] = field(default_factory=dict)
    bar: int | None = None
    interrupts: list[Interrupt] = field(default_factory=list)
    constants: list[Member] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
