"""Memories: ranges of words, moved in one C call and without a copy in Python."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, overload

from hal._binding import words_of
from hal.errors import AccessError, AddressError, FieldTypeError, FieldValueError
from hal.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hal.node import Space

__all__ = ["Memory", "MemoryBase", "ReadOnlyMemory", "WriteOnlyMemory"]

_TYPECODES = {8: "B", 32: "I", 64: "Q"}


class MemoryBase(Node):
    """A memory of `len(memory)` words of `width` bits. Indices count words, negative ones from the end."""

    __slots__ = ("_size", "_width")

    _size: int
    _width: int

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int, size: int, width: int) -> MemoryBase:
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        self._size, self._width = size, width
        return self

    @property
    def size(self) -> int:
        """In bytes."""
        return self._size

    @property
    def width(self) -> int:
        """Bits of a word: 8, 32 or 64."""
        return self._width

    def __len__(self) -> int:
        return self._size // (self._width // 8)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._where()}: {len(self)} words of {self._width} bits>"

    def _byte_offset(self, start: int, count: int) -> int:
        """Where words start..start+count lie; AddressError when not all of them are in the memory."""
        step = self._width // 8
        size = self._size // step
        if not 0 <= start <= size or not 0 <= count <= size - start:
            raise AddressError(
                f"{self._where()}: words {start} to {start + count - 1} are outside of its {size} words",
                path=self._full_path(),
            )
        return self._offset + start * step

    def _index(self, key: int) -> int:
        place = key + len(self) if key < 0 else key
        if not 0 <= place < len(self):
            raise MemoryIndexError(
                f"{self._where()}: index {key} is outside of its {len(self)} words", path=self._full_path()
            )
        return place

    def _span(self, key: slice) -> tuple[int, int]:
        start, stop, step = key.indices(len(self))
        if step != 1:
            raise FieldValueError(
                f"{self._where()}: slices of a memory have step 1, not {step}", path=self._full_path()
            )
        return start, max(0, stop - start)

    def _read(self, start: int, count: int | None) -> array[int]:
        span = len(self) - start if count is None else count
        offset = self._byte_offset(start, span)
        data: array[int] = array(_TYPECODES[self._width], bytes(span * (self._width // 8)))
        self._space.attached().read_into(offset, data, self._width)
        return data

    def _write(self, start: int, data: Any) -> None:
        """A buffer goes as it is; other iterables of integers become one first."""
        words, count = words_of(self._buffer(data), self._width)
        self._space.for_bulk_writes().write_words(self._byte_offset(start, count), words, count, self._width)

    def _buffer(self, data: Any) -> Any:
        try:
            memoryview(data).release()
        except TypeError:
            pass
        else:
            return data
        try:
            return array(_TYPECODES[self._width], data)
        except (OverflowError, ValueError):
            raise FieldValueError(
                f"{self._where()}: a value does not fit its {self._width}-bit words; nothing was written",
                path=self._full_path(),
            ) from None
        except TypeError:
            raise FieldTypeError(
                f"{self._where()}: a buffer or an iterable of integers is needed, not {type(data).__name__}",
                path=self._full_path(),
            ) from None

    def _assign(self, key: int | slice, value: Any) -> None:
        if isinstance(key, slice):
            start, count = self._span(key)
            buffer = self._buffer(value)
            with memoryview(buffer) as view:
                given = view.nbytes // (self._width // 8)
            if given != count:
                raise FieldValueError(
                    f"{self._where()}: the slice holds {count} words and {given} were given; nothing was written",
                    path=self._full_path(),
                )
            self._write(start, buffer)
        else:
            self._write(self._index(key), [value])

    def _fill(self, value: int, start: int, count: int | None) -> None:
        span = len(self) - start if count is None else count
        offset = self._byte_offset(start, span)
        if self._width == 32:  # noqa: PLR2004  (what the library's own fill takes)
            self._space.for_bulk_writes().fill(offset, value, span)
        else:
            self._write(start, [value] * span)


class MemoryIndexError(AddressError, IndexError):
    """An index outside of a memory or array."""


class _Reads(MemoryBase):
    __slots__ = ()

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> array[int]: ...
    def __getitem__(self, key: int | slice) -> int | array[int]:
        if isinstance(key, slice):
            return self._read(*self._span(key))
        return self._read(self._index(key), 1)[0]

    def __iter__(self) -> Iterator[int]:
        """Reads the memory in pieces, so that a large one needs little room."""
        piece = 4096
        for start in range(0, len(self), piece):
            yield from self._read(start, min(piece, len(self) - start))

    def read(self, start: int = 0, count: int | None = None) -> array[int]:
        """`count` words from word `start` on (all to the end without it), as an array of unsigned integers."""
        return self._read(start, count)

    def readinto(self, buffer: Any, start: int = 0) -> None:
        """Fills a writable contiguous buffer (bytearray, array, numpy) with the words from `start` on."""
        width = self._width
        data, count = words_of(buffer, width, writable=True)
        self._space.attached().read_words(self._byte_offset(start, count), data, count, width)


class _Writes(MemoryBase):
    __slots__ = ()

    def __setitem__(self, key: int | slice, value: int | Iterable[int] | Any) -> None:
        self._assign(key, value)

    def write(self, start: int, data: Iterable[int] | Any) -> None:
        """Writes words from word `start` on: any contiguous buffer, taken as it lies in memory, or integers."""
        self._write(start, data)

    def fill(self, value: int, start: int = 0, count: int | None = None) -> None:
        """Writes one value to `count` words from `start` on (all to the end without it)."""
        self._fill(value, start, count)


class Memory(_Reads, _Writes):
    """Readable and writable."""

    __slots__ = ()


class ReadOnlyMemory(_Reads):
    """Readable; a write does not type-check, and is refused."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __setitem__(self, key, value):  # noqa: ANN001, ANN204
            raise AccessError(f"{self._where()} is read-only", path=self._full_path())


class WriteOnlyMemory(_Writes):
    """Writable; a read is refused."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __getitem__(self, key):  # noqa: ANN001, ANN204
            raise AccessError(f"{self._where()} is write-only", path=self._full_path())
