"""Measures statements against one another: round by round, each for a few milliseconds, medians over the rounds."""

from __future__ import annotations

import gc
import statistics
import time
import timeit
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROUND_SECONDS = 0.004


@dataclass(frozen=True)
class Row:
    """One line of a table; ratio and limit are None where nothing is compared."""

    name: str
    value: float | None
    unit: str
    target: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "SKIP"
        if self.target is None:
            return ""
        kept = self.value >= self.target if self.at_least else self.value <= self.target
        return "PASS" if kept else "MISS"


class Interleaved:
    """Statements by name, measured together."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self._timers: dict[str, tuple[timeit.Timer, int, float]] = {}

    def add(self, name: str, statement: str, *, parts: float = 1, setup: str = "pass") -> None:
        """`parts`: how many operations the statement makes; its time is divided by them."""
        timer = timeit.Timer(statement, setup, globals=self.names)
        loops, took = 1, 0.0
        while took < ROUND_SECONDS / 4:  # the least of three: one that was interrupted would choose too few loops
            took = min(timer.repeat(3, loops))
            loops *= 4
        took /= loops // 4
        self._timers[name] = timer, max(1, int(ROUND_SECONDS / took)), parts

    def run(self, rounds: int) -> dict[str, float]:
        """Median nanoseconds of one operation, by name."""
        times: dict[str, list[float]] = {name: [] for name in self._timers}
        gc.disable()
        try:
            for _ in range(rounds):
                for name, (timer, loops, parts) in self._timers.items():
                    times[name].append(timer.timeit(loops) / loops / parts * 1e9)
        finally:
            gc.enable()
        return {name: statistics.median(values) for name, values in times.items()}


def times_of(call: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of a call, round by round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def mean_of(call: Any, seconds: float) -> float:
    """Mean nanoseconds of a call over at least that time: what a busy neighbour takes is in it."""
    count, start = 0, time.perf_counter()
    while True:
        for _ in range(100):
            call()
        count += 100
        took = time.perf_counter() - start
        if took >= seconds:
            return took / count * 1e9
