"""The emulated card's test from C, which calls what no SDK program does: its control interface, hostile arguments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hal._binding.sdk.discovery import emulator_path
from tests.bindings.gcc import GCC, compile_c
from tests.support import ROOT
from tests.support.processes import run

pytestmark = pytest.mark.skipif(GCC is None, reason="gcc is not installed")


def test_every_check_holds(tmp_path):
    program, library = tmp_path / "selftest", Path(emulator_path())
    parts = sorted((ROOT / "tests" / "c" / "selftest").glob("*.c"))
    compile_c(f"-I{ROOT / 'bindings' / 'card'}", *parts, library, f"-Wl,-rpath,{library.parent}", "-o", program)
    done = run(program)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    checks, failures = map(int, re.search(r"(\d+) checks, (\d+) failures\n$", done.stdout).groups())
    assert failures == 0
    assert checks > 800
