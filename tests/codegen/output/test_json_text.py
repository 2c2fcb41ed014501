"""The model's JSON text is what Python's own encoder makes of its values."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

import codegen
from codegen.output.json_text import model_json
from codegen.views.reference import device_model
from tests.support import MAPS, ROOT

WIDE = {"reset", "mask", "value", "unknown", "unmapped"}
RICH = """
schema: 1
name: everything
description: 'Quotes " \\ and é, 100 %s'
x-owner: {who: "a\\nb", value: 1, list: [1, {reset: 2}], none: null, yes: true, pi: 1.5, empty: {}}
constants: {DEPTH: 4}
enums: {Mode: {"off": 0, fast: 1}}
registers:
  a:
    offset: 0
    count: 2
    reset: 0x8018_0000
    x-note: [x]
    fields:
      gain: {bits: 7:0, format: {fixed: {signed: true, fraction_bits: 4}}, unit: dB}
      temperature: {bits: 15:8, scale: 0.1, offset: -40, range: [-20, -15]}
      mode: {bits: 16, enum: Mode, x-f: 1}
      lanes: {bits: 18, count: 4, reset: [0, 1, 1, 0]}
  b: {offset: 0x10, width: 64, access_width: 32, reset: unknown, access: ro, hw: write}
memories: {m: {offset: 0x100, size: 4KiB}}
"""


def plain(value: Any, key: str = "") -> Any:
    """The values as dicts and lists; what may be wide as text."""
    if is_dataclass(value):
        return {item.name: keyed(value, item.name) for item in fields(value)}
    if hasattr(value, "_fields"):
        return {name: keyed(value, name) for name in value._fields}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return f"0x{value:X}" if isinstance(value, int) and key in WIDE else value


def in_order(value: Any) -> Any:
    """The same with keys as pairs, whose order counts, and types that compare."""
    if isinstance(value, dict):
        return [(key, in_order(item)) for key, item in value.items()]
    return [in_order(item) for item in value] if isinstance(value, list) else (type(value), value)


def keyed(value: Any, name: str) -> Any:
    item = getattr(value, name)
    return item if name == "properties" else plain(item, name)


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "regmaps").glob("cl_*.yaml")), MAPS / "wide.yaml"], ids=lambda p: p.stem
)
def test_of_maps(path: Any) -> None:
    model = device_model(codegen.load(path))
    assert in_order(json.loads(model_json(model))) == in_order(plain(model))


def test_of_a_map_that_says_everything() -> None:
    model = device_model(codegen.loads(RICH))
    text = model_json(model)
    assert in_order(json.loads(text)) == in_order(plain(model))
    assert json.loads(text)["properties"]["x-owner"]["pi"] == 1.5


def test_what_has_parts_has_a_line_for_each() -> None:
    lines = model_json(device_model(codegen.loads(RICH))).splitlines()
    starts = {line.strip()[:14] for line in lines if line.startswith(" " * 8 + "{")}
    assert starts == {
        '{"name": "gain',
        '{"name": "temp',
        '{"name": "mode',
        '{"name": "lane',
        '{"name": "valu',
        '{"name": "OFF"',
        '{"name": "FAST',
        '{"kind": "regi',
        '{"kind": "memo',
    }
    assert all(line.rstrip(",").endswith("}") for line in lines if line.startswith(" " * 8 + "{"))


def test_equal_values_of_other_types_keep_their_texts() -> None:
    """What is remembered of one map says nothing of the next."""
    first = "schema: 1\nname: a\nregisters: {r: {offset: 0, fields: {f: {bits: 7:0, scale: 1.5, range: [0, 1.5]}}}}\n"
    texts = [model_json(device_model(codegen.loads(text))) for text in (first, first.replace("1.5", "1"), first)]
    assert '"scale": 1.5, "offset": 0, "low": 0, "high": 1.5' in texts[0]
    assert '"scale": 1, "offset": 0, "low": 0, "high": 1,' in texts[1]
    assert texts[0] == texts[2]
