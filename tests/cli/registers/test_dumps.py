"""`hal dump`: registers into a file, and two files compared."""

from __future__ import annotations

import os

import pytest

import hal as hal_package
from tests.support.command_line import WIDGET


def test_dump_leaves_out_what_must_not_be_read(hal):
    lines = hal("dump", 0, WIDGET).lines
    assert lines[:3] == [
        "register  value       fields",
        "id        0xcafe0001  value=0xcafe0001",
        "ctrl      0x80        go=0, mode=OFF, armed=True, gain=0, ratio=0.0",
    ]
    assert lines[-2:] == [
        "fifo: not read, reading changes it (--effects reads it)",
        "command: not read, write-only",
    ]


def test_elements_of_arrays_of_fields_are_in_a_dump_by_their_names(hal, tmp_path):
    path = tmp_path / "lanes.yaml"
    path.write_text(
        "schema: 1\nname: lanes\nregisters: {r: {offset: 0, fields: {in: {bits: 3:2, count: 2, first: 2}}}}\n"
    )
    hal("write", 0, path, "r=0x18")
    assert hal("dump", 0, path).lines[1] == "r         0x18   in[2]=2, in[3]=1"
    assert hal("dump", 0, path, "--json").json["registers"]["r"]["fields"] == {"in[2]": "2", "in[3]": "1"}


def test_dump_with_effects(hal):
    printed = hal("dump", 0, WIDGET, "--effects", "--json").json
    assert printed["registers"]["fifo"] == {"value": 0, "fields": {"value": "0x0"}}
    assert printed["unread"] == {"command": "write-only"}
    assert (printed["map"], printed["slot"]) == ("widget", 0)
    assert printed["registers"]["ctrl"]["fields"]["mode"] == "OFF"


def test_dump_saved_and_compared(hal, tmp_path):
    saved = hal("dump", 0, WIDGET, "--save", "before.json")
    assert (saved.code, saved.out) == (0, "")
    assert hal("dump", 0, WIDGET, "--diff", "before.json").lines == ["no difference"]
    hal("write", 0, WIDGET, "ctrl.mode=fast", "bank[2]=3")
    assert hal("dump", 0, WIDGET, "--diff", "before.json").lines == [
        "path           old  new",
        "ctrl.mode      OFF  FAST",
        "bank[2].value  0x0  0x3",
    ]
    assert hal("dump", 0, WIDGET, "--diff", "reset", "--json").json == [
        {"path": "ctrl.mode", "old": 0, "new": 5},
        {"path": "bank[2].value", "old": 0, "new": 3},
    ]
    snapshot = hal_package.Snapshot.from_json((tmp_path / "before.json").read_text(), hal_package.load_map(WIDGET))
    assert snapshot["id"] == 0xCAFE0001
    assert sorted(path.name for path in tmp_path.glob("*before*")) == ["before.json"]


def test_bits_of_no_field_are_compared_too(hal):
    hal("dump", 0, WIDGET, "--save", "before.json")
    hal("write", 0, WIDGET, "mixed=0x0", "ctrl=0x8e")
    hal("write", 0, WIDGET, "ctrl.go=1")
    assert hal("read", 0, WIDGET, "ctrl").lines[0].startswith("ctrl = 0x0000008f (")
    assert hal("dump", 0, WIDGET, "--diff", "before.json").lines == [
        "path                     old  new",
        "ctrl.go                  0    1",
        "ctrl (bits of no field)  0x0  0xe",
        "mixed.once               0    1",
    ]
    assert {"path": "ctrl", "old": 0, "new": 0xE} in hal("dump", 0, WIDGET, "--diff", "reset", "--json").json


def test_registers_that_one_dump_lacks(hal):
    hal("dump", 0, WIDGET, "--effects", "--save", "all.json")
    assert hal("dump", 0, WIDGET, "--diff", "all.json").lines == [
        "path        old  new",
        "fifo.value  0x0  not read",
    ]


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"format": "hal-snapshot 1", "registers": {}}'])
def test_a_file_that_is_no_dump(here, tmp_path, text):
    odd = tmp_path / "odd.json"
    odd.write_text(text)
    result = here("dump", 0, WIDGET, "--diff", odd)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"hal: {odd}: ")


def test_files_that_can_not_be_opened(here, tmp_path):
    assert here("dump", 0, WIDGET, "--diff", tmp_path / "none.json").code == 1
    result = here("dump", 0, WIDGET, "--save", tmp_path / "none" / "dump.json")
    assert (result.code, result.out) == (1, "")
    assert "No such file or directory" in result.err


def test_a_dump_replaces_files_only_and_follows_no_link(hal, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("keep")
    (tmp_path / "before.json").symlink_to(victim)
    assert hal("dump", 0, WIDGET, "--save", "before.json").code == 0
    assert victim.read_text() == "keep"
    assert not (tmp_path / "before.json").is_symlink()
    os.mkfifo(tmp_path / "fifo")
    result = hal("dump", 0, WIDGET, "--save", "fifo")
    assert (result.code, "it is a FIFO and no plain file" in result.err) == (1, True)
    assert (tmp_path / "fifo").is_fifo()


def test_a_dump_keeps_the_rights_of_the_file(hal, tmp_path):
    (tmp_path / "mine.json").touch(0o600)
    (tmp_path / "mine.json").chmod(0o600)
    hal("dump", 0, WIDGET, "--save", "mine.json")
    hal("dump", 0, WIDGET, "--save", "new.json")
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "mine.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == 0o666 & ~umask
