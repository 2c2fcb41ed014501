"""How headings of a Markdown page are linked to, as GitHub and most renderers do it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["anchors_of", "unlike_in_any_case"]

_DROPPED = re.compile(r"[^\w\- ]")


def anchors_of(headings: Iterable[str]) -> list[str]:
    """The anchor of each heading of a page in their order; one that is taken gets a number."""
    anchors: list[str] = []
    taken: set[str] = set()
    for heading in headings:
        plain = _DROPPED.sub("", heading.lower()).replace(" ", "-")
        anchor, number = plain, 0
        while anchor in taken:
            number += 1
            anchor = f"{plain}-{number}"
        taken.add(anchor)
        anchors.append(anchor)
    return anchors


def unlike_in_any_case(names: Iterable[str]) -> dict[str, str]:
    """A file name for each name, that is another one too where file names have no case."""
    files: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        file, number = name, 1
        while file.lower() in taken:
            number += 1
            file = f"{name}_{number}"
        taken.add(file.lower())
        files[name] = file
    return files
