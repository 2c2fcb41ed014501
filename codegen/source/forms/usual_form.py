"""Maps in their usual form, read line by line: several times as fast as by the events of a parser.

Usual are block mappings, lists of one line an item, scalars and flow collections without anchors, tags and escapes, and
texts in blocks. What is not sure to be read as a parser does is left to it: nothing is reported here, and nothing
guessed.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise
from typing import Any

from codegen.source.forms.plain_scalars import MAX_DEPTH, MAX_SCALAR, nodes_max, plain_value

__all__ = ["Repeated", "apart", "usual_data"]

_KEY = r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}"
_FIRST = r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=[0-9A-Za-z.]))"
# A line of the document: a key, if it has one, and what follows. All that differ are found at once.
_LINES = re.compile(rf"^( *)(?:({_KEY}):(?: +|$))?(.*)$", re.MULTILINE)
_PLAIN = re.compile(rf"({_FIRST}[^:#]*(?:(?::(?=[^ ])|(?<! )#)[^:#]*)*)(?: #.*)?")
_QUOTED = re.compile(r"(\"[^\"\\]*\"|'[^']*') *(?: #.*)?")
# In a flow collection fewer characters are sure to be of a scalar.
_IN_FLOW = rf"\"[^\"\\]*\" *|'[^']*' *|{_FIRST}[^,\[\]{{}}#?:]*(?::(?=[0-9A-Za-z_])[^,\[\]{{}}#?:]*)*"
_PAIR = rf" *({_KEY}): +({_IN_FLOW})"
_ONE_PAIR = re.compile(_PAIR)
_PAIRS = re.compile(rf"{_PAIR}[,}}]")
_FLAT = re.compile(rf"{{(?:{_PAIR},)*{_PAIR}}}")
_ENTRY = re.compile(rf" *({_KEY}): +(?:(?=[\[{{])|({_IN_FLOW})([,}}]))")
_ITEM = re.compile(rf" *(?:(?=[\[{{])|({_IN_FLOW})([,\]]))")
_NEXT = re.compile(r" *([,}\]])")
_REST = re.compile(r" *(?: #.*)?")
_OTHER_BREAKS = "\t\r\x85\u2028\u2029"
_BLOCKS = frozenset({"|", "|-", ">", ">-"})
_MAX_JOINED = 32
_MAX_LINES, _LINES_PER_VALUE = 1000, 8  # with more, a text holds little but line ends
_MISSING = object()


class Repeated(dict[str, object]):
    """A flow mapping of scalars: one object for all places of a text where it stands alike."""

    __slots__ = ()


def apart(data: Any) -> Any:
    """Return data in which each place has an object of its own; what is no `Repeated` stays the same object."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if type(value) is Repeated:
            data[key] = dict(value)
        elif isinstance(value, (dict, list)):
            apart(value)
    return data


class _UnusualError(Exception):
    """Something for the parser."""


def usual_data(text: str, *, shares: bool = False) -> dict[str, object] | None:
    """Return the data of a map's text, or None where it is of no usual form, or might exceed a limit.

    `shares`: flow mappings that are written alike are one object, a `Repeated`; nobody may change it.
    """
    text = text.replace("\r\n", "\n")
    values = sum(map(text.count, ":,-[{"))  # no value without one of these
    if (
        values >= nodes_max(text)
        or text.count("\n") > _MAX_LINES + _LINES_PER_VALUE * values
        or any(map(text.__contains__, _OTHER_BREAKS))
    ):
        return None
    try:
        return _Reader(text, shares=shares).read()
    except _UnusualError:
        return None


class _Reader:
    """The lines of a text, and where it is in them: what is being filled, and what is around that."""

    def __init__(self, text: str, *, shares: bool) -> None:
        self._text, self._shares = text, shares
        self._next = 0
        self._container: Any = {}
        self._indent = 0
        self._outer: list[tuple[int, Any]] = []
        self._pending: str | None = None  # a key whose value may follow below it
        # Words repeat; one object each, and one look-up instead of the patterns.
        self._scalars: dict[str, object] = {}
        self._keys: dict[str, str] = {}
        self._flat: dict[str, dict[str, object]] = {}
        self._pairs: dict[str, tuple[str, object]] = {}

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    def read(self) -> dict[str, object]:  # noqa: C901, PLR0912  (each line of a large map comes through here)
        top: dict[str, object] = self._container
        scalars, outer = self._scalars, self._outer
        container, indent, pending, start = self._container, self._indent, self._pending, self._start()
        for number, (depth, key, rest) in enumerate(map(self._parts_of_lines().__getitem__, self._lines)):
            if number < start:
                continue
            if not key:
                if rest:
                    self._container, self._indent, self._pending = container, indent, pending
                    start = self._keyless(depth, rest, number)
                    container, indent, pending = self._container, self._indent, self._pending
                continue
            if depth > indent:  # into the mapping of the key before this one
                if pending is None or len(outer) >= MAX_DEPTH - 2:
                    raise _UnusualError
                outer.append((indent, container))
                inner: dict[str, object] = {}
                container[pending] = inner
                container, indent = inner, depth
            elif depth < indent or type(container) is list:  # out to one that is open
                while outer and depth < indent:
                    indent, container = outer.pop()
                if type(container) is list:  # its items stood right below the key before this one
                    indent, container = outer.pop()
                if depth != indent:
                    raise _UnusualError
            if key in container:
                raise _UnusualError
            if not rest:
                container[key], pending = None, key
                continue
            pending = None
            value = scalars.get(rest, _MISSING)
            if value is _MISSING:
                self._indent, self._next = indent, number + 1
                value = self._value(rest)
                start = self._next
            container[key] = value
        if not top:
            raise _UnusualError
        return top

    def _parts_of_lines(self) -> dict[str, tuple[int, str, str]]:
        """Return how far each line is indented, its key and what follows that, comments apart: many lines repeat."""
        lines, keys = list(dict.fromkeys(self._lines)), self._keys
        found = _LINES.findall("\n".join(lines))
        parts = [
            (len(spaces), keys.setdefault(key, key), "" if rest[:1] == "#" else rest) for spaces, key, rest in found
        ]
        return dict(zip(lines, parts, strict=True))

    def _start(self) -> int:
        """Return the first line behind one of three dashes, before which there is nothing."""
        if "---" not in self._text or "---" not in self._lines:
            return 0
        first = self._lines.index("---")
        return 0 if any(map(str.strip, self._lines[:first])) else first + 1

    def _leave(self, depth: int) -> None:
        while self._outer and depth < self._indent:
            self._indent, self._container = self._outer.pop()

    def _enter(self, depth: int, inner: object) -> None:
        """Start the value of the key that waits for one."""
        if self._pending is None or len(self._outer) >= MAX_DEPTH - 2:
            raise _UnusualError
        self._outer.append((self._indent, self._container))
        self._container[self._pending] = inner
        self._indent, self._container = depth, inner
        self._pending = None

    def _keyless(self, depth: int, rest: str, number: int) -> int:
        """Take a line that starts with no key. Return the next one."""
        self._next = number + 1
        if rest.startswith("- "):
            self._item(depth, rest[1:].lstrip(" "))
        elif rest[0] not in "{[" or self._pending is None or depth <= self._indent:
            raise _UnusualError
        else:
            self._container[self._pending] = self._value(rest)
            self._pending = None
        return self._next

    def _item(self, depth: int, rest: str) -> None:
        if self._pending is not None and depth >= self._indent:
            self._enter(depth, [])
        self._leave(depth)
        if type(self._container) is not list or depth != self._indent or not rest:
            raise _UnusualError
        self._pending = None
        self._container.append(self._value(rest))

    def _value(self, rest: str) -> object:
        if len(rest) > MAX_SCALAR:
            raise _UnusualError
        if rest[0] in "{[":
            return self._flow(rest)
        if rest in _BLOCKS:
            return self._block(rest)
        found = (_QUOTED if rest[0] in "\"'" else _PLAIN).fullmatch(rest)
        if found is None:
            raise _UnusualError
        value = self._scalars[rest] = self._scalar(found[1])
        return value

    def _scalar(self, text: str) -> object:
        text = text.rstrip(" ")
        return text[1:-1] if text[0] in "\"'" else plain_value(text)

    def _word(self, text: str) -> object:
        """Return the value of a scalar in a flow collection."""
        value = self._scalars.get(text, _MISSING)
        if value is _MISSING:
            value = self._scalars[text] = self._scalar(text)
        return value

    def _flow(self, rest: str) -> object:
        known = self._flat.get(rest)
        found = self._flat_mapping(rest) if known is None else known
        if found is not None:
            return found if self._shares else found.copy()
        rest = self._joined(rest)
        value, end = self._collection(rest, 0, len(self._outer) + 1)
        if not _REST.fullmatch(rest, end):
            raise _UnusualError
        return value

    def _flat_mapping(self, rest: str) -> dict[str, object] | None:
        """Return a flow mapping of scalars on one line: most fields of large maps. None where it is none."""
        if rest[0] != "{" or rest[-1] != "}":
            return None
        pairs = self._pairs_of(rest)
        if pairs is None:
            return None
        value = Repeated(pairs) if self._shares else dict(pairs)
        if len(value) != len(pairs):
            raise _UnusualError
        if self._shares:
            self._scalars[rest] = value  # where it is found sooner
        self._flat[rest] = value
        return value

    def _pairs_of(self, rest: str) -> list[tuple[str, object]] | None:
        """Return keys and values of a flow mapping of scalars."""
        known, found = self._pairs, []
        for part in rest[1:-1].split(","):
            pair = known.get(part)
            if pair is None:
                match = _ONE_PAIR.fullmatch(part)
                if match is None:  # no mapping of scalars, or a comma is in one that is quoted
                    break
                pair = known[part] = self._keys.setdefault(match[1], match[1]), self._word(match[2])
            found.append(pair)
        else:
            return found
        if not _FLAT.fullmatch(rest):
            return None
        return [(self._keys.setdefault(key, key), self._word(word)) for key, word in _PAIRS.findall(rest)]

    def _joined(self, rest: str) -> str:
        """Return a flow collection with the lines that it goes on in."""
        for _ in range(_MAX_JOINED):
            if rest.count("{") + rest.count("[") <= rest.count("}") + rest.count("]"):
                return rest
            line = self._lines[self._next] if self._next < len(self._lines) else ""
            inner = line.strip(" ")
            if not inner or "#" in rest or "#" in inner or _depth(line) <= self._indent:
                raise _UnusualError
            rest = f"{rest.rstrip(' ')} {inner}"
            self._next += 1
        raise _UnusualError

    def _collection(self, text: str, at: int, depth: int) -> tuple[object, int]:
        """Return the flow collection that starts at a place, and where it ends."""
        if depth >= MAX_DEPTH - 2:
            raise _UnusualError
        entry, close = (_ENTRY, "}") if text[at] == "{" else (_ITEM, "]")
        value: Any = {} if entry is _ENTRY else []
        at += 1
        empty = _NEXT.match(text, at)
        if empty is not None and empty[1] == close:
            return value, empty.end()
        end: str | None = ","
        while end == ",":
            found = entry.match(text, at)
            if found is None:
                raise _UnusualError
            word, end = found[found.re.groups - 1], found[found.re.groups]
            item, at = (self._word(word), found.end()) if word else self._collection(text, found.end(), depth + 1)
            if not word:
                after = _NEXT.match(text, at)
                at, end = (after.end(), after[1]) if after is not None else (at, None)
            if entry is _ITEM:
                value.append(item)
            elif found[1] in value:
                raise _UnusualError
            else:
                value[self._keys.setdefault(found[1], found[1])] = item
        if end != close:
            raise _UnusualError
        return value, at

    def _block(self, style: str) -> str:
        """Return the text of the lines below a key: as they are after |, joined after >."""
        first = self._lines[self._next] if self._next < len(self._lines) else ""
        width = _depth(first)
        if width <= self._indent or not first.strip(" "):
            raise _UnusualError
        rows = self._rows(width)
        while not rows[-1]:
            rows.pop()
        if style[0] == ">" and any(row.startswith(" ") for row in rows):
            raise _UnusualError
        text = "\n".join(rows) if style[0] == "|" else _folded(rows)
        if len(text) >= MAX_SCALAR:
            raise _UnusualError
        return text if style.endswith("-") else f"{text}\n"

    def _rows(self, width: int) -> list[str]:
        """Return the lines that are at least so deep, without what they are indented by, and the empty ones."""
        rows: list[str] = []
        for number in range(self._next, len(self._lines)):
            line = self._lines[number]
            is_empty = not line.strip(" ")
            depth = len(line) if is_empty else _depth(line)
            if (depth > width) if is_empty else (self._indent < depth < width):
                raise _UnusualError
            if depth < width and not is_empty:
                break
            rows.append(line[width:])
        else:
            if rows[-1]:
                raise _UnusualError  # the text has no line end
        self._next += len(rows)
        return rows


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _folded(rows: list[str]) -> str:
    """Return lines as one; each empty one between them is a line break."""
    parts = [rows[0]]
    for before, row in pairwise(rows):
        parts.append("\n" if not row else row if not before else f" {row}")
    return "".join(parts)
