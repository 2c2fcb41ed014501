"""Cards that were acquired: what is done on each, beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from hal.errors import ClosedError, FieldValueError
from hal.fleet.actions import take_snapshot, write_values
from hal.fleet.engine import ray
from hal.fleet.work import Work, values_of
from hal.uncopyable import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hal.design.snapshot import Snapshot
    from hal.fleet.seats import Seat
    from hal.fleet.work import ItemResult

__all__ = ["Card", "CardDifference", "Cards"]

_LEAVE_SECONDS = 10.0


class CardDifference(NamedTuple):
    """A register that is not the same on all cards. `usual`: what most have. `others`: the cards that have another."""

    path: str
    usual: int | None
    others: dict[int, int | None]


class Card:
    """One card of an acquisition. After a loss it is another slot, perhaps of another host, with the same index."""

    def __init__(self, cards: Cards, seat: Seat) -> None:
        self._cards, self._seat = cards, seat

    def __repr__(self) -> str:
        return repr(self._seat)

    @property
    def index(self) -> int:
        """Its place among the cards."""
        return self._seat.index

    @property
    def host(self) -> str:
        """The host that it is in."""
        return self._seat.host

    @property
    def node(self) -> str:
        """Ray's name for the host, "" while the card is lost."""
        return self._seat.taken.node if self._seat.taken else ""

    @property
    def slot(self) -> int:
        """Its slot there."""
        return self._seat.slot

    @property
    def afi(self) -> str:
        """What was loaded into it, "" while it is lost."""
        return self._seat.taken.afi if self._seat.taken else ""

    @property
    def lost(self) -> bool:
        """Whether it has no slot at the moment, or any more."""
        return not self._seat.ready

    def call(self, function: Callable[..., Any], *arguments: Any, **words: Any) -> Any:
        """What function(device, ...) returns, run beside the card. A card that is on its way back is waited for.

        ItemError where it fails, CardLostError where the card is lost meanwhile: whether it ran is `state`.
        """
        return self._cards._on([self._seat], function, arguments, words)[0]

    def snapshot(self, path: str = "") -> Snapshot:
        """Of the device, or of the block at a path."""
        found: Snapshot = self.call(take_snapshot, path)
        return found

    def write(self, values: Mapping[str, Any]) -> None:
        """Writes registers and fields by their paths, in one batch."""
        self.call(write_values, values)


class Cards(Closing, Sequence[Card]):
    """Cards that this process has, for one design. A context manager: leaving it gives them back."""

    def __init__(self, seats: list[Seat], groups: Any = None) -> None:
        self._seats = seats
        self._groups = groups  # the room that Ray keeps for them
        self._cards = [Card(self, seat) for seat in seats]
        self._open = True

    def __repr__(self) -> str:
        ready = sum(seat.ready for seat in self._seats)
        return f"<{len(self._seats)} cards, {ready} ready{'' if self._open else ', given back'}>"

    def __len__(self) -> int:
        return len(self._cards)

    @overload
    def __getitem__(self, index: int) -> Card: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Card]: ...

    def __getitem__(self, index: int | slice) -> Card | Sequence[Card]:
        return self._cards[index]

    def close(self) -> None:
        """Gives all cards back. Again does nothing."""
        if not self._open:
            return
        self._open = False
        leaving = [reference for seat in self._seats if (reference := seat.leave()) is not None]
        if leaving and ray().is_initialized():
            ray().wait(leaving, num_returns=len(leaving), timeout=_LEAVE_SECONDS)
        for seat in self._seats:
            seat.end()
        if self._groups is not None and ray().is_initialized():
            ray().util.remove_placement_group(self._groups)

    # -- work -----------------------------------------------------------------------------------------------------

    def map_unordered(
        self,
        function: Callable[..., Any],
        items: Iterable[Any],
        *,
        retry: bool = False,
        batch: int | None = None,
        timeout: float | None = None,
    ) -> Iterator[ItemResult]:
        """Runs function(device, item) for each item on whichever card is free; yields an ItemResult each, as they come.

        Every item of the source comes to one result, also when cards are lost. `retry`: an item may be run again,
        twice, when its card was lost in the middle of it; else it is a CardLostError that says what is known of it.
        `batch`: items sent at once, None for what takes a twentieth of a second. `timeout`: seconds an item may take;
        a card that takes longer is given up. Items are taken from their source as cards take them.
        """
        self._require_open()
        _require_counts(batch, timeout)
        calls: Iterator[tuple[tuple[Any, ...], dict[str, Any]]] = (((item,), {}) for item in items)
        return Work(self._seats, function, calls, retry=retry, batch=batch, timeout=timeout).results()

    def map(
        self,
        function: Callable[..., Any],
        items: Iterable[Any] | None = None,
        *,
        retry: bool = False,
        batch: int | None = None,
        timeout: float | None = None,
        errors: str = "raise",
    ) -> list[Any]:
        """What function(device, item) returned for each item, in their order; as `map_unordered`.

        Without items it runs function(device) once on every card.
        Where items failed, FleetError is raised when all have come to an end; its `results` hold values and errors.
        With errors="return" the list has the errors in their places instead.
        """
        if errors not in {"raise", "return"}:
            raise FieldValueError(f'errors is "raise" or "return", not {errors!r}')
        if items is None:
            return self._on(self._seats, function, (), {}, retry=retry, timeout=timeout, errors=errors)
        results = self.map_unordered(function, items, retry=retry, batch=batch, timeout=timeout)
        return values_of(results, errors=errors)

    def each(
        self, function: Callable[..., Any], *, retry: bool = False, timeout: float | None = None
    ) -> list[ItemResult]:
        """What function(device) came to on each card, in the cards' order: a value or an error."""
        return self._results_on(self._seats, function, (), {}, retry=retry, timeout=timeout)

    def _on(
        self,
        seats: list[Seat],
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        words: dict[str, Any],
        *,
        retry: bool = False,
        timeout: float | None = None,
        errors: str = "raise",
    ) -> list[Any]:
        """Once on each of these cards."""
        return values_of(
            self._results_on(seats, function, arguments, words, retry=retry, timeout=timeout), errors=errors
        )

    def _results_on(
        self,
        seats: list[Seat],
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        words: dict[str, Any],
        *,
        retry: bool,
        timeout: float | None,
    ) -> list[ItemResult]:
        self._require_open()
        _require_counts(None, timeout)
        for seat in seats:
            seat.require()
        work = Work(seats, function, [(arguments, words)] * len(seats), retry=retry, timeout=timeout, pinned=True)
        return sorted(work.results(), key=lambda result: result.index)

    def snapshots(self, path: str = "") -> list[Snapshot]:
        """Of each card's device, or of the block at a path; taken at the same time, as far as hosts can."""
        return self._on(self._seats, take_snapshot, (path,), {})

    def write(self, values: Mapping[str, Any] | None = None, **named: Any) -> None:
        """Writes the same registers and fields on every card, by their paths: {"ctrl.mode": 1}, or ctrl=0x5."""
        self._on(self._seats, write_values, ({**(values or {}), **named},), {})

    def diff(self, path: str = "") -> list[CardDifference]:
        """The registers that are not the same on all cards, and on which they differ."""
        taken = self.snapshots(path)
        paths = dict.fromkeys(path for snapshot in taken for path in snapshot)
        found = []
        for register in paths:
            values = [snapshot.get(register) for snapshot in taken]
            usual = Counter(values).most_common(1)[0][0]
            others = {index: value for index, value in enumerate(values) if value != usual}
            if others:
                found.append(CardDifference(register, usual, others))
        return found

    def _require_open(self) -> None:
        if not self._open:
            raise ClosedError("these cards were given back; acquire others")


def _require_counts(batch: int | None, timeout: float | None) -> None:
    if batch is not None and (not isinstance(batch, int) or batch < 1):
        raise FieldValueError(f"batch is how many items go to a card at once, 1 or more, not {batch!r}")
    if timeout is not None and not timeout > 0:
        raise FieldValueError(f"timeout is seconds an item may take, not {timeout!r}")
