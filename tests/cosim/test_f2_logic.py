"""A custom logic on the F2 shell's ports: every bus, the host's memory, interrupts, LEDs, switches, ids and resets."""

from __future__ import annotations

import pytest

import hal
from hal.cosim.bus_ports import Port
from hal.cosim.check.prover import prove
from hal.cosim.f2_ports import f2_top, is_f2

PATTERN = bytes(range(256)) * 4
INVERTED = bytes(255 - byte for byte in PATTERN)


def copied(device, source, target, beats=16):
    device.source.at, device.target.at, device.beats.count = source, target, beats
    device.start.go = 1
    device.status.wait_for(done=1)
    return device.status.response


def test_registers_on_two_functions(small_cl):
    assert (small_cl.id.value, small_cl.managed.value.value) == (0xC0DE0001, 7)
    small_cl.managed.value.value = 9
    small_cl.scratch.value = 0x12345678
    assert (small_cl.managed.value.value, small_cl.scratch.value) == (9, 0x12345678)
    assert small_cl.slot.simulation.top == "small_cl"


def test_ids_leds_and_switches(small_cl):
    slot = small_cl.slot
    info = slot.describe()
    ids = info.vendor_id, info.device_id, info.subsystem_vendor_id, info.subsystem_device_id
    assert ids == (0x1D0F, 0xF0CA, 0xFEDC, 0x1D51)  # of cl_sh_id0 and cl_sh_id1, which the map says nothing of
    assert info.app.device_id == 0xF0CA
    small_cl.scratch.value = 0xABCD1234
    assert slot.leds == 0x1234
    slot.dip = 0x55AA
    assert small_cl.switches.value == 0x55AA
    slot.load(small_cl.afi_id())
    assert slot.attach(type(small_cl)).switches.value == 0x55AA  # switches are no part of the logic


def test_the_dma_bus_has_bursts_and_lanes(small_cl):
    ram, simulation = small_cl.bulk.ram, small_cl.slot.simulation
    clocks = simulation.clocks
    ram[3:1500] = list(range(1497))  # from the middle of a beat, over a page, to the middle of another one
    assert simulation.clocks - clocks < 150
    assert list(ram[3:1500]) == list(range(1497))
    bar = small_cl.slot.bar("app", 4)
    bar.poke(0x43, 0xEE, 8)
    bar.poke(0x78, 0x1122334455667788, 64)
    bar.poke(0xBC, 0x99AABBCC)
    assert (bar.peek(0x40), bar.peek(0x43, 8)) == (0xEE00000D, 0xEE)
    assert (bar.peek(0x78, 64), bar.peek(0x7C), bar.peek(0xB8)) == (0x1122334455667788, 0x11223344, 43)
    with small_cl.slot.emulator.trace() as trace:
        ram[0:4] = [1, 2, 3, 4]
    assert [(access.action, access.offset, access.value) for access in trace] == [
        ("write", 4 * number, number + 1) for number in range(4)
    ]


def test_the_logic_reaches_the_hosts_memory(small_cl, capfd):
    simulation = small_cl.slot.simulation
    memory = simulation.host_memory()
    memory[0x1000:0x1400] = PATTERN
    memory[0x8000:0x8400] = bytes(1024)
    assert copied(small_cl, 0x1000, 0x8000) == 0
    assert bytes(memory[0x8000:0x8400]) == INVERTED
    assert copied(small_cl, 0x1000, 0xF000_0000) == 3  # past the end of the memory
    assert simulation.reports == 0
    copied(small_cl, 0x1F80, 0x8000)
    assert simulation.reports == 1
    assert "PCIM:0: $error: a burst crosses a page of 4 KiB" in capfd.readouterr().err
    assert len(memory) == 256 << 20


def test_the_logic_reaches_buffers_of_the_program(small_cl):
    """Its addresses have 32 bits. What is closed, too short or of the other direction is answered with DECERR."""
    slot = small_cl.slot
    with (
        slot.buffer(4096, "h2c", address_bits=32) as source,
        slot.buffer(4096, "c2h", address_bits=32) as target,
        slot.buffer(4096, "both", address_bits=28) as among_the_plain,
    ):
        source[:1024] = PATTERN
        for place in (target, among_the_plain):
            assert copied(small_cl, source.address, place.address) == 0
            assert bytes(place[:1024]) == INVERTED
            assert not any(place[1024:])
        plain = slot.simulation.host_memory()
        assert not any(plain[among_the_plain.address : among_the_plain.address + 1024])
        assert copied(small_cl, target.address, target.address) == 3
        assert copied(small_cl, source.address, source.address) == 3
        assert bytes(source[:1024]) == PATTERN
        assert copied(small_cl, source.address, target.address + 4096) == 3
        gone = target.address
    assert copied(small_cl, 0, gone) == 3
    with slot.buffer(64) as wide:
        assert wide.address > 0xFFFF_FFFF


def test_transfers_reach_the_memory_behind_pcis(small_cl):
    dma = small_cl.slot.dma
    data = bytes(range(256)) * 20
    dma.write(7, data)
    assert list(small_cl.bulk.ram[2:6]) == [0x04030201, 0x08070605, 0x0C0B0A09, 0x100F0E0D]
    back = bytearray(len(data) - 1)
    dma.read(8, back)
    assert back == data[1:]


def test_interrupts_are_requested_and_acknowledged(small_cl):
    simulation = small_cl.slot.simulation
    for count in (1, 2):
        copied(small_cl, 0, 0x1000, 1)
        simulation.advance(10)
        assert [line for line, number in enumerate(simulation.interrupts.requests) if number] == [3]
        assert simulation.interrupts.requests[3] == count
    assert not any(simulation.interrupts.asserted)


def test_clocks_and_resets(small_cl):
    simulation = small_cl.slot.simulation
    slow, clocks = small_cl.slow.value, simulation.clocks
    simulation.advance(5000)
    assert small_cl.slow.value - slow == pytest.approx((simulation.clocks - clocks) * 100 / 250, abs=2)
    assert small_cl.time.value * 4e-9 == pytest.approx(simulation.time, abs=1e-8)
    simulation.function_reset()
    simulation.function_reset(clocks=3)
    assert small_cl.resets.value == 2
    assert simulation.ports.info("sh_cl_flr_assert").kind == "driven"


def test_it_does_as_its_map_says(small_cl):
    report = prove(small_cl.slot, type(small_cl), operations=500)
    assert (report.faults, report.percent) == ((), 100)


def ports(*names):
    return [Port(name, "IN" if name.startswith(("sh_", "ocl_", "clk_", "rst_")) else "OUT", 32, 4) for name in names]


def test_what_the_shell_misses():
    assert is_f2(ports("clk_main_a0"))
    assert not is_f2(ports("clk", "ocl_cl_awaddr"))
    with pytest.raises(hal.HalError, match="has the shell's clk_main_a0, and none of its buses"):
        f2_top("cl", ports("clk_main_a0", "rst_main_n"))
    with pytest.raises(hal.HalError, match=r"cl: OCL lacks ocl_cl_awvalid, cl_ocl_awready, .*; give all of its ports"):
        f2_top("cl", ports("clk_main_a0", "ocl_cl_awaddr"))
