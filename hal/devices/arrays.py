"""Many registers in one call: what the core needs to know of them, and arrays of registers as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding import CollectingBar, Sweep, exception_of, numbers_of, word_list
from hal.access.words import join_words, split_words
from hal.errors import AccessError, FieldTypeError, FieldValueError
from hal.registers.space import remembering
from hal.registers.sure_reads import sweep_row
from hal.values import fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hal.access.shape import RegisterShape
    from hal.registers.child import Child
    from hal.registers.node import Node

__all__ = ["read_array", "values_of", "write_array"]


def values_of(numbers: Sequence[int], shape: RegisterShape) -> list[int]:
    """Registers of one shape from their bus words, one register after the other."""
    count = shape.word_count
    if count == 1:
        return list(numbers)
    return [join_words(numbers[at : at + count], shape.access_width) for at in range(0, len(numbers), count)]


def read_array(array: Node, child: Child[Any]) -> list[int]:
    """All bits of every register of an array, in one call. `child`: its declaration."""
    shape = _register_shape(array, child)
    if not shape.is_readable:
        raise AccessError(f"{array._where()} is write-only: none of its fields can be read", path=array._full_path())
    code, done, words = _sweep(array, child).read()
    if code:
        raise exception_of(code, f"read of {array._full_path()}[{done}] ({array._space.name})", array._full_path())
    return values_of(word_list(words), shape)


def write_array(array: Any, child: Child[Any], values: Iterable[int]) -> None:
    """Writes all bits of every register, in one call; nothing when a value does not fit or their number is wrong.

    `values`: integers, or a contiguous buffer by the rules of memories (`hal._binding.bus.buffers`).
    """
    shape = _register_shape(array, child)
    if not shape.is_writable:
        raise AccessError(f"{array._where()} is read-only: none of its fields can be written", path=array._full_path())
    numbers = [_fitting(array, shape, index, value) for index, value in enumerate(_listed(array, shape, values))]
    if len(numbers) != len(array):
        raise FieldValueError(
            f"{array._where()}: {len(array)} values are needed and {len(numbers)} were given; nothing was written",
            path=array._full_path(),
        )
    if isinstance(array._space.attached(), CollectingBar):
        for index, number in enumerate(numbers):
            array[index].write(number)
        return
    with remembering:
        code, done = _sweep(array, child).write([word for number in numbers for word in split_words(number, shape)])
        for index in range(done if shape.last else 0):
            array._space.shadows[array._offset + index * child.stride] = numbers[index]
    if code:
        raise exception_of(code, f"write of {array._full_path()}[{done}] ({array._space.name})", array._full_path())


def _register_shape(array: Node, child: Child[Any]) -> RegisterShape:
    if not child.is_register:
        raise AccessError(f"{array._where()} holds blocks; only an array of registers is read or written as a whole")
    return child.shape


def _listed(array: Node, shape: RegisterShape, values: Any) -> Iterable[Any]:
    try:
        return numbers_of(values, shape.width)
    except (FieldValueError, FieldTypeError) as problem:
        raise array._placed_error(problem) from problem.__cause__


def _fitting(array: Node, shape: RegisterShape, index: int, value: Any) -> int:
    try:
        return fitting(value, shape.width)
    except (FieldValueError, FieldTypeError) as problem:
        path = f"{array._full_path()}[{index}]"
        raise type(problem)(f"{path} ({array._space.name}): {problem}", path=path) from problem.__cause__


def _sweep(array: Node, child: Child[Any]) -> Sweep:
    count = 1 if child.count is None else child.count
    return Sweep([sweep_row(child.shape, array._space.attached(), array._offset, child.stride, count)])
