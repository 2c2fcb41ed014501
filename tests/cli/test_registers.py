"""Commands on the registers of a map."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from functools import partial

import pytest

import hal as hal_package
from tests.support.command_line import HAL, WIDGET, CommandLine, run_here
from tests.support.processes import LIMIT


@pytest.fixture
def hal(tmp_path):
    return CommandLine(tmp_path)


@pytest.fixture
def here(slot, capsys, monkeypatch):
    return partial(run_here, capsys, monkeypatch)


# -- read -------------------------------------------------------------------------------------------------------------


def test_read_of_registers_fields_words_and_arrays(hal):
    result = hal("read", 0, WIDGET, "id", "ctrl", "ctrl.armed", "counter.value", "rom[0:2]", "ram[0x3ff]", "bank")
    assert result.lines == [
        "id = 0xcafe0001 (value=0xcafe0001)",
        "ctrl = 0x00000080 (go=0, mode=OFF, armed=True, gain=0, ratio=0.0)",
        "ctrl.armed = True",
        "counter.value = 0x0",
        "rom[0:2] = 0x00000000 0x00000000",
        "ram[0x3ff] = 0x00000000",
        "bank[0] = 0x00000000 (value=0x0)",
        "bank[1] = 0x00000000 (value=0x0)",
        "bank[2] = 0x00000000 (value=0x0)",
        "bank[3] = 0x00000000 (value=0x0)",
    ]


def test_read_as_json(hal):
    hal("write", 0, WIDGET, "ctrl.mode=fast", "ctrl.gain=-3", "ctrl.ratio=1.5")
    assert hal("read", 0, WIDGET, "ctrl", "ctrl.mode", "ram[0:2]", "--json").json == [
        {
            "path": "ctrl",
            "space": "app BAR 0",
            "address": 4,
            "value": 0x1800FDD0,
            "fields": {
                "go": {"value": 0, "text": "0"},
                "mode": {"value": 5, "text": "FAST"},
                "armed": {"value": True, "text": "True"},
                "gain": {"value": -3, "text": "-3"},
                "ratio": {"value": 1.5, "text": "1.5"},
            },
        },
        {"path": "ctrl.mode", "value": 5, "text": "FAST"},
        {"path": "ram[0:2]", "values": [0, 0]},
    ]


def test_a_value_that_the_enum_lacks_is_shown(hal):
    hal("write", 0, WIDGET, "ctrl=0x30")
    assert hal("read", 0, WIDGET, "ctrl.mode").lines == ["ctrl.mode = 0x3 (undefined)"]


def test_a_shipped_map_is_read_by_name(hal):
    assert hal("read", 0, "cl_mem_perf", "kernel.num_ot").lines == ["kernel.num_ot = 0x00000040 (value=0x40)"]


def test_a_private_card_holds_the_map_s_design(tmp_path):
    private = CommandLine(tmp_path, card="")
    assert private("read", 0, WIDGET, "id.value").lines == ["id.value = 0xcafe0001"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("ctrl.mod", "has no field 'mod'; did you mean mode?"),
        ("crtl", "has no register, block or memory 'crtl'; did you mean ctrl?"),
        ("bank[4]", "index 4 is outside of its 4 elements"),
        ("bank[x]", "'x' is no integer"),
        ("bank.value", "is an array: it holds elements, as in [0], so 'value' names nothing"),
        ("ctrl[0]", "is a register: it holds fields, so [0] names nothing"),
        ("fifo.value.low", "is a register: it holds fields, so 'value' names nothing"),
        ("ram.low", "is a memory: it holds words, so 'low' names nothing"),
        ("command", "widget.command (app BAR 0, 0x10) is write-only"),
        ("sink[0]", "widget.sink (app BAR 0, 0x3000) is write-only"),
        ("ram", "is a memory: name its words, as in ram[0:16]"),
        ("ram[4:2]", "has words 0 to 1023"),
        ("ram[1024]", "has words 0 to 1023"),
        ("ram[]", "has no register, block or memory 'ram[]'; did you mean ram?"),
        ("", "has no register"),
    ],
)
def test_paths_that_can_not_be_read(here, path, text):
    result = here("read", 0, WIDGET, "id", path)
    assert (result.code, result.out) == (2, "")
    assert text in result.err
    assert "Traceback" not in result.err


def test_another_design_is_refused_and_read_all_the_same_when_asked_to(hal):
    hal("load", 0, "agfi-080817d089f3cd2ed")
    refused = hal("read", 0, WIDGET, "id")
    assert (refused.code, refused.out) == (1, "")
    assert "load its AFI; verify=False opens it all the same" in refused.err
    assert hal("read", 0, WIDGET, "id", "--no-verify").lines[0].startswith("id = 0x")


def test_a_wrong_map(hal, tmp_path):
    (tmp_path / "bad.yaml").write_text("schema: 1\nname: bad\nregisters: {ctrl: {ofset: 0}}\n")
    result = hal("read", 0, "bad.yaml", "ctrl")
    assert (result.code, result.out) == (3, "")
    assert "bad.yaml:3:20: registers.ctrl.ofset: " in result.err


# -- write ------------------------------------------------------------------------------------------------------------


def test_values_by_the_field_s_kind(hal):
    result = hal(
        "write", 0, WIDGET, "ctrl.go=1", "ctrl.mode=Mode.SLOW", "ctrl.gain=-0x10", "ctrl.ratio=2.25", "ctrl.armed=false"
    )
    assert result.lines == ["ctrl: go=1, mode=SLOW, gain=-16, ratio=2.25, armed=False"]
    assert hal("read", 0, WIDGET, "ctrl").lines == [
        "ctrl = 0x2400f011 (go=1, mode=SLOW, armed=False, gain=-16, ratio=2.25)"
    ]


def test_fields_of_one_register_are_one_write_and_leave_the_others(hal):
    hal("write", 0, WIDGET, "ctrl.gain=5")
    result = hal("write", 0, WIDGET, "ctrl.go=1", "bank[1]=0b101", "ctrl.mode=5", "ram[2:4]=7", "--json")
    assert result.json == [
        {"path": "ctrl", "fields": {"go": 1, "mode": 5}},
        {"path": "bank[1]", "value": 5},
        {"path": "ram", "start": 2, "count": 2, "value": 7},
    ]
    assert hal("read", 0, WIDGET, "ctrl", "bank[1].value", "ram[1:5]").lines == [
        "ctrl = 0x000005d1 (go=1, mode=FAST, armed=True, gain=5, ratio=0.0)",
        "bank[1].value = 0x5",
        "ram[1:5] = 0x00000000 0x00000007 0x00000007 0x00000000",
    ]


@pytest.mark.parametrize(
    ("assignment", "text"),
    [
        ("ctrl.go", "'ctrl.go' is no PATH=VALUE, as in ctrl.enable=1"),
        ("ctrl.go=", "is no PATH=VALUE"),
        ("ctrl.go=2", "2 is out of range 0 to 1; nothing was written"),
        ("ctrl.go=yes", "go: 'yes' is no integer: give e.g. 16, 0x10 or 0b1_0000; nothing was written"),
        ("ctrl.mode=warp", "mode: 'warp' is no Mode: OFF (0), SLOW (1), FAST (5); nothing was written"),
        ("ctrl.mode=3", "3 is no Mode: OFF (0), SLOW (1), FAST (5); nothing was written"),
        ("ctrl.ratio=much", "ratio: 'much' is no number; nothing was written"),
        ("ctrl.ratio=16", "16.0 is out of range 0.0 to 15.9375; nothing was written"),
        ("ctrl=0x100000000", "is out of range 0 to 4294967295; nothing was written"),
        ("id=1", "widget.id (app BAR 0, 0x0) is read-only"),
        ("rom[0]=1", "is read-only; nothing was written"),
        ("ram[0]=0x100000000", "4294967296 is out of range 0 to 4294967295; nothing was written"),
        ("bytes[0]=256", "256 is out of range 0 to 255; nothing was written"),
        ("bank=1", "is an array: name its registers or their fields"),
        ("bank[0]=1", "bank[0] is assigned more than once; nothing was written"),
        ("bank[0].value=1", "bank[0].value is assigned more than once; nothing was written"),
        ("mixed.a=1", "this write would hurt other fields: any write acts on once; name them too"),
    ],
)
def test_one_wrong_assignment_and_nothing_is_written(here, assignment, text):
    result = here("write", 0, WIDGET, "bank[0]=9", assignment)
    assert (result.code, result.out) == (2, "")
    assert text in result.err
    assert here("read", 0, WIDGET, "bank[0].value").lines == ["bank[0].value = 0x0"]


# -- dump -------------------------------------------------------------------------------------------------------------


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


# -- watch ------------------------------------------------------------------------------------------------------------


def test_watch_prints_lines(hal):
    lines = hal("watch", 0, WIDGET, "ctrl.mode", "bank[0]", "--count", 2, "--interval", 0.01).lines
    assert [line.split("  ", 1)[1] for line in lines] == ["ctrl.mode=OFF  bank[0]=0x00000000 (value=0x0)"] * 2


def test_watch_prints_json_lines(hal):
    documents = [
        json.loads(line)
        for line in hal("watch", 0, WIDGET, "ctrl.mode", "--count", 2, "--interval", 0.01, "--json").lines
    ]
    assert [document["values"] for document in documents] == [[{"path": "ctrl.mode", "value": 0, "text": "OFF"}]] * 2
    assert documents[0]["time"] < documents[1]["time"]


@pytest.mark.parametrize("path", ["fifo", "fifo.value"])
def test_watch_does_not_read_what_reading_changes(here, path):
    result = here("watch", 0, WIDGET, path, "--count", 1)
    assert (result.code, result.out) == (2, "")
    assert "widget.fifo (app BAR 0, 0xc) is not watched: reading changes it (--effects reads it)" in result.err
    assert here("watch", 0, WIDGET, path, "--count", 1, "--effects").code == 0


def test_watch_sees_what_another_command_writes_and_ends_quietly(hal):
    with hal.start("watch", 0, WIDGET, "ctrl.mode", "--interval", "0.02") as process:
        assert process.line().endswith("ctrl.mode=OFF\n")
        hal("write", 0, WIDGET, "ctrl.mode=slow")
        deadline = time.monotonic() + LIMIT
        while not process.line().endswith("ctrl.mode=SLOW\n"):
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        _, err = process.rest()
    assert process.returncode == 130
    assert err.strip() == ""


def test_on_a_terminal_values_are_live_and_tables_drawn(hal):
    arguments = ["watch", "0", WIDGET, "ctrl.mode", "--count", "2", "--interval", "0.01"]
    for command, text in ((arguments, "ctrl.mode  OFF"), (["slots"], "loaded")):
        shown = on_terminal(hal, command)
        assert text in shown
        assert "\x1b[" in shown or command == ["slots"]


def on_terminal(hal, arguments):
    """What a command shows on a terminal."""
    screen, terminal = pty.openpty()
    environment = {**hal.environment, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen([HAL, *arguments], env=environment, stdin=terminal, stdout=terminal, stderr=terminal):
        os.close(terminal)
        shown = b""
        while True:
            try:
                piece = os.read(screen, 4096)
            except OSError:  # what Linux says when the other end is closed
                break
            shown += piece
    os.close(screen)
    return shown.decode()
