"""How long after a request of another thread a wait for an interrupt goes on, beside a bare eventfd."""

from __future__ import annotations

import os
import select
import statistics
import threading
import time
from typing import TYPE_CHECKING

import hal

from .timing import Row

if TYPE_CHECKING:
    from collections.abc import Callable

MAP = """
schema: 1
name: requests
registers:
  status: {offset: 0, fields: {done: {bits: 0, access: w1c, volatile: true}}}
  enable: {offset: 4, fields: {done: {bits: 0}}}
interrupts:
  done: {line: 0, status: status.done, enable: enable.done, clear: status.done}
"""


def measure(ask: Callable[[], None], wait: Callable[[], object], rounds: int) -> float:
    """Median microseconds from before the request until the wait has returned."""
    go, asked, took = threading.Semaphore(0), [0], []

    def run() -> None:
        for _ in range(rounds):
            go.acquire()
            time.sleep(0.0002)  # it sleeps by then
            asked[0] = time.perf_counter_ns()
            ask()

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(rounds):
        go.release()
        wait()
        took.append((time.perf_counter_ns() - asked[0]) / 1000)
    thread.join()
    return statistics.median(took)


def rows(rounds: int) -> list[Row]:
    """Of an interrupt with its status read and cleared, above the eventfd."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "requests.yaml")
        path.write_text(MAP, encoding="utf-8")
        driver = hal.load_map(path)
    with driver.open(0) as device:
        done = device.interrupts.done
        ours = measure(lambda: device.slot.emulator.raise_interrupt("done"), lambda: done.wait(5), rounds)
    eventfd = os.eventfd(0)
    poll = select.poll()
    poll.register(eventfd, select.POLLIN)

    def wait() -> None:
        poll.poll(5000)
        os.eventfd_read(eventfd)

    bare = measure(lambda: os.eventfd_write(eventfd, 1), wait, rounds)
    os.close(eventfd)
    return [
        Row("a bare eventfd goes on, us", bare, "us"),
        Row("an interrupt with a status, above it, us", ours - bare, "us", 100),
    ]
