"""Where things of a device stand in the texts of its map."""

from __future__ import annotations

import pytest

import codegen
from codegen.model.refusals.origins import Refusals

COMMON = """schema: 1
types:
  lane:
    registers:
      level: {offset: 0x0, fields: {value: {bits: 7:0, access: rc}}}
register_types:
  flags: {fields: {ready: {bits: 0}}}
"""
MAP = """schema: 1
name: dut
include: common.yaml
registers:
  ctrl: {offset: 0x0, fields: {enable: {bits: 0}}}
  status: {offset: 0x4, type: flags}
blocks:
  lane: {type: lane, offset: 0x100, count: 2, stride: 4}
  own: {offset: 0x200, registers: {r: {offset: 0x0}}}
"""


def told(device, names, key=""):
    refusals = Refusals(device.origins)
    refusals.add(names, key, "some-rule", "it is refused", "Change it.")
    with pytest.raises(codegen.MapError) as caught:
        refusals.raise_any()
    (problem,) = caught.value.problems
    return f"{problem.file.rpartition('/')[2]}:{problem.line}:{problem.column}: {problem.path}"


def test_places_are_found_through_types_and_included_files(tmp_path):
    (tmp_path / "common.yaml").write_text(COMMON)
    (tmp_path / "dut.yaml").write_text(MAP)
    device = codegen.load(tmp_path / "dut.yaml")
    assert told(device, ("ctrl", "enable"), "bits") == "dut.yaml:5:41: registers.ctrl.fields.enable.bits"
    assert told(device, ("ctrl", "enable"), "hw") == "dut.yaml:5:32: registers.ctrl.fields.enable"
    assert told(device, ("status", "ready")) == "common.yaml:7:20: register_types.flags.fields.ready"
    assert told(device, ("lane", "level", "value"), "access") == (
        "common.yaml:5:56: types.lane.registers.level.fields.value.access"
    )
    assert told(device, ("lane",), "count") == "dut.yaml:8:37: blocks.lane.count"
    assert told(device, ("own", "r", "value")) == "dut.yaml:9:36: blocks.own.registers.r"


def test_nothing_refused_raises_nothing():
    refusals = Refusals(codegen.loads("schema: 1\nname: dut\nregisters: {r: {offset: 0x0}}\n").origins)
    assert refusals.raise_any() is None
