"""A bench of cocotb's, for test_cocotb.py: gadget.sv, with its driver."""

from __future__ import annotations

import os
import time

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

import hal
from hal.cosim.cocotb import run

Gadget = hal.load_map(os.environ["GADGET"])


async def started(dut):
    """The master of its bus, and what resets it."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    dut.fault.value = dut.pins.value = 0

    async def reset():
        dut.rst_n.value = 0
        await ClockCycles(dut.clk, 8)
        dut.rst_n.value = 1
        await ClockCycles(dut.clk, 2)

    await reset()
    return AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst_n, reset_active_level=False), reset


def identity(dev):
    return dev.id.value


def program(dev):
    """Accesses of each kind, and what they answer."""
    dev.ctrl.modify(enable=1, limit=0x20, mode=5)
    dev.status.wait_for(done=1, timeout=10)
    dev.ctrl.enable = 0
    dev.status.done = 1
    dev.wide.value = 0x0123456789ABCDEF
    dev.bank[2].value = 0xBEEF
    dev.table[3:6] = [7, 8, 9]
    dev.slot.bar("app", 0).poke(0x15, 0x11, 8)
    return [
        dev.id.value, dev.ctrl.read(), dev.status.done, dev.wide.value, dev.bank[2].value, list(dev.table[3:6]),
        dev.scratch.value, dev.slot.bar("app", 0).peek(0x17, 8), dev.slot.bar("app", 0).peek(0x20, 64),
    ]  # fmt: skip


@cocotb.test()
async def test_the_program(dut):
    axi, _ = await started(dut)
    print("ANSWERS", await run(program, Gadget, axi))

    def speed(dev):
        start = time.perf_counter()
        for _ in range(500):
            _ = dev.scratch.value
        return 500 / (time.perf_counter() - start)

    print("READS", await run(speed, Gadget, axi))


@cocotb.test()
async def test_what_goes_wrong(dut):
    axi, reset = await started(dut)

    def wrong(dev):
        raise LookupError(dev.id.value)

    with pytest.raises(LookupError, match=str(0x48414C01)):
        await run(wrong, Gadget, axi)

    class Broken:
        write = axi.write

        async def read(self, address, length):
            raise EOFError(address)

    with pytest.raises(EOFError, match=r"^0$"):
        await run(identity, Gadget, Broken(), verify=False)
    assert await run(lambda dev: dev.slot.bar("mgmt", 4).peek(0), Gadget, axi) == 0xFFFFFFFF

    def again(dev):
        dev.scratch.value = 5
        dev.slot.load(dev.afi_id())
        return dev.slot.attach(Gadget).scratch.value

    assert await run(again, Gadget, axi) == 5
    assert await run(again, Gadget, {"app:0": axi}, reset=reset) == 0xDEADBEEF
    with pytest.raises(hal.HalError, match="'app0' is no BAR: it is app:0, mgmt:4 or the like"):
        await run(identity, Gadget, {"app0": axi})
    first = cocotb.start_soon(run(identity, Gadget, axi))
    await ClockCycles(dut.clk, 1)
    with pytest.raises(hal.HalError, match="one program at a time"):
        await run(identity, Gadget, axi)
    assert await first == 0x48414C01
