"""A stranger's path: a new project, its driver, its tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hal.cosim.tools import find_simulator, run_tool
from tests.support import ROOT
from tests.support.command_line import CommandLine
from tests.support.cosim import require_tools
from tests.support.processes import LIMIT
from tests.support.warm import run_pytest

SAMPLER = ROOT / "docs" / "examples" / "sampler"
FILES = ["{0}.yaml", "{0}_model.py", "test_{0}.py", "pyproject.toml", "README.md", ".gitignore"]


@pytest.fixture
def hal(tmp_path):
    return CommandLine(tmp_path, card="")


@pytest.mark.parametrize("name", ["blinker", "dma_engine2"])
def test_a_new_project_works_as_its_help_says(hal, tmp_path, name):
    made = hal("new", name)
    assert (made.code, made.lines) == (0, [f"{name}/{file.format(name)}" for file in FILES])
    hal.folder = tmp_path / name
    assert hal("validate", f"{name}.yaml").code == 0
    assert hal("fmt", "--check", f"{name}.yaml").code == 0
    assert hal("generate", f"{name}.yaml", "-o", ".").lines == [f"{name}.py"]
    options = ("-q", "-p", "no:cacheprovider")
    done = run_pytest(*options, environment=hal.environment, folder=hal.folder, timeout=LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def pytest_in(hal):
    """What pytest prints last in the project's folder."""
    options = ("-q", "-rs", "-p", "no:cacheprovider")
    done = run_pytest(*options, environment=hal.environment, folder=hal.folder, timeout=LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_project_with_logic_is_the_example(hal, tmp_path):
    """`make rtl-demo` runs its tests on simulated logic too."""
    assert hal("new", "sampler", "--rtl").code == 0
    made = {path.relative_to(tmp_path / "sampler") for path in (tmp_path / "sampler").rglob("*") if path.is_file()}
    kept = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=SAMPLER,
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    assert {str(path) for path in made} == set(kept.stdout.split())
    for path in made:
        assert (SAMPLER / path).read_text() == (tmp_path / "sampler" / path).read_text(), f"hal new differs: {path}"
    hal.folder = tmp_path / "sampler"
    assert hal("fmt", "--check", "sampler.yaml").code == 0
    assert hal("generate", "sampler.yaml", "-o", ".").lines == ["sampler.py"]
    printed = pytest_in(hal)
    assert "7 passed, 12 skipped" in printed
    assert "needs simulated logic: hal cosim build makes" in printed


def test_its_logic_has_no_warnings(hal, tmp_path):
    require_tools()
    simulator = find_simulator()
    hal("new", "dma_engine2", "--rtl")
    hal.folder = tmp_path / "dma_engine2"
    assert hal("generate", "dma_engine2.yaml", "-o", "logic", "--lang", "rtl").code == 0
    files = sorted(map(str, hal.folder.rglob("*.sv")), key=lambda name: not name.endswith("_pkg.sv"))
    command = [*simulator.command, "--lint-only", "-Wall", "--quiet-stats", "--top-module", "dma_engine2_cl", *files]
    done = run_tool(command, "Verilator", environment={"VERILATOR_ROOT": str(simulator.root)})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_new_project_builds(hal, tmp_path):
    hal("new", "blinker")
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", "dist", "."]
    subprocess.run(command, cwd=tmp_path / "blinker", check=True, capture_output=True, timeout=LIMIT)
    (wheel,) = (tmp_path / "blinker" / "dist").glob("*.whl")
    listing = subprocess.run(["unzip", "-Z1", wheel], check=True, capture_output=True, text=True, timeout=LIMIT).stdout
    assert [name for name in listing.split() if name.endswith(".py")] == ["blinker.py", "blinker_model.py"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Blinker", "'Blinker' is not a valid name"),
        ("class", "'class' is a keyword of Python"),
        ("hal", "the driver hal.py would hide hal's or its packages' module 'hal'"),
        ("json", "the driver json.py would hide Python's own module 'json'"),
        ("../up", "'../up' is not a valid name"),
    ],
)
def test_names_that_no_device_can_have(hal, tmp_path, name, message):
    done = hal("new", name)
    assert done.code == 2
    assert message in done.err
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_there_stay(hal, tmp_path):
    (tmp_path / "blinker").mkdir()
    (tmp_path / "blinker" / "mine.txt").write_text("mine")
    done = hal("new", "blinker")
    assert (done.code, done.err) == (
        1,
        "hal: blinker is there already; give another name, or another folder\n",
    )
    assert [path.name for path in (tmp_path / "blinker").iterdir()] == ["mine.txt"]


def test_another_folder(hal, tmp_path):
    assert hal("new", "blinker", "--folder", "deep/down").code == 0
    assert Path(tmp_path, "deep", "down", "blinker.yaml").is_file()
