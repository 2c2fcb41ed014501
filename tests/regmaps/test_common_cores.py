"""The shipped maps of common cores: what the product guides say, register by register, and what the card does with it."""

from __future__ import annotations

import pytest

import codegen
import hal
from codegen.model.loader import load
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.views.difference import compare
from hal import walk
from tests.support import ROOT
from tests.support.cards import on_card
from tests.support.corpus import corpus_file

ONES = 0xFFFF_FFFF
# Offset, reset value, the bits of it that nobody knows, and the bits of each access.
CHANNEL = {
    "dmacr": (0x00, 0x0001_0002, 0, {"rw": 0xFFFF_701D, "ro": 0x2}),
    "dmasr": (0x04, 0x0001_0001, 0x8, {"ro": 0xFFFF_077B, "w1c": 0x7000}),
    "curdesc": (0x08, 0, 0, {"rw": 0xFFFF_FFC0}),
    "curdesc_msb": (0x0C, 0, 0, {"rw": ONES}),
    "taildesc": (0x10, 0, 0, {"rw": 0xFFFF_FFC0}),
    "taildesc_msb": (0x14, 0, 0, {"rw": ONES}),
    "{}a": (0x18, 0, 0, {"rw": ONES}),
    "{}a_msb": (0x1C, 0, 0, {"rw": ONES}),
    "length": (0x28, 0, 0, {"rw": 0x03FF_FFFF}),
}
INTERRUPTS = ({"w1t": 0x3FFF}, {"rw": 0x3FFF})
CORES = {
    "axi_dma": {
        **{
            f"dma.{way}.{name.format(address)}": (base + row[0], *row[1:])
            for way, base, address in (("mm2s", 0x00, "s"), ("s2mm", 0x30, "d"))
            for name, row in CHANNEL.items()
        },
        "dma.sg_ctl": (0x2C, 0x3, 0, {"rw": 0xF0F}),
    },
    "axi_timer": {
        "timer.tcsr0": (0x00, 0, 0, {"rw": 0xEFF, "w1c": 0x100}),
        "timer.tlr0": (0x04, 0, 0, {"rw": ONES}),
        "timer.tcr0": (0x08, 0, 0, {"ro": ONES}),
        "timer.tcsr1": (0x10, 0, 0, {"rw": 0x6FF, "w1c": 0x100}),
        "timer.tlr1": (0x14, 0, 0, {"rw": ONES}),
        "timer.tcr1": (0x18, 0, 0, {"ro": ONES}),
    },
    "axi_gpio": {
        "gpio.gpio_data": (0x000, 0, 0, {"rw": ONES}),
        "gpio.gpio_tri": (0x004, ONES, 0, {"rw": ONES}),
        "gpio.gpio2_data": (0x008, 0, 0, {"rw": ONES}),
        "gpio.gpio2_tri": (0x00C, ONES, 0, {"rw": ONES}),
        "gpio.gier": (0x11C, 0, 0, {"rw": 1 << 31}),
        "gpio.ip_isr": (0x120, 0, 0, {"w1t": 3}),
        "gpio.ip_ier": (0x128, 0, 0, {"rw": 3}),
    },
    "axi_uartlite": {
        "uart.rx_fifo": (0x0, 0, 0, {"rc": 0xFF}),
        "uart.tx_fifo": (0x4, 0, 0, {"wo": 0xFF}),
        "uart.stat_reg": (0x8, 0x04, 0, {"ro": 0x1F, "rc": 0xE0}),
        "uart.ctrl_reg": (0xC, 0, 0, {"wo": 0x13}),
    },
    "axi_iic": {
        "iic.gie": (0x01C, 0, 0, {"rw": 1 << 31}),
        "iic.isr": (0x020, 0xD0, 0, {"w1t": 0xFF}),
        "iic.ier": (0x028, 0, 0, {"rw": 0xFF}),
        "iic.softr": (0x040, 0, 0, {"wo": 0xF}),
        "iic.cr": (0x100, 0, 0, {"rw": 0x7F}),
        "iic.sr": (0x104, 0xC0, 0, {"ro": 0xFF}),
        "iic.tx_fifo": (0x108, 0, 0, {"wo": 0x3FF}),
        "iic.rx_fifo": (0x10C, 0, 0xFF, {"rc": 0xFF}),
        "iic.adr": (0x110, 0, 0, {"rw": 0xFE}),
        "iic.tx_fifo_ocy": (0x114, 0, 0, {"ro": 0xF}),
        "iic.rx_fifo_ocy": (0x118, 0, 0, {"ro": 0xF}),
        "iic.ten_adr": (0x11C, 0, 0, {"rw": 0x7}),
        "iic.rx_fifo_pirq": (0x120, 0, 0, {"rw": 0xF}),
        "iic.gpo": (0x124, 0, 0, {"rw": 0xFF}),
        **{
            f"iic.{name}": (0x128 + 4 * number, 0, ONES, {"rw": ONES})
            for number, name in enumerate(("tsusta", "tsusto", "thdsta", "tsudat", "tbuf", "thigh", "tlow", "thddat"))
        },
    },
    "axi_quad_spi": {
        "spi.dgier": (0x1C, 0, 0, {"rw": 1 << 31}),
        "spi.ipisr": (0x20, 0, 0, INTERRUPTS[0]),
        "spi.ipier": (0x28, 0, 0, INTERRUPTS[1]),
        "spi.srr": (0x40, 0, 0, {"wo": ONES}),
        "spi.spicr": (0x60, 0x180, 0, {"rw": 0x3FF}),
        "spi.spisr": (0x64, 0xA5, 0, {"ro": 0x7EF, "rc": 0x10}),
        "spi.spi_dtr": (0x68, 0, 0, {"wo": ONES}),
        "spi.spi_drr": (0x6C, 0, ONES, {"rc": ONES}),
        "spi.spissr": (0x70, 0, ONES, {"rw": ONES}),
        "spi.tx_fifo_ocy": (0x74, 0, 0, {"ro": 0xFF}),
        "spi.rx_fifo_ocy": (0x78, 0, 0, {"ro": 0xFF}),
    },
    "axi_intc": {
        "intc.isr": (0x00, 0, 0, {"rw": ONES}),
        "intc.ipr": (0x04, 0, 0, {"ro": ONES}),
        "intc.ier": (0x08, 0, 0, {"rw": ONES}),
        "intc.iar": (0x0C, 0, 0, {"none:one_clears": ONES}),
        "intc.sie": (0x10, 0, 0, {"none:one_sets": ONES}),
        "intc.cie": (0x14, 0, 0, {"none:one_clears": ONES}),
        "intc.ivr": (0x18, ONES, 0, {"ro": ONES}),
        "intc.mer": (0x1C, 0, 0, {"rw": 1, "w1s": 2}),
        "intc.imr": (0x20, 0, 0, {"rw": ONES}),
        "intc.ilr": (0x24, ONES, 0, {"rw": ONES}),
        **{f"intc.ivar[{number}]": (0x100 + 4 * number, 0, ONES, {"rw": ONES}) for number in range(32)},
        **{
            f"intc.ivear[{number}]": (0x200 + 8 * number, 0, (1 << 64) - 1, {"rw": (1 << 64) - 1})
            for number in range(32)
        },
    },
    "opentitan_uart": {
        "intr_state": (0x00, 0, 0, {"ro": 0x103, "w1c": 0xFC}),
        "intr_enable": (0x04, 0, 0, {"rw": 0x1FF}),
        "intr_test": (0x08, 0, 0, {"wo": 0x1FF}),
        "alert_test": (0x0C, 0, 0, {"wo": 0x1}),
        "ctrl": (0x10, 0, 0, {"rw": 0xFFFF_03F7}),
        "status": (0x14, 0x3C, 0x3, {"ro": 0x3F}),
        "rdata": (0x18, 0, 0xFF, {"rc": 0xFF}),
        "wdata": (0x1C, 0, 0, {"wo": 0xFF}),
        "fifo_ctrl": (0x20, 0, 0, {"wo": 0x3, "rw": 0xFC}),
        "fifo_status": (0x24, 0, 0xFF_00FF, {"ro": 0xFF_00FF}),
        "ovrd": (0x28, 0, 0, {"rw": 0x3}),
        "val": (0x2C, 0, 0xFFFF, {"ro": 0xFFFF}),
        "timeout_ctrl": (0x30, 0, 0, {"rw": 0x80FF_FFFF}),
    },
}
GUIDES = {
    "axi_dma": "PG021",
    "axi_timer": "PG079",
    "axi_gpio": "PG144",
    "axi_uartlite": "PG142",
    "axi_iic": "PG090",
    "axi_quad_spi": "PG153",
    "axi_intc": "PG099",
}


@pytest.mark.parametrize("name", CORES)
def test_the_map_is_what_the_guide_says(name):
    found = {}
    for row in walk(hal.load_map(name)):
        masks: dict[str, int] = {}
        for field in row.fields:
            masks[field.access] = masks.get(field.access, 0) | ((1 << field.width) - 1) << field.lsb
        found[row.path] = (row.address, masks)
    assert found == {path: (offset, masks) for path, (offset, _, _, masks) in CORES[name].items()}


@pytest.mark.parametrize("name", CORES)
def test_the_card_has_the_resets(slot, name):
    device = on_card(slot, hal.load_map(name))
    for path, (offset, reset, unknown, masks) in CORES[name].items():
        node = device.find(path)
        assert node.address == offset
        if all(access.startswith(("wo", "none:")) for access in masks):
            with pytest.raises(hal.AccessError):
                node.read()
            continue
        assert node.read() & ~unknown == reset, path


@pytest.mark.parametrize("name", GUIDES)
def test_the_file_names_its_source(name):
    assert f"({GUIDES[name]})" in (ROOT / "regmaps" / f"{name}_types.yaml").read_text()


def test_a_map_of_ones_own_includes_the_types(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "schema: 1\nname: mine\ninclude: [axi_gpio_types.yaml, axi_intc_types.yaml]\nblocks:\n"
        "  leds: {type: axi_gpio_regs, offset: 0x1000}\n  irq: {type: axi_intc_regs, offset: 0x2000}\n"
    )
    device, inputs = codegen.load_with_inputs(path)
    assert {place.path: place.offset for place in device.walk()}["irq.mer"] == 0x201C
    assert inputs[1:] == (ROOT / "regmaps" / "axi_gpio_types.yaml", ROOT / "regmaps" / "axi_intc_types.yaml")
    (tmp_path / "axi_gpio_types.yaml").write_text(
        "schema: 1\ntypes: {axi_gpio_regs: {registers: {own: {offset: 0}}}}\n"
    )
    assert codegen.load(path).root.children[0].type.children[0].name == "own"


def test_the_interrupt_controller_is_set_and_cleared_by_its_aliases(slot):
    intc = on_card(slot, hal.load_map("axi_intc")).intc
    intc.sie.write(0x35)
    intc.cie.write(0x04)
    slot.emulator.poke(0, 0, 0x00, 0xF)
    intc.iar.write(0x3)
    assert (intc.ier.read(), intc.isr.read()) == (0x31, 0xC)
    intc.mer.hie = 1
    intc.mer.me = 1
    intc.mer.write(0)
    assert intc.mer.fields() == {"me": 0, "hie": 1}


def test_bits_that_toggle_are_cleared_by_writing_what_is_set(slot):
    spi = on_card(slot, hal.load_map("axi_quad_spi")).spi
    slot.emulator.poke(0, 0, 0x20, 0x14)
    spi.ipisr.dtr_empty = 1
    assert spi.ipisr.read() == 0x10
    slot.emulator.poke(0, 0, 0x64, 0xB5)
    assert (spi.spisr.read(), spi.spisr.read()) == (0xB5, 0xA5)
    with slot.emulator.trace() as trace:
        spi.spicr.modify(tx_fifo_reset=1, rx_fifo_reset=1, spe=1)
    assert [access.value for access in trace if access.action == "write"] == [0x1E2]
    assert spi.spicr.read() == 0x182


def test_a_field_of_the_dma_leaves_the_others(slot):
    dma = on_card(slot, hal.load_map("axi_dma")).dma
    dma.mm2s.dmacr.modify(rs=1, irq_threshold=8, ioc_irq_en=1)
    dma.mm2s.dmacr.err_irq_en = 1
    assert dma.mm2s.dmacr.read() == 0x0008_5003
    slot.emulator.poke(0, 0, 0x34, 0x0001_5002)
    dma.s2mm.dmasr.err_irq = 1
    assert dma.s2mm.dmasr.read() == 0x0001_1002
    with pytest.raises(hal.FieldValueError):
        dma.mm2s.dmacr.irq_threshold = 0


def test_the_timers_interrupt_is_not_cleared_by_its_neighbours(slot):
    timer = on_card(slot, hal.load_map("axi_timer")).timer
    slot.emulator.poke(0, 0, 0x00, 0x1D0)
    timer.tcsr0.ent0 = 0
    assert timer.tcsr0.read() == 0x150
    timer.tcsr0.t0int = 1
    assert timer.tcsr0.read() == 0x050


class Echo(hal.Model):
    """A UART Lite whose line goes back into itself."""

    def __init__(self, driver):
        super().__init__(driver)
        self.line = []

    def on_load(self):
        self.line.clear()

    def on_write(self, register, value):
        if register == "uart.tx_fifo" and len(self.line) < 16:
            self.line.append(value)
        if register == "uart.ctrl_reg":
            self.set("uart.stat_reg.intr_enabled", value >> 4 & 1)
            if value & 2:
                self.line.clear()
        self.set("uart.stat_reg.rx_fifo_valid_data", bool(self.line))
        self.set("uart.stat_reg.rx_fifo_full", len(self.line) == 16)

    def on_read(self, register):
        if register == "uart.rx_fifo":
            self.set("uart.rx_fifo", self.line.pop(0) if self.line else 0)
            self.set("uart.stat_reg.rx_fifo_valid_data", bool(self.line))
            self.set("uart.stat_reg.rx_fifo_full", 0)


def test_a_serial_line_echoes(slot):
    uart = on_card(slot, hal.load_map("axi_uartlite")).uart
    slot.emulator.set_model(Echo(hal.load_map("axi_uartlite")))
    for character in b"hello":
        uart.tx_fifo.data = character
    got = bytearray()
    while uart.stat_reg.rx_fifo_valid_data:
        got.append(uart.rx_fifo.data)
    assert got == b"hello"
    uart.ctrl_reg.enable_intr = 1
    uart.tx_fifo.data = 0x21
    uart.ctrl_reg.rst_rx_fifo = 1  # the interrupt stays enabled
    assert uart.stat_reg.fields() == {
        **dict.fromkeys(("rx_fifo_valid_data", "rx_fifo_full", "tx_fifo_full"), 0),
        **dict.fromkeys(("overrun_error", "frame_error", "parity_error"), 0),
        "tx_fifo_empty": 1,
        "intr_enabled": 1,
    }


def test_interrupts_of_the_opentitan_uart(slot):
    dev = on_card(slot, hal.load_map("opentitan_uart"))
    assert [(one.name, one.line) for one in dev.interrupts][:3] == [
        ("tx_watermark", 0),
        ("rx_watermark", 1),
        ("tx_done", 2),
    ]
    dev.interrupts.rx_overflow.enable()
    slot.emulator.poke(0, 0, 0x0, 0x8)
    assert dev.interrupts.rx_overflow.pending
    dev.interrupts.rx_overflow.clear()
    assert (dev.intr_state.read(), dev.intr_enable.read()) == (0, 0x8)


def test_an_import_gives_the_shipped_registers():
    source = corpus_file("opentitan/uart.hjson")
    changes = compare(codegen.load(ROOT / "regmaps" / "opentitan_uart.yaml"), codegen.load(source))
    assert [(change.path, change.what) for change in changes][1:] == [("rdata.rdata", "access changed")]


def test_the_interrupt_controller_is_logic_too():
    """Its map says what hardware does. `make rtl-demo` simulates it."""
    files = render(load(ROOT / "regmaps" / "axi_intc.yaml"), LANGUAGES["rtl"])
    assert sorted(files) == ["axi_intc_axil.sv", "axi_intc_regs.sv", "axi_intc_regs_pkg.sv"]
    assert "hwset" in files["axi_intc_regs_pkg.sv"]
