"""Pages of single cards' registers, each made when somebody opens it, and ended when nobody has it any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from hal.page.fleet.cluster_link import FleetCard
from hal.page.web.card_page import CardPage, ShownCard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hal.devices.device import Device
    from hal.page.fleet.cluster_link import AskedCluster
    from hal.page.fleet.fleet_table import Row
    from hal.page.page_files import PageFile

__all__ = ["CardPages"]

_PAGES_MAX = 64
_KEPT_SECONDS = 60.0
_INTERVAL = 0.5  # seconds between reads, where the table's is not shorter


class _Opened:
    """One page, as ASGI has it."""

    def __init__(self, page: CardPage) -> None:
        self.page = page
        self._app = Starlette(routes=page.routes)
        self._open_requests, self._last_used = 0, time.monotonic()
        page.start()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._open_requests += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open_requests -= 1
            self._last_used = time.monotonic()

    def is_unused(self) -> bool:
        """Nobody looks at it or waits for an answer, and has not for a while."""
        is_asked = self._open_requests or len(self.page.viewers)
        return not is_asked and time.monotonic() - self._last_used > _KEPT_SECONDS


class CardPages:
    """Of all cards of a fleet; viewers change nothing. `documents`: of each driver's map, as `packed` has it."""

    def __init__(
        self,
        cluster: AskedCluster,
        drivers: Sequence[type[Device]],
        documents: Sequence[bytes],
        assets: Mapping[str, PageFile],
        interval: float,
    ) -> None:
        self._cluster, self._drivers, self._assets = cluster, drivers, assets
        self._documents = documents
        self._interval = min(interval, _INTERVAL)
        self._opened: dict[tuple[int, int], _Opened] = {}

    def page_of(self, row: Row | None, number: int) -> Any:
        """What answers for a card and a map, as ASGI has it."""
        if row is None or row.slot < 0 or not 0 <= number < len(self._drivers):
            return PlainTextResponse("no such card\n", 404)
        opened = self._opened.get((row.id, number))
        if opened is None:
            self._end_unused()
            if len(self._opened) >= _PAGES_MAX:
                return PlainTextResponse(f"{_PAGES_MAX} pages of cards are open already: close one\n", 503)
            card = FleetCard(self._cluster, row.node, row.slot, number)
            place = f"{row.host} slot {row.slot}"
            shown = ShownCard(place, (self._drivers[number],), (self._documents[number],), "../../../")
            opened = self._opened[row.id, number] = _Opened(
                CardPage(card, shown, self._assets, interval=self._interval)
            )
        return opened

    def _end_unused(self) -> None:
        for place, opened in [*self._opened.items()]:
            if opened.is_unused():
                del self._opened[place]
                opened.page.stop()

    def end_viewers(self) -> None:
        """The server ends."""
        for opened in self._opened.values():
            opened.page.viewers.end()

    async def end(self) -> None:
        """Ends all."""
        for opened in self._opened.values():
            await opened.page.end()
