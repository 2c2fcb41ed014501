"""The names of constants: in capitals, `_` between steps, and none of two things."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

from codegen.views.names.identifiers import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codegen.model.blocks.numbering import Axis
    from codegen.model.tree import Dimension
    from codegen.views.names.identifiers import Dialect

__all__ = ["Constant", "ConstantNames", "Part", "joined", "upper_snake"]

Form = Literal["number", "named", "address", "bits", "real", "list"]
_CAMEL_STEP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Constant(NamedTuple):
    """`bits` is the width of a "bits" constant, `dimensions` the arrays an address is in. `real`: of a "real".

    `axis`: the array of fields of which it is the first element's; each next one lies so many bits higher. `values`: of
    a "list", each of `bits` bits.
    """

    name: str
    form: Form
    value: int
    bits: int = 0
    dimensions: tuple[Dimension, ...] = ()
    real: float = 0
    comment: str = ""
    unknown: int = 0
    axis: Axis | None = None
    values: tuple[int, ...] = ()


Part = tuple[Constant, ...]


@lru_cache(1 << 14)  # each name is the start of many
def upper_snake(name: str) -> str:
    """Return a snake_case or CamelCase name in capitals, with single underscores between words."""
    words = _CAMEL_STEP.sub("_", name).upper()
    if "__" in words:
        words = re.sub("__+", "_", words)
    return words.strip("_")


def joined(*steps: str) -> str:
    """Return several such names as one."""
    return "_".join(filter(None, map(upper_snake, steps)))


_Taken = tuple[str, "tuple[Part, ...]", "Callable[[], Iterable[str]]", str]
"""Names that are taken together: a stem, parts below it, what has each of them, and how an error calls a single one."""


class ConstantNames:
    """The names of constants, which are in capitals, and of types, which are in small letters.

    Names that are written as they are, are looked at all together: nothing has to be told of most maps.
    """

    def __init__(self, device: str, dialect: Dialect, prefix: str) -> None:
        self._scope, self.prefix = Scope(dialect, device, prefix), prefix
        self._taken: list[_Taken] = []

    def take(self, owner: str, *steps: str) -> str:
        """Return the name of a constant, of what its steps are called."""
        return self._take(owner, joined(*steps))

    def _take(self, owner: str, name: str, shown: str = "") -> str:
        if not self._scope.is_as_is:
            return self._scope.take(owner, name, shown)
        self._taken.append(("", ((Constant(name, "named", 0),),), lambda: [owner], shown))
        return name

    def take_group(
        self, stem: str, parts: tuple[Part, ...], owners: Callable[[], Iterable[str]]
    ) -> tuple[tuple[Part, ...], str]:
        """Return parts as they are named below a stem, and what of the stem is to stand before each name.

        `owners`: gives one for each of their constants.
        """
        if self._scope.is_as_is:
            self._taken.append((stem, parts, owners, ""))
            return parts, stem
        owner = iter(owners())
        named = (
            tuple(Constant._make((self._scope.take(next(owner), stem + name), *rest)) for name, *rest in part)
            for part in parts
        )
        return tuple(named), ""

    def take_type(self, enum: str) -> str:
        """Types are in small letters, and so apart from constants, where a language has case."""
        name = upper_snake(enum).lower()
        return self._take(f"enum {enum}", name, f"a type {self.prefix.lower()}{name}")

    def refuse(self, first: str, second: str, name: str) -> NoReturn:
        """Raise the ValueError of two things that would have one name, or that of two before them."""
        self.settle()
        self._scope.refuse(first, second, name)

    def settle(self) -> None:
        """Raise the ValueError of the first name that two things would have, of all that are taken by now."""
        every = [stem + constant[0] for stem, parts, _, _ in self._taken for part in parts for constant in part]
        if len(set(every)) == len(every):
            return
        for stem, parts, owners, shown in self._taken:
            names = [stem + constant.name for part in parts for constant in part]
            for name, owner in zip(names, owners(), strict=True):
                self._scope.take(owner, name, shown)
