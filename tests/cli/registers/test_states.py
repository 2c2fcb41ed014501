"""`hal restore` and `hal wait`."""

from __future__ import annotations

import json
import sys

import hal
from hal.texts.typed import complete_value
from tests.support import ROOT
from tests.support.command_line import WIDGET
from tests.support.processes import run

# What `hal restore --force` writes of a widget whose mode is slow: ctrl, wide, byte and the bank.
FORCED = [(0x4, 0x90), (0x20, 0), (0x28, 0), *((0x40 + 8 * number, 0) for number in range(4))]


def test_restore_writes_back_and_says_what_changed(hal):
    hal("write", 0, WIDGET, "ctrl.mode=slow", "bank[2]=7")
    hal("dump", 0, WIDGET, "--save", "before.json")
    hal("write", 0, WIDGET, "ctrl.mode=fast", "ctrl.gain=-3", "bank[2]=0")
    table = [
        "path           old   new",
        "ctrl.mode      FAST  SLOW",
        "ctrl.gain      -3    0",
        "bank[2].value  0x0   0x7",
    ]
    assert hal("restore", 0, WIDGET, "before.json", "--dry-run").lines == table
    assert hal("read", 0, WIDGET, "ctrl.mode").lines == ["ctrl.mode = FAST"]
    assert hal("restore", 0, WIDGET, "before.json").lines == table
    assert hal("dump", 0, WIDGET, "--diff", "before.json").lines == ["no difference"]
    again = hal("restore", 0, WIDGET, "before.json", "--json").json
    assert again["changed"] == []
    assert "no difference" in hal("restore", 0, WIDGET, "before.json").lines


def test_what_is_held_already_is_written_by_force_alone(here, slot, tmp_path):
    saved = tmp_path / "before.json"
    here("write", 0, WIDGET, "ctrl.mode=slow")
    here("dump", 0, WIDGET, "--save", saved)

    def writes(*options):
        with slot.emulator.trace() as trace:
            assert here("restore", 0, WIDGET, saved, *options).lines == ["no difference"]
        return [(access.offset, access.value) for access in trace if access.action == "write"]

    assert writes() == []
    assert writes("--force") == FORCED
    assert writes("--force", "--dry-run") == []


def test_a_dry_run_tells_of_what_would_be_written_alone(hal, tmp_path):
    """A read-only register of another value then is no difference that a restore makes."""
    hal("dump", 0, WIDGET, "--save", "before.json")
    saved = json.loads((tmp_path / "before.json").read_text())
    for path, bits in (("id", 0xFF), ("ctrl", 1)):
        saved["registers"][path] = f"{int(saved['registers'][path], 0) ^ bits:#x}"
    (tmp_path / "before.json").write_text(json.dumps(saved))
    table = ["path     old  new", "ctrl.go  0    1"]
    assert hal("restore", 0, WIDGET, "before.json", "--dry-run").lines == table
    assert hal("restore", 0, WIDGET, "before.json").lines == table


def test_restore_of_what_is_no_dump_writes_nothing(hal, tmp_path):
    hal("write", 0, WIDGET, "ctrl.mode=slow")
    (tmp_path / "odd.json").write_text("{}")
    result = hal("restore", 0, WIDGET, "odd.json")
    assert (result.code, result.out) == (1, "")
    assert "make one with hal dump --save" in result.err
    assert hal("restore", 0, WIDGET, "none.json").code == 2
    assert hal("read", 0, WIDGET, "ctrl.mode").lines == ["ctrl.mode = SLOW"]


def test_wait_ends_when_it_is_so(hal):
    hal("write", 0, WIDGET, "ctrl.mode=slow", "ctrl.gain=2")
    assert hal("wait", 0, WIDGET, "ctrl.mode=slow", "ctrl.gain=2").lines == ["ctrl: mode=SLOW, gain=2"]
    assert hal("wait", 0, WIDGET, "ctrl.gain=2", "--json").json == {"path": "ctrl", "fields": {"gain": 2}}


def test_wait_takes_a_path_without_brackets(here):
    assert here("wait", 0, WIDGET, "bank.2.value=0").lines == ["bank[2]: value=0"]


def test_wait_that_is_not_in_time(here):
    result = here("wait", 0, WIDGET, "ctrl.mode=fast", "--timeout", "0.01")
    assert (result.code, result.out) == (5, "")
    assert "widget.ctrl" in result.err


def test_wait_ends_at_once_when_it_fails(here, slot):
    """Fields of the same register come with its read; one of another is one more."""

    def wait(*arguments):
        with slot.emulator.trace() as trace:
            result = here("wait", 0, WIDGET, "ctrl.mode=fast", "--timeout", "60", *arguments)
        return result, [access.offset for access in trace if access.offset]  # without the identity

    here("write", 0, WIDGET, "ctrl.mode=slow", "ctrl.gain=2", "bank[1]=7")
    result, offsets = wait("--fail", "ctrl.gain=1", "--fail", "ctrl.gain=2")
    assert (result.code, result.out, offsets) == (1, "", [0x4])
    assert "gain=hal.one_of(1, 2) while mode=<Mode.FAST: 5> was waited for; last read" in result.err
    result, offsets = wait("--fail", "ctrl.gain=1", "--fail", "bank.1.value=7")
    assert (result.code, result.out, offsets) == (1, "", [0x4, 0x48])
    assert "widget.bank[1] (app BAR 0, 0x48): value=7 while others were waited for; last read 0x7" in result.err
    result = here("wait", 0, WIDGET, "ctrl.gain=2", "--fail", "ctrl.mode=fast", "--fail", "bank[1].value=6")
    assert (result.code, result.lines) == (0, ["ctrl: gain=2"])
    result = here("wait", 0, WIDGET, "ctrl.gain=2", "--fail", "ctrl.mode=slow")
    assert (result.code, result.out) == (1, "")  # though it came


def test_what_wait_can_not_fail_by(here):
    for wrong, told in (
        ("bank[1]=7", "--fail bank[1]: give a field"),
        ("ctrl.speed=7", "has no field 'speed'"),
        ("ctrl.mode=warp", "mode: 'warp' is no Mode: OFF (0), SLOW (1), FAST (5)\n"),
        ("ctrl.mode", "is no PATH=VALUE"),
    ):
        result = here("wait", 0, WIDGET, "ctrl.go=1", "--fail", wrong)
        assert (result.code, result.out) == (2, "")
        assert told in result.err


def test_wait_takes_the_words_that_are_read(here, tmp_path):
    """Not those that are written, where the field has others."""
    link = tmp_path / "link.yaml"
    link.write_text(
        "schema: 1\nname: link\nenums: {Order: {stop: 0, go: 1}, State: {idle: 0, busy: 1}}\n"
        "registers: {ctrl: {offset: 0, fields: {job: {bits: 0, enum: {read: State, write: Order}}}}}\n"
    )
    assert here("wait", 0, link, "ctrl.job=idle").lines == ["ctrl: job=IDLE"]
    assert here("wait", 0, link, "ctrl.job=stop").code == 2
    driver = hal.load_map(link)
    assert complete_value(driver, "ctrl.job=", writing=False) == ["ctrl.job=IDLE", "ctrl.job=BUSY"]
    assert complete_value(driver, "ctrl.job=") == ["ctrl.job=STOP", "ctrl.job=GO"]


def test_wait_takes_fields_of_one_register(here):
    for wrong in (["ctrl=5"], ["ctrl.go=1", "bank[0].value=1"], ["ctrl.go=1", "ctrl.go=0"]):
        result = here("wait", 0, WIDGET, *wrong)
        assert (result.code, result.out) == (2, "")
        assert "give fields of one register" in result.err or "more than once" in result.err


def test_python_m_hal_is_the_command():
    result = run(sys.executable, "-m", "hal", "--version", cwd=ROOT)
    assert (result.returncode, result.stdout.split()[0]) == (0, "hal,")


def test_a_wrong_command_says_which_one_may_be_meant(here):
    result = here("restor", 0)
    assert (result.code, result.out) == (2, "")
    assert "No such command 'restor'. Did you mean restore?" in result.err


def test_memories_in_a_dump_are_told_and_written_back(hal):
    hal("write", 0, WIDGET, "ram[1]=5", "ctrl.mode=slow")
    hal("dump", 0, WIDGET, "--memories", "--save", "before.json")
    assert hal("dump", 0, WIDGET, "--memories", "--json").json["memories"]["ram"].startswith("0000000005000000")
    hal("write", 0, WIDGET, "ram[0:100]=7", "quads[1]=9")
    told = hal("dump", 0, WIDGET, "--diff", "before.json").lines
    assert [line.split() for line in told[1:3]] == [["ram[0]", "0x0", "0x7"], ["ram[1]", "0x5", "0x7"]]
    assert told[-1].strip() == "37 more words of memories"
    dry = hal("restore", 0, WIDGET, "before.json", "--dry-run", "--json").json
    assert {"path": "quads[1]", "old": 9, "new": 0} in dry["changed"]
    assert (len(dry["changed"]), dry["left_out"]) == (101, ["rom"])
    assert hal("restore", 0, WIDGET, "before.json", "--json").json["changed"] == dry["changed"]
    assert hal("read", 0, WIDGET, "ram[0:2]").lines == ["ram[0:2] = 0x00000000 0x00000005"]
