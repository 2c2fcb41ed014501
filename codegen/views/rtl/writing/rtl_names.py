"""Names inside of a generated module: read like the map's paths, and no two things share one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.views.names.reserved_words import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["WORDS", "Signals", "member"]

_LOCAL = ("next_", "sum_")
"""What variables inside of a block begin with, before the name of a field."""

_DERIVED = re.compile(
    r"_(?:(?:rd|wr|held|word)\d*|try|keys|begun|first|spent|last|hit|read|ram|addr|rd_data|hw_data|unused)$"
)
"""What signals end with that belong to a register, a memory or a field."""


WORDS = RESERVED["systemverilog"] | RESERVED["c"] | {"far", "huge", "interrupt", "near", "pascal"}
"""Words of the language, and those of C++, of which Verilator warns because its models are C++."""


def member(name: str) -> str:
    """Return what a child or a field of a map is called in a structure."""
    return f"{name}_" if name in WORDS else name


class Signals:
    """The names of a module, or of a package.

    They are no interface, so where two paths would give one name, or it is a word of the language, more underscores
    tell them apart.
    """

    def __init__(self, own: Iterable[str], *, is_package: bool = False) -> None:
        """Take the names that a module has whatever its map says; in a package none is made of others."""
        self._is_derived = (lambda _name: False) if is_package else _is_derived
        self._taken = set(own) | WORDS
        self._stems: set[str] = set()

    def take(self, *steps: str) -> str:
        """Return a name of a path's steps that nothing else has."""
        gap = "_"
        while (name := gap.join(steps)) in self._taken or (len(gap) == 1 and self._is_derived(name)):
            gap += "_"
            if len(steps) == 1:
                steps = (steps[0] + "_",)
        self._taken.add(name)
        return name

    def take_stem(self, *steps: str) -> str:
        """Return what names of several signals begin with."""
        name = "_".join(steps)
        while name in self._stems:
            name += "_"
        self._stems.add(name)
        return name


def _is_derived(name: str) -> bool:
    return name.startswith(_LOCAL) or _DERIVED.search(name) is not None
