"""A real function answers every function of the SDK's interface as the manual's table says, by each driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from hal._binding.sdk.discovery import pci_path
from tests.conformance.tables import differences
from tests.pci.guest.bus import EDU, bound

DMA_SOURCE = "0x80"  # a register of the device that takes words of 32 and of 64 bits


@pytest.mark.parametrize("driver", ["", "uio_pci_generic", "vfio-pci"])
def test_pci_functions(driver):
    with bound(EDU, driver):
        done = subprocess.run(
            [sys.executable, "tests/conformance/probe.py", pci_path(), "agfi-0", DMA_SOURCE],
            env=os.environ | {"HAL_PCI": EDU}, capture_output=True, text=True, timeout=50, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert differences("PCI functions", json.loads(done.stdout)) == []
