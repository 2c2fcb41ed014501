"""`make mutants`: faults in functions that are there already, by the tests that reach them."""

from __future__ import annotations

import ast

from tests.mutants import in_python
from tests.mutants.swaps import HIT, functions_of, instrumented, is_in_function, line_of, swaps
from tests.support import ROOT
from tests.support.processes import run_python

THING = """
LIMIT = 3

def first(a, b=1):
    return a + b

def outer(a):
    def inner(b):
        return b < a
    return inner

class Thing:
    size = 5

    @property
    def less(self):
        if self.size:
            return [number for number in range(self.size) if number > 2]
        return []
"""


def test_which_faults_functions_take_that_are_there():
    taken = {}
    for mutant in in_python.mutants(THING):
        found = swaps(THING, mutant.text, "thing.py")
        taken[mutant.change] = found and [swap.name for swap in found if swap.name != "<listcomp>"]
    assert taken["3 -> (4)"] is taken["1 -> (2)"] is taken["5 -> (6)"] is None  # made by the import
    assert taken["a + b -> (a - b)"] == ["first"]
    assert taken["b < a -> (b <= a)"] == ["outer", "inner"]
    assert taken["number > 2 -> (True)"] == taken["2 -> (3)"] == ["less"]
    tree = ast.parse(THING)
    assert [line for line in range(20) if is_in_function(tree, line)] == [5, 8, 9, 10, 17, 18, 19]


def test_functions_that_are_there_take_a_fault():
    space = {}
    exec(compile(THING, "/there/thing.py", "exec"), space)
    kept = space["outer"](3)
    functions = functions_of("/there/thing.py")
    space[HIT] = (hits := set()).add
    for text, found in ((THING.replace("b < a", "b > a"), (False, True)), (instrumented(THING), (True, False))):
        for swap in swaps(THING, text, "/there/thing.py"):
            for function in functions[swap.name, swap.line]:
                function.__code__ = swap.code
        assert (kept(2), space["outer"](3)(4)) == found
    assert hits == {8, 9, 10}
    assert [line_of(ast.parse(THING), line) for line in (9, 17, 18)] == [9, 17, 18]


PROGRAM = """
import sys
from pathlib import Path
from tests.mutants import trial
from tests.mutants.collected import Collected
from tests.mutants.swaps import telling
if __name__ == "__main__":
    root = Path(sys.argv[1])
    thing = root / "thing.py"
    sound = thing.read_text()
    trial.preload()
    collected = Collected(root, ["test_thing.py"], "thing.py", pure=False)
    thing.write_text(telling(sound, str(collected.hits)))
    for test in collected.tests:
        outcome, reached = collected.reached(test, 60)
        print(test, outcome.how, sorted(reached.lines))
    for fault in ("a - b", "a + b + 0", "a + exec('while True: pass')", "__import__('os').abort()"):
        outcome = collected.run(dict.fromkeys(collected.tests, 0.5), sound.replace("a + b", fault), 60)
        print(outcome.how, *outcome.failures)
    collected.close()
"""


def test_each_test_is_run_alone_and_its_lines_are_told(tmp_path):
    (tmp_path / "thing.py").write_text(THING)
    (tmp_path / "test_thing.py").write_text(
        "import subprocess, sys, thing\n"
        "def test_sum(): assert thing.first(1) == 2\n"
        "def test_less(): assert thing.Thing().less == [3, 4]\n"
        "def test_program(): subprocess.run([sys.executable, '-c', 'import thing; thing.outer(1)'], check=True)\n"
    )
    result = run_python(PROGRAM, tmp_path, fresh=True, cwd=ROOT)
    assert result.stdout.splitlines() == [
        "test_thing.py::test_sum passed [5]",
        "test_thing.py::test_less passed [17, 18]",
        "test_thing.py::test_program passed [8, 10]",
        "failed test_thing.py::test_sum",
        "passed",
        "crashed",
        "crashed",
    ], result.stderr
