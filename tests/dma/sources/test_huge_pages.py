"""Physical addresses: of this process where root may see them, else of a file that stands for pagemap."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import pytest

import hal
from hal._binding.sdk.host_memory import place_of
from hal.dma.sources.available import translated
from hal.dma.sources.huge_pages import PAGEMAP, HugePages, first_of_run, physical_addresses

FREE = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
PRESENT = 1 << 63


def pagemap_of(path, entries):
    """A sparse file with these entries, by page number."""
    with path.open("wb") as file:
        for page, entry in entries.items():
            file.seek(8 * page)
            file.write(entry.to_bytes(8, "little"))
    return path


def test_each_page_is_looked_up(tmp_path):
    pagemap = pagemap_of(tmp_path / "pagemap", {5: PRESENT | 0x123, 517: PRESENT | 1 << 55 | 0x7F_FFFF_FFFF})
    assert physical_addresses(5 * 4096, 2, 512 * 4096, pagemap) == [0x123000, 0x7F_FFFF_FFFF << 12]


@pytest.mark.parametrize(
    ("entry", "told"), [(PRESENT, "to root alone: run as root"), (0x123, "is not in memory"), (0, "is not in memory")]
)
def test_what_is_not_told_is_an_error(tmp_path, entry, told):
    pagemap = pagemap_of(tmp_path / "pagemap", {1: entry})
    with pytest.raises(hal.DmaError, match=told):
        physical_addresses(4096, 1, 4096, pagemap)


def test_a_missing_pagemap_is_told(tmp_path):
    with pytest.raises(hal.DmaError, match="can't be read: No such file"):
        physical_addresses(4096, 1, 4096, tmp_path / "none")


def test_this_process_is_found_in_the_machines_memory():
    """Two views of one page have one physical address, which is a multiple of the page's size."""
    if os.geteuid():
        pytest.skip("physical addresses are told to root alone")
    with mmap.mmap(-1, 4096) as page:
        page[0] = 1
        try:
            found = physical_addresses(place_of(page), 1, 4096, PAGEMAP)
        except hal.DmaError as problem:
            pytest.skip(str(problem))
        assert found[0] > 0
        assert found[0] % 4096 == 0


def test_huge_pages_have_one_address():
    try:
        pinned = HugePages().allocate(1 << 20, "both", 64)
    except hal.DmaError as problem:
        assert FREE.exists() is False or FREE.read_text().strip() == "0" or os.geteuid(), problem
        assert "hugepages-2048kB/nr_hugepages" in str(problem) or "run as root" in str(problem)
        pytest.skip(str(problem))
    assert pinned.address % (2 << 20) == 0
    pinned.memory[:4] = b"abcd"
    pinned.free()
    pinned.memory.close()


def test_pages_apart_are_not_one_buffer(tmp_path):
    assert first_of_run([0x200000, 0x400000], 0x200000) == 0x200000
    with pytest.raises(hal.DmaError, match="do not lie one behind the other"):
        first_of_run([0x200000, 0x600000], 0x200000)
    assert first_of_run([0xE00000], 0x200000, 24) == 0xE00000
    with pytest.raises(hal.DmaError, match=r"lie at 0xe00000, not below 2\*\*24"):
        first_of_run([0xE00000, 0x1000000], 0x200000, 24)


@pytest.mark.parametrize(
    ("kind", "told"),
    [(None, ""), ("identity", ""), ("DMA-FQ", "behind an IOMMU (group type DMA-FQ): bind it to vfio-pci")],
)
def test_physical_addresses_are_of_no_use_behind_an_iommu(tmp_path, kind, told):
    function = tmp_path / "bus" / "pci" / "devices" / "0000:34:00.0"
    function.mkdir(parents=True)
    if kind is not None:
        (function / "iommu_group").mkdir()
        (function / "iommu_group" / "type").write_text(f"{kind}\n")
    assert translated("0000:34:00.0", tmp_path).endswith(told)
    assert bool(translated("0000:34:00.0", tmp_path)) == bool(told)
