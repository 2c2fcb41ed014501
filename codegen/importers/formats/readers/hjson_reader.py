"""Hjson, and JSON, which is a part of it, with the place of every value.

Hjson: comments, keys and texts without quotes, commas that may be left out, texts of several lines.
Source: the syntax at hjson.github.io/syntax.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from codegen.importers.described.description import Origin
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Node", "parse_hjson"]

MAX_DEPTH = 64
MAX_VALUES = 4_000_000

_BLANK = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_APOSTROPHES = re.compile(r"'(?:[^'\\\n]|\\.)*'")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?=\s*(?:[,\]}\n]|#|//|/\*|$))")
_WORD = re.compile(r"(true|false|null)(?=\s*(?:[,\]}\n]|#|//|/\*|$))")
_KEY = re.compile(r"[^\s,:{}\[\]\"']+")
_WORDS = {"true": True, "false": False, "null": None}


class Node:
    """A value and where it starts. A mapping holds nodes by key, a list holds nodes."""

    __slots__ = ("origin", "value")

    def __init__(self, value: Any, origin: Origin) -> None:
        """Take a value: a dict or list of nodes, a text, a number, True, False or None."""
        self.value, self.origin = value, origin

    def get(self, key: str) -> Node | None:
        """Return the value of a key; None where there is none, or this is no mapping."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if isinstance(found, Node) else None

    def text(self, key: str, default: str = "") -> str:
        """Return a value as text; a number too, for those are often in quotes."""
        found = self.get(key)
        if found is None or found.value is None or isinstance(found.value, (dict, list)):
            return default
        return str(found.value).lower() if isinstance(found.value, bool) else str(found.value)

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the keys and values of a mapping; nothing of another value."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def all(self) -> list[Node]:
        """Return the values of a list; none of another value."""
        return self.value if isinstance(self.value, list) else []

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value


def parse_hjson(text: str, file: str) -> Node:
    """Return the value of a text. Raises MapError with the place of what is wrong."""
    return _Parser(text, file).document()


class _Parser:
    def __init__(self, text: str, file: str) -> None:
        self._text, self._file, self._at = text, file, 0
        self._line, self._line_start = 1, 0
        self._counted_to = 0
        self._depth = self._values = 0

    def document(self) -> Node:
        self._skip()
        is_bare = self._peek() not in {"{", "["} and bool(self._text[self._at :].strip())
        root = self._braceless() if is_bare else self._value()
        self._skip()
        if self._at < len(self._text):
            self._refuse(f"{self._peek()!r} after the end")
        return root

    def _braceless(self) -> Node:
        origin = self._origin()
        return Node(self._members("", {}), origin)

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _origin(self) -> Origin:
        breaks = self._text.count("\n", self._counted_to, self._at)
        if breaks:
            self._line += breaks
            self._line_start = self._text.rindex("\n", self._counted_to, self._at) + 1
        self._counted_to = self._at
        return Origin(self._file, self._line, self._at - self._line_start + 1)

    def _refuse(self, what: str) -> NoReturn:
        raise refuse(
            self._origin(), "hjson-syntax", f"not valid Hjson: {what}", "Check the brackets and quotes before."
        )

    def _value(self) -> Node:
        origin = self._origin()
        self._values += 1
        if self._values > MAX_VALUES:
            self._refuse(f"more than {MAX_VALUES} values")
        character = self._peek()
        if character == "{":
            return Node(self._nested(lambda: self._members("}", {})), origin)
        if character == "[":
            return Node(self._nested(self._list), origin)
        return Node(self._scalar(origin), origin)

    def _nested(self, read: Any) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"nested deeper than {MAX_DEPTH} levels")
        self._at += 1
        value = read()
        self._depth -= 1
        return value

    def _members(self, end: str, found: dict[str, Node]) -> dict[str, Node]:
        while True:
            self._skip()
            if self._peek() == end:
                self._at += len(end)
                return found
            if not self._peek():
                self._refuse("a { that is not closed" if end else "the end")
            key = self._key()
            self._skip()
            if self._peek() != ":":
                self._refuse(f"no : behind the key {key[:40]!r}")
            self._at += 1
            self._skip()
            if key in found:
                self._refuse(f"the key {key[:40]!r} is given twice")
            found[key] = self._value()
            self._comma()

    def _comma(self) -> None:
        self._skip()
        if self._peek() == ",":
            self._at += 1

    def _key(self) -> str:
        if self._peek() in {'"', "'"}:
            return self._quoted()
        match = _KEY.match(self._text, self._at)
        if match is None:
            self._refuse(f"{self._peek()!r} where a key is wanted")
        self._at = match.end()
        return match[0]

    def _list(self) -> list[Node]:
        found: list[Node] = []
        while True:
            self._skip()
            if self._peek() == "]":
                self._at += 1
                return found
            if not self._peek():
                self._refuse("a [ that is not closed")
            if self._peek() in {"}", ",", ":"}:
                self._refuse(f"{self._peek()!r} where a value is wanted")
            found.append(self._value())
            self._comma()

    def _scalar(self, origin: Origin) -> object:
        if self._text.startswith("'''", self._at):
            return self._lines(origin.column - 1)
        if self._peek() in {'"', "'"}:
            return self._quoted()
        if not self._peek() or self._peek() in {"}", "]", ",", ":"}:
            self._refuse(f"{self._peek() or 'the end'!r} where a value is wanted")
        match = _NUMBER.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            return float(match[0]) if re.search("[.eE]", match[0]) else self._integer(match[0])
        match = _WORD.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            return _WORDS[match[1]]
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        text = self._text[self._at : end].strip()
        self._at = end
        return text

    def _integer(self, text: str) -> int:
        value = numeral(text)
        if value is None:
            self._refuse(f"a number of {len(text)} digits")
        return value

    def _quoted(self) -> str:
        pattern = _STRING if self._peek() == '"' else _APOSTROPHES
        match = pattern.match(self._text, self._at)
        if match is None:
            self._refuse("a text that is not closed")
        inside = match[0][1:-1]
        if match[0][0] == "'":
            inside = inside.replace("\\'", "'").replace('"', '\\"')
        try:
            text: str = json.loads(f'"{inside}"', strict=False)
        except ValueError:
            self._refuse("an escape that is none")
        self._at = match.end()
        return text

    def _lines(self, indent: int) -> str:
        end = self._text.find("'''", self._at + 3)
        if end < 0:
            self._refuse("a text that is not closed")
        inside = self._text[self._at + 3 : end].replace("\r\n", "\n")
        self._at = end + 3
        inside = inside.lstrip(" \t")
        lines = inside.removeprefix("\n").split("\n")
        if not inside.startswith("\n"):
            lines[0] = lines[0].rjust(len(lines[0]) + indent)  # the first line stands behind the quotes
        cut = [line[indent:] if not line[:indent].strip() else line.lstrip() for line in lines]
        return "\n".join(cut).removesuffix("\n")
