"""A map of many registers in which every construct of the format is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_rich_map"]

PER_BLOCK = 1000
HEAD = """schema: 1
name: large
constants: {LANES: 4, STEP: {value: 8, description: Bits from one setting to the next.}}
x-owner: {team: dsp}
enums:
  Mode: {off: 0, slow: 1, fast: {value: 2, description: Eye damage.}}
  Baud: {open: true, members: {b9600: 0x275, b115200: {value: 0x36, title: 115k2}}}
  Told: {stop: 0, start: 1}
register_types:
  control: {description: Runs a lane., reset: 0x10, fields: {enable: {bits: 0}, level: {bits: 7:4}}}
"""

# Twenty registers of 0x60 bytes; {n} is another number each time, {at[...]} where they lie.
GROUP = """
      data{n}: {{offset: {at[0x0]}, access: ro, volatile: true, description: Number {n}.}}
      told{n}: {{offset: {at[0x0]}, access: wo}}
      mode{n}: {{offset: {at[0x4]}, fields: {{sel: {{bits: 0}}, kind: {{bits: 5:4, enum: Mode, reset: slow}}, rate: {{bits: 17:8, enum: Baud}}}}}}
      view{n}: {{offset: {at[0x8]}, title: "V[%s]", fields: {{a: {{bits: 3:0}}, b: {{bits: 7:4}}}}}}
      over{n}: {{offset: {at[0x8]}, alternate: view{n}, when: {{mode{n}.sel: 1}}, fields: {{c: {{bits: 7:0}}}}}}
      main{n}: {{offset: {at[0xC]}, via: alias, fields: {{enable: {{bits: 0}}, width: {{bits: 5:1, reset: {low}}}}}}}
      set{n}: {{offset: {at[0x10]}, alias: main{n}, access: w1s}}
      clr{n}: {{offset: {at[0x14]}, alias: main{n}, access: w1c}}
      regwen{n}: {{offset: {at[0x18]}, fields: {{en: {{bits: 0, access: w0c, reset: 1}}}}}}
      shut{n}: {{offset: {at[0x1C]}, lock: {{by: regwen{n}.en, value: 1}}, unlock: [{{told{n}: 0x12}}], fields: {{depth: {{bits: 3:0, range: [1, 12]}}}}}}
      twice{n}: {{offset: {at[0x20]}, write_twice: true, fields: {{v: {{bits: 15:0, format: signed, scale: 0.5, unit: mV}}}}}}
      gates{n}: {{offset: {at[0x24]}, write_mask: high, fields: {{uart: {{bits: 0}}, spi: {{bits: 1, x-clock: spi}}}}}}
      pins{n}: {{offset: {at[0x28]}, fields: {{swing: {{bits: 1:0, count: LANES, stride: STEP, reset: [0, 1, 2, 0]}}, gain: {{bits: 7:4, index: [rx, tx], stride: STEP}}}}}}
      known{n}: {{offset: {at[0x2C]}, fields: {{trim: {{bits: 7:0, reset: unknown}}, shift: {{bits: 11:8, reset: 4}}}}}}
      events{n}:
        offset: {at[0x30]}
        fields:
          count: {{bits: 7:0, counter: {{saturate: true, clear: read}}}}
          link: {{bits: 8, access: w1c, intr: level}}
          stop: {{bits: 9, access: {{read: none, write: zero_sets}}}}
          go: {{bits: 10, pulse: true, idle: 1}}
          job: {{bits: 13:12, enum: {{read: Mode, write: Told}}, access: {{read: clear, write: value}}}}
      low{n}: {{offset: {at[0x34]}, width: 8, access_width: 32}}
      mid{n}: {{offset: {at[0x35]}, width: 8, access_width: 32, access: w1c}}
      high{n}: {{offset: {at[0x36]}, width: 16, access_width: 32}}
      wide{n}: {{offset: {at[0x38]}, width: 64, access_width: 32, endian: big, hw: write, access: ro, words: latched}}
      lane{n}: {{type: control, offset: {at[0x40]}, index: [first, second]}}
"""
IN_A_GROUP, SPAN = 20, 0x60


class _Places:
    """Offsets in a block by those in a group, for `{at[0x10]}`."""

    def __init__(self, start: int) -> None:
        self._start = start

    def __getitem__(self, offset: str) -> str:
        return hex(self._start + int(offset, 16))


def write_rich_map(path: Path, registers: int) -> None:
    """A map of that many registers, a thousand to a block; no two groups are alike."""
    types, blocks = ["types:"], ["blocks:"]
    for block in range(-(-registers // PER_BLOCK)):
        size = min(PER_BLOCK, registers - block * PER_BLOCK)
        groups = range(block * PER_BLOCK // IN_A_GROUP, (block * PER_BLOCK + size) // IN_A_GROUP)
        types += [f"  t{block}:", "    registers:"]
        types += [
            GROUP.strip("\n").format(n=number, low=number % 32, at=_Places((number - groups[0]) * SPAN))
            for number in groups
        ]
        blocks.append(f"  b{block}: {{type: t{block}, offset: {block * 0x2000:#x}}}")
    memories = [
        "  entry:",
        "    size: 16",
        "    registers: {source: {offset: 0, width: 64}, length: {offset: 8}}",
        "memories:",
        "  ring: {offset: 0x200000, entry: entry, count: 64}",
    ]
    path.write_text(HEAD + "\n".join([*types, *memories, *blocks]) + "\n", encoding="utf-8")
