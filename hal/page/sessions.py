"""Who may see the page: a token in the address that is printed, and a cookie for each browser that came with it."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from hal.printable import printable

__all__ = ["Session", "Sessions"]

_SESSIONS_MAX = 256
_NAME_MAX = 40


@dataclass
class Session:
    """A browser. `name`: as the log of writes calls it; people may choose another one."""

    key: str
    name: str


class Sessions:
    """Sessions of one server; the oldest goes when there are too many."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(32)
        self._by_key: dict[str, Session] = {}
        self._made = 0

    def enter(self, token: str) -> Session | None:
        """A new session for who has the token."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        self._made += 1
        session = Session(secrets.token_urlsafe(32), f"viewer {self._made}")
        self._by_key[session.key] = session
        while len(self._by_key) > _SESSIONS_MAX:
            del self._by_key[next(iter(self._by_key))]
        return session

    def find(self, key: str) -> Session | None:
        """The session of a cookie. Keys are random: that a dictionary finds them tells nobody anything."""
        return self._by_key.get(key)

    @staticmethod
    def rename(session: Session, name: str) -> None:
        """Calls it so from now on, in one short line."""
        text = " ".join(printable(name).split())[:_NAME_MAX]
        if text:
            session.name = text
