"""What writes take besides themselves, aliases, and registers at one address: logic and the emulated card answer alike."""

from __future__ import annotations

import random

import codegen
from hal.emulator.design_text import design_text
from tests.support.dut import load_class
from tests.support.logic import READ, WRITE, Logic
from tests.support.strategies import AFI

KEYS = (0x45670123, 0xCDEF89AB)
PROTOCOLS = f"""
schema: 1
name: dut
afi: {{ids: [{AFI}]}}
types:
  lane:
    registers:
      guard: {{offset: 0x0, fields: {{open: {{bits: 1:0, reset: 2}}}}}}
      level: {{offset: 0x4, count: 2, lock: {{by: guard.open, value: 2}}, fields: {{value: {{bits: 15:0}}}}}}
registers:
  regwen: {{offset: 0x0, fields: {{en: {{bits: 0, access: w0c, reset: 1}}, more: {{bits: 3:2}}}}}}
  config: {{offset: 0x4, lock: {{by: regwen.en, value: 1}}, fields: {{rate: {{bits: 3:0}}, depth: {{bits: 7:4, access: w1t}}}}}}
  whole: {{offset: 0x8, lock: {{by: regwen, value: 5}}, fields: {{value: {{bits: 31:0}}}}}}
  key: {{offset: 0xC, access: wo}}
  flash: {{offset: 0x10, unlock: [{{key: {KEYS[0]}}}, {{key: {KEYS[1]}}}], fields: {{erase: {{bits: 0}}, page: {{bits: 15:8}}}}}}
  shadowed: {{offset: 0x14, write_twice: true, fields: {{mode: {{bits: 1:0}}, size: {{bits: 5:4}}}}}}
  gates: {{offset: 0x18, write_mask: high, fields: {{uart: {{bits: 2:0}}, spi: {{bits: 5:4, access: w1s}}}}}}
  ctrl: {{offset: 0x20, fields: {{enable: {{bits: 0}}, mode: {{bits: 3:1, reset: 5}}, slew: {{bits: 7:4}}}}}}
  ctrl_set: {{offset: 0x24, alias: ctrl, access: w1s}}
  ctrl_clr: {{offset: 0x28, alias: ctrl, access: w1c}}
  ctrl_xor: {{offset: 0x2C, alias: ctrl, access: {{read: none, write: one_toggles}}}}
  odr: {{offset: 0x30, fields: {{low: {{bits: 7:0}}, high: {{bits: 15:8}}}}}}
  bsrr:
    offset: 0x34
    fields:
      set_low: {{bits: 15:8, access: {{read: none, write: one_sets}}, alias: odr.low}}
      clear_high: {{bits: 31:24, access: {{read: none, write: one_clears}}, alias: odr.high}}
  rx: {{offset: 0x38, access: rc, reset: 0x5A}}
  tx: {{offset: 0x38, access: wo}}
  keys: {{offset: 0x40, count: 3, access: wo}}
  safe: {{offset: 0x50, count: 3, unlock: [{{keys: 7}}], fields: {{value: {{bits: 7:0}}}}}}
  bits: {{offset: 0x60, fields: {{pair: {{bits: 1:0, count: 5, stride: 6, reset: 1, access: w1t}}}}}}
  sets: {{offset: 0x70, count: 2, fields: {{a: {{bits: 7:0}}}}}}
  sets_set: {{offset: 0x78, count: 2, alias: sets, access: w1s}}
blocks:
  lane: {{type: lane, offset: 0x100, count: 3, stride: 0x20}}
"""


def pair(slot, text, folder, **options):
    device = codegen.loads(text)
    slot.emulator.install_text(design_text(load_class(text)._design).replace("clkgen 0\n", "clkgen 0\nload_ms 0\n"))
    slot.load(AFI)
    return device, Logic(device, folder, **options), slot.bar("app", 0)


GRIDS = f"""
schema: 1
name: dut
afi: {{ids: [{AFI}]}}
registers:
  grid: {{offset: 0x0, count: [2, 3], fields: {{a: {{bits: 7:0, access: w1t, reset: 3}}, b: {{bits: 31:16}}}}}}
  each: {{offset: 0x40, count: 3, reset: [1, 2, 0x30004], fields: {{a: {{bits: 7:0}}, b: {{bits: 23:16, access: w1c}}}}}}
  low: {{offset: 0x60, width: 16, access_width: 32, reset: 0x1234}}
  high: {{offset: 0x62, width: 8, access_width: 32, access: w1s}}
  latch: {{offset: 0x68, count: [2, 2], lock: {{by: "grid[1][2].a", value: 3}}}}
blocks:
  lane:
    offset: 0x100
    count: [2, 2]
    stride: 0x40
    registers: {{r: {{offset: 0x0, count: [2, 2], fields: {{value: {{bits: 15:0}}}}}}, set: {{offset: 0x20, count: [2, 2], alias: r, access: w1s}}}}
"""


def test_arrays_of_several_dimensions_and_lanes_of_words_are_the_cards(slot, tmp_path):
    device, logic, bar = pair(slot, GRIDS, tmp_path)
    fields = {}
    for _, _, offset, register in device.walk():
        mask = sum(item.mask for item in register.fields) << offset % 4 * 8
        fields[offset & ~3] = fields.get(offset & ~3, 0) | mask
    rng, operations, wanted = random.Random(11), [], []
    for number in range(600):
        at = rng.choice(list(fields))
        if number < len(fields):
            at = list(fields)[number]
        if number >= len(fields) and rng.random() < 0.6:
            value = rng.choice([0xFFFFFFFF, rng.getrandbits(32), rng.getrandbits(32)])
            bar.poke(at, value, 32)
            operations.append((WRITE, at, value, 15))
            wanted.append(0)
        else:
            operations.append((READ, at))
            wanted.append(bar.peek(at, 32) & fields[at])
    answers = [data & fields[op[1]] for op, (data, _) in zip(operations, logic.run(operations), strict=True)]
    assert answers == wanted


def test_protocols_aliases_and_pairs_are_the_cards(slot, tmp_path):
    device, logic, bar = pair(slot, PROTOCOLS, tmp_path)
    places = {offset: register for _, _, offset, register in device.walk() if register.name != "tx"}
    rng, operations, wanted = random.Random(7), [], []

    def write(at, value):
        bar.poke(at, value, 32)
        operations.append((WRITE, at, value, 15))
        wanted.append((0, 0))

    def read(at):
        fields = sum(item.mask for item in places[at].fields)
        operations.append((READ, at))
        wanted.append((bar.peek(at, 32) & fields, fields))

    for _ in range(1200):
        at = rng.choice([*places, 0x0])
        value = rng.choice([0xFFFFFFFF, 5, 2, rng.getrandbits(32), rng.getrandbits(8)])
        done = rng.random()
        if done < 0.1:
            for key in KEYS[rng.choice([0, 0, 0, 1]) :]:
                write(0xC, key)
            write(rng.choice([0x10, 0x10, 0x10, 0x8]), value)
        elif done < 0.2:
            element = rng.randrange(3)
            write(0x40 + 4 * element, rng.choice([7, 7, 8]))
            write(0x50 + 4 * rng.choice([element, element, 0]), value)
        elif done < 0.3:
            write(0x14, value)
            write(0x14, rng.choice([value, value, 0]))
        elif done < 0.6:
            write(at, value | 1 if at == 0 and rng.random() < 0.95 else value)
        else:
            read(at)
    for at in places:
        read(at)
    answers = logic.run(operations)
    found = [(data & fields, fields) for (data, _), (_, fields) in zip(answers, wanted, strict=True)]
    where = next((number for number, (got, want) in enumerate(zip(found, wanted, strict=True)) if got != want), None)
    assert where is None, (operations[: where + 1][-6:], found[where], wanted[where])
    changed = {
        at for at in places if any(op[:2] == (READ, at) and got for op, (got, _) in zip(operations, found, strict=True))
    }
    assert {0x4, 0x10, 0x14, 0x18, 0x50, 0x54, 0x58, 0x104, 0x108, 0x144} <= changed
