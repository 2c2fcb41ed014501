"""One line of a block's declaration: what stands there, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from hal.registers.classes.unmade import Unmade
from hal.registers.memory import MemoryBase
from hal.registers.node import Node, making
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hal.access.shape import RegisterShape
    from hal.registers.space import Space, SpaceName

__all__ = ["Child", "child_named"]

N = TypeVar("N", bound=Node)


class Child(Generic[N]):
    """A register, block or memory (`kind`, its class) at `offset` bytes, or `count` of them `stride` bytes apart.

    `name` is the hardware's, which paths have; `attribute` Python's, where a word of Python or of hal is in the way.
    `space`: another BAR than the block's, from whose start `offset` counts then. Of a memory `size` in bytes, `width`
    of a word, `access_width` of a bus access and `reads` of the widest one that reads in bits; `entry`: the array of
    blocks that lies over it. `alternate`:
    the name of what has these bits at other times; `when`: fields by path, and their values while this is there.
    Elements are numbered from `first` on, or have the names of `index`. `row`: what each element of an array of several
    dimensions is, an array again. `resets`: of each register, row by row, where they are not those of its class.
    """

    __slots__ = (
        "_kind",
        "access_width",
        "alternate",
        "attribute",
        "count",
        "description",
        "entry",
        "first",
        "index",
        "name",
        "offset",
        "reads",
        "resets",
        "row",
        "size",
        "space",
        "stride",
        "when",
        "width",
    )

    def __init__(
        self,
        kind: type[Any],
        offset: int,
        *,
        count: int | None = None,
        stride: int = 0,
        space: SpaceName | None = None,
        size: int = 0,
        width: int = 0,
        access_width: int = 0,
        reads: int = 0,
        entry: Child[Any] | None = None,
        alternate: str = "",
        when: tuple[tuple[str, int], ...] = (),
        first: int = 0,
        index: tuple[str, ...] = (),
        row: Child[Any] | None = None,
        resets: tuple[int, ...] = (),
        name: str = "",
        doc: str = "",
    ) -> None:
        self._kind: type[Any] | Unmade = kind
        self.offset, self.count, self.stride = offset, count, stride
        self.space, self.size, self.description = space, size, doc
        self.width, self.access_width, self.reads = width, access_width, reads
        self.entry, self.row, self.resets = entry, row, resets
        self.first, self.index = first, index
        self.alternate, self.when = alternate, when
        self.name = self.attribute = name

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type) -> N: ...

    @property
    def kind(self) -> type[Any]:
        """Its class."""
        if isinstance(self._kind, Unmade):
            self._kind = self._kind.kind
        return self._kind

    @property
    def documentation(self) -> str | None:
        """What is said of it, else of its class."""
        return self.description or self.kind.__doc__

    def label(self, number: int) -> str:
        """What stands in brackets for the element of that number, from 0 on."""
        return self.index[number] if self.index else str(self.first + number)

    def number_of(self, label: int | str) -> int:
        """The number, from 0 on, of the element that a path calls so; -1 where there is none."""
        if isinstance(label, str):
            return self.index.index(label) if label in self.index else -1
        if self.index:
            return -1
        number = label - self.first
        return number if self.count is not None and 0 <= number < self.count else -1

    @property
    def number(self) -> int:
        """How many there are, of all dimensions."""
        count = 1 if self.count is None else self.count
        return count if self.row is None else count * self.row.number

    @property
    def dimensions(self) -> tuple[tuple[int, int], ...]:
        """Count and stride of each dimension, outer ones first."""
        if self.count is None:
            return ()
        own = (self.count, self.stride)
        return (own,) if self.row is None else (own, *self.row.dimensions)

    def brackets(self, place: int) -> str:
        """What follows the name in the path of an element; `place` counts all of them from 0 on, row by row."""
        if self.row is None:
            return "" if self.count is None else f"[{self.label(place)}]"
        outer, inner = divmod(place, self.row.number)
        return f"[{self.label(outer)}]{self.row.brackets(inner)}"

    def distance(self, place: int) -> int:
        """Bytes from the first element to one of them."""
        if self.row is None:
            return place * self.stride
        outer, inner = divmod(place, self.row.number)
        return outer * self.stride + self.row.distance(inner)

    def place_of(self, labels: Sequence[int | str]) -> int:
        """The place of the element that a path calls so, with a label for each dimension; -1 where there is none."""
        if self.count is None or not labels:
            return 0 if self.count is None and not labels else -1
        place = self.number_of(labels[0])
        if self.row is None or place < 0:
            return place if len(labels) == 1 else -1
        inner = self.row.place_of(labels[1:])
        return -1 if inner < 0 else place * self.row.number + inner

    def nearest(self, distance: int) -> int:
        """The place of the last element that begins at so many bytes from the first one, or before."""
        if self.row is None:
            return 0 if self.count is None else min(distance // self.stride, self.count - 1)
        dimensions = self.dimensions
        places = [0] * len(dimensions)
        for at in sorted(range(len(dimensions)), key=lambda at: dimensions[at][1], reverse=True):
            count, stride = dimensions[at]
            places[at] = min(distance // stride, count - 1)
            distance -= places[at] * stride
        found = 0
        for place, (count, _) in zip(places, dimensions, strict=True):
            found = found * count + place
        return found

    def made(self, parent: Node | None, name: str, space: Space, offset: int) -> Node:
        """One of the elements, or what stands there alone."""
        kind: Any = self.kind if not self.resets else self._kind_at(parent, offset)
        place = parent, name, space, offset
        words = (self.size, self.width, self.access_width, self.reads) if self.size else ()
        made: Node = kind._make(*place, *words)
        return made

    def _kind_at(self, parent: Node | None, offset: int) -> type[Any]:
        """The class of the element at an offset of its BAR."""
        start = self.offset if parent is None else parent._offset + self.offset
        return self.kind_of(self.nearest(offset - start))

    def kind_of(self, place: int) -> type[Any]:
        """The class of an element: of one with a reset of its own, the same with that."""
        return _with_reset(self.kind, self.resets[place]) if self.resets else self.kind

    def shape_of(self, place: int) -> RegisterShape:
        """Of the class of an element."""
        shape: RegisterShape = self.kind_of(place)._shape
        return shape

    @property
    def _base(self) -> type[Any]:
        """Its class, or what that will be derived from."""
        return self._kind.base if isinstance(self._kind, Unmade) else self._kind

    @property
    def is_register(self) -> bool:
        """Whether a register stands there, or an array of them."""
        return issubclass(self._base, Register)

    @property
    def is_memory(self) -> bool:
        """Whether a memory stands there."""
        return issubclass(self._base, MemoryBase)

    @property
    def is_block(self) -> bool:
        """Whether a block stands there, or an array of them."""
        return not issubclass(self._base, (Register, MemoryBase))

    @property
    def place(self) -> Child[Any]:
        """What a path goes into: of a memory with entries these, else itself."""
        return self if self.entry is None else self.entry

    @property
    def shape(self) -> RegisterShape:
        """Of a register's class."""
        shape: RegisterShape = self.kind._shape
        return shape

    @property
    def children(self) -> dict[str, Child[Any]]:
        """Of a block's class, by name."""
        children: dict[str, Child[Any]] = self.kind._children
        return children


_variants: WeakKeyDictionary[type[Any], dict[int, type[Any]]] = WeakKeyDictionary()


def _with_reset(kind: type[Any], reset: int) -> type[Any]:
    """A register's class for an element whose reset is its own. They are kept, for paths and elements to share them."""
    if reset == kind._shape.reset:
        return kind
    with making:
        variants = _variants.setdefault(kind, {})
        if reset not in variants:
            names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
            meta: Any = type(kind)
            made = meta(kind.__name__, (kind,), {"__slots__": (), **names})
            made._shape, made._installed = kind._shape._replace(reset=reset), None
            variants[reset] = made
        return variants[reset]


def child_named(children: Mapping[str, Child[Any]], name: str) -> Child[Any] | None:
    """The child that the hardware calls so, of those by attribute."""
    child = children.get(name)
    if child is not None and child.name == name:
        return child
    return next((other for other in children.values() if other.name == name), None)
