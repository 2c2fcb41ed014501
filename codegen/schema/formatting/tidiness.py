"""Texts that are sure to be as `hal fmt` would write them, told by their lines.

Most texts are, and to write one anew takes a millisecond a register. What is not sure is written anew: nothing here
says that a text is wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.schema.key_order import DEVICE
from codegen.schema.vocabulary import SIZE_SHIFTS
from codegen.source.forms.usual_form import usual_data

if TYPE_CHECKING:
    from codegen.schema.key_order import Shape

__all__ = ["is_tidy"]

_INDENT = 2
_SMALL = 10
_PLAIN_SMALL = frozenset({"reset", "value", "unmapped"})
_KEY = "[A-Za-z0-9_][A-Za-z0-9_.-]*"
_COMMENT = "(?: +# [^ ].*)?"
_REST = re.compile(_COMMENT)
_LINE = re.compile(rf"( *)(?:({_KEY}):(?: ([^ #].*))?|(- )([^ -].*)|(#.*))")
_NUMBER = r"-?(?:0|[1-9][0-9]*)|0x[0-9A-F]+|[0-9]+:[0-9]+|-?[0-9]+\.[0-9]*[1-9]|[1-9][0-9]*[KMG]iB"
_QUOTED = r"\"[ !#-\[\]-~]*\"|'[ -&(-~]*'"
# What plain words are of behind their first letter; most descriptions are plain.
_IN_WORDS = r"A-Za-z0-9_ .;/()+=<>*^'!\"$%&@|~`\\\u00A1-\u2027\u202A-\uD7FF\uE000-\uFEFE\U00010000-\U0010FFFD-"
_IN_FLOW = re.compile(rf"(?:{_QUOTED}|{_NUMBER}|(?:[0-9]+ )?[A-Za-z][{_IN_WORDS}]*(?<! ))(?=[,}}\]])")
_IN_BLOCK = re.compile(rf"(?:{_QUOTED}|{_NUMBER}|(?:[0-9]+ )?[A-Za-z][,?\[\]{_IN_WORDS}]*(?<! )){_COMMENT}")
_FLOW_KEY = re.compile(rf"({_KEY}): ")
_BLOCK = re.compile(r"[|>]-?")
# Words that may be no text to the one or the other reader.
_NO_WORDS = re.compile(r"(?:null|true|false|yes|no|y|n|on|off|\.?nan|\.?inf)(?: +#.*)?", re.IGNORECASE)
_SURE_WORDS = frozenset({"true", "false", "off", "on"})
_HEX = re.compile(r"0x[0-9A-F]+")
_DECIMAL = re.compile(r"0|[1-9][0-9]*")


class _DoubtError(Exception):
    """Something that is not sure to stay as it is."""


class _Mapping:
    """A block mapping or list that is open: how deep it stands, what it is, and the place of its last key in order."""

    __slots__ = ("depth", "is_list", "rank", "shape")

    def __init__(self, depth: int, shape: Shape | None, *, is_list: bool = False) -> None:
        self.depth, self.shape, self.is_list, self.rank = depth, shape, is_list, -1


def is_tidy(text: str) -> bool:
    """Return whether a map's text is sure to stay as it is."""
    if "\r" in text or not text.endswith("\n") or text.endswith("\n\n") or text[:1] in ("\n", "", "-", "\ufeff"):
        return False
    if "\n\n\n" in text or " \n" in text or usual_data(text) is None:
        return False
    try:
        _Lines(text.split("\n")[:-1]).check()
    except _DoubtError:
        return False
    return True


class _Lines:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._next = 0
        self._open = [_Mapping(0, DEVICE)]
        self._below: Shape | None = None  # the shape of what may follow below the last key
        self._comments: list[int] = []  # how deep those above the next key stand
        self._ranks: dict[int, dict[str, int]] = {}

    def check(self) -> None:
        while self._next < len(self._lines):
            line = self._lines[self._next]
            self._next += 1
            if line:
                self._line(line)
        if self._comments:
            raise _DoubtError

    def _line(self, line: str) -> None:
        found = _LINE.fullmatch(line)
        if found is None:
            raise _DoubtError
        depth = found.end(1)
        if found[6]:
            self._comments.append(depth)
            return
        if any(comment != depth for comment in self._comments):
            raise _DoubtError
        self._comments.clear()
        mapping = self._open_at(depth, is_list=bool(found[4]))
        if found[4]:
            if found[5][0].isdigit():  # what becomes of a number, the key above says
                raise _DoubtError
            self._scalar(found[5], "", None)
            return
        self._key(mapping, found[2], found[3], depth)

    def _open_at(self, depth: int, *, is_list: bool) -> _Mapping:
        top = self._open[-1]
        if depth == top.depth + _INDENT:
            self._open.append(_Mapping(depth, self._below, is_list=is_list))
        while depth < self._open[-1].depth:
            self._open.pop()
        found = self._open[-1]
        if found.depth != depth or found.is_list != is_list:
            raise _DoubtError
        return found

    def _key(self, mapping: _Mapping, key: str, value: str | None, depth: int) -> None:
        shape = mapping.shape
        self._below = None if shape is None else shape.of(key)
        mapping.rank = self._in_order(shape, key, mapping.rank)
        if value is None:
            return
        if _BLOCK.fullmatch(value):
            self._block(depth)
        elif value[0] in "{[":
            if not _REST.fullmatch(value, self._flow(value, 0, self._below, key, shape)):
                raise _DoubtError
        else:
            self._scalar(value, key, shape)

    def _rank(self, shape: Shape, key: str) -> int:
        ranks = self._ranks.get(id(shape))
        if ranks is None:
            ranks = self._ranks[id(shape)] = {name: number for number, name in enumerate(shape.keys)}
        return ranks.get(key, len(ranks))

    def _scalar(self, text: str, key: str, shape: Shape | None) -> None:
        if not _IN_BLOCK.fullmatch(text) or (_NO_WORDS.fullmatch(text) and text not in _SURE_WORDS):
            raise _DoubtError
        _check_number(text.partition(" #")[0].rstrip(" "), key, shape)

    def _block(self, depth: int) -> None:
        """Pass over the lines of a text in a block, which stand two deeper."""
        pad = " " * (depth + _INDENT)
        first = self._next
        while self._next < len(self._lines):
            line = self._lines[self._next]
            if line and not line.startswith(pad):
                break
            if line[len(pad) :].startswith(" "):
                raise _DoubtError
            self._next += 1
        if self._next == first or not self._lines[self._next - 1]:
            raise _DoubtError

    def _flow(self, text: str, at: int, inner: Shape | None, key: str, around: Shape | None) -> int:
        """Return where a value in a flow collection ends, or the collection itself.

        `inner`: the shape of a mapping. `key`, `around`: where it stands; items of a list stand where that does.
        """
        if text[at : at + 1] not in ("{", "["):
            return _flow_scalar(text, at, key, around)
        is_mapping = text[at] == "{"
        close = "}" if is_mapping else "]"
        at += 1
        if text[at : at + 1] == close:
            return at + 1
        last = -1
        while True:
            if is_mapping:
                found = _FLOW_KEY.match(text, at)
                if found is None:
                    raise _DoubtError
                name, at = found[1], found.end()
                last = self._in_order(inner, name, last)
                at = self._flow(text, at, None if inner is None else inner.of(name), name, inner)
            elif text[at : at + 1] == "{":  # of one key, it is written without braces
                raise _DoubtError
            else:
                at = self._flow(text, at, None, key, around)
            if text[at : at + 1] == close:
                return at + 1
            if text[at : at + 2] != ", ":
                raise _DoubtError
            at += 2

    def _in_order(self, shape: Shape | None, key: str, last: int) -> int:
        """Return a key's place in the order of its mapping, `last` being that of the key before it."""
        rank = -1 if shape is None or not shape.keys else self._rank(shape, key)
        if rank < last:
            raise _DoubtError
        return rank


def _flow_scalar(text: str, at: int, key: str, around: Shape | None) -> int:
    found = _IN_FLOW.match(text, at)
    if found is None or (_NO_WORDS.fullmatch(found[0]) and found[0] not in _SURE_WORDS):
        raise _DoubtError
    _check_number(found[0], key, around)
    return found.end()


def _check_number(text: str, key: str, shape: Shape | None) -> None:
    """Doubt a number that would get another style at this key."""
    is_hex = _HEX.fullmatch(text) is not None
    if shape is None or not (is_hex or _DECIMAL.fullmatch(text)):
        return
    value = int(text, 16 if is_hex else 10)
    if key in shape.sizes and any(value and value % (1 << shift) == 0 for shift in SIZE_SHIFTS.values()):
        raise _DoubtError
    if key in shape.hexadecimal:
        if not is_hex and not (value < _SMALL and key in _PLAIN_SMALL):
            raise _DoubtError
    elif is_hex and key in shape.keys and key not in shape.sizes and key != "value":
        raise _DoubtError
