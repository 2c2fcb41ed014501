"""Many registers in one call: what the core needs to know of them, and register arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding import CollectingBar, Sweep, SweepRow, exception_of, word_list
from hal.access.words import is_torn, join_words, split_words
from hal.errors import AccessError, FieldTypeError, FieldValueError
from hal.kinds import UNSIGNED
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hal._binding import Bar
    from hal.registers.block import Array

__all__ = ["read_array", "sweep_row", "write_array"]


def sweep_row(kind: type[Register], bar: Bar, offset: int, stride: int = 0, count: int = 1) -> SweepRow:
    """`count` registers of a class, from `offset` on."""
    step = kind._access_width
    stable = kind._width > step and is_torn(kind, (1 << kind._width) - 1)
    return SweepRow(bar, offset, stride, count, step, kind._width // step, kind._words == "high-first", stable)


def read_array(array: Array[Any]) -> list[int]:
    """All bits of every register, in one call."""
    kind = _register_kind(array)
    if not kind._is_readable():
        raise AccessError(f"{array._where()} is write-only: none of its fields can be read", path=array._full_path())
    code, done, words = _sweep(array, kind).read()
    if code:
        raise exception_of(code, f"read of {array._full_path()}[{done}] ({array._space.name})", array._full_path())
    count, values = kind._width // kind._access_width, word_list(words)
    if count == 1:
        return values
    return [join_words(values[at : at + count], kind._access_width) for at in range(0, len(values), count)]


def write_array(array: Array[Any], values: Iterable[int]) -> None:
    """Writes all bits of every register, in one call; nothing when a value does not fit or their number is wrong."""
    kind = _register_kind(array)
    if not kind._is_writable():
        raise AccessError(f"{array._where()} is read-only: none of its fields can be written", path=array._full_path())
    numbers = [_fitting(array, kind, index, value) for index, value in enumerate(values)]
    if len(numbers) != len(array):
        raise FieldValueError(
            f"{array._where()}: {len(array)} values are needed and {len(numbers)} were given; nothing was written",
            path=array._full_path(),
        )
    if isinstance(array._space.attached(), CollectingBar):
        for index, number in enumerate(numbers):
            array[index].write(number)
        return
    code, done = _sweep(array, kind).write([word for number in numbers for word in split_words(number, kind)])
    for index in range(done if kind._last else 0):
        array._space.shadows[array._offset + index * array.stride] = numbers[index]
    if code:
        raise exception_of(code, f"write of {array._full_path()}[{done}] ({array._space.name})", array._full_path())


def _register_kind(array: Array[Any]) -> type[Register]:
    kind: type[Any] = array._child.kind
    if not issubclass(kind, Register):
        raise AccessError(f"{array._where()} holds blocks; only an array of registers is read or written as a whole")
    return kind


def _fitting(array: Array[Any], kind: type[Register], index: int, value: Any) -> int:
    try:
        return UNSIGNED.encode(value, kind._width)
    except (FieldValueError, FieldTypeError) as problem:
        path = f"{array._full_path()}[{index}]"
        raise type(problem)(f"{path} ({array._space.name}): {problem}", path=path) from None


def _sweep(array: Array[Any], kind: type[Register]) -> Sweep:
    return Sweep([sweep_row(kind, array._space.attached(), array._offset, array.stride, len(array))])
