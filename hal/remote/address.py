"""Addresses of slots on other hosts: ssh://[USER@]HOST[:PORT]/SLOT."""

from __future__ import annotations

import re
from typing import NamedTuple

from hal.codes import SLOTS
from hal.errors import CardMissingError
from hal.values import shown

__all__ = ["SCHEME", "Address", "address_of"]

SCHEME = "ssh://"

# What reaches ssh, and by its settings perhaps a shell: no sign of a shell is in it, and no first "-" as of options.
_WORD = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_FORM = re.compile(
    rf"ssh://(?:(?P<user>{_WORD})@)?(?:(?P<host>{_WORD})|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{{1,5}}))?"
    r"/(?P<slot>[0-9]{1,3})"
)
_PORT_MAX = 65535


class Address(NamedTuple):
    """A slot of a host; `port` 0 and user "" where ssh is to know."""

    user: str
    host: str
    port: int
    slot: int

    @property
    def url(self) -> str:
        """As it is written."""
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{SCHEME}{user}{host}{f':{self.port}' if self.port else ''}/{self.slot}"


def address_of(text: str) -> Address:
    """The address that a text is. CardMissingError says how it is written."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise CardMissingError(
            f"{shown(text)} is no slot: give a number of this machine's, or ssh://[USER@]HOST[:PORT]/SLOT with names "
            "of letters, digits, dots, dashes and underscores"
        )
    number, port = int(found["slot"]), int(found["port"] or 0)
    if number >= SLOTS:
        raise CardMissingError(f"slot {number} of {found['host'] or found['v6']}: slots are numbered 0 to {SLOTS - 1}")
    if port > _PORT_MAX or found["port"] == "0":
        raise CardMissingError(f"{port} is no port of ssh: there are 1 to {_PORT_MAX}")
    return Address(found["user"] or "", found["host"] or found["v6"], port, number)
