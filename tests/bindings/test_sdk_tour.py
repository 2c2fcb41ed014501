"""The vendor's example programs, call by call, as a program of our own: what each prints on the emulated card."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hal._binding.sdk.discovery import emulator_path
from hal.vendor import FpgaMgmt, FpgaPCI
from tests.bindings.gcc import GCC, compile_c
from tests.support import ROOT
from tests.support.processes import LIMIT, run

pytestmark = pytest.mark.skipif(GCC is None, reason="gcc is not installed")
AFI = "agfi-080817d089f3cd2ed"
POWER_UP = "     a 125.00 375.00 500.00 b 450.00 225.00 c 300.00 400.00 hbm 450.00"


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """Runs a part of the program; the lines that it printed."""
    program, card = tmp_path_factory.mktemp("tour") / "tour", Path(emulator_path())
    compile_c(ROOT / "tests" / "c" / "sdk_tour.c", card, f"-Wl,-rpath,{card.parent}", "-o", program)

    def part(name):
        done = run(program, name, environment={"HAL_CARD_TIME_SCALE": "0.1"})
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        lines = done.stdout.splitlines()
        assert not [line for line in lines if line.startswith("FAIL")]
        return lines

    return part


def test_whoever_looks_once_sees_the_end_of_a_load(tour):
    lines = tour("manage")
    assert "     loaded, device 0x9048 on the bus, 0xf004 loaded" in lines
    assert "     device 0xf004 on the bus" in lines


def test_clock_functions(tour):
    lines = tour("clocks")
    assert lines[lines.index("ok   after recipes") + 1] == POWER_UP
    assert lines[lines.index("ok   after frequencies") + 1].startswith(
        "     a 125.00 79.17 79.17 b 250.00 79.17 c 150.00"
    )
    assert lines[lines.index("ok   after defaults") + 1] == POWER_UP


def test_measured_clocks(tour):
    assert (
        "     reference 100000000: 250000000 62500000 187500000 250000000 125000000 62500000 150000000 200000000 "
        "300000000 100000000" in tour("measure")
    )


def test_an_hbm_that_becomes_ready(tour):
    assert "ok   both stacks are ready" in tour("hbm")


def test_the_management_classes_in_the_order_of_the_example(slot):
    """A load that nobody waits for, a delay of 100 s, one look, and a clear: never busy."""
    del slot
    mgmt = FpgaMgmt()
    try:
        for _ in range(3):
            mgmt.set_cmd_delay_msec(2)
            mgmt.load_local_image(0, AFI)
            mgmt.set_cmd_delay_msec(100_000)
            begin = time.monotonic()
            assert mgmt.describe_local_image(0, 0)["status"] == "loaded"
            assert mgmt.clear_local_image(0)["status"] == "cleared"
            assert time.monotonic() - begin < LIMIT / 2
    finally:
        mgmt.set_cmd_delay_msec(2)
    FpgaPCI().pci_rescan_slot_app_pfs(0)
