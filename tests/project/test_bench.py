"""That the benchmark builds and runs; what it measures is no test's affair, but what it counts is exact."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import codegen
import hal
from tests.bench.bus import JOBS, count
from tests.bench.rich_map import write_rich_map
from tests.support import ROOT
from tests.support.processes import LIMIT


def test_every_row_of_accesses_can_be_measured():
    command = [sys.executable, "-m", "tests.bench", "--smoke"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    assert "field read, of the bare call" in done.stdout
    assert "executing a write of a batch" in done.stdout
    assert "a wait without an interval goes on" in done.stdout
    assert "two slots, two threads, 32 words" in done.stdout


WANTED = {job.name: (job.reads, job.writes) for job in JOBS}


def test_every_job_takes_the_accesses_that_the_table_says(slot):
    assert slot.describe().status_name == "cleared"
    assert count() == WANTED


def test_the_other_accessors_take_as_many():
    told = "import json; from tests.bench.bus import count; print(json.dumps(count()))"
    environment = {**os.environ, "HAL_PURE_CFFI": "1" if hal.accelerated else "0"}
    command = [sys.executable, "-c", told]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr
    assert {name: tuple(pair) for name, pair in json.loads(done.stdout).items()} == WANTED


def test_the_map_of_all_constructs_is_one(tmp_path):
    write_rich_map(tmp_path / "rich.yaml", 200)
    device = codegen.load(tmp_path / "rich.yaml")
    assert sum(1 for path, *_ in device.walk() if not path.startswith("ring")) == 210  # ten arrays of two
    compile(codegen.render_python(device), "rich.py", "exec")
