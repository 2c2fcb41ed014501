"""Runs the attacks as child processes, in both kinds of accessors."""

from __future__ import annotations

import sys

from tests.support import ROOT
from tests.support.processes import LIMIT, run

__all__ = ["MODES", "attack"]

# What HAL_PURE_CFFI is.
MODES = {"accelerated": "0", "pure": "1"}


def attack(kind: str, mode: str, seed: int, calls: int, seconds: float = 600) -> str:
    """What the program said of itself. AssertionError where anything broke: the seed to make it again, and how."""
    program = ["-m", "tests.fuzz.api.program", kind, str(seed), str(calls), str(seconds)]
    # Sets and dicts of texts go the same way again.
    environment = {"HAL_PURE_CFFI": MODES[mode], "PYTHONHASHSEED": "0"}
    done = run(sys.executable, *program, environment=environment, cwd=ROOT, timeout=seconds + 20 * LIMIT)
    lines = done.stdout.splitlines()
    told = f"{kind}, {mode}, {lines[-1] if lines else 'nothing said'}, exit code {done.returncode}:\n{done.stderr}"
    assert done.returncode == 0, told
    return f"{lines[-1]} ({mode})"
