"""The page of one slot as an application: behind the gate, with a thread that touches the card."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from hal.page.card.card_thread import CardThread
from hal.page.web.answers import packed
from hal.page.web.card_page import CardPage, ShownCard
from hal.page.web.gate import Gate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from hal.page.card.held_slot import HeldSlot
    from hal.page.page_files import PageFile
    from hal.page.sessions import Sessions
    from hal.page.viewers import RegisterViewer, Viewers

__all__ = ["LivePage"]


class LivePage:
    """A page on the maps of a slot, as an ASGI application: `app`.

    `documents`: of each map what the page draws, as JSON. `names`: host names that it is asked under beside this
    machine's own. `writes`: whether viewers may change anything; reads that change something count as that.
    """

    def __init__(
        self,
        held: HeldSlot,
        documents: Iterable[bytes],
        assets: Mapping[str, PageFile],
        *,
        sessions: Sessions,
        interval: float = 0.2,
        writes: bool = False,
        names: Iterable[str] = (),
        cookie: str = "hal_page",
    ) -> None:
        self._card = CardThread(held)
        shown = ShownCard(held.number, held.drivers, packed(documents))
        self._page = CardPage(self._card, shown, assets, interval=interval, writes=writes, trouble=held.trouble)
        self.app = Gate(Starlette(routes=self._page.routes, lifespan=self._lifespan), sessions, names, cookie)

    @property
    def viewers(self) -> Viewers[RegisterViewer]:
        """All open pages."""
        return self._page.viewers

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._page.start()
        try:
            yield
        finally:
            await self._page.end()
            self._card.end()

    def end(self) -> None:
        """Ends what would keep the server from ending."""
        self.viewers.end()
