"""`python -m tests.mutants planted [WORD...]` or `python -m tests.mutants MODULE...`: puts faults in, and tells which live.

planted: the kept list (tests/mutants/planted), or those whose names hold a word; it fails when one is not noticed by the
tests that are named for it, for an assertion of theirs. MODULE: all small faults of a Python or C file, one at a time.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, NamedTuple

from tests.mutants import in_c, in_python, trial
from tests.mutants.planted import FAULTS, Fault
from tests.mutants.targets import files_for
from tests.mutants.tree import WORK, BuildError, Tree

_LEAST_LIMIT = 30.0  # seconds that a run of tests may take
_LIMIT_FACTOR = 8


class Task(NamedTuple):
    """A file's changed text, and the tests that are to notice."""

    file: str
    text: str
    tests: list[str]
    limit: float
    modes: tuple[bool, ...]  # without the accelerator?
    first_only: bool


class UnsoundError(Exception):
    """Tests that fail without a fault tell nothing."""


_tree: list[Tree] = []  # of this process: the one without faults, or a worker's
_noticed_by: list[str] = []


def _begin(folder: str) -> None:
    _tree[:] = [Tree(f"{folder}/{os.getpid()}", _tree[0].root)]


def _try(task: Task) -> trial.Outcome:
    """In a worker: one fault in its tree. Files that noticed something before are run first."""
    tree = _tree[0]
    try:
        tree.change(task.file, task.text)
    except BuildError as error:
        outcome = trial.Outcome("not built", {}, 0.0, str(error))
    else:
        outcome = _run(tree, task)
    tree.restore(task.file)
    return outcome


def _run(tree: Tree, task: Task) -> trial.Outcome:
    tests = sorted(task.tests, key=lambda test: -_noticed_by.count(test)) if task.first_only else task.tests
    for pure in task.modes:
        outcome = trial.run_tests(tree.root, tests, limit=task.limit, pure=pure, first_only=task.first_only)
        if outcome.is_noticed:
            break
    _noticed_by.extend(test for test in task.tests if any(name.startswith(test) for name in outcome.failures))
    return outcome


def _run_all(tasks: list[Any], jobs: int, folder: str) -> Any:
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _begin, (folder,)) as pool:
        running = {pool.submit(_try, task): number for number, task in enumerate(tasks)}
        for done in as_completed(running):
            yield running[done], done.result()


def _sound(tests: list[str], modes: tuple[bool, ...]) -> float:
    """Seconds that the tests take without a fault. UnsoundError when they fail."""
    seconds = 0.0
    for pure in modes:
        outcome = trial.run_tests(_tree[0].root, tests, limit=1200, pure=pure)
        if outcome.how != "passed":
            raise UnsoundError(f"without a fault these tests do not pass ({outcome.how}):\n{outcome.text}")
        seconds = max(seconds, outcome.seconds)
    return seconds


# -- the kept list ----------------------------------------------------------------------------------------------------


def planted(words: list[str], jobs: int, folder: str) -> int:
    faults = [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]
    for pure in (False, True):
        tests = [test for fault in faults if fault.pure is pure for test in fault.tests]
        if tests:
            seconds = _sound(list(dict.fromkeys(tests)), (pure,))
            print(f"without a fault {len(set(tests))} tests pass in {seconds:.1f} s", flush=True)
    tasks = [
        Task(fault.file, changed(fault), list(fault.tests), _LEAST_LIMIT * 2, (fault.pure,), False) for fault in faults
    ]
    bad = 0
    for count, (number, outcome) in enumerate(_run_all(tasks, jobs, folder), 1):
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


# -- all of a module --------------------------------------------------------------------------------------------------


def survey(module: str, options: argparse.Namespace, folder: str) -> int:
    """Prints what lives of a module's faults; 1 where its tests fail without one."""
    text = _tree[0].text(module)
    found = list((in_python if module.endswith(".py") else in_c).mutants(text))
    total = len(found)
    if options.sample and options.sample < total:
        found = sorted(random.Random(options.seed).sample(found, options.sample))
    tests = options.tests or files_for(module)
    modes = (False, True) if module.startswith(("hal/registers", "hal/access", "hal/devices")) else (False,)
    try:
        limit = max(_LEAST_LIMIT, _LIMIT_FACTOR * _sound(tests, modes))
    except UnsoundError as problem:
        print(f"{module}: {problem}", flush=True)
        return 1
    print(f"== {module}: {len(found)} of {total} faults, against {' '.join(tests)}", flush=True)
    tasks = [Task(module, mutant.text, tests, limit, modes, True) for mutant in found]
    start, lived, unbuilt, killed = time.monotonic(), [], 0, 0
    for count, (number, outcome) in enumerate(_run_all(tasks, options.jobs, folder), 1):
        mutant = found[number]
        if outcome.how == "not built":
            unbuilt += 1
        elif outcome.is_noticed:
            killed += 1
        else:
            lived.append(mutant)
        if options.verbose or outcome.how == "passed":
            word = "survived" if outcome.how == "passed" else outcome.how
            print(f"[{count}/{len(tasks)}] {word}: {module}:{mutant.line}: {mutant.change}", flush=True)
        elif count % 20 == 0:
            print(f"[{count}/{len(tasks)}] {time.monotonic() - start:.0f} s", flush=True)
    share = 100 * killed / max(1, killed + len(lived))
    print(f"{module}: {killed} killed, {len(lived)} survived ({share:.0f} % killed), {unbuilt} did not compile")
    for mutant in sorted(lived):
        print(f"    {module}:{mutant.line}: {mutant.change}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("what", nargs="+", help="planted, and words of names; or files")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sample", type=int, default=0, help="so many of a module's faults, by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="*", default=[], help="instead of those of tests/mutants/targets.py")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    folder = f"run-{os.getpid()}"
    trial.preload()
    try:
        _tree[:] = [Tree(f"{folder}/sound")]
        if options.what[0] == "planted":
            return planted(options.what[1:], options.jobs, folder)
        return max(survey(module, options, folder) for module in options.what)
    except UnsoundError as problem:
        sys.exit(str(problem))
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(WORK / folder)


if __name__ == "__main__":
    sys.exit(main())
