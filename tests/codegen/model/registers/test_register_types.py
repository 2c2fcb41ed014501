"""Types of registers: one structure, one class, and the same names in every language."""

from __future__ import annotations

import json

import codegen
from codegen.model.loader import check
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.schema.formatter import format_map
from tests.support.dut import load_class

TYPED = """\
schema: 1
name: dut
endian: big
register_types:
  control:
    title: CTRL
    description: Runs it.
    reset: 0x10
    x-owner: core
    fields: {enable: {bits: 0}, level: {bits: 7:4}}
  unused: {width: 64, access_width: 32}
types:
  unit: {registers: {ctrl: {type: control, offset: 0x0}, wide: {type: unused, offset: 0x8}}}
registers:
  main: {type: control, offset: 0x0, description: The main one.}
  side: {type: control, offset: 0x10, count: 2, stride: 8, title: SIDE}
blocks:
  u: {type: unit, offset: 0x100}
"""


def test_all_places_share_one_class(slot):
    driver = load_class(TYPED)
    slot.emulator.provide(driver)
    with slot.attach(driver) as dev:
        assert type(dev.main) is type(dev.side[1]) is type(dev.u.ctrl)
        assert type(dev.main).__name__ == "Control"
        dev.side[1].enable = 1
        dev.u.ctrl.level = 5
        assert (dev.main.read(), dev.side.read(), dev.u.ctrl.read()) == (0x10, [0x10, 0x11], 0x50)
        assert type(dev.u.wide)._shape.endian == "big"


def test_other_languages_have_the_types_names():
    device = codegen.loads(TYPED)
    texts = {name: "".join(render(device, LANGUAGES[name]).values()) for name in LANGUAGES}
    assert "#define DUT_CONTROL_ENABLE_MASK UINT32_C(0x1)" in texts["c"]
    assert "CONTROL_LEVEL_SHIFT = 4;" in texts["systemverilog"]
    assert "Runs it." in texts["markdown"]
    assert "Control" in texts["html"]
    places = {place["path"]: place for place in json.loads(texts["json"])["places"]}
    assert {path: place["type"] for path, place in places.items() if place["kind"] == "register"} == {
        "main": "Control", "side[0..1]": "Control", "u.ctrl": "Control", "u.wide": "Unused"
    }  # fmt: skip
    assert (places["main"]["title"], places["side[0..1]"]["title"]) == ("CTRL", "SIDE")
    assert (places["main"]["description"], places["u.ctrl"]["description"]) == ("The main one.", "Runs it.")
    assert places["main"]["properties"] == {"x-owner": "core"}


def test_it_means_the_same_as_written_out():
    out = TYPED.replace("type: control,", "reset: 0x10, fields: {enable: {bits: 0}, level: {bits: 7:4}},")
    assert (
        codegen.loads(out.replace("type: unused,", "width: 64, access_width: 32,")).digest
        == codegen.loads(TYPED).digest
    )


def test_files_bring_types_of_registers(tmp_path):
    (tmp_path / "types.yaml").write_text("schema: 1\nregister_types: {one: {fields: {a: {bits: 3:0, reset: 5}}}}\n")
    (tmp_path / "dut.yaml").write_text(
        "schema: 1\nname: dut\ninclude: types.yaml\nregisters: {r: {offset: 0, type: one}}\n"
    )
    assert [register.reset for *_, register in codegen.load(tmp_path / "dut.yaml").walk()] == [5]
    assert check(tmp_path / "types.yaml") == ()


def test_the_formatter_knows_them(tmp_path):
    path = tmp_path / "dut.yaml"
    path.write_text(TYPED.replace("{type: control, offset: 0x0, description", "{offset: 0, type: control, description"))
    assert "main: {type: control, offset: 0x0, description: The main one.}" in format_map(path)[1]
