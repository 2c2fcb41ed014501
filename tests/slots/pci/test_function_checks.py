"""`hal doctor` for PCI functions, on a machine made of files."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.pci_tree import IO_PORTS, PREFETCHABLE, PciTree
from tests.support.processes import LIMIT

ADDRESS, OTHER = "0000:65:00.0", "0000:65:00.1"
BARS = {0: 1 << 20, 1: (256, IO_PORTS), 2: (1 << 30, PREFETCHABLE), 4: 16}


def express(aspm):
    """A configuration space with a PCI Express capability at 0x40: payloads of 256 of at most 512 bytes."""
    head = bytearray(256)
    head[0:8] = bytes([0x34, 0x12, 0xE8, 0x11, 6, 0, 0, 0])
    head[0x34], head[0x40], head[0x44], head[0x48], head[0x50] = 0x40, 0x10, 2, 1 << 5, aspm
    return bytes(head)


@pytest.fixture
def tree(tmp_path):
    made = PciTree(tmp_path)
    folder = made.add(ADDRESS, bars=BARS)
    made.configure(ADDRESS, express(2))
    names = ("current_link_speed", "current_link_width", "max_link_speed", "max_link_width")
    for name, text in zip(names, ("8.0 GT/s PCIe", "8", "8.0 GT/s PCIe", "16"), strict=True):
        (folder / name).write_text(text + "\n")
    group = made.root / "sys/kernel/iommu_groups/7/devices"
    group.mkdir(parents=True)
    for address in (ADDRESS, OTHER):
        (group / address).touch()
    (folder / "iommu_group").symlink_to(group.parent)
    return made


def doctor(tree, functions=ADDRESS, **more):
    """A process chooses its functions once, so each machine has one of its own."""
    facts = {"HAL_PCI_ROOT": str(tree.root), "HAL_LIBRARY": "pci", "HAL_PCI": functions}
    environment = os.environ | facts | more
    done = subprocess.run(
        [sys.executable, "-m", "hal", "doctor", "--json"],
        env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return {check["name"]: (check["state"], check["text"]) for check in json.loads(done.stdout)}


def test_a_function_that_is_ready(tree):
    found = doctor(tree)
    folder = tree.folder(ADDRESS)
    assert found["machine"][0] == "warn"
    assert str(tree.root) in found["machine"][1]
    assert found["slot 0"] == ("ok", f"{ADDRESS}: 1234:11e8, class 00ff00")
    assert found["driver of slot 0"] == ("ok", "none bound: its BARs are reached by files of sysfs")
    files = ", ".join(str(folder / f"resource{bar}") for bar in (0, 2, 4))
    assert found["permission for slot 0"] == ("ok", f"{files} can be opened")
    assert found["memory of slot 0"] == ("ok", "enabled: its BARs answer")
    assert found["bus master of slot 0"] == ("ok", "on: it may access memory")
    assert found["IOMMU of slot 0"] == ("ok", f"group 7, beside {OTHER}, which VFIO hands out with it")
    speeds = "8.0 GT/s PCIe x8 (at most 8.0 GT/s PCIe x16), payload 256 of at most 512 bytes"
    assert found["link of slot 0"] == ("warn", speeds)
    assert found["ASPM of slot 0"] == ("ok", "ASPM L1 is on: the first access after a pause takes longer")
    assert found["BAR 0 of slot 0"][1].startswith("1 MiB at 0x")
    assert found["BAR 1 of slot 0"][0] == "warn"
    assert found["BAR 1 of slot 0"][1].startswith("256 I/O ports at 0x")
    assert found["BAR 2 of slot 0"][1].endswith(", prefetchable, writes can combine")
    assert found["BAR 4 of slot 0"][1].startswith("16 bytes at 0x")


def test_what_is_wrong_with_a_function(tree):
    folder = tree.folder(ADDRESS)
    tree.configure(ADDRESS, bytes(64))
    tree.bind(ADDRESS, "xdma")
    (folder / "power_state").write_text("D3hot\n")
    (folder / "resource2").unlink()
    (folder / "iommu_group").unlink()
    (folder / "current_link_width").unlink()
    found = doctor(tree)
    assert found["driver of slot 0"][0] == "warn"
    assert found["driver of slot 0"][1].startswith("xdma is bound to it")
    assert found["permission for slot 0"] == ("fail", f"{folder / 'resource2'}: is missing")
    assert found["power of slot 0"] == ("fail", "D3hot: its BARs do not answer")
    assert found["memory of slot 0"] == ("warn", "disabled: its BARs do not answer yet")
    assert found["bus master of slot 0"] == ("ok", "off: it may not access memory, which DMA and MSI need")
    assert found["IOMMU of slot 0"] == ("ok", "none: vfio-pci can't be used, and DMA reaches all memory")
    assert found["link of slot 0"] == ("ok", "it is on no PCI Express link of its own")


def test_other_drivers_and_windows(tree):
    tree.add_uio(ADDRESS, "uio0")
    assert doctor(tree)["permission for slot 0"] == ("ok", f"{tree.root / 'dev' / 'uio0'} can be opened")
    tree.add(OTHER, driver="vfio-pci")
    assert doctor(tree, OTHER)["permission for slot 0"][0] == "fail"
    (tree.root / "dev" / "mem").touch()
    found = doctor(tree, "", HAL_MEM="0x43c00000,0x10000", HAL_MEM_ALLOWED="yes")
    assert found["slot 0"] == ("ok", "physical memory at 0x43c00000, 64 KiB")
    assert found["permission for slot 0"] == ("ok", f"{tree.root / 'dev' / 'mem'} can be opened")


def test_functions_that_are_chosen_are_meant(tree):
    """Without a word of the library."""
    assert doctor(tree, HAL_LIBRARY="")["slot 0"][0] == "ok"


def test_a_choice_that_is_none(tree):
    assert doctor(tree, "17:00.7")["library"][0] == "fail"
