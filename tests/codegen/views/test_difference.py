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
