"""What `hal fleet run` takes, and what it prints, without a fleet."""

from __future__ import annotations

from enum import IntEnum

import pytest

from hal.cli.cards.fleet_jobs import printable_value
from tests.support import MAPS

MAP = MAPS / "blinker.yaml"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (b"1\n{2\n", "jobs.jsonl:2:2: no JSON: Expecting property name"),
        (b"\n\n1 2\n", "jobs.jsonl:3:3: no JSON: Extra data"),
        (b"[" * 100_000 + b"\n", "jobs.jsonl:1: no JSON that can be read"),
        (b"9" * 5000 + b"\n", "jobs.jsonl:1: no JSON that can be read"),
        (b"\xff\n", "jobs.jsonl is no UTF-8"),
    ],
)
def test_items_that_are_no_json_are_told_before_any_card_is_taken(command, tmp_path, lines, told):
    (tmp_path / "job.py").write_text("def f(device, item): return item\n")
    (tmp_path / "jobs.jsonl").write_bytes(lines)
    result = command("fleet", "run", MAP, "job.py:f", "--items", "jobs.jsonl")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert f"hal fleet run: {told}" in result.err


@pytest.mark.parametrize(
    ("program", "code", "told"),
    [
        ("def f(:\n", 1, "job.py:1: SyntaxError: "),
        ("def g():\n    import nothing_such\n\n\ng()\n", 1, "job.py:2: ModuleNotFoundError: No module named"),
        ("raise SystemExit(3)\n", 1, "job.py:1: SystemExit: 3"),
        ("f = 1\n", 2, "job.py has no function f"),
    ],
)
def test_a_file_that_can_not_be_run_is_told_with_its_line(command, tmp_path, program, code, told):
    (tmp_path / "job.py").write_text(program)
    result = command("fleet", "run", MAP, "job.py:f")
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert told in result.err


def test_what_json_does_not_have_is_its_repr():
    loop = []
    loop.append(loop)
    kind = IntEnum("Mode", {"FAST": 2})
    values = [{1: [None, True, 2.5]}, kind.FAST, b"a", {"x": {3}}, {(1, 2): 3}, loop]
    assert [printable_value(value) for value in values] == [
        {"1": [None, True, 2.5]},
        2,
        "b'a'",
        {"x": "{3}"},
        "{(1, 2): 3}",
        "[[...]]",
    ]
