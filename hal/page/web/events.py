"""The stream of server-sent events that each open page holds."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from hal.page.viewers import Viewer

__all__ = ["EventStream"]

_TAKEN_SECONDS = 30.0  # until a viewer that takes nothing counts as gone
_END_SECONDS = 1.0
_RETRY = b"retry: 1000\n\n"


class EventStream(Response):
    """Tells a viewer what happens until it goes, or takes nothing any more; `gone` is called then."""

    media_type = "text/event-stream"

    def __init__(self, viewer: Viewer, hello: Mapping[str, Any], gone: Callable[[], None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._viewer, self._hello, self._gone = viewer, hello, gone

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        telling = asyncio.create_task(self._tell(send))
        ending = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({telling, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._gone()
            self._viewer.end()
            telling.cancel()
            ending.cancel()
            await asyncio.wait({telling, ending}, timeout=_END_SECONDS)  # it takes both errors too
            for task in (telling, ending):
                if task.done() and not task.cancelled():
                    task.exception()

    async def _tell(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        hello = json.dumps({"kind": "hello", **self._hello}, separators=(",", ":")).encode()
        await self._send(send, _RETRY + b"data: " + hello + b"\n\n")
        async for chunk in self._viewer.stream():
            await self._send(send, chunk)
        await send({"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, chunk: bytes) -> None:
        await asyncio.wait_for(send({"type": "http.response.body", "body": chunk, "more_body": True}), _TAKEN_SECONDS)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
