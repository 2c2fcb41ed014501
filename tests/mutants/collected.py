"""Tests that a process has collected, each fault in a fork of it: nothing is imported or collected again.

That does for faults in bodies of functions that no import runs. Which lines of the module each test runs is found once,
each test alone in a fork, so that a fault is tried by the tests that reach it and by no others.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.mutants import trial
from tests.mutants.swaps import HIT, functions_of, instrumented, swaps, teller

if TYPE_CHECKING:
    from collections.abc import Mapping


_SMALL_MAP = "schema: 1\nname: small\nregisters: {r: {offset: 0}}\n"


class Reached(NamedTuple):
    """Which lines of the module a test runs, it or a process that it starts, and how long it takes."""

    lines: frozenset[int]
    seconds: float


class Collected:
    """The process of a tree, for one module and in one mode (`pure`: without the accelerator)."""

    def __init__(self, root: Path, files: list[str], module: str, *, pure: bool) -> None:
        """RuntimeError where the tests can't be collected."""
        self._folder = Path(tempfile.mkdtemp(prefix="hal-mutants-"))
        self._folder.chmod(0o711)
        self.hits = self._folder / "hits"  # where a module with `swaps.telling` is to tell what is run
        self.hits.touch()
        self.hits.chmod(0o666)  # also for other users, which some tests are
        self._connection, theirs = multiprocessing.Pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._process = os.fork()
        if self._process == 0:
            self._connection.close()
            _serve(theirs, root, self._folder, files, module, pure=pure)
        theirs.close()
        try:
            self.tests, self.at_import = self._connection.recv()
        except EOFError:
            text = (self._folder / "output").read_text(errors="replace")
            self.close()
            raise RuntimeError(f"the tests can't be collected:\n{text}") from None
        except BaseException:
            self.close()
            raise

    def run(self, tests: Mapping[str, float], text: str, limit: float) -> trial.Outcome:
        """How tests end, at the first that fails, where the module's text is this one.

        Each may take its number of seconds, and all of them may take `limit`.
        """
        return self._ask(tests, text, limit)

    def reached(self, test: str, limit: float) -> tuple[trial.Outcome, Reached]:
        """How a test ends alone, without a fault, and which lines it runs meanwhile."""
        os.truncate(self.hits, 0)
        outcome = self._ask({test: limit}, None, limit)
        return outcome, Reached(frozenset(map(int, self.hits.read_text().split())), outcome.seconds)

    def _ask(self, tests: Mapping[str, float], text: str | None, limit: float) -> trial.Outcome:
        self._connection.send((tests, text, limit))
        how, seconds, told = self._connection.recv()
        code, failures = told or (0, {})
        return trial.Outcome(trial.ENDS.get(code, "broken") if told else how, failures, seconds)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.send(None)
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGTERM)  # which ends its run, too: see `trial.wait_for`
        os.waitpid(self._process, 0)
        shutil.rmtree(self._folder, ignore_errors=True)


def _serve(connection, root, folder, files, module, *, pure) -> None:
    """Never returns."""
    try:
        trial.enter(root, folder, pure=pure)
        plugin = _Plugin(connection, folder, root, module)
        sys.settrace(plugin.trace)
        pytest.main([*trial.OPTIONS, "-x", *files], plugins=[plugin, plugin.reports])
    except BaseException as error:  # noqa: BLE001
        os.write(2, repr(error).encode())
    os._exit(1)


class _Plugin:
    """Takes the place of pytest's loop: waits for requests, and forks. The child goes on with the loop."""

    def __init__(self, connection, folder, root, module) -> None:
        self.reports = trial.Reports()
        self._connection, self._folder, self._path = connection, folder, str(root / module)
        self._sound = (root / module).read_text(encoding="utf-8")
        # What it makes is kept for all runs then.
        self._generator_is_sound = not module.startswith(("codegen/", "hal/generator/"))
        self._lines: set[int] = set()
        self._writing: int | None = None  # in a child
        self._limits: Mapping[str, float] = {}
        self._nowhere = os.open(os.devnull, os.O_WRONLY)

    def trace(self, frame, event, _argument):
        """Lines of the module that its import runs, and that of the tests."""
        return self._of_module if frame.f_code.co_filename == self._path else None

    def _of_module(self, frame, event, _argument):
        if event == "line":
            self._lines.add(frame.f_lineno)
        return self._of_module

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self):
        """No example is made smaller: that one fails is all that is asked."""
        import hypothesis

        known, phases = hypothesis.settings, hypothesis.Phase
        known.register_profile("noticing", known(), phases=(phases.explicit, phases.generate))
        known.load_profile("noticing")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        sys.settrace(None)
        if session.testsfailed:
            os._exit(1)
        if self._generator_is_sound:
            import codegen

            codegen.render_python(codegen.loads(_SMALL_MAP))  # prepares what each first use of it would
        gc.unfreeze()  # what was imported under a freeze is not listed
        functions = functions_of(self._path)
        self._connection.send(([item.nodeid for item in session.items], frozenset(self._lines)))
        gc.collect()
        for number in range(1 << 60):
            request = self._connection.recv()
            if request is None:
                os._exit(0)
            tests, text, limit = request
            answer = self._answer(limit, number)
            if answer is None:
                self._begin(session, tests, text, functions)
                break  # to pytest's own loop
            self._connection.send(answer)

    def _answer(self, limit, number):
        """What a fork finds; None in the fork."""
        folder = self._folder / f"run-{number}"
        folder.mkdir()
        start = time.monotonic()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.setpgid(0, 0)
            trial.own_run()
            self._writing = writing
            os.environ["TMPDIR"] = str(folder)
            if not self._generator_is_sound:
                os.environ["HAL_CACHE"] = str(folder / "cache")
            tempfile.tempdir = str(folder)
            return None
        os.close(writing)
        ended = trial.wait_for(child, reading, start, limit)
        shutil.rmtree(folder, ignore_errors=True)
        return ended.how, ended.seconds, ended.data

    def _begin(self, session, tests, text, functions) -> None:
        order = {test: number for number, test in enumerate(tests)}
        chosen = [item for item in session.items if item.nodeid in order]
        session.items[:] = sorted(chosen, key=lambda item: order[item.nodeid])
        self._limits = tests
        space: dict[str, Any] = {}
        exec(teller(str(self._folder / "hits")), space)
        for swap in swaps(self._sound, instrumented(self._sound) if text is None else text, self._path) or ():
            for function in functions.get((swap.name, swap.line), ()):
                function.__globals__[HIT] = space[HIT]
                function.__code__ = swap.code

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        """What takes too long ends here, also where it goes on after an exception."""
        faulthandler.dump_traceback_later(self._limits[item.nodeid], exit=True, file=self._nowhere)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus):
        if self._writing is not None:
            data = int(exitstatus), self.reports.failures
            with os.fdopen(self._writing, "wb") as stream:
                stream.write(pickle.dumps(data))
            os._exit(0)
