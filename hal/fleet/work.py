"""Items over cards: what runs where, what comes back, and what is known of the rest when a card is lost."""

from __future__ import annotations

import hashlib
import pickle
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from hal.fleet.engine import pack, ray
from hal.fleet.journal import read_journal
from hal.fleet.losses import CardLostError, Failure, FleetError, ItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hal.fleet.holder import Taken
    from hal.fleet.seats import Seat

__all__ = ["ItemResult", "Work", "values_of"]

_GOAL_SECONDS = 0.05  # of a run: what it costs to start one is a fiftieth of that
_RUN_MAX = 1024  # items
_TICK_SECONDS = 0.25
_TRIES_MAX = 2  # again, of an item whose card was lost
_JOURNAL_SECONDS = 30.0  # a process has to be started for the question
Item = tuple[int, bytes]


@dataclass(frozen=True)
class ItemResult:
    """What an item came to.

    `index`: its place among the items. `error`: ItemError or CardLostError, None where it has a value. `host`, `slot`:
    of the card that it ran on last; "" and -1 where it has run on none.
    """

    index: int
    value: Any = None
    error: FleetError | None = None
    host: str = ""
    slot: int = -1

    def result(self) -> Any:
        """The value, or raises the error."""
        if self.error is not None:
            raise self.error
        return self.value


@dataclass
class _Run:
    seat: Seat
    items: list[Item]
    began: float = field(default_factory=time.monotonic)


@dataclass
class _Lost:
    """A run whose card was lost, and until when its host is asked what is known of its items, by their places in it."""

    taken: Taken
    items: list[tuple[int, Item]]
    why: str
    seat: Seat
    number: int
    deadline: float = field(default_factory=lambda: time.monotonic() + _JOURNAL_SECONDS)


class Work:
    """One function over many items. `retry`: items may be run again, twice, when a card is lost in the middle of them.

    `batch`: items a run, None for as many as take a twentieth of a second. `timeout`: seconds that an item may take;
    a card that takes longer is lost. `pinned`: a call for each card, named so in errors, and for it alone.
    """

    def __init__(
        self,
        seats: list[Seat],
        function: Callable[..., Any],
        calls: Iterable[tuple[tuple[Any, ...], dict[str, Any]]],
        *,
        retry: bool = False,
        batch: int | None = None,
        timeout: float | None = None,
        pinned: bool = False,
    ) -> None:
        self._seats = seats
        self._function = pack(function)
        self._name = hashlib.sha256(self._function).hexdigest()
        self._source = zip((seat.index for seat in seats), calls, strict=False) if pinned else enumerate(calls)
        self._retry, self._batch, self._timeout, self._pinned = retry, batch, timeout, pinned
        self._again: deque[Item] = deque()  # what goes to another card, before anything new
        self._sizes = {seat.index: batch or 1 for seat in seats}
        self._running: dict[Any, _Run] = {}
        self._asked: dict[Any, _Lost] = {}
        self._tries: dict[int, int] = {}  # of items whose card was lost
        self._ended = False

    def results(self) -> Iterator[ItemResult]:
        """As they come. Items are taken from their source no faster than cards take them."""
        try:
            while True:
                for seat in self._seats:
                    seat.look()
                self._feed()
                if not self._running and not self._asked:
                    left = self._left_over()
                    if left is None:
                        return
                    yield from left
                    continue
                yield from self._wait()
        finally:
            for run in self._running.values():
                run.seat.busy = False  # what still runs there is waited for by what comes next

    # -- giving ---------------------------------------------------------------------------------------------------

    def _feed(self) -> None:
        for seat in self._seats:
            if not seat.ready or seat.busy:
                continue
            items = self._take(seat)
            if items:
                reference = seat.start(self._name, self._function, [call for _, call in items])
                self._running[reference] = _Run(seat, items)

    def _take(self, seat: Seat) -> list[Item]:
        if self._pinned:
            mine = [item for item in self._waiting() if item[0] == seat.index]
            for item in mine:
                self._again.remove(item)
            return mine
        size = self._sizes[seat.index]
        items = [self._again.popleft() for _ in range(min(size, len(self._again)))]
        new = list(islice(self._source, size - len(items))) if not self._ended else []
        self._ended = self._ended or len(items) + len(new) < size
        return items + [(index, pack(call)) for index, call in new]

    def _waiting(self) -> list[Item]:
        """Of pinned calls, which are as few as cards, all that have not run."""
        self._again.extend((index, pack(call)) for index, call in self._source)
        return list(self._again)

    def _left_over(self) -> list[ItemResult] | None:
        """Nothing runs: None when all is done; else waits for a card to come back, or gives up the items."""
        if self._pinned:
            self._waiting()
        elif not self._again and not self._ended:
            item = next(self._source, None)
            self._ended = item is None
            if item is not None:
                self._again.append((item[0], pack(item[1])))
        if not self._again:
            return None
        wanted = {index for index, _ in self._again}
        able = [seat for seat in self._seats if not seat.gone and (not self._pinned or seat.index in wanted)]
        if any(seat.ready for seat in able):
            return []
        coming = [seat.pending for seat in able if seat.pending is not None]
        if coming:
            ray().wait(coming, timeout=_TICK_SECONDS)
            return []
        return self._given_up()

    def _given_up(self) -> list[ItemResult]:
        reasons = "; ".join(f"card {seat.index}: {seat.gone}" for seat in self._seats if seat.gone)[:500]
        given_up: list[ItemResult] = []
        while self._again:
            index, _ = self._again.popleft()
            error = CardLostError(
                f"no card is left for {'the call' if self._pinned else f'item {index}'}, which has not run ({reasons})",
                index=self._told(index),
                host="",
                slot=-1,
                state="not started",
            )
            given_up.append(ItemResult(index, error=error))
        return given_up

    def _told(self, index: int) -> int:
        return -1 if self._pinned else index

    def _may_try_again(self, item: Item) -> bool:
        """Puts an item that may be run again back to those that wait. One that costs card after card is no such."""
        tries = self._tries[item[0]] = self._tries.get(item[0], 0) + 1
        if not self._retry or tries > _TRIES_MAX:
            return False
        self._again.append(item)
        return True

    # -- taking ---------------------------------------------------------------------------------------------------

    def _wait(self) -> Iterator[ItemResult]:
        coming = [seat.pending for seat in self._seats if seat.pending is not None]
        known = [*self._running, *self._asked]
        ready, _ = ray().wait([*known, *coming], num_returns=1, timeout=_TICK_SECONDS)
        for reference in ready:
            if reference in self._running:
                yield from self._settle(reference, self._running.pop(reference))
            elif reference in self._asked:
                yield from self._account(self._asked.pop(reference), reference)
        now = time.monotonic()
        for reference, lost in [*self._asked.items()]:
            if now > lost.deadline:
                yield from self._account(self._asked.pop(reference), None)
        if self._timeout is not None:
            for reference, run in [*self._running.items()]:
                if now - run.began > self._timeout * len(run.items):
                    del self._running[reference]
                    self._lose(run, f"it took more than {self._timeout:g} s an item")

    def _settle(self, reference: Any, run: _Run) -> Iterator[ItemResult]:
        seat, taken = run.seat, run.seat.taken
        try:
            reply = ray().get(reference)
        except ray().exceptions.RayTaskError as error:
            reply = None
            why = str(error).strip().rpartition("\n")[2]  # the function itself could not be unpacked there
        except ray().exceptions.RayError as error:
            self._lose(run, _first_line(error))
            return
        seat.busy = False
        assert taken is not None
        if reply is None:
            failure = Failure("FleetError", why, "", None, None)
            for index, _ in run.items:
                yield ItemResult(
                    index, error=failure.of_item(self._told(index), *_place(taken)), host=taken.host, slot=taken.slot
                )
            return
        ended = len(reply.outcomes)
        for item, outcome in zip(run.items, reply.outcomes, strict=False):
            if reply.doubt is not None and self._may_try_again(item):
                continue
            trusted = reply.doubt is None or isinstance(outcome, Failure)
            yield _result(item[0], self._told(item[0]), outcome if trusted else reply.doubt, taken)
        self._again.extend(run.items[ended:])
        if reply.dead:
            seat.leave_dead(reply.dead)
        elif self._batch is None:
            self._fit(seat, time.monotonic() - run.began)

    def _fit(self, seat: Seat, seconds: float) -> None:
        size = self._sizes[seat.index]
        if seconds < _GOAL_SECONDS / 2:
            self._sizes[seat.index] = min(2 * size, _RUN_MAX)
        elif seconds > 2 * _GOAL_SECONDS:
            self._sizes[seat.index] = max(1, size // 2)

    def _lose(self, run: _Run, why: str) -> None:
        """The card of a run is lost; its host, where that still answers, knows how far the run has come."""
        number = run.seat.number
        taken = run.seat.lose()
        left = [(place, item) for place, item in enumerate(run.items) if not self._may_try_again(item)]
        if not left:
            return
        here = ray().util.scheduling_strategies.NodeAffinitySchedulingStrategy(taken.node, soft=False)
        asking = ray().remote(num_cpus=0)(read_journal).options(scheduling_strategy=here, max_retries=0)
        self._asked[asking.remote(taken.journal, number)] = _Lost(taken, left, why, run.seat, number)

    def _account(self, lost: _Lost, answer: Any) -> Iterator[ItemResult]:
        """Says of each item of a lost run what is known; those that never began go to another card."""
        try:
            ended = ray().get(answer) if answer is not None else None
        except ray().exceptions.RayError:
            ended = None
        for position, item in lost.items:
            state = _state_of(position, ended)
            if state == "not started":
                self._again.append(item)
                continue
            error = lost.seat.lost_error(self._told(item[0]), state, lost.taken, lost.why)
            yield ItemResult(item[0], error=error, host=lost.taken.host, slot=lost.taken.slot)


def _state_of(position: int, ended: int | None) -> str:
    """What is known of an item of a lost run, of which so many ended; None: nobody can tell; -1: it never began."""
    if ended is None:
        return "unknown"
    if position < ended:
        return "finished"
    return "started" if position == ended else "not started"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:300] or type(error).__name__


def _place(taken: Taken) -> tuple[str, int]:
    return taken.host, taken.slot


def _result(index: int, told: int, outcome: Any, taken: Taken) -> ItemResult:
    host, slot = _place(taken)
    if isinstance(outcome, Failure):
        return ItemResult(index, error=outcome.of_item(told, host, slot), host=host, slot=slot)
    try:
        return ItemResult(index, pickle.loads(outcome), host=host, slot=slot)  # noqa: S301
    except Exception as error:  # noqa: BLE001  (its class is not here)
        failure = Failure(type(error).__qualname__, f"the result can't be unpacked here: {error}", "", None, None)
        return ItemResult(index, error=failure.of_item(told, host, slot), host=host, slot=slot)


def values_of(results: Iterable[ItemResult], *, errors: str) -> list[Any]:
    """The values in the items' order, with errors "return" the errors in their places.

    Else FleetError, which has all of them in `results`, is raised where there is one.
    """
    found = sorted(results, key=lambda result: result.index)
    values = [result.value if result.error is None else result.error for result in found]
    failed = [result for result in found if result.error is not None]
    if not failed or errors == "return":
        return values
    first = failed[0].error
    assert first is not None
    if len(found) == 1:
        raise first
    kinds = {ItemError: "failed", CardLostError: "lost their card"}
    told = ", ".join(f"{n} {what}" for kind, what in kinds.items() if (n := sum(type(r.error) is kind for r in failed)))
    error = FleetError(f"of {len(found)} items {told}; the first: {first}. The error's `results` hold all")
    error.results = tuple(values)
    raise error from first
