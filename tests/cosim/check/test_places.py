"""A design's registers by bus words."""

from __future__ import annotations

from hal.cosim.check.places import places_of
from tests.support.dut import load_class

MAP = """
schema: 1
name: dut
registers:
  a: {offset: 0x0, width: 64, access_width: 32, reset: 0x1122334455667788, fields: {lo: {bits: "39:8"}}}
  b: {offset: 0x8, width: 8, fields: {n: {bits: "3:0", reset: 5}}}
  c: {offset: 0xA, width: 16, reset: 0xABCD}
  d: {offset: 0x10, count: 2, stride: 0x8, access: ro, volatile: true}
  e: {offset: 0x30, count: 2, stride: 0x4, fields: {go: {bits: 0, pulse: true}, keep: {bits: 4}}}
memories:
  ram: {offset: 0x40, size: 32, access: ro}
"""


def test_words_and_holes():
    places = places_of(load_class(MAP)._design)
    words = {word.offset: word for word in places.words}
    assert sorted(words) == [0x0, 0x4, 0x8, 0x10, 0x18, 0x30, 0x34]
    low, high = words[0x0].slices[0], words[0x4].slices[0]
    assert (low.path, low.mask, low.reset) == ("a.lo", 0xFFFFFF00, 0x55667700)
    assert (high.path, high.mask, high.reset) == ("a.lo", 0xFF, 0x44)
    assert words[0x8].register == "b, c"
    assert [(part.path, part.mask, part.reset) for part in words[0x8].slices] == [
        ("b.n", 0xF, 5),
        ("c.value", 0x00FF0000, 0x00CD0000),
        ("c.value", 0xFF000000, 0xAB000000),
    ]
    assert words[0x10].moving == 0xFFFFFFFF
    assert [part.pulse for part in words[0x34].slices] == [True, False]
    assert [(memory.path, memory.access) for memory in places.memories] == [("ram", "ro")]
    assert [offset for _, offset in places.holes] == [0xC, 0x14, 0x1C, 0x2C, 0x38, 0x3C, 0x60, 0x80]


ALIASES = """
schema: 1
name: dut
registers:
  each: {offset: 0x0, count: 2, reset: [1, 2]}
  wide: {offset: 0x8, width: 64, access_width: 32, fields: {a: {bits: "39:24"}, busy: {bits: 48, access: ro, hw: write}}}
  acts:
    offset: 0x10
    width: 64
    access_width: 32
    fields:
      a: {bits: "15:0", access: {read: none, write: one_sets}, alias: wide.a}
      own: {bits: 20}
  each_set: {offset: 0x18, count: 2, alias: each, access: w1s}
"""


def test_aliases_are_linked_with_what_they_act_on():
    words = {word.offset: word for word in places_of(load_class(ALIASES)._design).words}
    assert [(word.offset, word.slices[0].reset) for word in words.values() if word.register.startswith("each[")] == [
        (0, 1),
        (4, 2),
    ]
    acts = words[0x10]
    assert [(link.word.offset, link.part.mask, link.mask, link.shift) for link in acts.links] == [
        (0x8, 0xFF000000, 0x00FF, -24),
        (0xC, 0x000000FF, 0xFF00, 8),
    ]
    assert [path for path, _, _ in acts.fields()] == ["acts.own", "acts.a", "acts.a"]
    assert acts.targets == [words[0x8], words[0xC]]
    assert [link.word.register for link in words[0x1C].links] == ["each[1]"]
    words = {word.offset: word for word in places_of(load_class(ALIASES)._design, ["wide"]).words}
    assert (words[0x10].links, words[0x10].skipped) == ([], "the register that it acts on is left out")
