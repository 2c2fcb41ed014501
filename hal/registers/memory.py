"""Memories: ranges of words, moved in one C call and without a copy in Python."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from hal._binding import raise_code, room_of, words_of
from hal.access.choice import hold_window, in_c, open_window
from hal.errors import AccessError, AddressError, FieldTypeError, FieldValueError
from hal.registers.node import Node
from hal.registers.numberless import refusing
from hal.values import fitting, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hal._binding import Bar
    from hal.registers.space import Space

__all__ = [
    "BURST_READS",
    "WIDE_READS",
    "Memory",
    "MemoryBase",
    "MemoryIndexError",
    "ReadOnlyMemory",
    "ReadOnlyWideMemory",
    "WideMemory",
    "WriteOnlyMemory",
    "access_of",
    "bus_width_of",
]

_TYPECODES = {8: "B", 16: "H", 32: "I", 64: "Q"}
_BUS_WIDTHS = frozenset({8, 32, 64})
WIDE_READS, BURST_READS = 64, 512
"""Bits of the widest read: where nothing is said of a memory's accesses, and where it may be read in bursts."""

Words = TypeVar("Words", "array[int]", "list[int]")


def bus_width_of(width: int) -> int:
    """Bits of a bus access to words of `width` bits, where nothing else is said: theirs, or 32."""
    return width if width in _BUS_WIDTHS else 32


class MemoryBase(Node):
    """A memory of `len(memory)` words of `width` bits. Indices count words, negative ones from the end."""

    __slots__ = ("_bus", "_reads", "_size", "_width")

    _size: int
    _width: int
    _bus: int
    _reads: int  # bits of the widest access that reads

    @classmethod
    def _make(
        cls, parent: Node | None, name: str, space: Space, offset: int, size: int, width: int, bus: int, reads: int
    ) -> MemoryBase:
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        self._size, self._width, self._bus = size, width, bus
        self._reads = reads if space.prefetchable else bus
        hold_window(self, offset, len(self), width, bus, self._reads)
        return self

    @property
    def size(self) -> int:
        """In bytes."""
        return self._size

    @property
    def width(self) -> int:
        """Bits of a word: 8, 16, 32, 64, 128, 256 or 512."""
        return self._width

    @property
    def access_width(self) -> int:
        """Bits of one bus access: 8, 32 or 64. Wider words take several; narrower ones are parts of what it moves.

        `read_width` is what long reads take.
        """
        return self._bus

    @property
    def read_width(self) -> int:
        """Bits of one bus access in the middle of a long read: 8, 32, 64, or up to 512 through the mapping."""
        return self._reads

    def __len__(self) -> int:
        return self._size // (self._width // 8)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._where()}: {len(self)} words of {self._width} bits>"

    def _instead(self) -> str:
        return "a memory: take words of it, e.g. [0] or [0:4], or .read()"

    if not TYPE_CHECKING:  # what is refused must not type-check
        __bool__ = refusing("testing it")

    def _byte_offset(self, start: int, count: int) -> int:
        """Where words start..start+count lie; AddressError when not all of them are in the memory."""
        size = len(self)
        if not 0 <= start <= size or not 0 <= count <= size - start:
            raise AddressError(
                f"{self._where()}: words {shown(start)} to {shown(start + count - 1)} are outside of its {size} words",
                path=self._full_path(),
            )
        return self._offset + start * (self._width // 8)

    def _number(self, given: Any, noun: str) -> int:
        try:
            return integer(given, noun)
        except FieldTypeError as problem:
            raise self._placed_error(problem) from problem.__cause__

    def _index(self, key: int) -> int:
        number = self._number(key, "an index is an integer or a slice")
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise MemoryIndexError(
                f"{self._where()}: index {shown(number)} is outside of its {len(self)} words", path=self._full_path()
            )
        return place

    def _range(self, start: int, count: int | None) -> tuple[int, int]:
        first = self._number(start, "a start is an integer")
        return first, len(self) - first if count is None else self._number(count, "a count is an integer")

    def _span(self, key: slice) -> tuple[int, int]:
        start, stop, step = self._slice(key).indices(len(self))
        if step != 1:
            raise FieldValueError(
                f"{self._where()}: slices of a memory have step 1, not {step}", path=self._full_path()
            )
        return start, max(0, stop - start)

    def _source(self) -> Bar:
        """What is read from."""
        bar = self._space.for_bulk() if self._reads == BURST_READS else self._space.attached()
        open_window(self, bar, writing=False)
        return bar

    def _target(self) -> Bar:
        """What is written to."""
        bar = self._space.for_bulk()
        open_window(self, bar, writing=True)
        return bar

    def _failed(self, code: int, action: str, start: int, count: int) -> NoReturn:
        bar = self._source() if action == "read" else self._target()
        path, offset = self._full_path(), self._offset + start * (self._width // 8)
        raise_code(code, f"{path}: {bar.what(f'{action} of {count} words', offset, self._width)}", path)

    def _content(self, start: int, count: int) -> bytearray:
        """Words as bytes."""
        self._byte_offset(start, count)  # before there is room for what may be a mistake
        data = bytearray(count * (self._width // 8))
        self._read_into(start, data)
        return data

    def _read(self, start: int, count: int) -> Any:
        code = _TYPECODES.get(self._width)
        if code is None:
            data, step = self._content(start, count), self._width // 8
            return [int.from_bytes(data[at : at + step], "little") for at in range(0, len(data), step)]
        self._byte_offset(start, count)
        words: array[int] = array(code, bytes(count * (self._width // 8)))
        self._read_into(start, words)
        return words

    def _read_into(self, start: int, buffer: Any) -> None:
        try:
            room = room_of(buffer, self._width)
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem) from problem.__cause__
        with room:  # a traceback must not hold the caller's buffer
            size, place = room.count * (self._width // 8), self._byte_offset(start, room.count)
            code = self._source().read_bytes(place, room.data, size, self._bus, self._reads)
            if code:
                self._failed(code, "read", start, room.count)
            room.hand_over()

    def _write(self, start: int, data: Any, slots: int | None = None) -> None:
        """`slots`: how many words it has to be."""
        try:
            words, count = words_of(data, self._width)
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem) from problem.__cause__
        with words:
            if slots not in {None, count}:
                raise FieldValueError(
                    f"{self._where()}: the slice holds {slots} words and {count} were given; nothing was written",
                    path=self._full_path(),
                )
            size = count * (self._width // 8)
            code = self._target().write_bytes(self._byte_offset(start, count), words, size, self._bus)
        if code:
            self._failed(code, "write", start, count)

    def _word(self, value: Any) -> bytes:
        try:
            return fitting(value, self._width).to_bytes(self._width // 8, "little")
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem) from problem.__cause__

    def _assign(self, key: int | slice, value: Any) -> None:
        if isinstance(key, slice):
            start, count = self._span(key)
            self._write(start, value, count)
        else:
            self._write(self._index(key), self._word(value))

    def _fill(self, value: int, start: int, count: int) -> None:
        word, offset = self._word(value), self._byte_offset(start, count)
        if (self._width, self._bus) != (32, 32):  # what the library's own fill takes
            self._write(start, word * count)
            return
        code = self._target().fill_words(offset, int.from_bytes(word, "little"), count)
        if code:
            self._failed(code, "fill", start, count)


class MemoryIndexError(AddressError, IndexError):
    """An index outside of a memory or array."""


class _Reads(MemoryBase, Generic[Words]):
    __slots__ = ()

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> Words: ...
    @in_c("memory_item")
    def __getitem__(self, key: int | slice) -> int | Words:
        if isinstance(key, slice):
            words: Words = self._read(*self._span(key))
            return words
        word: int = self._read(self._index(key), 1)[0]
        return word

    def __iter__(self) -> Iterator[int]:
        """Reads the memory in pieces, so that a large one needs little room."""
        piece = 4096
        for start in range(0, len(self), piece):
            yield from self._read(start, min(piece, len(self) - start))

    def read(self, start: int = 0, count: int | None = None) -> Words:
        """`count` words from word `start` on (all to the end without it), as an array of unsigned integers.

        Words of more than 64 bits come as a list of them.
        """
        words: Words = self._read(*self._range(start, count))
        return words

    @in_c("memory_readinto")
    def readinto(self, buffer: Any, start: int = 0) -> None:
        """Fills a writable contiguous buffer (bytearray, array, numpy) with the words from `start` on.

        It is of bytes, low byte of a word first, or of integers that hold every word.
        """
        self._read_into(self._number(start, "a start is an integer"), buffer)


class _Writes(MemoryBase):
    __slots__ = ()

    @in_c("memory_set_item")
    def __setitem__(self, key: int | slice, value: int | Iterable[int] | Any) -> None:
        self._assign(key, value)

    @in_c("memory_write")
    def write(self, start: int, data: Iterable[int] | Any) -> None:
        """Writes words from word `start` on: a contiguous buffer of bytes (raw) or of integers, or other integers.

        Bytes lie as on the card, low byte first. Integers go by value; what does not fit a word, and what is neither
        (floats, text), is refused before anything is written. Signed ones of a word's width are in two's complement.
        """
        self._write(self._number(start, "a start is an integer"), data)

    def fill(self, value: int, start: int = 0, count: int | None = None) -> None:
        """Writes one value to `count` words from `start` on (all to the end without it)."""
        self._fill(value, *self._range(start, count))


class Memory(_Reads["array[int]"], _Writes):
    """Readable and writable, of words of up to 64 bits: parts of it are arrays."""

    __slots__ = ()


class WideMemory(_Reads["list[int]"], _Writes):
    """Readable and writable, of words of more bits: parts of it are lists."""

    __slots__ = ()


class _NeverWritten(MemoryBase):
    __slots__ = ()

    if not TYPE_CHECKING:

        def __setitem__(self, key, value):  # noqa: ANN001, ANN204
            raise AccessError(f"{self._where()} is read-only", path=self._full_path())


class ReadOnlyMemory(_Reads["array[int]"], _NeverWritten):
    """Readable; a write does not type-check, and is refused."""

    __slots__ = ()


class ReadOnlyWideMemory(_Reads["list[int]"], _NeverWritten):
    """As it, of words of more than 64 bits."""

    __slots__ = ()


class WriteOnlyMemory(_Writes):
    """Writable; a read is refused."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __getitem__(self, key):  # noqa: ANN001, ANN204
            raise AccessError(f"{self._where()} is write-only", path=self._full_path())


def access_of(kind: type[MemoryBase]) -> str:
    """The access policy of a memory class: rw, ro or wo."""
    if issubclass(kind, _Reads):
        return "rw" if issubclass(kind, _Writes) else "ro"
    return "wo"
