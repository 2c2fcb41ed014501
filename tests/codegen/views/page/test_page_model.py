"""What a page is drawn from: small, whole, and the same as the model of the other outputs."""

from __future__ import annotations

import json

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.views.page.listing import listing
from codegen.views.page.page_model import page_json, page_model
from codegen.views.reference import device_model
from tests.support import MAPS

WIDE = """
schema: 1
name: dut
description: A `dut`.
enums: {Mode: {members: {off: 0, top: 0x8000000000000000}, open: true}}
registers:
  ctrl: {offset: 0, width: 64, access_width: 32, fields: {mode: {bits: 63:0, enum: Mode}}}
  status:
    offset: 0x10
    access: ro
    fields: {done: {bits: 0, access: w1c, volatile: true}, level: {bits: 7:4, reset: 3, format: signed, unit: dB}}
    count: 2
    stride: 8
memories: {ram: {offset: 0x100, size: 64, access: wo}}
"""


def model_of(text):
    return device_model(codegen.loads(text))


def test_what_is_usual_is_left_out():
    (found,) = page_model([model_of(WIDE)])["maps"]
    assert found["text"] == ["A ", ["code", "dut"], "."]
    assert found["registers"][1] == {
        "name": "status",
        "width": 32,
        "access": "ro",
        "reset": 0x30,
        "fields": [
            {"name": "done", "lsb": 0, "access": "w1c", "more": "volatile", "volatile": True},
            {
                "name": "level", "lsb": 4, "width": 4, "reset": 3, "kind": "signed", "signed": True, "unit": "dB",
                "meaning": "signed, dB",
            },
        ],
    }  # fmt: skip
    assert found["blocks"][-1]["children"][1] == {
        "name": "status",
        "register": 1,
        "at": 0x10,
        "axes": [{"count": 2, "stride": 8}],
    }
    assert found["blocks"][-1]["children"][2]["memory"] == {"size": 64, "width": 32, "access": "wo"}
    assert set(found["access"]) == {"ro", "rw", "w1c", "wo"}
    assert found["access"]["w1c"]["acts"] is False


def test_wide_numbers_are_text():
    text = page_json(page_model([model_of(WIDE)]))
    (found,) = json.loads(text)["maps"]
    assert [member["value"] for member in found["enums"][0]["members"]] == [0, "0x8000000000000000"]


def test_it_can_stand_in_a_script():
    assert "<" not in page_json(page_model([model_of(WIDE.replace("A `dut`.", "</script><!--<script>"))]))


def test_what_is_said_of_a_place_besides_its_description():
    (found,) = page_model(
        [
            model_of(
                "schema: 1\nname: dut\nspace: {pf: app, bar: 4}\nmemories:\n"
                "  a: {offset: 0, size: 64, burst: true, external: true}\n  b: {offset: 64, size: 64}\n"
            )
        ]
    )["maps"]
    assert [child.get("note") for child in found["blocks"][0]["children"]] == [
        "Held by other logic. May be read in bursts.",
        None,
    ]


def test_the_list_without_scripts_has_everything():
    model = model_of(WIDE)
    text = listing(model, [("Home", "app BAR 0")])
    for line in (
        "Home: app BAR 0",
        "0x0010 + 0x8n status[0..1] ro 0x00000030",
        "0x0100     ram memory 64 B wo",
        "status (Status), 32 bits, ro.",
        "  7:4      level ro 0x3 signed, dB",
        "Enum Mode Open: any other value that fits is one too.",
        "  9223372036854775808 TOP",
    ):
        assert line in text.splitlines()


def test_the_same_map_gives_the_same_bytes():
    one, other = (render(codegen.load(MAPS / "blinker.yaml"), LANGUAGES["html"]) for _ in range(2))
    assert one == other
