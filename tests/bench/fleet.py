"""What a fleet adds to what its cards do: on one machine, in a network namespace of its own, where Ray is installed."""

from __future__ import annotations

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
        command = ["unshare", "-rn", sys.executable, "-m", "tests.fleet.namespace", "-m", "tests.bench.fleet"]
        done = subprocess.run(
            command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=300
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    bare = f"a call of a bare Ray actor: {found['bare']:.2f} ms"
    return [
        Row("a call of one card", found["call"], "ms", 1.5, note=bare),
        Row(f"an item of {ITEMS}, that travel together", found["item"], "ms", 0.2),
        Row(f"{CARDS} emulated cards acquired", found["acquire"], "s", 15.0),
    ]


def _measure() -> dict[str, float]:
    import hal
    import hal.fleet

    path = Path("fleet.yaml")
    path.write_text(MAP, encoding="utf-8")
    driver = hal.load_map(path)
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


if __name__ == "__main__":
    print(json.dumps(_measure()))
