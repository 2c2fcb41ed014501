"""Text from maps and file names, as it may be printed. The runtime has the same function; a test compares them."""

from __future__ import annotations

import re

__all__ = ["printable"]

# What GitHub, Azure and TeamCity take as an order in a build's log: `::order` at the start of a line, `##[order` and
# `##name[order` anywhere.
_START = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_ANYWHERE = re.compile(r"#(?=#\w*\[)")


def printable(text: str) -> str:
    r"""Return a text with what is no plain character as an escape: \x1b, \u202e.

    Controls move a terminal's cursor, others hide or turn text around. Line feeds and tabs stay; what would be an order
    to a build service is broken by an escape.
    """
    if not text.isprintable():
        text = "".join(_shown(character) for character in text)
    if "::" in text:
        text = _START.sub(r"\1\\x3a", text)
    return _ANYWHERE.sub(r"\\x23", text) if "##" in text else text


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode("ascii")
