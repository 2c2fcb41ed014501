"""`python -m tests.fuzz.api.program KIND SEED CALLS [SECONDS]`: attacks in a process of their own, so that a crash is seen.

KIND: calls, interrupts, storm, threads, or all of them. CALLS are made in rounds, each from a seed of its own, which is told before it
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
from tests.fuzz.api.storm import storm
from tests.fuzz.api.threads import threads

# And how many calls a round has.
KINDS = {
    "calls": (calls, 20_000),
    "interrupts": (interrupts, 1_000),
    "storm": (storm, 100_000),
    "threads": (threads, 5_000),
}


def main(kind: str, first_seed: int, number: int, seconds: float) -> int:
    faulthandler.enable()
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None  # what objects raise when they are dropped
    for one in KINDS if kind == "all" else [kind]:
        end, count, seed = time.monotonic() + seconds, 0, first_seed
        while count < number and time.monotonic() < end:
            print(f"{one}, seed {seed}", flush=True)
            count += one_round(one, seed, number - count)
            seed += 1
        print(f"{one}: {count} calls", flush=True)
    return 0


def one_round(kind: str, seed: int, most: int) -> int:
    """How many calls were made."""
    attack, size = KINDS[kind]
    with hal.open_slot(0) as slot:
        try:
            return attack(slot, random.Random(seed), min(size, most)).count
        except BaseException:  # noqa: BLE001  (it is told)
            traceback.print_exc(limit=-12)
            sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float((*sys.argv, "inf")[4])))
