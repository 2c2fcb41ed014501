"""Addresses below an IOMMU, against what they must never do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hal
from hal.dma.sources.addresses import AddressSpace

PAGE = 4096
RANGES = [(0, 0xFEDF_FFFF), (0xFEF0_0000, 0x7F_FFFF_FFFF)]


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.sampled_from([24, 28, 32, 36, 37, 39, 64]), st.booleans()), max_size=40)
)
def test_what_is_taken_is_apart_inside_and_within_the_bits(steps):
    space, taken = AddressSpace(), {}
    for pages, bits, gives_back in steps:
        size = pages * PAGE
        try:
            first = space.take(size, bits, RANGES)
        except hal.DmaError:
            assert bits == 24  # the only ones that so much may fill
            continue
        assert first % PAGE == 0
        assert first + size <= 1 << bits
        assert any(low <= first and first + size - 1 <= high for low, high in RANGES)
        assert all(first + size + PAGE <= other or other + its + PAGE <= first for other, its in taken.items())
        taken[first] = size
        if gives_back:
            place = sorted(taken)[len(taken) // 2]
            space.give_back(place)
            del taken[place]


def test_an_address_is_given_again_as_late_as_can_be():
    space, seen = AddressSpace(), []
    for _ in range(100):
        seen.append(space.take(PAGE, 64, RANGES))
        space.give_back(seen[-1])
    assert len(set(seen)) == 100
    assert seen[0] == 1 << 36


def test_all_room_is_used_and_its_end_is_told():
    space = AddressSpace()
    ranges = [(0x10_0000, 0x10_0000 + 4 * PAGE - 1)]
    first = space.take(PAGE, 24, ranges)
    assert space.take(2 * PAGE, 24, ranges) == first + 2 * PAGE
    with pytest.raises(hal.DmaError, match="no address of 24 bits is free for 4096 bytes"):
        space.take(PAGE, 24, ranges)
    space.give_back(first)
    assert space.take(PAGE, 24, ranges) == first
