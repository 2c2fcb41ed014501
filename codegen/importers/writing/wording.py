"""Texts of a source as a map has them: descriptions in paragraphs, names of the hardware as titles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.schema.direct.scalar_rules import MAX_LINE, MAX_TEXT

if TYPE_CHECKING:
    from codegen.importers.described.description import Item
    from codegen.importers.described.remarks import Remarks

__all__ = ["description_text", "item_texts", "title_of"]

# What a map's texts don't hold: controls, and marks that turn text around.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_BULLET = re.compile(r"\s*(?:[-*•]\s|\d+[.):]\s)")


def description_text(text: str) -> str:
    """Return a text in paragraphs: lines are joined but for lists, and blanks are single."""
    paragraphs: list[str] = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\\n", "\n")):
        lines: list[str] = []
        for line in part.split("\n"):
            words = " ".join(_CONTROL.sub(" ", line).split())
            if not words:
                continue
            if lines and not _BULLET.match(line):
                lines[-1] += f" {words}"
            else:
                lines.append(words)
        if lines:
            paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


def title_of(item: Item, name: str) -> str:
    """Return the hardware's name where the map's is not the same in lower case; what is no line is none."""
    title = " ".join(_CONTROL.sub(" ", item.title or item.name).split())
    plain = title.replace("[%s]", "").lower()
    return "" if plain in {name, name.replace("_", "")} else title


def item_texts(item: Item, name: str, remarks: Remarks, path: str) -> dict[str, object]:
    """Return the title and the description of a thing, those that there are; what is too long is remarked."""
    title, description = title_of(item, name), description_text(item.description)
    if len(title) > MAX_LINE:
        remarks.dropped(item, item.origin, path, f"the name has {len(title)} characters, more than a title")
        title = ""
    if len(description) > MAX_TEXT:
        message = f"the text has {len(description)} characters, of which the first {MAX_TEXT} are kept"
        remarks.approximated(item, item.origin, path, message)
        description = f"{description[: MAX_TEXT - 4].rsplit(' ', 1)[0]} ..."
    texts: dict[str, object] = {"title": title, "description": description}
    return {key: text for key, text in texts.items() if text} | item.properties
