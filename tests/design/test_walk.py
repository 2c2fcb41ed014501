"""The walk over a driver's declarations, and memories of every shape."""

from __future__ import annotations

from array import array

import pytest

import hal
from hal import walk
from tests.support.cards import on_card
from tests.support.dut import load_class

MEMORIES = """
{schema: 1, name: dut, afi: {ids: [agfi-0fedcba9876543210]},
 memories: {
  bytes: {offset: 0x100, size: 16, width: 8}, words: {offset: 0x200, size: 64}, quads: {offset: 0x300, size: 64, width: 64},
  rom: {offset: 0x400, size: 16, access: ro}, sink: {offset: 0x500, size: 16, access: wo}},
 blocks: {pcis: {space: {pf: app, bar: 4}, offset: 0, memories: {
   huge: {offset: 0, size: 64GiB}, last: {offset: 0x1FFFFFF000, size: 4KiB, width: 64}}}}}
"""


@pytest.fixture
def memories(slot):
    kind = load_class(MEMORIES)
    with on_card(slot, kind) as device:
        yield device


def test_walk_tells_everything_and_reads_nothing(dut, bus):
    rows = []
    assert bus(lambda: rows.extend(dut.walk())) == []
    by_path = {row.path: row for row in rows}
    assert [row.path for row in rows][:3] == ["ctrl", "single", "out"]
    ctrl = by_path["ctrl"]
    assert (ctrl.kind, ctrl.space, ctrl.address, ctrl.width, ctrl.size) == ("register", "app BAR 0", 0, 32, 4)
    assert (ctrl.access, ctrl.reset, ctrl.description) == ("rw/w1c/w0s", 0x205, "Register ctrl.")
    mode = ctrl.fields[-1]
    assert (mode.path, mode.msb, mode.lsb, mode.kind, mode.members) == (
        "ctrl.mode",
        18,
        16,
        "enum",
        {"OFF": 0, "ON": 1, "FAST": 5},
    )
    assert (mode.plan, mode.access, mode.reset, ctrl.fields[0].reset) == ("modify", "rw", 0, 5)
    assert by_path["fragile"].fields[0].refused.startswith("b must be read back")
    assert by_path["dots[3]"].address == 0x118
    assert (by_path["side.r"].space, by_path["side.r"].address) == ("mgmt BAR 4", 0x40)
    ram = by_path["bulk.ram"]
    assert (ram.kind, ram.address, ram.size, ram.width, ram.access) == ("memory", 0x1000, 4096, 32, "rw")


def test_walk_of_a_class_and_of_a_block_agree(dut, driver):
    assert list(walk(driver)) == list(dut.walk())
    assert [row.path for row in dut.bulk.walk()] == ["bulk.doorbell", "bulk.ram"]


def test_every_place_is_found_by_its_address(dut, driver):
    for row in dut.walk():
        suffix = "[0]" if row.kind == "memory" else ""
        assert driver._design.locate((row.pf, row.bar), row.address) == row.path + suffix
    assert driver._design.locate((0, 0), 0x104) == ""
    assert driver._design.locate((0, 0), 0x200) == ""
    assert driver._design.locate((0, 2), 0) == ""
    assert driver._design.locate((0, 4), 0x1FFF) == "bulk.ram[1023]"


def test_words_of_8_32_and_64_bits(memories, bus):
    for name, width, at in (("bytes", 8, 0x100), ("words", 32, 0x200), ("quads", 64, 0x300)):
        memory = getattr(memories, name)
        top = (1 << width) - 1
        assert bus(lambda memory=memory, top=top: memory.write(1, [top, 2])) == [
            ("w", at + width // 8, width, top),
            ("w", at + 2 * width // 8, width, 2),
        ]
        assert bus(lambda memory=memory: memory[1]) == [("r", at + width // 8, width, top)]
        assert list(memory[0:4]) == [0, top, 2, 0]
        memory[-1] = 7
        assert memory[len(memory) - 1] == 7


def test_access_is_held(memories, bus):
    def refused():
        with pytest.raises(hal.AccessError, match="read-only"):
            memories.rom[0] = 1
        with pytest.raises(hal.AccessError, match="write-only"):
            memories.sink[0]
        with pytest.raises(AttributeError):
            memories.rom.write(0, [1])
        with pytest.raises(AttributeError):
            memories.sink.read()

    assert bus(refused) == []
    memories.sink[0:2] = [1, 2]
    assert list(memories.rom[0:4]) == [0] * 4


def test_buffers_go_without_a_copy_and_fill_in_place(memories):
    memories.words.write(0, array("I", range(16)))
    buffer = bytearray(64)
    memories.words.readinto(buffer)
    assert memoryview(buffer).cast("I").tolist() == list(range(16))
    memories.words.write(4, memoryview(buffer)[0:8])
    assert list(memories.words[4:6]) == [0, 1]


def test_offsets_up_to_128_gib(memories, slot):
    memories.pcis.huge[(64 << 28) - 1] = 0x12345678
    memories.pcis.last[-1] = 0x1122334455667788
    assert slot.emulator.peek(0, 4, (64 << 30) - 4) == 0x12345678
    assert slot.emulator.peek(0, 4, (128 << 30) - 8, 64) == 0x1122334455667788
    assert memories.pcis.huge[-1] == 0x12345678
    assert memories.pcis.last[511] == 0x1122334455667788
    with pytest.raises(IndexError):
        memories.pcis.last[512]
    assert len(memories.pcis.huge) == 16 << 30
