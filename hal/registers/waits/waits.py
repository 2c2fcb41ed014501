"""Waits: of one register in C, of several and of what takes Python by looks, and in an event loop by its poller."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from hal._binding import ADAPTIVE, Ask, wait_pause
from hal.errors import FieldTypeError, WaitTimeoutError
from hal.registers.waits.condition import Condition, State
from hal.values import seconds, shown

if TYPE_CHECKING:
    from hal._binding import Bar

__all__ = ["Wait", "wait_for_all", "wait_for_all_async", "wait_for_any", "wait_for_any_async"]

_ASK_SECONDS = 1.0  # of a wait that goes on, whose words are all ones
_PART_OF_WAITED, _PAUSE_MOST = 1 / 64, 1e-3  # of adaptive pauses, as bindings/core/access/wait.c has them


class Wait:
    """Conditions that are waited for together, by one look at each; all of them have to be so, or with `is_any` one.

    `timeout` in seconds, None: without end. `interval` in seconds between looks, None: it grows with the wait.
    """

    __slots__ = ("_any", "_asked", "_bar", "_found", "_interval", "came", "conditions", "deadline", "timeout")

    def __init__(
        self, conditions: tuple[Condition, ...], timeout: Any, interval: Any, where: str, *, is_any: bool = False
    ) -> None:
        self.conditions, self._any = conditions, is_any
        self.timeout = None if timeout is None else seconds(timeout, f"{where}: timeout is seconds")
        self._interval = ADAPTIVE if interval is None else seconds(interval, f"{where}: interval is seconds")
        self.came = conditions[0]
        self._found: list[State] = []
        self._asked = 0.0

    def run(self, look: int | None = None) -> Condition:
        """Waits, with other threads running meanwhile; returns what came. `look`: what was read already."""
        if self.first_look(look):
            return self.came
        left, pace = self.deadline.left(), self._bar.pace
        if self._interval > 0 and left > 0:
            pace.sleep(min(self._interval, left))
        if len(self.conditions) == 1 and self.came.in_c and self._interval <= pace.slice:
            self._run_in_c(self.came)
        else:
            self._run_by_looks()
        return self.came

    async def run_async(self) -> Condition:
        """The same in an event loop, whose other tasks run meanwhile."""
        if not self.first_look():
            from hal.registers.waits.poller import polled  # noqa: PLC0415  (asyncio is large)

            await polled(self)
        return self.came

    # -- looks ----------------------------------------------------------------------------------------------------

    def first_look(self, look: int | None = None) -> bool:
        """Whether it is there already; else its time begins. `look`: what was read of the only register."""
        if self._is_over([condition.first_look(look) for condition in self.conditions]):
            return True
        if self.timeout == 0:
            self.give_up()
        bars = [condition.register._space.real() for condition in self.conditions]
        # Simulated time passes only where somebody lets it.
        self._bar: Bar = next((bar for bar in bars if bar.pace.is_simulated), bars[0])
        self.deadline = self._bar.pace.deadline(math.inf if self.timeout is None else self.timeout)
        return False

    def look(self) -> bool:
        """Whether it came, by a read of each register. Raises where it failed, or nobody answers."""
        return self._is_over([condition.look() for condition in self.conditions])

    def _is_over(self, found: list[State]) -> bool:
        self._found = found
        failed = State.FAILED in found
        sought = State.FAILED if failed else State.CAME
        ended = [one for one, state in zip(self.conditions, found, strict=True) if state is sought]
        if not (failed or (ended and self._any) or len(ended) == len(found)):
            return False
        for condition in ended[:1] if failed or self._any else ended:
            condition.require_answer()
        self.came = ended[0]
        if failed:
            self.came.fail()
        return True

    def _run_in_c(self, only: Condition) -> None:
        """In slices, so that signals are handled."""
        while True:
            left = self.deadline.left()
            step = min(left, self._bar.pace.slice)
            asks = Ask.ALWAYS if step == left or self._is_time_to_ask() else Ask.ENDED
            found = only.wait(step, min(self._interval, left), self.deadline.waited(), asks)
            if found is State.CAME:
                return
            if found is State.FAILED:
                only.fail()
            if step == left:
                self.give_up()

    def _run_by_looks(self) -> None:
        while True:
            left = self.deadline.left()
            if self.look():
                return
            if left <= 0:
                self.give_up()
            self.ask_now_and_then()
            if self._interval > 0:
                self._bar.pace.sleep(min(self._interval, left))
            elif not wait_pause(self._bar, self._interval, min(left, 1.0), self.deadline.waited()):
                self.give_up()

    def ask_now_and_then(self) -> None:
        """Of a dead bus nothing comes: a wait that goes on asks it, too."""
        if self._is_time_to_ask():
            for condition in self.conditions:
                condition.require_answer(over=True)

    def _is_time_to_ask(self) -> bool:
        waited = self.deadline.waited()
        if waited - self._asked < _ASK_SECONDS:
            return False
        self._asked = waited
        return True

    # -- for the poller -------------------------------------------------------------------------------------------

    @property
    def is_simulated(self) -> bool:
        """Whether its time is that of simulated logic."""
        return self._bar.pace.is_simulated

    def pause(self) -> float:
        """Seconds until the next look; simulated time passes in each turn."""
        if self.is_simulated:
            return 0.0
        pause = min(self.deadline.waited() * _PART_OF_WAITED, _PAUSE_MOST) if self._interval < 0 else self._interval
        return min(pause, self.deadline.left())

    def simulate(self) -> None:
        """Lets simulated time pass, as much as between two looks. That it has ended is told by the next look."""
        left = self.deadline.left()
        if self._interval > 0:
            self._bar.pace.sleep(min(self._interval, left, self._bar.pace.slice))
        else:
            wait_pause(self._bar, self._interval, min(left, 1.0), self.deadline.waited())

    # -- what it says ---------------------------------------------------------------------------------------------

    def give_up(self) -> NoReturn:
        """The time is over."""
        for condition in self.conditions:
            condition.require_answer(over=True)
        missing = [one for one, state in zip(self.conditions, self._found, strict=True) if state is not State.CAME]
        first = missing[0] if missing else self.came
        told = [f"{one.register._where()}: {one.wanted} did not come" for one in missing]
        if len(told) == 1:
            text = f"{told[0]} within {self.timeout} s; {first.seen}"
        else:
            parts = (f"{text}; {one.seen}" for text, one in zip(told, missing, strict=True))
            text = f"after {self.timeout} s: {'; '.join(parts)}"
        raise WaitTimeoutError(text, last=first.last, path=first.register._full_path())


def wait_for_all(*conditions: Condition, timeout: float | None = 1.0, interval: float | None = None) -> None:
    """Reads the registers of these conditions until all are so at once. `timeout`, `interval` as `reg.wait_for`.

    WaitFailedError as soon as one has failed, WaitTimeoutError when the time is over.
    """
    _wait(conditions, timeout, interval, is_any=False).run()


def wait_for_any(*conditions: Condition, timeout: float | None = 1.0, interval: float | None = None) -> Condition:
    """The same until one of them is so, which is returned: the first in the order given, where there are more."""
    return _wait(conditions, timeout, interval, is_any=True).run()


async def wait_for_all_async(
    *conditions: Condition, timeout: float | None = 1.0, interval: float | None = None
) -> None:
    """As `wait_for_all`, while an event loop's other tasks run."""
    await _wait(conditions, timeout, interval, is_any=False).run_async()


async def wait_for_any_async(
    *conditions: Condition, timeout: float | None = 1.0, interval: float | None = None
) -> Condition:
    """As `wait_for_any`, while an event loop's other tasks run."""
    return await _wait(conditions, timeout, interval, is_any=True).run_async()


def _wait(conditions: tuple[Condition, ...], timeout: Any, interval: Any, *, is_any: bool) -> Wait:
    for condition in conditions:
        if not isinstance(condition, Condition):
            raise FieldTypeError(f"a wait takes conditions, hal.when(register, done=1), not {shown(condition)}")
    if not conditions:
        raise FieldTypeError("a wait takes one or more conditions: hal.when(register, done=1)")
    idle = [condition for condition in conditions if condition.only_fails]
    if idle and (is_any or len(idle) == len(conditions)):
        raise FieldTypeError(
            f"{idle[0].register._where()}: {'any of them' if is_any else 'a wait'} takes fields to wait "
            "for: hal.when(register, done=1, fail={...})"
        )
    return Wait(conditions, timeout, interval, "a wait", is_any=is_any)
