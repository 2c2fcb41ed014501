"""What waits for interrupts return, and what lines are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["InterruptEvent", "InterruptState"]


@dataclass(frozen=True, slots=True)
class InterruptEvent:
    """Something came. `count`: how often since the last event; `time`: when it was noticed, as `time.monotonic()`."""

    count: int
    time: float


class InterruptState(NamedTuple):
    """`requests`: of each line, since power-up or, of simulated logic, since it was configured.

    `asserted`: the lines that are high now.
    """

    requests: tuple[int, ...]
    asserted: tuple[bool, ...]
