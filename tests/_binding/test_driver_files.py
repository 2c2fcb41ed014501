"""Files of the kernel's drivers are found by a function's address, in a tree of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hal._binding.driver_files import DriverFiles

FIRST, SECOND = "0000:34:00.0", "0000:35:00.0"


def add_xdma(root, address, name):
    """As the driver's class in sysfs links its files."""
    function = root / "sys" / "devices" / "pci0000:30" / address
    function.mkdir(parents=True, exist_ok=True)
    entry = root / "sys" / "class" / "xdma" / name
    entry.mkdir(parents=True)
    (entry / "device").symlink_to(function)


@pytest.fixture
def root(tmp_path):
    """Two cards, which the driver found in the other order."""
    for number, address in ((0, SECOND), (1, FIRST), (11, "0000:36:00.0")):
        for ending in ("h2c_0", "c2h_0", "events_1", "events_11"):
            add_xdma(tmp_path, address, f"xdma{number}_{ending}")
    (tmp_path / "sys" / "class" / "xdma" / "xdma0_control").mkdir()
    return tmp_path


def test_the_drivers_number_is_not_asked_of_the_slot(root):
    assert DriverFiles(FIRST, root).xdma("events_1") == root / "dev" / "xdma1_events_1"
    assert DriverFiles(SECOND, root).xdma("events_11") == root / "dev" / "xdma0_events_11"
    assert DriverFiles("0000:36:00.0", root).xdma("h2c_0") == root / "dev" / "xdma11_h2c_0"


def test_what_the_driver_does_not_have(root, tmp_path):
    for files, ending in (
        (DriverFiles(FIRST, root), "events_2"),
        (DriverFiles(SECOND, root), "control"),  # linked to nothing
        (DriverFiles("0000:99:00.0", root), "events_1"),
        (DriverFiles("", root), "events_1"),
        (DriverFiles(FIRST, tmp_path / "none"), "events_1"),
    ):
        assert files.xdma(ending) is None


def test_uio_of_a_function(tmp_path):
    folder = tmp_path / "sys" / "bus" / "pci" / "devices" / FIRST / "uio" / "uio7"
    folder.mkdir(parents=True)
    assert DriverFiles(FIRST, tmp_path).uio == tmp_path / "dev" / "uio7"
    assert DriverFiles(SECOND, tmp_path).uio is None
    assert DriverFiles("", tmp_path).uio is None
    assert DriverFiles(FIRST).root == Path("/")
