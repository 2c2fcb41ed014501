"""Arrays of registers whose elements have resets of their own."""

from __future__ import annotations

import json
import subprocess

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.schema.json_schema import json_schema
from codegen.views.difference import compare
from hal.texts.dumps import reset_values
from tests.support.cards import fresh_slot, on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

BANK = """
schema: 1
name: dut
register_types: {tap: {reset: 7, fields: {value: {bits: 15:0}, on: {bits: 31, format: bool}}}}
types: {channel: {size: 0x20, registers: {level: {offset: 0x0, count: 2, reset: [3, 4]}}}}
registers:
  lane: {offset: 0x0, count: 4, reset: [0x301, 2, 3, 0x301], fields: {gain: {bits: 7:0}, mode: {bits: 11:8}}}
  cell: {offset: 0x40, count: [2, 3], reset: [[1, 2, 3], [4, 5, 6]], index: [[rx, tx], []]}
  same: {offset: 0x80, count: 2, reset: [9, 9]}
  typed: {offset: 0x90, count: 2, type: tap, reset: [7, 0x80000001]}
  wide: {offset: 0xA0, count: 2, width: 96, access_width: 32, reset: [0x1_00000002_00000003, 5]}
  kept: {offset: 0xC0, count: 2, shadow: true, reset: [0x11, 0x22], fields: {x: {bits: 3:0}, y: {bits: 7:4}}}
  spare: {offset: 0xD0, count: 2, reset: [0xF01, 0xA02], fields: {x: {bits: 3:0}}}
  byte: {offset: 0xE0, count: 3, width: 8, access_width: 32, reset: [1, 2, 3]}
  sets: {offset: 0x100, count: 2, alias: typed, access: w1s}
blocks:
  ch: {type: channel, offset: 0x200, count: 2}
"""


@pytest.fixture(scope="module")
def bank_class():
    return load_class(BANK)


@pytest.fixture
def dev(slot, bank_class):
    with on_card(slot, bank_class) as device:
        yield device


def test_the_card_has_them_after_a_reset(dev):
    assert dev.lane.read() == [0x301, 2, 3, 0x301]
    assert dev.cell.read() == [[1, 2, 3], [4, 5, 6]]
    assert (dev.same.read(), dev.typed.read()) == ([9, 9], [7, 0x80000001])
    assert dev.wide.read() == [0x1_00000002_00000003, 5]
    assert dev.byte.read() == [1, 2, 3]
    assert [channel.level.read() for channel in dev.ch] == [[3, 4], [3, 4]]


def test_writes_go_back_to_them(dev, bus):
    assert bus(lambda: dev.lane[0].write(gain=5)) == [("w", 0x0, 32, 0x305)]
    assert bus(lambda: dev.lane[1].write(gain=5)) == [("w", 0x4, 32, 5)]
    assert bus(dev.lane[3].reset) == [("w", 0xC, 32, 0x301)]
    assert bus(dev.cell["tx", 2].reset) == [("w", 0x54, 32, 6)]
    assert bus(lambda: dev.find("typed[1]").reset()) == [("w", 0x94, 32, 0x80000001)]
    assert bus(lambda: dev.spare[1].write(x=3)) == [("w", 0xD4, 32, 0xA03)]
    assert bus(dev.byte[2].reset)[-1] == ("w", 0xE0, 32, 0x30201)
    dev.kept[1].x = 5
    assert dev.kept.read() == [0x11, 0x25]
    assert (dev.typed[1].on, dev.typed[0].on) == (True, False)
    dev.sets[1].value = 6
    assert dev.typed.read() == [7, 0x80000007]


def test_elements_are_of_one_class(dev):
    assert all(isinstance(element, hal.Register) for element in dev.lane)
    assert isinstance(dev.lane[1], type(dev.lane[0]))
    assert type(dev.lane[0]) is type(dev.lane[3])
    assert repr(dev.lane[1]) == "<Lane dut.lane[1] (app BAR 0, 0x4) = 0x00000002: gain=0x2, mode=0>"
    assert [row.reset for row in dev.walk() if row.path.startswith("cell")] == [1, 2, 3, 4, 5, 6]
    gains = [row.fields[0].reset for row in dev.walk() if row.path.startswith("lane")]
    assert gains == [1, 2, 3, 1]
    assert dev.lane[2].info["reset"] == 3


def test_dumps_differ_from_the_elements_own_reset(dev):
    dev.cell["rx", 1].value = 8
    taken = dev.snapshot()
    assert [change.path for change in taken.diff(reset_values(taken))] == ["cell[rx][1].value"]
    dev.cell["rx"].write([0, 0, 0])
    dev.restore(taken)
    assert dev.cell["rx"].read() == [1, 8, 3]


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 15)), min_size=1, max_size=6), st.data())
@settings(max_examples=10)
def test_against_a_model(resets, data):
    """Elements of a list, written by name and put back, against their bits by hand."""
    values = [low | high << 8 for low, high in resets]
    driver = load_class(
        f"schema: 1\nname: dut\nregisters: {{r: {{offset: 0, count: {len(values)}, reset: {values}, "
        "fields: {low: {bits: 7:0}, high: {bits: 11:8}}}}\n"
    )
    with fresh_slot() as slot, on_card(slot, driver) as dev:
        assert dev.r.read() == values
        model = list(values)
        for _ in range(6):
            at, value = data.draw(st.integers(0, len(values) - 1)), data.draw(st.integers(0, 15))
            if data.draw(st.booleans()):
                dev.r[at].write(high=value)
                model[at] = (values[at] & 0xFF) | value << 8
            elif data.draw(st.booleans()):
                dev.r[at].low = value
                model[at] = (model[at] & 0xF00) | value
            else:
                dev.r[at].reset()
                model[at] = values[at]
        assert dev.r.read() == model


def test_every_output_tells_them(tmp_path):
    device = codegen.loads(BANK)
    with pytest.raises(codegen.MapError, match=r"the elements of typed\[0\.\.1\] share words of the bus") as refused:
        render(device, LANGUAGES["rtl"])
    assert [problem.rule for problem in refused.value.problems] == ["rtl-alias"]
    texts = {name: "".join(render(device, LANGUAGES[name]).values()) for name in LANGUAGES if name != "rtl"}
    (tmp_path / "dut.h").write_text(texts["c"])
    (tmp_path / "main.c").write_text(
        '#include "dut.h"\nstatic const uint32_t cells[] = DUT_CELL_RESETS;\n'
        "int main(void) { return cells[DUT_CELL_TX * 3 + 1] == 5 ? 0 : 1; }\n"
    )
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Werror", "main.c"], cwd=tmp_path, check=True, timeout=LIMIT)
    subprocess.run([tmp_path / "a.out"], check=True, timeout=LIMIT)
    assert "localparam logic [31:0] TYPED_RESETS [2] = '{32'h7, 32'h80000001};" in texts["systemverilog"]
    assert "`0x1, 0x2, 0x3, 0x4, 0x5, 0x6`" in texts["markdown"]
    assert "rw 0x1, 0x2, 0x3, 0x4, 0x5, 0x6" in texts["html"]
    assert "after a reset its elements are 0x301, 0x2, 0x3, 0x301" in texts["systemrdl"]
    places = {place["path"]: place for place in json.loads(texts["json"])["places"]}
    assert (places["typed[0..1]"]["resets"], places["same[0..1]"]["resets"]) == ([7, 0x80000001], [])
    changed = codegen.loads(BANK.replace("[7, 0x80000001]", "[7, 1]"))
    assert [str(change) for change in compare(device, changed)] == [
        "regenerate  typed resets changed: 0x7, 0x80000001 -> 0x7, 0x1"
    ]
    assert changed.digest != device.digest


def test_the_schema_of_editors():
    validator = jsonschema.Draft202012Validator(json_schema())
    assert not list(validator.iter_errors(yaml.safe_load(BANK.replace("on:", "live:"))))
    entry = yaml.safe_load("{schema: 1, name: dut, registers: {a: {offset: 0, count: 2, reset: [1, x]}}}")
    assert list(validator.iter_errors(entry))
