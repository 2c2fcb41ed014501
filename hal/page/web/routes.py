"""What a page asks for, by address: the page itself, the maps, events, and what its viewers do."""

from __future__ import annotations

import asyncio
import gzip
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hal import errors
from hal.page.card.card_thread import CardBusyError, CardThread
from hal.page.card.looking import LOOKS_MAX, Poller
from hal.page.card.memory_words import WORDS_MAX
from hal.page.card.viewer_actions import Actions
from hal.page.sessions import Sessions
from hal.page.viewers import Key, TooManyViewersError, Viewers, Window
from hal.page.web.bodies import read_body
from hal.page.web.events import EventStream
from hal.page.web.gate import Gate
from hal.page.web.refused_requests import RefusedError
from hal.page.write_log import WriteLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

    from starlette.requests import Request

    from hal.page.card.held_slot import HeldSlot
    from hal.page.page_files import PageFile
    from hal.page.sessions import Session
    from hal.page.web.bodies import Body

    Handler = Callable[[Request], Awaitable[Response]]

T = TypeVar("T")

__all__ = ["LivePage"]

_BODY_MAX = 64 << 10
_LOOK_BODY_MAX = 4 << 20
_DUMP_BODY_MAX = 32 << 20
_END_SECONDS = 2.0  # for a round that is being made
_DUMPS_MAX = 2  # at once: they are large
_ASSIGNMENTS_MAX = 4096
_WORDS_HIGH = 1 << 48
_DIP_HIGH = 0xFFFF
_GZIP = 6
_log = logging.getLogger("hal.page")

_WRONG = (
    *(errors.FieldNameError, errors.FieldValueError, errors.FieldTypeError, errors.AccessError, errors.AddressError),
    *(errors.SnapshotError,),
)


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
        self._held, self._writes, self._interval = held, writes, interval
        self._documents = [gzip.compress(document, _GZIP) for document in documents]
        self._assets = dict(assets)
        self._viewers, self._log = Viewers(), WriteLog()
        self._actions = Actions(held, self._log)
        self._dumps = asyncio.Semaphore(_DUMPS_MAX)
        self._card: CardThread | None = None
        self._poller: Poller | None = None
        routes = [
            Route("/", self._asset("page.html")),
            Route("/assets/{name}", self._asset()),
            Route("/maps/{number:int}", self._map),
            Route("/events", _plainly(self._events)),
            *(
                Route(f"/{name}", _plainly(handler), methods=["POST"])
                for name, handler in {
                    "look": self._look,
                    "write": self._write,
                    "read": self._read,
                    "saved": self._saved,
                    "differences": self._differences,
                    "restore": self._restore,
                    "dip": self._dip,
                    "name": self._name,
                }.items()
            ),
        ]
        self.app = Gate(Starlette(routes=routes, lifespan=self._lifespan), sessions, names, cookie)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._card = CardThread()
        self._poller = Poller(self._card, self._held, self._viewers, self._interval)
        polling = asyncio.create_task(self._poller.run())
        try:
            yield
        finally:
            self._poller.end()
            await asyncio.wait({polling}, timeout=_END_SECONDS)
            polling.cancel()
            self._card.end()

    def end(self) -> None:
        """Ends what would keep the server from ending."""
        self._viewers.end()

    @property
    def _running(self) -> tuple[CardThread, Poller]:
        assert self._card is not None
        assert self._poller is not None
        return self._card, self._poller

    # -- what is drawn --------------------------------------------------------------------------------------------

    def _asset(self, fixed: str = "") -> Handler:
        async def answer(request: Request) -> Response:
            found = self._assets.get(fixed or request.path_params["name"])
            if found is None or (not fixed and request.path_params["name"] == "page.html"):
                return Response("no such file\n", 404, media_type="text/plain")
            return Response(found.content, media_type=found.media_type)

        return answer

    async def _map(self, request: Request) -> Response:
        number = request.path_params["number"]
        if not 0 <= number < len(self._documents):
            return Response("no such map\n", 404, media_type="text/plain")
        headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
        return Response(self._documents[number], media_type="application/json", headers=headers)

    async def _events(self, request: Request) -> Response:
        _, poller = self._running
        session = _session(request)
        viewer = self._viewers.enter(session)
        hello = {
            "viewer": viewer.key,
            "name": session.name,
            "write": self._writes,
            "slot": self._held.number,
            "maps": self._held.names,
            "interval": self._interval,
            "trouble": poller.trouble,
            "log": [entry.data() for entry in self._log.latest()],
        }

        def gone() -> None:
            self._viewers.leave(viewer)
            poller.rearrange()

        return EventStream(viewer, hello, gone)

    # -- what viewers do ------------------------------------------------------------------------------------------

    async def _look(self, request: Request) -> Response:
        _, poller = self._running
        body = await read_body(request, _LOOK_BODY_MAX)
        viewer = self._viewers.find(body.text("viewer"), _session(request))
        if viewer is None:
            raise RefusedError(404, "this page has no stream of events any more; it opens one again by itself")
        window = None
        if body.has("window"):
            part = body.part("window")
            place = self._number(part), part.text("path")
            window = Window(*place, part.number("start", _WORDS_HIGH), part.number("count", WORDS_MAX))
        keys = [
            Key(self._number(part), path)
            for part in body.parts("looks", len(self._documents))
            for path in part.texts("registers", LOOKS_MAX)
        ]
        found, skipped = await poller.turn(viewer, keys, window, sees_slot=body.flag("slot"))
        return JSONResponse({"look": viewer.look, "registers": found, "skipped": skipped})

    async def _write(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        number, assignments = self._number(body), body.pairs("writes", _ASSIGNMENTS_MAX)
        who = self._writer(request)
        return JSONResponse({"lines": await self._changing(lambda: self._actions.write(number, assignments, who))})

    async def _read(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        number, path = self._number(body), body.text("path")
        who = self._writer(request) if self._actions.has_effects(number, path) else _session(request).name
        return JSONResponse({"value": await self._changing(lambda: self._actions.read(number, path, who))})

    async def _saved(self, request: Request) -> Response:
        card, _ = self._running
        body = await read_body(request, _BODY_MAX)
        number, memories = self._number(body), body.flag("memories")
        text = await card.run(lambda: self._actions.saved(number, memories=memories))
        return Response(text, media_type="application/json")

    async def _differences(self, request: Request) -> Response:
        card, _ = self._running
        async with self._dumps:
            body = await read_body(request, _DUMP_BODY_MAX)
            number, saved = self._number(body), body.text("saved", _DUMP_BODY_MAX) if body.has("saved") else None
            return JSONResponse(await card.run(lambda: self._actions.differences(number, saved)))

    async def _restore(self, request: Request) -> Response:
        who = self._writer(request)
        async with self._dumps:
            body = await read_body(request, _DUMP_BODY_MAX)
            number, saved = self._number(body), body.text("saved", _DUMP_BODY_MAX)
            return JSONResponse(await self._changing(lambda: self._actions.restore(number, saved, who)))

    async def _dip(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        value, who = body.number("value", _DIP_HIGH), self._writer(request)
        await self._changing(lambda: self._actions.set_dip(value, who))
        return JSONResponse({})

    async def _name(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        session = _session(request)
        Sessions.rename(session, body.text("name"))
        return JSONResponse({"name": session.name})

    # -- how ------------------------------------------------------------------------------------------------------

    def _number(self, body: Body) -> int:
        """Of the map that a request is about."""
        return body.number("map", len(self._documents) - 1)

    def _writer(self, request: Request) -> str:
        """Who writes, as the log has it. RefusedError where nobody may."""
        if not self._writes:
            raise RefusedError(403, "this page is read-only: hal serve --write allows changes")
        place = f" ({request.client.host})" if request.client else ""
        return f"{_session(request).name}{place}"

    async def _changing(self, action: Callable[[], T]) -> T:
        """Does it, tells everybody, and has the card looked at again at once."""
        card, poller = self._running
        before = self._log.latest(1)
        try:
            return await card.run(action)
        finally:
            latest = self._log.latest(1)
            if latest != before:
                for viewer in self._viewers:
                    viewer.tell_log(latest[0])
            poller.soon()


def _session(request: Request) -> Session:
    session: Session = request.scope["state"]["session"]
    return session


def _plainly(handler: Handler) -> Handler:
    """Its errors as answers: the text, and a status that says whose mistake it is."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as problem:
            headers = {"connection": "close"} if problem.status in {408, 413} else None
            return JSONResponse({"error": str(problem)}, problem.status, headers)
        except (CardBusyError, TooManyViewersError) as problem:
            return JSONResponse({"error": str(problem)}, 503)
        except errors.HalError as problem:
            return JSONResponse({"error": str(problem)}, 422 if isinstance(problem, _WRONG) else 409)
        except Exception:  # noqa: BLE001  (its text may tell what is nobody's business)
            _log.exception("%s failed", request.url.path)
            return JSONResponse({"error": "this failed inside of the server, whose output says how"}, 500)

    return answer
