"""A page from its parts: what `hal serve` runs."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hal.page.page_files import page_files
from hal.page.sessions import Sessions
from hal.page.web.routes import LivePage
from hal.page.web.server import listening_socket, server_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hal.page.card.held_slot import HeldSlot

__all__ = ["Admission", "LiveOptions", "run_live_page", "serve_page"]


class LiveOptions(NamedTuple):
    """Of one page. `writes`: whether viewers may change anything. `names`: host names that it may be asked under."""

    writes: bool = False
    host: str = "127.0.0.1"
    port: int | None = None
    names: tuple[str, ...] = ()
    interval: float = 0.2


class Admission(NamedTuple):
    """What a page's gate asks for: sessions, the names it is asked under, and what its cookie is called."""

    sessions: Sessions
    names: tuple[str, ...]
    cookie: str


class _Page(Protocol):
    """An ASGI application, and what ends its streams."""

    app: Any

    def end(self) -> None: ...


def serve_page(options: LiveOptions, made: Callable[[Admission], _Page], tell: Callable[[str], None]) -> None:
    """Serves a page until Ctrl-C. `tell` is called with the address, which has the token."""
    sessions = Sessions()
    with listening_socket(options.host, options.port) as listening:
        port = listening.getsockname()[1]
        names = options.names or _names_of(options.host)
        page = made(Admission(sessions, names, f"hal_page_{port}"))
        tell(f"http://{names[0]}:{port}/?token={sessions.token}")
        with suppress(KeyboardInterrupt):
            server_of(page.app, page.end).run(sockets=[listening])


def run_live_page(
    held: HeldSlot, documents: Iterable[bytes], options: LiveOptions, tell: Callable[[str], None]
) -> None:
    """Serves the registers of a slot until Ctrl-C, and closes the slot then."""

    def made(admission: Admission) -> LivePage:
        given = admission._asdict()
        return LivePage(held, documents, page_files(), interval=options.interval, writes=options.writes, **given)

    serve_page(options, made, tell)
    held.close()


def _names_of(host: str) -> tuple[str, ...]:
    """What a page is asked under that listens there."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  (somebody wants all)
        return (socket.gethostname(),)
    return (f"[{host}]" if ":" in host else host,)
