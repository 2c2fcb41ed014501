"""OpenTitan's Hjson becomes maps: registers that the tool adds, multiregs, windows, locks."""

from __future__ import annotations

import json

import hjson
import pytest
from hypothesis import given, strategies

import codegen
import hal
from codegen.importers.described.request import Options
from codegen.importers.formats.readers.hjson_reader import parse_hjson
from codegen.importers.importing import import_file
from tests.support.refusals import require_refused

TOY = """\
// A toy.
{
  name: "toy"
  human_name: "Toy",
  one_line_desc: "Plays."
  regwidth: "32"
  param_list: [ { name: "NumPads", default: "40", local: "true" }, { name: "NumKeys", default: "3" } ]
  interrupt_list: [
    { name: "done", desc: "It is done." }
    { name: "level", desc: "It is full.", type: "status", default_val: "1" }
  ]
  alert_list: [ { name: "fatal_fault", desc: "Broken." } ]
  registers: [
    { name: "CFG_REGWEN", desc: '''
        Locks !!CFG.
        '''
      swaccess: "rw0c", hwaccess: "none"
      fields: [ { bits: "0", resval: "1", name: "EN" } ]
    }
    { name: "CFG", desc: "Setup.", swaccess: "rw", hwaccess: "hro", regwen: "CFG_REGWEN", shadowed: "true"
      fields: [
        { bits: "1:0", name: "MODE", enum: [ { value: "0", name: "off", desc: "Off." }, { value: "2", name: "on" } ] }
        { bits: "7:4", name: "SAFE", mubi: true, resval: true }
      ]
    }
    { name: "STATUS", desc: "State.", swaccess: "ro", hwaccess: "hwo", fields: [ { bits: "0", name: "BUSY" } ] }
    { multireg: { name: "PAD", desc: "Pads.", count: "NumPads", cname: "PAD", swaccess: "rw", hwaccess: "hro"
        fields: [ { bits: "0", name: "OE" } ] } }
    { multireg: { name: "KEY", desc: "Keys.", count: "NumKeys", cname: "KEY", swaccess: "wo", hwaccess: "hro"
        fields: [ { bits: "31:0", name: "key" } ] } }
    { reserved: 2 }
    { name: "LAST", desc: "r0w1c.", swaccess: "r0w1c", hwaccess: "hrw", fields: [ { bits: "NumKeys-1:0", name: "F" } ] }
    { skipto: "0x90" }
    { window: { name: "BUFFER", items: "64", swaccess: "wo", desc: "Data." } }
  ]
}
"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.hjson"
    path.write_text(TOY)
    return path


def test_the_map(toy):
    data = import_file(toy, Options()).maps[0].data
    registers = data["registers"]
    assert {name: item["offset"] for name, item in registers.items()} == {
        "intr_state": 0x0, "intr_enable": 0x4, "intr_test": 0x8, "alert_test": 0xC, "cfg_regwen": 0x10, "cfg": 0x14,
        "status": 0x18, "pad": 0x1C, "pad_1": 0x20, "key": 0x24, "last": 0x38,
    }  # fmt: skip
    assert registers["intr_state"]["fields"] == {
        "done": {"bits": 0, "access": "w1c", "description": "It is done."},
        "level": {"bits": 1, "reset": 1, "access": "ro", "description": "It is full."},
    }
    assert data["interrupts"] == {
        "done": {
            "line": 0,
            "status": "intr_state.done",
            "enable": "intr_enable.done",
            "clear": "intr_state.done",
            "description": "It is done.",
        },
        "level": {
            "line": 1,
            "status": "intr_state.level",
            "enable": "intr_enable.level",
            "description": "It is full.",
        },
    }
    assert registers["cfg_regwen"]["description"] == "Locks CFG."
    cfg = registers["cfg"]
    assert (cfg["lock"], cfg["write_twice"]) == ({"by": "cfg_regwen.en", "value": 1}, True)
    assert cfg["fields"] == {
        "mode": {"bits": "1:0", "enum": "Mode"},
        "safe": {"bits": "7:4", "enum": "MuBi4", "reset": "true"},
    }
    assert registers["status"]["reset"] == "unknown"
    assert registers["pad"]["fields"] == {"oe": {"bits": 0, "count": 32}}
    assert registers["pad_1"]["fields"] == {"oe": {"bits": 0, "count": 8, "first": 32}}
    assert (registers["key"]["count"], registers["key"]["access"]) == (3, "wo")
    assert registers["last"]["access"] == {"read": "none", "write": "one_clears"}
    assert data["memories"] == {"buffer": {"offset": 0x100, "size": 256, "access": "wo", "description": "Data."}}
    assert import_file(toy, Options()).remarks.of("dropped") == []


def test_a_driver_of_it_on_the_card(slot, toy):
    with hal.load_map(toy).open(0, library="emulator") as dev:
        dev.cfg.mode = 2
        dev.cfg_regwen.en = 0
        with pytest.raises(hal.LockedError, match=r"cfg_regwen\.en"):
            dev.cfg.mode = 0
        dev.pad.oe[3] = 1
        assert (dev.pad.read(), dev.cfg.mode) == (8, 2)


def test_parameters(toy):
    registers = import_file(toy, Options(parameters={"NumPads": "8", "NumKeys": "0x1"})).maps[0].data["registers"]
    assert registers["pad"]["fields"] == {"oe": {"bits": 0, "count": 8}}
    assert "pad_1" not in registers
    assert "count" not in registers["key"]
    with pytest.raises(codegen.MapError, match="the block has no parameter 'Nope' that is a number"):
        import_file(toy, Options(parameters={"Nope": "1"}))


def test_several_interfaces_are_several_devices(tmp_path):
    path = tmp_path / "two.hjson"
    register = '{ name: "R", desc: "", swaccess: "rw", hwaccess: "hro", fields: [ { bits: "0" } ] }'
    path.write_text(f'{{ name: "ip", registers: {{ core: [ {register} ], mem: [ {register} ] }} }}')
    assert [tree.name for tree in import_file(path, Options()).maps] == ["ip_core", "ip_mem"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{", 1, "not valid Hjson: a { that is not closed"),
        ('{ name: "a"\n registers: [ }', 2, "not valid Hjson: '}' where a value is wanted"),
        ('{ name: "a', 1, "not valid Hjson: a text that is not closed"),
        ("\x00\x01", 1, "not valid Hjson"),
        ("[" * 99, 1, "not valid Hjson: nested deeper than 64 levels"),
        ("{ a: 1, a: 2 }", 1, "not valid Hjson: the key 'a' is given twice"),
        ("{}", 1, "wanted a mapping with name and registers"),
        ('{ name: "a", registers: [\n {} ] }', 2, "an entry of registers that is no register, multireg, window"),
        ('{ name: "a", registers: [\n { name: "R", fields: [\n { bits: "0" } ] } ] }', 3, "swaccess is '', allowed"),
        (
            '{ name: "a", registers: [\n { name: "R", swaccess: "rw", fields: [\n { bits: "x" } ] } ] }',
            3,
            "bits are 'x', wanted one bit, or high:low",
        ),
        ('{ name: "a", registers: [\n { window: { items: "0x_" } } ] }', 2, "items is '0x_', wanted a number"),
        (
            '{ name: "a", registers: [\n { window: { items: "N" } } ] }',
            2,
            "items is 'N', wanted a number or a parameter",
        ),
        (
            '{ name: "a", registers: [\n { name: "R", swaccess: "rw", fields: [\n { bits: "0", resval: "2" } ] } ] }',
            3,
            "resval 0x2 does not fit in 1 bits",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, said, tmp_path):
    path = tmp_path / "bad.hjson"
    path.write_text(text)
    require_refused(path, line, said, more=True)


def test_hjson_reads_as_the_reference_reads_it():
    assert parse_hjson(TOY, "toy").plain() == hjson.loads(TOY)


# The reference can't read all that it writes: quotes and backslashes at the start of a bare text, say.
WORDS = strategies.text("abcXYZ_019 .-+#/\n:,{}[]é", max_size=12)
QUOTED = strategies.text("ab'\"\\\n\té{}:", max_size=12)
VALUES = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers(-9, 99) | WORDS,
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(strategies.dictionaries(WORDS, VALUES, max_size=4))
def test_what_the_reference_writes_is_read_back(value):
    for text in (hjson.dumps(value), hjson.dumpsJSON(value, indent=2), hjson.dumpsJSON(value)):
        assert parse_hjson(text, "x").plain() == hjson.loads(text)


@given(strategies.dictionaries(QUOTED, QUOTED, max_size=4))
def test_json_is_read(value):
    assert parse_hjson(json.dumps(value), "x").plain() == value


@given(strategies.text("{}[]:,'\"#/*\n ab1\\", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        parse_hjson(text, "x")
    except codegen.MapError as error:
        assert error.problems[0].line >= 1
