"""A driver on simulated logic of its map, and the check of simulated logic: a third opinion on what is generated."""

from __future__ import annotations

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from hal.cosim.check.prover import prove
from hal.emulator.design_text import design_text
from tests.codegen.views.rtl.test_rtl_register import PROTOCOLS
from tests.support.cards import on_card
from tests.support.cosim import library_of, require_tools
from tests.support.dut import load_class


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The protocols' map as simulated logic."""
    require_tools()
    folder = tmp_path_factory.mktemp("logic")
    files = render(codegen.loads(PROTOCOLS), LANGUAGES["rtl"])
    for name, text in files.items():
        (folder / name).write_text(text)
    design = load_class(PROTOCOLS)._design
    return library_of(
        "protocols", top="dut_axil", files=[folder / name for name in sorted(files)], design=design_text(design),
        afi=design.afi_id,
    )  # fmt: skip


def program(dev):
    """Accesses of a driver, and what they answer."""
    dev.config.rate = 3
    dev.config.depth = 5
    dev.flash.page = 2
    dev.shadowed.mode = 1
    dev.gates.uart = 6
    dev.ctrl.mode = 2
    dev.ctrl_set.slew = 9
    dev.ctrl_xor.write(0xF)
    dev.bsrr.set_low = 0xA5
    dev.tx.write(0x41)
    dev.safe[1].value = 0x77
    dev.bits.pair[3] = 3
    dev.sets_set[1].a = 0x3C
    dev.lane[2].level[1].value = 0x1234
    dev.lane[1].guard.open = 0
    with pytest.raises(hal.LockedError):
        dev.lane[1].level[0].value = 1
    dev.regwen.en = 0
    with pytest.raises(hal.LockedError):
        dev.config.rate = 1
    return [
        dev.rx.read(),
        dev.rx.read(),
        *(
            register.read()
            for register in dev.registers()
            if register.path != "rx" and type(register)._shape.is_readable
        ),
    ]


def test_a_driver_does_the_same_on_logic_and_on_the_card(slot, library):
    driver = load_class(PROTOCOLS)
    with on_card(slot, driver) as device:
        wanted = program(device)
    with hal.open_slot(0, library) as opened:
        opened.load(driver.afi_id())
        assert program(opened.attach(driver)) == wanted
    assert len(wanted) > 25
    assert wanted[:2] == [0x5A, 0]


def test_the_check_of_simulated_logic_finds_no_fault(library):
    with hal.open_slot(0, library) as opened:
        report = prove(opened, load_class(PROTOCOLS), operations=500)
        left = prove(opened, load_class(PROTOCOLS), operations=0, leave_out=("ctrl",))
    assert report.faults == left.faults == ()
    rows = {row.register: (row.proven, row.provable, row.result) for row in report.rows}
    assert rows["ctrl_set"] == rows["ctrl_clr"] == rows["ctrl_xor"] == (8, 8, "ok")
    assert rows["bsrr"] == (16, 16, "ok")
    assert rows["sets_set[1]"] == (8, 8, "ok")
    assert report.percent == 100
    why = {row.register: row.result for row in left.rows}["ctrl_set"]
    assert why == "only read: the register that it acts on is left out"


@pytest.mark.parametrize(
    ("said", "wrongly", "path", "text"),
    [
        ("ctrl, access: w1s}", "ctrl, access: w1c}", "ctrl_set.enable", "its bit (w1c of ctrl) after a write of "),
        ("set_low: {bits: 15:8,", "set_low: {bits: 7:0,", "bsrr.set_low", "(none:one_sets of odr) after a write of "),
        ("alias: odr.high}", "alias: odr.low}", "bsrr.clear_high", "(none:one_clears of odr) after a write of "),
        (
            "sets, access: w1s}",
            "sets, access: w1t}",
            "sets_set[0].a",
            "bit 0 (w1t of sets[0]) after a write of 0x1: 0xff is read there, not 0xfe",
        ),
    ],
)
def test_an_alias_that_does_something_else_is_found(library, said, wrongly, path, text):
    assert said in PROTOCOLS
    with hal.open_slot(0, library) as opened:
        report = prove(opened, load_class(PROTOCOLS.replace(said, wrongly, 1)), operations=0)
    found = {(fault.kind, fault.path): fault.text for fault in report.faults}
    assert text in found["policy", path]
    assert {one.partition(".")[0].partition("[")[0] for _, one in found} <= {
        path.partition(".")[0].partition("[")[0],
        "odr",
    }
