"""A large text is written anew entry by entry: most of its entries are as they should be, and stay as they are.

To write one anew takes milliseconds a register. What an entry becomes follows from the keys that it stands below, so it
is written with these alone, and its lines are put back. Where pieces can't be told apart by lines, or do not fit
together, nothing comes out, and the text is written as a whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from codegen.schema.formatting.tidiness import is_tidy
from codegen.schema.key_order import DEVICE
from codegen.source.forms.usual_form import usual_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.schema.key_order import Shape

__all__ = ["by_pieces"]

_INDENT = 2
_SMALL = 30  # lines that are written anew as they are
_KEY = re.compile(r"( *)([A-Za-z0-9_][A-Za-z0-9_.-]*):(?: |$)")
_OPEN = re.compile(r" *[^ ]+:(?: +#.*)?")  # a key with its content below


class _NoPiecesError(Exception):
    """It can't be told where something begins and ends."""


class _Piece(NamedTuple):
    """A key and what stands below it, with the comments above it and the blank lines after it."""

    key: str
    above: list[str]
    lines: list[str]
    after: list[str]


def by_pieces(text: str, best: Callable[[str], str]) -> str | None:
    """Return a text with what is not tidy written anew by `best`; None where it has no pieces, or they don't fit."""
    data = usual_data(text)
    if data is None:
        return None
    writer = _Writer(best, _unused_word(text))
    try:
        lines = writer.mapping(text.split("\n"), (), DEVICE)
    except _NoPiecesError:
        return None
    after = "\n".join(lines)
    # Every piece that was written anew has its data and its comments; here is whether they are one map.
    return after if is_tidy(after) and usual_data(after) == data else None


class _Writer:
    def __init__(self, best: Callable[[str], str], word: str) -> None:
        self._best, self._word = best, word
        self._taken = 0

    def mapping(self, lines: Sequence[str], parents: tuple[str, ...], shape: Shape | None) -> list[str]:
        """Return the lines of a mapping's content, large parts by themselves."""
        head, pieces = _pieces(lines)
        if shape is not None and not shape.keys:  # names, which have no order
            written = [*head]
            for piece in pieces:
                written += [*piece.above, *self._entry(piece, parents, shape.of(piece.key)), *piece.after]
            return written
        inner: dict[str, list[str]] = {}
        rest = [*head]
        for piece in pieces:
            rest += piece.above
            if len(piece.lines) > _SMALL and _OPEN.fullmatch(piece.lines[0]):
                mark = f"{self._word}{self._taken}"
                self._taken += 1
                inner[mark] = self._entry(piece, parents, None if shape is None else shape.of(piece.key))
                rest.append(f"{' ' * _INDENT * len(parents)}{piece.key}: {mark}")
            else:
                rest += piece.lines
            rest += piece.after
        return _put_back(self._anew(rest, parents), inner)

    def _entry(self, piece: _Piece, parents: tuple[str, ...], shape: Shape | None) -> list[str]:
        if len(piece.lines) <= _SMALL or shape is None or not _OPEN.fullmatch(piece.lines[0]):
            return self._anew(piece.lines, parents)
        if "#" in piece.lines[0]:  # would be behind what stands for its content
            raise _NoPiecesError
        first, *_ = self._anew([f"{piece.lines[0]} {{}}"], parents)
        return [first.removesuffix(" {}"), *self.mapping(piece.lines[1:], (*parents, piece.key), shape)]

    def _anew(self, lines: list[str], parents: tuple[str, ...]) -> list[str]:
        """Return lines that stand below these keys as they should be."""
        if not any(line.strip() for line in lines):
            return lines
        above = [f"{' ' * _INDENT * depth}{key}:" for depth, key in enumerate(parents)]
        ends = len(lines)
        while not lines[ends - 1].strip():
            ends -= 1
        text = "\n".join([*above, *lines[:ends], ""])
        if not is_tidy(text):
            text = self._best(text)
        found = text.split("\n")[:-1]
        if found[: len(above)] != above:
            raise _NoPiecesError
        return [*found[len(above) :], *lines[ends:]]


def _pieces(lines: Sequence[str]) -> tuple[list[str], list[_Piece]]:
    """Return what stands above the first key of a mapping, and its keys."""
    starts = [number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    found = _KEY.match(lines[starts[0]]) if starts else None
    if found is None:
        raise _NoPiecesError
    pad = found[1]
    keys: list[tuple[int, str]] = []
    for number in starts:
        line = lines[number]
        if line.startswith(pad + " "):
            continue
        found = _KEY.match(line)
        if found is None or found[1] != pad:
            raise _NoPiecesError
        keys.append((number, found[2]))
    firsts = [_first_comment(lines, number, pad) for number, _ in keys]
    pieces: list[_Piece] = []
    for place, (number, key) in enumerate(keys):
        end = firsts[place + 1] if place + 1 < len(firsts) else len(lines)
        last = end
        while not lines[last - 1].strip():
            last -= 1
        pieces.append(_Piece(key, list(lines[firsts[place] : number]), list(lines[number:last]), list(lines[last:end])))
    return list(lines[: firsts[0]]), pieces


def _first_comment(lines: Sequence[str], number: int, pad: str) -> int:
    """Return where the comments begin that stand above a key, as far as it does from the left."""
    while number > 0 and lines[number - 1].startswith(f"{pad}#"):
        number -= 1
    return number


def _put_back(lines: list[str], inner: dict[str, list[str]]) -> list[str]:
    """Return the lines with what is in the places of marks."""
    written: list[str] = []
    left = dict(inner)
    for line in lines:
        found = left.pop(line.rpartition(" ")[2], None)
        written += [line] if found is None else found
    if left:
        raise _NoPiecesError
    return written


def _unused_word(text: str) -> str:
    word = "piece"
    while word in text:
        word += "s"
    return word
