"""`x-anything` reaches templates and JSON as it is, and changes nothing else."""

from __future__ import annotations

import json

import pytest

import codegen
from codegen.views.reference import device_model

PLAIN = """
schema: 1
name: lamp
types: {cell: {registers: {v: {offset: 0}}}}
registers: {ctrl: {offset: 0, fields: {on: {bits: 0}}}}
memories: {ram: {offset: 0x1000, size: 64}}
blocks: {cells: {type: cell, offset: 0x100, count: 2, stride: 4}}
"""
EXTENDED = """
schema: 1
name: lamp
x-owner: {team: dsp, since: 2024, value: 7}
types: {cell: {x-kind: t, registers: {v: {offset: 0}}}}
registers: {ctrl: {offset: 0, x-uvm: [1, 2.5, true, null], fields: {on: {bits: 0, x-cover: "<b>"}}}}
memories: {ram: {offset: 0x1000, size: 64, x-init: a.hex}}
blocks: {cells: {type: cell, offset: 0x100, count: 2, stride: 4, x-row: 1}}
"""


def test_they_reach_json_and_templates(tmp_path):
    path = tmp_path / "lamp.yaml"
    path.write_text(EXTENDED)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "owners.txt.j2").write_text(
        "{{ model.properties['x-owner'].team }} {% for r in model.registers %}{% for f in r.fields %}"
        "{{ f.properties.get('x-cover', '-') }}{% endfor %}{% endfor %}"
    )
    device = codegen.load(path)
    codegen.generate([path], tmp_path, "json")
    model = json.loads((tmp_path / "lamp.json").read_text())
    assert model["properties"] == {"x-owner": {"team": "dsp", "since": 2024, "value": 7}}
    found = {place["path"]: place["properties"] for place in model["places"]}
    assert found["ctrl"] == {"x-uvm": [1, 2.5, True, None]}
    assert found["ram"] == {"x-init": "a.hex"}
    assert found["cells[0..1]"] == {"x-row": 1}
    assert [block["properties"] for block in model["blocks"]] == [{"x-kind": "t"}, model["properties"]]
    assert device_model(device).registers[0].fields[0].properties == {"x-cover": "<b>"}


def test_they_mean_nothing():
    assert codegen.loads(EXTENDED).digest == codegen.loads(PLAIN).digest
    assert codegen.render_python(codegen.loads(EXTENDED)) == codegen.render_python(codegen.loads(PLAIN))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x-a: [1, .inf]", "x-a[1]: a property is infinite, or no number. JSON has no such number; write it as text."),
        ("identity: {register: ctrl, value: 1, x-a: 1}", "identity.x-a: unknown key 'x-a' of identity."),
        ("enums: {Mode: {members: {off: 0}, x-a: 1}}", "enums.Mode.x-a: unknown key 'x-a' of an enum."),
        ("registers: {x-a: {offset: 0x20}}", "registers.x-a: 'x-a' is not a valid name"),
    ],
)
def test_where_they_have_no_room(text, message):
    source = PLAIN if "registers:" not in text else PLAIN.replace("registers: {ctrl", "registers_: {ctrl")
    source = source.replace("registers_: {ctrl: {offset: 0, fields: {on: {bits: 0}}}}\n", "")
    with pytest.raises(codegen.MapError) as caught:
        codegen.loads(source + text + "\n")
    assert message in str(caught.value)
