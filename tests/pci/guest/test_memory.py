"""Memory of the host that a real function reaches: behind the IOMMU by VFIO, and without one in huge pages."""

from __future__ import annotations

import numpy as np
import pytest

import hal
from tests.pci.guest.bus import EDU, SECOND_EDU, bound, bus_master, device, write

LIBRARY = f"pci:{EDU} {SECOND_EDU}"
BITS = 28  # of an address, which the first device has; the second has more
TO_DEVICE, TO_MEMORY = 0, 1
INSIDE = 0x40000  # where the device's own buffer of 4096 bytes lies


@pytest.fixture(scope="module")
def edu_class():
    from qemu_edu import QemuEdu

    return QemuEdu


def moved(edu, source, destination, count, direction):
    dma = edu.dma
    dma.source.write(source)
    dma.destination.write(destination)
    dma.count.write(count)
    dma.command.write(start=1, direction=direction, interrupt=0)
    dma.command.wait_for(start=0, timeout=10)


def goes_round(edu, bits):
    """Both ways, with numpy's arrays in the host's memory; a second buffer stays as it is."""
    with (
        hal.allocate(1000, "u4", slot=edu, direction="h2c", address_bits=bits) as source,
        hal.allocate(1000, "u4", slot=edu, direction="c2h", address_bits=bits) as target,
    ):
        source[:] = np.arange(1000) * 7
        moved(edu, source.address, INSIDE, 4000, TO_DEVICE)
        assert not target.array.any()
        moved(edu, INSIDE, target.address, 4000, TO_MEMORY)
        assert (target.array == source.array).all()
        return source.source, target.address


def test_memory_behind_the_iommu(edu_class):
    with bound(EDU, "vfio-pci"), edu_class.open(0, LIBRARY) as edu:
        source, address = goes_round(edu, BITS)
        assert source == "vfio"
        assert 0x100000 <= address < 1 << BITS
        for _ in range(2):  # each is given back
            assert goes_round(edu, BITS)[0] == "vfio"


def test_the_iommu_holds_to_directions_and_ends(edu_class):
    with bound(EDU, "vfio-pci"), edu_class.open(0, LIBRARY) as edu:
        with edu.slot.buffer(4096, "h2c", address_bits=BITS) as buffer:
            buffer[:4] = b"data"
            moved(edu, buffer.address, INSIDE, 64, TO_DEVICE)
            buffer[:4] = b"kept"
            moved(edu, INSIDE, buffer.address, 64, TO_MEMORY)  # which the IOMMU refuses
            assert bytes(buffer[:4]) == b"kept"
            address, array = buffer.address, buffer.array
        moved(edu, INSIDE, address, 64, TO_MEMORY)
        assert bytes(array[:4]) == b"kept"


def test_memory_needs_an_open_bar(edu_class):
    with bound(EDU, "vfio-pci"), hal.open_slot(0, LIBRARY) as slot, pytest.raises(hal.DmaError) as told:
        slot.buffer(64)
    assert "open a device of the slot first" in str(told.value)


def test_a_buffer_outlives_its_function(edu_class):
    with hal.open_slot(0, LIBRARY) as slot:
        with bound(EDU, "vfio-pci"):
            edu = slot.attach(edu_class)
            buffer = slot.buffer(4096, address_bits=BITS)
            buffer[:3] = b"abc"
        with pytest.raises(hal.StaleHandleError):  # vfio-pci was unbound
            edu.identification.read()
        assert bytes(buffer[:3]) == b"abc"
        buffer.close()
        assert buffer.closed


def test_physical_memory_is_refused_behind_an_iommu(edu_class):
    with bound(SECOND_EDU, ""), edu_class.open(1, LIBRARY) as edu, pytest.raises(hal.DmaError) as told:
        edu.slot.buffer(64)
    assert str(told.value).count("behind an IOMMU") == 2


def test_huge_pages_where_no_iommu_translates(edu_class):
    """Their physical addresses, from pagemap, are what the device takes; it is made a bus master for that."""
    kind = device(SECOND_EDU) / "iommu_group" / "type"
    before = kind.read_text().strip()
    with bound(SECOND_EDU, ""):
        write(kind, "identity")
        try:
            bus_master(SECOND_EDU, on=False)
            with edu_class.open(1, LIBRARY) as edu:
                source, address = goes_round(edu, 40)
                assert (source, address % (2 << 20)) == ("hugepages", 0)
        finally:
            write(kind, before)
