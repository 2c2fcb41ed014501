"""That the benchmark builds and runs; what it measures is no test's affair."""

from __future__ import annotations

import subprocess
import sys

from tests.support import ROOT
from tests.support.processes import LIMIT


def test_every_row_of_accesses_can_be_measured():
    command = [sys.executable, "-m", "tests.bench", "--smoke"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    assert "field read, of the bare call" in done.stdout
    assert "executing a write of a batch" in done.stdout
