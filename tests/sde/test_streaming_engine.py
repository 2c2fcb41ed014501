"""The streaming engine on the emulated card, with its model behind it: packets both ways, back-pressure, errors, ends."""

from __future__ import annotations

import asyncio
import random
import struct
import threading

import numpy as np
import pytest

import hal
from hal import sde
from tests.support import ROOT

DATA = random.Random(5).randbytes(1 << 17)
H2C_RAM = 0x1000


@pytest.fixture(scope="module")
def sde_class():
    return hal.load_map("cl_sde")


@pytest.fixture
def device(slot, sde_class):
    with sde_class.open(0) as opened:
        yield opened
        slot.emulator.set_model(None)


def looped(device, *, compact=False, **arguments):
    """An engine whose packets come back."""
    device.slot.emulator.set_model(sde.EngineModel(type(device), compact=compact))
    return sde.Engine(device, **arguments)


def test_10_000_packets_of_random_sizes_come_back_whole_and_in_order(device):
    """Half of them are longer than a buffer; the sender is always as far ahead as there is room."""
    count, rng = 10_000, random.Random(19)
    places = [(rng.randrange(1 << 16), rng.randrange(1, 4096)) for _ in range(count)]
    with looped(device, buffer_bytes=2048) as engine:
        sent = received = 0
        while received < count:
            while sent < count:
                start, size = places[sent]
                if not engine.h2c.try_send(DATA[start : start + size], sent * 0x0123_4567_89AB % 2**64):
                    break
                sent += 1
            while (packet := engine.c2h.try_receive()) is not None:
                start, size = places[received]
                assert packet.data == DATA[start : start + size]
                assert packet.user == received * 0x0123_4567_89AB % 2**64
                received += 1
        engine.h2c.flush()
        assert engine.c2h.try_receive() is None
        assert engine.h2c.streamed == count
        for direction in (device.h2c, device.c2h):
            assert direction.axi_stream.packet_count.pkt_cnt == count
            status = direction.descriptor.descriptor_ram_status
            assert (status.desc_oflow, status.desc_ooo_error, status.desc_unalin_error) == (0, 0, 0)
        descriptors = sum(-(-size // 2048) for _, size in places)
        assert device.h2c.descriptor.completed_descriptors_counter.comp_count == descriptors
        assert device.h2c.descriptor.descriptor_credit_consumed_counter.cdt_consumed == descriptors
    assert device.slot.metrics().pcim_range_error_count == 0


@pytest.mark.parametrize("compact", [False, True], ids=["regular", "compact"])
@pytest.mark.parametrize(("buffer_bytes", "buffers"), [(64, 3), (4096, None), (4096, 1)])
def test_packets_of_all_sizes_fit_any_ring(device, compact, buffer_bytes, buffers):
    user = 0 if compact else 2**64 - 1
    with looped(device, compact=compact, buffer_bytes=buffer_bytes, buffers=buffers) as engine:
        for size in (1, 2, 63, 64, 65, 127, 128, 129, 192, buffer_bytes - 1, buffer_bytes, buffer_bytes + 1):
            engine.h2c.send(DATA[:size], user)
            assert engine.c2h.receive() == sde.Packet(DATA[:size], user)


def test_a_packet_may_be_longer_than_all_buffers_there_are(device):
    """The ring has 256 bytes, the packet buffers of the engine 32 KiB each: who sends waits for who receives."""
    with looped(device, buffer_bytes=64, buffers=4) as engine:
        found = []
        receiving = threading.Thread(target=lambda: found.append(engine.c2h.receive(10)))
        receiving.start()
        engine.h2c.send(DATA[:100_001], 7, timeout=10)
        receiving.join(10)
        assert found == [sde.Packet(DATA[:100_001], 7)]


def test_descriptors_are_as_the_guide_has_them(device):
    """Read back from the bus, by the numbers of the bits."""
    with looped(device, buffer_bytes=128, buffers=8) as engine:
        with device.slot.emulator.trace() as trace:
            engine.h2c.send(DATA[:200], 0xFEDC_BA98_7654_3210)
        written = [access for access in trace if access.action == "write" and access.offset == H2C_RAM]
        assert {access.width for access in written} == {32}
        numbers = [
            int.from_bytes(struct.pack("<8I", *(a.value for a in written[at : at + 8])), "little") for at in (0, 8)
        ]
        assert len(written) == 16
        lengths = [number & 0xFFFF_FFFF for number in numbers]
        ends = [number >> 96 & 1 for number in numbers]
        users = {number >> 192 for number in numbers}
        addresses = [number >> 32 & 2**64 - 1 for number in numbers]
        assert (lengths, ends, users) == ([128, 72], [0, 1], {0xFEDC_BA98_7654_3210})
        assert device.slot.emulator.host.read(addresses[0], 128) == DATA[:128]
        assert device.slot.emulator.host.read(addresses[1], 72) == DATA[128:200]
        with device.slot.emulator.trace() as trace:
            engine.h2c.send(DATA[:128])
        ends = [access.value for access in trace if access.action == "write" and access.offset == H2C_RAM][3]
        assert ends == 1
        assert not any(number >> 97 & (1 << 95) - 1 for number in numbers)  # small packet buffer, reserved


def test_compact_descriptors_are_as_the_guide_has_them(device):
    with looped(device, compact=True, buffers=8) as engine:
        with device.slot.emulator.trace() as trace:
            engine.h2c.send(DATA[:10])
        words = [access.value for access in trace if access.action == "write" and access.offset == H2C_RAM]
        number = int.from_bytes(struct.pack("<4I", *words), "little")
        assert (number & 0xFFFF_FFFF, number >> 80) == (10, 1)
        assert device.slot.emulator.host.read(number >> 32 & 2**48 - 1, 10) == DATA[:10]
        with pytest.raises(hal.FieldValueError, match="no user bits"):
            engine.h2c.send(b"1", 1)
        assert engine.c2h.receive().data == DATA[:10]


def test_who_does_not_receive_holds_up_who_sends_and_nothing_is_lost(device):
    with looped(device, buffer_bytes=1024) as engine:
        sent = 0
        while engine.h2c.try_send(DATA[sent : sent + 1024], sent):
            sent += 1
        assert sent == 64 + 2 * 32 + 64  # buffers of the host, the engine's two of 32 KiB, descriptors
        assert (engine.h2c.room, engine.h2c.pending) == (0, 64)
        assert device.h2c.descriptor.descriptor_ram_status.desc_full == 1
        assert device.c2h.buffer.buffer_status.buf_full == 1
        with pytest.raises(hal.DmaTimeoutError, match=r"no room for a packet within 0\.01 s; nothing was sent"):
            engine.h2c.send(b"1", timeout=0.01)
        with pytest.raises(hal.DmaTimeoutError, match="64 descriptors were not completed within 0"):
            engine.h2c.flush(0)
        found = list(engine.c2h.packets(0))
        assert found == [sde.Packet(DATA[place : place + 1024], place) for place in range(sent)]
        engine.h2c.send(b"again")
        assert engine.c2h.receive().data == b"again"


def test_nothing_comes_in_time(device):
    with looped(device) as engine:
        assert engine.c2h.try_receive() is None
        with pytest.raises(hal.DmaTimeoutError, match=r"no packet came within 0\.01 s"):
            engine.c2h.receive(0.01)
        with pytest.raises(hal.FieldValueError):
            engine.c2h.receive(-1)


def test_without_a_model_that_is_told(device):
    with sde.Engine(device, buffers=2) as engine:
        for _ in range(2):
            engine.h2c.send(b"1")
        for use in (
            lambda: engine.h2c.send(b"1", timeout=0),
            lambda: engine.c2h.receive(0),
            lambda: engine.h2c.flush(0),
        ):
            with pytest.raises(hal.DmaTimeoutError, match=r"has no model: give it sde\.EngineModel before"):
                use()


def test_threads_send_and_receive_at_once(device):
    with looped(device, buffer_bytes=256) as engine:
        count, found = 300, []
        receiving = threading.Thread(target=lambda: found.extend(engine.c2h.receive(10) for _ in range(2 * count)))
        sending = [
            threading.Thread(
                target=lambda first=first: [
                    engine.h2c.send(bytes([first]) * 300, place, timeout=10) for place in range(count)
                ]
            )
            for first in (1, 2)
        ]
        for thread in (receiving, *sending):
            thread.start()
        for thread in (receiving, *sending):
            thread.join(20)
        for first in (1, 2):
            assert [packet.user for packet in found if packet.data == bytes([first]) * 300] == list(range(count))


def test_tasks_of_asyncio_send_and_receive(device):
    """One of the packets is longer than the ring, and goes in a thread."""
    packets = [DATA[: size + 1] for size in (5, 300, 999, 5000, 7)]

    async def all_at_once(engine):
        async def sending():
            for user, packet in enumerate(packets):
                await engine.h2c.send_async(packet, user, timeout=10)

        task = asyncio.create_task(sending())
        found = [await engine.c2h.receive_async(10) for _ in packets]
        await task
        with pytest.raises(hal.DmaTimeoutError, match="no packet came within 0"):
            await engine.c2h.receive_async(0.001)
        with pytest.raises(hal.DmaTimeoutError, match="no room for a packet within 0"):
            while True:
                await engine.h2c.send_async(b"x" * 1024, timeout=0)
        return found

    with looped(device, buffer_bytes=256, buffers=4) as engine:
        assert asyncio.run(all_at_once(engine)) == [(packet, user) for user, packet in enumerate(packets)]


def test_numpy_in_and_out(device):
    released = memoryview(b"1")
    released.release()
    table = np.arange(3000, dtype="<u4").reshape(30, 100)
    with looped(device) as engine, hal.allocate(16, "u2", slot=device) as own:
        engine.h2c.send(table)
        assert (engine.c2h.receive().array("<u4") == table.ravel()).all()
        own[:] = 3
        engine.h2c.send(own)
        packet = engine.c2h.receive()
        assert packet.array("u2").tolist() == [3] * 16
        with pytest.raises(hal.FieldTypeError, match="no array of"):
            sde.Packet(b"123").array("u2")
        for packet, told in (
            (table[:, ::2], "contiguous"),
            (5, "not int"),
            ("text", "not str"),
            (released, "not memoryview"),
            (b"", "at least one byte"),
        ):
            with pytest.raises((hal.FieldTypeError, hal.FieldValueError), match=told):
                engine.h2c.send(packet)
        with pytest.raises(hal.FieldValueError):
            engine.h2c.send(b"1", 1 << 64)
        assert engine.c2h.try_receive() is None


# -- the logic behind it ----------------------------------------------------------------------------------------------


def test_logic_of_ones_own_answers_packets(device):
    class Upper(sde.EngineModel):
        def on_packet(self, data, user):
            self.transmit(data.upper(), user + 1)
            self.transmit(b"twice")

    device.slot.emulator.set_model(Upper(type(device)))
    with sde.Engine(device) as engine:
        engine.h2c.send(b"a" * 9000, 1)
        assert [engine.c2h.receive() for _ in range(2)] == [(b"A" * 9000, 2), (b"twice", 0)]


def test_logic_may_begin_and_wait_for_the_host(device):
    """What it has before the engine is started is lost in its reset; afterwards it waits."""
    model = sde.EngineModel(type(device))
    device.slot.emulator.set_model(model)
    model.transmit(b"lost")
    with sde.Engine(device, buffer_bytes=64, buffers=2) as engine:
        for number in range(600):
            model.transmit(bytes([number % 256]) * 200, number)
        assert [packet.user for packet in engine.c2h.packets(0)] == list(range(600))


# -- errors -----------------------------------------------------------------------------------------------------------


def descriptor(bar, words, place=0):
    for word in words:
        bar.poke(H2C_RAM + place, word)


@pytest.mark.parametrize(
    ("cause", "error", "part"),
    [
        (lambda bar: descriptor(bar, (16, 0, 0x77, 1, 0, 0, 0, 0)), "dm_rresp_err", "dm_error"),
        (lambda bar: descriptor(bar, (0, 0, 0x10, 1, 0, 0, 0, 0)), "dm_desc_len_err", "dm_error"),
        (lambda bar: descriptor(bar, (1,), 4), "desc_unalin_error", "desc_error"),
        (lambda bar: (descriptor(bar, (1,), 0x80), descriptor(bar, (1,), 0x40)), "desc_ooo_error", "desc_error"),
    ],
    ids=["unmapped", "no length", "unaligned", "out of order"],
)
def test_an_error_is_told_and_the_engine_recovers(device, cause, error, part):
    with looped(device) as engine:
        engine.h2c.send(b"before")
        assert engine.c2h.receive().data == b"before"
        sender, receiver = engine.h2c, engine.c2h
        cause(device.slot.bar("app", 4))
        for use in (lambda: sender.send(b"1"), lambda: sender.try_send(b"1"), sender.flush):
            with pytest.raises(hal.SdeError) as told:
                use()
            assert error in told.value.errors
            assert told.value.direction == "h2c"
        assert "engine.recover()" in str(told.value)
        assert device.h2c.write_back.status_dw.fields()[part] == 1
        engine.recover()
        assert device.h2c.write_back.status_dw.read() == 0
        engine.h2c.send(b"after")
        assert engine.c2h.receive().data == b"after"
        for use in (lambda: sender.send(b"1"), sender.flush, receiver.try_receive, lambda: receiver.receive(0)):
            with pytest.raises(hal.ClosedError, match="has ended"):
                use()


def test_a_full_descriptor_ram_is_told(device):
    with looped(device) as engine:
        bar = device.slot.bar("app", 4)
        for word in (64, 0, 0x10, 0):
            bar.poke(0, word)
        with pytest.raises(hal.SdeError, match="into the full RAM") as told:
            engine.c2h.try_receive()
        assert (told.value.errors, told.value.direction) == (("desc_oflow",), "c2h")
        engine.recover()
        engine.h2c.send(b"1")
        assert engine.c2h.receive().data == b"1"


def test_a_slot_that_is_closed_ends_the_engine(device):
    engine = looped(device)
    sender, receiver = engine.h2c, engine.c2h
    device.slot.close()
    for use in (lambda: sender.send(b"1"), sender.flush, receiver.try_receive, lambda: receiver.receive(0)):
        with pytest.raises(hal.ClosedError, match="has ended"):
            use()
    engine.close()


def test_metadata_that_can_not_be_is_no_packet(device):
    with looped(device) as engine:
        ring = next(held for held in engine._held if held.nbytes == 64 * 2 * 16)
        device.slot.emulator.host.write(ring.address, struct.pack("<IIQ", 5000, 3, 0))
        with pytest.raises(hal.SdeError, match="metadata tells of 5000 bytes in a buffer of 4096"):
            engine.c2h.try_receive()


# -- ends and beginnings ----------------------------------------------------------------------------------------------


def test_a_closed_engine_reaches_for_nothing(device):
    model = sde.EngineModel(type(device))
    device.slot.emulator.set_model(model)
    with sde.Engine(device) as engine:
        sender = engine.h2c
    engine.close()
    assert repr(engine) == "<streaming engine cl_sde, closed>"
    for use in (lambda: engine.h2c, lambda: engine.c2h, engine.recover, lambda: sender.send(b"1")):
        with pytest.raises(hal.ClosedError):
            use()
    model.transmit(b"nobody takes it")
    device.slot.bar("app", 4).poke(0x3000, 0)
    metrics = device.slot.metrics()
    assert (metrics.pcim_range_error_count, metrics.pcim_write_count) == (0, 0)


def test_an_engine_outlives_its_design(device):
    engine = looped(device)
    held = list(engine._held)
    device.slot.clear()
    with pytest.raises(hal.HalError):
        engine.h2c.send(b"1", timeout=0)
        engine.recover()
    engine.close()
    assert all(buffer.closed for buffer in held)


def test_an_engine_with_one_direction(device):
    device.slot.emulator.set_model(sde.EngineModel(type(device)))
    device.slot.emulator.poke(0, 4, 0x3004, 0x1_0000)
    with sde.Engine(device) as engine:
        engine.h2c.send(b"1")
        with pytest.raises(hal.DmaError, match="without the direction c2h"):
            engine.c2h.try_receive()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"buffer_bytes": 0}, hal.FieldValueError),
        ({"buffer_bytes": 100}, hal.FieldValueError),
        ({"buffer_bytes": "64"}, hal.FieldTypeError),
        ({"buffers": 0}, hal.FieldValueError),
        ({"coalesce": 65}, hal.FieldValueError),
        ({"slot": 5}, hal.FieldTypeError),
    ],
)
def test_what_makes_no_engine_is_told(device, arguments, error):
    with pytest.raises(error):
        sde.Engine(device, **arguments)


def test_other_designs_are_no_engines(blinker):
    with pytest.raises(hal.FieldTypeError, match="no pcis"):
        sde.Engine(blinker)


def test_coalesced_write_backs_are_set_up(device):
    with looped(device, coalesce=8) as engine:
        config = device.c2h.write_back.write_back_config_0.fields()
        assert (config["wc_cnt_minus1"], config["desc_cnt_wc_en"], config["md_wr_ptr_wc_en"]) == (7, 1, 1)
        assert device.h2c.write_back.write_back_coalesce_timeout_count.fields() == {
            "wc_to_tick_cnt": 250,
            "wc_to_cnt": 4,
        }
        engine.h2c.send(b"1")
        assert engine.c2h.receive().data == b"1"


def test_two_engines_in_blocks_of_one_design(slot, tmp_path):
    """A design may have several, each in a block: here the shipped map's registers, as a type."""
    text = (ROOT / "regmaps" / "cl_sde.yaml").read_text(encoding="utf-8").replace("name: cl_sde", "name: pair")
    head, _, rest = text.partition("\nmemories:")
    body = "\n".join(f"    {line}" for line in f"memories:{rest}".splitlines())
    head = head[: head.index("afi:")] + head[head.index("space:") :]
    path = tmp_path / "pair.yaml"
    path.write_text(
        f"{head}\n  engine:\n{body}\nblocks:\n  a: {{type: engine, offset: 0x0}}\n  b: {{type: engine, offset: 0x10000}}\n",
        encoding="utf-8",
    )
    driver = hal.load_map(path)
    with driver.open(0) as pair:
        slot.emulator.set_model(sde.EngineModel(driver, at="b"))
        with pytest.raises(hal.FieldTypeError, match="needs slot="):
            sde.Engine(pair.b)
        with sde.Engine(pair.b, slot=pair.slot) as engine:
            engine.h2c.send(b"by the second", 3)
            assert engine.c2h.receive() == (b"by the second", 3)
        slot.emulator.set_model(None)
