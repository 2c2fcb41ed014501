"""Ports by their names: buses, clocks, resets, interrupts, and what is said of those that are none."""

from __future__ import annotations

import pytest

import hal
from hal.cosim.bus_ports import Port
from hal.cosim.top_header import top_header
from hal.cosim.top_ports import find_top, ports_of

SLAVE = {
    **dict.fromkeys(("awaddr", "araddr"), ("IN", 12)),
    **dict.fromkeys(("awvalid", "wvalid", "bready", "arvalid", "rready"), ("IN", 1)),
    **dict.fromkeys(("awready", "wready", "bvalid", "arready", "rvalid"), ("OUT", 1)),
    "wdata": ("IN", 32),
    "wstrb": ("IN", 4),
    "rdata": ("OUT", 32),
}


def port(name, direction="IN", bits=1):
    return Port(name, direction, bits, 4)


def bus(pattern="s_axil_{}", **other):
    return [port(pattern.format(signal), *shape) for signal, shape in (SLAVE | other).items()]


def found(*ports, spaces=None, home=(0, 0), **names):
    return find_top("block", ports, spaces or {}, home, **names)


def told(*ports, **options):
    with pytest.raises(hal.HalError) as raised:
        found(*ports, **options)
    return str(raised.value)


def test_ports_of_a_generated_header():
    header = """
    VL_IN8(&clk,0,0);
    VL_OUT16(&leds,15,0);
    VL_IN(&s_axil_awaddr,31,0);
    VL_OUT64(&time_stamp,63,0);
    VL_INW(&data,511,0,16);
    VL_IN8(&odd___05Fname,0,0);
    VL_IN8((&lanes)[4],0,0);
    VL_IN8(&down,0,7);
    """
    assert ports_of(header) == [
        Port("clk", "IN", 1, 1),
        Port("leds", "OUT", 16, 2),
        Port("s_axil_awaddr", "IN", 32, 4),
        Port("time_stamp", "OUT", 64, 8),
        Port("data", "IN", 512, 64),
        Port("down", "IN", 8, 1),
    ]


@pytest.mark.parametrize("pattern", ["s_axil_{}", "S_AXI_{}", "{}", "s_axi_{}_i", "axi4l{}"])
def test_a_bus_has_any_prefix(pattern):
    upper = pattern.isupper() or pattern.startswith("S_")
    ports = [Port(p.name.upper() if upper else p.name, p.direction, p.bits, 4) for p in bus(pattern)]
    top = found(*ports, port("aclk"), port("aresetn"))
    assert [sorted(one.signals) for one in top.buses] == [sorted(SLAVE)]
    assert (top.clock.name, top.reset.name, top.active_low) == ("aclk", "aresetn", True)
    assert top.driven() == {p.name for p in ports if p.direction == "IN"} | {"aclk", "aresetn"}


@pytest.mark.parametrize(
    ("clock", "reset", "low"),
    [
        ("clk", "rst_n", True),
        ("clk_i", "rst_ni", True),
        ("s_axi_aclk", "s_axi_aresetn", True),
        ("clock", "reset", False),
        ("i_clk", "i_rst", False),
        ("clk", "rst", False),
        ("clk", "reset_n", True),
    ],
)
def test_clocks_and_resets_by_name(clock, reset, low):
    top = found(*bus(), port(clock), port(reset))
    assert (top.clock.name, top.reset.name, top.active_low) == (clock, reset, low)


def test_names_that_are_given():
    ports = *bus(), port("clk_a"), port("clk_b"), port("init")
    assert told(*ports, port("x")).startswith("block has no input that is named as a clock")
    top = found(*ports, clock="clk_b", reset="init:low")
    assert (top.clock.name, top.reset.name, top.active_low) == ("clk_b", "init", True)
    assert "no input 'clk_c' of one bit for its clock. Its inputs of one bit are" in told(*ports, clock="clk_c")
    assert "--reset init:up: a reset's level is high or low" in told(*ports, clock="clk_a", reset="init:up")
    assert found(*bus(), port("clk")).reset is None
    assert "several inputs that are named as a clock: clk, i_clk; name it with --clock" in told(
        *bus(), port("clk"), port("i_clk")
    )


def test_several_buses():
    ports = *bus(), *bus("s_cfg_{}", wdata=("IN", 64), rdata=("OUT", 64)), port("clk")
    assert "2 buses: say which BAR each is, e.g. --bus s_axil=app:0 --bus s_cfg=app:2" in told(*ports)
    top = found(*ports, spaces={"s_cfg": (1, 4)})
    assert [(one.prefix, one.space) for one in top.buses] == [("s_cfg", (1, 4))]
    both = {"s_axil": (0, 0), "s_cfg": (0, 0)}
    assert "two buses on one BAR" in told(*ports, spaces=both)
    assert "no bus 'x': it has s_axil, s_cfg" in told(*ports, spaces={"x": (0, 0)})
    assert found(*bus(), port("clk"), home=(1, 4)).buses[0].space == (1, 4)


PERIPHERAL = {
    **dict.fromkeys(("psel", "penable", "pwrite"), ("IN", 1)),
    **dict.fromkeys(("paddr", "pwdata"), ("IN", 32)),
    "pready": ("OUT", 1),
    "prdata": ("OUT", 32),
}


def test_apb_beside_axi():
    apb = [port(f"s_apb_{signal}", *shape) for signal, shape in PERIPHERAL.items()]
    top = found(*apb, port("pclk"), port("presetn"))
    (one,) = top.buses
    assert (one.prefix, one.protocol.name, one.data_bits, one.address_bits) == ("s_apb", "APB", 32, 32)
    assert (top.clock.name, top.reset.name, top.active_low) == ("pclk", "presetn", True)
    assert "s_apb_psel" in top.driven()
    text = top_header(top, simulator="")
    assert "X(hal::Apb<top::Bus0>)" in text
    assert "static unsigned &pstrb(Model &)" in text
    both = *apb, *bus(), port("clk")
    assert "has 2 buses: say which BAR each is, e.g. --bus s_apb=app:0 --bus s_axil=app:2" in told(*both)
    assert [one.protocol.name for one in found(*both, spaces={"s_axil": (0, 0), "s_apb": (0, 2)}).buses] == [
        "AXI4-Lite",
        "APB",
    ]
    plain = [port(signal, *shape) for signal, shape in PERIPHERAL.items()]
    assert found(*plain, port("clk")).buses[0].prefix == ""
    assert "has no whole APB slave: pready is missing" in told(
        *(one for one in plain if one.name != "pready"), port("clk")
    )


def test_what_is_no_slave():
    clock = port("clk")
    assert "has no AXI4-Lite or APB slave: its ports are to be named as in s_axil_awaddr" in told(clock)
    assert "no whole AXI4-Lite slave: rvalid is missing" in told(
        *(p for p in bus() if p.name != "s_axil_rvalid"), clock
    )
    master = [Port(p.name, {"IN": "OUT", "OUT": "IN"}[p.direction], p.bits, 4) for p in bus("m_axil_{}")]
    assert "directions is missing" in told(*master, clock)
    assert found(*master, *bus(), clock).buses[0].prefix == "s_axil"
    assert "is AXI4 with bursts" in told(*bus(awlen=("IN", 8)), clock)
    assert "has 16 data bits" in told(*bus(wdata=("IN", 16), rdata=("OUT", 16)), clock)


def test_interrupts_by_name():
    lines = port("irq", "OUT"), port("dma_interrupts_o", "OUT", 4), port("intr_count", "OUT"), port("irq_i")
    assert [one.name for one in found(*bus(), port("clk"), *lines).interrupts] == ["irq", "dma_interrupts_o"]
    assert found(*bus(), port("clk"), port("irqs", "OUT", 17)).interrupts == []


def test_nothing_that_is_given_becomes_code():
    top = found(*bus(), port("clk"))
    hostile = '"; system("x"); // \\ ??/\n#include </etc/passwd>'
    text = top_header(top, simulator=hostile, design=hostile, afi=hostile)
    assert '"; system' not in text
    assert hostile not in text
    assert [line for line in text.splitlines() if line.startswith("#include")] == ['#include "Vlogic.h"']
    with pytest.raises(hal.HalError, match="has a name that C\\+\\+ can't have"):
        top_header(found(*bus(), port("clk"), port("a;b")), simulator="")
