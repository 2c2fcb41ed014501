"""SVD, CMSIS 1.3: what elements are made of: numbers, arrays, and what `derivedFrom` brings in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.numerals import numeral
from codegen.importers.formats.readers.xml_reader import Element

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_ELEMENTS", "Derivation", "array_of", "number", "numbers_of_value", "required"]

MAX_ELEMENTS = 1 << 20
"""Of one array."""

_NUMBER = re.compile(
    r"\+?(?:0[xX](?P<hex>[0-9A-Fa-f]+)|(?:#|0[bB])(?P<bin>[01]+)|(?P<dec>[0-9]+))(?P<unit>[kmgtKMGT]?)"
)
_UNITS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_LOOSE = re.compile(r"(?:#|0[bB])(?P<digits>[01xX]+)")
_RANGE = re.compile(r"([0-9]+)\s*-\s*([0-9]+)|([A-Z])\s*-\s*([A-Z])")
_DIMENSION = frozenset({"dim", "dimIncrement", "dimIndex", "dimName", "dimArrayIndex"})
_MERGED = frozenset({"registers", "fields"})
_MAX_LOOSE_BITS = 4


def required(element: Element, tag: str) -> str:
    """Return the text of a child that has to be there."""
    value = element.value(tag)
    if value is None:
        raise refuse(
            element.origin,
            "missing-element",
            f"<{element.tag}> needs <{tag}>",
            f"Add <{tag}>.",
            element.value("name") or "",
        )
    return value


def number(element: Element, tag: str) -> int | None:
    """Return the number in a child; None where there is none."""
    found = element.find(tag)
    if found is None or not found.text.strip():
        return None
    match = _NUMBER.fullmatch(found.text.strip())
    if match is None:
        message = f"<{tag}> is {found.text.strip()[:40]!r}, wanted a number"
        raise refuse(found.origin, "bad-number", message, "Write it like 0x1F, 31 or #11111.")
    base = 16 if match["hex"] else 2 if match["bin"] else 10
    digits = match["hex"] or match["bin"] or match["dec"]
    value = numeral(digits, base)
    if value is None:
        raise refuse(found.origin, "bad-number", f"<{tag}> has {len(digits)} digits", "Write a smaller number.")
    return value << _UNITS[match["unit"].lower()]


def numbers_of_value(element: Element) -> list[int]:
    """Return the values that an enumerated value stands for: several where it has don't-cares."""
    text = element.value("value") or ""
    match = _LOOSE.fullmatch(text)
    if match is None or "x" not in match["digits"].lower():
        value = number(element, "value")
        return [] if value is None else [value]
    digits = match["digits"].lower()
    if digits.count("x") > _MAX_LOOSE_BITS:
        return []
    values = [0]
    for digit in digits:
        values = [value << 1 | bit for value in values for bit in ((0, 1) if digit == "x" else (int(digit),))]
    return values


def array_of(element: Element) -> tuple[int, int, list[str]] | None:
    """Return count, increment and the texts of the indices of an array; None for a single one."""
    count = number(element, "dim")
    if count is None:
        return None
    if not 1 <= count <= MAX_ELEMENTS:
        found = element.find("dim")
        assert found is not None
        message = f"<dim> is {count}, allowed: 1 to {MAX_ELEMENTS}"
        raise refuse(found.origin, "bad-count", message, "Change the count.")
    increment = number(element, "dimIncrement")
    if increment is None:
        required(element, "dimIncrement")
    return count, increment or 0, _indices(element, count)


def _indices(element: Element, count: int) -> list[str]:
    given = element.find("dimIndex")
    text = given.text.strip() if given is not None else ""
    if given is None or not text:
        return [str(index) for index in range(count)]
    match = _RANGE.fullmatch(text)
    if match is None:
        indices = [part.strip() for part in text.split(",")]
    elif match[1]:
        first, last = numeral(match[1]), numeral(match[2])
        if first is None or last is None:
            raise refuse(given.origin, "bad-number", "<dimIndex> has numbers of too many digits", "Write smaller ones.")
        indices = [str(index) for index in range(first, min(last, first + MAX_ELEMENTS) + 1)]
    else:
        indices = [chr(code) for code in range(ord(match[3]), ord(match[4]) + 1)]
    if len(indices) != count:
        message = f"<dimIndex> names {len(indices)} elements, but <dim> is {count}"
        raise refuse(given.origin, "bad-count", message, "Make the two agree.")
    return indices


class Derivation:
    """Puts what `derivedFrom` names into an element. `find` looks a name up near an element."""

    def __init__(self) -> None:
        self._done: dict[int, Element] = {}
        self._open: list[Element] = []

    def resolve(self, element: Element, find: Callable[[Element, str], Element | None]) -> Element:
        """Return an element with all that it derives. Raises MapError for an unknown name, or a circle."""
        name = element.attributes.get("derivedFrom")
        if name is None:
            return element
        if id(element) in self._done:
            return self._done[id(element)]
        if element in self._open:
            chain = " -> ".join(item.attributes["derivedFrom"] for item in self._open)
            message = f"derivedFrom leads back to itself: {chain}"
            raise refuse(element.origin, "derived-loop", message, "Write one of them out.", element.value("name") or "")
        base = find(element, name)
        if base is None:
            message = f"derivedFrom names {name!r}, which is not there"
            raise refuse(element.origin, "unknown-derived", message, "Correct the name.", element.value("name") or "")
        self._open.append(element)
        merged = _merged(element, self.resolve(base, find))
        self._open.pop()
        self._done[id(element)] = merged
        return merged


def _merged(element: Element, base: Element) -> Element:
    made = Element(element.tag, element.attributes, element.file, element.line, element.column)
    own = {child.tag: child for child in element.children}
    for child in base.children:
        if child.tag in _MERGED and child.tag in own:
            made.children.append(_merged_items(own[child.tag], child))
        elif child.tag not in own and child.tag not in _DIMENSION:
            made.children.append(child)
    both = {child.tag for child in base.children} & _MERGED
    made.children += [child for child in element.children if child.tag not in both]
    return made


def _merged_items(own: Element, base: Element) -> Element:
    made = Element(own.tag, own.attributes, own.file, own.line, own.column)
    mine = {child.value("name"): child for child in own.children}
    theirs = {child.value("name") for child in base.children}
    made.children = [mine.get(child.value("name"), child) for child in base.children]
    made.children += [child for child in own.children if child.value("name") not in theirs]
    return made
