"""Wide registers in words."""

from __future__ import annotations

import codegen
from codegen.views.reference import device_model
from codegen.views.told.bus_words import in_words

MAP = """\
schema: 1
name: dut
registers:
  wide:
    offset: 0
    width: 96
    access_width: 32
    endian: {endian}
    fields:
      low: {{bits: 7:0, reset: 5}}
      over: {{bits: 39:28, reset: 0xABC, format: signed}}
      bit: {{bits: 64, count: 3, stride: 8, reset: [1, 0, 1]}}
"""


def words(endian):
    (register,) = device_model(codegen.loads(MAP.format(endian=endian))).registers
    return in_words(register, 32)


def test_a_field_is_a_part_in_each_word_that_it_reaches():
    found = {
        word.name: [(part.name, part.msb, part.lsb, part.mask, part.reset, part.kind) for part in word.fields]
        for word in words("little")
    }
    assert found == {
        "word0": [("low", 7, 0, 0xFF, 5, "unsigned"), ("over", 31, 28, 0xF000_0000, 0xC, "unsigned")],
        "word1": [("over", 7, 0, 0xFF, 0xAB, "unsigned")],
        "word2": [
            ("bit[0]", 0, 0, 1, 1, "unsigned"),
            ("bit[1]", 8, 8, 1 << 8, 0, "unsigned"),
            ("bit[2]", 16, 16, 1 << 16, 1, "unsigned"),
        ],
    }


def test_words_lie_as_the_map_says():
    assert [word.offset for word in words("little")] == [0, 4, 8]
    assert [word.offset for word in words("big")] == [8, 4, 0]
