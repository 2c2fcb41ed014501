"""A program written for the vendor's modules runs with nothing but the compatibility folder on its path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hal.compat
import hal.vendor
from tests.support import ROOT
from tests.support.processes import LIMIT

PROGRAM = Path(__file__).with_name("vendor_program.py")


def run(arguments, folder, path=""):
    """A fresh interpreter in another folder. Where hal is not installed, its source stands last on the path."""
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "HAL_EMULATOR"}}
    installed = subprocess.run(
        [sys.executable, "-c", "import hal"], cwd=folder, env=env, capture_output=True, check=False, timeout=LIMIT
    )
    folders = [path] if path else []
    env["PYTHONPATH"] = os.pathsep.join(folders if installed.returncode == 0 else [*folders, str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=LIMIT
    )


def test_the_program_runs(tmp_path):
    result = run([str(PROGRAM)], tmp_path, hal.compat.path())
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert (found["info"]["status"], found["info"]["afi_id"]) == ("loaded", "agfi-080817d089f3cd2ed")
    assert found["info"]["metrics"]["cached_agfis"][0] == "agfi-80817d089f3cd2ed"
    assert (found["map"]["vendor_id"], found["map"]["device_id"]) == (0x1D0F, 0xF004)
    assert found["registers"] == {"pattern": 0x12345678, "channels": 0x20}
    words = [(2 * i + 2) << 32 | (2 * i + 1) for i in range(4)]
    assert found["memory"] == [words[0] | 0xFF, *words[1:], 0xAAAAAAAA_AAAAAAAA]
    assert [found["clocks"][f"clock_group_{name}"]["clocks"][0] for name in ("a", "b", "c", "hbm")] == [
        100.0,
        250.0,
        200.0,
        300.0,
    ]
    assert found["refused"].startswith("Failed to set dynamic on slot: 0, error code: 28: invalid-clkgen-input; ")
    assert found["cleared"] == "cleared"


def test_the_command_prints_the_folder(tmp_path):
    result = run(["-m", "hal.compat"], tmp_path)
    assert (result.returncode, result.stdout) == (0, hal.compat.path() + "\n")


def test_the_check_of_return_codes(monkeypatch, caplog):
    monkeypatch.syspath_prepend(hal.compat.path())
    from fpga_utils import check_return_code

    with caplog.at_level("INFO", "fpga_utils"):
        assert check_return_code(0, "load AFI", 3) is None
        assert check_return_code(0, "pci peek", -1) is None
    assert caplog.messages == ["Succeeded to load AFI on slot: 3", "Succeeded to pci peek on slot: N/A"]
    with pytest.raises(RuntimeError) as raised:
        check_return_code(3, "load AFI", 1)
    assert str(raised.value) == "Failed to load AFI on slot: 1, error code: 3: busy"
    with pytest.raises(RuntimeError) as raised:
        check_return_code(ret=-22, check="pci peek", slot_id=-1)
    assert str(raised.value) == "Failed to pci peek on slot: N/A, error code: -22: Invalid argument"


@pytest.mark.parametrize(("module", "name"), [("pci", "FpgaPCI"), ("mgmt", "FpgaMgmt"), ("clkgen", "FpgaClkgen")])
def test_the_modules_hold_the_classes(monkeypatch, module, name):
    monkeypatch.syspath_prepend(hal.compat.path())
    assert getattr(__import__(f"fpga_{module}_wrapper"), name) is getattr(hal.vendor, name)
