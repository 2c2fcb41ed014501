"""Names of what is in one block: each stands once, in the map and in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from codegen.model.types import Child
    from codegen.schema.entries import Content

__all__ = ["name_clashes"]

Fault = tuple[tuple[str, str], str, str, str]


def name_clashes(entry: Content, children: Iterable[tuple[Child, tuple[str, str]]]) -> Iterator[Fault]:
    """Yield where a name stands again: path from the block, rule, message and hint. `children`: with their paths."""
    groups: dict[str, Mapping[str, object]] = {
        "registers": entry.registers,
        "memories": entry.memories,
        "blocks": entry.blocks,
    }
    seen: dict[str, str] = {}
    is_clear = len(set().union(*groups.values())) == sum(map(len, groups.values()))
    for group, names in groups.items():
        for name in () if is_clear else names:
            first = seen.setdefault(name, group)
            if first != group:
                yield (group, name), "name-clash", f"{name!r} is among {first} too", "Rename one of them."
    in_python: dict[str, str] = {}
    for child, path in children:
        other = in_python.setdefault(child.python_name, child.name)
        if other != child.name:
            message = f"{other!r} and {child.name!r} would both be {child.python_name} in Python"
            yield path, "python-clash", message, "Say python: NAME in one of them."
