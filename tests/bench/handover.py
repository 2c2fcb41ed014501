"""How long after a write of one thread another one goes on that waits for it, beside a bare loop that does the same."""

from __future__ import annotations

import statistics
import threading
import time
from typing import TYPE_CHECKING, Any

from .access import names_of, open_device
from .timing import Row

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET = 0.0005  # seconds before a write: the other thread waits by then
LONGER = 0.001  # the same of a wait whose pauses have grown
RUNS = 16  # of each way to wait, by turns


class _Waiter(threading.Thread):
    """Calls `wait(value)` for each value that it is given, and says when it went on, and what the call returned."""

    def __init__(self, wait: Callable[[int], Any]) -> None:
        super().__init__(daemon=True)
        self._wait, self._value = wait, 0
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self.went_on, self.returned = 0, None

    def run(self) -> None:
        while self._go.acquire() and self._value:
            self.returned = self._wait(self._value)
            self.went_on = time.perf_counter_ns()
            self._done.release()

    def tell(self, value: int) -> None:
        """Waits for this value; 0: ends."""
        self._value = value
        self._go.release()

    def join_wait(self) -> None:
        self._done.acquire()


def measure(
    wait: Callable[[int], Any], write: Callable[[int], None], rounds: int, quiet: float = QUIET
) -> tuple[float, list[Any]]:
    """Median microseconds from before the write until the waiter went on; and what its calls returned, less that start.

    The thread that writes sleeps then, so the interpreter's lock is free.
    """
    waiter = _Waiter(wait)
    waiter.start()
    took, seen = [], []
    for value in range(1, rounds + 1):
        waiter.tell(value)
        time.sleep(quiet)
        start = time.perf_counter_ns()
        write(value)
        waiter.join_wait()
        took.append((waiter.went_on - start) / 1000)
        seen.append((waiter.returned or start) - start)
    waiter.tell(0)
    waiter.join()
    return statistics.median(took), seen


def rows(rounds: int) -> list[Row]:
    """A wait without an interval, and a bare loop, which has no checks, no end, and never gives up the processor.

    They take turns, each for some of its rounds, and of a way's medians the lower quartile counts: a wait that lasts
    gives up the processor, so beside a busy program a run says when that program gave it back.
    """
    with open_device() as device:
        names = names_of(device)
        handle, bare_wait, offset = names["handle"], names["bare_wait"], device.data.address

        def write(value: int) -> None:
            device.data.value = value

        ways: list[tuple[Callable[[int], Any], float]] = [
            (lambda value: device.data.wait_for(value=value, timeout=1, interval=0), QUIET),
            (lambda value: device.data.wait_for(value=value, timeout=1), LONGER),
            (lambda value: bare_wait(handle, offset, value), QUIET),
        ]
        medians: list[list[float]] = [[] for _ in ways]
        noticed = []
        for _ in range(RUNS):
            for (wait, quiet), found in zip(ways, medians, strict=True):
                write(0)
                median, seen = measure(wait, write, -(-rounds // RUNS), quiet)
                found.append(median)
            noticed.append(statistics.median(seen) / 1000)
    ours, adaptive, bare = map(_usual, medians)
    return [
        Row("a wait without an interval goes on, us", ours, "us", 20),
        Row("a wait that has lasted a millisecond goes on, us", adaptive, "us", 20),
        Row("a bare loop goes on, us", bare, "us"),
        Row("  of which until it has read the value, us", _usual(noticed), "us"),
    ]


def _usual(medians: list[float]) -> float:
    return statistics.quantiles(medians, n=4)[0]
