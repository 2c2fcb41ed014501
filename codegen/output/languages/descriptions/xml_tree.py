"""Elements of XML, as the templates lay them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Element", "leaf", "leaves"]


@dataclass(frozen=True, slots=True)
class Element:
    """An element: comments in front of it, and children or a text; without a tag, comments alone.

    Tags and attributes are words of the formats, or numbers.
    """

    tag: str
    notes: tuple[str, ...] = ()
    children: tuple[Element, ...] = ()
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


def leaf(tag: str, text: object) -> Element:
    """Return an element of nothing but a text."""
    return Element(tag, text=str(text))


def leaves(pairs: Iterable[tuple[str, object]]) -> list[Element]:
    """Return an element for each pair of a tag and a text that is not empty."""
    return [leaf(tag, text) for tag, text in pairs if str(text).strip()]
