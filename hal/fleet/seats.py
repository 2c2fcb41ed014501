"""One card of an acquisition as its user's process sees it: the actor that holds it now, and how it gets another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hal.fleet.engine import ray
from hal.fleet.losses import CardLostError, Failure, FleetError, FleetTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.fleet.holder import Taken

__all__ = ["Seat"]

_ATTEMPTS = 3  # of a card to come back, until it is given up
_LEAVE_SECONDS = 15.0
_LOOK_SECONDS = 2.0  # for a free slot on one host


class Seat:
    """`launch` starts an actor of this seat. It is `ready`, coming (`pending` is what Ray will answer), or `gone`."""

    def __init__(self, index: int, launch: Callable[[int], Any], patience: float) -> None:
        self.index, self._launch, self._patience = index, launch, patience
        self.taken: Taken | None = None
        self.gone = ""  # why it will not come back
        self._why = ""  # it did not come the last time
        self.pending: Any = None
        self.busy = False
        self._last = ("?", -1)  # host and slot of the last one
        self._actor: Any = None
        self._known: set[str] = set()
        self._number = 0
        self._attempts = 0
        self._deadline = 0.0
        self._come()

    def __repr__(self) -> str:
        state = "ready" if self.ready else f"gone: {self.gone}" if self.gone else "coming"
        return f"<card {self.index}: {self.host}, slot {self.slot}, {state}>"

    @property
    def ready(self) -> bool:
        """Whether it has a card."""
        return self.taken is not None

    @property
    def host(self) -> str:
        """Of the card that it has, or had last."""
        return self._last[0]

    @property
    def slot(self) -> int:
        """Of the card that it has, or had last; -1 before the first."""
        return self._last[1]

    @property
    def number(self) -> int:
        """Of the last run."""
        return self._number

    def _come(self) -> None:
        """Starts to get a card; nothing waits for it."""
        self._attempts = 0
        self._deadline = time.monotonic() + self._patience
        self._start_actor()

    def _start_actor(self) -> None:
        self._actor = self._launch(self.index)
        self._known.clear()
        self._attempts += 1
        self.pending = self._actor.take.remote(min(self._patience, _LOOK_SECONDS))

    def settle(self) -> None:
        """Takes the answer of the actor, which is there; or has another one started, or gives up."""
        pending, self.pending = self.pending, None
        try:
            answer = ray().get(pending)
        except ray().exceptions.RayError as error:
            answer = str(error).strip().partition("\n")[0]
        if isinstance(answer, (Failure, str)):
            self._again(answer)
            return
        self.taken, self._attempts = answer, 0
        self._last = (answer.host, answer.slot)

    def look(self) -> None:
        """Settles what has been answered, or has taken too long."""
        if self.pending is None:
            return
        if ray().wait([self.pending], timeout=0)[0]:
            self.settle()
        elif time.monotonic() > self._deadline:
            self.pending = None
            self._kill()
            self.gone = self._why or (
                f"no card within {self._patience:g} s: all slots are taken, or load; hal fleet status shows them"
            )

    def _again(self, answer: Failure | str) -> None:
        """A host without a free slot is left for another one, as long as there is time.

        What else goes wrong with a card that was there before is tried again; with a new one the caller is told.
        """
        self._kill()
        if isinstance(answer, Failure):
            self._why = f"{answer.kind}{f' on {answer.place}' if answer.place else ''}: {answer.text}"
        else:
            self._why = answer
        full = isinstance(answer, Failure) and answer.kind == FleetTimeoutError.__qualname__
        more = full or (self._last[1] >= 0 and self._attempts < _ATTEMPTS)
        if more and time.monotonic() < self._deadline:
            self._start_actor()
        else:
            self.gone = self._why

    def start(self, name: str, function: bytes, items: list[bytes]) -> Any:
        """Has the card run a function for items; what Ray will answer: a Reply."""
        if name not in self._known:
            self._actor.learn.remote(name, function)
            self._known.add(name)
        self._number += 1
        self.busy = True
        return self._actor.run.remote(self._number, name, items)

    def lose(self) -> Taken:
        """The card is lost: another is on its way from now on. What it was."""
        lost, self.taken, self.busy = self.taken, None, False
        assert lost is not None
        self._kill()
        self._come()
        return lost

    def leave_dead(self, why: str) -> None:
        """The card's bus is dead: its slot is quarantined, another card is on its way."""
        ray().wait([self._actor.leave.remote(why)], timeout=_LEAVE_SECONDS)
        self.lose()

    def require(self) -> None:
        """Waits until it has a card. FleetError says why it will have none."""
        while not self.ready:
            if self.gone:
                raise FleetError(f"card {self.index}, last {self.host}, slot {self.slot}, is gone: {self.gone}")
            ray().wait([self.pending], timeout=max(0.0, self._deadline - time.monotonic()))
            self.look()

    def leave(self) -> Any:
        """Begins to give the slot back; what Ray will answer, None where there is nothing to give."""
        self.pending = None
        if not self.ready:
            self._kill()
            return None
        self.taken, self.gone = None, "it was given back"
        return self._actor.leave.remote()

    def end(self) -> None:
        """Ends the actor, whatever it does."""
        self._kill()

    def _kill(self) -> None:
        if self._actor is not None:
            ray().kill(self._actor, no_restart=True)
            self._actor = None

    def lost_error(self, index: int, state: str, taken: Taken, why: str) -> CardLostError:
        """What an item's user is told of a loss."""
        which = f"item {index}" if index >= 0 else "the call"
        told = {
            "finished": "ran to its end, and its result is lost",
            "started": "may have run in part",
            "unknown": "may have run: nothing is known of it",
            "not started": "has not run",
        }
        return CardLostError(
            f"{taken.host}, slot {taken.slot}, was lost ({why}); {which} {told[state]}",
            index=index,
            host=taken.host,
            slot=taken.slot,
            state=state,
        )


def require_all(seats: list[Seat], timeout: float, progress: Callable[[int], None]) -> None:
    """Waits until all have a card. FleetError says why one can have none; FleetTimeoutError after `timeout`."""
    deadline = time.monotonic() + timeout
    while True:
        for seat in seats:
            seat.look()
        progress(sum(seat.ready for seat in seats))
        gone = [seat for seat in seats if seat.gone]
        if gone:
            raise FleetError(f"{len(gone)} of {len(seats)} cards can't be had: {gone[0].gone}")
        waiting = [seat.pending for seat in seats if seat.pending is not None]
        if not waiting:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise FleetTimeoutError(
                f"{len(seats) - len(waiting)} of {len(seats)} cards were ready within {timeout:g} s; the others wait "
                "for slots that are taken, or load: hal fleet status shows them"
            )
        ray().wait(waiting, timeout=min(left, 0.5))
