"""Which driver classes of this process are in the user's cache, and what is known of their entries."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["entry_of", "set_entry"]

_entries: WeakKeyDictionary[type[Any], str] = WeakKeyDictionary()


def set_entry(driver: type[Any], digest: str) -> None:
    """The class was made of the entry with this digest, or that entry was made of the class's own code."""
    _entries[driver] = digest


def entry_of(driver: type[Any]) -> str:
    """The digest of a class's entry; "" where it has none, as a class that is derived from it."""
    return _entries.get(driver, "")
