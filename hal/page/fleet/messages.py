"""What the server of a fleet's page and its process in the cluster tell each other, and how it travels."""

from __future__ import annotations

import pickle
import struct
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hal.fleet.drivers import ShippedDriver
    from hal.fleet.fleet import Host
    from hal.fleet.losses import Failure
    from hal.page.fleet.host_watcher import CardLook

__all__ = ["Answer", "Ask", "Hosts", "Joined", "Joining", "Looked", "Started", "Watch", "read_message", "send_message"]

_LENGTH = struct.Struct("<Q")
_LENGTH_MAX = 1 << 30


class Joining(NamedTuple):
    """The first message: which fleet, as in `hal.fleet.connect`, and the maps of the page.

    `idle`: seconds that its process on a host is kept while nobody asks for anything.
    """

    address: str | None
    emulated: int | None
    library: str | None
    drivers: tuple[ShippedDriver, ...]
    idle: float = 30.0


class Started(NamedTuple):
    """The process is there, with all that it imports, and joins from now on."""


class Joined(NamedTuple):
    """The answer to it; `problem`: why the fleet can't be had, "" where it can."""

    problem: str = ""


class Watch(NamedTuple):
    """What is looked at from now on; None in place of it ends that.

    `columns`: of each map the registers that are read of its cards. `turn`: another number where they are others.
    """

    turn: int
    columns: tuple[tuple[str, ...], ...]
    interval: float


class Hosts(NamedTuple):
    """The cluster's hosts, as it knows them now."""

    hosts: list[Host]


class Looked(NamedTuple):
    """What a host said of its cards; None: nothing, because of the problem."""

    node: str
    turn: int
    cards: list[CardLook] | None
    problem: str = ""


class Ask(NamedTuple):
    """A question to a host: a method of `HostWatcher` and what it is given."""

    number: int
    node: str
    method: str
    given: tuple[Any, ...]
    seconds: float


class Answer(NamedTuple):
    """To the question of this number."""

    number: int
    value: Any = None
    failure: Failure | None = None


def send_message(file: IO[bytes], message: Any) -> None:
    """Writes it whole."""
    data = pickle.dumps(message)
    file.write(_LENGTH.pack(len(data)) + data)
    file.flush()


def read_message(file: IO[bytes]) -> Any:
    """The next one, which our own other process wrote. EOFError where there is no whole one."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = file.read(length) if length <= _LENGTH_MAX else b""
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301  (see above)
