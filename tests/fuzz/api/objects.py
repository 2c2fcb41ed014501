"""Objects that are given where a number, a name or a buffer is expected, and do what they like when they are asked."""

from __future__ import annotations

import array
import ctypes
import mmap
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    Act = Callable[[], None]


class Boom(Exception):  # noqa: N818  (what an object raises of its own)
    """Must come out as it is."""


def _own(kind: type[Exception]) -> type[Exception]:
    return type(f"Own{kind.__name__}", (Boom, kind), {})


# What an object's own method may raise, and must come out; a TypeError becomes ours.
_KINDS = (ValueError, OverflowError, KeyError, MemoryError, ZeroDivisionError, AttributeError, BufferError)
RAISED = (Boom, *map(_own, _KINDS))
OWN_TYPE_ERROR = _own(TypeError)


class Index:
    """An integer that acts when it is asked for."""

    def __init__(self, value: Any, act: Act) -> None:
        self.value, self.act = value, act

    def __index__(self) -> int:
        self.act()
        number: int = self.value
        return number


class Late(Index):
    """An integer that is known only when it is asked for."""

    def __index__(self) -> int:
        self.act()
        number: int = self.value()
        return number


class Lying(Index):
    """Says that it is of another class, and is no number either."""

    @property
    def __class__(self) -> Any:
        return int

    @__class__.setter
    def __class__(self, kind: type) -> None:
        raise Boom


class Number(int):
    """An int by birth: nothing of what it overrides is asked."""

    def __index__(self) -> int:
        raise Boom

    __int__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __and__ = __rand__ = __or__ = __index__  # type: ignore[assignment]
    __lshift__ = __rlshift__ = __hash__ = __bool__ = __invert__ = __sub__ = __rsub__ = __str__ = __index__  # type: ignore[assignment]


class Unprintable:
    """No number, and nothing to show."""

    def __init__(self, act: Act) -> None:
        self.act = act

    def __repr__(self) -> str:
        self.act()
        raise Boom


class ShownAsHostile:
    """Its repr is a text that is none of the interpreter's own."""

    def __init__(self, act: Act) -> None:
        self.act = act

    def __repr__(self) -> str:
        self.act()
        return Name("hostile", self.act)


class Raises:
    """Raises when it is asked for a number."""

    def __init__(self, error: type[BaseException], act: Act) -> None:
        self.error, self.act = error, act

    def __index__(self) -> int:
        self.act()
        raise self.error("of the object itself")

    __float__ = __index__  # type: ignore[assignment]


class Dies:
    """Acts when it is dropped, which is in the middle of the call that it was given to."""

    def __init__(self, value: Any, act: Act) -> None:
        self.value, self.act = value, act

    def __index__(self) -> Any:
        return DyingNumber(self.value, self.act) if isinstance(self.value, int) else self.value

    def __del__(self) -> None:
        self.act()


class DyingNumber(int):
    """What an `__index__` may return, with a warning, and is dropped at once."""

    def __new__(cls, value: int, act: Act) -> Self:
        made = super().__new__(cls, value)
        made.act = act  # type: ignore[attr-defined]
        return made

    def __del__(self) -> None:
        self.act()  # type: ignore[attr-defined]


class Name(str):
    """A text that acts when it is compared or hashed."""

    __slots__ = ("act",)

    def __new__(cls, text: str, act: Act) -> Self:
        made = super().__new__(cls, text)
        made.act = act  # type: ignore[attr-defined]
        return made

    def __eq__(self, other: object) -> bool:
        self.act()  # type: ignore[attr-defined]
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        self.act()  # type: ignore[attr-defined]
        return str.__hash__(self)

    def __len__(self) -> int:
        return -1  # noqa: PLE0303  (so much is it worth)

    def __format__(self, how: str) -> str:
        self.act()  # type: ignore[attr-defined]
        raise Boom


class Values:
    """An iterable that acts between its items, and may lie on their number."""

    def __init__(self, values: list[Any], act: Act, said: Any) -> None:
        self.values, self.act, self.said = values, act, said

    def __iter__(self) -> Iterator[Any]:
        for place, value in enumerate(self.values):
            if place == len(self.values) // 2:
                self.act()
            yield value

    def __len__(self) -> int:
        count: int = self.said
        return count

    def __length_hint__(self) -> int:
        count: int = self.said
        return count


class EmptiesItself(Index):
    """The item of a list that empties the list when it is asked for."""

    def __init__(self, value: int, act: Act, home: list[Any]) -> None:
        super().__init__(value, act)
        self.home = home

    def __index__(self) -> int:
        self.home.clear()
        return super().__index__()


def good_integer(rng: random.Random, value: int, act: Act, last: Act) -> Any:
    """An object that is this integer. `last`: what it does when it is dropped."""
    kind = rng.randrange(6)
    if kind == 0:
        return Index(value, act)
    if kind == 1:
        return Number(value)
    if kind == 2:
        return Dies(value, last)
    if kind == 3:
        return Index(Number(value), act)
    return value if kind == 4 else Lying(value, act)


def bad_integer(rng: random.Random, act: Act, last: Act) -> Any:
    """An object that is no integer at all, or raises. `last`: what it does when it is dropped."""
    made = (
        lambda: Raises(rng.choice(RAISED), act),
        lambda: Raises(OWN_TYPE_ERROR, act),
        lambda: Index(rng.choice(["x", None, 1.5, object()]), act),
        lambda: Unprintable(act),
        lambda: ShownAsHostile(act),
        lambda: Name("x", act),
        lambda: Dies("x", last),
        lambda: rng.choice(NO_INTEGERS),
    )
    return rng.choice(made)()


def huge_integer(rng: random.Random, act: Act) -> Any:
    """An integer that fits nowhere."""
    value = rng.choice([1 << 96, -1 << 64, 1 << 200, -(1 << 5000), (1 << 128) - 1])
    return rng.choice([value, Index(value, act), Number(value)])


NO_INTEGERS: tuple[Any, ...] = (
    None, 0.0, 1.5, float("nan"), float("inf"), "1", b"1", "", (), [], {}, object(), 1j, Decimal(1), Fraction(3, 2), int,
    ..., NotImplemented, len,
)  # fmt: skip


def buffer_of(rng: random.Random, data: bytes, step: int) -> tuple[Any, Act]:
    """A buffer of words of `step` bytes, and what changes its size, which Python refuses where something holds it."""
    kind = rng.randrange(6)
    if kind == 0:
        own = bytearray(data)
        return own, own.clear
    if kind == 1:
        words = array.array({1: "B", 4: "I", 8: "Q"}[step], data)
        return words, lambda: words.extend(words)
    if kind == 2 and data:
        mapped = mmap.mmap(-1, len(data))
        mapped[:] = data
        return mapped, mapped.close
    if kind == 3 and data:
        room = (ctypes.c_ubyte * len(data)).from_buffer_copy(data)

        def resize() -> None:
            ctypes.resize(room, 4 * len(data))
            ctypes.memset(ctypes.addressof(room) + len(data), 0, 3 * len(data))

        return room, resize
    if kind == 4:
        under = bytearray(data)
        view = memoryview(under)
        return view, view.release
    return bytearray(data), lambda: None
