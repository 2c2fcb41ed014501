"""What `hal fleet run` takes, and what it prints, without a fleet."""

from __future__ import annotations

from enum import IntEnum

import pytest

from hal.cli.cards import fleet_commands
from hal.cli.cards.fleet_jobs import in_order, printable_value
from hal.fleet.work import ItemResult
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


def test_a_result_is_told_as_soon_as_all_before_it_are_there():
    came = []

    def results():
        for index in (1, 0, 2, 5, 4, 3):
            came.append(index)
            yield ItemResult(index)

    seen = [(result.index, came[-1]) for result in in_order(results())]
    assert seen == [(0, 0), (1, 0), (2, 2), (3, 3), (4, 3), (5, 3)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--path ch[9]", "hal: blinker.ch has elements [0] to [3], not [9]"),
        ("--path ch.9", "hal: blinker.ch has elements [0] to [3], not [9]"),
        ("--path chh[0]", "hal: blinker has no register, block or memory 'chh'; did you mean ch?"),
        ("--path ch[0].x.y", "hal: blinker.ch[0] has no register, block or memory 'x'; it has "),
        ("--path ch", "hal: blinker.ch is an array; name a block, or an element that is one"),
        ("--path ctrl --diff", "hal: blinker.ctrl is a register; name a block, or an element that is one"),
        ("--path table.x", "hal: blinker.table is a memory; name a block, or an element that is one"),
        ("--path ctrl[0]", "hal: blinker.ctrl is no array, so [0] names nothing"),
        ("--path ch[0", "hal: 'ch[0' is no path"),
    ],
)
def test_a_path_that_the_map_has_not_is_told_before_any_card_is_taken(command, monkeypatch, arguments, told):
    monkeypatch.setattr(fleet_commands, "_joined", None)  # a fleet would be
    result = command("fleet", "snapshot", MAP, *arguments.split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(told)


def test_an_afi_that_is_no_id_is_told_before_any_card_is_taken(command):
    result = command("fleet", "load", MAP, "--afi", "blinker")
    told = "hal fleet load: Invalid value for '--afi': 'blinker' is no AFI id: agfi- and 17 hex digits"
    assert (result.code, result.err.startswith(told)) == (2, True)


def test_a_wrong_map_is_told_before_the_program_is_run(command, tmp_path):
    (tmp_path / "a.yaml").write_text("schema: 1\nname: a\nregisters: {r: {ofset: 0}}\n")
    (tmp_path / "job.py").write_text("raise SystemExit(7)\n")
    result = command("fleet", "run", "a.yaml", "job.py:f")
    assert (result.code, result.err.startswith("a.yaml:3:")) == (3, True)
