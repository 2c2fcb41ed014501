"""Offsets, widths and buffers, checked before C sees them.

A buffer's type says what its words are. Bytes (formats B, b, c) are raw: words as they lie on the card, low byte first.
Integers go by value: those of the word's width as they are, a negative one in two's complement; all others are
converted where they fit. What is neither is refused. `bindings/accel/memory.c` takes the first two without a copy.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from hal._binding.extension import ffi
from hal.errors import AddressError, FieldTypeError, FieldValueError, HalError
from hal.values import UNDONE, fitting, integer, named_kind, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

_BYTES = ffi.typeof("char[]")
_STEPS = {8: 1, 32: 4, 64: 8}
_WORD_STEPS = {width: width // 8 for width in (8, 16, 32, 64, 128, 256, 512)}  # of memories
_UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}  # array's codes by size in bytes
_RAW, _ORDERS, _SWAPPED = {"B", "b", "c"}, "@=<>!", (">", "!")
_NOUNS = {**dict.fromkeys("BHILQN", "uint"), **dict.fromkeys("bhilqn", "int"), **dict.fromkeys("efdg", "float")}


def checked_offset(value: Any) -> int:
    """Refuses what C would wrap."""
    given = integer(value, "an offset or count is an integer")
    if not 0 <= given < 1 << 64:
        raise AddressError(f"{shown(given)} is no offset or count: it must lie between 0 and 2**64 - 1")
    return given


def checked_width(width: Any) -> int:
    """Refuses what the bus has no access of."""
    given = integer(width, "a width is a number of bits")
    if given not in _STEPS:
        raise AddressError(f"the bus has no access of {shown(given)} bits; use 8, 32 or 64")
    return given


class Room:
    """Where words are read into: `data` as C sees it, for `count` words. A context manager: it lets the buffer go."""

    __slots__ = ("_target", "_words", "count", "data")

    def __init__(
        self, data: Any, count: int, words: array[int] | None = None, target: memoryview | None = None
    ) -> None:
        """`words`: what C fills where the integers of `target`, the caller's buffer, are wider than words."""
        self.data, self.count = data, count
        self._words, self._target = words, target

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        ffi.release(self.data)
        if self._target is not None:
            self._target.release()

    def hand_over(self) -> None:
        """Brings what was read to the caller's buffer, where it is not there."""
        if self._words is None or self._target is None:
            return
        values = array(_UNSIGNED[self._target.itemsize], self._words)
        if self._target.format.startswith(_SWAPPED):
            values.byteswap()
        with ffi.from_buffer(_BYTES, self._target, True) as room:
            ffi.memmove(room, values, len(room))


def words_of(data: Any, width: int) -> tuple[Any, int]:
    """Words of `width` bits as C sees them, to be used once, and their number: of a buffer, or of integers."""
    step = _WORD_STEPS.get(width) or _STEPS[checked_width(width)]
    view = _view_of(data)
    if view is None:
        return _whole(memoryview(_exactly(step, _listed(data), width)), step)
    try:
        lies = _lies_as_words(view, step)
        return _whole(view if lies else memoryview(_converted(view, data, width)), step)
    except HalError:
        view.release()  # a traceback must not hold the caller's buffer
        raise


def room_of(buffer: Any, width: int) -> Room:
    """Room for words of `width` bits in a writable buffer: bytes, or integers that hold every word."""
    step = _WORD_STEPS.get(width) or _STEPS[checked_width(width)]
    view = _view_of(buffer, writable=True)
    assert view is not None
    try:
        if _lies_as_words(view, step):
            return Room(*_whole(view, step, writable=True))
        if not _has_integers(view) or view.itemsize < step:
            use = f"uint{width}, or bytes" if step in _UNSIGNED else "bytes"
            raise FieldTypeError(f"{_named(buffer, view)} can't hold every {width}-bit word; use {use}")
        count = view.nbytes // view.itemsize
        words = array(_UNSIGNED[step], bytes(count * step))
        return Room(ffi.from_buffer(_BYTES, words, True), count, words, view)
    except HalError:
        view.release()
        raise


def numbers_of(data: Any, width: int) -> Sequence[Any]:
    """Numbers of `width` bits by the same rules, one by one; not yet checked to be integers that fit."""
    view = _view_of(data)
    if view is None:
        return _listed(data)
    with view:
        step = width // 8
        if view.itemsize == 1 and _code(view) in _RAW:
            raw = view.tobytes()
            _require_whole(len(raw), step)
            return [int.from_bytes(raw[at : at + step], "little") for at in range(0, len(raw), step)]
        values = _integers(view, data)
        return values if view.itemsize != step else [value & ((1 << width) - 1) for value in values]


def _view_of(buffer: Any, *, writable: bool = False) -> memoryview | None:
    """A view of a contiguous buffer; None for what is no buffer, if that may be."""
    kind = "writable, contiguous buffer (bytearray, array, numpy)" if writable else "contiguous buffer"
    undone = "" if writable else UNDONE
    try:
        view = memoryview(buffer)
    except TypeError:
        if not writable:
            return None
        raise FieldTypeError(f"a {kind} is needed, not {type(buffer).__name__}") from None
    except (BufferError, ValueError) as problem:
        raise FieldTypeError(f"a {kind} is needed; this {type(buffer).__name__} is none: {problem}{undone}") from None
    if writable and view.readonly:
        why = f"{type(buffer).__name__} is read-only"
    elif not view.c_contiguous:
        why = f"this {type(buffer).__name__} isn't contiguous: use a copy of it"
    else:
        return view
    view.release()
    raise FieldTypeError(f"a {kind} is needed; {why}{undone}")


def _whole(view: memoryview, step: int, *, writable: bool = False) -> tuple[Any, int]:
    _require_whole(view.nbytes, step, "" if writable else UNDONE)
    return ffi.from_buffer(_BYTES, view, writable), view.nbytes // step


def _require_whole(size: int, step: int, undone: str = UNDONE) -> None:
    if size % step:
        raise FieldValueError(f"a buffer of {size} bytes is no whole number of {8 * step}-bit words{undone}")


def _code(view: memoryview) -> str:
    """The letter of a buffer's format, or all of it where it has more."""
    return view.format[1:] if view.format[:1] in _ORDERS else view.format


def _has_integers(view: memoryview) -> bool:
    return _NOUNS.get(_code(view)) in {"uint", "int"} and view.itemsize in _UNSIGNED


def _lies_as_words(view: memoryview, step: int) -> bool:
    if view.itemsize == 1:
        return _code(view) in _RAW
    return view.itemsize == step and _has_integers(view) and not view.format.startswith(_SWAPPED)


def _named(data: Any, view: memoryview) -> str:
    """What a buffer is of, in words."""
    noun = _NOUNS.get(_code(view))
    what = f"{noun}{8 * view.itemsize}" if noun else f"format {shown(view.format)}"
    return f"{type(data).__name__} of {what}"


def _integers(view: memoryview, data: Any) -> Sequence[int]:
    """The values of a buffer of integers or booleans of any size and order. FieldTypeError for all else."""
    if _code(view) == "?":
        return [int(flag) for flag in array("B", map(bool, view.tobytes()))]
    if not _has_integers(view):
        raise FieldTypeError(f"{_named(data, view)} is neither bytes nor integers: convert it first{UNDONE}")
    code = _UNSIGNED[view.itemsize]
    values = array(code if _NOUNS[_code(view)] == "uint" else code.lower(), view.tobytes())
    if view.format.startswith(_SWAPPED):
        values.byteswap()
    return values


def _converted(view: memoryview, data: Any, width: int) -> array[int] | bytes:
    """Words from integers of another size or order."""
    step, values = width // 8, _integers(view, data)
    if isinstance(values, array) and values.itemsize == step:
        return array(_UNSIGNED[step], values.tobytes())  # in two's complement, as where nothing is converted
    return _exactly(step, list(values), width)


def _listed(data: Any) -> Sequence[Any]:
    """What can be gone through in an order: not text, sets or dicts."""
    if type(data) is list:
        return data[:]  # what an item does when it is asked may change the list
    if type(data) is tuple:
        return data
    try:
        items = None if isinstance(data, (str, dict, set, frozenset)) else iter(data)
    except TypeError:
        items = None
    if items is None:
        raise FieldTypeError(f"a buffer or an iterable of integers is needed, {named_kind(data)}{UNDONE}")
    return list(items)


def _exactly(step: int, values: Sequence[Any], width: int) -> array[int] | bytes:
    """Words of `step` bytes from integers that fit."""
    code = _UNSIGNED.get(step)
    if code is None:
        words = (_word(number, value, width) for number, value in enumerate(values))
        return b"".join(word.to_bytes(step, "little") for word in words)
    try:
        return array(code, values)
    except (TypeError, ValueError, OverflowError):
        return array(code, [_word(number, value, width) for number, value in enumerate(values)])


def _word(number: int, value: Any, width: int) -> int:
    given = integer(value, f"a buffer or an iterable of integers is needed: item {number} is an integer", UNDONE)
    try:
        return fitting(given, width)
    except FieldValueError:
        raise FieldValueError(f"item {number}, {shown(given)}, does not fit its {width}-bit words{UNDONE}") from None
