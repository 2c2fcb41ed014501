"""Every library with the SDK's interface answers every function as the manual's table says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hal._binding.sdk.discovery import emulator_path, pci_path
from tests.bindings.gcc import GCC
from tests.conformance.tables import differences, told
from tests.sdk.fake_bus import AFI, FakeBus
from tests.support import ROOT
from tests.support.processes import LIMIT

PROGRAM = Path(__file__).with_name("probe.py")


def answers(library, afi, *arguments, **environment):
    """Of a process of its own, which a library may end."""
    done = subprocess.run(
        [sys.executable, PROGRAM, library, afi, *arguments],
        env=os.environ | {"HAL_EMULATOR_SLOTS": "1"} | environment,
        capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_table_has_every_function():
    header = (ROOT / "bindings" / "include" / "fpga_sdk.h").read_text()
    declared = set(re.findall(r"^\w[\w ]*[ *](fpga_\w+|aws_clkgen_\w+)\(", header, re.MULTILINE))
    assert {function for function, _ in told()["SDK"]} == declared


@pytest.mark.skipif(GCC is None, reason="gcc is not installed")
def test_the_sdks_library(tmp_path):
    """The one that HAL_TEST_SDK names, or a small one in its place, which lacks some functions."""
    machine = FakeBus(tmp_path)
    machine.allow_all()
    environment = machine.environment()
    found = answers(environment["HAL_TEST_LIBRARY"], AFI, "frail", **environment)
    assert differences("SDK", found, partial="HAL_TEST_SDK" not in os.environ) == []


def test_the_emulated_card():
    assert differences("emulated card", answers(emulator_path(), AFI)) == []


def test_simulated_logic(gadget_library, gadget_class):
    assert differences("simulated logic", answers(str(gadget_library), gadget_class.afi_id())) == []


def test_pci_functions(pci_tree):
    chosen = {"HAL_PCI_ROOT": str(pci_tree.root), "HAL_PCI": "0000:17:00.0"}
    assert differences("PCI functions", answers(pci_path(), AFI, **chosen)) == []
