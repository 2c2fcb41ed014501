"""A map to be: its data, and what is known of each place in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegen.importers.described.description import Item, Origin

__all__ = ["MapTree", "Path"]

Path = tuple[str | int, ...]


@dataclass(slots=True)
class MapTree:
    """A map to be: its data, where in the source each path of it comes from, and comments above keys.

    `type_names`: what the source calls the type of a block, by the id of its data.
    """

    name: str
    data: dict[str, Any]
    origins: dict[Path, Origin] = field(default_factory=dict)
    comments: dict[Path, list[str]] = field(default_factory=dict)
    head: list[str] = field(default_factory=list)
    type_names: dict[int, str] = field(default_factory=dict)

    def place(self, path: Path, item: Item) -> None:
        """Note where a path's content comes from, and what is to be said of it."""
        self.origins[path] = item.origin
        if item.comments:
            self.comments[path] = list(item.comments)
