"""Paths such as "ch[2].level": the one reader of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hal.errors import FieldNameError
from hal.values import text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Step", "no_path", "steps_of"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STEP = re.compile(r"([^\[\]]*)((?:\[\w+\])*)")


class Step(NamedTuple):
    """A name, and the indices behind it: numbers, or names of elements."""

    name: str
    indices: tuple[int | str, ...]


def steps_of(path: str) -> Iterator[Step]:
    """The steps of a path; indices are decimal, 0x, 0b or 0o. FieldNameError where it is none."""
    for part in text(path, "a path is text such as ch[2].level").split("."):
        found = _STEP.fullmatch(part)
        words = found[2][1:-1].split("][") if found and found[2] else []
        try:
            indices = tuple(map(_index, words))
        except ValueError:
            found = None
        if found is None:
            raise no_path(path, part)
        yield Step(found[1], indices)


def _index(word: str) -> int | str:
    return word if _NAME.fullmatch(word) else int(word, 10 if word.isdecimal() else 0)


def no_path(path: str, part: str) -> FieldNameError:
    """The error of a part of a path that is no step."""
    return FieldNameError(
        f"{path!r} is no path: {part!r} is no name with whole numbers as indices, as in ch[2]", path=path
    )
