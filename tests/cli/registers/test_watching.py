"""`hal watch` on a terminal: scrolling, the filter, marks, and the keys."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import termios
import time
from itertools import pairwise

import pytest

from hal.cli.registers import watching
from hal.cli.registers.watching import WatchedValues
from hal.texts.readings import Reading
from tests.support.command_line import HAL, WIDGET
from tests.support.processes import LIMIT, Child


def readings(*texts, number=100):
    """Of so many values, the first ones with these texts."""
    return [Reading(f"r{at}", texts[at] if at < len(texts) else "0", {}) for at in range(number)]


def paths(values, height=5):
    return [value.path for value in values.window(height)]


def press(values, *keys, height=5):
    for key in keys:
        values.press(key, height)


@pytest.fixture
def values():
    made = WatchedValues()
    made.take(readings(), 0.0)
    return made


def test_it_scrolls_and_stays_within_its_ends(values):
    assert paths(values) == ["r0", "r1", "r2", "r3", "r4"]
    press(values, "\x1b[B", "j", "\x1b[6~")
    assert paths(values) == ["r7", "r8", "r9", "r10", "r11"]
    press(values, "k", "\x1b[5~")
    assert paths(values)[0] == "r1"
    press(values, "G")
    assert paths(values) == ["r95", "r96", "r97", "r98", "r99"]
    assert "96 to 100 of 100" in values.foot(5)
    press(values, "j", "g")
    assert paths(values)[0] == "r0"
    press(values, "k", "x", "\x00")
    assert paths(values)[0] == "r0"


def test_the_filter_is_typed_and_left(values):
    values.take(readings("FAST"), 1.0)
    press(values, "/", "r", "9", "9")
    assert paths(values) == ["r99"]
    assert values.foot(5) == "/r99"
    press(values, "\x7f", "\r", "g")
    assert len(values.shown()) == 11
    assert "11 of 100 match 'r9'" in values.foot(5)
    press(values, "/", "f", "a", "S", "\r")
    assert paths(values) == ["r0"]  # values count too, in any case
    press(values, "/", "q", "\x1b")
    assert not values.ended
    assert len(values.shown()) == 100


def test_marks_stay_for_a_while_and_pausing_keeps_what_is_seen(values):
    values.take(readings("1"), 10.0)
    first = values.shown()[0]
    assert first.changed == 10.0
    assert [watching._style(first, 10.0 + age) for age in (0.5, 3.0, 6.0)] == ["bold reverse", "bold", ""]
    assert watching._style(values.shown()[1], 10.0) == ""
    press(values, "c")
    assert paths(values) == ["r0"]
    press(values, " ")
    values.take(readings("2", "2"), 11.0)
    assert [value.text for value in values.shown()] == ["1"]
    press(values, " ")
    values.take(readings("2", "2"), 12.0)
    assert [(value.path, value.text) for value in values.shown()] == [("r0", "2"), ("r1", "2")]


def test_what_a_card_says_moves_no_cursor():
    values = WatchedValues()
    values.take([Reading("a", "\x1b[2J", {})], 0.0)
    assert values.shown()[0].text == "\\x1b[2J"


def test_keys_come_in_pieces_and_together():
    assert watching._split("jj\x1b[Bq") == (["j", "j", "\x1b[B", "q"], "")
    assert watching._split("j\x1b[") == (["j"], "\x1b[")
    assert watching._split("\x1b[1;5Cq") == (["\x1b[1;5C", "q"], "")  # of which nobody knows the former
    assert watching._split("\x1b") == (["\x1b"], "")


def test_json_keeps_its_interval_on_a_terminal_too(hal):
    screen, terminal = pty.openpty()
    command = [HAL, "watch", "0", WIDGET, "ctrl", "--json", "--interval", "0.2", "--count", "3"]
    with Child(*command, env=hal.environment, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        process.wait(LIMIT)
    lines = os.read(screen, 65536).decode().splitlines()
    times = [json.loads(line)["time"] for line in lines]
    assert [second - first >= 0.19 for first, second in pairwise(times)] == [True, True]
    os.close(screen)
    os.close(terminal)


def test_on_a_terminal(hal):
    screen, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    environment = {**hal.environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "12"}
    command = [HAL, "watch", "0", WIDGET, "bank", "ctrl", "--interval", "0.05"]
    shown = b""

    def read_until(text):
        nonlocal shown
        end = time.monotonic() + LIMIT
        while text not in shown:
            assert select.select([screen], [], [], max(0, end - time.monotonic()))[0], shown
            shown += os.read(screen, 65536)

    with Child(*command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        read_until(b"bank[3]")
        os.write(screen, b"/ctrl\r")
        read_until(b"1 of 5 match 'ctrl'")
        shown = b""
        hal("write", 0, WIDGET, "ctrl.mode=fast")
        read_until(b"mode=FAST")
        os.write(screen, b"q")
        process.wait(LIMIT)
        with contextlib.suppress(OSError):
            while select.select([screen], [], [], 0.1)[0]:
                shown += os.read(screen, 65536)
        assert process.returncode == 0
        assert b"\x1b[?1049l" in shown  # the screen before is back, and what was last seen stands on it
        assert b"mode=FAST" in shown.partition(b"\x1b[?1049l")[2]
        assert termios.tcgetattr(terminal) == before
    os.close(screen)
    os.close(terminal)
