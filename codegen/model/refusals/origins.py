"""Where in a map's files things stand: for faults that a language finds in a map which is right by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.schema.vocabulary import CHILD_GROUPS
from codegen.source.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codegen.source.composer import Path
    from codegen.source.findings import Source

__all__ = ["Origins", "Refusals"]


class Origins:
    """The texts that a device was made of, and the way from a place in the device to one in them."""

    def __init__(self, sources: Iterable[Source]) -> None:
        """Take the map's text first, then those that it includes."""
        self._sources = tuple(sources)

    def find(self, names: Sequence[str], key: str = "") -> tuple[Source, Path]:
        """Return the text, and the path there, of a child by its steps from the device, and one of its keys.

        The last step may be a field. A key that the map does not have is left out, and so is what it does not say.
        """
        source = self._sources[0]
        path: Path = ()
        node: Any = source.data
        for name in names:
            source, path, node = self._entered(source, path, node)
            group = next((group for group in (*CHILD_GROUPS, "fields") if name in _part(node, group)), None)
            if group is None:
                break
            path, node = (*path, group, name), _part(node, group)[name]
        return source, (*path, key) if key and key in _part(node) else path

    def of_device(self, *path: str | int) -> tuple[Source, Path]:
        """Return the map's text, and a path from its top."""
        return self._sources[0], path

    def _entered(self, source: Source, path: Path, node: Any) -> tuple[Source, Path, Any]:
        """Go from what names a type to that type."""
        name = _part(node).get("type")
        for group in ("types", "register_types"):
            for other in self._sources if name is not None else ():
                if name in _part(other.data, group):
                    return other, (group, str(name)), _part(other.data, group)[name]
        return source, path, node


def _part(node: Any, key: str | None = None) -> dict[Any, Any]:
    """Return a mapping, or a mapping in it; an empty one where the map has none."""
    found = node if key is None else _part(node).get(key)
    return found if isinstance(found, dict) else {}


class Refusals:
    """What a language can't make of a map, with places. Collected, then raised together."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._findings = Findings()

    def add(self, names: Sequence[str], key: str, rule: str, message: str, hint: str) -> None:
        """Note that a child, by its steps from the device, or a key of it, is refused."""
        source, path = self._origins.find(names, key)
        self._findings.add(source, path, rule, message, hint, at_key=True)

    def add_of_device(self, path: Sequence[str | int], rule: str, message: str, hint: str) -> None:
        """Note that something is refused, by its path from the map's top."""
        source, whole = self._origins.of_device(*path)
        self._findings.add(source, whole, rule, message, hint, at_key=True)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._findings)

    def raise_any(self) -> None:
        """Raise MapError when something was refused."""
        self._findings.raise_any()
