"""What became of each thing in a source: carried over, approximated, or dropped; nothing is left out silently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from codegen.source.problem import MapError, Problem

if TYPE_CHECKING:
    from codegen.importers.described.description import Item, Origin

__all__ = ["KINDS", "Remark", "Remarks", "refuse"]

KINDS = ("carried", "approximated", "dropped")


class Remark(NamedTuple):
    """One line of the report. `path`: the thing by the source's names."""

    kind: str
    origin: Origin
    path: str
    message: str

    def problem(self) -> Problem:
        """Return it as a note, as `hal validate` lists them."""
        file, line, column = self.origin
        return Problem(file, line, column, self.path, self.kind, f"{self.kind}: {self.message}", "", "note")


@dataclass(slots=True)
class Remarks:
    """The report of one import."""

    all: list[Remark] = field(default_factory=list)
    _seen: set[Remark] = field(default_factory=set)

    def carried(self, origin: Origin, path: str, what: str) -> None:
        """Note what is in the map as it is in the source."""
        self.all.append(Remark("carried", origin, path, what))

    def approximated(self, item: Item | None, origin: Origin, path: str, message: str) -> None:
        """Note what the map says in another way; `item` gets a comment in the map."""
        self._add("approximated", item, origin, path, message)

    def dropped(self, item: Item | None, origin: Origin, path: str, message: str) -> None:
        """Note what the map does not say."""
        self._add("dropped", item, origin, path, message)

    def _add(self, kind: str, item: Item | None, origin: Origin, path: str, message: str) -> None:
        remark = Remark(kind, origin, path, message)
        if remark not in self._seen:
            self._seen.add(remark)
            self.all.append(remark)
        if item is not None:
            comment = f"{kind.capitalize()}: {message}"
            if comment not in item.comments:
                item.comments.append(comment)

    def of(self, kind: str) -> list[Remark]:
        """Return the remarks of a kind."""
        return [remark for remark in self.all if remark.kind == kind]


def refuse(origin: Origin, rule: str, message: str, hint: str, path: str = "") -> MapError:
    """Return the error of a source that can't be read, to be raised."""
    return MapError((Problem(origin.file, origin.line, origin.column, path, rule, message, hint),))
