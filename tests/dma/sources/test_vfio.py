"""What the kernel says of an IOMMU's addresses. Memory behind one is tested in the guest: tests/pci/guest."""

from __future__ import annotations

import os
import struct

import pytest

import hal
from hal.dma.sources.vfio import VfioMemory, ranges_in, ranges_of

WITHOUT_ANSWER = [(0, 0xFEDF_FFFF), (0xFEF0_0000, 2**64 - 1)]


def answer(*capabilities, flags=2):
    """As the kernel's: a head, then a chain of capabilities, each (id, version, bytes)."""
    body, places, place = b"", [], 24
    for _, _, data in capabilities:
        places.append(place)
        place += 8 + len(data)
    for (kind, version, data), following in zip(capabilities, [*places[1:], 0], strict=False):
        body += struct.pack("=HHI", kind, version, following) + data
    return (struct.pack("=IIQII", 4096, flags, 0x1000, places[0] if places else 0, 0) + body).ljust(4096, b"\0")


def ranges(*pairs):
    return 1, 1, struct.pack("=II", len(pairs), 0) + b"".join(struct.pack("=QQ", *pair) for pair in pairs)


def test_ranges_are_found_in_the_chain():
    pairs = [(0, 0xFEDF_FFFF), (0xFEF0_0000, 0x7F_FFFF_FFFF)]
    assert ranges_in(answer((2, 1, bytes(16)), ranges(*pairs), (3, 1, bytes(8)))) == pairs


@pytest.mark.parametrize(
    "told", [answer(), answer((2, 1, bytes(16))), answer(ranges((0, 1)), flags=0), b"\xff" * 4096], ids=range(4)
)
def test_other_answers_have_none(told):
    assert ranges_in(told) == []


def test_a_chain_without_end_ends():
    told = bytearray(answer((2, 1, bytes(16)), (3, 1, bytes(16))))
    struct.pack_into("=I", told, 24 + 24 + 4, 24)
    assert ranges_in(bytes(told)) == []


def test_files_that_are_not_vfios_are_told():
    with open(os.devnull, "rb") as null:  # noqa: PTH123  (a descriptor is needed)
        assert ranges_of(null.fileno()) == WITHOUT_ANSWER
        files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        with pytest.raises(hal.DmaError, match=r"0000:17:00\.0 does not answer through VFIO"):
            VfioMemory(null.fileno(), null.fileno(), 7, "0000:17:00.0").allocate(64, "both", 64)
        assert len(os.listdir("/proc/self/fd")) == files  # noqa: PTH208
