"""One run of tests in a scratch tree, in a child of a process that has loaded what takes time and has no faults."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import shutil
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

_MEMORY = 4 << 30  # bytes of its own that a run may take; what it maps of a card is more
_TOLD = 6000  # characters of what a run printed, the last ones
_PRELOADED = "ignore::pytest.PytestAssertRewriteWarning"


class Outcome(NamedTuple):
    """How a run ended. `how`: passed, failed, broken (the tests could not be collected), crashed, endless.

    `failures`: of each test that failed its exception's name; setups are among them with the name "setup".
    """

    how: str
    failures: dict[str, str]
    seconds: float
    text: str = ""

    @property
    def is_noticed(self) -> bool:
        return self.how != "passed"


class _Reports:
    """What pytest tells of each test."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}

    def pytest_runtest_makereport(self, item, call):
        if call.excinfo is not None and not call.excinfo.errisinstance(_skipped()):
            self.failures[item.nodeid] = call.excinfo.typename if call.when == "call" else call.when


def _skipped():
    import pytest

    return pytest.skip.Exception


def preload() -> None:
    """What no fault is in, and every run needs."""
    with contextlib.suppress(ImportError):
        import ctypes  # noqa: F401
        import multiprocessing  # noqa: F401

        import cffi  # noqa: F401
        import hypothesis  # noqa: F401
        import jinja2  # noqa: F401
        import pydantic  # noqa: F401
        import pytest  # noqa: F401
        import ruamel.yaml  # noqa: F401
        import yaml  # noqa: F401


def run_tests(root: Path, tests: list[str], *, limit: float, pure: bool = False, first_only: bool = True) -> Outcome:
    """`tests` as pytest takes them, in a tree; `limit` in seconds, then it is endless. `pure`: without accelerator."""
    reading, writing = os.pipe()
    folder = Path(tempfile.mkdtemp(prefix="hal-mutant-"))
    start = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.close(reading)
        _child(root, tests, writing, folder, pure=pure, first_only=first_only)
    os.close(writing)
    data, late = _read(reading, start + limit)
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seconds = time.monotonic() - start
    text = (folder / "output").read_text(errors="replace")[-_TOLD:]
    shutil.rmtree(folder, ignore_errors=True)
    if late:
        return Outcome("endless", {}, seconds, text)
    if not data:
        return Outcome("crashed", {}, seconds, f"ended with {status}\n{text}")
    code, failures = pickle.loads(data)
    how = {0: "passed", 1: "failed"}.get(code, "broken")
    return Outcome(how, failures, seconds, text)


def _read(descriptor: int, end: float) -> tuple[bytes, bool]:
    data = b""
    while True:
        if not select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
            return data, True
        part = os.read(descriptor, 65536)
        if not part:
            return data, False
        data += part


def _child(root, tests, writing, folder, *, pure, first_only) -> None:
    code = 3
    reports = _Reports()
    try:
        os.setpgid(0, 0)
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.set_inheritable(writing, False)
        os.chdir(root)
        os.environ |= {
            "PYTHONPATH": str(root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(folder),
            "CI": "1",
        }
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        if pure:
            os.environ["HAL_PURE_CFFI"] = "1"
        tempfile.tempdir = str(folder)
        _forget_sources(root)
        sys.dont_write_bytecode = True
        import pytest

        options = [
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-W",
            _PRELOADED,
            "--tb=short",
            *(["-x"] if first_only else []),
        ]
        code = int(pytest.main([*options, *tests], plugins=[reports]))
    except BaseException as error:  # noqa: BLE001  (told as a run that is broken)
        os.write(2, repr(error).encode())
    os.write(writing, pickle.dumps((code, reports.failures)))
    sys.stdout.flush()
    os._exit(0)


def _forget_sources(root: Path) -> None:
    """The packages are those of the tree from here on."""
    names = ("hal", "codegen", "tests", "hal_build")
    for name in [name for name in sys.modules if name.split(".")[0] in names]:
        del sys.modules[name]
    here = str(root.parent.parent.parent)
    sys.path[:] = [str(root), *(path for path in sys.path if path not in {here, "", str(root)})]
    # An editable install's finder, where it stands before the path.
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("__editable__")]
    sys.path_importer_cache.clear()
