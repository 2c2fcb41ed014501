"""What is installed: locked dependencies, builds that are alike and hardened, machines that are not served."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.processes import LIMIT, importing, run, run_python

LOCK = ROOT / "requirements-dev.lock"
WHEEL = os.environ.get("HAL_TEST_WHEEL", "")
IN_GIT = (ROOT / ".git").exists()


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
    folders = {str(ROOT), str(Path.home()), sys.prefix, sys.base_prefix} - {"/", "/usr"}
    homes = {f"{folder}/" for folder in folders} | {"/home/", "/build/", "/tmp/"}
    with zipfile.ZipFile(WHEEL) as wheel:
        names = wheel.namelist()
        assert {
            "hal/libhal_card.so",
            "hal/libhal_card.a",
            "hal/libhal_pci.so",
            "hal/cosim/shell/shell.cpp",
            "hal/cosim/shell/hal_cosim.h",
            "hal/py.typed",
            "hal/regmaps/cl_mem_perf.yaml",
            "hal/regmaps/axi_dma_types.yaml",
            "hal/page/demo/demo.yaml",
        } <= set(names)
        for folder in (ROOT / "hal" / "page" / "assets", ROOT / "hal" / "page" / "fleet" / "assets"):
            assert {str(path.relative_to(ROOT)) for path in folder.iterdir()} <= set(names)
        assert {str(path.relative_to(ROOT)) for path in (ROOT / "codegen").rglob("*.j2")} <= set(names)
        assert not [name for name in names if name.startswith(("tests/", "bindings/", "/")) or ".." in name]
        for name in names:
            content = wheel.read(name)
            found = [home for home in homes - {"/tmp/"} if home.encode() in content]
            assert not found, f"{name} holds {found}"


def sources(folder, *paths):
    """A copy of what git has, or of these paths of it, elsewhere and with times of its own."""
    for name in run("git", "ls-files", "-z", *paths, cwd=ROOT).stdout.split("\0"):
        source = ROOT / name
        if name and source.is_file():
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    return folder


@pytest.mark.skipif(not WHEEL, reason="HAL_TEST_WHEEL names no wheel")
def test_another_build_elsewhere_gives_the_same_bytes(tmp_path):
    folder = sources(tmp_path / "elsewhere" / "hal")
    result = run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", folder, timeout=10 * LIMIT)
    assert result.returncode == 0, result.stderr
    first = ROOT / WHEEL
    for name in (first.name, re.sub(r"-cp3.*", ".tar.gz", first.name)):
        assert (tmp_path / "dist" / name).read_bytes() == (first.parent / name).read_bytes(), name


@pytest.mark.skipif(not IN_GIT, reason="this is no checkout")
def test_two_source_distributions_have_the_same_bytes(tmp_path):
    """Of enough of the sources; with a wheel to compare with, the test above takes all."""
    code = "import sys; sys.path.insert(0, 'bindings'); import hal_build; hal_build.build_sdist(sys.argv[1])"
    archives = []
    for number in range(2):
        folder = sources(tmp_path / f"sources-{number}", ":(glob)*", "bindings", "hal/slots")
        (folder / "README.md").touch()
        os.utime(folder / "README.md", (1, number))
        (folder / "README.md").chmod(0o600 + 0o40 * number)
        result = run(sys.executable, "-c", code, tmp_path / f"dist-{number}", cwd=folder)
        assert result.returncode == 0, result.stderr
        archives += (tmp_path / f"dist-{number}").iterdir()
    assert archives[0].name == archives[1].name
    assert archives[0].read_bytes() == archives[1].read_bytes()


LIBRARIES = sorted(path.name for path in (ROOT / "hal").glob("*.so"))


@pytest.mark.skipif(not IN_GIT, reason="this is no checkout")
def test_ci_leaves_no_test_out_for_a_tool_that_is_missing():
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py")]
    marks = [mark for text in texts for mark in re.findall(r'\bneeds\(("[^)=]*)|("\w+" in required\(\))', text)]
    named = {name for mark in marks for name in re.findall(r'"([\w+]+)"', "".join(mark))}
    required = re.search(r'HAL_TEST_TOOLS="(.*?)"', (ROOT / ".ci" / "run").read_text())[1].split()
    assert {"cosim", "ninja", "qemu", "sshd"} <= named <= set(required)


@pytest.mark.skipif(not IN_GIT, reason="an instrumented build has flags of its own")
@pytest.mark.parametrize("name", LIBRARIES)
def test_libraries_are_hardened(name):
    """Full RELRO, no executable stack, stack protector and checked string functions, and no path of the machine."""
    if shutil.which("readelf") is None:
        pytest.skip("readelf is not installed")
    told = run("readelf", "--wide", "--dynamic", "--program-headers", "--dyn-syms", ROOT / "hal" / name).stdout
    assert "GNU_RELRO" in told
    assert "BIND_NOW" in told
    assert re.search(r"GNU_STACK .* RW ", told)
    assert "__stack_chk_fail" in told
    assert "_accel" in name or re.search(r"__\w*printf_chk", told)
    assert not re.search("RUNPATH|RPATH", told)
    assert str(ROOT).encode() not in (ROOT / "hal" / name).read_bytes()


@pytest.mark.parametrize(("told", "strict"), [("", False), ("1", True)])
def test_warnings_are_errors_in_our_own_builds_only(told, strict):
    code = """
import sys
from setuptools import Distribution
sys.path.insert(0, sys.argv[1])
import hal_build
command = hal_build.BuildExt(Distribution())
command.finalize_options()
print(*{flag for ext in command.distribution.ext_modules for flag in ext.extra_compile_args})
"""
    result = run(sys.executable, "-c", code, ROOT / "bindings", environment={"HAL_WERROR": told})
    assert result.returncode == 0, result.stderr
    assert ("-Werror" in result.stdout.split()) == strict
    assert "export HAL_WERROR := 1\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            'sysconfig.get_paths = lambda: {"include": "/nowhere"}',
            "Python.h is missing in /nowhere: install the package python3-dev (or python3-devel)",
        ),
        ("hal_build.shutil.which = lambda name: None", "gcc is missing: install a C compiler, e.g. the package gcc"),
    ],
)
def test_what_a_build_lacks_is_told_in_one_line(fault, line, tmp_path):
    code = f"""
import sys, sysconfig
from setuptools import Distribution
sys.path.insert(0, sys.argv[1])
import hal_build
{fault}
command = hal_build.BuildExt(Distribution())
command.build_lib = command.build_temp = sys.argv[2]
command.ensure_finalized()
command.run()
"""
    result = run(sys.executable, "-c", code, ROOT / "bindings", tmp_path, environment={"CC": "gcc"}, cwd=ROOT)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == line
    assert "Traceback" not in result.stderr


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


@pytest.mark.parametrize("program", ["import hal; hal.Device", "from hal import Device", "from hal import *"])
def test_a_missing_extension_says_what_to_do(tmp_path, program):
    """The source folder first on the path, and nothing built in it."""
    for path in (ROOT / "hal").rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    command = [sys.executable, "-c", program]
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
        fresh=True,
    )
    assert (result.stdout, result.stderr) == ("1 3\n", "")
