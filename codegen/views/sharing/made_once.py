"""What is made of a description, once for all who share it: registers of a large map share most of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["MadeOnce"]

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


class MadeOnce(Generic[_Item, _Made]):
    """A function whose results are kept by the identity of what they are of: to compare fields takes longer.

    It keeps these, too, so that no other object gets the id of one.
    """

    def __init__(self, make: Callable[[_Item], _Made]) -> None:
        self._make = make
        self._made: dict[int, tuple[_Item, _Made]] = {}

    def __call__(self, item: _Item) -> _Made:
        """Return what was made of this object; it is made where nothing was."""
        found = self._made.get(id(item))
        if found is None:
            found = self._made[id(item)] = item, self._make(item)
        return found[1]

    def of_all(self, items: Iterable[_Item]) -> list[_Made]:
        """Return what was or is made of each."""
        known = self._made
        return [known[id(item)][1] if id(item) in known else self(item) for item in items]
