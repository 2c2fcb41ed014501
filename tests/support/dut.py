"""A device with every shape of register, and fixtures that put it on the card."""

from __future__ import annotations

import types

import pytest

import codegen
from tests.support.cards import on_card

MAP = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
enums: {Mode: {off: 0, on: 1, fast: 5}}
registers:
  ctrl:
    offset: 0x0
    fields:
      a: {bits: "3:0", reset: 0x5}
      b: {bits: "7:4"}
      done: {bits: 8, access: w1c}
      low: {bits: 9, access: w0s, reset: 1}
      go: {bits: 12, pulse: true}
      mode: {bits: "18:16", enum: Mode}
  single: {offset: 0x4, fields: {only: {bits: "15:8"}, flag: {bits: 0, access: w1s}}}
  out: {offset: 0x8, fields: {x: {bits: "3:0", access: wo, idle: last, reset: 0x3}, y: {bits: "7:4", access: wo, idle: last}}}
  kept: {offset: 0xC, shadow: true, fields: {x: {bits: "3:0", reset: 1}, y: {bits: "7:4", reset: 2}}}
  fragile: {offset: 0x10, fields: {a: {bits: "3:0"}, irq: {bits: 8, access: rc}, b: {bits: "13:10"}}}
  once: {offset: 0x14, fields: {lock: {bits: 0, access: w1}, a: {bits: "5:4"}}}
  count: {offset: 0x18, width: 64, access_width: 32, access: ro, volatile: true}
  plain: {offset: 0x20, width: 64, access_width: 32}
  high: {offset: 0x28, width: 64, access_width: 32, words: high-first}
  latched: {offset: 0x30, width: 64, access_width: 32, words: latched, fields: {low: {bits: "15:0"}, up: {bits: "47:32"}}}
  mixed:
    offset: 0x38
    width: 96
    access_width: 32
    fields:
      a: {bits: "7:0"}
      cross: {bits: "39:24"}
      b: {bits: "47:40"}
      irq: {bits: 64, access: rc}
      c: {bits: "79:72"}
  half: {offset: 0x48, width: 16, fields: {lo: {bits: "3:0"}, mid: {bits: "9:6"}, hi: {bits: "15:12"}}}
  byte: {offset: 0x4C, width: 8, fields: {n: {bits: "3:0"}, m: {bits: "7:4"}}}
  quad: {offset: 0x50, width: 64, fields: {lo: {bits: "31:0"}, hi: {bits: "63:32"}}}
  dots: {offset: 0x100, count: 4, stride: 0x8, fields: {v: {bits: "15:0"}}}
  wides: {offset: 0x140, count: 3, stride: 0x10, width: 64, access_width: 32}
blocks:
  side:
    space: {pf: mgmt, bar: 4}
    offset: 0x40
    registers: {r: {offset: 0}}
  bulk:
    space: {pf: app, bar: 4}
    offset: 0
    registers: {doorbell: {offset: 0}}
    memories: {ram: {offset: 0x1000, size: 4KiB}}
"""


def load_class(text):
    module = types.ModuleType("dut")
    exec(compile(codegen.render_python(codegen.loads(text)), "dut.py", "exec"), module.__dict__)
    return module.Dut


@pytest.fixture(scope="module")
def driver():
    return load_class(MAP)


@pytest.fixture
def dut(slot, driver):
    with on_card(slot, driver) as device:
        yield device


@pytest.fixture
def bus(slot):
    """Runs a function; the accesses that it makes, as "r" or "w", offset, width and value."""

    def seen(function):
        with slot.emulator.trace() as trace:
            function()
        return [(access.action[0], access.offset, access.width, access.value) for access in trace]

    return seen
