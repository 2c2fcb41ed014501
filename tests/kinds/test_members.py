"""Enums of fields: closed and open ones, and two of one field, one to read and one to write."""

from __future__ import annotations

import json

import pytest

import codegen
import hal
from codegen.views.difference import compare

MAP = """
schema: 1
name: enumerated
enums:
  Baud: {open: true, description: Divisors., members: {b9600: 0x275, b115200: {value: 0x1D6, title: 115k2}}}
  Status: {idle: 0, busy: 1, done: 2}
  Command: {stop: 0, start: 3, abort: 500}
registers:
  uart: {offset: 0, title: "CH[%s]_CTRL", fields: {baud: {bits: 11:0, enum: Baud, reset: b9600, title: 1WIRE}}}
  job:
    offset: 4
    fields:
      what: {bits: 9:0, enum: {read: Status, write: Command}, reset: done}
      mode: {bits: 17:16, enum: Status}
"""


@pytest.fixture
def dev(slot, tmp_path):
    path = tmp_path / "enumerated.yaml"
    path.write_text(MAP)
    with hal.load_map(path).open(0) as device:
        yield device


def test_an_open_enum_takes_all_that_fits(dev):
    baud = type(dev.uart.baud)
    assert (dev.uart.baud, dev.uart.baud.name) == (0x275, "B9600")
    for value in (baud.B115200, 0xFFF, 0):
        dev.uart.baud = value
        assert dev.uart.baud == value
    assert repr(dev.uart).endswith("baud=0x0>")
    dev.uart.modify(baud=7)
    assert (dev.uart.baud, type(dev.uart.baud)) == (7, int)
    with pytest.raises(hal.FieldValueError, match="4096 is out of range 0 to 4095"):
        dev.uart.baud = 4096
    with pytest.raises(hal.FieldTypeError, match=r"a member is needed, not str \('B9600'\): Baud: B9600 \(629\)"):
        dev.uart.baud = "B9600"


def test_two_enums_of_one_field(dev, slot):
    status = type(dev.job.mode)
    assert dev.job.what is status.DONE
    dev.job.what = 3
    assert dev.job.read() == 3
    assert (dev.job.what, type(dev.job.what)) == (3, int)
    for value in (1, 4, 1000):
        with pytest.raises(hal.FieldValueError, match=f"{value} is no Command: STOP .0., START .3., ABORT .500."):
            dev.job.what = value
    for write in (lambda: setattr(dev.job, "what", status.IDLE), lambda: dev.job.modify(what=status.IDLE)):
        with pytest.raises(
            hal.FieldTypeError, match=r"Status\.IDLE is what the field reads as; it is written as Command"
        ):
            write()
    command = dev._design.shape_at("job").fields["what"].given.write
    dev.job.write(what=command.ABORT, mode=status.BUSY)
    assert (dev.job.read(), dev.job.mode) == (500 | 1 << 16, status.BUSY)
    slot.emulator.poke(0, 0, 4, 2)
    dev.job.wait_for(timeout=1, what=status.DONE)
    with pytest.raises(hal.FieldValueError, match="500 is no Status"):
        dev.job.wait_for(timeout=1, what=500)
    row = next(field for row in dev.walk() for field in row.fields if field.name == "what")
    assert (row.members["BUSY"], row.write_members["START"]) == (1, 3)
    assert dev.snapshot()["job.what"] is status.DONE


def test_all_outputs_know_them(tmp_path):
    path = tmp_path / "enumerated.yaml"
    path.write_text(MAP)
    codegen.generate([path], tmp_path, ["c", "systemverilog", "markdown", "html", "json", "python"])
    text = {item.suffix: item.read_text() for item in tmp_path.iterdir() if item.is_file()}
    assert "class Baud(hal.OpenEnum):" in text[".py"]
    assert "what = hal.rw(9, 0, hal.EnumPair(Status, Command))" in text[".py"]
    model = json.loads(text[".json"])
    baud = model["enums"][0]
    assert (baud["is_open"], baud["description"], baud["members"][1]["title"]) == (True, "Divisors.", "115k2")
    (field, _) = model["registers"][1]["fields"]
    assert (field["enum"], field["write_enum"]) == ("Status", "Command")
    assert "/* 115k2 */" in text[".h"]
    assert "/* Register uart (CH[%s]_CTRL) (app BAR 0) */" in text[".h"]
    assert "ENUMERATED_UART_BAUD_MASK UINT32_C(0xFFF) /* 1WIRE */" in text[".h"]
    assert "// Register uart (CH[%s]_CTRL) (app BAR 0)" in text[".sv"]
    for suffix in (".md", ".html"):
        for name in ("115k2", "1WIRE", "Open: any other value"):
            assert name in text[suffix]
    assert r"CH\[%s\]\_CTRL" in text[".md"]
    assert "written as [Command](#command)" in text[".md"]


def test_closing_an_enum_breaks_programs():
    def map_of(enum):
        return codegen.loads(
            f"schema: 1\nname: x\nenums: {{Mode: {enum}}}\nregisters: {{r: {{offset: 0, fields: {{f: {{bits: 0, enum: Mode}}}}}}}}\n"
        )

    short, long = map_of("{off: 0}"), map_of("{open: true, members: {off: 0}}")
    assert [str(change) for change in compare(long, short)] == ["breaking    Mode closed"]
    assert [str(change) for change in compare(short, long)] == ["regenerate  Mode opened"]
    assert map_of("{members: {off: 0}}").digest == short.digest != long.digest
