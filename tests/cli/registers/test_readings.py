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
