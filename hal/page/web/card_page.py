"""What a page of one card's registers asks for, by address: the page itself, the maps, events, and what viewers do."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hal.errors import HalError
from hal.page.card.looking import Poller
from hal.page.card.memory_words import WORDS_MAX
from hal.page.card.rounds import LOOKS_MAX
from hal.page.card.viewer_actions import differences, read_once, restore, saved_dump, set_dip, write
from hal.page.sessions import Sessions
from hal.page.viewers import Key, RegisterViewer, Viewers, Window
from hal.page.web.answers import asset_answer, map_answer, plainly, session_of, viewer_of
from hal.page.web.bodies import read_body
from hal.page.web.events import EventStream
from hal.page.web.refused_requests import RefusedError
from hal.page.write_log import WriteLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from hal.devices.device import Device
    from hal.page.card.card_thread import AskedCard
    from hal.page.card.held_slot import HeldSlot
    from hal.page.page_files import PageFile
    from hal.page.web.bodies import Body

T = TypeVar("T")

__all__ = ["CardPage", "ShownCard"]

_BODY_MAX = 64 << 10
_LOOK_BODY_MAX = 4 << 20
_DUMP_BODY_MAX = 32 << 20
_END_SECONDS = 2.0  # for a round that is being made
_DUMPS_MAX = 2  # at once: they are large
_ASSIGNMENTS_MAX = 4096
_WORDS_HIGH = 1 << 48
_DIP_HIGH = 0xFFFF


class ShownCard(NamedTuple):
    """What a page says of its card. `documents`: of each driver's map what is drawn, as `packed` has it.

    `place`: the slot as people call it; `back`: the address of the page that leads here, "" where none does.
    """

    place: int | str
    drivers: tuple[type[Device], ...]
    documents: tuple[bytes, ...]
    back: str = ""

    @property
    def names(self) -> list[str]:
        """Of the maps, in their order."""
        return [driver._design.name for driver in self.drivers]


class CardPage:
    """The page of one card, between `start` and `end`; `routes` are its addresses, below wherever it stands.

    `writes`: whether viewers may change anything; reads that change something count as that.
    """

    def __init__(
        self,
        card: AskedCard,
        shown: ShownCard,
        assets: Mapping[str, PageFile],
        *,
        interval: float = 0.2,
        writes: bool = False,
        trouble: str = "",
    ) -> None:
        self._card, self._shown, self._interval, self._writes = card, shown, interval, writes
        self.viewers, self._log = Viewers(RegisterViewer), WriteLog()
        self._dumps = asyncio.Semaphore(_DUMPS_MAX)
        self._poller = Poller(card, shown.drivers, self.viewers, interval, trouble)
        self._polling: asyncio.Task[None] | None = None
        self.routes = [
            Route("/", asset_answer(assets, "page.html")),
            Route("/assets/{name}", asset_answer(assets)),
            Route("/maps/{number:int}", map_answer(shown.documents)),
            Route("/events", plainly(self._events)),
            *(
                Route(f"/{name}", plainly(handler), methods=["POST"])
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

    def start(self) -> None:
        """From now on what is looked at is read."""
        self._polling = asyncio.create_task(self._poller.run())

    def stop(self) -> None:
        """Viewers are told nothing more, and what is not being read already is not."""
        self.viewers.end()
        self._poller.end()

    async def end(self) -> None:
        """The same; done when nothing is read any more."""
        self.stop()
        if self._polling is not None:
            await asyncio.wait({self._polling}, timeout=_END_SECONDS)
            self._polling.cancel()

    # -- what viewers do ------------------------------------------------------------------------------------------

    async def _events(self, request: Request) -> Response:
        session = session_of(request)
        viewer = self.viewers.enter(session)
        hello = {
            "viewer": viewer.key,
            "name": session.name,
            "write": self._writes,
            "slot": self._shown.place,
            "back": self._shown.back,
            "maps": self._shown.names,
            "interval": self._interval,
            "trouble": self._poller.trouble,
            "log": [entry.data() for entry in self._log.latest()],
        }

        def gone() -> None:
            self.viewers.leave(viewer)
            self._poller.rearrange()

        return EventStream(viewer, hello, gone)

    async def _look(self, request: Request) -> Response:
        body = await read_body(request, _LOOK_BODY_MAX)
        viewer = viewer_of(request, body, self.viewers)
        window = None
        if body.has("window"):
            part = body.part("window")
            place = self._number(part), part.text("path")
            window = Window(*place, part.number("start", _WORDS_HIGH), part.number("count", WORDS_MAX))
        keys = [
            Key(self._number(part), path)
            for part in body.parts("looks", len(self._shown.drivers))
            for path in part.texts("registers", LOOKS_MAX)
        ]
        found, skipped = self._poller.turn(viewer, keys, window, sees_slot=body.flag("slot"))
        return JSONResponse({"look": viewer.look, "registers": found, "skipped": skipped})

    async def _write(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        number, given = self._number(body), body.pairs("writes", _ASSIGNMENTS_MAX)
        tried = [f"{path}={text}" for path, text in given]
        job = partial(write, number=number, assignments=given)
        lines = await self._entered(self._writer(request), self._shown.names[number], job, tried, lambda lines: lines)
        return JSONResponse({"lines": lines})

    async def _read(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        number, path = self._number(body), body.text("path")
        has_effects = bool(self._shown.drivers[number]._design.shape_at(path).effects)
        who = self._writer(request) if has_effects else session_of(request).name
        job, tried = partial(read_once, number=number, path=path), [f"read of {path}"]
        found = await self._entered(who, self._shown.names[number], job, tried, lambda found: [f"read of {found[0]}"])
        return JSONResponse({"value": found[1]})

    async def _saved(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        number, memories = self._number(body), body.flag("memories")
        text = await self._card.run(partial(saved_dump, number=number, memories=memories))
        return Response(text, media_type="application/json")

    async def _differences(self, request: Request) -> Response:
        async with self._dumps:
            body = await read_body(request, _DUMP_BODY_MAX)
            number, saved = self._number(body), body.text("saved", _DUMP_BODY_MAX) if body.has("saved") else None
            return JSONResponse(await self._card.run(partial(differences, number=number, saved=saved)))

    async def _restore(self, request: Request) -> Response:
        who = self._writer(request)
        async with self._dumps:
            body = await read_body(request, _DUMP_BODY_MAX)
            number, saved = self._number(body), body.text("saved", _DUMP_BODY_MAX)
            job, tried = partial(restore, number=number, saved=saved), ["restore of a dump"]
            name = self._shown.names[number]
            found = await self._entered(who, name, job, tried, lambda found: [*tried, *found["lines"]])
            return JSONResponse({key: value for key, value in found.items() if key != "lines"})

    async def _dip(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        value, who = body.number("value", _DIP_HIGH), self._writer(request)
        tried = [f"DIP switches = {value:#06x}"]
        await self._entered(who, f"slot {self._shown.place}", partial(set_dip, value=value), tried, lambda _: tried)
        return JSONResponse({})

    async def _name(self, request: Request) -> Response:
        body = await read_body(request, _BODY_MAX)
        session = session_of(request)
        Sessions.rename(session, body.text("name"))
        return JSONResponse({"name": session.name})

    # -- how ------------------------------------------------------------------------------------------------------

    def _number(self, body: Body) -> int:
        """Of the map that a request is about."""
        return body.number("map", len(self._shown.drivers) - 1)

    def _writer(self, request: Request) -> str:
        """Who writes, as the log has it. RefusedError where nobody may."""
        if not self._writes:
            raise RefusedError(403, "this page is read-only: hal serve --write allows changes")
        place = f" ({request.client.host})" if request.client else ""
        return f"{session_of(request).name}{place}"

    async def _entered(
        self,
        who: str,
        where: str,
        job: Callable[[HeldSlot], T],
        tried: Sequence[str],
        lines_of: Callable[[T], Sequence[str]],
    ) -> T:
        """Does it, enters into the log what was done or tried, tells everybody, and has the card looked at at once."""
        try:
            found = await self._card.run(job)
        except HalError as problem:
            self._enter(who, where, tried, str(problem))
            raise
        finally:
            self._poller.soon()
        self._enter(who, where, lines_of(found))
        return found

    def _enter(self, who: str, where: str, lines: Sequence[str], failed: str = "") -> None:
        entry = self._log.add(who, where, lines, failed)
        for viewer in self.viewers:
            viewer.tell_log(entry)
