"""What is installed: locked dependencies, wheels without paths of the building machine, machines that are not served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.processes import LIMIT, importing, run_python

LOCK = ROOT / "requirements-dev.lock"
WHEEL = os.environ.get("HAL_TEST_WHEEL", "")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def required():
    """Names of all dependencies that pyproject.toml states."""
    text = (ROOT / "pyproject.toml").read_text()
    lists = re.findall(r"^(?:dependencies|dev) = \[(.*?)^\]", text, flags=re.MULTILINE | re.DOTALL)
    assert len(lists) == 2
    return {normal(name) for part in lists for name in re.findall(r'^\s*"([A-Za-z0-9_.-]+)', part, flags=re.MULTILINE)}


def test_every_dependency_is_locked_with_hashes():
    entries = re.split(r"\n(?=[a-z0-9])", LOCK.read_text())[1:]
    names = set()
    for entry in entries:
        match = re.match(r"([a-z0-9._-]+)==[0-9][0-9a-z.!+]*(?: ; [^\\\n]+)? \\\n", entry)
        assert match, entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
        names.add(normal(match[1]))
    assert required() <= names


def test_the_lock_names_no_host():
    text = LOCK.read_text()
    assert not re.search(r"://|--index|--find-links|--trusted|/home|/work|/root", text)


@pytest.mark.skipif(not WHEEL, reason="HAL_TEST_WHEEL names no wheel")
def test_the_wheel_holds_no_path_of_the_machine_that_built_it():
    homes = {str(ROOT), str(Path.home()), sys.prefix, sys.base_prefix, "/home/", "/build/", "/tmp/"} - {"/"}
    with zipfile.ZipFile(WHEEL) as wheel:
        names = wheel.namelist()
        assert {"hal/libhal_card.so", "hal/py.typed", "hal/regmaps/cl_mem_perf.yaml"} <= set(names)
        assert not [name for name in names if name.startswith(("tests/", "bindings/", "/")) or ".." in name]
        for name in names:
            content = wheel.read(name)
            found = [home for home in homes - {"/tmp/"} if home.encode() in content]
            assert not found, f"{name} holds {found}"


@pytest.mark.parametrize(
    ("system", "machine"), [("darwin", "arm64"), ("win32", "AMD64"), ("linux", "i686"), ("linux", "riscv64")]
)
def test_a_machine_that_is_not_served_is_told_in_one_line(system, machine):
    code = """
import platform, sys
from setuptools import Distribution
sys.path.insert(0, sys.argv[1])
import hal_build
sys.platform, platform.machine = sys.argv[2], lambda: sys.argv[3]
hal_build.BuildExt(Distribution()).finalize_options()
"""
    command = [sys.executable, "-c", code, str(ROOT / "bindings"), system, machine]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert result.returncode == 1
    assert result.stderr == f"hal runs on 64-bit Linux; this is {system} on {machine}\n"


def test_a_missing_extension_says_what_to_do(tmp_path):
    """The source folder first on the path, and nothing built in it."""
    for path in (ROOT / "hal").rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    command = [sys.executable, "-c", "import hal"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False, timeout=LIMIT
    )
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ImportError: hal's compiled extension is missing or does not fit this Python")
    assert last.endswith("Install the package (pip install .), or for work in its source folder: pip install -e .")


def test_a_driver_runs_on_cffi_alone(drivers):
    """No yaml, jinja2, pydantic, click or rich can be imported, and the generated driver works."""
    result = run_python(
        """
        import sys
        for name in ("yaml", "jinja2", "pydantic", "click", "rich", "codegen"):
            sys.modules[name] = None
        from blinker import Blinker
        with Blinker.open(0) as device:
            device.ctrl.enable = 1
            device.table[0] = 3
            print(device.ctrl.enable, device.table[0])
        """,
        environment=importing(drivers),
    )
    assert (result.stdout, result.stderr) == ("1 3\n", "")
