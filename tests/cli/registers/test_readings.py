"""`hal watch`: readings as they change, and what a terminal shows."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import time

import pytest

from hal.maps import load_map
from tests.support.command_line import HAL, WIDGET
from tests.support.processes import LIMIT, Child


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
    with Child(HAL, *arguments, env=environment, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # what Linux says when the other end is closed
            while select.select([screen], [], [], LIMIT)[0]:
                shown += os.read(screen, 4096)
        process.wait(LIMIT)
    os.close(screen)
    return shown.decode()


# -- nobody answers ---------------------------------------------------------------------------------------------------

LAMP = """\
schema: 1
name: lamp
enums: {Mode: {off: 0, slow: 1, odd: 7}}
registers:
  ctrl: {offset: 0x0, fields: {mode: {bits: 2:0, enum: Mode}, rest: {bits: 31:3}}}
  bank: {offset: 0x10, count: 2, stride: 4}
memories:
  table: {offset: 0x1000, size: 4KiB}
"""


@pytest.fixture
def lamp(tmp_path, slot):
    """A map whose design is on the slot, and has timed out before."""
    path = tmp_path / "lamp.yaml"
    path.write_text(LAMP)
    driver = load_map(path)
    slot.emulator.provide(driver)
    assert slot.bar("app", 0).peek(0x100) == 0xFFFF_FFFF
    return path


ALL_OF_IT = ["ctrl", "ctrl.mode", "bank", "table[0:2]"]


def test_watch_marks_what_nobody_answered_and_goes_on(here, slot, lamp):
    arguments = ("watch", 0, lamp, *ALL_OF_IT, "--interval", 0.01, "--count", 2)
    for offset in (0, 0x10, 0x14, 0x1000):
        slot.emulator.poke(0, 0, offset, 0xFFFF_FFFF)
    good = here(*arguments)
    assert (good.code, "ctrl.mode=ODD" in good.out, "answer" in good.out) == (0, True, False)
    slot.emulator.fault("bus-dead=ocl")
    dead = here(*arguments)
    paths = ("ctrl", "ctrl.mode", "bank[0]", "bank[1]", "table[0:2]")
    marked = "  ".join(f"{path}=the bus does not answer" for path in paths)
    assert [line.split("  ", 1)[1] for line in dead.lines] == [marked] * 2
    values = json.loads(here(*arguments[:3], "ctrl.mode", "--count", 1, "--json").out)["values"]
    assert [sorted(value) for value in values] == [["error", "path"]]
    assert "found all ones, and nobody answered: slot 0: the OCL interface timed out" in values[0]["error"]


@pytest.mark.parametrize(
    "command",
    [
        *(("read", 0, "MAP", path) for path in ALL_OF_IT),
        *(("dump", 0, "MAP"), ("mem", "show", 0, "MAP", "table[0:2]"), ("peek", 0, "app:0", "0x10")),
    ],
)
def test_a_command_that_nobody_answers_fails(here, slot, lamp, command, tmp_path):
    command = [str(lamp) if part == "MAP" else part for part in command]
    for offset in (0, 0x10, 0x14, 0x1000):
        slot.emulator.poke(0, 0, offset, 0xFFFF_FFFF)
    assert here(*command).code == 0
    slot.emulator.fault("bus-dead=ocl")
    for _ in range(2):
        dead = here(*command)
        assert dead.code == 5
        assert "the OCL interface timed out" in dead.err
        assert dead.out == ("0x00000010: 0xffffffff\n" if "peek" in command else "")
    assert here("dump", 0, lamp, "--save", tmp_path / "dead.json").code == 5
    assert here("mem", "save", 0, lamp, "table", tmp_path / "dead.bin").code == 5
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("dead", ".dead"))]


@pytest.mark.parametrize("action", ["clear", "load"])
def test_watch_ends_when_somebody_takes_the_design_away(hal, action):
    arguments = [0] if action == "clear" else [0, "agfi-080817d089f3cd2ed"]
    with hal.start("watch", 0, WIDGET, "ctrl.mode", "--interval", "0.02") as process:
        assert process.line().endswith("ctrl.mode=OFF\n")
        assert hal(action, *arguments).code == 0
        out, err = process.rest()
    assert process.returncode == 1
    assert {line.split("  ")[-1] for line in out.splitlines()} <= {"ctrl.mode=OFF"}
    assert "went stale: the slot was loaded, cleared or rescanned since it was attached" in err
    assert err.rstrip().endswith(
        "slot 0: cleared" if action == "clear" else "slot 0: loaded, AFI agfi-080817d089f3cd2ed"
    )
