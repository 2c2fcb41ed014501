"""Expressions of IP-XACT: SystemVerilog's, of integers and parameters, without anything being run.

Source: IEEE 1685-2014, annex C, and IEEE 1800 for the operators and their precedence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.importers.formats.readers.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ExpressionError", "value_of"]

MAX_LENGTH, MAX_DEPTH, MAX_BITS = 4096, 64, 4096

_TOKEN = re.compile(
    r"\s*(?:(?P<based>\d*\s*'[sS]?[hHdDoObB][0-9A-Fa-f_]+)|(?P<hex>0[xX][0-9A-Fa-f_]+)|(?P<number>\d[\d_]*)"
    r"|(?P<name>\$?[A-Za-z_][\w.]*)|(?P<mark>\*\*|<<<|>>>|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:(),]))"
)
_BASES = {"h": 16, "d": 10, "o": 8, "b": 2}
_LEVELS: dict[str, int] = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, "<=": 7, ">": 7, ">=": 7,
    "<<": 8, ">>": 8, "<<<": 8, ">>>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10, "**": 11,
}  # fmt: skip
_SCALES = {"k": 10, "m": 20, "g": 30, "t": 40}


class ExpressionError(ValueError):
    """What is wrong with an expression."""


def value_of(text: str, look_up: Callable[[str], int]) -> int:
    """Return the value. `look_up` gives that of a parameter. Raises ExpressionError."""
    plain = text.strip()
    if len(plain) > MAX_LENGTH:
        raise ExpressionError(f"it has {len(plain)} characters")
    # 2009 has sizes with a unit, and # for hexadecimal numbers.
    old = re.fullmatch(r"(\d+)([kKmMgGtT])", plain)
    if old is not None:
        return int(old[1]) << _SCALES[old[2].lower()]
    if re.fullmatch(r"#[0-9A-Fa-f]+", plain):
        return int(plain[1:], 16)
    if plain in {"true", "false"}:
        return int(plain == "true")
    return _Parser(plain, look_up).whole()


class _Parser:
    def __init__(self, text: str, look_up: Callable[[str], int]) -> None:
        self._text, self._look_up = text, look_up
        self._tokens = list(self._split())
        self._at = self._depth = 0

    def _split(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        at = 0
        while at < len(self._text.rstrip()):
            match = _TOKEN.match(self._text, at)
            if match is None or match.lastgroup is None:
                raise ExpressionError(f"{self._text[at : at + 20]!r} is no part of an expression")
            found.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return found

    def whole(self) -> int:
        value = self._choice()
        if self._at < len(self._tokens):
            raise ExpressionError(f"{self._tokens[self._at][1]!r} is not expected")
        return value

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, mark: str) -> None:
        if self._peek() != mark:
            raise ExpressionError(f"{mark!r} is missing")
        self._at += 1

    def _choice(self) -> int:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"it is nested deeper than {MAX_DEPTH} levels")
        value = self._binary(1)
        if self._peek() == "?":
            self._at += 1
            first = self._choice()
            self._take(":")
            second = self._choice()
            value = first if value else second
        self._depth -= 1
        return value

    def _binary(self, level: int) -> int:
        value = self._unary()
        while (rank := _LEVELS.get(self._peek(), 0)) >= level:
            mark = self._peek()
            self._at += 1
            value = _bounded(_result(mark, value, self._binary(rank + 1)))
        return value

    def _unary(self) -> int:
        signs: list[str] = []
        while self._peek() in {"+", "-", "~", "!"}:
            signs.append(self._peek())
            self._at += 1
        value = self._plain()
        for sign in reversed(signs):
            value = {"+": value, "-": -value, "~": ~value, "!": int(not value)}[sign]
        return value

    def _plain(self) -> int:
        if self._at >= len(self._tokens):
            raise ExpressionError("it ends where a value is wanted")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind in {"based", "hex", "number"}:
            return _number(text)
        if text == "(":
            value = self._choice()
            self._take(")")
            return value
        if kind != "name":
            raise ExpressionError(f"{text!r} where a value is wanted")
        return self._call(text) if self._peek() == "(" else self._look_up(text)

    def _call(self, name: str) -> int:
        self._take("(")
        values = [self._choice()]
        while self._peek() == ",":
            self._at += 1
            values.append(self._choice())
        self._take(")")
        if name == "$clog2" and len(values) == 1:
            return max(0, values[0] - 1).bit_length()
        if name in {"$min", "$max", "min", "max"}:
            return (min if name.endswith("min") else max)(values)
        raise ExpressionError(f"{name} is no function that is known here")


def _bounded(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise ExpressionError(f"a value of {value.bit_length()} bits")
    return value


def _result(mark: str, left: int, right: int) -> int:
    if mark in {"/", "%"}:
        if right == 0:
            raise ExpressionError("a division by zero")
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if mark == "/" else left - quotient * right
    if mark in {"**", "<<", ">>", "<<<", ">>>"}:
        if not 0 <= right <= MAX_BITS or (mark == "**" and left.bit_length() * right > MAX_BITS):
            raise ExpressionError(f"{mark} by {right}")
        return left**right if mark == "**" else left << right if mark.startswith("<") else left >> right
    table = {
        "+": left + right,
        "-": left - right,
        "*": left * right,
        "&": left & right,
        "|": left | right,
        "^": left ^ right,
        "==": int(left == right),
        "!=": int(left != right),
        "<": int(left < right),
        "<=": int(left <= right),
        ">": int(left > right),
        ">=": int(left >= right),
        "&&": int(bool(left and right)),
        "||": int(bool(left or right)),
    }
    return table[mark]


def _number(text: str) -> int:
    """A number as it is written; its digits may be underscores alone, which are none."""
    base, digits = 10, text
    if "'" in text:
        digits = text.partition("'")[2].lower().lstrip("s")
        base, digits = _BASES[digits[0]], digits[1:]
    elif text[:2].lower() == "0x":
        base, digits = 16, text[2:]
    value = numeral(digits, base)
    if value is None:
        raise ExpressionError(f"{text[:40]!r} is no number")
    return value
