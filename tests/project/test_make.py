"""The project's own files: shipped designs, and what `make` says where a tool is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.support import ROOT
from tests.support.cosim import require_tools
from tests.support.processes import LIMIT

sys.path.insert(0, str(ROOT / "bindings"))
from card_designs import shipped_designs


def test_shipped_designs_are_what_the_maps_say():
    for name, text in shipped_designs().items():
        assert (ROOT / "hal" / "designs" / name).read_text(encoding="utf-8") == text, f"{name}: run make designs"


def test_the_demo_of_simulated_logic(tmp_path):
    require_tools()
    program = [sys.executable, ROOT / "docs" / "examples" / "rtl_demo.py", tmp_path, "sampler"]
    environment = os.environ | {"HAL_CACHE": str(ROOT / "build" / "cache")}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False, timeout=3 * LIMIT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("same   ") == 2
    assert "bits proven (100.0 %), 96 more can't be; no fault" in done.stdout
    assert "64 samples in the host's memory: [0, 1, 2] to 63" in done.stdout
    assert "its tests: 14 passed, 5 skipped" in done.stdout
    assert (tmp_path / "sampler.vcd").stat().st_size > 1000


@pytest.fixture
def tools(tmp_path):
    """A folder with the few programs that `make tools` needs, to leave one out."""
    for name in ("make", "sh", "gcc", "test", "env"):
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        (tmp_path / name).symlink_to(path)
    (tmp_path / "python3").symlink_to(sys.executable)
    return tmp_path


def make_tools(folder, *arguments):
    return subprocess.run(
        ["make", "--no-print-directory", "-s", "tools", *arguments],
        cwd=ROOT,
        env={"PATH": str(folder), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("gcc", "gcc is missing: install the package gcc"),
        ("python3", "python3 is missing: install the package python3 (3.10 or later)"),
    ],
)
def test_a_missing_tool_is_one_clear_line(tools, missing, line):
    (tools / missing).unlink()
    result = make_tools(tools)
    assert result.returncode != 0
    assert result.stdout == line + "\n"


def test_an_old_python_is_told(tools):
    (tools / "python3").unlink()
    script = tools / "python3"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    result = make_tools(tools)
    assert result.stdout == "python3 is too old: 3.10 or later is needed; set PYTHON=python3.11\n"
