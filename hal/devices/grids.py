"""Arrays of any line of a block, of several dimensions too: arrays of arrays. Parts of them go in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from hal._binding import Sweep, word_list
from hal.devices.arrays import Array, values_of
from hal.errors import FieldTypeError, FieldValueError
from hal.registers.child import Child
from hal.registers.memory import MemoryIndexError
from hal.registers.node import Node
from hal.registers.sure_reads import sweep_row
from hal.values import integer, shown

if TYPE_CHECKING:
    from hal.access.shape import RegisterShape
    from hal.registers.space import Space

__all__ = ["Grid", "GridSlice", "array", "array_of"]

N = TypeVar("N", bound=Node)
E = TypeVar("E", bound=Node)
Names = tuple[str, ...]
Part = tuple["range | int", ...]
"""Of each dimension the places, from 0 on, or one place, which is no dimension of what is read."""


class ArrayChild(Child[Any]):
    """A line that declares an array of what another line declares; one for each dimension."""

    __slots__ = ("item", "whole")

    whole: Any  # the line of the outermost dimension
    item: Any  # a Child; as an attribute's type it would be read as the descriptor it is

    def made(self, parent: Node | None, name: str, space: Space, offset: int) -> Node:
        """An element, or a row of them."""
        if self.row is not None:
            return array_of(parent, name, space, offset, self.row)
        if self.resets:
            kind: Any = self.whole._kind_at(parent, offset)
            register: Node = kind._make(parent, name, space, offset)
            return register
        made: Node = self.item.made(parent, name, space, offset)
        return made


def array_of(parent: Node | None, name: str, space: Space, offset: int, child: Child[Any]) -> Array[Any]:
    """The array that a line declares."""
    kind: type[Array[Any]] = Array if child.row is None else Grid
    return kind._make(parent, name, space, offset, child)


@overload
def array(
    line: Child[E],
    *,
    count: int,
    stride: int,
    first: int = 0,
    index: Names = (),
    resets: tuple[int, ...] = (),
    name: str = "",
    doc: str = "",
) -> Child[Array[E]]: ...
@overload
def array(  # type: ignore[overload-overlap]  # two dimensions, then more
    line: Child[E],
    *,
    count: tuple[int, int],
    stride: tuple[int, int],
    first: tuple[int, int] = (0, 0),
    index: tuple[Names, ...] = (),
    resets: tuple[int, ...] = (),
    name: str = "",
    doc: str = "",
) -> Child[Grid[Array[E], E]]: ...
@overload
def array(
    line: Child[E],
    *,
    count: tuple[int, ...],
    stride: tuple[int, ...],
    first: tuple[int, ...] = (),
    index: tuple[Names, ...] = (),
    resets: tuple[int, ...] = (),
    name: str = "",
    doc: str = "",
) -> Child[Grid[Grid[Any, E], E]]: ...
def array(
    line: Any,
    *,
    count: Any,
    stride: Any,
    first: Any = (),
    index: Any = (),
    resets: tuple[int, ...] = (),
    name: str = "",
    doc: str = "",
) -> Any:
    """An array of what a line declares; tuples are for several dimensions, outer ones first.

    Elements are `stride` bytes apart, numbered from `first` on, or have the names of `index`. `resets`: of registers,
    row by row, where they are not those of their class.
    """
    if isinstance(count, int):
        count, stride, first, index = (count,), (stride,), (first or 0,), (index,)
    levels = list(zip(count, stride, first or (0,) * len(count), index or ((),) * len(count), strict=True))
    facts = {"space": line.space, "size": line.size, "width": line.width, "access_width": line.access_width}
    facts |= {"reads": line.reads, "alternate": line.alternate, "when": line.when, "name": name, "doc": doc}
    row, entry, made = None, line.entry, list[ArrayChild]()
    for number, step, start, names in reversed(levels):
        said: Any = {"count": number, "stride": step, "first": start, "index": names}
        if entry is not None:
            entry = Child(entry.kind, line.offset, **said, row=entry)
        row = ArrayChild(line.kind, line.offset, **said, row=row, entry=entry, resets=resets, **facts)
        made.append(row)
    for level in made:
        level.item, level.whole = line, row
    return row


class Grid(Array[N], Generic[N, E]):
    """An array of several dimensions: `grid[3][5]` or `grid[3, 5]` is an element, `grid[1:3, 5]` a part of it.

    Its elements as an array are its rows.
    """

    __slots__ = ()

    _noun = "rows"

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # a part is one of several dimensions
        def __getitem__(self, key: int | str) -> N: ...
        @overload
        def __getitem__(self, key: tuple[int | str, ...]) -> E: ...  # type: ignore[overload-overlap]
        @overload
        def __getitem__(self, key: slice | tuple[int | str | slice, ...]) -> GridSlice[Any]: ...
        def __getitem__(self, key: Any) -> Any: ...

        def __setitem__(self, key: Any, values: Any) -> None: ...

    def _find(self, key: Any) -> Any:
        if isinstance(key, tuple):
            return self._picked(key)
        return GridSlice(self, (self._range(key), *self._whole()[1:])) if isinstance(key, slice) else super()._find(key)

    def _picked(self, key: tuple[Any, ...]) -> Any:
        levels = self._levels()
        if len(key) != len(levels):
            raise FieldValueError(
                f"{self._where()}: {len(key)} indices for {len(levels)} dimensions: give one for each, as in "
                f"[{', '.join([':'] * len(levels))}]",
                path=self._full_path(),
            )
        if not any(isinstance(index, slice) for index in key):
            node: Any = self
            for index in key:
                node = node[index]
            return node
        node, part = self, []
        for index in key:
            part.append(node._range(index) if isinstance(index, slice) else node._place_of(index))
            node = Array._element(node, 0) if isinstance(node, Grid) else None
        return GridSlice(self, tuple(part))

    def _levels(self) -> list[Child[Any]]:
        """The lines of its dimensions, outer ones first."""
        found, child = [], self._child
        while child is not None:
            found.append(child)
            child = child.row
        return found

    def _whole(self) -> Part:
        return tuple(range(count) for count, _ in self._child.dimensions)

    def __setitem__(self, key: Any, values: Any) -> None:  # type: ignore[no-redef]
        """As `grid[1:3, 5].write(values)`."""
        if isinstance(key, slice) or (isinstance(key, tuple) and any(isinstance(index, slice) for index in key)):
            self[key].write(values)
        else:
            super().__setitem__(key, values)

    def read(self) -> Any:
        """All bits of every register, read in one call: a list of lists, one for each row."""
        return self._read_grid(self._whole())

    def write(self, values: Any) -> None:
        """Writes all bits of every register in one call, or nothing.

        `values`: for each row what an array takes, or a contiguous buffer of the same shape, or of bytes.
        """
        self._write_grid(self._whole(), values)

    def __repr__(self) -> str:
        shape = " x ".join(str(count) for count, _ in self._child.dimensions)
        return f"<{shape} {self._child.kind.__name__} at {self._where()}>"

    # -- in one call ----------------------------------------------------------------------------------------------

    def _read_grid(self, part: Part) -> Any:
        shape = self._readable_shape()
        cells = _Cells(self._child, tuple(_upwards(_places(item)) for item in part))
        code, done, words = self._sweep(cells).read()
        if code:
            self._part_failed(code, "read", cells[done])
        kept = [item for item in part if isinstance(item, range)]
        return _nested(values_of(word_list(words), shape), kept)

    def _write_grid(self, part: Part, values: Any) -> None:
        shape = self._writable_shape()
        kept = [item for item in part if isinstance(item, range)]
        given = self._flat(shape, values, tuple(map(len, kept)))
        cells = _Cells(self._child, tuple(map(_places, part)))
        self._write_numbers(shape, cells, given, in_order=all(item.step > 0 for item in kept))

    def _flat(self, shape: RegisterShape, values: Any, lengths: tuple[int, ...]) -> Sequence[Any]:
        """The numbers in one list; FieldValueError where they are not as many in each dimension."""
        given, own = self._listed(shape, values), _buffer_shape(values)
        if own is not None or len(lengths) == 1:
            needed = prod(lengths)
            if own is not None and len(own) > 1 and own != lengths:
                raise self._wrong_shape(lengths, own)
            if len(given) != needed:
                raise self._wrong_count(needed, len(given))
            return given
        if len(given) != lengths[0]:
            raise self._wrong_shape(lengths, (len(given),))
        return [number for row in given for number in self._flat(shape, row, lengths[1:])]

    def _wrong_shape(self, needed: tuple[int, ...], given: tuple[int, ...]) -> FieldValueError:
        wanted, shown_shape = (" x ".join(map(str, lengths)) for lengths in (needed, given))
        return FieldValueError(
            f"{self._where()}: values of {wanted} are needed and {shown_shape} were given; nothing was written",
            path=self._full_path(),
        )

    def _element(self, place: int) -> Any:
        outer, inner = divmod(place, self._child.row.number)
        row: Any = super()._element(outer)
        return row._element(inner)

    def _is_whole(self, part: _Cells) -> bool:
        return part.parts == self._whole()

    def _prepared(self, part: _Cells) -> Sweep:
        shape, bar, last = self._child.shape, self._space.attached(), part.parts[-1]
        stride = part.strides[-1]
        starts = (
            self._offset + sum(place * step for place, step in zip(places, part.strides, strict=False))
            for places in product(*part.parts[:-1])
        )
        first, between = last.start * stride, last.step * stride
        return Sweep([sweep_row(shape, bar, start + first, between, len(last)) for start in starts])


class _Cells(Sequence[int]):
    """The places of some elements, which are counted row by row, in an order."""

    def __init__(self, child: Child[Any], parts: tuple[range, ...]) -> None:
        self.parts = parts
        self.counts, self.strides = zip(*child.dimensions, strict=True)
        self._length = prod(map(len, parts))

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[int]: ...
    def __getitem__(self, key: int | slice) -> int | Sequence[int]:
        if isinstance(key, slice):
            return list(self)[key]
        places = []
        for part in reversed(self.parts):
            key, at = divmod(key, len(part))
            places.append(part[at])
        return self._numbered(places[::-1])

    def __iter__(self) -> Iterator[int]:
        return map(self._numbered, product(*self.parts))

    def _numbered(self, places: Sequence[int]) -> int:
        number = 0
        for place, count in zip(places, self.counts, strict=True):
            number = number * count + place
        return number


class GridSlice(Sequence[N], Generic[N]):
    """A part of an array of several dimensions. Reads and writes of registers take one call."""

    __slots__ = ("_grid", "_part")

    def __init__(self, grid: Grid[Any, Any], part: Part) -> None:
        self._grid, self._part = grid, part

    def _kept(self) -> list[range]:
        return [item for item in self._part if isinstance(item, range)]

    def __len__(self) -> int:
        return len(self._kept()[0])

    @overload
    def __getitem__(self, key: int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> GridSlice[N]: ...
    def __getitem__(self, key: int | slice) -> Any:
        grid = self._grid
        at, places = next((at, item) for at, item in enumerate(self._part) if isinstance(item, range))
        if isinstance(key, slice):
            return self._with(at, places[grid._slice(key)])
        try:
            return self._with(at, places[integer(key, "an index is an integer or a slice")])
        except IndexError:
            raise MemoryIndexError(
                f"{grid._where()}: index {shown(key)} is outside of the slice's {len(self)} elements",
                path=grid._full_path(),
            ) from None
        except FieldTypeError as problem:
            raise grid._placed_error(problem) from problem.__cause__

    def _with(self, at: int, places: range | int) -> Any:
        """A part of this part; an element, or a row, where that is one."""
        part = (*self._part[:at], places, *self._part[at + 1 :])
        whole, node = self._grid._whole(), self._grid
        for number, item in enumerate(part):
            if isinstance(item, range):
                return node if part[number:] == whole[number:] else GridSlice(self._grid, part)
            node = Array._element(node, item)
        return node

    def __iter__(self) -> Iterator[Any]:
        return (self[number] for number in range(len(self)))

    def __repr__(self) -> str:
        return f"<{' x '.join(str(len(item)) for item in self._kept())} of {self._grid!r}>"

    def read(self) -> Any:
        """As the array's `read`, of these elements: lists in lists, one for each dimension that is no single index."""
        return self._grid._read_grid(self._part)

    def write(self, values: Any) -> None:
        """As the array's `write`, to these elements."""
        self._grid._write_grid(self._part, values)


def _places(item: range | int) -> range:
    return range(item, item + 1) if isinstance(item, int) else item


def _upwards(places: range) -> range:
    return places if places.step > 0 else places[::-1]


def _nested(values: list[int], parts: list[range]) -> list[Any]:
    """Lists in lists; what was read upwards in the order that was asked for."""
    places, *rest = parts
    rows: list[Any] = values
    if rest:
        length = prod(map(len, rest))
        rows = [_nested(values[at * length : (at + 1) * length], rest) for at in range(len(places))]
    return rows if places.step > 0 else rows[::-1]


def _buffer_shape(values: Any) -> tuple[int, ...] | None:
    """The shape of a buffer; None for what is none. What is wrong with one is told where it is read."""
    try:
        with memoryview(values) as view:
            return view.shape
    except (TypeError, BufferError, ValueError):
        return None
