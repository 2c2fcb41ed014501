"""The gate before every request: who asks, under which name, and from which page; and what browsers are told.

A page of somebody else in the same browser may send requests here: by a name of its own that it lets point here
(rebinding), or with the cookie that the browser adds. So the name that was asked for has to be one of ours, whatever
writes has to come from our own page, and everything needs the session.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from hal.page.web.refused_requests import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from hal.page.sessions import Session, Sessions

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

__all__ = ["Gate"]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_TARGET_MAX = 2048
_COOKIE_MAX = 8192


class Gate:
    """Lets through to `app` what may pass, with its `session` in the scope's state.

    `names`: host names under which the server is asked, beside those of this machine itself. A port is not compared:
    it is another one where a tunnel leads here. `cookie`: its name.
    """

    def __init__(self, app: App, sessions: Sessions, names: Iterable[str], cookie: str) -> None:
        self._app, self._sessions, self._cookie = app, sessions, cookie
        self._names = {*_LOOPBACK, *(name.lower() for name in names)}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a socket that is not accepted is closed
        fresh: Session | None = None
        try:
            headers = _headers(scope)
            self._check_request(scope, headers)
            session, fresh = self._session(scope, headers)
        except RefusedError as problem:
            await _refuse(send, problem.status, str(problem))
            return
        scope.setdefault("state", {})["session"] = session

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
                if fresh is not None:
                    cookie = f"{self._cookie}={fresh.key}; HttpOnly; SameSite=Strict; Path=/"
                    message["headers"].append((b"set-cookie", cookie.encode()))
            await send(message)

        await self._app(scope, receive, guarded)

    def _check_request(self, scope: MutableMapping[str, Any], headers: dict[str, list[str]]) -> None:
        host = _only(headers, "host")
        name, _, port = host.lower().rpartition(":") if not host.endswith("]") else (host.lower(), "", "")
        if not name:
            name, port = port, ""
        if name not in self._names:
            raise RefusedError(400, "this server is not called so; --name adds a name")
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            raise RefusedError(405, "GET and POST are what is taken")
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _TARGET_MAX:
            raise RefusedError(414, "the address is too long")
        origins = headers.get("origin", [])
        own = {f"http://{host.lower()}", f"https://{host.lower()}"}
        if any(origin.lower() not in own for origin in origins):
            raise RefusedError(403, "another page may not ask this server")
        if scope["method"] == "POST" and len(origins) != 1:
            raise RefusedError(403, "what changes something says which page it comes from (Origin)")
        site = headers.get("sec-fetch-site", ["same-origin"])
        if scope["path"] != "/" and site not in (["same-origin"], ["none"]):
            raise RefusedError(403, "another page may not ask this server")

    def _session(
        self, scope: MutableMapping[str, Any], headers: dict[str, list[str]]
    ) -> tuple[Session, Session | None]:
        """The session, and again where it is new."""
        found = self._sessions.find(self._sent_key(headers))
        if scope["path"] == "/" and scope["query_string"]:
            try:
                given = parse_qs(scope["query_string"].decode(), max_num_fields=4).get("token", [])
            except ValueError:
                given = []
            session = self._sessions.enter(given[0]) if len(given) == 1 and found is None else None
            if session is not None:
                return session, session
        if found is None:
            raise RefusedError(
                403, "open the address that was printed at the start, with its token; a token ends with its server"
            )
        return found, None

    def _sent_key(self, headers: dict[str, list[str]]) -> str:
        for text in headers.get("cookie", []):
            if len(text) > _COOKIE_MAX:
                continue
            try:
                morsel = SimpleCookie(text).get(self._cookie)
            except CookieError:
                continue
            if morsel is not None:
                return morsel.value
        return ""


def _headers(scope: MutableMapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _only(headers: dict[str, list[str]], name: str) -> str:
    values = headers.get(name, [])
    if len(values) != 1:
        raise RefusedError(400, f"a request has one {name} header")
    return values[0]


async def _refuse(send: Send, status: int, text: str) -> None:
    """Says so in plain text, and ends the connection: nobody can hold one without a session."""
    body = f"{text}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
