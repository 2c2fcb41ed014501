"""cheby's YAML becomes maps."""

from __future__ import annotations

import pytest
import yaml

import codegen
from codegen.importers.described.request import Options
from codegen.importers.formats.readers.yaml_reader import parse_yaml
from codegen.importers.formats_known import format_of
from codegen.importers.importing import import_file
from tests.support.refusals import require_refused

TOY = """\
memory-map:
  name: toy
  bus: wb-32-be
  description: Plays.
  x-gena:
    map-version: 1
  x-enums:
    - enum:
        name: mode
        width: 2
        children:
          - item: {name: off, value: 0}
          - item: {name: fast, value: 2, comment: Needs cooling.}
  children:
    - reg:
        name: ctrlReg
        address: 0x0
        width: 32
        access: rw
        description: Control.
        comment: And more.
        children:
          - field: {name: mode, range: 1-0, preset: 2, x-enums: {name: mode}}
          - field: {name: go, range: 4, x-hdl: {type: autoclear}}
    - reg: {name: stamp, address: next, width: 64, access: ro}
    - reg: {name: trim, width: 32, access: rw, type: signed}
    - block:
        name: lane
        size: 16
        children:
          - reg: {name: level, width: 32, access: wo}
    - repeat:
        name: ch
        count: 3
        children:
          - reg: {name: a, width: 32, access: rw}
          - reg: {name: b, width: 32, access: cst, preset: 7}
    - memory:
        name: buffer
        memsize: 1k
        children: [{reg: {name: word, width: 32, access: ro}}]
    - submap: {name: other, address: 0x2000, size: 256, filename: other.cheby}
"""


def test_the_map(tmp_path):
    path = tmp_path / "toy.cheby"
    path.write_text(TOY)
    imported = import_file(path, Options())
    data = imported.maps[0].data
    assert data["enums"] == {"Mode": {"off": 0, "fast": {"value": 2, "description": "Needs cooling."}}}
    assert data["registers"] == {
        "ctrl_reg": {
            "offset": 0,
            "description": "Control.\n\nAnd more.",
            "fields": {
                "mode": {"bits": "1:0", "enum": "Mode", "reset": "fast"},
                "go": {"bits": 4, "pulse": True},
            },
        },
        "stamp": {"offset": 4, "width": 64, "access_width": 32, "endian": "big", "access": "ro", "volatile": True},
        "trim": {"offset": 12, "fields": {"value": {"bits": "31:0", "format": "signed"}}},
    }
    assert data["blocks"] == {
        "lane": {"offset": 16, "registers": {"level": {"offset": 0, "access": "wo"}}},
        "ch": {
            "offset": 32,
            "count": 3,
            "registers": {"a": {"offset": 0}, "b": {"offset": 4, "access": "ro", "reset": 7}},
        },
    }
    assert data["memories"] == {"buffer": {"offset": 1024, "size": 1024, "access": "ro"}}
    told = [(remark.origin.line, remark.path, remark.message) for remark in imported.remarks.of("dropped")]
    assert told == [
        (5, "toy", "x-gena has no counterpart in a map"),
        (42, "toy.other", "other: the map other.cheby stands here: import it too"),
    ]
    codegen.load(path)


def test_it_is_known_by_its_start_too(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(TOY)
    assert format_of(path).name == "cheby"
    assert codegen.load(path).name == "toy"


def test_yaml_is_read_as_others_read_it():
    assert parse_yaml(TOY, "toy").plain() == yaml.safe_load(TOY.replace("name: off", "name: 'off'"))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("memory-map: [", 2, "not valid YAML"),
        ("memory-map:\n  name: a\n  name: b\n", 3, "the key 'name' is given twice"),
        ("other: 1\n", 1, "wanted memory-map with a name"),
        *(
            (f"memory-map:\n  name: a\n  bus: wb-{width}-be\n  children: []\n", 1, "allowed: 8, 16, 32, 64 bits")
            for width in ("0", "7", "9" * 5000)
        ),
        (
            f"memory-map:\n  name: a\n  children:\n  - reg: {{name: r, width: 32, address: '{'9' * 5000}k'}}\n",
            4,
            "wanted a",
        ),
        ("memory-map:\n  name: a\n  children:\n  - reg: {width: 32}\n", 4, "the reg has no name"),
        ("memory-map:\n  name: a\n  children:\n  - reg: {name: r, width: 7}\n", 4, "width is 7, allowed: 8, 16"),
        ("memory-map:\n  name: a\n  children:\n  - reg: {name: r, access: odd}\n", 4, "access is 'odd', allowed"),
        ("memory-map:\n  name: a\n  children:\n  - reg: {name: r, address: odd}\n", 4, "address is 'odd', wanted"),
        (
            "memory-map:\n  name: a\n  children:\n  - reg:\n      name: r\n      children: [\n{field: {name: f, range: 1-2}}]",
            7,
            "range is '1-2', wanted one bit, or high-low",
        ),
        ("memory-map:\n  name: a\n  children:\n  - reg: {name: r, x-enums: {name: e}}\n", 4, "there is no enum 'e'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, said, tmp_path):
    path = tmp_path / "bad.cheby"
    path.write_text(text)
    require_refused(path, line, said)
