"""Simulated logic whose time passes by itself."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from hal.errors import HalError
from hal.uncopyable import Closing, Uncopyable

if TYPE_CHECKING:
    from hal._binding.sdk.simulation import Simulation as Calls

__all__ = ["Running"]

_SLICE = 500  # clocks for which an access has to wait at most


class Running(Closing, Uncopyable):
    """A thread that lets time pass, as fast as the machine can, until `close()`, or the end of a `with` block.

    Accesses come between two of its clocks. It stops where the simulation ends.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls, self._over = calls, threading.Event()
        self._thread = threading.Thread(target=self._run, name="hal-simulation", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(HalError):  # it has ended, and `ended` tells
            while not self._over.is_set():
                self._calls.advance(_SLICE)

    def close(self) -> None:
        """Time stops. Again does nothing."""
        self._over.set()
        self._thread.join()
