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
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_MEMORY = 4 << 30  # bytes of its own that a run may take; what it maps of a card is more
LONGEST = 1200.0  # seconds that tests without a fault may take
_TOLD = 6000  # characters of what a run printed, the last ones
_PRELOADED = "ignore::pytest.PytestAssertRewriteWarning"
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", _PRELOADED, "--tb=short")
ENDS = {0: "passed", 1: "failed"}  # by pytest's exit code; all others are broken


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


class UnsoundError(Exception):
    """Tests that fail without a fault tell nothing."""


class Ended(NamedTuple):
    """How a child ended. `how`: told, crashed, endless; `data`: what it told."""

    how: str
    data: Any
    status: int
    seconds: float


class Reports:
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


def run_tests(
    root: Path, tests: list[str], *, limit: float, pure: bool = False, first_only: bool = True, own: bool = False
) -> Outcome:
    """`tests` as pytest takes them, in a tree; `limit` in seconds, then it is endless. `pure`: without accelerator.

    `own`: with a /run of its own, see `own_run`.
    """
    reading, writing = os.pipe()
    folder = Path(tempfile.mkdtemp(prefix="hal-mutant-"))
    start = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.close(reading)
        if own:
            own_run()
        _child(root, tests, writing, folder, pure=pure, first_only=first_only)
    os.close(writing)
    try:
        ended = wait_for(child, reading, start, limit)
        text = (folder / "output").read_text(errors="replace")[-_TOLD:]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if ended.how == "endless":
        return Outcome("endless", {}, ended.seconds, text)
    if ended.how == "crashed":
        return Outcome("crashed", {}, ended.seconds, f"ended with {ended.status}\n{text}")
    code, failures = ended.data
    return Outcome(ENDS.get(code, "broken"), failures, ended.seconds, text)


def seconds_of(root: Path, tests: list[str], modes: Iterable[bool]) -> float:
    """How long the tests take without a fault, in the slower of the modes. UnsoundError when they fail."""
    seconds = 0.0
    for pure in modes:
        outcome = run_tests(root, tests, limit=LONGEST, pure=pure)
        if outcome.how != "passed":
            raise UnsoundError(f"without a fault these tests do not pass ({outcome.how}):\n{outcome.text}")
        seconds = max(seconds, outcome.seconds)
    return seconds


def wait_for(child: int, reading: int, start: float, limit: float) -> Ended:
    """What a child, the leader of a group of processes, tells through a pipe before `limit` seconds after the start."""
    try:
        data, late = _read(reading, start + limit)
    finally:  # also where this process is told to end: nothing goes on behind it
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.kill(child, signal.SIGKILL)  # it may not lead its group yet
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seconds = time.monotonic() - start
    if late:
        return Ended("endless", None, status, seconds)
    return Ended("told", pickle.loads(data), status, seconds) if data else Ended("crashed", None, status, seconds)


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
    reports = Reports()
    try:
        os.setpgid(0, 0)
        enter(root, folder, pure=pure)
        import pytest

        code = int(pytest.main([*OPTIONS, *(["-x"] if first_only else []), *tests], plugins=[reports]))
    except BaseException as error:  # noqa: BLE001  (told as a run that is broken)
        os.write(2, repr(error).encode())
    os.write(writing, pickle.dumps((code, reports.failures)))
    sys.stdout.flush()
    os._exit(0)


def enter(root: Path, folder: Path, *, pure: bool) -> None:
    """Makes this process, a child, one that tests a tree. What it prints, and its files, are in a folder."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(root)
    os.environ |= {
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder),
        "CI": "1",
        "HAL_TEST_PATIENCE": "0.5",  # what never comes is waited for 30 s, within the limit
    }
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    os.environ.pop("HAL_PURE_CFFI", None)
    if pure:
        os.environ["HAL_PURE_CFFI"] = "1"
    tempfile.tempdir = str(folder)
    _forget_sources(root)
    sys.dont_write_bytecode = True


def own_run() -> None:
    """Gives this process an empty /run, where root can: what a fault leaves there would be found by later tests."""
    import ctypes

    new_namespace, private, recursive = 0x20000, 1 << 18, 1 << 14
    libc = ctypes.CDLL(None)
    if libc.unshare(new_namespace) == 0 and libc.mount(b"none", b"/", None, private | recursive, None) == 0:
        libc.mount(b"none", b"/run", b"tmpfs", 0, None)


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
