"""10,000 items over 16 cards, with one host killed in the middle: every item is accounted for.

python fleet_sharding.py [CARDS_OF_A_HOST]

Three hosts of Ray's on this machine, with 8 emulated cards each or as many as are given; the cards of two of them work,
and those of the third are free for what is lost.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

from ray.cluster_utils import Cluster

import hal
import hal.fleet
from hal.fleet.engine import RESOURCE, SYSTEM_CONFIG

Blinker = hal.load_map("blinker.yaml")
ITEMS = 10_000
HOSTS = 3


def job(device: Any, item: int) -> int:
    """What each item asks of a card."""
    time.sleep(0.001)
    device.ch[0].level.value = item & 0xFFFF
    return int(device.ch[0].level.value)


def main(slots: int = 8) -> None:
    """Runs the job without and with `retry`."""
    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "_system_config": SYSTEM_CONFIG})
    try:
        for retry in (False, True):
            while len(cluster.worker_nodes) < HOSTS:
                cluster.add_node(num_cpus=1, resources={RESOURCE: slots})
            run(cluster, slots, retry=retry)
    finally:
        cluster.shutdown()


def run(cluster: Any, slots: int, *, retry: bool) -> None:
    """All items once; in the middle of them a host goes, as a machine does whose power fails."""
    with (
        hal.fleet.connect(cluster.address, emulated=slots) as fleet,
        fleet.acquire(Blinker, 2 * slots, per_host=slots, timeout=120) as cards,
    ):
        [doomed] = [node for node in cluster.worker_nodes if node.node_id == cards[0].node]
        results = []
        for result in cards.map_unordered(job, range(ITEMS), retry=retry):
            results.append(result)
            if len(results) == ITEMS // 2:
                cluster.remove_node(doomed, allow_graceful=False)
    states = Counter("done" if one.error is None else getattr(one.error, "state", "failed") for one in results)
    assert sorted(one.index for one in results) == [*range(ITEMS)]
    assert all(one.value == one.index & 0xFFFF for one in results if one.error is None)
    # What that host's cards had in hand: nobody is left to tell whether it was done. With `retry` it is done again.
    assert states.keys() == ({"done"} if retry else {"done", "unknown"})
    how = "with retry" if retry else "without retry"
    print(f"{how}: {ITEMS} of {ITEMS} items accounted for, on {len(cards)} cards")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
