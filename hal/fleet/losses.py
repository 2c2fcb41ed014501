"""What goes wrong in a fleet, as its user sees it, and as it travels between hosts."""

from __future__ import annotations

import pickle
import traceback
from typing import Any, NamedTuple

from hal.errors import HalError

__all__ = ["CardLostError", "Failure", "FleetError", "FleetTimeoutError", "ItemError", "failure_of"]

_TRACE_MAX = 16_384  # characters of a traceback that travel


class FleetError(HalError):
    """A fleet, a host or a card of it can't do what was asked. `results`: of a map, what each item came to."""

    results: tuple[Any, ...] = ()


class FleetTimeoutError(FleetError, TimeoutError):
    """Cards that were asked for could not be had, or did not answer, in time."""


class ItemError(FleetError):
    """The function failed for an item, or for a card. Its own exception is `__cause__` where that could travel.

    `index`: of the item. `host`, `slot`: of the card. `kind`: the exception's type. `trace`: its traceback there.
    `path` is the register's where the exception told one.
    """

    def __init__(
        self, message: str, *, index: int, host: str, slot: int, kind: str, trace: str, path: str | None
    ) -> None:
        super().__init__(message, path=path)
        self.index, self.host, self.slot, self.kind, self.trace = index, host, slot, kind, trace


class CardLostError(FleetError):
    """The process, the host or the bus of a card ended while it worked on an item.

    `state` says what is known of the item: "finished" (it ran to its end, its result is lost), "started" (it may have
    run in part), "unknown" (the host is gone with what it knew), "not started". `index` is -1 for a call of one card.
    """

    def __init__(self, message: str, *, index: int, host: str, slot: int, state: str) -> None:
        super().__init__(message)
        self.index, self.host, self.slot, self.state = index, host, slot, state


class Failure(NamedTuple):
    """An exception that travels: always as text, and as itself where it can be pickled."""

    kind: str
    text: str
    trace: str
    path: str | None
    pickled: bytes | None
    place: str = ""  # host and slot of a card that could not be made ready

    def cause(self) -> BaseException | None:
        """The exception itself; None where it did not travel."""
        try:
            found = pickle.loads(self.pickled) if self.pickled else None  # noqa: S301  (a host of the own cluster)
        except Exception:  # noqa: BLE001  (its class is not here)
            return None
        return found if isinstance(found, BaseException) else None

    def of_item(self, index: int, host: str, slot: int) -> ItemError:
        """As the user gets it."""
        which = f"item {index}" if index >= 0 else "the call"
        error = ItemError(
            f"{which} failed on {host}, slot {slot}: {self.kind}: {self.text}",
            index=index,
            host=host,
            slot=slot,
            kind=self.kind,
            trace=self.trace,
            path=self.path,
        )
        error.__cause__ = self.cause()
        return error


def failure_of(error: BaseException) -> Failure:
    """The exception, packed."""
    try:
        pickled = pickle.dumps(error)
    except Exception:  # noqa: BLE001  (whatever its __reduce__ does)
        pickled = None
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))[-_TRACE_MAX:]
    path = getattr(error, "path", None)
    return Failure(type(error).__qualname__, str(error), trace, path if isinstance(path, str) else None, pickled)
