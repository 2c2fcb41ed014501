"""Memories as the hardware has them: a model reads and sets their words, past every access policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from hal._binding import numbers_of
from hal.errors import AddressError, FieldTypeError, FieldValueError
from hal.registers.memory import MemoryIndexError
from hal.registers.numberless import Numberless
from hal.values import fitting, integer, integer_slice, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.emulator.modelling.storage import Storage
    from hal.errors import HalError
    from hal.registers.space import SpaceNumbers

__all__ = ["ModelMemory"]

_PIECE = 4096  # words that are read at once


class ModelMemory(Numberless, Sequence[int]):
    """A memory of `len(memory)` words of `width` bits, from the hardware's side. `size`: in bytes.

    Indices count words, negative ones from the end. Parts are lists of integers, and are set from integers, or from
    what has a buffer, such as bytes, low byte of a word first.
    """

    __slots__ = ("_offset", "_space", "_storage", "path", "size", "width")

    def __init__(self, storage: Storage, path: str, space: SpaceNumbers, offset: int, *, size: int, width: int) -> None:
        self._storage, self._space, self._offset = storage, space, offset
        self.path, self.size, self.width = path, size, width

    def __len__(self) -> int:
        return self.size * 8 // self.width

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> list[int]: ...
    def __getitem__(self, key: int | slice) -> int | list[int]:
        if isinstance(key, slice):
            return self._read(*self._span(key))
        return self._read(self._index(key), 1)[0]

    def __setitem__(self, key: int | slice, value: Any) -> None:
        if isinstance(key, slice):
            start, count = self._span(key)
            data = self._packed(value)
            if len(data) != count * self.width // 8:
                given = len(data) * 8 // self.width
                raise FieldValueError(
                    f"{self._where()}: the slice holds {count} words and {given} were given; nothing was written",
                    path=self.path,
                )
            self._put(start, data)
        else:
            self._put(self._index(key), self._packed([value]))

    def __iter__(self) -> Iterator[int]:
        for start in range(0, len(self), _PIECE):
            yield from self._read(start, min(_PIECE, len(self) - start))

    def read(self, start: int = 0, count: int | None = None) -> bytes:
        """`count` words from word `start` on (all to the end without it), as bytes."""
        first = integer(start, "a start is an integer", "")
        number = len(self) - first if count is None else integer(count, "a count is an integer", "")
        self._require(first, number)
        return self._storage.read(self._space, self._at(first), number * self.width // 8)

    def write(self, start: int, data: Iterable[int] | Any) -> None:
        """Sets words from word `start` on: integers, or what has a buffer."""
        self._put(integer(start, "a start is an integer"), self._packed(data))

    def __repr__(self) -> str:
        return f"<{self._where()}: {len(self)} words of {self.width} bits>"

    # -- how ------------------------------------------------------------------------------------------------------

    def _instead(self) -> str:
        return "a memory: take words of it, e.g. [0] or [0:4], or .read()"

    def _full_path(self) -> str:
        return f"{self._storage.name}.{self.path}"

    def _where(self) -> str:
        return self._full_path()

    def _at(self, word: int) -> int:
        return self._offset + word * self.width // 8

    def _require(self, start: int, count: int) -> None:
        if not 0 <= start <= len(self) or not 0 <= count <= len(self) - start:
            raise AddressError(
                f"{self._where()}: words {shown(start)} to {shown(start + count - 1)} are outside of its {len(self)}",
                path=self.path,
            )

    def _index(self, key: Any) -> int:
        number = integer(key, "an index is an integer or a slice", "")
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise MemoryIndexError(
                f"{self._where()}: index {shown(number)} is outside of its {len(self)} words", path=self.path
            )
        return place

    def _span(self, key: slice) -> tuple[int, int]:
        start, stop, step = integer_slice(key).indices(len(self))
        if step != 1:
            raise FieldValueError(f"{self._where()}: slices of a memory have step 1, not {step}", path=self.path)
        return start, max(0, stop - start)

    def _read(self, start: int, count: int) -> list[int]:
        step, data = self.width // 8, self.read(start, count)
        return [int.from_bytes(data[at : at + step], "little") for at in range(0, len(data), step)]

    def _packed(self, values: Any) -> bytes:
        try:
            step = self.width // 8
            return b"".join(
                fitting(value, self.width).to_bytes(step, "little") for value in numbers_of(values, self.width)
            )
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed(problem) from problem.__cause__

    def _placed(self, problem: FieldValueError | FieldTypeError) -> HalError:
        return type(problem)(f"{self._where()}: {problem}", path=self.path)

    def _put(self, start: int, data: bytes) -> None:
        self._require(start, len(data) * 8 // self.width)
        if data:
            self._storage.write(self._space, self._at(start), data)
