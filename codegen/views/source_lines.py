"""Python source in lines of at most 120 columns. What is longer is broken where Python allows it.

A name alone may be longer still.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from codegen.views.literals import text_literal
from codegen.views.numbers import hexadecimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["INDENT", "MAX_COLUMNS", "Argument", "columns", "laid_out", "number", "plain", "text", "texts", "wrapped"]

MAX_COLUMNS = 120
INDENT = "    "

_NUMBER_BITS = 256
_WORD = re.compile(r"\s*\S+\s*|\s+")
_LONGEST_ESCAPE = len("\\U0001F600")


class Argument(NamedTuple):
    """An argument of a call: `key` is empty where it goes by position.

    `pieces` gives the source of its value in lines of at most so many columns, which then stand in parentheses.
    """

    key: str
    source: str
    pieces: Callable[[int], Iterable[str]] | None = None

    @property
    def line(self) -> str:
        """The whole argument on one line."""
        return f"{self.key}={self.source}" if self.key else self.source


def plain(source: str, key: str = "") -> Argument:
    """Return an argument that is never broken."""
    return Argument(key, source)


def text(key: str, value: str) -> Argument:
    """Return a text, which may become several that Python joins."""
    return Argument(key, text_literal(value), lambda width: _text_pieces(value, width))


def texts(key: str, values: Sequence[str]) -> Argument:
    """Return a tuple of texts."""
    literals = [text_literal(value) for value in values]
    source = f"({', '.join(literals)}{',' if len(literals) == 1 else ''})"
    return Argument(key, source, lambda _width: [f"{literal}," for literal in literals])


def number(key: str, value: int) -> Argument:
    """Return a number in hexadecimal; one of a very wide register may become several that are joined by |."""
    return Argument(key, hexadecimal(value), lambda _width: _number_pieces(value))


def laid_out(head: str, arguments: Sequence[Argument], indent: str, tail: str = "") -> str:
    """Return what stands between the parentheses behind `head`: on one line, else an argument a line."""
    line = ", ".join([argument.line for argument in arguments])
    if columns(f"{indent}{head}({line}){tail}") <= MAX_COLUMNS:
        return line
    inner = indent + INDENT
    lines = [part for argument in arguments for part in _argument_lines(argument, inner)]
    return "".join(f"\n{inner}{part}" for part in lines) + f"\n{indent}"


def _argument_lines(argument: Argument, indent: str) -> list[str]:
    if argument.pieces is None or columns(f"{indent}{argument.line},") <= MAX_COLUMNS:
        return [f"{argument.line},"]
    pieces = argument.pieces(MAX_COLUMNS - len(indent) - len(INDENT))
    return [f"{argument.key}=(", *(f"{INDENT}{piece}" for piece in pieces), "),"]


def columns(line: str) -> int:
    """Return how wide a line is; East Asian characters take two columns."""
    if line.isascii():
        return len(line)
    return len(line) + sum(unicodedata.east_asian_width(character) in "WF" for character in line)


def wrapped(line: str, width: int) -> list[str]:
    """Return a text that has single spaces only as lines of at most so many columns, where its words allow it."""
    if columns(line) <= width:
        return [line]
    lines = [""]
    for word in line.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _text_pieces(value: str, width: int) -> list[str]:
    pieces = [""]
    for word in _words(value, width):
        if pieces[-1] and columns(text_literal(pieces[-1] + word)) > width:
            pieces.append("")
        pieces[-1] += word
    return [text_literal(piece) for piece in pieces]


def _words(value: str, width: int) -> Iterable[str]:
    """Yield the words of a text with the spaces around them; parts of those that are longer than a line."""
    longest = width // _LONGEST_ESCAPE
    for word in _WORD.findall(value):
        if columns(text_literal(word)) <= width:
            yield word
        else:
            yield from (word[start : start + longest] for start in range(0, len(word), longest))


def _number_pieces(value: int) -> list[str]:
    pieces: list[str] = []
    for low in reversed(range(0, value.bit_length(), _NUMBER_BITS)):
        part = value >> low & (1 << _NUMBER_BITS) - 1
        shift = f" << {low}" if low else ""
        pieces.append(f"{'| ' if pieces else ''}{hexadecimal(part)}{shift}")
    return pieces
