"""Imports make nothing but what stays, so the search for what does not rests meanwhile: a tenth of a short run."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["uncollected"]

_MANY = 10_000  # objects, as there


@contextmanager
def uncollected() -> Iterator[None]:
    """As the generator's context of that name: what was made is old afterwards, as if it had been searched."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > _MANY and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
