"""Words of a memory as a map can have them, and what is said of those that it can't."""

from __future__ import annotations

import pytest

from codegen.importers.described.description import Memory, Origin
from codegen.importers.described.remarks import Remarks
from codegen.importers.settled.memory_settling import settle_words

HERE = Origin("a.txt", 3)


def settled(width, size, grain, access="rw"):
    memory, remarks = Memory("m", HERE, size=size, width=width, access=access), Remarks()
    settle_words(memory, "dut.m", grain, remarks)
    return memory.width, memory.access_width, [remark.message for remark in remarks.all]


@pytest.mark.parametrize("width", [8, 16, 32, 64, 128, 256, 512])
def test_words_of_every_width_stay(width):
    assert settled(width, 128, 64) == (width, None, [])


@pytest.mark.parametrize(
    ("given", "width", "access_width", "told"),
    [
        ((24, 48, 16), 32, None, "words of 24 bits are of 32 here"),
        ((16, 6, 2), 16, 8, "words of 16 bits that can't be parts of bus words are accessed by bytes"),
        ((16, 8, 4, "wo"), 16, 8, "words of 16 bits that can't be parts of bus words are accessed by bytes"),
        ((16, 7, 1), 8, None, "0x7 bytes at 0x0 are no words of 16 bits: it is of bytes"),
        ((32, 64, 2), 8, None, "0x40 bytes at 0x0 are no words of 32 bits: it is of bytes"),
        ((128, 24, 8), 32, None, "0x18 bytes at 0x0 are no words of 128 bits: it is of words of 32 bits"),
        ((128, 32, 2), 8, None, "0x20 bytes at 0x0 are no words of 128 bits: it is of bytes"),
    ],
)
def test_what_a_map_can_not_have_is_changed_and_said(given, width, access_width, told):
    assert settled(*given) == (width, access_width, [told])
