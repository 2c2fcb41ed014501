"""Maps of many shapes, for the constants of every language."""

from __future__ import annotations

from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support import MAPS, ROOT

SHIPPED = sorted((ROOT / "regmaps").glob("*.yaml"))

VALID = [*sorted(MAPS.glob("*.yaml")), *(path for path in SHIPPED if not path.stem.endswith("_types"))]

INTRICATE = """\
schema: 1
name: intricate
enums:
  Key: {none: 0, all: 0xFFFF_FFFF_FFFF_FFFF}
  Mode: {off: 0, on: 5}
types:
  inner:
    registers:
      level: {offset: 0x4, count: 3, stride: 8, fields: {value: {bits: 11:4, reset: 3}}}
registers:
  a_b: {offset: 0x0, fields: {c: {bits: 0}}}
  a: {offset: 0x8, fields: {b_d: {bits: 1}}}
  key: {offset: 0x10, width: 64, fields: {all: {bits: 63:0, enum: Key, reset: all}}}
  wide: {offset: 0x40, width: 96, access_width: 32, reset: 0x1_0000_0002_0000_0003}
blocks:
  far: {space: {pf: mgmt, bar: 4}, offset: 0x1000, registers: {id: {offset: 0x10}}}
  outer:
    offset: 0x1000
    count: 2
    stride: 0x100
    blocks:
      inner: {type: inner, offset: 0x20, count: 4, stride: 0x20}
"""


def one_file(device, language):
    (text,) = render(device, LANGUAGES[language]).values()
    return text
