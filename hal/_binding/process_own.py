"""What is one process's own."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["ProcessOwn"]


class ProcessOwn:
    """Base of what holds a part of this process: copying or pickling it would part it from what it holds."""

    __slots__ = ()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"{self!r} is this process's own and can't be copied or pickled; open another one")
