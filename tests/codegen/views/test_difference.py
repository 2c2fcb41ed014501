"""`hal diff`: what changed, by name, and what it means for drivers."""

from __future__ import annotations

import pytest

import codegen
from codegen.views.difference import compare, worst_level

REFUSAL = "mode (rw, writeback: false) would be changed by any write; write(...) of the whole register remains"
BASE = """\
schema: 1
name: dut
enums: {Mode: {off: 0, on: 1}}
types: {chan: {registers: {level: {offset: 0x0, fields: {value: {bits: 7:0}}}}}}
registers:
  cmd: {offset: 0x8, reset: 0x100, fields: {rx: {bits: 0, access: wo, idle: 0}, tx: {bits: 1, access: wo, idle: 0}}}
  ctrl: {offset: 0x0, fields: {enable: {bits: 0}, mode: {bits: 3:1, enum: Mode}, done: {bits: 8, access: w1c}}}
  gain: {offset: 0x4, fields: {value: {bits: 7:0, format: {fixed: {signed: true, fraction_bits: 4}}}}}
memories: {ram: {offset: 0x1000, size: 4KiB}}
blocks: {ch: {type: chan, offset: 0x100, count: 4, stride: 0x10}}
"""


def changes(*replacements):
    text = BASE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return compare(codegen.loads(BASE), codegen.loads(text))


def told(*replacements):
    return [str(change) for change in changes(*replacements)]


def test_the_same_map_has_no_changes():
    assert changes() == []
    assert worst_level([]) == "compatible"


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("{bits: 0}", "{bits: 0, description: Turns it on.}", []),
        ("gain: {offset: 0x4", "gain: {offset: 0xC", ["regenerate  gain moved: app BAR 0 0x4 -> app BAR 0 0xc"]),
        ("enable: {bits: 0}", "enable: {bits: 9}", ["regenerate  ctrl.enable moved: bit 0 -> bit 9"]),
        ("mode: {bits: 3:1", "mode: {bits: 2:1", ["breaking    ctrl.mode narrowed: bits 3:1 -> bits 2:1"]),
        ("mode: {bits: 3:1", "mode: {bits: 5:1", ["regenerate  ctrl.mode widened: bits 3:1 -> bits 5:1"]),
        ("enable: {bits: 0}", "enable: {bits: 0, access: ro}", ["breaking    ctrl.enable access changed: rw -> ro"]),
        ("access: w1c", "access: rw", ["breaking    ctrl.done access changed: w1c -> rw"]),
        ("enable: {bits: 0}", "enable: {bits: 0, reset: 1}", ["regenerate  ctrl.enable reset changed: 0x0 -> 0x1"]),
        ("enable: {bits: 0}", "enable: {bits: 0}, new: {bits: 16}", ["regenerate  ctrl.new added: bit 16"]),
        (
            "enable: {bits: 0}",
            "enable: {bits: 0}, new: {bits: 16, access: ro}",
            ["compatible  ctrl.new added: bit 16"],
        ),
        (
            "enable: {bits: 0}",
            "enabled: {bits: 0}",
            ["breaking    ctrl.enable removed: bit 0", "regenerate  ctrl.enabled added: bit 0"],
        ),
        ("enum: Mode", "format: unsigned", ["breaking    ctrl.mode format changed: enum Mode -> unsigned"]),
        (
            "fraction_bits: 4",
            "fraction_bits: 3",
            [
                "breaking    gain.value format changed: fixed, signed, 4 fraction bits -> fixed, signed, 3 fraction bits",
            ],
        ),
        ("on: 1}", "on: 2}", ["regenerate  Mode.ON value changed: 1 -> 2"]),
        ("on: 1}", "on: 1, auto: 2}", ["regenerate  Mode.AUTO added: 2"]),
        (
            "rx: {bits: 0, access: wo, idle: 0}",
            "rx: {bits: 0, access: wo, idle: 1}",
            ["regenerate  cmd.rx idle changed: 0 -> 1"],
        ),
        (
            "rx: {bits: 0, access: wo, idle: 0}",
            "rx: {bits: 0, access: wo, pulse: true}",
            ["regenerate  cmd.rx pulse changed: false -> true"],
        ),
        ("reset: 0x100", "reset: 0x200", ["regenerate  cmd reset of bits of no field changed: 0x100 -> 0x200"]),
        (
            "reset: 0x100, fields: {",
            "reset: 0x100, fields: {new: {bits: 8, access: ro, reset: 1}, ",
            ["compatible  cmd.new added: bit 8"],
        ),
        (
            "mode: {bits: 3:1",
            "mode: {writeback: false, bits: 3:1",
            [
                f"breaking    ctrl.enable writing alone refused: modify -> {REFUSAL}",
                "regenerate  ctrl.mode writeback changed: true -> false",
                f"breaking    ctrl.done writing alone refused: modify -> {REFUSAL}",
            ],
        ),
        ("off: 0, on: 1", "off: 0", ["breaking    Mode.ON removed: 1"]),
        ("count: 4", "count: 3", ["breaking    ch shortened: 4 -> 3"]),
        ("count: 4", "count: 5", ["compatible  ch lengthened: 4 -> 5"]),
        ("size: 4KiB", "size: 2KiB", ["breaking    ram narrowed: 4096 bytes -> 2048 bytes"]),
        (
            "size: 4KiB",
            "size: 4KiB, width: 16",
            ["breaking    ram word width changed: 32 bits -> 16 bits"],
        ),
        ("size: 4KiB", "size: 4KiB, access_width: 64", ["regenerate  ram access_width changed: 32 bits -> 64 bits"]),
        ("size: 4KiB", "size: 4KiB, access: ro", ["breaking    ram access changed: rw -> ro"]),
        ("memories: {ram: {offset: 0x1000, size: 4KiB}}\n", "", ["breaking    ram removed: memory"]),
        ("registers:\n  cmd", "registers:\n  id: {offset: 0x20}\n  cmd", ["compatible  id added: register"]),
        ("name: dut\n", "name: unit\n", ["breaking    dut renamed: dut -> unit"]),
        (
            "stride: 0x10",
            "stride: 0x20",
            [
                "regenerate  ch moved: app BAR 0 0x100 + 0x10 each -> app BAR 0 0x100 + 0x20 each",
                "regenerate  ch.level moved: app BAR 0 0x100 + 0x10 each -> app BAR 0 0x100 + 0x20 each",
            ],
        ),
        (
            "name: dut\n",
            "name: dut\nspace: {pf: app, bar: 4}\nidentity: {register: ctrl, value: 0}\n",
            None,
        ),
    ],
)
def test_a_change(old, new, lines):
    if lines is None:
        found = told((old, new))
        assert found[0] == "regenerate  dut identity changed: none -> ctrl, 0x0"
        assert "regenerate  ctrl moved: app BAR 0 0x0 -> app BAR 4 0x0" in found
    else:
        assert told((old, new)) == lines


def test_the_worst_level_counts():
    assert worst_level(changes(("count: 4", "count: 5"))) == "compatible"
    assert worst_level(changes(("count: 4", "count: 5"), ("on: 1}", "on: 2}"))) == "regenerate"
    assert worst_level(changes(("count: 4", "count: 3"), ("on: 1}", "on: 2}"))) == "breaking"


# What writes take, what registers share, arrays, resets, the hardware's side, interrupts, memories of entries.
PROTOCOLS = """\
schema: 1
name: dut
endian: big
constants: {N: 4}
types:
  desc: {size: 16, registers: {source: {offset: 0, width: 64}, length: {offset: 8}}}
  lane: {registers: {r: {offset: 0}}}
registers:
  regwen: {offset: 0x0, fields: {en: {bits: 0, access: w0c, reset: 1}}}
  key: {offset: 0x4, access: wo}
  conf: {offset: 0x8, lock: {by: regwen.en, value: 1}, unlock: [{key: 0x12}], fields: {rate: {bits: 3:0, range: [1, 9]}}}
  pair: {offset: 0xC, write_twice: true, fields: {mode: {bits: 1:0}, size: {bits: 5:4}}}
  gates: {offset: 0x10, write_mask: high, fields: {uart: {bits: 0}, spi: {bits: 1}}}
  out: {offset: 0x14, via: alias, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
  out_set: {offset: 0x18, alias: out, access: w1s}
  out_clr: {offset: 0x1C, alias: out, access: w1c}
  view: {offset: 0x20, fields: {sel: {bits: 0}, x: {bits: 7:4}, y: {bits: 7:6, alternate: x, when: sel is 1}}}
  other: {offset: 0x20, alternate: view, when: {regwen.en: 1}, fields: {z: {bits: 7:0}}}
  wide: {offset: 0x28, width: 64, access_width: 32}
  low: {offset: 0x30, width: 8, access_width: 32}
  pins: {offset: 0x34, fields: {pin: {bits: 0, count: N, stride: 2}}}
  known: {offset: 0x38, fields: {trim: {bits: 7:0, reset: unknown}, n: {bits: 15:8, hw: write}}}
  status: {offset: 0x3C, fields: {irq: {bits: 0, access: w1c, intr: level}}}
  enable: {offset: 0x40, fields: {irq: {bits: 0}}}
  job: {offset: 0x44, fields: {t: {bits: 9:2, scale: 0.5, unit: V, offset: 1}}}
  named: {offset: 0x50, index: [rx, tx]}
memories: {ring: {offset: 0x1000, entry: desc, count: 8}}
blocks: {l: {type: lane, offset: 0x100, external: true}, m: {type: lane, offset: 0x100, alternate: l}}
interrupts: {done: {line: 3, status: status.irq, enable: enable.irq, clear: status.irq}}
"""
RULES = "conf rules of writes changed: Writes pass while regwen.en is 0x1. Each write follows writes of 0x12 to key."
VIEW = "y: {bits: 7:6, alternate: x, when: sel is 1}"


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (
            "lock: {by: regwen.en, value: 1}, ",
            "",
            [f"regenerate  {RULES} -> Each write follows writes of 0x12 to key."],
        ),
        ("[{key: 0x12}]", "[]", [f"regenerate  {RULES} -> Writes pass while regwen.en is 0x1."]),
        ("write_twice: true, ", "", ["regenerate  pair rules of writes changed: Each write is made twice."]),
        (
            "write_mask: high, ",
            "",
            [
                "regenerate  gates rules of writes changed: The high half of a write says which bits of the low half it is for."
            ],
        ),
        (
            "via: alias, ",
            "",
            ["regenerate  out rules of writes changed: Fields are set by out_set and cleared by out_clr."],
        ),
        (VIEW, "y: {bits: 7:6, alternate: x, when: sel is 2}", []),
        (
            VIEW,
            "y: {bits: 9:8}",
            ["regenerate  view.y moved: bits 7:6 -> bits 9:8", "regenerate  view.y alternate changed: x -> none"],
        ),
        (", when: {regwen.en: 1}", "", ["regenerate  other time changed: regwen.en is 0x1 -> not said"]),
        (
            "offset: 0x20, alternate: view, when: {regwen.en: 1}, ",
            "offset: 0x24, ",
            [
                "regenerate  other moved: app BAR 0 0x20 -> app BAR 0 0x24",
                "regenerate  other alternate changed: view -> none",
            ],
        ),
        ("endian: big", "endian: little", ["regenerate  wide endian changed: big -> little"]),
        ("width: 8, access_width: 32", "width: 8", ["regenerate  low access_width changed: 32 -> 8"]),
        ("stride: 2", "stride: 3", ["regenerate  pins.pin stride changed: 2 -> 3"]),
        (
            "{N: 4}",
            "{N: 3}",
            ["breaking    pins.pin elements changed: 0, 1, 2, 3 -> 0, 1, 2", "regenerate  N value changed: 4 -> 3"],
        ),
        ("reset: unknown", "reset: 0", ["regenerate  known.trim reset changed: 0xxx -> 0x0"]),
        (
            "hw: write",
            "hw: both",
            [
                "compatible  known.n hardware's side changed: Hardware writes it. -> Hardware reads and writes it.",
            ],
        ),
        ("range: [1, 9]", "range: [1, 8]", ["breaking    conf.rate range changed: 1 to 9 -> 1 to 8"]),
        ("range: [1, 9]", "range: [0, 9]", ["regenerate  conf.rate range changed: 1 to 9 -> 0 to 9"]),
        (", range: [1, 9]", "", ["regenerate  conf.rate range changed: 1 to 9 -> all that fit"]),
        (
            "size: {bits: 5:4}",
            "size: {bits: 5:4, range: [0, 2]}",
            ["breaking    pair.size range changed: all that fit -> 0 to 2"],
        ),
        (
            "scale: 0.5",
            "scale: 0.25",
            ["breaking    job.t format changed: unsigned, times 0.5 plus 1, V -> unsigned, times 0.25 plus 1, V"],
        ),
        ("[rx, tx]", "[rx, ty]", ["breaking    named elements changed: rx, tx -> rx, ty"]),
        ("entry: desc, count: 8", "entry: desc, count: 4", ["breaking    ring shortened: 8 -> 4"]),
        (
            "length: {offset: 8}",
            "length: {offset: 12}",
            ["regenerate  ring.length moved: app BAR 0 0x1008 + 0x10 each -> app BAR 0 0x100c + 0x10 each"],
        ),
        ("external: true", "external: false", ["compatible  l external changed: true -> false"]),
        ("line: 3", "line: 4", ["regenerate  interrupts.done line changed: 0x3 -> 0x4"]),
        (", clear: status.irq", "", ["breaking    interrupts.done clear changed: status.irq, 0x1 -> none"]),
    ],
)
def test_a_change_of_what_hardware_is(old, new, lines):
    assert old in PROTOCOLS
    changed = compare(codegen.loads(PROTOCOLS), codegen.loads(PROTOCOLS.replace(old, new, 1)))
    assert [str(change) for change in changed] == lines
