"""Slots of the library for PCI functions in tests: one machine made of files for a process, which chooses once."""

from __future__ import annotations

import os

import pytest

import hal
from tests.support.pci_tree import IO_PORTS, PREFETCHABLE, PciTree

BARS = {0: 1 << 20, 1: (64, IO_PORTS), 2: (1 << 14, PREFETCHABLE), 5: 1 << 12}
# What each slot is, by what its tests do to it.
SLOTS = {"plain": "0000:17:00.0", "uio": "0000:17:00.1", "small": "0000:18:00.0", "frail": "0000:19:00.0"}
WINDOW = 0x4000_0000


@pytest.fixture(scope="session")
def pci_tree(tmp_path_factory):
    made = PciTree(tmp_path_factory.mktemp("machine"))
    made.add(SLOTS["plain"], bars=BARS)
    made.add(SLOTS["uio"], bars={0: 1 << 16, 2: 1 << 12})
    made.add_uio(SLOTS["uio"], "uio3")
    made.add(SLOTS["small"], "10ee:903f", bars={0: 256}, within_page=0x300)
    made.add(SLOTS["frail"], "10ee:7024")
    memory = made.root / "dev" / "mem"
    memory.touch()
    os.truncate(memory, WINDOW + (1 << 16))
    return made


@pytest.fixture(scope="session")
def pci_functions(pci_tree):
    """What `library` is for all its slots; the fifth is the window. Chosen here, so that no other test sees how."""
    chosen = "pci:" + " ".join(SLOTS.values())
    variables = {"HAL_PCI_ROOT": str(pci_tree.root), "HAL_MEM": f"{WINDOW:#x},0x10000", "HAL_MEM_ALLOWED": "yes"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        hal.open_slot(0, chosen).close()
    return chosen
