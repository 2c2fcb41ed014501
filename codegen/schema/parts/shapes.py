"""How a value was written: in a word, or nested."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

__all__ = ["shape_of"]


def shape_of(value: Any) -> str:
    """Return whether something was written as a word or as a mapping or list, for unions of both."""
    return "nested" if isinstance(value, (dict, list, BaseModel)) else "word"
