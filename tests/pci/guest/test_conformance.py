"""A real function answers every function of the SDK's interface as the manual's table says, by each driver."""

from __future__ import annotations

import json

import pytest

from hal._binding.sdk.discovery import pci_path
from tests.conformance.tables import differences
from tests.pci.guest.bus import EDU, bound
from tests.pci.guest.programs import run_program

DMA_SOURCE = "0x80"  # a register of the device that takes words of 32 and of 64 bits


@pytest.mark.parametrize("driver", ["", "uio_pci_generic", "vfio-pci"])
def test_pci_functions(driver):
    with bound(EDU, driver):
        code, shown = run_program(
            "tests/conformance/probe.py", pci_path(), "agfi-0", DMA_SOURCE, environment={"HAL_PCI": EDU}
        )
        assert code == 0, shown
    assert differences("PCI functions", json.loads(shown)) == []
