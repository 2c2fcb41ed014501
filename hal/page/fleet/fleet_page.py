"""The page of a fleet as an application: the table of all cards, what differs between them, and a page of each."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from hal.errors import HalError
from hal.page.card.rounds import looked_at
from hal.page.fleet.card_pages import CardPages
from hal.page.fleet.comparison import compared
from hal.page.fleet.fleet_table import FleetTable
from hal.page.fleet.fleet_viewer import COLUMNS_MAX, FleetViewer
from hal.page.fleet.messages import Hosts, Looked, Watch
from hal.page.viewers import Key, Viewers
from hal.page.web.answers import asset_answer, map_answer, packed, plainly, session_of, viewer_of
from hal.page.web.bodies import read_body
from hal.page.web.events import EventStream
from hal.page.web.gate import Gate
from hal.page.web.refused_requests import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from starlette.requests import Request

    from hal.devices.device import Device
    from hal.page.fleet.cluster_link import AskedCluster
    from hal.page.page_files import PageFile
    from hal.page.sessions import Sessions

__all__ = ["FleetPage"]

_BODY_MAX = 64 << 10
_RESTED_SECONDS = 5.0  # after which nothing that was seen before is told as being so now


class FleetPage:
    """An ASGI application: `app`. What the cluster says comes to `hear`, in the loop that it runs in.

    `drivers` and `documents`: of the maps that cards may hold. `names`: host names that it is asked under beside this
    machine's own. Viewers look, and change nothing.
    """

    def __init__(
        self,
        cluster: AskedCluster,
        drivers: Sequence[type[Device]],
        documents: Sequence[bytes],
        assets: Mapping[str, PageFile],
        *,
        sessions: Sessions,
        interval: float = 2.0,
        names: Iterable[str] = (),
        cookie: str = "hal_page",
    ) -> None:
        self._cluster, self._drivers, self._interval = cluster, tuple(drivers), interval
        self._table = FleetTable()
        self._viewers = Viewers(FleetViewer)
        self._trouble = ""
        self._turn = 0
        self._columns: tuple[tuple[str, ...], ...] = ((),) * len(self._drivers)
        self._places: dict[Key, list[tuple[FleetViewer, int]]] = {}
        self._values: dict[int, dict[Key, int | None]] = {}  # by row
        self._left = 0.0  # when the last viewer did
        self._comparing = asyncio.Semaphore(1)
        sent = packed(documents)
        self._cards = CardPages(cluster, self._drivers, sent, assets, interval)
        routes = [
            Route("/", asset_answer(assets, "fleet.html")),
            Route("/assets/{name}", asset_answer(assets)),
            Route("/maps/{number:int}", map_answer(sent)),
            Route("/events", plainly(self._events)),
            Route("/look", plainly(self._look), methods=["POST"]),
            Route("/differences", plainly(self._differences), methods=["POST"]),
            Route("/forget", plainly(self._forget), methods=["POST"]),
            Mount("/cards/{card:int}/{map:int}", app=self._card),
        ]
        self.app = Gate(Starlette(routes=routes, lifespan=self._lifespan), sessions, names, cookie)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._cluster.start(self.hear)
        try:
            yield
        finally:
            await self._cards.end()

    def end(self) -> None:
        """Ends what would keep the server from ending."""
        self._viewers.end()
        self._cards.end_viewers()

    # -- what is heard --------------------------------------------------------------------------------------------

    def hear(self, message: Any) -> None:
        """What the cluster says: Hosts, Looked, or a text: why it says nothing any more, "" when it is back."""
        if isinstance(message, Hosts):
            self._table.know(message.hosts)
        elif isinstance(message, Looked):
            self._table.looked(message)
        else:
            self._trouble = message
            self._viewers.tell("state", {"trouble": message})
        self._tell_changes()
        if isinstance(message, Looked) and message.turn == self._turn:
            self._tell_values(message)

    def _tell_changes(self) -> None:
        rows, are_hosts_changed = self._table.changes()
        for number, row in rows.items():
            if row is None or not row.maps:
                self._values.pop(number, None)
        for viewer in self._viewers:
            if rows:
                viewer.tell_rows(rows)
            if are_hosts_changed:
                viewer.tell("hosts", {"hosts": self._table.hosts()})

    def _tell_values(self, looked: Looked) -> None:
        rows = self._table.rows_of(looked.node)
        for look in looked.cards or ():
            row = rows.get(look.state.slot)
            if row is None:
                continue
            before = self._values.setdefault(row.id, {})
            for map_number, values in look.fits:
                for path, bits in zip(self._columns[map_number], values, strict=False):
                    key = Key(map_number, path)
                    if before.get(key, -1) == bits:
                        continue
                    before[key] = bits
                    for viewer, place in self._places.get(key, ()):
                        viewer.tell_value(row.id, place, bits)

    def _rearrange(self) -> None:
        """After a viewer has come, turned or left."""
        self._turn += 1
        self._places, self._values = {}, {}
        for viewer in self._viewers:
            for place, key in enumerate(viewer.columns):
                self._places.setdefault(key, []).append((viewer, place))
        self._columns = tuple(
            tuple(key.path for key in self._places if key.map == number) for number in range(len(self._drivers))
        )
        if len(self._viewers):
            self._cluster.watch(Watch(self._turn, self._columns, self._interval))
        else:
            self._left = time.monotonic()
            self._cluster.watch(None)

    # -- what viewers ask for -------------------------------------------------------------------------------------

    async def _events(self, request: Request) -> Response:
        session = session_of(request)
        if not len(self._viewers) and time.monotonic() - self._left > _RESTED_SECONDS:
            self._table.rest()
            self._table.changes()
        viewer = self._viewers.enter(session)
        hello = {
            "viewer": viewer.key,
            "maps": [driver._design.name for driver in self._drivers],
            "interval": self._interval,
            "columns": COLUMNS_MAX,
            "trouble": self._trouble,
            "hosts": self._table.hosts(),
            "cards": [row.data() for row in self._table.rows()],
        }

        def gone() -> None:
            self._viewers.leave(viewer)
            self._rearrange()

        self._rearrange()
        return EventStream(viewer, hello, gone)

    async def _look(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        viewer = viewer_of(request, body, self._viewers)
        wanted = [
            Key(part.number("map", len(self._drivers) - 1), path)
            for part in body.parts("looks", len(self._drivers))
            for path in part.texts("registers", COLUMNS_MAX)
            if not path.endswith("*")
        ]
        keys, skipped = looked_at(self._drivers, wanted)
        if len(keys) > COLUMNS_MAX:
            raise RefusedError(400, f"a table has up to {COLUMNS_MAX} columns of registers")
        viewer.turn(keys)
        self._rearrange()
        return JSONResponse({"look": viewer.look, "registers": keys, "skipped": skipped})

    async def _differences(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        number = body.number("map", len(self._drivers) - 1)
        async with self._comparing:
            rows = {(row.node, row.slot): row.id for row in self._table.rows() if number in row.maps}
            nodes = dict.fromkeys(node for node, _ in rows)
            asked = [self._cluster.ask(node, "registers", number) for node in nodes]
            answers = dict(zip(nodes, await asyncio.gather(*asked, return_exceptions=True), strict=True))
            cards, problems = {}, dict[int, str]()
            for (node, slot), row in rows.items():
                answer = answers[node]
                if isinstance(answer, BaseException) and not isinstance(answer, HalError):
                    raise answer
                found = answer.get(slot, "it holds another design now") if isinstance(answer, dict) else str(answer)
                if isinstance(found, str):
                    problems[row] = found
                else:
                    cards[row] = found
            result = await asyncio.to_thread(compared, self._drivers[number], cards)
        return JSONResponse({**result, "cards": len(cards), "problems": [*problems.items()]})

    async def _forget(self, request: Request) -> Response:
        await read_body(request, _BODY_MAX)
        self._table.forget_lost()
        self._tell_changes()
        return JSONResponse({})

    async def _card(self, scope: Any, receive: Any, send: Any) -> None:
        """The page of a card's registers, of one map that it holds."""
        place = scope["path_params"]
        row = self._table.row(place["card"])
        answer = self._cards.page_of(row, place["map"])
        await answer(scope, receive, send)
