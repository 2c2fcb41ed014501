"""Paths such as "ch[2].level", and patterns of them such as "ch[*].level": the one reader of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hal.errors import FieldNameError
from hal.values import text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PatternStep", "Step", "no_path", "pattern_steps", "steps_of"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STEP = re.compile(r"([^\[\]]*)((?:\[\w+\])*)")
_PATTERN_STEP = re.compile(r"([\w*?]+)((?:\[[\w*:]+\])*)")


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


class PatternStep(NamedTuple):
    """A name, in which * and ? may stand for letters, and the texts in brackets behind it: *, 2, 2:4, or a name."""

    name: str
    indices: tuple[str, ...]


def pattern_steps(pattern: str) -> Iterator[PatternStep]:
    """The steps of a pattern, with what is in brackets as it was written. FieldNameError where it is none."""
    for part in pattern.split("."):
        found = _PATTERN_STEP.fullmatch(part)
        if found is None:
            raise FieldNameError(
                f"{pattern!r} is no path: {part!r} is no name with indices, as in ch[*] or ch[2:4]", path=pattern
            )
        yield PatternStep(found[1], tuple(found[2][1:-1].split("][")) if found[2] else ())


def _index(word: str) -> int | str:
    return word if _NAME.fullmatch(word) else int(word, 10 if word.isdecimal() else 0)


def no_path(path: str, part: str) -> FieldNameError:
    """The error of a part of a path that is no step."""
    return FieldNameError(
        f"{path!r} is no path: {part!r} is no name with whole numbers as indices, as in ch[2]", path=path
    )
