"""How memories are declared, of words or of entries of one type: rings of descriptors, tables.

An entry is a block of registers in the memory. Many entries at once are records of numpy, which is imported when they
are first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, TypeVar, overload

from hal.devices.arrays import Array
from hal.errors import AccessError, FieldNameError, FieldTypeError, FieldValueError, HalError
from hal.registers.child import Child
from hal.registers.memory import (
    BURST_READS,
    WIDE_READS,
    Memory,
    MemoryBase,
    ReadOnlyMemory,
    ReadOnlyWideMemory,
    WideMemory,
    WriteOnlyMemory,
    access_of,
    bus_width_of,
)
from hal.registers.node import Node, no_such_name
from hal.values import fitting, integer, named_kind, shown

if TYPE_CHECKING:
    from hal.registers.space import Space

__all__ = ["Entries", "EntriesChild", "entries", "memory", "memory_ro", "memory_wo"]

B = TypeVar("B", bound=Node)
_PLAIN_BYTES = frozenset({1, 2, 4, 8})
_UNDONE = "; nothing was written"
_PlainWidth = Literal[8, 16, 32, 64]
_WideWidth = Literal[128, 256, 512]
_WORD_BITS = 64
_MEMORIES: dict[str, type[MemoryBase]] = {"rw": Memory, "ro": ReadOnlyMemory, "wo": WriteOnlyMemory}
_WIDE_MEMORIES: dict[str, type[MemoryBase]] = {**_MEMORIES, "rw": WideMemory, "ro": ReadOnlyWideMemory}


class Entries(Array[B]):
    """A memory of entries of one type, which are blocks: `dev.ring[5].address = 0x1000`.

    `read` and `write`, of all or of a slice, move numpy's records, in one burst: a column for each register, by its
    name in the map. `words` is the same memory as words.
    """

    __slots__ = ("_dtype", "_words")

    _words: Any
    _dtype: Any

    @classmethod
    def _over(cls, words: MemoryBase, entry: Child[Any]) -> Entries[Any]:
        self = object.__new__(cls)
        self._place(words._parent, words._name, words._space.without_cache(), words._offset)
        self._child, self._words, self._dtype = entry, words, None
        self._hold_store({})
        return self

    @property
    def words(self) -> MemoryBase:
        """The memory without its entries."""
        words: MemoryBase = self._words
        return words

    @property
    def size(self) -> int:
        """In bytes."""
        return self.words.size

    @property
    def dtype(self) -> Any:
        """Numpy's type of one entry. Registers of other sizes than 1, 2, 4 and 8 bytes are arrays of bus words."""
        if self._dtype is None:
            self._dtype = _layout(self._child.children, self._child.stride, _numpy())
        return self._dtype

    def _instead(self) -> str:
        return "a memory of entries: take one, e.g. [0], or .read() all"

    def read(self) -> Any:
        """All entries as a record array, from one burst."""
        return self._read_part(range(len(self)))

    def write(self, values: Any) -> None:
        """Writes all entries in one burst: a structured array, or a mapping of all columns for each entry.

        Columns are integers that fit their registers; else nothing is written. Bytes of no register become 0.
        """
        self._write_part(range(len(self)), values)

    def _read_part(self, part: range) -> Any:
        if access_of(type(self._words)) == "wo":
            raise AccessError(f"{self._where()} is write-only", path=self._full_path())
        numpy = _numpy()
        records = numpy.empty(len(part), self.dtype)
        if len(part):
            self._words.readinto(records.view(numpy.uint8), self._first_word(part))
        return records.view(numpy.recarray)

    def _write_part(self, part: range, values: Any) -> None:
        if access_of(type(self._words)) == "ro":
            raise AccessError(f"{self._where()} is read-only", path=self._full_path())
        start, numpy = self._first_word(part), _numpy()
        records = self._records(values, numpy)
        if len(records) != len(part):
            raise self._wrong_count(len(part), len(records))
        if len(part):
            self._words.write(start, records.view(numpy.uint8))

    def _first_word(self, part: range) -> int:
        if part.step != 1:
            raise FieldValueError(
                f"{self._where()}: slices of a memory have step 1, not {part.step}", path=self._full_path()
            )
        return part.start * self.stride * 8 // self.words.width

    def _records(self, values: Any, numpy: Any) -> Any:
        """The entries as they lie."""
        given = values if isinstance(values, numpy.ndarray) else self._from_mappings(values)
        if isinstance(given, numpy.ndarray):
            if given.ndim != 1 or given.dtype.names is None:
                self._refuse(FieldTypeError(f"a structured array of one dimension is needed, not {given.dtype}"))
            count, columns = len(given), {name: given[name] for name in given.dtype.names}
        else:
            count, columns = given
        missing = [name for name in self.dtype.names if name not in columns]
        unknown = [name for name in columns if name not in self.dtype.names]
        if unknown:
            raise no_such_name(self._where(), unknown[0], self.dtype.names, "register")
        if missing:
            raise FieldNameError(
                f"{self._where()}: {', '.join(missing)} must be given too: an entry is written whole{_UNDONE}",
                path=self._full_path(),
            )
        records = numpy.zeros(count, self.dtype)
        for name, column in columns.items() if count else ():
            self._fill(records[name], column, name, numpy)
        return records

    def _from_mappings(self, values: Any) -> tuple[int, dict[str, list[Any]]]:
        rows = None if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__") else list(values)
        if rows is None or not all(isinstance(row, Mapping) for row in rows):
            self._refuse(FieldTypeError(f"a structured array, or mappings are needed, {named_kind(values)}"))
        names = list(rows[0]) if rows else list(self.dtype.names)
        for number, row in enumerate(rows):
            if set(row) != set(names):
                self._refuse(FieldValueError(f"entry {number} has other columns than the first one"))
        return len(rows), {name: [row[name] for row in rows] for name in names}

    def _fill(self, into: Any, column: Any, name: str, numpy: Any) -> None:
        """Puts checked values into a column of the records; of an array or a wide register it has two dimensions."""
        if into.dtype.names is not None:  # a block
            given = numpy.asarray(column)
            if given.dtype != into.dtype or given.shape != into.shape:
                self._refuse(FieldTypeError(f"{name}: an array of {into.dtype} is needed"))
            into[...] = given
            return
        given = column if isinstance(column, numpy.ndarray) else self._objects(column, name, numpy)
        if given.shape != into.shape:
            self._refuse(FieldValueError(f"{name}: values of shape {into.shape} are needed, not {given.shape}"))
        if given.dtype.kind not in "iubO":
            self._refuse(FieldTypeError(f"{name}: integers are needed, not {given.dtype}"))
        width = 8 * into.dtype.itemsize
        if given.dtype.kind == "O":
            checked = [self._number_in(place, name, given[place], width) for place in numpy.ndindex(given.shape)]
            given = numpy.array(checked, into.dtype).reshape(into.shape)
        elif given.dtype.kind == "i" or given.dtype.itemsize > into.dtype.itemsize:
            wrong = numpy.argwhere((given < 0) | (given > (1 << width) - 1))
            if len(wrong):
                self._misfit(int(wrong[0][0]), name, given[tuple(wrong[0])].item(), width)
        into[...] = given

    def _objects(self, column: list[Any], name: str, numpy: Any) -> Any:
        try:
            return numpy.array(column, object)
        except ValueError:
            self._refuse(FieldValueError(f"{name}: rows of different lengths"))

    def _number_in(self, place: tuple[int, ...], name: str, value: Any, width: int) -> int:
        try:
            return fitting(integer(value, "a register's value is an integer", _UNDONE), width)
        except (FieldTypeError, FieldValueError):
            self._misfit(place[0], name, value, width)

    def _misfit(self, number: int, name: str, value: Any, width: int) -> NoReturn:
        self._refuse(FieldValueError(f"entry {number}: {name} = {shown(value)} is no value of {width} bits"))

    def _refuse(self, problem: FieldTypeError | FieldValueError) -> NoReturn:
        raise type(problem)(f"{self._where()}: {problem}{_UNDONE}", path=self._full_path())


class EntriesChild(Child[Any]):
    """A line that declares a memory with entries."""

    __slots__ = ()

    def made(self, parent: Node | None, name: str, space: Space, offset: int) -> Node:
        """The entries, over their memory."""
        words: Any = super().made(parent, name, space, offset)
        assert self.entry is not None
        return Entries._over(words, self.entry)


@overload
def memory(
    offset: int,
    size: int,
    *,
    width: _PlainWidth = 32,
    access_width: int | None = None,
    burst: bool = False,
    name: str = "",
    doc: str = "",
) -> Child[Memory]: ...
@overload
def memory(
    offset: int,
    size: int,
    *,
    width: _WideWidth,
    access_width: int | None = None,
    burst: bool = False,
    name: str = "",
    doc: str = "",
) -> Child[WideMemory]: ...
def memory(
    offset: int,
    size: int,
    *,
    width: int = 32,
    access_width: int | None = None,
    burst: bool = False,
    name: str = "",
    doc: str = "",
) -> Any:
    """A memory of `size` bytes in words of `width` bits: 8, 16, 32, 64, 128, 256 or 512.

    `access_width`: bits of one bus access, 8, 32 or 64. Not given, they are those of a word where the bus has such
    accesses, else 32; and in a BAR where reads change nothing, long reads take 64. `burst`: in such a BAR they take up
    to 512, through the mapping.
    """
    return _memory("rw", offset, size, _Words(width, access_width, burst), name, doc)


@overload
def memory_ro(
    offset: int,
    size: int,
    *,
    width: _PlainWidth = 32,
    access_width: int | None = None,
    burst: bool = False,
    name: str = "",
    doc: str = "",
) -> Child[ReadOnlyMemory]: ...
@overload
def memory_ro(
    offset: int,
    size: int,
    *,
    width: _WideWidth,
    access_width: int | None = None,
    burst: bool = False,
    name: str = "",
    doc: str = "",
) -> Child[ReadOnlyWideMemory]: ...
def memory_ro(
    offset: int,
    size: int,
    *,
    width: int = 32,
    access_width: int | None = None,
    burst: bool = False,
    name: str = "",
    doc: str = "",
) -> Any:
    """A memory that can only be read."""
    return _memory("ro", offset, size, _Words(width, access_width, burst), name, doc)


def memory_wo(
    offset: int, size: int, *, width: int = 32, access_width: int | None = None, name: str = "", doc: str = ""
) -> Child[WriteOnlyMemory]:
    """A memory that can only be written."""
    return _memory("wo", offset, size, _Words(width, access_width), name, doc)


def entries(
    kind: type[B],
    offset: int,
    *,
    count: int,
    stride: int,
    width: int = 32,
    access_width: int | None = None,
    burst: bool = False,
    access: str = "rw",
    name: str = "",
    doc: str = "",
) -> Child[Entries[B]]:
    """A memory of `count` entries of one type, `stride` bytes apart. `access`: rw, ro, wo.

    `width`, `access_width` and `burst`: as of `memory`.
    """
    entry: Child[Any] = Child(kind, offset, count=count, stride=stride)
    facts: Any = {"size": count * stride, **_Words(width, access_width, burst).facts, "entry": entry}
    return EntriesChild(_class_of(access, width), offset, **facts, name=name, doc=doc)


class _Words(NamedTuple):
    """The words of a memory as a line declares them."""

    width: int
    access_width: int | None
    burst: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """As a child has them."""
        bus = self.access_width or bus_width_of(self.width)
        reads = BURST_READS if self.burst else self.access_width or max(bus, WIDE_READS)
        return {"width": self.width, "access_width": bus, "reads": reads}


def _memory(access: str, offset: int, size: int, words: _Words, name: str, doc: str) -> Child[Any]:
    return Child(_class_of(access, words.width), offset, size=size, **words.facts, name=name, doc=doc)


def _class_of(access: str, width: int) -> type[MemoryBase]:
    return (_WIDE_MEMORIES if width > _WORD_BITS else _MEMORIES)[access]


def _numpy() -> Any:
    try:
        import numpy as np  # noqa: PLC0415  (a driver needs cffi alone)
    except ModuleNotFoundError:
        raise HalError("records of entries need numpy: pip install numpy, or use .words") from None
    return np


def _layout(children: Mapping[str, Child[Any]], size: int, numpy: Any) -> Any:
    """A block as numpy's structured type: columns by name, as they lie in so many bytes."""
    columns: list[tuple[str, Any, int]] = []
    for child in children.values():
        length = child.shape.width // 8 if child.is_register else child.kind._size
        one = _register_format(child) if child.is_register else _layout(child.children, length, numpy)
        if child.count is None:
            columns.append((child.name, one, child.offset))
        elif _is_dense(child, length):
            columns.append((child.name, (one, tuple(count for count, _ in child.dimensions)), child.offset))
        else:
            places = range(child.number)
            columns += ((f"{child.name}{_indices(child, at)}", one, child.offset + child.distance(at)) for at in places)
    names, formats, offsets = (list(column) for column in zip(*columns, strict=True))
    return numpy.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


def _is_dense(child: Child[Any], length: int) -> bool:
    """Whether elements follow each other, the last index counting fastest."""
    for count, stride in reversed(child.dimensions):
        if stride != length:
            return False
        length *= count
    return True


def _indices(child: Child[Any], place: int) -> str:
    """Places, whatever the elements are called."""
    row = child.row
    return f"[{place}]" if row is None else f"[{place // row.number}]{_indices(row, place % row.number)}"


def _register_format(child: Child[Any]) -> Any:
    shape = child.shape
    length = shape.width // 8
    if length in _PLAIN_BYTES and shape.endian == "little":
        return f"<u{length}"
    return f"<u{shape.word_bits // 8}", (shape.word_count,)
