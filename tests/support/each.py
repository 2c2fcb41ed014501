"""One test for many things of one kind, that tells all faults of a run."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["for_each"]


def for_each(things: Iterable[Any]) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """Makes one test of one that takes a thing: where each takes less than pytest's own milliseconds for a test."""
    listed = list(things)

    def decorate(test: Callable[[Any], None]) -> Callable[[], None]:
        def of_all() -> None:
            faults = []
            for thing in listed:
                try:
                    test(thing)
                except AssertionError as error:  # noqa: PERF203  (each one's)
                    faults.append(f"{thing}: {error}")
            assert listed
            assert not faults, "\n".join(faults)

        functools.update_wrapper(of_all, test)
        del of_all.__wrapped__  # type: ignore[attr-defined]  # pytest would ask for the thing as a fixture
        return of_all

    return decorate
