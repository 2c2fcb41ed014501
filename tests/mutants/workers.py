"""Processes that try faults side by side, each in a tree of its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.mutants.trial import Outcome

Task = TypeVar("Task")


def try_all(
    attempt: Callable[[Task], Outcome], tasks: Sequence[Task], jobs: int, begin: Callable[..., None], *given: Any
) -> Iterator[tuple[int, Outcome]]:
    """Each task's number and outcome as it comes; each process begins with `begin(*given)`."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), begin, given) as pool:
        running = {pool.submit(attempt, task): number for number, task in enumerate(tasks)}
        for done in as_completed(running):
            yield running[done], done.result()
