"""Objects that stand for something outside of Python: a place on a card, an attached BAR, a loaded library."""

from __future__ import annotations

from typing import NoReturn

from hal.errors import FieldTypeError

__all__ = ["Uncopyable"]


class Uncopyable:
    """Base of what can't be copied or pickled: a second one would give back what the first one still uses."""

    __slots__ = ()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise FieldTypeError(f"{self!r} can't be copied or pickled: it stands for what this process has open")
