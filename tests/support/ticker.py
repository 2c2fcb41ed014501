"""A design with interrupts of every kind that a map can say."""

from __future__ import annotations

import pytest

from tests.support.cards import on_card
from tests.support.dut import load_class

MAP = """
schema: 1
name: dut
registers:
  status:
    offset: 0x0
    fields:
      done: {bits: 0, access: w1c, volatile: true}
      error: {bits: 1, access: w1c, volatile: true}
      full: {bits: 2, access: ro, volatile: true}
      flag: {bits: 9, access: ro, volatile: true}
  enable: {offset: 0x4, fields: {done: {bits: 0}, error: {bits: 1}, full: {bits: 2}}}
  enable_set: {offset: 0x8, access: w1s, fields: {flag: {bits: 3}}}
  enable_clear: {offset: 0xC, access: w1c, fields: {flag: {bits: 3}}}
  command: {offset: 0x10, fields: {drop: {bits: 0, access: wo, idle: 0}}}
  always: {offset: 0x14, width: 8, fields: {hit: {bits: 7, access: w1c, volatile: true}}}
  mask: {offset: 0x18, fields: {aliased: {bits: 4}}}
  mask_set: {offset: 0x1C, alias: mask, access: w1s}
  mask_clear: {offset: 0x20, alias: mask, access: w1c}
  wide: {offset: 0x28, width: 64, access_width: 32, fields: {far: {bits: 40, access: w1c, volatile: true}}}
interrupts:
  done: {line: 3, status: status.done, enable: enable.done, clear: status.done}
  error: {line: 3, status: status.error, enable: enable.error, clear: status.error}
  full: {line: 3, status: status.full, enable: enable.full}
  flag: {line: 5, status: status.flag, enable: enable_set.flag, disable: enable_clear.flag, clear: command.drop}
  hit: {line: 6, status: always.hit, clear: always.hit}
  aliased: {line: 7, status: status.done, enable: mask_set.aliased, disable: mask_clear.aliased}
  far: {line: 8, status: wide.far, clear: wide.far}
  silent: {status: always.hit}
"""


@pytest.fixture(scope="session")
def ticker_class():
    return load_class(MAP)


@pytest.fixture
def ticker(slot, ticker_class):
    with on_card(slot, ticker_class) as device:
        yield device
