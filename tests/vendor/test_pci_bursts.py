"""FpgaPCI: many words at once."""

from __future__ import annotations

import ctypes
from array import array

import numpy as np
import pytest

import hal
from tests.vendor.refusals import refused

AFI = "agfi-080817d089f3cd2ed"  # cl_mem_perf

DDR = 0x1000

WORDS = [1, 0xFFFF_FFFF, 0, 0x1234_5678]

BUFFERS = {
    "list": WORDS,
    "tuple": tuple(WORDS),
    "generator": None,
    "array": array("I", WORDS),
    "numpy": np.array(WORDS, dtype=np.uint32),
    "numpy of 64 bits": np.array(WORDS),
    "numpy of the other order": np.array(WORDS, dtype=">u4"),
    "numpy of two dimensions": np.array(WORDS, dtype=np.uint32).reshape(2, 2),
    "numpy signed": np.array(WORDS, dtype=np.uint32).view(np.int32),
    "bytes": array("I", WORDS).tobytes(),
    "bytearray": bytearray(array("I", WORDS)),
    "memoryview": memoryview(array("I", WORDS)),
}


@pytest.mark.parametrize("kind", BUFFERS)
def test_burst_of_all_that_holds_words(slot, pci, pcis, kind):
    data = BUFFERS[kind] if kind != "generator" else iter(WORDS)
    with slot.emulator.trace() as trace:
        pci.pci_write_burst(handle=pcis, offset=DDR, data=data, dword_len=4)
    assert [pci.pci_peek(pcis, DDR + 4 * i) for i in range(4)] == WORDS
    assert [str(access) for access in trace] == [
        f"write app BAR 4 {DDR + 4 * i:#x} 32 bits {word:#x}" for i, word in enumerate(WORDS)
    ]


def test_burst_at_any_place_in_memory(pci, pcis):
    data = b"x" + array("I", WORDS).tobytes()
    pci.pci_write_burst(pcis, DDR, memoryview(data)[1:], 4)
    assert [pci.pci_peek(pcis, DDR + 4 * i) for i in range(4)] == WORDS


def test_burst_of_a_part_and_of_all(pci, pcis):
    pci.pci_write_burst(pcis, DDR, WORDS, 2)
    assert [pci.pci_peek(pcis, DDR + 4 * i) for i in range(3)] == [*WORDS[:2], 0]
    pci.pci_write_burst(pcis, DDR, WORDS)
    assert [pci.pci_peek(pcis, DDR + 4 * i) for i in range(4)] == WORDS


def test_burst_of_nothing(slot, pci, pcis):
    with slot.emulator.trace() as trace:
        pci.pci_write_burst(pcis, DDR, [], 0)
        pci.pci_write_burst(pcis, DDR, b"", 0)
        pci.pci_write_burst(pcis, DDR, WORDS, 0)
        pci.pci_memset(pcis, DDR, 1, 0)
    assert trace == []


BAD_BURSTS = [
    (WORDS, 5, ValueError, "dword_len is 5, but data holds 4 words"),
    (WORDS, 5, IndexError, "dword_len is 5, but data holds 4 words"),
    (b"\0" * 8, 3, ValueError, "dword_len is 3, but data holds 2 words"),
    (WORDS, -1, OverflowError, "dword_len"),
    (WORDS, 1 << 64, OverflowError, "dword_len"),
    (WORDS, 1 << 63, ValueError, "but data holds 4 words"),
    (WORDS, 1.0, TypeError, "dword_len is a whole number"),
    ([1, 1 << 32], 2, OverflowError, r"data\[1\] is 0x100000000"),
    ([-1], 1, OverflowError, r"data\[0\]"),
    ([1.5], 1, TypeError, r"data\[0\] is a whole number"),
    (b"\0" * 6, 1, ValueError, "6 bytes"),
    (np.zeros(4, dtype=np.float32), 4, TypeError, "data: ndarray of float32 is neither bytes nor integers"),
    (np.array([1, 1 << 32]), 2, ValueError, "data: item 1, 4294967296, does not fit"),
    (np.array([1, -1]), 2, ValueError, "data: item 1, -1, does not fit"),
    (np.zeros(8, dtype=np.uint32)[::2], 4, TypeError, "contiguous"),
    (7, 1, TypeError, "data is a list or a buffer"),
    (None, 1, TypeError, "data is a list or a buffer"),
    ("word", 4, TypeError, r"data\[0\] is a whole number"),
]


@pytest.mark.parametrize(("data", "count", "kind", "match"), BAD_BURSTS)
def test_bursts_that_are_refused_whole(slot, pci, pcis, data, count, kind, match):
    with slot.emulator.trace() as trace:
        refused(lambda: pci.pci_write_burst(pcis, DDR, data, count), kind, match)
    assert trace == []


def test_a_burst_over_the_end_writes_nothing(pci):
    handle = pci.pci_attach(0, 0, 2, 0)
    end = 64 << 10
    refused(lambda: pci.pci_write_burst(handle, end - 8, WORDS, 3), hal.AddressError, "past the end")
    refused(lambda: pci.pci_memset(handle, end - 8, 7, 3), hal.AddressError, "past the end")
    refused(lambda: pci.pci_memset(handle, 0, 7, (1 << 64) - 1), hal.AddressError, "past the end")
    assert pci.pci_peek64(handle, end - 8) == 0
    pci.pci_write_burst(handle, end - 8, WORDS, 2)
    assert pci.pci_peek64(handle, end - 8) == 0xFFFF_FFFF_0000_0001


def test_memset(pci, pcis):
    assert pci.pci_memset(handle=pcis, offset=DDR, value=0xA5A5_A5A5, dword_len=3) is None
    assert [pci.pci_peek(pcis, DDR + 4 * i) for i in range(4)] == [0xA5A5_A5A5] * 3 + [0]
    for value in (-1, 1 << 32):
        refused(lambda value=value: pci.pci_memset(pcis, DDR, value, 1), OverflowError, "value")
    for count in (-1, 1 << 64):
        refused(lambda count=count: pci.pci_memset(pcis, DDR, 0, count), OverflowError, "dword_len")


def test_the_address_of_memory(pci, pcis):
    pci.pci_poke(pcis, DDR, 0x600D_F00D)
    address = pci.pci_get_address(handle=pcis, offset=DDR, dword_len=2)
    assert ctypes.c_uint32.from_address(address).value == 0x600D_F00D


def test_the_length_of_an_address_is_in_bytes(pci):
    """As in the library, whatever the argument is called."""
    handle = pci.pci_attach(0, 0, 2, 0)
    size = 64 << 10
    assert pci.pci_get_address(handle, 0, size) > 0
    assert pci.pci_get_address(handle, size - 1, 1) > 0
    refused(lambda: pci.pci_get_address(handle, 0, size + 1), hal.AddressError, "past the end")
    refused(lambda: pci.pci_get_address(handle, 0, (1 << 64) - 1), hal.AddressError, "past the end")
    refused(lambda: pci.pci_get_address(handle, 0, -1), OverflowError, "dword_len")
