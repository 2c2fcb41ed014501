"""Waiting for what another thread or process brings about."""

from __future__ import annotations

import time

from tests.support.processes import LIMIT


def until(holds, *arguments, seconds=LIMIT, pause=0.005):
    """Asks again every `pause` seconds until it holds; an error where it does not in time."""
    end = time.monotonic() + seconds
    while not holds(*arguments):
        assert time.monotonic() < end, f"not within {seconds:g} s"
        time.sleep(pause)
