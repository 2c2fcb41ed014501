"""What a second thread on a second slot adds, where a read takes a microsecond: `python -m tests.bench.two_slots`.

Reads only overlap while the interpreter's lock is left, and to leave it costs its hand-over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from .timing import Row

READ_NS = 1000
SIZES = (8, 16, 32, 64)  # words of a transfer
READS = 1500  # of a round, in transfers of so many words
ENVIRONMENT = {"HAL_CARD_READ_NS": str(READ_NS), "HAL_CARD_TIME_SCALE": "0.001", "HAL_EMULATOR_SLOTS": "2"}


def measure(words: int, rounds: int) -> float:
    """How many times as much two threads read. The best of the rounds count: others keep the processors busy."""
    import hal

    with hal.open_slot(0, "emulator") as first, hal.open_slot(1, "emulator") as second:
        bars = []
        for slot in (first, second):
            slot.load("agfi-080817d089f3cd2ed")
            bars.append(slot.bar("app", 0))
        for bar in bars:  # the first reads are timed
            for _ in range(10):
                bar.read_into(0, bytearray(64))
        both = [(_round(bars[:1], words), _round(bars, words)) for _ in range(rounds)]
    return 2 * min(alone for alone, _ in both) / min(together for _, together in both)


def _round(bars: list, words: int) -> float:  # type: ignore[type-arg]
    """Seconds until all have read what is to be read, a thread for each BAR."""
    barrier, times = threading.Barrier(len(bars)), []

    def work(bar: object) -> None:
        buffer, read = bytearray(4 * words), bar.read_into  # type: ignore[attr-defined]
        barrier.wait()
        start = time.perf_counter()
        for _ in range(READS // words):
            read(0, buffer)
        times.append((start, time.perf_counter()))

    threads = [threading.Thread(target=work, args=(bar,)) for bar in bars]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(end for _, end in times) - min(start for start, _ in times)


def rows(rounds: int) -> list[Row]:
    """How many times as much two threads read as one, by the words of a transfer."""
    command = [sys.executable, "-m", "tests.bench.two_slots", str(rounds)]
    folder, environment = Path(__file__).resolve().parents[2], {**os.environ, **ENVIRONMENT}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    targets = {32: 1.3, 64: 1.5} if (os.cpu_count() or 1) > 1 else {}
    note = "a read takes 1 us; how often as much as one thread"
    return [
        Row(f"two slots, two threads, {words} words", found[str(words)], "", targets.get(words), True, note)
        for words in SIZES
    ]


if __name__ == "__main__":
    print(json.dumps({words: measure(words, int(sys.argv[1])) for words in SIZES}))
