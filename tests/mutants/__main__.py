"""`python -m tests.mutants planted [WORD...]` or `python -m tests.mutants MODULE...`: puts faults in, and tells which live.

planted: the kept list (tests/mutants/planted), or those whose names hold a word; it fails when one is not noticed by the
tests that are named for it, for an assertion of theirs. MODULE: all small faults of a Python or C file, one at a time.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
from typing import NamedTuple

from tests.mutants import trial
from tests.mutants.planted import FAULTS, Fault
from tests.mutants.survey import survey
from tests.mutants.tree import WORK, BuildError, Tree
from tests.mutants.workers import try_all

_LIMIT = 60.0  # seconds that the tests of a planted fault may take


class Task(NamedTuple):
    """A file's changed text, and the tests that are to notice."""

    file: str
    text: str
    tests: list[str]
    pure: bool  # without the accelerator


_tree: list[Tree] = []  # of this process: the one without faults, or a worker's


def _begin(folder: str) -> None:
    _tree[:] = [Tree(f"{folder}/{os.getpid()}", _tree[0].root)]


def _try(task: Task) -> trial.Outcome:
    """In a worker: one fault in its tree."""
    tree = _tree[0]
    try:
        tree.change(task.file, task.text)
    except BuildError as error:
        outcome = trial.Outcome("not built", {}, 0.0, str(error))
    else:
        outcome = trial.run_tests(tree.root, task.tests, limit=_LIMIT, pure=task.pure, first_only=False)
    tree.restore(task.file)
    return outcome


# -- the kept list ----------------------------------------------------------------------------------------------------


def planted(words: list[str], jobs: int, folder: str) -> int:
    faults = [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]
    for pure in (False, True):
        tests = [test for fault in faults if fault.pure is pure for test in fault.tests]
        if tests:
            seconds = trial.seconds_of(_tree[0].root, list(dict.fromkeys(tests)), (pure,))
            print(f"without a fault {len(set(tests))} tests pass in {seconds:.1f} s", flush=True)
    tasks = [Task(fault.file, changed(fault), list(fault.tests), fault.pure) for fault in faults]
    bad = 0
    for count, (number, outcome) in enumerate(try_all(_try, tasks, jobs, _begin, folder), 1):
        problem = problem_of(faults[number], outcome)
        bad += bool(problem)
        print(
            f"[{count}/{len(tasks)}] {faults[number].name}: {problem or 'noticed'} ({outcome.seconds:.1f} s)",
            flush=True,
        )
        if problem:
            print(outcome.text, flush=True)
    print(f"{len(tasks)} planted, {bad} not noticed as they are to be")
    return 1 if bad else 0


def changed(fault: Fault) -> str:
    """The text of the file with the fault."""
    text = _tree[0].text(fault.file)
    if text.count(fault.old) != 1:
        raise SystemExit(
            f"{fault.name}: {fault.file} has {text.count(fault.old)} times {fault.old!r}; bring it up to date"
        )
    return text.replace(fault.old, fault.new)


def problem_of(fault: Fault, outcome: trial.Outcome) -> str:
    """Why this outcome does not say that the tests have noticed; "" where it does."""
    if outcome.how == "crashed" and "crash" in fault.ends:
        return ""
    if outcome.how != "failed":
        return outcome.how
    for test in fault.tests:
        names = [
            name
            for failed, name in outcome.failures.items()
            if failed == test or failed.startswith((f"{test}[", f"{test}::"))
        ]
        if not names:
            return f"{test} passed"
        if wrong := [name for name in names if name not in fault.ends]:
            return f"{test} ended with {', '.join(sorted(set(wrong)))}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("what", nargs="+", help="planted, and words of names; or files")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sample", type=int, default=0, help="so many of a module's faults, by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="*", default=[], help="instead of those of tests/mutants/targets.py")
    parser.add_argument(
        "--lines", nargs="*", type=int, default=[], help="only those of a module's faults that begin there"
    )
    parser.add_argument(
        "--most", type=float, default=0, help="seconds of tests for one fault, those of its own file first; 0: all"
    )
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends, too
    folder = f"run-{os.getpid()}"
    trial.preload()
    try:
        _tree[:] = [Tree(f"{folder}/sound")]
        if options.what[0] == "planted":
            return planted(options.what[1:], options.jobs, folder)
        return max(survey(module, options, folder, _tree[0]) for module in options.what)
    except trial.UnsoundError as problem:
        sys.exit(str(problem))
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(WORK / folder)


if __name__ == "__main__":
    sys.exit(main())
