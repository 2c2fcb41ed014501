"""All small faults of a module, or some by chance: which of them no test notices."""

from __future__ import annotations

import ast
import contextlib
import itertools
import multiprocessing.util
import os
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tests.mutants import in_c, in_python, trial
from tests.mutants.collected import Collected, Reached
from tests.mutants.equivalent import why_equivalent
from tests.mutants.swaps import instrumented, is_in_function, line_of, swaps, telling
from tests.mutants.targets import files_for
from tests.mutants.tree import BuildError, Tree
from tests.mutants.workers import try_all

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from tests.mutants.in_python import Mutant

_LEAST_LIMIT = 10.0  # seconds that a test may take
_LIMIT_FACTOR = 8


class Task(NamedTuple):
    """A fault, and what is to notice it: with the accelerator and without.

    `tests`: of each mode in which it is tried those that reach it, the module's own first. Where the fault is in what an
    import runs, they are all, and all is imported anew.
    """

    file: str
    text: str
    tests: dict[bool, dict[str, float]]  # and how long each may take
    limits: dict[bool, float]
    is_swapped: bool
    reaching: int = 0  # tests that reach it, which may be more than those that are run


class _Worker:
    """Puts faults into a tree of its own."""

    def __init__(self, module: str, files: list[str], tree: Tree) -> None:
        self._module, self._files, self._tree = module, files, tree
        self._collected: dict[bool, Collected] = {}
        self._noticed: Counter[str] = Counter()

    def run(self, task: Task) -> trial.Outcome:
        if task.is_swapped:
            for pure in task.tests:  # while there is no fault
                self.collected(pure)
        try:
            self._tree.change(task.file, task.text)
        except BuildError as error:
            outcome = trial.Outcome("not built", {}, 0.0, str(error))
        else:
            outcome = self._run(task)
        self._tree.restore(task.file)
        return outcome

    def _run(self, task: Task) -> trial.Outcome:
        """Tests that noticed something before are run first."""
        outcome = trial.Outcome("passed", {}, 0.0)
        for pure, reaching in task.tests.items():
            tests = sorted(reaching, key=lambda test: -self._noticed[test])
            if not tests:
                continue
            if task.is_swapped:
                limits = {test: reaching[test] for test in tests}
                outcome = self._collected[pure].run(limits, task.text, task.limits[pure])
            else:
                outcome = trial.run_tests(self._tree.root, tests, limit=task.limits[pure], pure=pure, own=True)
            if outcome.is_noticed:
                break
        for test in outcome.failures:
            self._noticed[test] += 1
            self._noticed[test.partition("::")[0]] += 1
        return outcome

    def collected(self, pure: bool) -> Collected:
        """Of this mode, while the tree has no fault."""
        if pure not in self._collected:
            self._collected[pure] = Collected(self._tree.root, self._files, self._module, pure=pure)
        return self._collected[pure]

    def problem_of(self, noticed: set[str]) -> str:
        """ "" where tests that noticed faults still pass without one: none has left anything that fails them."""
        text, modes = self._tree.text(self._module), list(self._collected) or [False]
        for pure in modes if self._module.endswith(".py") else ():
            collected = self.collected(pure)
            tests = {test: trial.LONGEST for test in collected.tests if test in noticed}
            outcome = collected.run(tests, text, trial.LONGEST) if tests else None
            if outcome is not None and outcome.is_noticed:
                return f"there is no fault any more, and still {outcome}"
        return ""

    def close(self) -> None:
        while self._collected:
            self._collected.popitem()[1].close()


_worker: list[_Worker] = []


def _begin(module: str, files: list[str], folder: str, source: Tree) -> None:
    _worker[:] = [_Worker(module, files, Tree(f"{folder}/{os.getpid()}", source.root))]
    multiprocessing.util.Finalize(None, _worker[0].close, exitpriority=1)


def _try(task: Task) -> trial.Outcome:
    return _worker[0].run(task)


def survey(module: str, options: argparse.Namespace, folder: str, tree: Tree) -> int:
    """Prints what lives of a module's faults; 1 where its tests fail without one."""
    text = tree.text(module)
    made = list((in_python if module.endswith(".py") else in_c).mutants(text))
    faults = [mutant for mutant in made if not why_equivalent(module, text, mutant)]
    found = [mutant for mutant in faults if not options.lines or mutant.line in options.lines]
    if options.sample and options.sample < len(found):
        found = sorted(random.Random(options.seed).sample(found, options.sample))
    files = options.tests or files_for(module)
    with contextlib.closing(_Worker(module, files, tree)) as worker:
        try:
            tasks = _tasks(module, found, files, tree, worker, options)
        except trial.UnsoundError as problem:
            print(f"{module}: {problem}", flush=True)
            return 1
        print(f"== {module}: {len(found)} of {len(faults)} faults, against {' '.join(files)}", flush=True)
        print(f"{len(made) - len(faults)} more change nothing (tests/mutants/equivalent.py)", flush=True)
        if options.jobs > 1:
            worker.close()
            ended = try_all(_try, tasks, options.jobs, _begin, module, files, folder, tree)
        else:
            ended = ((number, worker.run(task)) for number, task in enumerate(tasks))
        hows, noticed = _told(module, found, ended, verbose=options.verbose)
        if problem := worker.problem_of(noticed):
            print(f"{module}: all of this tells nothing, because {problem}")
            return 1
    lived = [number for number, how in hows.items() if how == "passed"]
    unbuilt = sum(how == "not built" for how in hows.values())
    killed = len(hows) - len(lived) - unbuilt
    share = 100 * killed / max(1, killed + len(lived))
    print(f"{module}: {killed} killed, {len(lived)} survived ({share:.0f} % killed), {unbuilt} did not compile")
    for number in sorted(lived):
        mutant, task = found[number], tasks[number]
        tests = {test for tests in task.tests.values() for test in tests}
        told = f"{len(tests)} tests reach it" if tests else "no test reaches it"
        if task.reaching > len(tests):
            told = f"{len(tests)} of {task.reaching} tests that reach it were run"
        print(f"    {module}:{mutant.line}: {mutant.change}  ({told})")
    return 0


def _told(
    module: str, found: list[Mutant], ended: Iterable[tuple[int, trial.Outcome]], *, verbose: bool
) -> tuple[dict[int, str], set[str]]:
    """How each ended, which is printed meanwhile, and the tests that noticed something."""
    hows: dict[int, str] = {}
    noticed: set[str] = set()
    start = time.monotonic()
    for number, outcome in ended:
        mutant, hows[number] = found[number], outcome.how
        noticed |= outcome.failures.keys()
        if verbose or outcome.how == "passed":
            word = "survived" if outcome.how == "passed" else outcome.how
            by = f"  ({', '.join(outcome.failures)})" if outcome.failures else ""
            print(f"[{len(hows)}/{len(found)}] {word}: {module}:{mutant.line}: {mutant.change}{by}", flush=True)
        elif len(hows) % 20 == 0:
            print(f"[{len(hows)}/{len(found)}] {time.monotonic() - start:.0f} s", flush=True)
    return hows, noticed


def _tasks(
    module: str, found: list[Mutant], files: list[str], tree: Tree, worker: _Worker, options: argparse.Namespace
) -> list[Task]:
    text, path = tree.text(module), str(tree.root / module)
    has_twin = module.startswith(("hal/registers", "hal/access")) or "in_c(" in text  # what C does where it may
    modes = (False, True) if has_twin else (False,)
    if not module.endswith(".py"):
        tree.change(module, text)  # its library, too, is built as those with faults are
        limit = max(_LEAST_LIMIT, _LIMIT_FACTOR * trial.seconds_of(tree.root, files, modes))
        tests, limits = dict.fromkeys(modes, dict.fromkeys(files, limit)), dict.fromkeys(modes, limit)
        return [Task(module, one.text, tests, limits, False) for one in found]
    parsed = ast.parse(text)
    if swaps(text, instrumented(text), path) is None:
        raise SystemExit(f"{module}: two of its functions begin in one line")
    reached, imported = _reached(module, modes, tree, worker)
    at_import = {line_of(parsed, line) for line in imported}
    ranks = {file.partition("::")[0]: rank for rank, file in enumerate(files)}
    tasks = []
    for mutant in found:
        line, tests, known = line_of(parsed, mutant.line), {}, set[str]()
        is_swapped = line not in at_import and is_in_function(parsed, mutant.line)
        is_swapped = is_swapped and swaps(text, mutant.text, path) is not None
        for pure in modes:  # what reaches it in both modes is run in one
            chosen = [
                (ranks[test.partition("::")[0]], one.seconds, test)
                for test, one in reached[pure].items()
                if not is_swapped or (line in one.lines and test not in known)
            ]
            chosen.sort()  # those of its own test file before the others
            sums = itertools.accumulate(seconds for _, seconds, _ in chosen)
            within = [one for one, total in zip(chosen, sums, strict=True) if not options.most or total <= options.most]
            tests[pure] = {test: _limit_of(seconds) for _, seconds, test in within}
            known |= {test for _, _, test in chosen}
        limits = {pure: _LEAST_LIMIT + sum(tests[pure].values()) for pure in modes}
        tasks.append(Task(module, mutant.text, tests, limits, is_swapped, len(known)))
    return tasks


def _limit_of(seconds: float) -> float:
    return max(_LEAST_LIMIT, _LIMIT_FACTOR * seconds)


def _reached(
    module: str, modes: tuple[bool, ...], tree: Tree, worker: _Worker
) -> tuple[dict[bool, dict[str, Reached]], frozenset[int]]:
    """Which lines each test reaches, in each mode, and those that are run when the tests are imported."""
    found: dict[bool, dict[str, Reached]] = {}
    at_import: frozenset[int] = frozenset()
    for pure in modes:
        try:
            collected = worker.collected(pure)
        except RuntimeError as problem:
            raise trial.UnsoundError(str(problem)) from None
        found[pure] = {}
        at_import |= collected.at_import
        tree.change(module, telling(tree.text(module), str(collected.hits)))  # for processes that tests start
        try:
            for test in collected.tests:
                outcome, found[pure][test] = collected.reached(test, trial.LONGEST)
                if outcome.is_noticed:
                    raise trial.UnsoundError(f"without a fault {test} does not pass alone: {outcome}")
        finally:
            tree.restore(module)
        total = sum(one.seconds for one in found[pure].values())
        mode = "without the accelerator " if pure else ""
        print(f"{module}: {len(found[pure])} tests {mode}in {total:.0f} s", flush=True)
    return found, at_import
