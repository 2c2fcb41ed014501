"""The reference: what every language sees of a device."""

from __future__ import annotations

import json

import pytest

import codegen
from codegen.output.json_text import model_json
from codegen.output.languages.c import C
from codegen.views.reference import device_model
from tests.support import MAPS


def test_registers_that_share_a_field_share_what_is_made_of_it():
    fields = "{x: {bits: 0, reset: 1}, y: {bits: 3:1, access: w1c}}"
    model = device_model(
        codegen.loads(
            f"schema: 1\nname: dut\nregisters:\n  a: {{offset: 0, fields: {fields}}}\n  b: {{offset: 4, fields: {fields}}}\n"
            f"  c: {{offset: 8, access: ro, fields: {fields}}}\n"
        )
    )
    a, b, c = model.registers
    assert a.fields[0] is b.fields[0]
    assert a.fields[0] is not a.fields[1]
    assert [(field.name, field.access) for field in c.fields] == [("x", "ro"), ("y", "w1c")]


def test_places_beyond_measure_are_refused_with_what_to_do():
    types = ["  t0: {registers: {r: {offset: 0}}}"]
    types += [
        f"  t{n}: {{blocks: {{a: {{type: t{n - 1}, offset: 0}}, b: {{type: t{n - 1}, offset: {1 << (n + 2):#x}}}}}}}"
        for n in range(1, 19)
    ]
    device = codegen.loads(
        "schema: 1\nname: dut\nspace: {pf: app, bar: 4}\ntypes:\n"
        + "\n".join(types)
        + "\nblocks: {top: {type: t18, offset: 0}}\n"
        + 10_000 * f"# A map that is large enough for it. {'-' * 80}\n"
    )
    assert "class Dut(" in codegen.render_python(device)
    with pytest.raises(ValueError, match=r"dut: more than 200000 places.*Use arrays") as refused:
        device_model(device)
    assert "only the Python driver" in str(refused.value)


def test_what_there_are_many_of_is_described_when_it_is_asked_for():
    """A header of constants asks for none of it."""
    device = codegen.load(MAPS / "blinker.yaml")
    (sheet,) = C.sheets(device)
    many = {"registers", "blocks", "places"}
    assert many.isdisjoint(vars(sheet.context["model"]))
    model = device_model(device)
    assert (model.registers is model.registers, model.places is model.places) == (True, True)
    assert model.blocks[-1].name == model.class_name == "Blinker"
    assert many <= vars(model).keys()
    assert many <= set(json.loads(model_json(model)))
