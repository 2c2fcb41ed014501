"""Work that makes nothing but what stays, without the search for what does not."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["uncollected"]

_MANY = 10_000  # objects; to ask whether a program froze some goes through those, which fewer new ones are not worth


@contextmanager
def uncollected() -> Iterator[None]:
    """Make nothing but what stays: to search that for cycles, again and again, takes a quarter of the time.

    What was made is old afterwards, as it would be had it been searched: else the next thing that the caller makes
    would be the occasion for a search of all.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            # What a program froze itself, before a fork say, stays so.
            if gc.get_count()[0] > _MANY and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
