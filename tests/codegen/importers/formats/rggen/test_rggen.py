"""Register maps of rggen become maps, the same from YAML, TOML and JSON, whole or in pieces."""

from __future__ import annotations

import json

import pytest

import codegen
import hal
from codegen.importers.described.request import Options
from codegen.importers.formats.readers.toml_reader import parse_toml
from codegen.importers.formats_known import FORMATS, format_of
from codegen.importers.importing import import_file
from codegen.schema.policies import NAMES
from tests.support.refusals import require_refused

TOY = """\
- register_block:
  - name: toy
    byte_size: 256
    comment: Plays.
  - register:
    - name: ctrl
      comment: Setup.
    - bit_fields:
      - <<:
        - {name: mode, bit_assignment: {width: 2}, type: rw, initial_value: 1}
        - labels: [{name: slow, value: 0}, {name: fast, value: 1, comment: Warm.}]
      - {name: pair, bit_assignment: {width: 4, sequence_size: 2}, type: rw, initial_value: [3, -1]}
      - {name: go, bit_assignment: {lsb: 16}, type: w1trg}
      - {name: nap, bit_assignment: {width: 1}, type: w0trg}
      - {bit_assignment: {width: 2}, type: reserved, name: none}
      - {name: data, bit_assignment: {lsb: 24, width: 8}, type: rowo, initial_value: 0}
  - register:
    - {name: gates, type: maskable}
    - bit_fields: [{bit_assignment: 4, type: rw, initial_value: 0}]
  - register:
    - {name: key}
    - bit_fields: [{bit_assignment: "8:0", type: rwl, initial_value: 0x5A, reference: ctrl.pair_lock}]
  - register:
    - {name: open, bit_fields: [{bit_assignment: {lsb: 0, width: 8}, type: rwe, initial_value: 0, reference: bank.lock}]}
  - register_file:
    - {name: bank, offset_address: 0x20, size: [2, step: 16]}
    - registers:
      - {name: level, bit_fields: [{bit_assignment: {width: 40}, type: ro}]}
      - {name: lock, bit_fields: [{bit_assignment: {width: 1}, type: rw, initial_value: 0}]}
  - register:
    - {name: lane, offset_address: 0x40, size: [2, 3]}
    - bit_fields: [{name: gain, bit_assignment: {width: 8}, type: rw, initial_value: {default: 2}}]
  - register: {name: rest, type: reserved, size: 2}
  - register: {name: window, type: external, size: 8}
  - register:
    - {name: low, offset_address: 0xC0, type: [indirect, [page.page, 0]]}
    - bit_fields: [{bit_assignment: {width: 8}, type: rw, initial_value: 0}]
  - register:
    - {name: high, offset_address: 0xC0, type: [indirect, {page.page: 1}]}
    - bit_fields: [{bit_assignment: {width: 8}, type: rw, initial_value: 0}]
  - register:
    - {name: page}
    - bit_fields: [{name: page, bit_assignment: {width: 1}, type: rw, initial_value: 0}]
  - register:
    - {name: seen, bit_fields: [{bit_assignment: {width: 8}, type: ro}]}
"""
PLAIN = {
    "register_blocks": [
        {
            "name": "plain",
            "byte_size": 8,
            "registers": [
                {"name": "a", "bit_fields": [{"bit_assignment": {"lsb": 0, "width": 4}, "type": "rw"}]},
                {"name": "b", "bit_fields": [{"name": "f", "bit_assignment": {"lsb": "0x4"}, "type": "w1c"}]},
            ],
        }
    ]
}
PLAIN_TOML = """\
[[register_blocks]]
name = "plain"
byte_size = 8
[[register_blocks.registers]]
name = "a"
[[register_blocks.registers.bit_fields]]
bit_assignment = { lsb = 0, width = 4 }
type = "rw"
[[register_blocks.registers]]
name = "b"
[[register_blocks.registers.bit_fields]]
name = "f"
bit_assignment = { lsb = "0x4" }
type = "w1c"
"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.yml"
    path.write_text(TOY)
    return path


def test_the_map(toy):
    imported = import_file(toy, Options())
    data = imported.maps[0].data
    registers = data["registers"]
    assert data["enums"] == {
        "Mode": {"open": True, "members": {"slow": 0, "fast": {"value": 1, "description": "Warm."}}}
    }
    assert registers["ctrl"] == {
        "offset": 0,
        "description": "Setup.",
        "fields": {
            "mode": {"bits": "1:0", "enum": "Mode", "reset": "fast"},
            "pair": {"bits": "5:2", "count": 2, "reset": [3, 15]},
            "go": {"bits": 16, "access": "wo", "pulse": True},
            "nap": {"bits": 17, "access": {"read": "none", "write": "zero_sets"}, "pulse": True},
            "data": {"bits": "31:24", "volatile": True, "writeback": False},
        },
    }
    assert registers["gates"] == {"offset": 4, "write_mask": "high", "fields": {"value": {"bits": "3:0"}}}
    assert registers["key"] == {"offset": 8, "fields": {"value": {"bits": "7:0", "reset": 0x5A}}}
    assert registers["lane"]["count"] == [2, 3]
    assert registers["lane"]["fields"] == {"gain": {"bits": "7:0", "reset": 2}}
    assert (registers["high"]["alternate"], registers["high"]["when"]) == ("low", {"page.page": 1})
    assert (registers["page"]["offset"], registers["seen"]["offset"]) == (0xC4, 0xC8)
    assert registers["seen"] == {
        "offset": 0xC8,
        "access": "ro",
        "reset": "unknown",
        "volatile": True,
        "fields": {"value": {"bits": "7:0"}},
    }
    bank = data["blocks"]["bank"]
    assert (bank["offset"], bank["count"], bank.get("stride")) == (0x20, 2, 16)
    assert (bank["registers"]["level"]["width"], bank["registers"]["lock"]["offset"]) == (64, 8)
    assert data["memories"] == {"window": {"offset": 0x40 + 24 + 8, "size": 32}}
    told = {(remark.origin.line, remark.path, remark.message) for remark in imported.remarks.of("dropped")}
    assert told == {
        (20, "toy.key", "writes are locked by ctrl.pair_lock, which a map can't say of it"),
        (23, "toy.open", "writes are locked by bank.lock, which a map can't say of it"),
    }
    codegen.load(toy)


def test_a_lock_of_all_that_is_written_is_the_registers(slot, tmp_path):
    path = tmp_path / "locks.yml"
    path.write_text(
        "register_blocks:\n- name: locks\n  registers:\n"
        "  - {name: en, bit_fields: [{name: a, bit_assignment: 1, type: rw, initial_value: 0}]}\n"
        "  - name: conf\n    bit_fields:\n"
        "    - {name: x, bit_assignment: 4, type: rwe, initial_value: 0, reference: en.a}\n"
        "    - {name: y, bit_assignment: 4, type: ro}\n"
        "  - name: other\n    bit_fields:\n"
        "    - {name: x, bit_assignment: 4, type: rwe, initial_value: 0, reference: en.a}\n"
        "    - {name: y, bit_assignment: 4, type: rwl, initial_value: 0}\n"
    )
    imported = import_file(path, Options())
    registers = imported.maps[0].data["registers"]
    assert registers["conf"]["lock"] == {"by": "en.a", "value": 1}
    assert [remark.message for remark in imported.remarks.of("dropped")] == [
        "writes pass while en.a is 1: a map locks whole registers",
        "rwl: a signal of the hardware locks writes, which a map can't say",
    ]
    with hal.load_map(path).open(0, library="emulator") as dev, pytest.raises(hal.LockedError):
        dev.conf.x = 1


@pytest.mark.parametrize("name", ["plain.yml", "plain.json", "plain.toml"])
def test_the_same_from_each_language(name, tmp_path):
    path = tmp_path / name
    path.write_text(PLAIN_TOML if name.endswith("toml") else json.dumps(PLAIN, indent=1))
    assert format_of(path).name == "rggen"
    imported = import_file(path, Options())
    assert imported.maps[0].data["registers"] == {
        "a": {"offset": 0, "fields": {"value": {"bits": "3:0"}}},
        "b": {"offset": 4, "access": "w1c", "volatile": True, "fields": {"f": {"bits": 4}}},
    }


def test_tables_of_toml_have_a_line_each():
    registers = parse_toml(PLAIN_TOML, "x").get("register_blocks").all()[0].get("registers").all()
    lines = [(item.origin.line, item.get("bit_fields").all()[0].get("type").origin.line) for item in registers]
    assert lines == [(4, 8), (9, 14)]


SAME = [
    "rw",
    "w1",
    "wrc",
    "wrs",
    "rc",
    "rs",
    "wc",
    "ws",
    "wcrs",
    "wsrc",
    "w0c",
    "w0s",
    "w0t",
    "w1c",
    "w1s",
    "w1t",
    "w0crs",
    "w1crs",
    "w0src",
    "w1src",
    "woc",
    "wos",
    "wo",
    "wo1",
]


@pytest.mark.parametrize(
    ("kind", "policy"),
    [
        *((name, name) for name in SAME),
        *((name, "rw") for name in ("rwe", "rwl", "rwc", "rws", "rwhw", "counter")),
        *((name, "ro") for name in ("ro", "rof", "rohw")),
        ("rotrg", "rc"),
        ("rwtrg", "wrc"),
        ("wotrg", "wo"),
        ("[custom]", "rw"),
        ("[custom, sw_write: none]", "ro"),
        ("[custom, sw_read: none]", "wo"),
        ("[custom, sw_write_once: true]", "w1"),
        ("[custom, write_trigger: true, read_trigger: true]", "wrc"),
        ("[custom, sw_write: set_1, sw_read: clear]", "w1src"),
        ("[custom, sw_write: clear_0, hw_set: true]", "w0c"),
        ("[custom, sw_write: toggle_1]", "w1t"),
    ],
)
def test_types_are_policies(kind, policy, tmp_path):
    path = tmp_path / "one.yml"
    field = f"{{name: f, bit_assignment: 1, type: {kind}, initial_value: 0}}"
    path.write_text(f"register_blocks:\n- name: one\n  registers:\n  - {{name: r, bit_fields: [{field}]}}\n")
    (child,) = codegen.load(path).root.children
    assert child.type.fields[0].access == NAMES[policy].text


def test_strange_names_are_told(tmp_path):
    path = tmp_path / "one.yml"
    path.write_text("register_blocks:\n- name: one\n  color: red\n  registers:\n  - {name: r, bit_fields: []}\n")
    remarks = import_file(path, Options()).remarks
    assert [(remark.origin.line, remark.message) for remark in remarks.of("dropped")] == [
        (3, "color has no counterpart in a map")
    ]


FIELD = "register_block: {{name: a, registers: [{{name: r, bit_fields: [\n{}]}}]}}\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("register_block: [", 2, "not valid YAML"),
        ("a: 1\n", 1, "wanted register_block or register_blocks"),
        ("register_block: {byte_size: 4}\n", 1, "the register block has no name"),
        ("register_block:\n  name: a\n  bus_width: 24\n", 3, "bus_width is 24, allowed: 8, 16, 32, 64"),
        ("register_block:\n  name: a\n  registers:\n  - {type: rw}\n", 4, "the register has no name"),
        ("register_block:\n  name: a\n  registers:\n  - {name: r, type: odd}\n", 4, "type is 'odd', allowed: default"),
        ("register_block:\n  name: a\n  registers:\n  - {name: r, size: 0}\n", 4, "size is '0', allowed: 1 to"),
        ("register_block:\n  name: a\n  registers:\n  - {name: r, offset_address: x}\n", 4, "offset_address is 'x'"),
        (FIELD.format("{bit_assignment: 1, type: odd}"), 2, "type is 'odd', allowed: counter"),
        (FIELD.format("{bit_assignment: 1, type: [custom, sw_read: odd]}"), 2, "sw_read is 'odd', allowed: default"),
        (FIELD.format("{bit_assignment: {step: 4}, type: rw}"), 2, "neither lsb nor width"),
        (FIELD.format("{bit_assignment: {width: 0}, type: rw}"), 2, "width is '0', allowed: 1 to"),
        (FIELD.format("{bit_assignment: {width: 9, step: 8, sequence_size: 2}, type: rw}"), 2, "step is 8, less than"),
        (FIELD.format("{bit_assignment: {lsb: 4096}, type: rw}"), 2, "the register would have 4097 bits"),
        (FIELD.format("{bit_assignment: 2, type: rw, initial_value: 4}"), 2, "initial_value is '4', allowed: -2 to 3"),
        (FIELD.format("{bit_assignment: 2, type: rw, initial_value: " + "9" * 5000 + "}"), 2, "initial_value is"),
        (FIELD.format("{bit_assignment: 2, type: rw, labels: [{name: a}]}"), 2, "a label needs name and value"),
        ("register_block: " + "{register: " * 40 + "}" * 40, 1, "nested deeper than 32 levels"),
        ("register_block: " + "[" * 40 + "]" * 40, 1, "nested deeper than 32 levels"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, said, tmp_path):
    path = tmp_path / "bad.yml"
    path.write_text(text)
    require_refused(path, line, said, lambda file: import_file(file, Options(), FORMATS["rggen"]))
