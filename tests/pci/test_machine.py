"""How the guest's first process runs tests, tried on this machine: whatever becomes of them is told of their file."""

from __future__ import annotations

import json
import signal

import pytest

from tests.pci.guest.conftest import GuestError, judge
from tests.support import ROOT
from tests.support.processes import importing, run_python

RUN = """
import os, sys, pytest
from tests.pci.machine import init
reporter = init.Reporter(os.open("told", os.O_WRONLY | os.O_CREAT | os.O_APPEND))
options = ["-q", "-c", "/dev/null", "--rootdir", ".", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
pytest.main([*options, *sys.argv[1:]], plugins=[reporter, init.Apart(reporter)])
"""
GOOD = """
def test_good():
    pass
"""
# The second of its tests, and what is told after the first.
ENDS = {
    "by a signal": ("os.kill(os.getpid(), signal.SIGSEGV)", ("", "failed", f"ended with {-signal.SIGSEGV}")),
    "as if well": ("os._exit(0)", ("", "failed", "ended with 0")),
    "as if by a person": ("pytest.exit('enough')", ("", "failed", "ended with 1")),
    "with a failure": ("assert 1 == 2", ("::test[1]", "failed", "assert 1 == 2")),
    "well": ("pass", ("::test[1]", "passed", "")),
}


def told_of(folder, *options):
    """What tests told, in order: their names without the folder, their outcomes and texts."""
    run_python(RUN, *options, cwd=folder, environment=importing(ROOT))
    told = folder / "told"
    rows = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    told.unlink()
    return [(row["test"], row["outcome"], row["text"]) for row in rows]


@pytest.mark.parametrize("how", ENDS)
def test_a_file_whose_process_ends_does_not_pass_and_others_run(tmp_path, how):
    action, (test, outcome, said) = ENDS[how]
    (tmp_path / "test_a.py").write_text(
        f"import os, pytest, signal\n@pytest.mark.parametrize('n', [0, 1])\ndef test(n):\n    if n:\n        {action}\n"
    )
    (tmp_path / "test_b.py").write_text(GOOD)
    first, second, last = told_of(tmp_path)
    assert first == ("test_a.py::test[0]", "passed", "")
    assert second[:2] == (f"test_a.py{test}", outcome)
    assert said in second[2]
    assert last == ("test_b.py::test_good", "passed", "")


def test_a_file_that_can_not_be_imported_fails_alone(tmp_path):
    (tmp_path / "test_a.py").write_text("import no_such_module")
    (tmp_path / "test_b.py").write_text(GOOD)
    wrong, good = told_of(tmp_path)
    assert wrong[:2] == ("test_a.py", "failed")
    assert "no_such_module" in wrong[2]
    assert good == ("test_b.py::test_good", "passed", "")


def row(test, outcome, text=""):
    return {"test": test, "outcome": outcome, "text": text}


PASSED = [row("test_a.py::test[0]", "passed"), row("test_b.py::test", "passed")]


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([*PASSED, row("test_a.py", "failed", "its process ended with -11")], "its process ended with -11"),
        ([*PASSED, row("test_a.py::test[1]", "failed", "assert 0")], r"test_a.py::test\[1\]\nassert 0"),
        (PASSED[1:], "the guest told nothing of it:\nprinted"),
    ],
)
def test_outside_a_test_fails_with_its_file_its_parameters_or_silence(results, said):
    judge("test_a.py::test", PASSED, "")
    judge("test_b.py::test", [*results], "")
    with pytest.raises(GuestError, match=said):
        judge("test_a.py::test", results, "printed")


def test_pytest_s_options_count(tmp_path):
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text("def test():\n    assert 0\ndef test_good():\n    pass\n")
    assert [row[:2] for row in told_of(tmp_path, "-x")] == [("test_a.py::test", "failed")]
    assert told_of(tmp_path, "--collect-only") == []
