"""`constants:` of maps: named numbers, which stand where a number does, also in sums and products.

They are worked out, and put in place of the texts that name them, before the schema looks at the map. So all that
comes after sees numbers only.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.schema.direct.scalar_rules import NATURAL_LIMIT
from codegen.schema.guesses import closest
from codegen.schema.names import CONSTANT_NAME
from codegen.schema.vocabulary import PROPERTIES, SIZE_SHIFTS
from codegen.source.forms.usual_form import apart
from codegen.source.problem import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["put_in_place"]

_KEYS = frozenset((
    "access_width", "bar", "bits", "count", "device", "first", "fraction_bits", "line", "mask", "offset", "range",
    "reset", "scale", "size", "stride", "subsystem_device", "subsystem_vendor", "unmapped", "value", "vendor",
    "width",
))  # fmt: skip
"""Keys whose values are numbers. Where such a word is a name, what stands behind it is a mapping."""

_NAME = re.compile(rf"(?<![0-9A-Za-z_]){CONSTANT_NAME}(?![0-9A-Za-z_])")
_TOKEN = re.compile(r"\s*(?:(?P<number>0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*)(?P<size>[KMG]iB)?"
                    rf"|(?P<name>{CONSTANT_NAME})(?![0-9A-Za-z_])|(?P<sign>[-+*()]))")  # fmt: skip
_LONGEST = 200
_LIMIT = NATURAL_LIMIT**2


class _Told(NamedTuple):
    """Where a constant is defined, and as what."""

    source: Source
    path: Path
    given: object


class _UnknownError(Exception):
    """A name that is no constant's."""


class _TextError(Exception):
    """A text that is no sum or product of numbers."""


def put_in_place(sources: list[Source], settings: Mapping[str, int], findings: Findings) -> None:
    """Replace constants by their values, in `constants` itself too. `settings` go before what the maps say.

    Raises ArgumentError for a setting that no map knows.
    """
    told: dict[str, _Told] = {}
    for source in sources:
        for name, path, given in _defined(source):
            told.setdefault(name, _Told(source, path, given))
    unknown = next((name for name in settings if name not in told), None)
    if unknown is not None:
        known = ", ".join(told) or "none"
        raise ArgumentError(f"no map defines the constant {unknown!r}; defined: {known}")
    if not told:
        return
    values = _Values(told, settings, findings)
    for source in sources:
        _replace(apart(source.data), (), partial(_number_of, values, source), set())
    for name, (source, path, _) in told.items():
        _put(source.data, path, values.named(name))


def _defined(source: Source) -> Iterator[tuple[str, Path, object]]:
    given = source.data.get("constants") if isinstance(source.data, dict) else None
    for name, value in given.items() if isinstance(given, dict) else ():
        if isinstance(name, str) and isinstance(value, dict) and "value" in value:
            yield name, ("constants", name, "value"), value["value"]
        elif isinstance(name, str):
            yield name, ("constants", name), value


def _put(data: Any, path: Path, value: object) -> None:
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value


class _Values:
    """The constants, each worked out when it is first needed."""

    def __init__(self, told: Mapping[str, _Told], settings: Mapping[str, int], findings: Findings) -> None:
        self._told, self._findings = told, findings
        self._done: dict[str, object] = dict(settings)
        self._open: list[str] = []

    def named(self, name: str) -> object:
        """Return a constant's number; what is wrong with it stays as it is, for the schema to tell."""
        if name not in self._done:
            source, path, given = self._told[name]
            self._open.append(name)
            self._done[name] = self.of(given, source, path) if isinstance(given, str) else given
            self._open.pop()
        return self._done[name]

    def of(self, text: str, source: Source, path: Path) -> object:
        """Return the number of a text that names constants; any other text as it is."""
        if not _NAME.search(text):
            return text
        try:
            if path[-1] == "bits" and ":" in text:
                return ":".join(str(self._number(part)) for part in text.split(":"))
            return self._number(text)
        except _UnknownError as unknown:
            hint = closest(str(unknown), self._told, "constants", self._findings)
            self._findings.add(source, path, "unknown-constant", f"unknown constant {str(unknown)!r}", hint)
        except _TextError as problem:
            hint = "Write it like N, N - 1 or 4 * (N + 1)."
            self._findings.add(source, path, "bad-constant", f"{text[:40]!r}: {problem}", hint)
        self._findings.refuse(source, path)
        return 0

    def _number(self, text: str) -> int:
        if len(text) > _LONGEST:
            raise _TextError(f"more than {_LONGEST} characters")
        value, rest = self._sum(text)
        if rest.strip():
            raise _TextError(f"{rest.strip()[:20]!r} is not expected here")
        return value

    def _sum(self, text: str) -> tuple[int, str]:
        value, rest = self._product(text)
        while (sign := rest.lstrip()[:1]) in ("+", "-") and sign:
            other, rest = self._product(rest.lstrip()[1:])
            value = _bounded(value + other if sign == "+" else value - other)
        return value, rest

    def _product(self, text: str) -> tuple[int, str]:
        value, rest = self._item(text)
        while rest.lstrip()[:1] == "*":
            other, rest = self._item(rest.lstrip()[1:])
            value = _bounded(value * other)
        return value, rest

    def _item(self, text: str) -> tuple[int, str]:
        token = _TOKEN.match(text)
        if token is None:
            raise _TextError(f"a number or a constant is expected instead of {text.strip()[:20]!r}")
        rest = text[token.end() :]
        if token["number"]:
            return _literal(token["number"]) << SIZE_SHIFTS.get((token["size"] or " ")[0], 0), rest
        if token["name"]:
            return self._constant(token["name"]), rest
        if token["sign"] == "-":
            value, rest = self._item(rest)
            return -value, rest
        if token["sign"] != "(":
            raise _TextError(f"a number or a constant is expected instead of {token['sign']!r}")
        value, rest = self._sum(rest)
        if rest.lstrip()[:1] != ")":
            raise _TextError("a parenthesis is not closed")
        return value, rest.lstrip()[1:]

    def _constant(self, name: str) -> int:
        if name not in self._told:
            raise _UnknownError(name)
        if name in self._open:
            raise _TextError(f"{' -> '.join([*self._open, name])} goes in a circle")
        value = self.named(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _TextError(f"{name} is no number")
        return value


def _number_of(values: _Values, source: Source, text: str, path: Path) -> object:
    return values.of(text, source, path)


def _literal(text: str) -> int:
    try:
        return int(text, 10 if text.replace("_", "").isdecimal() else 0)
    except ValueError:
        raise _TextError(f"{text!r} is no number") from None


def _bounded(value: int) -> int:
    if abs(value) > _LIMIT:
        raise _TextError("the number is too large")
    return value


def _replace(data: Any, path: Path, number: Callable[[str, Path], object], seen: set[int]) -> None:
    """Replace the texts below a place; what aliases share is gone through once."""
    if not isinstance(data, (dict, list)) or id(data) in seen:
        return
    seen.add(id(data))
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        where: Path = (*path, key)
        if key == PROPERTIES:
            continue
        if isinstance(value, (dict, list)):
            if path or key != "constants":
                _replace(value, where, number, seen)
        elif isinstance(value, str) and _is_number(data, where):
            data[key] = number(value, where)


def _is_number(data: Any, path: Path) -> bool:
    """Return whether a number is to stand at a path. With an enum, a reset is a member's name."""
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    if path[:2] == ("card", "bars"):
        return True
    if path[0] == "enums":
        return key not in ("description", "title")
    return key in _KEYS and not (key == "reset" and isinstance(data, dict) and "enum" in data)
