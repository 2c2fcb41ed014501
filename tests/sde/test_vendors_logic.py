"""The driver of the streaming engine on the vendor's own logic, simulated, where HAL_TEST_HDK names the vendor's HDK.

Its stream goes back to it when word 0x180 of OCL is 1.
"""

from __future__ import annotations

import random

import pytest

import hal
from hal import sde
from hal.cosim.check.prover import prove
from tests.support.hdk import vendors_engine  # noqa: F401  (a fixture)

COUNT = 2000
TIMEOUT = 100e-6  # of simulated time


@pytest.fixture
def device(vendors_engine):  # noqa: F811
    driver = hal.load_map("cl_sde")
    with hal.open_slot(0, vendors_engine) as slot:
        slot.load(driver.afi_id())
        slot.simulation.advance(500)
        yield slot.attach(driver, verify=False)


@pytest.fixture
def engine(device):
    device.slot.bar("app", 0).poke(0x180, 1)
    with sde.Engine(device, buffer_bytes=1024) as opened:
        yield opened


def test_the_shipped_map_is_the_logics(vendors_engine):  # noqa: F811
    """But for what a map has no words for, which its descriptions tell."""
    left_out = "pcis.software_reset", "h2c_desc_ram", "c2h_desc_ram"
    with hal.open_slot(0, vendors_engine) as slot:
        report = prove(slot, hal.load_map("cl_sde"), strobes=False, leave_out=left_out)
    known = {("unmapped", ""), ("bus", "pcis.sde_info.c2h_present")}
    known |= {("clear", f"{way}.descriptor.descriptor_credit_limit_counter.cdt_limit") for way in ("c2h", "h2c")}
    assert {(fault.kind, fault.path) for fault in report.faults} == known
    assert (report.percent, report.proven[0] > 400) == (100, True)


def test_packets_of_random_sizes_come_back_whole_and_in_order(device, engine):
    rng = random.Random(3)
    data, sizes = rng.randbytes(1 << 13), [rng.randrange(1, 3000) for _ in range(COUNT)]
    sent = 0
    for received, size in enumerate(sizes):
        while sent < COUNT and engine.h2c.try_send(data[sent : sent + sizes[sent]], sent):
            sent += 1
        packet = engine.c2h.receive(TIMEOUT)
        assert packet == (data[received : received + size], received)
    engine.h2c.flush(TIMEOUT)
    assert device.h2c.axi_stream.packet_count.pkt_cnt == device.c2h.axi_stream.packet_count.pkt_cnt == COUNT
    assert device.slot.metrics().pcim_range_error_count == device.slot.simulation.reports == 0


def test_who_does_not_receive_holds_up_who_sends_and_nothing_is_lost(device, engine):
    sent = 0
    for _ in range(3):
        while engine.h2c.try_send(bytes([sent % 256]) * 1024, sent):
            sent += 1
        device.slot.simulation.advance(20_000)
    assert sent >= 64 + 2 * 32 + 64
    assert engine.h2c.room == 0
    assert list(engine.c2h.packets(TIMEOUT)) == [(bytes([place % 256]) * 1024, place) for place in range(sent)]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([(0, word) for word in (16, 0, 0x77, 1, 0, 0, 0, 0)], "dm_rresp_err"),
        ([(4, 1)], "desc_unalin_error"),
        ([(0x80, 1), (0x40, 1)], "desc_ooo_error"),
    ],
    ids=["unmapped", "unaligned", "out of order"],
)
def test_an_error_is_told_and_the_engine_recovers(device, engine, words, error):
    bar = device.slot.bar("app", 4)
    for place, word in words:
        bar.poke(0x1000 + place, word)
    device.slot.simulation.advance(500)
    with pytest.raises(hal.SdeError) as told:
        engine.h2c.flush(TIMEOUT)
    assert told.value.errors == (error,)
    engine.recover()
    engine.h2c.send(b"after", 5, timeout=TIMEOUT)
    assert engine.c2h.receive(TIMEOUT) == (b"after", 5)
