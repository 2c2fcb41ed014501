"""One map with all that a map can say, for what languages hold and what they tell in comments."""

from __future__ import annotations

EVERYTHING = """\
schema: 1
name: everything
description: Has all.
card: {name: kcu1500, bars: {0: 1MiB, 1: 4KiB, 2: 64MiB}}
afi: {ids: [agfi-0123456789abcdef0], pci: {vendor: 0x1d0f, device: 0xf010}}
identity: {register: id, value: 0x1234}
space: {pf: app, bar: 0}
constants: {LANES: {value: 4, description: Lanes there are.}}
x-owner: dsp
x-team: {lead: ann}
enums:
  Mode: {off: 0, slow: 1, fast: {value: 2, title: "2x", description: Needs cooling.}}
  Rate: {open: true, description: Baud rates., members: {b9600: 3, b19200: 6}}
  Command: {stop: 0, start: 1}
types:
  descriptor: {size: 16, registers: {source: {offset: 0x0, width: 64}, length: {offset: 0x8}}}
  channel: {size: 0x20, unmapped: 0xDEADBEEF, description: A lane., registers: {level: {offset: 0x0, fields: {value: {bits: 15:0, format: signed}}}}}
registers:
  id: {offset: 0x0, access: ro, reset: 0x1234, hw: none}
  ctrl:
    offset: 0x4
    title: CTRL/A
    description: Main control.
    reset: 0x8000_0718
    x-reviewed: true
    fields:
      enable: {bits: 0, description: Turns it on., x-reviewed: true}
      mode: {bits: 2:1, enum: {read: Mode, write: Command}}
      rate: {bits: 5:3, enum: Rate, reset: b9600}
      go: {bits: 6, pulse: true}
      stop: {bits: 7, pulse: true, idle: 1}
      key: {bits: 15:8, access: wo, idle: last, reset: 7}
      kept: {bits: 16, volatile: true, writeback: false}
      flag: {bits: 17, access: {read: clear, write: one_clears}, title: "1WIRE"}
      nothing: {bits: 19:18, access: {read: none, write: none}}
      view: {bits: 2:1, alternate: mode, when: mode is not 0}
  numbers:
    offset: 0x8
    fields:
      volts: {bits: 11:0, scale: 0.5, offset: 20, unit: mV, range: [20, 85]}
      gain: {bits: 19:12, format: {fixed: {signed: true, fraction_bits: 4}}}
      digits: {bits: 27:20, format: bcd}
  resets: {offset: 0xC, reset: {value: 0x80, mask: 0xF0}, fields: {value: {bits: 7:0}, other: {bits: 15:8}}}
  long: {offset: 0x10, width: 64, access_width: 32, words: high-first, access: ro, volatile: true}
  wide: {offset: 0x18, width: 96, access_width: 32, reset: 0x1_0000_0002_0000_0003}
  pins: {offset: 0x24, fields: {pin: {bits: 0, count: 4, format: bool}, mux: {bits: 9:8, index: [rx, tx], stride: 4}}}
  lane: {offset: 0x40, count: 3, first: 2, reset: 5}
  regwen: {offset: 0x50, fields: {en: {bits: 0, access: w0c, reset: 1}}}
  config: {offset: 0x54, lock: {by: regwen.en, value: 1}, shadow: true, fields: {rate: {bits: 3:0}}}
  pass: {offset: 0x58, access: wo}
  flash: {offset: 0x5C, unlock: [{pass: 0x45670123}], fields: {erase: {bits: 0}}}
  shadowed: {offset: 0x60, write_twice: true, fields: {mode: {bits: 1:0}}}
  gates: {offset: 0x64, write_mask: high, fields: {uart: {bits: 0}}}
  rx: {offset: 0x68, access: ro, volatile: true, external: true}
  tx: {offset: 0x68, access: wo, external: true}
  baud: {offset: 0x68, alternate: rx, when: {enables.frame: 1}, description: The divisor.}
  out: {offset: 0x70, via: alias, fields: {low: {bits: 7:0}}}
  out_set: {offset: 0x74, alias: out, access: w1s}
  out_clr: {offset: 0x78, alias: out, access: w1c}
  raw: {offset: 0x6C, fields: {all: {bits: 7:0}}}
  bits: {offset: 0x7C, fields: {set_all: {bits: 15:8, access: {read: none, write: one_sets}, alias: raw.all}}}
  events:
    offset: 0x80
    fields:
      error: {bits: 11:8, access: w1c, sticky: field}
      link: {bits: 12, access: w1c, intr: level}
      frame: {bits: 13, access: w1c, intr: posedge}
      state: {bits: 15:14, hw: both, we: true}
  packets: {offset: 0x88, fields: {count: {bits: 7:0, counter: {up: 2, down: 1, saturate: true, clear: read}}}}
  enables: {offset: 0x84, fields: {frame: {bits: 0}}}
memories:
  table: {offset: 0x1000, size: 4KiB, width: 32, access: ro, description: Words.}
  ring: {offset: 0x2000, entry: descriptor, count: 64}
blocks:
  ch: {type: channel, offset: 0x100, index: [left, right], stride: 0x20}
  bulk: {space: {pf: app, bar: 2}, offset: 0x0, memories: {ddr: {offset: 0x0, size: 1MiB, width: 64}}}
interrupts:
  frame: {line: 3, status: events.frame, enable: enables.frame, description: A frame is there.}
"""
