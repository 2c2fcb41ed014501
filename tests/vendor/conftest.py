"""The vendor's classes on a slot that holds cl_mem_perf."""

from __future__ import annotations

import pytest

from hal.vendor import FpgaPCI

AFI = "agfi-080817d089f3cd2ed"


@pytest.fixture
def pci(slot):
    """The class on a slot that holds cl_mem_perf; what a test leaves attached is detached."""
    slot.load(AFI)
    pci = FpgaPCI()
    yield pci
    slot.emulator.fault("")
    slot.library.retire(0, everything=True)


@pytest.fixture
def ocl(pci):
    """A handle of app BAR 0."""
    return pci.pci_attach(0, 0, 0, 0)


@pytest.fixture
def pcis(pci):
    """A handle of app BAR 4, write-combining."""
    return pci.pci_attach(0, 0, 4, 1)
