"""`python -m tests.fuzz.api.program KIND SEED CALLS [SECONDS]`: attacks in a process of their own, so that a crash is seen.

KIND: calls, interrupts or threads. CALLS are made in rounds, each from a seed of its own, which is told before it
begins; with SECONDS no round begins after that time.
"""

from __future__ import annotations

import faulthandler
import random
import sys
import time
import traceback
import warnings

import hal
from tests.fuzz.api.calls import calls
from tests.fuzz.api.interrupts import interrupts
from tests.fuzz.api.threads import threads

KINDS = {"calls": (calls, 20_000), "interrupts": (interrupts, 1_000), "threads": (threads, 5_000)}


def main(kind: str, first_seed: int, number: int, seconds: float) -> int:
    attack, size = KINDS[kind]
    faulthandler.enable()
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None  # what objects raise when they are dropped
    end, count, seed = time.monotonic() + seconds, 0, first_seed
    while count < number and time.monotonic() < end:
        print(f"seed {seed}", flush=True)
        with hal.open_slot(0) as slot:
            try:
                count += attack(slot, random.Random(seed), min(size, number - count)).count
            except BaseException:
                traceback.print_exc(limit=-12)
                return 1
        seed += 1
    print(f"{kind}: {count} calls", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float((*sys.argv, "inf")[4])))
