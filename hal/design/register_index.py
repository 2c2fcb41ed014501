"""The registers of a driver by path, kept for what goes through all of them: snapshots."""

from __future__ import annotations

import re
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.design.walk import runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.registers.child import Child
    from hal.registers.space import SpaceNumbers

__all__ = ["Indexed", "RegisterIndex", "index_of", "without_indices"]

_INDEX = re.compile(r"\[\w+\]")
_FEW, _PARTS = 1000, 4


class Indexed(NamedTuple):
    """A register: declaration, PCI function and BAR, offset in bytes, all bits, path without indices: ch[].level.

    `number`: which of those that are declared it is.
    """

    child: Child[Any]
    space: SpaceNumbers
    offset: int
    mask: int
    place: str
    number: int = 0


class RegisterIndex:
    """Of one driver. Empty until `fill`: who asks for a single path goes without."""

    def __init__(self) -> None:
        self.registers: dict[str, Indexed] = {}
        self.layouts: dict[str, str] = {}  # by path without indices, as they were asked for

    def fill(self, children: Mapping[str, Child[Any]], home: SpaceNumbers, wanted: int) -> None:
        """Enters all registers, unless far fewer are wanted."""
        if self.registers:
            return
        found = [run for run in runs(children, home) if run.child.is_register]
        if sum(run.number for run in found) > _FEW + _PARTS * wanted:
            return
        registers = {}
        for run in found:
            place, mask = without_indices(run.name(0)), run.child.shape.mask
            for index in range(run.number):
                registers[run.name(index)] = Indexed(run.child, run.space, run.at(index), mask, place, index)
        self.registers = registers


_indices: weakref.WeakKeyDictionary[type[Any], RegisterIndex] = weakref.WeakKeyDictionary()


def index_of(driver: type[Any]) -> RegisterIndex:
    """The driver's index."""
    index = _indices.get(driver)
    return _indices.setdefault(driver, RegisterIndex()) if index is None else index


def without_indices(path: str) -> str:
    """ch[2].level as ch[].level."""
    return _INDEX.sub("[]", path) if "[" in path else path
