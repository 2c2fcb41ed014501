"""`x-anything` of maps: what others want to say of a device, a block, a type, a register, a memory or a field.

It goes to templates and JSON as it is. Each mapping's own are gathered under one key that no map can have otherwise,
where the schema has room for them.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from codegen.schema.vocabulary import CHILD_GROUPS, PROPERTIES
from codegen.source.forms.usual_form import apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.schema.entries import BlockEntry, MemoryEntry, RegisterEntry, RegisterTypeEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["gather_properties", "properties_of", "properties_text", "told_of"]

_TABLES = frozenset({"types", "register_types", *CHILD_GROUPS, "fields"})
_MARK = "x-"


def gather_properties(sources: list[Source], findings: Findings) -> None:
    """Move the properties of every mapping that may have some under one key of it."""
    for source in sources:
        if (source.origins is not None or _MARK in source.text) and isinstance(source.data, dict):
            _gather(apart(source.data), (), source, findings, set())


def _gather(entry: dict[str, Any], path: Path, source: Source, findings: Findings, seen: set[int]) -> None:
    if id(entry) in seen:
        return
    seen.add(id(entry))
    own = {key: entry.pop(key) for key in [*entry] if isinstance(key, str) and key.startswith(_MARK)}
    for key, value in own.items():
        for where in _no_numbers(value, (*path, key)):
            hint = "JSON has no such number; write it as text."
            findings.add(source, where, "bad-number", "a property is infinite, or no number", hint)
    if own:
        entry[PROPERTIES] = own
    for table in [key for key in entry if key in _TABLES]:
        inner = entry[table]
        for name, item in inner.items() if isinstance(inner, dict) else ():
            if isinstance(item, dict):
                _gather(item, (*path, table, name), source, findings, seen)


def _no_numbers(value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, float) and not isfinite(value):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _no_numbers(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _no_numbers(item, (*path, index))


def properties_text(properties: dict[str, Any]) -> str:
    """Return properties as the model keeps them: a text, which compares by what it says. "" for none."""
    return json.dumps(properties, ensure_ascii=False) if properties else ""


def told_of(entry: RegisterEntry | RegisterTypeEntry | MemoryEntry | BlockEntry) -> tuple[str, str]:
    """Return the hardware's name of something, and its properties as a text."""
    return entry.title, properties_text(entry.properties)


def properties_of(text: str) -> dict[str, Any]:
    """Return what such a text says."""
    found: dict[str, Any] = json.loads(text) if text else {}
    return found
