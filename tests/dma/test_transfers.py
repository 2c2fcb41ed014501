"""`slot.dma`: on the emulated card, and on files that stand for those of the XDMA driver."""

from __future__ import annotations

import asyncio
import os
import threading

import numpy as np
import pytest

import hal
from hal._binding.driver_files import DriverFiles
from hal.dma.engines import XdmaEngine, find_xdma
from hal.dma.transfers import Dma
from tests.support.cards import on_card

HBM = 0x10_0000_0000
PIECE = 4 << 20


@pytest.fixture(scope="module")
def memory_class():
    return hal.load_map("cl_mem_perf")


@pytest.fixture
def dma(slot, memory_class):
    slot.emulator.provide(memory_class)
    return slot.dma


def test_what_is_written_is_read_at_any_address_and_length(dma):
    data = np.random.default_rng(7).integers(0, 256, 70_000, dtype="u1")
    for address in (0, 1, 2, 3, 4095, HBM - 3, HBM + (1 << 30) + 1):
        for length in (0, 1, 3, 4, 5, 4097, 70_000):
            dma.write(address, data[:length])
            back = bytearray(length)
            dma.read(address, back)
            assert back == data[:length].tobytes()


def test_it_is_the_memory_that_pcis_shows(dma, slot):
    bar = slot.bar("app", 4)
    dma.write(HBM, np.arange(4, dtype="<u4"))
    assert [bar.peek(HBM + 4 * place) for place in range(4)] == [0, 1, 2, 3]
    bar.poke(HBM + 5, 0xAB, 8)
    back = np.zeros(2, "<u4")
    dma.read(HBM, back)
    assert back.tolist() == [0, 0xAB01]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, "<u2").reshape(2, -1)])
def test_everything_that_has_a_buffer_is_one(dma, kind):
    dma.write(64, kind(bytes(range(16))))
    back = np.zeros((2, 2), "<u4")
    dma.read(64, back)
    assert back.tobytes() == bytes(range(16))


def test_a_pinned_buffer_is_one_too(dma, slot):
    with slot.buffer(8) as source, hal.allocate(2, "u4", slot=slot) as target:
        source[:] = b"12345678"
        dma.write(0x100, source)
        dma.read(0x100, target)
        assert target.array.tobytes() == b"12345678"


def test_registers_behind_pcis_act_by_their_policies(slot):
    device = on_card(slot, hal.load_map("cl_sde"))
    slot.dma.write(0x3000, np.array([1], "<u4"))
    assert device.pcis.software_reset.sw_rst == 1
    back = np.zeros(1, "<u4")
    slot.dma.read(0x3004, back)
    assert back.tolist() == [0x1_0001]


def released():
    view = memoryview(bytearray(4))
    view.release()
    return view


@pytest.mark.parametrize(
    ("address", "data", "error", "told"),
    [
        (0x20_0000_0000, b"1", hal.DmaError, "the card has no such addresses"),
        (0x20_0000_0000 - 1, b"12", hal.DmaError, "the card has no such addresses"),
        (1 << 64, b"1", hal.AddressError, "they have 64 bits"),
        (-1, b"1", hal.AddressError, "they have 64 bits"),
        (0.5, b"1", hal.FieldTypeError, "an integer"),
        (0, 5, hal.FieldTypeError, "needs a buffer, not int"),
        (0, "text", hal.FieldTypeError, "needs a buffer, not str"),
        (0, np.zeros(8, "u1")[::2], hal.FieldTypeError, "contiguous"),
        (0, released(), hal.FieldTypeError, "needs a buffer, not memoryview"),
    ],
)
def test_what_is_no_transfer_is_told(dma, address, data, error, told):
    with pytest.raises(error, match=told):
        dma.write(address, data)
    with pytest.raises((hal.DmaError, hal.AddressError, hal.FieldTypeError)):
        dma.read(address, data)


def test_a_read_only_buffer_is_not_filled(dma):
    with pytest.raises(hal.FieldTypeError, match="can be written, not bytes"):
        dma.read(0, b"1234")


def test_a_dead_bus_ends_a_transfer_and_metrics_tell(dma, slot):
    slot.emulator.fault("bus-dead=pcis")
    with pytest.raises(hal.DmaError, match="nobody answered there") as told:
        dma.write(0x40, bytes(3 * PIECE))
    assert (told.value.address, told.value.done) == (0x40, 0)
    assert slot.metrics().dma_pcis_timeout_count == 1
    slot.emulator.fault("")
    slot.clear()
    with pytest.raises(hal.DmaError, match="nobody answered there"):
        dma.read(0, bytearray(64))


def test_an_error_says_how_much_was_moved_before(dma):
    """HBM ends at 80 GiB."""
    end, back = 0x14_0000_0000, bytearray(b"x" * 3 * PIECE)
    dma.write(end - PIECE - 8, b"\1" * (PIECE + 8))
    with pytest.raises(hal.DmaError, match="nobody answered there") as told:
        dma.read(end - 2 * PIECE, back)
    assert (told.value.done, told.value.address) == (2 * PIECE, end)
    assert (back[PIECE - 9], back[PIECE - 8], back[2 * PIECE - 1]) == (0, 1, 1)


def test_progress_is_told_after_each_piece_and_may_end_it(dma):
    seen = []
    dma.write(0, bytes(2 * PIECE + 5), progress=lambda *row: seen.append(row))
    total = 2 * PIECE + 5
    assert seen == [(PIECE, total), (2 * PIECE, total), (total, total)]

    def give_up(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        dma.write(0, bytes(total), progress=give_up)


def test_other_threads_run_during_a_transfer(dma):
    ran, ended = threading.Event(), threading.Event()
    threading.Thread(target=lambda: (ended.wait(10), ran.set())).start()
    dma.write(0, bytes(PIECE), progress=lambda *_: ended.set())
    assert ran.wait(10)


def test_async_transfers_leave_the_loop_free(dma):
    data = np.random.default_rng(3).integers(0, 256, 3 * PIECE, dtype="u1")
    back, seen, turns = np.zeros_like(data), [], 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def both():
        counting = asyncio.create_task(count())
        await dma.write_async(5, data, progress=lambda done, _total: seen.append(done))
        await dma.read_async(5, back)
        counting.cancel()

    asyncio.run(both())
    assert (data == back).all()
    assert seen == [PIECE, 2 * PIECE, 3 * PIECE]
    assert turns > 2


def test_a_cancelled_transfer_lets_the_buffer_go(dma):
    class Slow:
        """Each piece waits for the test."""

        def __init__(self):
            self.begun, self.go, self.pieces = threading.Event(), threading.Event(), 0

        def read(self, address, room):
            self.pieces += 1
            self.begun.set()
            self.go.wait(10)
            room[:1] = b"x"

    slow, data = Slow(), bytearray(3 * PIECE)

    async def cancelled():
        task = asyncio.create_task(Dma(slow, 0).read_async(0, data))
        await asyncio.to_thread(slow.begun.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()  # the piece is under way, and so is the buffer's use
        slow.go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert slow.pieces == 1
    data.extend(b"1")  # which a buffer that is in use refuses


# -- XDMA's files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    """A card of 64 bytes that is a file."""
    path = tmp_path / "card"
    path.write_bytes(bytes(range(64)))
    return path


def test_the_drivers_files_move_what_is_asked_for(files):
    dma = Dma(XdmaEngine(files, files), 0)
    back = bytearray(10)
    dma.read(50, back)
    assert back == bytes(range(50, 60))
    dma.write(60, b"abcd")
    assert files.read_bytes()[58:] == b"\x3a\x3babcd"


def test_a_short_read_ends_with_an_error(files):
    dma, back = Dma(XdmaEngine(files, files), 0), bytearray(20)
    with pytest.raises(hal.DmaError, match="ended early, after 4 bytes") as told:
        dma.read(60, back)
    assert (told.value.done, told.value.address) == (4, 64)
    assert back[:5] == b"\x3c\x3d\x3e\x3f\0"


def test_short_transfers_go_on_with_the_rest(files, monkeypatch):
    """As the driver does with more than it takes at once."""
    really_read, really_write = os.preadv, os.pwrite
    monkeypatch.setattr(os, "preadv", lambda file, rooms, at: really_read(file, [rooms[0][:3]], at))
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: really_write(file, data[:5], at))
    dma, back = Dma(XdmaEngine(files, files), 0), bytearray(11)
    dma.read(1, back)
    assert back == bytes(range(1, 12))
    dma.write(2, bytes(13))
    assert files.read_bytes()[:17] == b"\0\1" + bytes(13) + b"\x0f\x10"


def test_an_error_of_the_driver_is_told(tmp_path):
    """/dev/full takes nothing."""
    dma = Dma(XdmaEngine(tmp_path / "none", tmp_path / "none"), 3)
    with pytest.raises(hal.DmaError, match=r"none can't be opened: No such file"):
        dma.read(0, bytearray(4))
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(hal.DmaError, match="No space left on device") as told:
        Dma(XdmaEngine(full, full), 0).write(0, b"1234")
    assert (told.value.done, told.value.code) == (0, -28)


def test_a_cards_files_are_found_by_its_address(tmp_path):
    """As the driver's class in sysfs links them."""
    function = "0000:34:00.0"
    (tmp_path / "dev").mkdir()
    for number, address in ((0, "0000:12:00.0"), (1, function)):
        place = tmp_path / "sys" / "devices" / address
        place.mkdir(parents=True)
        for name in (f"xdma{number}_h2c_0", f"xdma{number}_c2h_0"):
            entry = tmp_path / "sys" / "class" / "xdma" / name
            entry.mkdir(parents=True)
            (entry / "device").symlink_to(place)
            (tmp_path / "dev" / name).write_bytes(bytes([number]) * 8)
    found = find_xdma(DriverFiles(function, tmp_path))
    assert repr(found) == f"<XDMA channel {tmp_path}/dev/xdma1_h2c_0, {tmp_path}/dev/xdma1_c2h_0>"
    back = bytearray(8)
    Dma(found, 1).read(0, back)
    assert back == bytes([1]) * 8
    assert find_xdma(DriverFiles("0000:99:00.0", tmp_path)) is None
    assert find_xdma(DriverFiles(function, tmp_path), 1) is None
