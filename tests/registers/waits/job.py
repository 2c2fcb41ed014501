"""A register map of a job, and what sets its registers."""

from __future__ import annotations

from tests.support.dut import load_class

MAP = """
schema: 1
name: dut
enums:
  State: {idle: 0, busy: 1, broken: 5}
registers:
  status:
    offset: 0x0
    fields:
      done: {bits: 0, volatile: true}
      error: {bits: 1, volatile: true}
      fail: {bits: 2, volatile: true}
      state: {bits: 6:4, enum: State, volatile: true}
      level: {bits: 15:8, volatile: true}
      temp: {bits: 23:16, format: signed, volatile: true}
      gain: {bits: 31:24, format: {fixed: {signed: true, fraction_bits: 4}}, volatile: true}
  wide:
    offset: 0x8
    width: 64
    access_width: 32
    fields:
      low: {bits: 15:0, volatile: true}
      across: {bits: 47:16, volatile: true}
      high: {bits: 63:48, format: signed, volatile: true}
  small: {offset: 0x10, width: 8, access_width: 32, fields: {a: {bits: 3:0, volatile: true}, b: {bits: 7:4, volatile: true}}}
  beside: {offset: 0x11, width: 8, access_width: 32, fields: {x: {bits: 7:0, volatile: true}}}
  lamps: {offset: 0x14, fields: {lamp: {bits: 1:0, count: 4, volatile: true}}}
  events: {offset: 0x18, fields: {seen: {bits: 7:0, access: rc, volatile: true}}}
"""


def job_driver():
    """Its driver class."""
    return load_class(MAP)


def poke(device, value, offset=0):
    """Sets a word of the card's storage."""
    device.slot.emulator.poke(0, 0, offset, value)
