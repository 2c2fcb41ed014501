"""Devices of the module u-dma-buf, as files of its shape."""

from __future__ import annotations

import pytest

import hal
from hal.dma.sources.udmabuf import Udmabuf

SIZES = {"udmabuf0": 0x4000, "udmabuf1": 0x1000}


@pytest.fixture
def machine(tmp_path):
    """With two devices, the second smaller."""
    for number, (name, size) in enumerate(SIZES.items()):
        facts = tmp_path / "class" / "u-dma-buf" / name
        facts.mkdir(parents=True)
        (facts / "size").write_text(f"{size}\n")
        (facts / "phys_addr").write_text(f"0x{0x7000_0000 + 0x10_0000 * number:016x}\n")
        (facts / "dma_coherent").write_text(f"{number}\n")
        (tmp_path / name).write_bytes(b"\xaa" * size)
    return tmp_path


def source(machine):
    return Udmabuf(machine, machine)


def test_the_smallest_free_device_that_is_large_enough(machine):
    first, second = source(machine).allocate(0x800, "both", 64), source(machine).allocate(0x800, "both", 64)
    assert (first.address, second.address) == (0x7010_0000, 0x7000_0000)
    assert first.memory[:] == bytes(0x1000)
    with pytest.raises(hal.DmaError, match="udmabuf0: in use"):
        source(machine).allocate(0x1001, "both", 64)
    second.memory[:2] = b"hi"
    assert (machine / "udmabuf0").read_bytes()[:3] == b"hi\0"
    second.free()
    second.memory.close()
    third = source(machine).allocate(0x1001, "both", 64)
    assert third.address == 0x7000_0000
    for pinned in (first, third):
        pinned.free()
        pinned.memory.close()


def test_memory_that_is_viewed_stays_taken(machine):
    pinned = source(machine).allocate(0x2000, "both", 64)
    pinned.free()
    with pytest.raises(hal.DmaError, match="in use"):
        source(machine).allocate(0x2000, "both", 64)
    pinned.memory.close()
    source(machine).allocate(0x2000, "both", 64).free()


def test_caches_are_synchronised_where_the_card_does_not_see_them(machine):
    coherent, other = source(machine).allocate(1, "c2h", 64), source(machine).allocate(1, "c2h", 64)
    assert coherent.sync is None
    other.sync(0x40, 0x80, True)
    facts = machine / "class" / "u-dma-buf" / "udmabuf0"
    written = {path.name: path.read_text() for path in facts.glob("sync_*")}
    assert written == {"sync_offset": "64", "sync_size": "128", "sync_direction": "2", "sync_for_device": "1"}
    other.sync(0, 1, False)
    assert (facts / "sync_for_cpu").read_text() == "1"


def test_what_is_missing_is_told(machine, tmp_path):
    with pytest.raises(hal.DmaError, match="not loaded"):
        Udmabuf(tmp_path / "none", tmp_path).allocate(1, "both", 64)
    with pytest.raises(hal.DmaError, match=r"none of 2 devices lies below 2\*\*30"):
        source(machine).allocate(1, "both", 30)
    with pytest.raises(hal.DmaError, match="the largest of 2 devices has 16384 bytes"):
        source(machine).allocate(0x4001, "both", 64)
    for name in SIZES:
        (machine / name).unlink()
    with pytest.raises(hal.DmaError, match="udmabuf1: No such file"):
        source(machine).allocate(1, "both", 64)
