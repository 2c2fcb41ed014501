"""Typed classes for models: names that are free, types of all that a map can hold."""

from __future__ import annotations

import codegen
import hal
from codegen.views.python.model_classes import OWN_NAMES

MAP = """schema: 1
name: shapes
enums: {Mode: {off: 0, fast: 5}, Told: {go: 1}}
types:
  entry: {registers: {length: {offset: 0}, flags: {offset: 4, fields: {last: {bits: 0, format: bool}}}}}
registers:
  ctrl: {offset: 0x0, fields: {mode: {bits: "2:0", enum: Mode}, irq: {bits: 8, count: 4, stride: 2}}}
  ratio: {offset: 0x4, fields: {value: {bits: "7:0", format: {fixed: {signed: false, fraction_bits: 4}}}}}
  same: {offset: 0x8, fields: {mode: {bits: "5:3", enum: Mode, access: ro}, irq: {bits: 16, count: 2}}}
  grid: {offset: 0x40, count: [2, 3], stride: [16, 4]}
  time: {offset: 0x80}
  shapes_hardware: {offset: 0x84}
memories:
  ring: {offset: 0x1000, size: 64, entry: entry}
  bank: {offset: 0x2000, size: 16, count: 2, stride: 64}
"""


def test_what_there_is_has_its_type(tmp_path):
    (tmp_path / "shapes.yaml").write_text(MAP)
    codegen.generate([tmp_path / "shapes.yaml"], tmp_path, options={"python.model": "yes"})
    text = (tmp_path / "shapes.py").read_text()
    section = text[text.index("if TYPE_CHECKING:") :]
    lines = [line.strip() for line in section.splitlines() if ": " in line and '"' not in line]
    assert lines == [
        *("last: bool", "mode: Mode", "irq: hal.ModelFields", "value: float"),
        *("length: hal.ModelValue", "flags: FlagsHardware"),
        *("ctrl: CtrlHardware", "ratio: RatioHardware", "same: CtrlHardware"),
        *("grid: hal.ModelArray[hal.ModelArray[hal.ModelValue]]", "shapes_hardware: hal.ModelValue"),
        *("ring: hal.ModelEntries[EntryHardware]", "bank: hal.ModelArray[hal.ModelMemory]"),
    ]
    assert "class ShapesHardware2(hal.TypedModel, driver=Shapes):" in text
    assert "By find alone: time." in text
    assert '"ShapesHardware2"' in text.partition("]")[0]


def test_the_names_that_models_have_are_known():
    """The generator does not import the runtime."""
    assert {name for name in dir(hal.TypedModel) if not name.startswith("_")} | {"driver"} == OWN_NAMES


def test_a_driver_without_them_says_nothing(tmp_path):
    (tmp_path / "shapes.yaml").write_text(MAP)
    codegen.generate([tmp_path / "shapes.yaml"], tmp_path)
    assert "TypedModel" not in (tmp_path / "shapes.py").read_text()
