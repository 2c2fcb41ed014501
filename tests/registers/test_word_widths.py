"""Memories whose words are no bus words: what each access takes, what it keeps, and what is refused."""

from __future__ import annotations

import threading
from array import array

import numpy as np
import pytest

import hal
from hal.emulator.design_text import design_text
from tests.support.cards import on_card
from tests.support.dut import load_class

MAP = """
schema: 1
name: dut
types:
  pair: {size: 2, registers: {low: {offset: 0, width: 8}, high: {offset: 1, width: 8}}}
  row: {size: 16, registers: {a: {offset: 0, width: 64}, b: {offset: 8}}}
memories:
  halves: {offset: 0x0, size: 16, width: 16}
  singles: {offset: 0x10, size: 8, width: 8, access_width: 32}
  words: {offset: 0x18, size: 16, width: 32, access_width: 64}
  pairs: {offset: 0x28, size: 8, width: 16, access_width: 8}
  wides: {offset: 0x34, size: 64, width: 128}
  lines: {offset: 0x78, size: 256, width: 512, access_width: 64, access: ro}
  told: {offset: 0x178, size: 64, width: 256, access: wo}
  small: {offset: 0x200, entry: pair, count: 8, width: 16}
  rows: {offset: 0x240, entry: row, count: 4, width: 128}
  banks: {offset: 0x300, size: 32, width: 128, count: 2, stride: 64}
"""


@pytest.fixture
def dut(slot):
    with on_card(slot, load_class(MAP)) as device:
        yield device


def test_a_wide_word_is_its_bus_words_in_order(dut, bus):
    word = 0x44444444_33333333_22222222_11111111
    parts = [(0x44, 0x11111111), (0x48, 0x22222222), (0x4C, 0x33333333), (0x50, 0x44444444)]
    assert bus(lambda: dut.wides.__setitem__(1, word)) == [("w", at, 32, part) for at, part in parts]
    assert bus(lambda: dut.wides[1]) == [("r", at, 32, part) for at, part in parts]
    assert dut.wides[0:3] == dut.wides.read(0, 3) == [0, word, 0]
    assert bus(lambda: dut.lines[3]) == [("r", 0x138 + 8 * at, 64, 0) for at in range(8)]
    assert len(bus(lambda: dut.told.write(0, [1]))) == 8


def test_a_part_of_a_bus_word_keeps_the_rest(dut, bus):
    dut.halves.write(0, [0x1111, 0x2222, 0x3333, 0x4444])
    assert bus(lambda: dut.halves[1]) == [("r", 0x0, 32, 0x22221111)]
    assert bus(lambda: dut.halves.__setitem__(1, 0xABCD)) == [("r", 0x0, 32, 0x22221111), ("w", 0x0, 32, 0xABCD1111)]
    assert bus(lambda: dut.halves.__setitem__(slice(1, 4), [1, 2, 3])) == [
        ("r", 0x0, 32, 0xABCD1111),
        ("w", 0x0, 32, 0x00011111),
        ("w", 0x4, 32, 0x00030002),
    ]
    assert bus(lambda: dut.halves.write(0, [1, 2, 3])) == [
        ("w", 0x0, 32, 0x00020001),
        ("r", 0x4, 32, 0x00030002),
        ("w", 0x4, 32, 0x00030003),
    ]
    assert bus(lambda: dut.singles.__setitem__(slice(1, 3), b"ab"))[1] == ("w", 0x10, 32, 0x00626100)
    assert bus(lambda: dut.words.__setitem__(1, 5)) == [("r", 0x18, 64, 0), ("w", 0x18, 64, 5 << 32)]
    assert bus(lambda: dut.pairs.__setitem__(1, 0x0201)) == [("w", 0x2A, 8, 1), ("w", 0x2B, 8, 2)]


def test_integers_bytes_and_numpy(dut):
    words = [(1 << 128) - 1, 0, 1 << 64, 5]
    dut.wides.write(0, words)
    raw = bytearray(64)
    dut.wides.readinto(raw)
    assert bytes(raw) == b"".join(word.to_bytes(16, "little") for word in words)
    table = np.zeros((4, 2), np.uint64)
    dut.wides.readinto(table.view(np.uint8))
    assert table.tolist() == [[(1 << 64) - 1, (1 << 64) - 1], [0, 0], [0, 1], [5, 0]]
    dut.wides.write(0, (table + np.uint64(1)).view(np.uint8))
    assert list(dut.wides) == [0, 1 + (1 << 64), 1 + (2 << 64), 6 + (1 << 64)]
    dut.wides.fill((1 << 100) + 1, 2, 2)
    assert dut.wides[-2:] == [(1 << 100) + 1] * 2
    dut.wides[0] = np.uint32(7)
    dut.wides[1] = True
    assert (dut.wides[0], dut.wides[1]) == (7, 1)
    dut.wides.write(0, array("I", [1, 2]))  # integers go by value
    assert dut.wides[0:2] == [1, 2]
    dut.halves.write(0, np.array([-1, 2], np.int16))
    assert dut.halves.read() == array("H", [0xFFFF, 2, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("action", "error", "told"),
    [
        (lambda d: d.wides.write(0, [0, 1 << 128]), hal.FieldValueError, "item 1, .* does not fit its 128-bit words; nothi"),
        (lambda d: d.wides.write(0, bytes(24)), hal.FieldValueError, "24 bytes is no whole number of 128-bit words"),
        (lambda d: d.wides.readinto(array("Q", [0, 0])), hal.FieldTypeError, "array of uint64 can't hold every 128-bit word; use bytes"),
        (lambda d: d.wides.__setitem__(0, 1 << 128), hal.FieldValueError, "out of range"),
        (lambda d: d.wides.__setitem__(0, -1), hal.FieldValueError, "out of range"),
        (lambda d: d.wides.__setitem__(0, "1"), hal.FieldTypeError, "not str"),
        (lambda d: d.wides.write(0, [1.0]), hal.FieldTypeError, "item 0 is an integer"),
        (lambda d: d.wides[4], IndexError, "index 4 is outside of its 4 words"),
        (lambda d: d.wides.write(3, [1, 2]), hal.AddressError, "words 3 to 4 are outside of its 4 words"),
        (lambda d: d.halves.write(0, [1 << 16]), hal.FieldValueError, "does not fit its 16-bit words"),
        (lambda d: d.halves.readinto(bytearray(3)), hal.FieldValueError, "3 bytes is no whole number of 16-bit words"),
        (lambda d: d.lines.__setitem__(0, 1), hal.AccessError, "lines .* is read-only"),
        (lambda d: d.told[0], hal.AccessError, "told .* is write-only"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_before_anything_is_accessed(dut, bus, action, error, told):
    def attempt():
        with pytest.raises(error, match=told):
            action(dut)

    assert bus(attempt) == []


def test_classes_and_widths(dut):
    facts = [(type(memory), memory.width, memory.access_width, len(memory)) for memory in dut.memories()][:7]
    assert facts == [
        (hal.Memory, 16, 32, 8),
        (hal.Memory, 8, 32, 8),
        (hal.Memory, 32, 64, 4),
        (hal.Memory, 16, 8, 4),
        (hal.WideMemory, 128, 32, 4),
        (hal.ReadOnlyWideMemory, 512, 64, 4),
        (hal.WriteOnlyMemory, 256, 32, 2),
    ]
    assert repr(dut.wides) == "<WideMemory dut.wides (app BAR 0, 0x34): 4 words of 128 bits>"
    assert type(hal.memory(0, 32, width=128).kind) is type
    assert hal.memory(0, 32, width=16).access_width == hal.memory_wo(0, 32, width=512).access_width == 32


def test_batches_take_the_same_steps(dut, bus):
    def several():
        batch = dut.batch()
        with batch as view:
            view.wides[0] = 1 << 96
            view.halves[1:4] = [7, 8, 9]
            view.singles[1] = 0xFF
            assert len(batch) == 4 + 2 + 1

    seen = bus(several)
    writes = [(at, value) for way, at, _, value in seen if way == "w"]
    assert writes == [(0x34, 0), (0x38, 0), (0x3C, 0), (0x40, 1), (0x0, 7 << 16), (0x4, 9 << 16 | 8), (0x10, 0xFF00)]
    assert [at for way, at, *_ in seen if way == "r"] == [0x0, 0x10]
    with pytest.raises(hal.BatchError), dut.batch() as view:
        view.halves[0]


def test_entries_and_arrays(dut, bus):
    dut.small[1].high.value = 0xAB
    assert bus(dut.small[3:6].read) == [
        ("r", 0x204, 32, 0),
        ("r", 0x208, 32, 0),
    ]
    records = dut.small[0:3].read()
    records["low"] = [1, 2, 3]
    dut.small[0:3].write(records)
    assert [(entry.low.value, entry.high.value) for entry in (dut.small[i] for i in range(4))] == [
        (1, 0), (2, 0xAB), (3, 0), (0, 0),
    ]  # fmt: skip
    dut.rows[2].a.value = 1 << 40
    assert dut.rows.words[2] == 1 << 40
    dut.banks[1][1] = 3 << 120
    assert (dut.banks[1].read(), dut.banks[0].read()) == ([0, 3 << 120], [0, 0])


def test_threads_lose_no_part_of_a_bus_word(dut):
    def count(place):
        for number in range(300):
            dut.halves[place] = number

    threads = [threading.Thread(target=count, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert dut.halves[0:2].tolist() == [299, 299]


def test_all_ones_are_written_back_only_where_the_card_answers(dut, slot):
    dut.halves.fill(0xFFFF)
    dut.halves[0] = 1
    assert dut.halves[0:2].tolist() == [1, 0xFFFF]
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError, match="nobody"):
        dut.halves[0] = 2
    slot.emulator.fault("")
    assert dut.halves[0:2].tolist() == [1, 0xFFFF]


def test_what_a_card_holds_is_saved_told_and_restored(dut):
    dut.wides[1], dut.halves[3] = 1 << 127, 0xBEEF
    before = dut.snapshot(memories=True)
    dut.wides[1], dut.halves[3] = 2, 0xBEE0
    told = {str(one.path): (one.old, one.new) for one in before.diff(dut.snapshot(memories=True))}
    assert told == {"halves[3]": (0xBEEF, 0xBEE0), "wides[1]": (1 << 127, 2)}
    left = dut.restore(before)
    assert (left, dut.wides[1], dut.halves[3]) == (["lines"], 1 << 127, 0xBEEF)


def test_the_card_has_bus_words(dut):
    lines = design_text(type(dut)._design).splitlines()
    assert "mem 0x0 0x10 32 rw" in lines
    assert "mem 0x34 0x40 32 rw" in lines
    assert "mem 0x78 0x100 64 ro" in lines
    assert type(dut)._design.locate((0, 0), 0x48) == "wides[1]"
