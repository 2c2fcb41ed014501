"""The kept list of faults is up to date, and what puts them in finds what it says."""

from __future__ import annotations

import ast
import functools

from tests.mutants import in_c, in_python
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.planted import FAULTS
from tests.mutants.targets import ALSO, files_for
from tests.support import ROOT


@functools.cache
def functions_of(file):
    return {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_fault_can_be_planted_and_its_tests_are_there():
    """`make planted` then runs them."""
    stale = []
    for fault in FAULTS:
        text = (ROOT / fault.file).read_text(encoding="utf-8")
        tests = [test.partition("::") for test in fault.tests]
        missing = [file for file, _, name in tests if name.partition("[")[0] not in functions_of(file)]
        if text.count(fault.old) != 1 or fault.new == fault.old or missing or not tests:
            stale.append(
                f"{fault.name}: {text.count(fault.old)} times in {fault.file}, tests that are missing: {missing}"
            )
        elif fault.file.endswith(".py"):
            compile(text.replace(fault.old, fault.new), fault.file, "exec")
    assert not stale, "bring up to date in tests/mutants/planted:\n" + "\n".join(stale)


def test_each_has_a_name_of_its_own_and_says_how_its_tests_end():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) > 100
    assert [fault.name for fault in FAULTS if not (fault.ends and isinstance(fault.ends, tuple))] == []


def test_targets_are_there():
    for module, tests in ALSO.items():
        assert (ROOT / module).exists(), module
        assert [test for test in tests if not (ROOT / "tests" / test).exists()] == []
    assert files_for("hal/slots/recollection.py")[0] == "tests/devices/test_register_cache.py"
    assert files_for("hal/slots/locking.py")[:2] == ["tests/slots/test_locking.py", "tests/slots/test_processes.py"]


def changes(module, text):
    return {mutant.change for mutant in module.mutants(text)}


def test_small_faults_of_python():
    text = (
        '"""Doc."""\n__all__ = ["f"]\ndef f(a: int = 1) -> int:\n    with lock:\n        a += 2\n'
        '    if a < 3 and not b:\n        raise ValueError(f"{a + 9}")\n    return [x for x in a if x == 4]\n'
    )
    found = changes(in_python, text)
    assert found == {
        "1 -> (2)",
        "lock -> (__import__('contextlib').nullcontext())",
        "a += 2 -> a -= 2",
        "a += 2 -> pass",
        "2 -> (3)",
        "a < 3 and not b -> (True)",
        "a < 3 and not b -> (False)",
        "a < 3 and not b -> (a < 3 or not b)",
        "a < 3 -> (a <= 3)",
        "3 -> (4)",
        "not b -> (b)",
        'raise ValueError(f"{a + 9}") -> pass',
        "return [x for x in a if x == 4] -> return None",
        "x == 4 -> (True)",
        "x == 4 -> (x != 4)",
        "4 -> (5)",
    }
    for mutant in in_python.mutants(text):
        assert mutant.text != text
        compile(mutant.text, "text", "exec")


def test_small_faults_of_c():
    text = '/* a < b */\n#define A (1 + 2)\nstatic int f(int a) {\n    if (a < 3 && !g("x == y"))\n        h(a);\n    return a << 1;\n}\n'
    found = {change.partition("  in  ")[0] for change in changes(in_c, text)}
    assert found == {
        '(a < 3 && !g("x == y")) -> (0)',
        '(a < 3 && !g("x == y")) -> (1)',
        "< -> <=",
        "3 -> (3 + 1)",
        "&& -> ||",
        "! -> nothing",
        "h(a) -> nothing",
        "a << 1 -> 0",
        "<< -> >>",
        "1 -> (1 + 1)",
    }
    assert {mutant.line for mutant in in_c.mutants(text)} == {4, 5, 6}


def test_faults_that_change_nothing_are_those_of_lines_that_are_there():
    lines = {file: {line.strip() for line in (ROOT / file).read_text().splitlines()} for file, *_ in EQUIVALENT}
    assert [(file, line) for file, line, *_ in EQUIVALENT if line not in lines[file]] == []
    assert len(set(EQUIVALENT)) == len(EQUIVALENT)
    assert all(one.why for one in EQUIVALENT)
