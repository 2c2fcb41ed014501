"""Whose interrupt it was: what shares a line is told apart by status registers, and each waiter gets its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from hal.errors import InterruptTimeoutError
from hal.lines.interrupt_events import InterruptEvent
from hal.lines.slot_interrupt import limit_of
from hal.registers.waits.condition import when

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.lines.slot_interrupt import SlotInterrupt
    from hal.registers.waits.condition import Condition

__all__ = ["Dispatch"]

_PASSES = 4  # over the status registers, as long as anything was cleared: what came meanwhile may have made no request


class Sorted(Protocol):
    """An interrupt, as it is sorted out here."""

    is_listening: bool

    @property
    def name(self) -> str:
        """As in the map."""

    @property
    def clears(self) -> bool:
        """Whether it can be cleared."""

    @property
    def place(self) -> tuple[Any, str]:
        """The register of its status, and the field's attribute."""

    def listen(self) -> None:
        """Lets it through, unless it is."""

    def clear(self) -> None:
        """Clears its status."""

    def hold(self) -> None:
        """Holds it back, where that can be."""


class Dispatch:
    """A line of a device, and the interrupts on it.

    The order of a wait: it is let through; the line's requests are noted; the status registers are read, and what is
    set there is cleared and counted; only then the source may ask again, and the wait sleeps until there are requests
    that were not noted. So what comes at any moment is either seen by the read or ends the sleep.
    """

    def __init__(self, device: Any, line: int, interrupts: list[Any]) -> None:
        self._device, self._line = device, line
        self._interrupts: list[Sorted] = interrupts
        self._lock = threading.Lock()
        self._came: dict[str, int] = {}
        registers: dict[int, list[Sorted]] = {}
        for one in self._interrupts:
            registers.setdefault(id(one.place[0]), []).append(one)
        self._statuses: list[tuple[Condition, list[tuple[Sorted, int]]]] = []
        for sharing in registers.values():
            register = sharing[0].place[0]
            masks = [(one, register._shape.fields[one.place[1]].mask) for one in sharing]
            self._statuses.append((when(register, **{one.place[1]: 1 for one in sharing}), masks))
        self._listener: SlotInterrupt = device.slot.interrupt(line)

    def wait(self, one: Sorted, timeout: float | None, stop: Callable[[], bool] | None) -> InterruptEvent | None:
        """The next event of this one; None where `stop` says so."""
        shared = self._listener.shared
        deadline = shared.deadline(limit_of(timeout))
        while True:
            seen = shared.look()
            event = self._event(one)
            if event is not None or (stop is not None and stop()):
                return event
            if deadline.left() <= 0:
                self._give_up(one, timeout)
            shared.wait(seen, deadline, stop)

    async def wait_async(self, one: Sorted, timeout: float | None) -> InterruptEvent:
        """The same in an event loop."""
        shared = self._listener.shared
        deadline = shared.deadline(limit_of(timeout))
        while True:
            seen = shared.look()
            event = self._event(one)
            if event is not None:
                return event
            if deadline.left() <= 0:
                self._give_up(one, timeout)
            await shared.wait_async(seen, deadline)

    def wake(self) -> None:
        """Has all that wait look whether they are still to."""
        self._listener.shared.wake()

    def close(self) -> None:
        """The device is closed: who waits is told."""
        self._listener.close()

    def _event(self, one: Sorted) -> InterruptEvent | None:
        with self._lock:
            one.listen()
            self._sort()
            count = self._came.pop(one.name, 0)
        return InterruptEvent(count, time.monotonic()) if count else None

    def _sort(self) -> None:
        """Reads the status registers of all that listen, and clears and counts what is set."""
        for _ in range(_PASSES):
            cleared = False
            for condition, masks in self._statuses:
                if not any(one.is_listening for one, _ in masks):
                    continue
                condition.look()
                condition.require_answer()
                bits = condition.last
                for one, mask in masks:
                    if one.is_listening and bits & mask:
                        cleared |= self._count(one)
            if not cleared:
                return

    def _count(self, one: Sorted) -> bool:
        """Whether it was cleared."""
        if one.clears:
            one.clear()
            self._came[one.name] = self._came.get(one.name, 0) + 1
            return True
        self._came[one.name] = 1
        one.hold()
        return False

    def _give_up(self, one: Sorted, timeout: float | None) -> None:
        where = self._device._full_path()
        raise InterruptTimeoutError(
            f"{where}: interrupt {one.name} (line {self._line}) did not come within {timeout} s; its status is not set"
        )
