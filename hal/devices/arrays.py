"""Arrays of registers and of blocks, and parts of them, which are read and written in one call."""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from hal._binding import CollectingBar, Sweep, exception_of, numbers_of, sweep_words, word_list
from hal.access.choice import in_c
from hal.access.words import join_words, split_words
from hal.errors import AccessError, FieldTypeError, FieldValueError
from hal.registers.memory import MemoryIndexError
from hal.registers.node import Node, making
from hal.registers.sure_reads import sweep_row
from hal.values import fitting, integer, places_of, shown

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal.access.shape import RegisterShape
    from hal.registers.child import Child
    from hal.registers.space import Space

__all__ = ["Array", "Slice", "values_of"]

N = TypeVar("N", bound=Node)

_CODES = {8: "B", 32: "I", 64: "Q"}  # array's, by bits
_SWEEP_WORD = 8  # bytes


class Array(Node, Sequence[N]):
    """Registers or blocks of one type at a fixed stride. Indices are checked before anything is accessed."""

    __slots__ = ("_child", "_swept")

    _noun = "elements"
    _child: Any  # a Child; as an attribute's type it would be read as the descriptor it is
    _swept: tuple[Bar, Sweep] | None  # what reads and writes all of it

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int, child: Child[Any]) -> Array[N]:
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        self._child, self._swept = child, None
        self._hold_store({})
        return self

    def __len__(self) -> int:
        count: int = self._child.count
        return count

    def __iter__(self) -> Iterator[N]:
        first: int = self._child.first
        return map(self.__getitem__, range(first, first + len(self)))

    @property
    def stride(self) -> int:
        """Bytes from one element to the next."""
        stride: int = self._child.stride
        return stride

    @overload
    def __getitem__(self, key: int | str) -> N: ...
    @overload
    def __getitem__(self, key: slice) -> Slice[N]: ...
    @in_c("array_item")
    def __getitem__(self, key: int | str | slice) -> N | Slice[N]:
        items: dict[int, N] = self._store  # by what they are called; by place where that is a name
        return items[key] if type(key) is int and key in items else self._find(key)

    def _find(self, key: int | str | slice) -> N | Slice[N]:
        child = self._child
        if isinstance(key, slice):
            return Slice(self, self._range(key))
        place = self._place_of(key)
        number = child.first + place
        items: dict[int, N] = self._store
        with making:
            if number not in items:
                offset = self._offset + place * child.stride
                parent, name = self._parent, f"{self._name}[{child.label(place)}]"
                items[number] = child.made(parent, name, self._space, offset)
            return items[number]

    def _place_of(self, key: int | str) -> int:
        """The number, from 0 on, of the element that is meant."""
        child, count = self._child, len(self)
        if child.index and isinstance(key, str):
            place: int = child.number_of(key)
            if place < 0:
                known = ", ".join(child.index)
                message = f"{self._where()}: [{shown(key)}] is none of {known}"
                raise MemoryIndexError(message, path=self._full_path())
            return place
        try:
            number = integer(key, f"an index is an integer{', a name' if child.index else ''} or a slice")
        except FieldTypeError as problem:
            raise self._placed_error(problem) from problem.__cause__
        place = number + count if number < 0 else number - child.first
        if not 0 <= place < count:
            ends = f", {child.label(0)} to {child.label(count - 1)}" if child.first else ""
            raise MemoryIndexError(
                f"{self._where()}: index {shown(number)} is outside of its {count} {self._noun}{ends}",
                path=self._full_path(),
            )
        return place

    def _range(self, key: slice) -> range:
        """The numbers, from 0 on, of a slice's elements; its ends are what the elements are called."""
        return places_of(self._slice(key), len(self), self._child.first)

    def _instead(self) -> str:
        return "an array: take an element, e.g. [0]" + (", or .read() all" if self._child.is_register else "")

    def __setitem__(self, key: slice, values: Iterable[int]) -> None:
        """As `array[2:5].write(values)`."""
        if not isinstance(key, slice):
            raise AccessError(
                f"{self._where()}: an element can't be replaced; write what it holds, e.g. [0].write(...)",
                path=self._full_path(),
            )
        self[key].write(values)

    def read(self) -> list[int]:
        """All bits of every register of the array, read in one call."""
        return self._read_part(range(len(self)))

    def write(self, values: Iterable[int]) -> None:
        """Writes all bits of every register of the array in one call, one value for each; or nothing.

        `values`: integers, or a contiguous buffer by the rules of memories.
        """
        self._write_part(range(len(self)), values)

    def __repr__(self) -> str:
        kind = self._child.kind.__name__
        return f"<{len(self)} {kind} at {self._where()}, stride {self._child.stride:#x}>"

    # -- in one call ----------------------------------------------------------------------------------------------

    def _read_part(self, part: range) -> list[int]:
        shape = self._readable_shape()
        order = part if part.step > 0 else part[::-1]
        code, done, words = self._sweep(order).read()
        if code:
            self._part_failed(code, "read", order[done])
        values = values_of(word_list(words), shape)
        return values if part.step > 0 else values[::-1]

    def _write_part(self, part: range, values: Any) -> None:
        shape = self._writable_shape()
        if part.step > 0 and shape.is_swept and not shape.is_wide:
            words = sweep_words(values, shape.width)
            if words is not None and len(words) == _SWEEP_WORD * len(part) and not self._is_collected():
                self._send(part, words)
                return
        given = self._listed(shape, values)
        if len(given) != len(part):
            raise self._wrong_count(len(part), len(given))
        self._write_numbers(shape, part, given, in_order=part.step > 0)

    def _write_numbers(
        self, shape: RegisterShape, part: Sequence[int], given: Sequence[Any], *, in_order: bool
    ) -> None:
        """`part`: the places of the elements; `in_order`: they can go in one call."""
        numbers = self._numbers(shape, part, given)
        if not in_order or not shape.is_swept or self._is_collected():
            for place, number in zip(part, numbers, strict=True):
                self._element(place).write(number)
            return
        self._send(part, _words_of(numbers, shape))

    def _is_collected(self) -> bool:
        return isinstance(self._space.attached(), CollectingBar)

    def _send(self, part: Sequence[int], words: Sequence[int]) -> None:
        code, done = self._sweep(part).write(words)
        if code:
            self._part_failed(code, "write", part[done])

    def _element(self, place: int) -> Any:
        return self[self._child.first + place]

    def _part_failed(self, code: int, action: str, index: int) -> None:
        path = self._full_path()
        raise exception_of(code, f"{action} of {path}{self._child.brackets(index)} ({self._space.name})", path)

    def _register_shape(self) -> RegisterShape:
        if not self._child.is_register:
            held = "memories" if self._child.is_memory else "blocks"
            raise AccessError(f"{self._where()} holds {held}; only an array of registers is read or written as a whole")
        shape: RegisterShape = self._child.shape
        return shape

    def _readable_shape(self) -> RegisterShape:
        shape = self._register_shape()
        if not shape.is_readable:
            raise AccessError(f"{self._where()} is write-only: none of its fields can be read", path=self._full_path())
        return shape

    def _writable_shape(self) -> RegisterShape:
        shape = self._register_shape()
        if not shape.is_writable:
            raise AccessError(
                f"{self._where()} is read-only: none of its fields can be written", path=self._full_path()
            )
        return shape

    def _listed(self, shape: RegisterShape, values: Any) -> Sequence[Any]:
        try:
            return numbers_of(values, shape.width)
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem) from problem.__cause__

    def _numbers(self, shape: RegisterShape, part: Sequence[int], given: Sequence[Any]) -> Sequence[int]:
        """All values at once, where each fits; else one by one, to tell which does not."""
        if shape.width in _CODES:
            try:
                return packed(_CODES[shape.width], given)
            except (TypeError, ValueError, OverflowError):
                pass
        return [self._fitting(shape, part[at], value) for at, value in enumerate(given)]

    def _fitting(self, shape: RegisterShape, index: int, value: Any) -> int:
        try:
            return fitting(value, shape.width)
        except (FieldValueError, FieldTypeError) as problem:
            path = self._full_path() + self._child.brackets(index)
            raise type(problem)(f"{path} ({self._space.name}): {problem}", path=path) from problem.__cause__

    def _wrong_count(self, needed: int, given: int) -> FieldValueError:
        return FieldValueError(
            f"{self._where()}: {needed} values are needed and {given} were given; nothing was written",
            path=self._full_path(),
        )

    def _sweep(self, part: Any) -> Sweep:
        """Prepared once for the whole array and its BAR."""
        if not part:
            return Sweep([])
        if self._child.shape.last or self._space.scopes.blocks:
            return self._prepared_each(part)
        if self._is_whole(part):
            bar = self._space.attached()
            if self._swept is None or self._swept[0] is not bar:
                self._swept = bar, self._prepared(part)
            return self._swept[1]
        return self._prepared(part)

    def _is_whole(self, part: Any) -> bool:
        return bool(part == range(len(self)))

    def _prepared(self, part: Any) -> Sweep:
        offset, stride = self._offset + part.start * self._child.stride, part.step * self._child.stride
        return Sweep([sweep_row(self._child.shape, self._space.attached(), offset, stride, len(part))])

    def _prepared_each(self, part: Any) -> Sweep:
        """Of registers that are remembered."""
        shape, bar, rows = self._child.shape, self._space.attached(), []
        for index in part:
            offset, path = self._offset + self._child.distance(index), self.path + self._child.brackets(index)
            memory = self._space.memory(offset, shape, path)
            rows.append(sweep_row(shape, bar, offset)._replace(memos=None if memory is None else memory.memos))
        return Sweep(rows)


class Slice(Sequence[N], Generic[N]):
    """Some elements of an array, in an order. Reads and writes of registers take one call."""

    __slots__ = ("_array", "_part")

    def __init__(self, array: Array[N], part: range) -> None:
        self._array, self._part = array, part

    def __len__(self) -> int:
        return len(self._part)

    @overload
    def __getitem__(self, key: int) -> N: ...
    @overload
    def __getitem__(self, key: slice) -> Slice[N]: ...
    def __getitem__(self, key: int | slice) -> N | Slice[N]:
        array = self._array
        if isinstance(key, slice):
            return Slice(array, self._part[array._slice(key)])
        try:
            place = self._part[integer(key, "an index is an integer or a slice")]
        except IndexError:
            raise MemoryIndexError(
                f"{array._where()}: index {shown(key)} is outside of the slice's {len(self)} elements",
                path=array._full_path(),
            ) from None
        except FieldTypeError as problem:
            raise array._placed_error(problem) from problem.__cause__
        element: N = array[array._child.first + place]
        return element

    def __iter__(self) -> Iterator[N]:
        first: int = self._array._child.first
        return (self._array[first + index] for index in self._part)

    def __repr__(self) -> str:
        return f"<{len(self)} of {self._array!r}>"

    def read(self) -> Any:
        """As the array's `read`, of these elements."""
        return self._array._read_part(self._part)

    def write(self, values: Any) -> None:
        """As the array's `write`, to these elements."""
        self._array._write_part(self._part, values)


def _words_of(numbers: Sequence[int], shape: RegisterShape) -> Sequence[int]:
    """The bus words of registers, one register after the other."""
    if not shape.is_wide:
        return numbers
    return [word for number in numbers for word in split_words(number, shape)]


def values_of(numbers: Sequence[int], shape: RegisterShape) -> list[int]:
    """Registers of one shape from their bus words, one register after the other."""
    count = shape.word_count
    if count == 1:
        return list(numbers)
    return [join_words(numbers[at : at + count], shape.access_width) for at in range(0, len(numbers), count)]
