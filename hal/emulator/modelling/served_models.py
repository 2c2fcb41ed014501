"""Running a model for all processes that use a shared card: their accesses come as requests, and wait for answers."""

from __future__ import annotations

import logging
import select
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hal._binding import MODEL_FAILED, SERVED_FAILED, pending_error
from hal.codes import describe_code
from hal.emulator.modelling.handlers import LOADED
from hal.emulator.modelling.playing import PlaysWhile
from hal.errors import ModelError
from hal.printable import printable
from hal.values import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding import Request, Served

__all__ = ["serve_model"]

_LOOK = 1.0  # seconds between looks at the time
_TEXT_MAX = 300
_OWN = f"{Path(__file__).parents[2]}/"  # hal's own code


class Stage(Protocol):
    """The card's controls, as far as a model is run on it."""

    @property
    def afi_id(self) -> str:
        """The AFI that the slot holds."""

    def another(self, driver: type[Any]) -> str:
        """What the slot holds in place of the driver's design."""

    def set_model(self, model: Any) -> None:
        """Gives the slot behaviour, or takes it."""


def _holds(emulator: Stage, driver: type[Any] | None) -> bool:
    return driver is None or (emulator.afi_id != "" and not emulator.another(driver))


def serve_model(
    emulator: Stage,
    model: Any,
    served: Served,
    slot: int,
    *,
    milliseconds: int,
    limit: float | None = None,
    loaded: bool = False,
    ready: Callable[[], None] | None = None,
    failed: Callable[[BaseException], None] | None = None,
) -> None:
    """See `Emulator.serve`. Accesses wait for so many milliseconds; `limit`: seconds that it runs."""
    length = None if limit is None else seconds(limit, "a model is run for seconds")
    player = PlaysWhile(model, lambda: _holds(emulator, getattr(model, "driver", None)))
    descriptor = served.serve(slot, milliseconds, memories=player.hears_memories)
    try:
        emulator.set_model(player)
        if loaded:
            _load(player, slot)
        if ready is not None:
            ready()
        end = None if length is None else time.monotonic() + length
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        while end is None or time.monotonic() < end:
            request = served.take(slot)
            if request is not None:
                _answer(served, slot, request, failed or _logged)
            else:
                waiting.poll(1000 * (_LOOK if end is None else min(_LOOK, max(end - time.monotonic(), 0))))
    finally:
        served.end(slot)
        emulator.set_model(None)


def _load(player: PlaysWhile, slot: int) -> None:
    try:
        player.event(LOADED, slot, 0, 0, 0, 0, 0)
    except Exception as error:
        raise ModelError(f"on_load of the model raised {_told(error)}") from error


def _answer(served: Served, slot: int, request: Request, failed: Callable[[BaseException], None]) -> None:
    code = served.run(slot, request)
    if not code:
        served.answer(slot, request, 0, "")
        return
    error = pending_error() if code == MODEL_FAILED else None
    reason = describe_code(code) if error is None else _told(error)
    served.answer(slot, request, SERVED_FAILED, reason)
    if error is not None and not isinstance(error, Exception):
        raise error
    if error is not None:
        failed(error)


def _told(error: BaseException) -> str:
    """What another process's user can do something with: the error, and the line of the model that raised it."""
    if not isinstance(error, Exception):
        return "it was ended in the middle of this access"
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(_OWN):
            place = f" ({Path(file).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return printable(f"{type(error).__name__}: {str(error)[:_TEXT_MAX]}{place}").replace("\n", " ")


def _logged(error: BaseException) -> None:
    logging.getLogger("hal").error("the model raised %s", _told(error), exc_info=error)
