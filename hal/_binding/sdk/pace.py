"""Time as waits take it: real, or that of simulated logic, which passes only where somebody lets it."""

from __future__ import annotations

import time
from typing import Any

from hal._binding.extension import ffi, lib

_REAL_SLICE = 0.05  # seconds that a wait spends in C before signals are looked at
_SIMULATED_SLICE = 1e-4  # the same in simulated time: some 25,000 clocks
_REAL_LIMIT = 10.0  # seconds of real time that a wait for simulated logic may always take


class RealTime:
    """The clock of a card's users."""

    slice = _REAL_SLICE
    is_simulated = False

    def deadline(self, timeout: float) -> Deadline:
        """Of a wait that begins now."""
        return Deadline(timeout)

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        time.sleep(seconds)


class Deadline:
    """When a wait ends; `timeout` may be infinite."""

    def __init__(self, timeout: float) -> None:
        self._begin = time.monotonic()
        self._end = self._begin + timeout

    def waited(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._begin

    def left(self) -> float:
        """Seconds until then, not below 0."""
        return max(0.0, self._end - time.monotonic())


REAL_TIME = RealTime()


class SimulatedTime(RealTime):
    """The clock of simulated logic. A wait's timeout is in its time, and no wait lasts much longer in real time.

    In real time a wait may take its timeout, and ten seconds at least: then it ends too.
    """

    slice = _SIMULATED_SLICE
    is_simulated = True

    def __init__(self, library: Any, api: Any) -> None:
        self._library, self._api = library, api

    def seconds(self) -> float:
        """Since the logic was configured."""
        return self.passed()[1] * 1e-12

    def passed(self) -> tuple[int, int]:
        """Clocks and picoseconds since then."""
        numbers = ffi.new("uint64_t[2]")
        self._api.time(numbers, numbers + 1)
        return int(numbers[0]), int(numbers[1])

    def deadline(self, timeout: float) -> Deadline:
        """Of a wait that begins now."""
        return _SimulatedDeadline(self, timeout)

    def sleep(self, seconds: float) -> None:
        """Simulates so much time."""
        end = self.seconds() + seconds
        while (left := end - self.seconds()) > 0:
            if lib.hal_simulate(self._library, max(1, int(min(left, _SIMULATED_SLICE) * self.hz()))):
                return  # it has ended: no time passes any more

    def hz(self) -> float:
        """Clocks of a second."""
        clocks, picoseconds = self.passed()
        return clocks / picoseconds * 1e12 if picoseconds else 250e6


class _SimulatedDeadline(Deadline):
    def __init__(self, pace: SimulatedTime, timeout: float) -> None:
        super().__init__(max(timeout, _REAL_LIMIT))
        self._pace, self._simulated_begin = pace, pace.seconds()
        self._simulated_end = self._simulated_begin + timeout

    def waited(self) -> float:
        return self._pace.seconds() - self._simulated_begin

    def left(self) -> float:
        return max(0.0, self._simulated_end - self._pace.seconds()) if super().left() > 0 else 0.0
