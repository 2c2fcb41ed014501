"""Host memory that the emulated card reaches: bounds, directions, ends, and what Python sees of it."""

from __future__ import annotations

import gc
import os
import struct
import sys

import numpy as np
import pytest

import hal
from tests.support.processes import run_python

IOMMU_PAGE = 4096


@pytest.fixture
def host(slot):
    """The host's memory, as the card's logic reaches it."""
    return slot.emulator.host


def test_the_card_and_the_program_see_the_same_bytes(slot, host):
    with slot.buffer(10_000) as buffer:
        assert (buffer.nbytes, len(buffer), bytes(buffer.bytes)) == (10_000, 10_000, bytes(10_000))
        assert buffer.address % IOMMU_PAGE == 0
        assert buffer.address > 0xFFFF_FFFF  # what is cut to 32 bits reaches nothing
        buffer[2:5] = b"abc"
        assert host.read(buffer.address, 6) == b"\0\0abc\0"
        host.write(buffer.address_of(9_998, 2), b"yz")
        assert bytes(buffer[-3:]) == b"\0yz"
        room = bytearray(3)
        host.readinto(buffer.address + 2, room)
        assert room == b"abc"


@pytest.mark.parametrize(
    ("offset", "nbytes"), [(-1, 1), (0, 8193), (8191, 2), (8192, 1), (1 << 20, 1), (-(1 << 32), 1)], ids=str
)
def test_the_card_reaches_no_byte_beside_a_buffer(slot, host, offset, nbytes):
    with slot.buffer(8192) as first, slot.buffer(8192) as second:
        place = first.address + offset
        room = bytearray(b"x" * nbytes)
        with pytest.raises(hal.DmaError, match="no host memory is mapped there") as told:
            host.readinto(place, room)
        assert (told.value.address, set(room)) == (place, {0xFF})
        with pytest.raises(hal.DmaError, match="no host memory is mapped there"):
            host.write(place, bytes(nbytes))
        assert not any(first.bytes)
        assert not any(second.bytes)


def test_logic_moves_contiguous_bytes(slot, host):
    with slot.buffer(64) as buffer:
        for data, told in ((5, "a buffer, not int"), (memoryview(bytes(8))[::2], "a contiguous buffer")):
            for move in (host.write, host.readinto):
                with pytest.raises(hal.FieldTypeError, match=told):
                    move(buffer.address, data)
        with pytest.raises(hal.FieldTypeError, match="can be written, not bytes"):
            host.readinto(buffer.address, b"1234")
        host.readinto(buffer.address, bytearray())
        assert not any(buffer.bytes)


def test_metrics_count_what_reached_no_memory(slot, host):
    with slot.buffer(64) as buffer:
        host.read(buffer.address, 8)
        host.write(buffer.address, b"12")
        address = buffer.address
    with pytest.raises(hal.DmaError):
        host.read(address, 1)
    metrics = slot.metrics(hal.Command.CLEAR_HW_METRICS)
    assert (metrics.pcim_range_error_count, metrics.pcim_range_error_addr) == (1, address)
    assert (metrics.pcim_read_count, metrics.pcim_write_count) == (2, 1)
    assert metrics.int_status == hal.IntStatus.PCIM_RANGE_ERROR
    assert slot.metrics().pcim_range_error_count == slot.metrics().pcim_read_count == 0


@pytest.mark.parametrize(
    ("direction", "reads", "writes"), [("both", True, True), ("h2c", True, False), ("c2h", False, True)]
)
def test_a_direction_is_all_that_the_card_may_do(slot, host, direction, reads, writes):
    with slot.buffer(64, direction) as buffer:
        for allowed, access in (
            (reads, lambda: host.read(buffer.address, 1)),
            (writes, lambda: host.write(buffer.address, b"1")),
        ):
            if allowed:
                access()
                continue
            with pytest.raises(hal.DmaError, match="not made for this direction"):
                access()
        assert buffer[0] == (0x31 if writes else 0)


@pytest.mark.parametrize("bits", [24, 32, 64])
def test_an_address_is_given_again_as_late_as_can_be(slot, host, bits):
    seen = set()
    for _ in range(50):
        with slot.buffer(IOMMU_PAGE, address_bits=bits) as buffer:
            assert buffer.address not in seen
            assert buffer.address + IOMMU_PAGE <= 1 << bits
            seen.add(buffer.address)
    for address in seen:
        with pytest.raises(hal.DmaError):
            host.read(address, 1)


def test_few_bits_of_an_address_are_room_for_so_much(slot, host):
    """15 MiB of 2**24 are there, and may be had again; none of it twice at once."""
    for _ in range(3):
        buffers = [slot.buffer((1 << 20) - IOMMU_PAGE, address_bits=24) for _ in range(14)]
        with pytest.raises(hal.DmaError, match="there is no room for it"):
            slot.buffer(1 << 21, address_bits=24)
        for number, buffer in enumerate(buffers):
            buffer[:4] = bytes([number] * 4)
        assert [host.read(buffer.address, 1)[0] for buffer in buffers] == list(range(14))
        for number in (1, 2, 5, 0, 13):
            buffers[number].close()
        with slot.buffer((1 << 21) - IOMMU_PAGE, address_bits=24) as again:
            host.write(again.address, b"x" * again.nbytes)
        assert [buffer[0] for buffer in buffers if not buffer.closed] == [3, 4, 6, 7, 8, 9, 10, 11, 12]
        for buffer in buffers:
            buffer.close()


def test_a_closed_buffer_is_refused_everywhere(slot, host):
    buffer = slot.buffer(64)
    view, array = buffer.view, buffer.array
    buffer.close()
    buffer.close()
    assert buffer.closed
    assert repr(buffer) == "<buffer of 64 bytes for slot 0, both, closed>"
    for use in (
        *(lambda: buffer.address, lambda: buffer.view, lambda: buffer.bytes, lambda: buffer.array, lambda: buffer[0]),
        *(buffer.flush, buffer.invalidate, lambda: buffer.address_of(0), lambda: np.asarray(buffer)),
        *(lambda: buffer.__setitem__(0, 1), lambda: slot.dma.write(0, buffer), lambda: slot.dma.read(0, buffer)),
    ):
        with pytest.raises(hal.ClosedError, match="was closed"):
            use()
    array[:] = 5  # the array keeps the memory, which is the program's alone by now
    assert array.sum() == 5 * 64
    with pytest.raises(ValueError, match="released"):
        view[0]


def test_closing_a_slot_closes_its_buffers(blinker_class):
    with hal.open_slot(0) as first, hal.open_slot(0) as second:
        mine, others = first.buffer(64), second.buffer(64)
        first.close()
        assert mine.closed
        assert not others.closed
        second.emulator.host.read(others.address, 64)
        with pytest.raises(hal.ClosedError, match="slot 0 was closed"):
            first.buffer(64)


def test_a_dropped_buffer_is_the_cards_no_more(slot, host):
    address = slot.buffer(64).address
    gc.collect()
    with pytest.raises(hal.DmaError):
        host.read(address, 1)


def test_a_model_is_a_bus_master(slot, blinker_class):
    class Copier(hal.Model):
        """Copies what the host has at an address to the next 8 bytes, in the host."""

        def on_write(self, register, value):
            self.card.host.write(buffer.address + 8, self.card.host.read(buffer.address, 8))

    with blinker_class.open(0) as device, slot.buffer(16) as buffer:
        device.slot.emulator.set_model(Copier(blinker_class))
        buffer[:8] = b"12345678"
        device.ctrl.enable = 1
        assert bytes(buffer[8:]) == b"12345678"
        buffer.close()
        with pytest.raises(hal.ModelError) as told:
            device.ctrl.enable = 0
        assert isinstance(told.value.__cause__, hal.ClosedError)


def test_elements_as_numpy_has_them(slot):
    with hal.allocate((3, 4), "u4", slot=slot, direction="h2c") as table:
        assert (table.nbytes, len(table), table.array.shape, table.direction) == (48, 3, (3, 4), "h2c")
        table[1] = 7
        table[2, 3] = 1 << 31
        assert np.asarray(table).sum() == (1 << 31) + 28
        assert table.view[2, 3] == 1 << 31
        assert slot.emulator.host.read(table.address_of(44, 4), 4) == b"\0\0\0\x80"
        assert np.array(table, dtype="u8").dtype == np.dtype("u8")
    kind = np.dtype([("a", "u1"), ("b", ">u2")])
    with hal.allocate(5, kind, slot=slot) as records:
        records.array["b"] = 0x102
        assert bytes(records.bytes[:6]) == b"\0\1\2\0\1\2"
        with pytest.raises(hal.FieldTypeError, match=r"use \.array"):
            records.view.tobytes()


def test_a_device_stands_for_its_slot(blinker):
    with hal.allocate(8, slot=blinker) as buffer:
        assert buffer.slot == 0
        assert blinker.slot.emulator.host.read(buffer.address, 8) == bytes(8)


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda slot: slot.buffer(0), hal.FieldValueError, "0 bytes can't be had"),
        (lambda slot: slot.buffer(-1), hal.FieldValueError, "-1 bytes can't be had"),
        (lambda slot: slot.buffer(1 << 41), hal.FieldValueError, "can't be had"),
        (lambda slot: slot.buffer(1 << 40), hal.DmaError, "1099511627776 bytes"),
        (lambda slot: slot.buffer("64"), hal.FieldTypeError, "a number of bytes, not str"),
        (lambda slot: slot.buffer(64, "up"), hal.FieldValueError, "'up' is no direction"),
        (lambda slot: slot.buffer(64, address_bits=23), hal.FieldValueError, "23 bits of an address"),
        (lambda slot: slot.buffer(64, address_bits=65), hal.FieldValueError, "65 bits of an address"),
        (lambda slot: slot.buffer(64, 1), hal.FieldTypeError, "a direction is"),
        (lambda slot: slot.buffer(64, source="hugepages"), hal.FieldValueError, "no source 'hugepages': library"),
        (lambda slot: hal.allocate((), slot=slot), hal.FieldValueError, "has no elements"),
        (lambda slot: hal.allocate((2, 0), slot=slot), hal.FieldValueError, "has no elements"),
        (lambda slot: hal.allocate(1.5, slot=slot), hal.FieldTypeError, "a shape is an integer"),
        (lambda slot: hal.allocate(2, "O", slot=slot), hal.FieldTypeError, "not memory that a card can read"),
        (lambda slot: hal.allocate(2, "u3", slot=slot), hal.FieldTypeError, "no type of elements"),
        (lambda slot: hal.allocate((1 << 60, 1 << 60), slot=slot), hal.FieldValueError, "too large"),
        (lambda _slot: hal.allocate(2, slot=0), hal.FieldTypeError, "slot= is a slot"),
    ],
)
def test_what_makes_no_buffer_is_told(slot, make, error, told):
    with pytest.raises(error, match=told):
        make(slot)


def test_places_outside_have_no_address(slot):
    with slot.buffer(64) as buffer:
        assert buffer.address_of(64, 0) == buffer.address + 64
        for place in ((0, 65), (64, 1), (-1, 1), (0, -1)):
            with pytest.raises(hal.AddressError, match="are not inside of a buffer of 64 bytes"):
                buffer.address_of(*place)
        with pytest.raises(hal.FieldTypeError, match="can't be copied"):
            __import__("copy").copy(buffer)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes have buffers from Python 3.12 on")
def test_it_is_a_buffer_itself(slot, host):
    with slot.buffer(8) as buffer:
        struct.pack_into("<I", buffer, 4, 0x01020304)
        with memoryview(buffer) as view:
            view[0] = 9
        assert bytes(buffer) == host.read(buffer.address, 8) == b"\x09\0\0\0\4\3\2\1"
    with pytest.raises(hal.ClosedError):
        memoryview(buffer)


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
import hal
with hal.open_slot(0, "emulator") as slot, hal.allocate((2, 3), "u2", slot=slot) as table, slot.buffer(4) as raw:
    table[1, 2] = 0x102
    raw[1] = 9
    print(table.nbytes, bytes(table.bytes[-2:]), table.view.shape, bytes(raw.view))
    for use in (lambda: table.array, lambda: hal.allocate(2, "complex64", slot=slot)):
        try:
            use()
        except hal.HalError as problem:
            print(problem)
"""


def test_without_numpy_it_is_a_memoryview():
    done = run_python(WITHOUT_NUMPY, fresh=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        r"12 b'\x02\x01' (2, 3) b'\x00\t\x00\x00'",
        "numpy is not installed: use .view, or install numpy",
        "without numpy a type is one of u1, u2, u4, u8, i1, i2, i4, i8, f4, f8, not 'complex64'",
    ]


def test_a_forked_child_shares_the_memory_and_ends_nothing(slot, host):
    with slot.buffer(64) as buffer:
        child = os.fork()
        if not child:
            try:
                buffer[0] = 7
                buffer.close()
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert host.read(buffer.address, 1) == b"\7"


def test_a_replay_has_no_host_memory(tmp_path, blinker, blinker_class):
    with blinker.record(tmp_path / "tape"):
        blinker.ctrl.read()
    with blinker_class.open(0, library=hal.replay(tmp_path / "tape")) as device:
        with pytest.raises(hal.DmaError, match="is no card of this machine, so it reaches none of its memory"):
            device.slot.buffer(64)
        with pytest.raises(hal.DmaError, match="no DMA engine"):
            device.slot.dma.read(0, bytearray(4))
        device.ctrl.read()
