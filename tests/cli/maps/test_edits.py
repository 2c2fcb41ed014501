"""`hal fmt` and `hal diff`: maps, edited and compared."""

from __future__ import annotations

import json

from tests.support import MAPS

BROKEN = MAPS / "broken" / "two-problems.yaml"


def test_fmt_changes_files_and_check_does_not(command, tmp_path, small):
    path = tmp_path / "a.yaml"
    untidy = "name: a\nschema: 1\nregisters: {r: {offset: 4}}\n"
    path.write_text(untidy)
    checked = command("fmt", "--check", path.name, small().name)
    assert (checked.code, checked.err) == (1, "maps are written otherwise: run hal fmt\n")
    assert checked.lines[:2] == ["--- a.yaml", "+++ a.yaml"]
    assert path.read_text() == untidy
    done = command("fmt", path.name, "small.yaml")
    assert (done.code, done.lines) == (0, ["a.yaml"])
    assert path.read_text() == "schema: 1\nname: a\nregisters: {r: {offset: 0x4}}\n"
    again = command("fmt", "--check", path.name)
    assert (again.code, again.out) == (0, "")


def test_fmt_of_what_is_no_yaml(command, tmp_path):
    (tmp_path / "a.yaml").write_text("a: [\n")
    done = command("fmt", "a.yaml")
    assert done.code == 3
    assert done.err.startswith("a.yaml:")


def test_diff_exit_codes(command, tmp_path, small):
    old, new = small(), tmp_path / "new.yaml"
    assert (command("diff", old, old).code, command("diff", old, old).out) == (0, "no change that drivers see\n")
    new.write_text("schema: 1\nname: small\nregisters: {r: {offset: 0x8}}\n")
    moved = command("diff", old, new)
    assert (moved.code, moved.lines) == (
        1,
        [
            "regenerate  r moved: app BAR 0 0x0 -> app BAR 0 0x8",
            "1 change: generate drivers again; programs stay as they are",
        ],
    )
    assert command("diff", old, new, "--fail-on", "breaking").code == 0
    assert command("diff", old, BROKEN).code == 3
    assert json.loads(command("diff", old, new, "--json").out) == {
        "format": 1,
        "level": "regenerate",
        "changes": [
            {
                "path": "r",
                "what": "moved",
                "old": "app BAR 0 0x0",
                "new": "app BAR 0 0x8",
                "level": "regenerate",
            }
        ],
    }
