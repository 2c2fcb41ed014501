"""What an unquoted scalar means, and how much a text may hold."""

from __future__ import annotations

import re

__all__ = ["MAX_DEPTH", "MAX_NODES", "MAX_SCALAR", "WORDS", "nodes_max", "plain_value"]

MAX_DEPTH = 64
MAX_NODES = 2_000_000
"""Values of a document at most; of a small one, in proportion to its text."""

_NODES, _NODES_PER_CHARACTER = 20_000, 1
MAX_SCALAR = 64 * 1024

_INTEGER = re.compile(
    r"[-+]?(?:0x[0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*|0b[01]+(?:_[01]+)*|0o[0-7]+(?:_[0-7]+)*"
    r"|[0-9]+(?:_[0-9]+)*)"
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", re.IGNORECASE)
WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}


def nodes_max(text: str) -> int:
    """Return how many values a text may hold."""
    return min(MAX_NODES, _NODES + _NODES_PER_CHARACTER * len(text))


def plain_value(text: str) -> object:
    """Return what an unquoted scalar means in YAML 1.2's core schema (bools in lower case only)."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return float(text.replace(".inf", "inf").replace(".nan", "nan")) if _is_float(text) else text


def _is_float(text: str) -> bool:
    return _FLOAT.fullmatch(text) is not None and text.lower() == text


def _integer(text: str) -> object:
    try:
        return int(text, 0)
    except ValueError:  # zeros before other digits, of which Python takes none
        return _decimal(text)


def _decimal(text: str) -> object:
    try:
        return int(text)
    except ValueError:  # CPython refuses those of thousands of digits
        return text
