"""Register lists of hdl-registers become maps, the same from TOML, JSON and YAML."""

from __future__ import annotations

import json

import pytest
import yaml

import codegen
from codegen.importers.described.request import Options
from codegen.importers.formats.readers.toml_reader import parse_toml
from codegen.importers.formats_known import FORMATS, format_of
from codegen.importers.importing import import_file
from tests.support.refusals import require_refused

tomllib = pytest.importorskip("tomllib", reason="TOML is in the standard library from Python 3.11 on")

TOY = """\
[conf]
mode = "r_w"
description = "Setup."
on.type = "bit"
on.default_value = "1"
level.type = "integer"
level.min_value = -5
level.max_value = 10
level.default_value = -2
speed.type = "enumeration"
speed.default_value = "fast"
speed.element.slow = "Slow."
speed.element.fast = ""
speed.element.idle = ""

[command]
mode = "wpulse"
start.type = "bit"
stop.type = "bit"
stop.default_value = "1"

[status]
mode = "r"

[channels]
type = "register_array"
array_length = 3

[channels.gain]
mode = "r_w"
value.type = "bit_vector"
value.width = 4
value.default_value = "0011"

[channels.kick]
mode = "r_wpulse"

[width]
type = "constant"
value = 3
"""


@pytest.mark.parametrize("name", ["regs_toy.toml", "toy.json", "toy.yaml"])
def test_the_map(name, tmp_path):
    path = tmp_path / name
    data = tomllib.loads(TOY)
    texts = {".toml": TOY, ".json": json.dumps(data, indent=1), ".yaml": yaml.safe_dump(data, sort_keys=False)}
    path.write_text(texts[path.suffix])
    assert format_of(path).name == "hdl-registers"
    imported = import_file(path, Options())
    made = imported.maps[0].data
    assert made["name"] == "toy"
    assert made["registers"] == {
        "conf": {
            "offset": 0,
            "description": "Setup.",
            "fields": {
                "on": {"bits": 0, "reset": 1},
                "level": {"bits": "5:1", "format": "signed", "range": [-5, 10], "reset": 30},
                "speed": {"bits": "7:6", "enum": "Speed", "reset": "fast"},
            },
        },
        "command": {
            "offset": 4,
            "access": "wo",
            "fields": {
                "start": {"bits": 0, "pulse": True},
                "stop": {"bits": 1, "reset": 1, "pulse": True, "idle": 1},
            },
        },
        "status": {"offset": 8, "access": "ro", "volatile": True},
    }
    assert made["blocks"]["channels"] == {
        "offset": 12,
        "count": 3,
        "registers": {
            "gain": {"offset": 0, "fields": {"value": {"bits": "3:0", "reset": 3}}},
            "kick": {"offset": 4, "volatile": True, "fields": {"value": {"bits": "31:0", "pulse": True}}},
        },
    }
    assert imported.maps[0].data["constants"] == {"WIDTH": 3}
    assert imported.remarks.of("dropped") == []
    assert [remark.path for remark in imported.remarks.of("approximated")] == ["toy.channels.kick"]
    codegen.load(path)


def test_lines_of_toml():
    root = parse_toml(TOY, "toy.toml")
    lines = TOY.splitlines()
    for name, register in root.items():
        assert lines[register.origin.line - 1] == f"[{name}]"
    assert lines[root.get("conf").get("speed").get("default_value").origin.line - 1].startswith("speed.default_value")
    assert root.plain() == tomllib.loads(TOY)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[a]\nmode = ", 2, "not valid TOML"),
        ('[a]\nmode = "x"\n', 1, "mode is 'x', allowed: r, w"),
        ('[a]\nmode = "r"\n[b]\n', 3, "mode is '', allowed"),
        ('[a]\nmode = "r"\nf.type = "odd"\n', 3, "type is 'odd'"),
        ('[a]\nmode = "r"\nf.type = "bit_vector"\n', 3, "width is 'None', allowed: 1 to 32"),
        ('[a]\nmode = "r"\nf.type = "bit"\nf.default_value = "2"\n', 3, "default_value '2' does not fit"),
        ('[a]\nmode = "r"\nf.type = "enumeration"\n', 3, "the enumeration has no element"),
        ('[a]\ntype = "register_array"\n', 1, "array_length is 'None'"),
        ('[a]\ntype = "odd"\n[b]\nmode = "r"\n', 1, "type is 'odd', allowed: register"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, said, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    require_refused(path, line, said, lambda file: import_file(file, Options(), FORMATS["hdl-registers"]))


def test_constants_that_are_no_whole_numbers_are_told(tmp_path):
    path = tmp_path / "regs_c.toml"
    values = {"low": "-8", "rate": "3.5", "text": '"a"', "on": "true", "bits": '"0b1000_0000"\ndata_type = "unsigned"'}
    path.write_text(
        '[conf]\nmode = "r_w"\n'
        + "".join(f'[{name}]\ntype = "constant"\nvalue = {text}\n' for name, text in values.items())
    )
    imported = import_file(path, Options())
    assert imported.maps[0].data["constants"] == {"ON": 1, "BITS": 0x80}
    assert [(remark.origin.line, remark.path) for remark in imported.remarks.of("dropped")] == [
        (3, "c.low"), (6, "c.rate"), (9, "c.text"),
    ]  # fmt: skip
    assert "the constant is true, 1 here" in {remark.message for remark in imported.remarks.of("approximated")}
    assert [item.name for item in codegen.load(path).constants] == ["ON", "BITS"]
