"""The same driver inside of a cocotb bench, in Icarus Verilog: what it answers is what simulated logic answers."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

import hal
from hal.cosim.cocotb import run
from tests.support import ROOT
from tests.support.benches import needs_cocotb, run_bench
from tests.support.cosim import GADGET, GADGET_MAP
from tests.support.logic import tool

PAGE = ROOT / "docs" / "howto" / "simulated-logic.md"


def program_of_the_bench(dev):
    """The bench's own, out of its file: it can't be imported without cocotb."""
    text = (ROOT / "tests" / "cosim" / "cocotb_bench.py").read_text()
    found = re.search(r"^def program\(dev\):.*?^    \]", text, re.DOTALL | re.MULTILINE)[0]
    names = {}
    exec(found, names)
    return names["program"](dev)


def test_what_a_bench_needs_is_told(monkeypatch, gadget_class):
    monkeypatch.setitem(sys.modules, "cocotb.task", None)
    coroutine = run(lambda dev: dev, gadget_class, {})
    with pytest.raises(hal.HalError, match=r"needs cocotb 2\.0 or later: pip install 'fpga-hal\[cocotb\]'"):
        coroutine.send(None)


@needs_cocotb
def test_a_driver_in_a_bench_answers_as_on_simulated_logic(tmp_path, gadget, monkeypatch):
    tool("iverilog")
    monkeypatch.setenv("GADGET", str(GADGET_MAP))
    shutil.copy(ROOT / "tests" / "cosim" / "cocotb_bench.py", tmp_path)
    printed = run_bench(tmp_path, GADGET, "gadget", "cocotb_bench")
    (answers,) = re.findall(r"ANSWERS (.*)", printed)
    assert answers == str(program_of_the_bench(gadget))
    assert float(re.findall(r"READS (.*)", printed)[0]) > 100


@needs_cocotb
def test_the_manuals_bench(tmp_path):
    tool("iverilog")
    page = PAGE.read_text()
    for name in ("pulse.yaml", "pulse.sv", "test_pulse.py"):
        text = re.search(rf"^`{re.escape(name)}`:\n```\w+\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]
        (tmp_path / name).write_text(text)
    run_bench(tmp_path, tmp_path / "pulse.sv", "pulse", "test_pulse")
