"""`hal record` and `hal replay`: what programs access, from their first access on, and the same again without a card."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest

from hal import load_map
from tests.support import MAPS
from tests.support.cards import on_card
from tests.support.command_line import HAL, WIDGET, CommandLine
from tests.support.processes import LIMIT, Child, run

PYTHON = sys.executable

PROGRAM = """
import sys
import hal
Widget = hal.load_map(sys.argv[1])
with Widget.open(0) as dev:
    dev.ctrl.modify(go=1, mode=5)
    dev.ram[0:8] = range(8)
    dev.wide.write(0x1122334455667788)
    dev.events.first = 1
    print(dev.ctrl.mode.name, list(dev.ram[0:2]), dev.counter.value)
"""


@pytest.fixture(scope="module")
def hal(tmp_path_factory):
    made = CommandLine(tmp_path_factory.mktemp("tapes"), card="")
    (made.folder / "program.py").write_text(PROGRAM)
    return made


@pytest.fixture(scope="module")
def tape(hal):
    file = hal.folder / "run.tape"
    result = hal("record", "-o", file, "--", PYTHON, hal.folder / "program.py", WIDGET)
    assert (result.code, result.out) == (0, "FAST [0, 1] 0\n"), result.err
    assert result.err.startswith(f"{file}: widget on slot 0, AFI agfi-0123456789abcdef0, ")
    return file


def test_everything_from_the_opening_on_is_written_down(tape):
    head, *rows = map(json.loads, tape.read_text().splitlines())
    assert (head["device"], head["slot"], head["whole"], head["fresh"]) == ("widget", 0, True, True)
    assert [(row["action"], row["path"]) for row in rows[:3]] == [("read", "id"), ("read", "ctrl"), ("write", "ctrl")]
    assert {row["path"] for row in rows} >= {"ram[7]", "wide", "events", "counter"}
    assert not list(tape.parent.glob(".hal-*"))


def test_the_program_runs_on_it(hal, tape):
    result = hal("replay", tape, "--", PYTHON, hal.folder / "program.py", WIDGET)
    assert (result.code, result.out) == (0, "FAST [0, 1] 0\n"), result.err
    assert "accesses were made as they are recorded" in result.err


def test_the_first_difference_is_told_with_its_register(hal, tape):
    changed = hal.folder / "changed.py"
    changed.write_text(PROGRAM.replace("mode=5", "mode=1"))
    result = hal("replay", tape, "--", PYTHON, changed, WIDGET)
    assert result.code == 1
    last = result.err.splitlines()[-1]
    assert last.startswith(f"{tape}: access 3 was a write of 0xd1 at 0x4 of app BAR 0, 32 bits (ctrl), and the program")
    assert "makes a write of 0x91 at 0x4" in last


def test_accesses_that_are_left_over_and_a_program_that_hides_its_errors(hal, tape):
    quiet = hal.folder / "quiet.py"
    quiet.write_text(PROGRAM.partition("    dev.ram")[0] + "    pass\n")
    result = hal("replay", tape, "--", PYTHON, quiet, WIDGET)
    assert result.code == 1
    assert "3 of " in result.err
    assert "the next one is write of 0x0 at 0x1000 of app BAR 0, 32 bits (ram[0])" in result.err
    alone = run(HAL, "read", "0", WIDGET, "ctrl", env=hal.environment | {"HAL_LIBRARY": f"replay:{tape}"})
    assert alone.returncode == 0
    assert alone.stderr.splitlines()[-1].startswith(f"hal: {tape}: 2 of ")


def test_a_listing_by_fields(hal, tape):
    result = hal("replay", tape, "--map", WIDGET)
    assert result.code == 0, result.err
    head, *rows = result.lines
    assert head.endswith(f"{len(tape.read_text().splitlines()) - 1} accesses")
    assert rows[0].split() == ["1", "read", "id", "0xcafe0001", "value=0xcafe0001"]
    assert "go=1, mode=FAST" in rows[2]
    assert any("ram[0]  8 words of 32 bits: 0x0, 0x1, 0x2, 0x3, ..." in row for row in rows)
    wide = [row.split()[3:] for row in rows if " wide " in row]
    assert [row[0] for row in wide] in (["0x1122334455667788"], ["0x55667788", "0x11223344"])
    plain = hal("replay", tape).lines
    assert plain[3].split() == ["3", "write", "ctrl", "0x000000d1"]
    data = hal("replay", tape, "--map", WIDGET, "--json").json
    assert data["accesses"][2]["fields"]["mode"] == "FAST"


def test_registers_of_an_array_are_listed_by_their_fields(hal, slot, tmp_path):
    """Though they follow each other as words of a memory do, which are one line."""
    (tmp_path / "table.yaml").write_text(
        "schema: 1\nname: table\nregisters: {lut: {offset: 0x100, count: 5, stride: 4, "
        "fields: {gain: {bits: 7:0}, on: {bits: 8}}}}\nmemories: {ram: {offset: 0x1000, size: 64}}\n"
    )
    with on_card(slot, load_map(tmp_path / "table.yaml")) as table, table.record(tmp_path / "table.tape"):
        for number, register in enumerate(table.lut):
            register.write(gain=number, on=1)
        table.ram[0:5] = range(5)
    _, *rows = hal("replay", tmp_path / "table.tape", "--map", tmp_path / "table.yaml").lines
    assert [row.split()[2:] for row in rows[:5]] == [
        [f"lut[{number}]", f"0x{0x100 + number:08x}", f"gain={number:#x},", "on=1"] for number in range(5)
    ]
    assert [row.partition("write")[2].strip() for row in rows[5:]] == [
        "ram[0]  5 words of 32 bits: 0x0, 0x1, 0x2, 0x3, ..."
    ]


def test_a_command_of_hals_is_recorded_too(hal):
    file = hal.folder / "read.tape"
    result = hal("record", "-o", file, "--", HAL, "read", "0", WIDGET, "ctrl")
    assert result.code == 0, result.err
    assert "ctrl" in file.read_text()
    again = hal("replay", file, "--", HAL, "read", "0", WIDGET, "ctrl")
    assert (again.code, again.out) == (0, result.out), again.err


def test_programs_by_the_vendors_names_are_recorded(hal):
    (hal.folder / "vendor.py").write_text(
        "from hal.vendor.pci import FpgaPCI\npci = FpgaPCI()\nhandle = pci.pci_attach(0, 0, 2)\npci.pci_poke(handle, 8, 5)\n"
    )
    result = hal("record", "-o", hal.folder / "vendor.tape", "--", PYTHON, hal.folder / "vendor.py")
    assert result.code == 0, result.err
    (row,) = map(json.loads, (hal.folder / "vendor.tape").read_text().splitlines()[1:])
    assert (row["action"], row["bar"], row["offset"], row["value"]) == ("write", 2, "0x8", "0x5")


def test_several_processes_make_several_files(hal):
    result = hal(
        "record", "-o", hal.folder / "two.tape", "--", "sh", "-c", f"{HAL} peek 0 app:2 0; {HAL} peek 0 app:2 4"
    )
    assert result.code == 0, result.err
    rows = [json.loads((hal.folder / name).read_text().splitlines()[1]) for name in ("two.tape", "two-2.tape")]
    assert [row["offset"] for row in rows] == ["0x0", "0x4"]
    assert all("no driver on slot 0" in line for line in result.err.splitlines())


def test_other_slots_and_programs_without_hal(hal, tape):
    file = hal.folder / "none.tape"
    result = hal("record", "-o", file, "--slot", "1", "--", HAL, "peek", "0", "app:2", "0")
    assert (result.code, file.exists()) == (1, False)
    assert "the program used no slot 1 through hal" in result.err
    result = hal("replay", tape, "--", "true")
    assert result.code == 1
    assert "the program used no slot through hal" in result.err
    result = hal("record", "-o", file, "--", "sh", "-c", "exit 7")
    assert (result.code, file.exists()) == (7, False)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("record", "--", "true"), 2, "Missing option '-o'"),
        (("record", "-o", "no/run.tape", "--", "true"), 2, "there is no folder no"),
        (("record", "-o", "x.tape", "--", "./absent"), 2, "./absent can't be run: No such file or directory"),
        (("replay", "absent.tape"), 1, "recording absent.tape can't be read: No such file or directory"),
        (("replay", "program.py"), 1, "program.py is no recording: its first line does not say so"),
        (("replay", "program.py", "--", "true"), 1, "is no recording"),
        (("replay", "run.tape", "--map", "cl_sde", "--", "true"), 2, "--map and --json are for listings"),
    ],
)
def test_what_is_wrong_is_told(hal, tape, arguments, code, told):
    result = hal(*arguments)
    assert (result.code, result.out) == (code, "")
    assert told in result.err


def test_only_plain_files_are_replaced(hal):
    """What can't be is told before the program runs; of a second file, which nobody knew of, when it is there."""
    for name in ("pipe.tape", "both-2.tape"):
        os.mkfifo(hal.folder / name)
    (hal.folder / "folder.tape").mkdir()
    for name, kind in (("pipe.tape", "a FIFO"), ("folder.tape", "a folder")):
        result = hal("record", "-o", name, "--", HAL, "peek", "0", "app:2", "0")
        assert (result.code, result.out) == (1, "")
        assert result.err == f"hal: recording {name} can't be written: it is {kind} and no plain file\n"
    result = hal("record", "-o", "both.tape", "--", "sh", "-c", f"{HAL} peek 0 app:2 0; {HAL} peek 0 app:2 4")
    assert (result.code, len(result.lines)) == (1, 2)
    assert result.err.endswith("hal: recording both-2.tape can't be written: it is a FIFO and no plain file\n")
    assert all((hal.folder / name).is_fifo() for name in ("pipe.tape", "both-2.tape"))
    (hal.folder / "link.tape").symlink_to("both.tape")
    (hal.folder / "both.tape").chmod(0o600)
    before = (hal.folder / "both.tape").read_text()
    for name in ("link.tape", "both.tape"):
        assert hal("record", "-o", name, "--", HAL, "peek", "0", "app:2", "8").code == 0
        assert (hal.folder / "both.tape").read_text() == before or name == "both.tape"
    assert (hal.folder / "both.tape").stat().st_mode & 0o777 == 0o600
    assert not list(hal.folder.glob(".hal-*"))


def test_a_recording_is_not_believed(hal, tape):
    """Its paths are names, its texts are shown as what they are, and another map's fields are told."""
    head, first, *_ = tape.read_text().splitlines()
    hostile = hal.folder / "hostile.tape"
    hostile.write_text(head.replace('"widget"', '"wid\\u001b[31mget"') + "\n" + first + "\n")
    result = hal("replay", hostile)
    assert (result.code, "\x1b" in result.err + result.out) == (1, False)
    hostile.write_text(head + "\n" + first.replace('"id"', '"id\\u001b"') + "\n")
    assert "line 2, is no access" in hal("replay", hostile).err
    other = hal("replay", tape, "--map", MAPS / "trust.yaml")
    assert other.code == 0
    assert "is of another version of a map" in other.err


def test_ctrl_c_is_the_programs(hal):
    """It ends by itself, and what it did until then is there."""
    program = hal.folder / "waits.py"
    program.write_text(
        "import hal, sys, time\nslot = hal.open_slot(0)\nslot.bar('app', 2).peek(0)\n"
        "try:\n    print('ready', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    sys.exit(3)\n"
    )
    file = hal.folder / "waits.tape"
    with Child(HAL, "record", "-o", file, "--", PYTHON, program, env=hal.environment, start_new_session=True) as child:
        assert child.line() == "ready\n"
        os.killpg(child.pid, signal.SIGINT)
        end = time.monotonic() + LIMIT
        while child.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        assert child.returncode == 3
    assert len(file.read_text().splitlines()) == 2
