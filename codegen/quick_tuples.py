"""Named tuples of which large maps have hundreds of thousands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["quick"]

_Tuple = TypeVar("_Tuple", bound="tuple[Any, ...]")


def quick(kind: type[_Tuple]) -> Callable[[Iterable[Any]], _Tuple]:
    """Return what makes a named tuple of all its values in their order, in half the time of a call of its class.

    Nobody counts the values.
    """
    return cast("Callable[[Iterable[Any]], _Tuple]", partial(tuple.__new__, kind))
