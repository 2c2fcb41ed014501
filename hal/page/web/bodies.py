"""Bodies of requests: JSON of a bounded size that comes in a bounded time, and its parts, each of one type."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hal.page.web.refused_requests import RefusedError
from hal.strict_json import parse_json

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Body", "read_body"]

_SECONDS = 20.0
_SHOWN = 60


async def read_body(request: Request, limit: int) -> Body:
    """The object of a request; at most `limit` bytes of it are ever held."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "only application/json is taken")
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limit:
        raise RefusedError(413, f"at most {limit} bytes are taken")
    try:
        content = await asyncio.wait_for(_content(request, limit), _SECONDS)
    except asyncio.TimeoutError:
        raise RefusedError(408, f"it did not come within {_SECONDS:g} s") from None
    try:
        data = parse_json(content.decode())
    except ValueError as problem:
        raise RefusedError(400, f"this is no JSON: {problem}") from None
    if not isinstance(data, dict):
        raise RefusedError(400, "this is no JSON object")
    return Body(data)


async def _content(request: Request, limit: int) -> bytes:
    content = bytearray()
    async for part in request.stream():
        if len(content) + len(part) > limit:
            raise RefusedError(413, f"at most {limit} bytes are taken")
        content += part
    return bytes(content)


class Body:
    """The members of a request's object. RefusedError for one that is missing, or of another type."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def text(self, name: str, limit: int = 4096) -> str:
        """A text of so many characters at most."""
        value = self._data.get(name)
        if not isinstance(value, str) or len(value) > limit:
            raise RefusedError(400, f"{name} is a text of up to {limit} characters")
        return value

    def has(self, name: str) -> bool:
        """Whether it is there, and not null."""
        return self._data.get(name) is not None

    def number(self, name: str, high: int) -> int:
        """An integer of 0 to `high`."""
        value = self._data.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
            raise RefusedError(400, f"{name} is an integer of 0 to {high}")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false where it is not there."""
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            raise RefusedError(400, f"{name} is true or false")
        return value

    def texts(self, name: str, count: int) -> list[str]:
        """A list of texts."""
        return [self._text_in(name, item) for item in self._list(name, count)]

    def pairs(self, name: str, count: int) -> list[tuple[str, str]]:
        """A list of pairs of texts."""
        found = []
        for item in self._list(name, count):
            if not isinstance(item, list) or len(item) != 2:  # noqa: PLR2004  (a pair)
                raise RefusedError(400, f"{name} is a list of pairs of texts")
            found.append((self._text_in(name, item[0]), self._text_in(name, item[1])))
        return found

    def part(self, name: str) -> Body:
        """An object in it."""
        value = self._data.get(name)
        if not isinstance(value, dict):
            raise RefusedError(400, f"{name} is an object")
        return Body(value)

    def parts(self, name: str, count: int) -> list[Body]:
        """A list of objects."""
        found = self._list(name, count)
        if not all(isinstance(item, dict) for item in found):
            raise RefusedError(400, f"{name} is a list of objects")
        return [Body(item) for item in found]

    def _list(self, name: str, count: int) -> list[Any]:
        value = self._data.get(name)
        if not isinstance(value, list) or len(value) > count:
            raise RefusedError(400, f"{name} is a list of up to {count}")
        return value

    @staticmethod
    def _text_in(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise RefusedError(400, f"{name} holds texts, not {ascii(value)[:_SHOWN]}")
        return value
