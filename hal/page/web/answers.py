"""What handlers of requests share: errors as answers, files, maps, and whose request it is."""

from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING, TypeVar

from starlette.responses import JSONResponse, Response

from hal import errors
from hal.page.card.card_thread import CardBusyError
from hal.page.viewers import TooManyViewersError, Viewer
from hal.page.web.refused_requests import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from starlette.requests import Request

    from hal.page.page_files import PageFile
    from hal.page.sessions import Session
    from hal.page.viewers import Viewers
    from hal.page.web.bodies import Body

    Handler = Callable[[Request], Awaitable[Response]]

__all__ = ["asset_answer", "map_answer", "packed", "plainly", "session_of", "viewer_of"]

V = TypeVar("V", bound=Viewer)

_GZIP = 6
_log = logging.getLogger("hal.page")

_WRONG = (
    *(errors.FieldNameError, errors.FieldValueError, errors.FieldTypeError, errors.AccessError, errors.AddressError),
    *(errors.SnapshotError,),
)


def session_of(request: Request) -> Session:
    """What the gate has found."""
    session: Session = request.scope["state"]["session"]
    return session


def viewer_of(request: Request, body: Body, viewers: Viewers[V]) -> V:
    """The open page that asks. RefusedError where it is none, or another browser's."""
    viewer = viewers.find(body.text("viewer"), session_of(request))
    if viewer is None:
        raise RefusedError(404, "this page has no stream of events any more; it opens one again by itself")
    return viewer


def asset_answer(assets: Mapping[str, PageFile], fixed: str = "") -> Handler:
    """Answers with one of the page's files: always this one, or what the address names, which is no page."""

    async def answer(request: Request) -> Response:
        name = fixed or request.path_params["name"]
        found = assets.get(name)
        if found is None or (not fixed and name.endswith(".html")):
            return Response("no such file\n", 404, media_type="text/plain")
        return Response(found.content, media_type=found.media_type)

    return answer


def packed(documents: Iterable[bytes]) -> tuple[bytes, ...]:
    """Documents as they are sent."""
    return tuple(gzip.compress(document, _GZIP) for document in documents)


def map_answer(documents: Sequence[bytes]) -> Handler:
    """Answers with what is drawn of the map that the address names by its number; `documents`: as `packed` has them."""

    async def answer(request: Request) -> Response:
        number = request.path_params["number"]
        if not 0 <= number < len(documents):
            return Response("no such map\n", 404, media_type="text/plain")
        headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
        return Response(documents[number], media_type="application/json", headers=headers)

    return answer


def plainly(handler: Handler) -> Handler:
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
