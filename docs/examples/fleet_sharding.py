"""10,000 items over the cards of a fleet, one of whose processes is killed in the middle: every item is accounted for.

python fleet_sharding.py
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import hal
import hal.fleet

Blinker = hal.load_map("blinker.yaml")
ITEMS = 10_000


def main() -> None:
    """Runs the job without and with `retry`."""
    with tempfile.TemporaryDirectory() as folder, hal.fleet.connect(emulated=4) as fleet:
        marker = Path(folder, "kill")

        def job(device: Any, item: int) -> int:
            if item == ITEMS // 2 and marker.exists():
                marker.unlink()
                os.kill(os.getpid(), signal.SIGKILL)  # what a host's memory, or its owner, may do at any moment
            device.ch[0].level.value = item & 0xFFFF
            return int(device.ch[0].level.value)

        for retry in (False, True):
            marker.touch()
            with fleet.acquire(Blinker, 4) as cards:
                results = list(cards.map_unordered(job, range(ITEMS), retry=retry))
            states = Counter("done" if r.error is None else getattr(r.error, "state", "failed") for r in results)
            assert sum(states.values()) == ITEMS
            assert all(r.value == r.index & 0xFFFF for r in results if r.error is None)
            told = "with retry" if retry else "without retry"
            if retry:
                assert states == {"done": ITEMS}
            else:
                assert states["started"] == 1  # the item that was being run
            print(f"{told}: {ITEMS} of {ITEMS} items accounted for")


if __name__ == "__main__":
    main()
