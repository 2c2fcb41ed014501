"""The HTTP server under a page: its socket, and what protects it from connections that only stay."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hal.errors import HalError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["PORT", "ServeError", "listening_socket", "server_of"]

PORT = 8765
_CONNECTIONS_MAX = 200
_FIRST_REQUEST_SECONDS = 15.0
_TAKEN_MS = 30_000  # until a peer that takes nothing is cut off
_HEADERS_MAX = 32 << 10
_SEND_BUFFER = 128 << 10  # of the kernel's memory, for a peer that takes nothing


class ServeError(HalError):
    """The page can't be served: its port is in use, or its address is not this machine's."""


class _GuardedProtocol(H11Protocol):
    """Ends connections that bring no request, or that take none of what is sent."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection came."""
        super().connection_made(transport)
        made = transport.get_extra_info("socket")
        if made is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKEN_MS)
        self.loop.call_later(_FIRST_REQUEST_SECONDS, self._require_request)

    def _require_request(self) -> None:
        has_request: bool = self.cycle is not None
        if not has_request and not self.transport.is_closing():
            self.transport.abort()


def listening_socket(host: str, port: int | None) -> socket.socket:
    """Bound to an address of this machine; without a port to 8765, or where that is in use to any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, PORT if port is None else port), family=family)
    except OSError as problem:
        if port is not None or not isinstance(problem.errno, int):
            raise ServeError(f"{host} port {PORT if port is None else port} can't be served: {problem}") from None
    try:
        return socket.create_server((host, 0), family=family)
    except OSError as problem:
        raise ServeError(f"{host} can't be served: {problem}") from None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Streams have no end of their own."""
        self._ending()
        await super().shutdown(sockets)


def server_of(app: Any, ending: Callable[[], None]) -> uvicorn.Server:
    """A server that ends with Ctrl-C or SIGTERM; `ending` is called then. Its `run` takes the sockets."""
    config = uvicorn.Config(
        app,
        http=_GuardedProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS_MAX,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=_HEADERS_MAX,
    )
    return _Server(config, ending)
