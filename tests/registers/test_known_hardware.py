"""Registers that programmers know from manuals, each through driver, bus trace, card, C header and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.bindings.gcc import GCC, compile_c
from tests.support.cards import on_card
from tests.support.dut import load_class


@dataclass
class Row:
    """A device by its map, what a program does with it, and what each of the five then shows.

    `values`: what the program returns. `bus`: action, offset, value. `card`: bits of words in its storage, by offset and
    width. `c`: macros. `facts`: what JSON says, by a path into it.
    """

    map: str
    program: Any
    values: list[Any]
    bus: str
    card: dict[tuple[int, int], int]
    c: dict[str, int]
    facts: dict[str, Any] = field(default_factory=dict)


def refused(error: type[Exception], operation: Any) -> str:
    with pytest.raises(error) as caught:
        operation()
    return str(caught.value)


def uart(dev: Any) -> list[Any]:
    """A 16550 on a 32-bit bus: what stands at 0 is three registers, by direction and by DLAB."""
    dev.thr.write(0x41)
    dev.lcr.dlab = 1
    dev.dll.write(12)
    divisor = dev.dll.read()
    dev.lcr.dlab = 0
    dev.slot.emulator.poke(0, 0, 0, 0x5A, 8)
    return [divisor, dev.rbr.read(), dev.lcr.word_length]


def capture(dev: Any) -> list[Any]:
    """TIM_CCMR1 of an STM32: output and input views of one register; bits of cc1s are the same in both."""
    dev.ccmr1_output.modify(oc1m=6, oc1pe=1)
    dev.ccmr1_input.cc1s = 1
    dev.ccmr1_input.ic1f = 0xA
    return [dev.ccmr1_output.oc1m, dev.ccmr1_input.ic1f, dev.ccmr1_output.cc1s]


def pins(dev: Any) -> list[Any]:
    """ODR and BSRR of an STM32: one write, no read, other pins untouched."""
    dev.odr.low = 0xA5
    dev.bsrr.set_high = 0x80
    return [dev.odr.low, dev.odr.high]


def serial(dev: Any) -> list[Any]:
    """SPI and TWI of an nRF52 at one base: one of the two is enabled."""
    dev.spi.frequency.write(0x02000000)
    dev.twi.address_.value = 0x48
    return [hex(dev.twi.frequency.read()), dev.twi.address_.value, sorted(dev.snapshot())]


def atomic(dev: Any) -> list[Any]:
    """A register of an RP2040 and its addresses that toggle, set and clear."""
    dev.ctrl.mode = 5
    dev.ctrl_xor.slew = 0xF
    dev.ctrl.enable = 1
    return [dev.ctrl.mode, dev.ctrl.slew, dev.ctrl.enable]


def trust(dev: Any) -> list[Any]:
    """OpenTitan: a write enable that software closes, and a shadowed register."""
    dev.ctrl.rate = 3
    dev.shadowed.mode = 2
    dev.regwen.en = 0
    return [refused(hal.LockedError, lambda: setattr(dev.ctrl, "rate", 1)), dev.ctrl.rate, dev.shadowed.mode]


def kernel(dev: Any) -> list[Any]:
    """ap_ctrl of a Vitis HLS kernel: ap_done is cleared by a read, so what is written is remembered."""
    dev.control.auto_restart = 1
    dev.control.ap_start = 1
    dev.slot.emulator.poke(0, 0, 0, 0x8E)
    return [dev.control.fields(), dev.control.ap_done]


def pll(dev: Any) -> list[Any]:
    """A PLL's configuration among reserved bits that have to stay what they are."""
    dev.slot.emulator.poke(0, 0, 0, 0xF050_0A05)  # trimmed in the factory
    dev.config.multiplier = 0x1F
    dev.config.modify(divider=3, bypass=1)
    dev.filter.write(bandwidth=2)
    return [hex(dev.config.read()), hex(dev.filter.read())]


def csr(dev: Any) -> list[Any]:
    """LiteX: the highest word at the lowest address."""
    dev.load.write(0x1_0000_0002)
    dev.load.low = 5
    return [hex(dev.load.read())]


def ring(dev: Any) -> list[Any]:
    """A ring of 64 descriptors, one by one and in one burst."""
    dev.ring[5].address_.value = 0x1_0000_1000
    dev.ring[5].length.modify(bytes=64, last=True)
    dev.ring[62:64] = [{"address": 0x2000, "length": 16}, {"address": 0x3000, "length": 32}]
    return [
        len(dev.ring),
        dev.ring[63].address_.value,
        dev.ring[0:64].read().address.tolist()[5],
        dev.ring[5].length.last,
    ]


LOCKED = (
    "trust.ctrl (app BAR 0, 0x4) is locked: trust.regwen.en (app BAR 0, 0x0) is 0x0, and writes pass while it is 0x1; "
    "nothing was written"
)
ROWS = {
    "uart": Row(
        """
registers:
  rbr: {offset: 0x0, width: 8, access_width: 32, access: ro, volatile: true}
  thr: {offset: 0x0, width: 8, access_width: 32, access: wo}
  dll: {offset: 0x0, width: 8, access_width: 32, alternate: rbr, when: {lcr.dlab: 1}}
  lcr: {offset: 0xC, width: 8, access_width: 32, fields: {word_length: {bits: 1:0, reset: 3}, dlab: {bits: 7}}}
""",
        uart,
        [12, 0x5A, 3],
        "w 0 41, r c 3, w c 83, w 0 c, r 0 c, r c 83, w c 3, r 0 5a, r c 3",
        {(0x0, 8): 0x5A, (0xC, 8): 0x03},
        {"RBR_OFFSET": 0, "THR_OFFSET": 0, "DLL_OFFSET": 0, "LCR_DLAB_SHIFT": 7, "LCR_RESET": 3},
        {
            "blocks.0.children.2.alternate": "rbr",
            "blocks.0.children.2.when": [["lcr.dlab", 1]],
            "registers.2.access_width": 32,
        },
    ),
    "ccmr": Row(
        """
registers:
  ccmr1_output: {offset: 0x18, fields: {cc1s: {bits: 1:0}, oc1pe: {bits: 3}, oc1m: {bits: 6:4}}}
  ccmr1_input:
    {offset: 0x18, alternate: ccmr1_output, when: cc1s is not 0, fields: {cc1s: {bits: 1:0}, ic1psc: {bits: 3:2}, ic1f: {bits: 7:4}}}
""",
        capture,
        [2, 0xA, 1],
        "r 18 0, w 18 68, r 18 68, w 18 69, r 18 69, w 18 a9, r 18 a9, r 18 a9, r 18 a9",
        {(0x18, 32): 0xA9},
        {"CCMR1_OUTPUT_OC1M_SHIFT": 4, "CCMR1_INPUT_IC1F_MASK": 0xF0, "CCMR1_INPUT_OFFSET": 0x18},
        {"blocks.0.children.1.alternate": "ccmr1_output", "blocks.0.children.1.when": "cc1s is not 0"},
    ),
    "bsrr": Row(
        """
registers:
  odr: {offset: 0x14, via: alias, fields: {low: {bits: 7:0}, high: {bits: 15:8}}}
  bsrr:
    offset: 0x18
    fields:
      set_low: {bits: 7:0, access: {read: none, write: one_sets}, alias: odr.low}
      set_high: {bits: 15:8, access: {read: none, write: one_sets}, alias: odr.high}
      clear_low: {bits: 23:16, access: {read: none, write: one_clears}, alias: odr.low}
      clear_high: {bits: 31:24, access: {read: none, write: one_clears}, alias: odr.high}
""",
        pins,
        [0xA5, 0x80],
        "w 18 5a00a5, w 18 8000, r 14 80a5, r 14 80a5",
        {(0x14, 32): 0x80A5},
        {"BSRR_CLEAR_LOW_SHIFT": 16, "ODR_HIGH_MASK": 0xFF00, "BSRR_OFFSET": 0x18},
        {"registers.0.fields.0.plan": "alias", "registers.1.fields.2.alias": "odr.low"},
    ),
    "twi": Row(
        """
blocks:
  spi: {offset: 0x0, registers: {frequency: {offset: 0x24}, mode: {offset: 0x30}}}
  twi: {offset: 0x0, alternate: spi, registers: {frequency: {offset: 0x24}, address: {offset: 0x88, fields: {value: {bits: 6:0}}}}}
""",
        serial,
        ["0x2000000", 0x48, ["spi.frequency", "spi.mode"]],
        "w 24 2000000, w 88 48, r 24 2000000, r 88 48, r 24 2000000, r 30 0",
        {(0x24, 32): 0x02000000, (0x88, 32): 0x48},
        {"SPI_FREQUENCY_OFFSET": 0x24, "TWI_FREQUENCY_OFFSET": 0x24, "TWI_ADDRESS_OFFSET": 0x88},
        {"blocks.2.children.1.alternate": "spi"},
    ),
    "atomic": Row(
        """
registers:
  ctrl: {offset: 0x0, via: alias, fields: {enable: {bits: 0}, mode: {bits: 3:1}, slew: {bits: 7:4}}}
  ctrl_xor: {offset: 0x1000, alias: ctrl, access: w1t}
  ctrl_set: {offset: 0x2000, alias: ctrl, access: w1s}
  ctrl_clr: {offset: 0x3000, alias: ctrl, access: w1c}
""",
        atomic,
        [5, 15, 1],
        "w 3000 4, w 2000 a, w 1000 f0, w 2000 1, r 0 fb, r 0 fb, r 0 fb",
        {(0x0, 32): 0xFB},
        {"CTRL_SET_OFFSET": 0x2000, "CTRL_MODE_SHIFT": 1, "CTRL_XOR_SLEW_MASK": 0xF0},
        {"registers.0.rules.set_by": {"register": "ctrl_set", "shift": 0}, "registers.1.fields.0.alias": "ctrl.enable"},
    ),
    "trust": Row(
        """
registers:
  regwen: {offset: 0x0, fields: {en: {bits: 0, access: w0c, reset: 1}}}
  ctrl: {offset: 0x4, lock: {by: regwen.en, value: 1}, fields: {rate: {bits: 3:0}, depth: {bits: 7:4, reset: 1}}}
  shadowed: {offset: 0x8, write_twice: true, fields: {mode: {bits: 1:0}, size: {bits: 5:4}}}
""",
        trust,
        [
            LOCKED,
            3,
            2,
        ],
        "r 0 1, r 4 10, w 4 13, r 8 0, w 8 2, w 8 2, w 0 0, r 0 0, r 4 13, r 8 2",
        {(0x0, 32): 0, (0x4, 32): 0x13, (0x8, 32): 2},
        {"CTRL_RATE_MASK": 0xF, "SHADOWED_OFFSET": 8, "CTRL_RESET": 0x10},
        {"registers.1.rules.lock": ["regwen.en", 1], "registers.2.rules.twice": True},
    ),
    "kernel": Row(
        """
registers:
  control:
    offset: 0x0
    shadow: true
    fields:
      ap_start: {bits: 0, access: w1s, volatile: true}
      ap_done: {bits: 1, access: rc, volatile: true}
      ap_idle: {bits: 2, access: ro, volatile: true, reset: 1}
      ap_ready: {bits: 3, access: rc, volatile: true}
      auto_restart: {bits: 7}
""",
        kernel,
        [{"ap_start": 0, "ap_done": 1, "ap_idle": 1, "ap_ready": 1, "auto_restart": 1}, 0],
        "w 0 80, w 0 81, r 0 8e, r 0 84",
        {(0x0, 32): 0x84},
        {"CONTROL_AUTO_RESTART_MASK": 0x80, "CONTROL_RESET": 4, "CONTROL_AP_DONE_SHIFT": 1},
        {"registers.0.shadow": True, "registers.0.fields.1.access": "rc", "registers.0.fields.4.plan": "write"},
    ),
    "pll": Row(
        """
registers:
  config: {offset: 0x0, reset: 0xF0000A01, fields: {multiplier: {bits: 20:16}, divider: {bits: 7:4}, bypass: {bits: 24}}}
  filter: {offset: 0x4, reset: 0x00C00100, fields: {bandwidth: {bits: 3:0}}}
""",
        pll,
        ["0xf15f0a35", "0xc00102"],
        "r 0 f0500a05, w 0 f05f0a05, r 0 f05f0a05, w 0 f15f0a35, w 4 c00102, r 0 f15f0a35, r 4 c00102",
        {(0x0, 32): 0xF15F0A35, (0x4, 32): 0xC00102},
        {"CONFIG_RESET": 0xF0000A01, "CONFIG_MULTIPLIER_MASK": 0x1F0000, "FILTER_RESET": 0xC00100},
        {
            "registers.0.reset": "0xF0000A01",
            "registers.0.fields.0.plan": "modify",
            "registers.1.fields.0.plan": "write",
        },
    ),
    "litex": Row(
        """
endian: big
registers:
  load: {offset: 0x8, width: 64, access_width: 32, fields: {low: {bits: 15:0}, mode: {bits: 33:32}}}
""",
        csr,
        ["0x100000005"],
        "w c 2, w 8 1, w c 5, r c 5, r 8 1",
        {(0x8, 32): 1, (0xC, 32): 5},
        {"LOAD_OFFSET": 8, "LOAD_MODE_SHIFT": 32},
        {"registers.0.endian": "big", "registers.0.words": "low-first"},
    ),
    "ring": Row(
        """
types:
  descriptor:
    size: 16
    registers:
      address: {offset: 0x0, width: 64}
      length: {offset: 0x8, fields: {bytes: {bits: 23:0}, last: {bits: 31, format: bool}}}
memories:
  ring: {offset: 0x1000, entry: descriptor, count: 64}
""",
        ring,
        [64, 0x3000, 0x1_0000_1000, True],
        "w 1050 100001000, w 1058 80000040, w 13e0 2000",
        {(0x13E0, 32): 0x2000, (0x13F8, 32): 32, (0x1054, 32): 1},
        {"RING_COUNT": 64, "LENGTH_BYTES_MASK": 0xFFFFFF, "RING_LENGTH_OFFSET(2)": 0x1028},
        {"blocks.1.children.0.count": 64, "blocks.1.children.0.kind": "memory"},
    ),
}


@pytest.fixture(scope="module")
def devices() -> dict[str, Any]:
    return {name: codegen.loads(f"schema: 1\nname: {name}\n{row.map.strip()}\n") for name, row in ROWS.items()}


@pytest.mark.parametrize("name", ROWS)
def test_driver_bus_and_card(slot, name):
    row = ROWS[name]
    driver = load_class(f"schema: 1\nname: dut\n{row.map.strip()}\n")
    with on_card(slot, driver) as device:
        with slot.emulator.trace() as trace:
            values = row.program(device)
        seen = [f"{access.action[0]} {access.offset:x} {access.value:x}" for access in trace]
        assert json.dumps(values).replace("dut.", f"{name}.") == json.dumps(row.values)
        wanted = row.bus.split(", ")
        assert seen[: len(wanted)] == wanted
        assert name == "ring" or len(seen) == len(wanted)  # the rest of the ring's are one burst each way
        for (offset, width), bits in row.card.items():
            assert slot.emulator.peek(0, 0, offset, width) == bits


@pytest.mark.skipif(GCC is None, reason="gcc is not installed")
def test_c_headers(devices, tmp_path):
    """Compiled: each macro has the manual's number."""
    lines = ["#include <stdint.h>"]
    for device in devices.values():
        ((file, text),) = render(device, LANGUAGES["c"]).items()
        (tmp_path / file).write_text(text)
        lines.append(f'#include "{file}"')
    for name, row in ROWS.items():
        lines += [f'_Static_assert({name.upper()}_{macro} == {value:#x}, "{macro}");' for macro, value in row.c.items()]
    (tmp_path / "all.c").write_text("\n".join(lines) + "\n")
    compile_c("-c", tmp_path / "all.c", "-o", tmp_path / "all.o")


@pytest.mark.parametrize("name", ROWS)
def test_json(devices, name):
    (text,) = render(devices[name], LANGUAGES["json"]).values()
    model = json.loads(text)
    for path, wanted in ROWS[name].facts.items():
        found = model
        for step in path.split("."):
            found = found[int(step)] if step.isdigit() else found[step]
        assert found == wanted, path
