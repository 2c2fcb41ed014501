"""Processes that try faults side by side, each in a tree of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.util import _run_finalizers as run_finalizers
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
        running = {pool.submit(_until_told, attempt, task): number for number, task in enumerate(tasks)}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        except BaseException:  # also an end from outside: no other task is begun
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _until_told(attempt: Callable[[Task], Outcome], task: Task) -> Outcome:
    """In a worker. One that is told to end gives up its task and takes no other one from the pool."""
    try:
        return attempt(task)
    except SystemExit:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the pool tells it again when it finds another one gone
        run_finalizers(0)
        os._exit(143)
