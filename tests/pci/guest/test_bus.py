"""What the guest has: devices, drivers that can be bound, an IOMMU."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

import pytest

from tests.pci.guest.bus import EDU, IVSHMEM, SECOND_EDU, bound, device, driver_of, enable


@pytest.mark.parametrize(
    ("address", "ids"), [(EDU, "0x1234:0x11e8"), (SECOND_EDU, "0x1234:0x11e8"), (IVSHMEM, "0x1af4:0x1110")]
)
def test_the_devices_are_there(address, ids):
    folder = device(address)
    assert f"{(folder / 'vendor').read_text().strip()}:{(folder / 'device').read_text().strip()}" == ids


def test_a_bar_is_read():
    enable(EDU)
    with (device(EDU) / "resource0").open("r+b") as file, mmap.mmap(file.fileno(), 4096) as bar:
        assert struct.unpack("<I", bar[:4]) == (0x010000ED,)


def test_uio_is_bound():
    with bound(EDU, "uio_pci_generic") as folder:
        assert [path.name for path in (folder / "uio").iterdir()] == ["uio0"]
        assert Path("/dev/uio0").exists()
    assert driver_of(EDU) == ""


def test_vfio_is_bound_behind_an_iommu():
    group = (device(EDU) / "iommu_group").resolve().name
    with bound(EDU, "vfio-pci"):
        assert Path(f"/dev/vfio/{group}").exists()
