"""`hal cosim build` and `hal cosim doctor`, and commands on what they made."""

from __future__ import annotations

import json

import pytest

import hal
from tests.support import ROOT
from tests.support.cosim import GADGET, GADGET_MAP, require_tools


@pytest.fixture(autouse=True)
def _tools(monkeypatch):
    require_tools()
    monkeypatch.setenv("HAL_CACHE", str(ROOT / "build" / "cache"))


def test_build_and_use(command):
    """A library of a map and a file; the commands run on it unchanged."""
    done = command("cosim", "build", str(GADGET), str(GADGET_MAP), "--top", "gadget", "--waves", "vcd", "-o", "libg.so")
    assert done.out.splitlines() == [
        "libg.so: gadget, clock clk, reset rst_n, active low",
        "app:0: AXI4-Lite s_axil, 32 bits",
        "interrupts: irq",
    ]
    library = ["--library", "./libg.so"]
    assert "loaded" in command("slots", *library).out
    assert "0xdeadbeef" in command("read", "0", str(GADGET_MAP), "scratch", *library).out
    command("write", "0", str(GADGET_MAP), "ctrl.mode=3", *library)
    assert command("read", "0", str(GADGET_MAP), "ctrl.mode", *library).out.split()[-1] == "3"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.sv"], "which module is the top? Name it with --top"),
        ([], "no SystemVerilog was given: a file, a list with -f, or a register map for its logic"),
        (["a.yaml", "--top", "x"], "--top is a module of the files that are given, and a map alone has its own"),
        (["a.sv", "--top", "x"], "a.sv: no such file"),
        (["a.yaml", "b.yaml", "--top", "x"], "a.yaml and b.yaml are two register maps: give one"),
        (["a.sv", "--top", "x", "--bus", "s_axil"], "'s_axil' is no PREFIX=BAR, as in s_axil=app:0"),
        (["a.sv", "--top", "x", "--bus", "s_axil=app:1"], "'app:1' is no BAR"),
    ],
)
def test_wrong_command_lines(command, arguments, message):
    done = command("cosim", "build", *arguments)
    assert done.code == 2
    assert message in done.err


def test_doctor(command, monkeypatch, tmp_path):
    done = command("cosim", "doctor")
    assert done.code == 0
    assert done.out.startswith("ok    verilator: ")
    names = [check["name"] for check in json.loads(command("cosim", "doctor", "--json").out)]
    assert names == ["verilator", "compiler", "FST waves"]
    monkeypatch.setenv("VERILATOR", str(tmp_path / "nothing"))
    done = command("cosim", "doctor")
    assert (done.code, done.out.splitlines()[0][:4]) == (1, "FAIL")


def test_check(command, gadget_library):
    done = command("cosim", "check", str(GADGET_MAP), str(gadget_library), "--port", "fault=0")
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["register", "accesses", "proven", "bits", "result"]
    assert done.out.splitlines()[-1].endswith("(100.0 %), 82 more can't be; no fault")
    done = command("cosim", "check", str(GADGET_MAP), str(gadget_library), "--port", "fault=1", "--json")
    assert done.code == 1
    report = json.loads(done.out)
    assert [(fault["kind"], fault["path"]) for fault in report["faults"]] == [("reset", "ctrl.limit")]
    assert report["percent"] == 100.0
    done = command("cosim", "check", "cl_sde", "emulator", "--leave-out", "c2h_desc_ram", "--leave-out", "h2c")
    assert (done.code, "h2c_desc_ram" in done.out) == (0, True)
    rows = [line.split() for line in done.out.splitlines() if line.startswith("h2c.")]
    assert {tuple(row[-2:]) for row in rows} == {("left", "out")}


LAMP = """
schema: 1
name: lamp
registers:
  ctrl: {offset: 0x0, fields: {enable: {bits: 0}, level: {bits: "15:8", reset: 0x40}}}
  status: {offset: 0x4, fields: {done: {bits: 0, access: w1c, hw: set}, busy: {bits: 1, access: ro, hw: write}}}
  acts: {offset: 0x8, fields: {set: {bits: "7:0", access: w1s}, flip: {bits: "23:16", access: w1t}}}
  wide: {offset: 0x10, width: 64, access_width: 32, reset: 0x1122334455667788}
memories:
  table: {offset: 0x100, size: 64}
"""


def test_a_map_alone(command, tmp_path):
    """Its generated logic does as it says, with no line of SystemVerilog by hand."""
    (tmp_path / "lamp.yaml").write_text(LAMP)
    done = command("cosim", "build", "lamp.yaml", "--waves", "vcd", "-o", "liblamp.so")
    assert done.out.splitlines()[0] == "liblamp.so: lamp_axil, clock clk, reset rst_n, active low"
    assert done.err == ""
    done = command("cosim", "check", "lamp.yaml", "./liblamp.so")
    assert (done.code, done.out.splitlines()[-1].endswith("(100.0 %), 2 more can't be; no fault")) == (0, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lamp.yaml", "liblamp.so"]
    library = (tmp_path / "liblamp.so").read_bytes()
    assert b"lamp_axil.sv" in library
    assert b"/lamp_axil.sv" not in library  # the same wherever it was written: what was compiled of it is found again


@pytest.mark.parametrize(
    ("option", "bus"), [("rtl.bus=apb", "APB (no prefix), 32 bits"), ("rtl.width=64", "AXI4-Lite s_axil, 64 bits")]
)
def test_a_map_alone_on_another_bus(command, tmp_path, option, bus):
    (tmp_path / "lamp.yaml").write_text(LAMP)
    done = command("cosim", "build", "lamp.yaml", "--option", option, "-o", "liblamp.so")
    assert done.out.splitlines()[1] == f"app:0: {bus}"
    done = command("cosim", "check", "lamp.yaml", "./liblamp.so", "--operations", "500")
    assert (done.code, done.out.splitlines()[-1].endswith("(100.0 %), 2 more can't be; no fault")) == (0, True)
    with hal.open_slot(0, str(tmp_path / "liblamp.so")) as slot:
        slot.load(slot.emulator.afi_id)
        bar, before = slot.bar("app", 0), slot.simulation.clocks
        assert bar.peek(0x10, 64) == 0x1122334455667788
        assert slot.simulation.clocks - before == (6 if option == "rtl.bus=apb" else 3)
        bar.poke(0x13, 0x99, 8)
        bar.poke(0x14, 0xAB, 8)
        assert (bar.peek(0x10, 64), slot.simulation.response) == (0x112233AB99667788, "OKAY")
        assert (bar.peek(0x40), slot.simulation.response) == (0xFFFFFFFF, "SLVERR")


def test_options_that_are_no_logics(command, tmp_path):
    (tmp_path / "lamp.yaml").write_text(LAMP)
    done = command("cosim", "build", "lamp.yaml", "--option", "rtl.bus=none")
    assert (done.code, "with rtl.bus=none a map alone has no bus" in done.err) == (2, True)
    done = command("cosim", "build", "lamp.yaml", "--option", "rtl.bus=wishbone")
    assert (done.code, "wishbone" in done.err) == (2, True)
    done = command("cosim", "build", str(GADGET), "lamp.yaml", "--top", "gadget", "--option", "rtl.bus=apb")
    assert (done.code, "and SystemVerilog was given" in done.err) == (2, True)


def test_a_map_that_has_no_logic(command, tmp_path):
    (tmp_path / "lamp.yaml").write_text(LAMP.replace("hw: set", "volatile: true"))
    done = command("cosim", "build", "lamp.yaml")
    assert done.code == 3
    assert "lamp.yaml:6:" in done.err
