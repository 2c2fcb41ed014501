"""What a fleet adds to what its cards do: on one machine, in a network namespace of its own, where Ray is installed."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .timing import Row, times_of

ROOT = Path(__file__).resolve().parent.parent.parent
CARDS = 8
ITEMS = 4000
HOSTS, HOST_SLOTS = 3, 2
KILLED_AFTER, LONG_ITEMS, ITEM_SECONDS = 100, 1200, 0.02
MAP = "schema: 1\nname: fleet\nregisters:\n  value: {offset: 0x0}\n"


def rows() -> list[Row]:
    """The table; nothing where Ray or the namespace is missing."""
    missing = "Ray" if find_spec("ray") is None else "unshare" if shutil.which("unshare") is None else ""
    if missing:
        return [Row("fleets", None, "", note=f"needs {missing}")]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "HAL_LIBRARY": "emulator",
            "HAL_EMULATOR_DIR": str(Path(folder) / "cards"),
            "HAL_CARD_TIME_SCALE": "0.01",
            "PYTHONPATH": str(ROOT),
        }
        found: dict[str, float] = {}
        for part in PARTS:  # each starts Ray in its own way, which a process does once
            command = ["unshare", "-rn", sys.executable, "-m", "tests.fleet.namespace", "-m", "tests.bench.fleet", part]
            done = subprocess.run(
                command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=300
            )
            found |= json.loads(done.stdout.splitlines()[-1])
    bare = f"a call of a bare Ray actor: {found['bare']:.2f} ms"
    return [
        Row("a call of one card", found["call"], "ms", 1.5, note=bare),
        Row(f"an item of {ITEMS}, that travel together", found["item"], "ms", 0.2),
        Row(f"{CARDS} emulated cards acquired", found["acquire"], "s", 15.0),
        Row("a host is killed: the longest that the other cards do nothing", found["gap"], "s", 1.0),
        Row("its cards are back on other hosts", found["back"], "s", 15.0),
    ]


def _driver() -> Any:
    import hal

    path = Path("fleet.yaml")
    path.write_text(MAP, encoding="utf-8")
    return hal.load_map(path)


def _measure() -> dict[str, float]:
    import hal.fleet

    driver = _driver()
    with hal.fleet.connect(emulated=CARDS) as fleet:
        start = time.perf_counter()
        with fleet.acquire(driver, n=CARDS):
            acquire = time.perf_counter() - start
        with fleet.acquire(driver, n=1) as cards:
            call = _median(lambda: cards[0].call(_nothing))
            start = time.perf_counter()
            cards.map(_nothing, range(ITEMS))
            item = (time.perf_counter() - start) / ITEMS * 1e3
        return {"bare": _median(_bare_call()), "call": call, "item": item, "acquire": acquire}


def _measure_a_killed_host() -> dict[str, float]:
    """Seconds: between results of the cards of other hosts, and until every card answers again."""
    from ray.cluster_utils import Cluster

    import hal.fleet
    from hal.fleet.engine import SYSTEM_CONFIG

    head = {"num_cpus": 2, "include_log_monitor": False, "_system_config": SYSTEM_CONFIG}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(HOSTS):
        cluster.add_node(num_cpus=1, resources={"fpga": HOST_SLOTS})
    with (
        hal.fleet.connect(cluster.address, emulated=HOST_SLOTS) as fleet,
        fleet.acquire(_driver(), 2 * HOST_SLOTS, per_host=HOST_SLOTS, timeout=60) as cards,
    ):
        [node] = [node for node in cluster.worker_nodes if node.node_id == cards[0].node]
        others = {card.node for card in cards} - {node.node_id}
        killed, done = 0.0, []
        for count, result in enumerate(cards.map_unordered(_slowly, range(LONG_ITEMS), batch=20), 1):
            if not result.error and result.value[1] in others:
                done.append(result.value[0])
            if count == KILLED_AFTER:
                cluster.remove_node(node, allow_graceful=False)
                killed = time.time()
        gap = max(after - before for before, after in itertools.pairwise(sorted(done)) if after > killed)
        back = max(when for when, _ in cards.map(_slowly)) - killed
    cluster.shutdown()
    return {"gap": gap, "back": back}


def _slowly(device: Any, _item: int = 0) -> tuple[float, str]:
    """The time, and the host on which it is."""
    import ray

    time.sleep(ITEM_SECONDS)
    assert device.value.read() == 0
    return time.time(), ray.get_runtime_context().get_node_id()


def _nothing(_device: Any, item: int = 0) -> int:
    return item


def _bare_call() -> Any:
    import ray

    class Actor:
        def answer(self, number: int) -> int:
            return number

    actor: Any = ray.remote(num_cpus=0)(Actor).remote()
    return lambda: ray.get(actor.answer.remote(1))


def _median(action: Any, rounds: int = 300) -> float:
    """Milliseconds."""
    return statistics.median(times_of(action, rounds)) * 1e3


PARTS = {"calls": _measure, "killed": _measure_a_killed_host}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]]()))
