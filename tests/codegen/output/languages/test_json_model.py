"""The model as JSON."""

from __future__ import annotations

import json

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support import MAPS


def test_json_is_the_model():
    model = json.loads(render(codegen.load(MAPS / "blinker.yaml"), LANGUAGES["json"])["blinker.json"])
    assert model["format"] == 1
    assert model["space"] == {"pf": "app", "bar": 0}
    assert model["pci"]["vendor"] == 0x1D0F
    ctrl = model["registers"][0]
    assert (ctrl["name"], ctrl["map_name"], ctrl["reset"]) == ("Ctrl", "ctrl", "0x0")
    assert ctrl["fields"][1] == {
        "name": "mode",
        "msb": 3,
        "lsb": 1,
        "width": 3,
        "mask": "0xE",
        "access": "rw",
        "read": "value",
        "write": "value",
        "once": False,
        "readable": True,
        "writable": True,
        "reset": "0x0",
        "unknown": "0x0",
        "kind": "enum",
        "enum": "Mode",
        "signed": False,
        "fraction_bits": 0,
        "volatile": False,
        "writeback": True,
        "array": None,
        "resets": [0],
        "pulse": False,
        "idle": None,
        "plan": "modify",
        "refusal": "",
        "overwrites": [],
        "alternate": None,
        "when": None,
        "alias": None,
        "hardware": None,
        "write_enum": None,
        "unit": "",
        "scale": 1,
        "offset": 0,
        "low": None,
        "high": None,
        "title": "",
        "properties": {},
        "python_name": "mode",
        "description": "",
    }
    level = next(place for place in model["places"] if place["path"] == "ch[0..3].level")
    assert level["dimensions"] == [{"name": "ch", "count": 4, "stride": 16, "first": 0, "index": []}]
    assert (level["offset"], level["type"]) == (0x100, "Level")
    assert model["enums"][0]["members"][2] == {
        "name": "FAST",
        "map_name": "fast",
        "value": "0x2",
        "description": "Eye damage.",
        "title": "",
    }
