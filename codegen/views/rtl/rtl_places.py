"""What a bus reaches, flat: groups of equal registers, memories, windows of other logic, and what answers elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.tree import Dimension
from codegen.model.types import BlockChild, MemoryChild, RegisterChild

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from codegen.model.device import Device
    from codegen.model.types import BlockType, Child, RegisterType
    from codegen.schema.spaces import Space

__all__ = ["Group", "Layout", "Run", "Shared", "View", "Window", "layouts_of", "runs_of"]


@dataclass(frozen=True, slots=True)
class Run:
    """Bits of a register that lie together in a word of the bus: its address, and the lowest bit in both."""

    address: int
    bus: int
    register: int
    width: int


class View(NamedTuple):
    """When a register answers: while paths have these values, or, of what they are views of, while they do not."""

    when: tuple[tuple[str, int], ...]
    is_there: bool


class Shared(NamedTuple):
    """Bits of a field that are those of another one: lowest bit in it, how many, whose they are, and from which on."""

    low: int
    width: int
    register: tuple[str, ...]
    field: str
    bit: int


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A range of addresses, or an array of such: of a memory, of other logic, or of what reads as a constant.

    `block`: that which holds other logic.
    """

    names: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    offset: int
    size: int
    child: Child | None = None
    value: int = 0
    block: BlockType | None = None

    @property
    def number(self) -> int:
        """How many there are."""
        return prod(dimension.count for dimension in self.dimensions)

    @property
    def offsets(self) -> list[int]:
        """Where each of them begins."""
        return [self.offset + distance for distance in _distances(self.dimensions)]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A register, or all elements of an array of one, counted through with those of the arrays of blocks around it.

    `outer`: these arrays. `dimensions`: them and its own. Of what shares bits with another register, `own_type` has the
    fields by the owners of their bits, and `shifts` tells from which bit of the owner on.
    """

    names: tuple[str, ...]
    child: RegisterChild
    block: BlockType
    outer: tuple[Dimension, ...]
    dimensions: tuple[Dimension, ...]
    offset: int
    own_type: RegisterType | None = None
    shifts: Mapping[str, int] = field(default_factory=dict)

    @property
    def type(self) -> RegisterType:
        """What each of them is."""
        return self.own_type or self.child.type

    @property
    def number(self) -> int:
        """How many there are."""
        return prod(dimension.count for dimension in self.dimensions)

    @property
    def own(self) -> int:
        """How many its own array has, without those around it."""
        return prod(axis.count for axis in self.child.axes)

    @property
    def offsets(self) -> list[int]:
        """Where each of them begins."""
        return [self.offset + distance for distance in _distances(self.dimensions)]

    def is_regular(self, step: int) -> bool:
        """Whether all of them are alike, also in words of so many bytes, so that one description stands for all."""
        return not self.child.resets and all(dimension.stride % step == 0 for dimension in self.dimensions)

    def reset_of(self, element: int | None) -> int:
        """Return the reset of an element, or of all."""
        resets = self.child.resets
        return resets[(element or 0) % len(resets)] if resets else self.type.reset

    @property
    def path(self) -> str:
        """As documents call it."""
        return ".".join(_shown(self.names, self.dimensions))


@dataclass(slots=True, eq=False)
class Layout:
    """All that one BAR has. `end`: the first byte behind it.

    `views`: when registers and other logic answer that are alternates, or have such. `shared`: of fields whose bits are
    others', whose these are, by their steps.
    """

    space: Space
    end: int = 0
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)
    memories: list[Window] = field(default_factory=list)
    externals: list[Window] = field(default_factory=list)
    constants: list[Window] = field(default_factory=list)
    alternate_blocks: list[tuple[str, ...]] = field(default_factory=list)
    views: dict[tuple[str, ...], list[View]] = field(default_factory=dict)
    shared: dict[tuple[str, ...], tuple[Shared, ...]] = field(default_factory=dict)


def _shown(names: Sequence[str], dimensions: Sequence[Dimension]) -> Iterator[str]:
    rest = list(dimensions)
    for name in names:
        text = name
        while rest and rest[0].name == name:
            dimension = rest.pop(0)
            text += f"[{dimension.numbering.shown(dimension.count)}]"
        yield text


def _distances(dimensions: Sequence[Dimension]) -> Iterator[int]:
    for indexes in product(*(range(dimension.count) for dimension in dimensions)):
        yield sum(index * dimension.stride for index, dimension in zip(indexes, dimensions, strict=True))


def layouts_of(device: Device) -> list[Layout]:
    """Return what each BAR of a device has, the device's own first."""
    layouts = {device.space: Layout(device.space)}
    _add_constant(device.root, (), (), 0, layouts[device.space])
    _enter(device.root, (), (), 0, layouts[device.space], layouts)
    return [layout for layout in layouts.values() if layout.end]


def _enter(
    block: BlockType,
    names: tuple[str, ...],
    dimensions: tuple[Dimension, ...],
    base: int,
    layout: Layout,
    layouts: dict[Space, Layout],
) -> None:
    for child in block.children:
        home = layout
        if isinstance(child, BlockChild) and child.space is not None:
            home = layouts.setdefault(child.space, Layout(child.space))
        steps, offset = (*names, child.name), base + child.offset
        own, axes = dimensions, child.arrays if isinstance(child, MemoryChild) else child.axes
        for axis in axes:
            own = (*own, Dimension(child.name, axis.count, axis.stride, axis.first, axis.index))
        whole = child.size + sum((axis.count - 1) * axis.stride for axis in axes)
        reach = sum(dimension.stride * (dimension.count - 1) for dimension in dimensions)
        home.end = max(home.end, offset + whole + reach)
        if child.external:
            home.externals.append(Window(steps, dimensions, offset, whole, child, block=block))
        elif isinstance(child, MemoryChild):
            home.memories.append(Window(steps, own, offset, child.size, child))
        elif isinstance(child, RegisterChild):
            home.groups[steps] = Group(steps, child, block, dimensions, own, offset)
        else:
            if child.alternate is not None:
                home.alternate_blocks.append(steps)
            _add_constant(child.type, steps, own, offset, home)
            _enter(child.type, steps, own, offset, home, layouts)


def _add_constant(
    block: BlockType, names: tuple[str, ...], dimensions: tuple[Dimension, ...], offset: int, layout: Layout
) -> None:
    if block.unmapped is not None:
        layout.constants.append(Window(names, dimensions, offset, block.size, None, block.unmapped))


def runs_of(register: RegisterType, address: int, step: int) -> list[Run]:
    """Return where the bits of a register at an address lie in a bus whose words have so many bytes."""
    runs: list[Run] = []
    size, count = register.word_bits // 8, register.width // register.word_bits
    for number in range(count):
        place = count - 1 - number if register.big_endian else number
        low, at = number * register.word_bits, address + place * size
        for start in range(0, size, step):
            width = min(size, step) * 8
            run = Run((at + start) // step * step, (at + start) % step * 8, low + start * 8, width)
            last = runs[-1] if runs else None
            if last and last.address == run.address and last.bus + last.width == run.bus:
                run = Run(last.address, last.bus, last.register, last.width + width)
                runs.pop()
            runs.append(run)
    return runs
