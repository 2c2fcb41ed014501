"""Somebody who looks at a fleet's table: which registers of the cards, and what has to be told next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.page.viewers import Key, Viewer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hal.page.fleet.fleet_table import Row
    from hal.page.sessions import Session

__all__ = ["COLUMNS_MAX", "FleetViewer"]

COLUMNS_MAX = 24  # registers of one viewer


class FleetViewer(Viewer):
    """`look`: the number of its choice of `columns`, which messages of values say that are about it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.look = 0
        self.columns: tuple[Key, ...] = ()
        self._rows: dict[int, Row | None] = {}
        self._values: dict[tuple[int, int], int | None] = {}

    def turn(self, columns: Iterable[Key]) -> None:
        """Looks at these registers from now on."""
        self.look += 1
        self.columns = tuple(columns)
        self._values.clear()

    def tell_rows(self, rows: Mapping[int, Row | None]) -> None:
        """Rows that are new or other, by id; None for what is gone."""
        self._rows.update(rows)
        self._wake.set()

    def tell_value(self, row: int, column: int, bits: int | None) -> None:
        """What the register of a column of its look holds in a card; None: nobody answered."""
        self._values[row, column] = bits
        self._wake.set()

    def _taken(self) -> Iterator[dict[str, Any]]:
        yield from super()._taken()
        if self._rows:
            rows, self._rows = self._rows, {}
            cards = [row.data() for row in rows.values() if row is not None]
            yield {"kind": "cards", "cards": cards, "gone": [number for number, row in rows.items() if row is None]}
        if self._values:
            values, self._values = self._values, {}
            shown = [[*place, None if bits is None else f"{bits:x}"] for place, bits in values.items()]
            yield {"kind": "values", "look": self.look, "values": shown}
