"""How a value was written, for unions that know their parts by it."""

from __future__ import annotations

from typing import Any

__all__ = ["enum_form", "names_form", "reset_form", "shape_of"]


def shape_of(value: Any) -> str:
    """Return whether something was written as a word or as a mapping or list, for unions of both."""
    return "word" if value is None or isinstance(value, (str, int, float)) else "nested"


def names_form(value: Any) -> str:
    """Tell names of one dimension's elements from lists of several."""
    is_nested = isinstance(value, list) and any(isinstance(names, list) for names in value)
    return "nested" if is_nested else "word"


def enum_form(value: Any) -> str:
    """Tell by `members`, which is a mapping in the long form alone. No key of a map looks like these tags."""
    members = value.get("members") if isinstance(value, dict) else getattr(value, "members", None)
    return "[long]" if isinstance(members, dict) else "[short]"


def reset_form(value: Any) -> str:
    """Tell a register's reset as a number or a word from one with a mask, and from a list for an array."""
    if isinstance(value, list):
        return "list"
    if isinstance(value, str):
        return "word"
    return "number" if value is None or isinstance(value, (int, float)) else "nested"
