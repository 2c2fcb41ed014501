"""Reads of the card that take their time, and what the program's other threads do meanwhile."""

from __future__ import annotations

import json

import pytest

from tests.support.processes import run_python

MAP = """schema: 1
name: paced
registers: {r: {offset: 0, count: 12, stride: 4, access: ro, volatile: true}}
memories: {m: {offset: 0x100, size: 48}}
blocks: {far: {space: {pf: app, bar: 4}, offset: 0, memories: {lines: {offset: 0, size: 1KiB, burst: true}}}}
"""
PROGRAM = """
import json, sys, threading, time
import hal

ticks, over = [0], threading.Event()

def tick():
    while not over.is_set():
        ticks[0] += 1
        time.sleep(0)

def batch():
    asked = dev.batch()
    with asked as view:
        for register in view.r:
            asked.read(register)

sys.setswitchinterval(100)  # nobody runs beside a thread that does not leave the lock
with hal.load_map(sys.argv[1]).open(0, "emulator") as dev:
    jobs = {
        "memory": lambda: dev.m.read(),
        "lines": lambda: dev.far.lines.read(),
        "snapshot": lambda: dev.snapshot(),
        "array": lambda: dev.r.read(),
        "batch": batch,
        "write": lambda: dev.m.fill(1),
    }
    thread = threading.Thread(target=tick)
    thread.start()
    while not ticks[0]:
        time.sleep(0.001)
    found = {}
    for name, job in jobs.items():
        job()  # is timed where nothing is known yet
        before, start = ticks[0], time.perf_counter()
        job()
        found[name] = ticks[0] - before, time.perf_counter() - start
    over.set()
    thread.join()
print(json.dumps(found))
"""


def run(tmp_path, nanoseconds, program=PROGRAM):
    (tmp_path / "paced.yaml").write_text(MAP)
    environment = {"HAL_CARD_READ_NS": nanoseconds, "HAL_CARD_TIME_SCALE": "0.01"}
    return run_python(program, tmp_path / "paced.yaml", environment=environment)


@pytest.mark.parametrize("pure", ["0", "1"])
def test_long_reads_let_other_threads_run(tmp_path, monkeypatch, pure):
    monkeypatch.setenv("HAL_PURE_CFFI", pure)
    for nanoseconds in (300_000, 1_000_000) * 4:  # on a busy machine the other thread may come to it late
        found = json.loads(run(tmp_path, str(nanoseconds)).stdout)
        if all((ticks > 0) == (name != "write") for name, (ticks, _) in found.items()):
            break
    for name, reads in (("memory", 12), ("lines", 16), ("snapshot", 12), ("array", 12), ("batch", 12)):
        ticks, seconds = found[name]
        assert ticks > 0, name
        assert seconds >= reads * nanoseconds / 1e9, name
    assert found["write"][0] == 0


def test_short_ones_keep_the_lock(tmp_path):
    """Of twelve reads of 200 ns nobody gains."""
    for _ in range(8):  # the interpreter itself may change threads there
        found = json.loads(run(tmp_path, "200").stdout)
        if not any(ticks for ticks, _ in found.values()):
            break
    assert {name: ticks for name, (ticks, _) in found.items()} == dict.fromkeys(found, 0)


@pytest.mark.parametrize("wrong", ["1us", "-1", "1000000001"])
def test_what_is_no_number_of_nanoseconds_is_refused(tmp_path, wrong):
    done = run(tmp_path, wrong)
    assert f"HAL_CARD_READ_NS is '{wrong}': give nanoseconds, 1000000000 at most" in done.stderr
    assert "Traceback" in done.stderr


def test_nothing_and_zero_change_nothing(tmp_path):
    for none in ("", "0"):
        assert run(tmp_path, none).returncode == 0
