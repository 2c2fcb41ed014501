"""The hardware's side in documents, headers, JSON, drivers and differences."""

from __future__ import annotations

import json

import pytest

import codegen
from codegen.model.hardware.hardware_types import Counter, Hardware
from codegen.views.difference import compare
from codegen.views.hardware.hardware_text import hardware_text

MAP = """schema: 1
name: dut
registers:
  id: {offset: 0, access: ro, hw: none, external: true}
  packets: {offset: 4, fields: {value: {bits: 7:0, title: PKT, counter: {up: 2, saturate: true, clear: read}}}}
  status: {offset: 8, fields: {link: {bits: 0, access: w1c, intr: posedge}}}
memories:
  buffer: {offset: 0x1000, size: 4KiB, external: true}
"""
COUNTS = "Hardware counts it up by 2, and it saturates."


@pytest.mark.parametrize(
    ("hardware", "text"),
    [
        (None, ""),
        (Hardware("none"), "Hardware neither reads nor writes it."),
        (Hardware("read"), "Hardware reads it and never writes it."),
        (Hardware("write", we=True), "Hardware writes it with a write enable."),
        (Hardware("set"), "Hardware sets its bits."),
        (
            Hardware("both", counter=Counter(1, 4, saturate=False)),
            "Hardware reads it and counts it up by 1 and down by 4, and it wraps.",
        ),
        (
            Hardware("write", sticky="field"),
            "Hardware writes it. The first value that is not 0 stays until software clears it.",
        ),
        (
            Hardware("write", sticky="bit", intr="negedge"),
            "Hardware writes it, as an interrupt, when its input becomes 0. What is set stays until software clears it.",
        ),
    ],
)
def test_sentences(hardware, text):
    assert hardware_text(hardware) == text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("hardware")
    (made / "dut.yaml").write_text(MAP)
    codegen.generate([made / "dut.yaml"], made, ["python", "c", "systemverilog", "markdown", "html", "json"])
    return made


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("dut.h", f"/* PKT. {COUNTS} */"),
        ("dut_pkg.sv", f"// PKT. {COUNTS}"),
        ("dut.md", f"| rc, volatile | `0x0` | {COUNTS} |"),
        ("dut.html", f'"note":"{COUNTS}"'),
    ],
)
def test_documents_and_headers_say_it(folder, name, counts):
    text = (folder / name).read_text()
    assert counts in text
    assert text.count("Held by other logic.") == (4 if name == "dut.html" else 2)  # a list without scripts repeats it


def test_json_has_the_facts(folder):
    model = json.loads((folder / "dut.json").read_text())
    fields = {register["map_name"]: register["fields"][0] for register in model["registers"]}
    assert fields["packets"]["hardware"] == {
        "hw": "write",
        "we": False,
        "counter": {"incrvalue": 2, "decrvalue": 0, "saturate": True},
        "sticky": None,
        "intr": None,
    }
    assert [fields["status"]["hardware"][key] for key in ("sticky", "intr")] == ["bit", "posedge"]
    assert {place["path"]: place["external"] for place in model["places"]} == {
        "id": True, "packets": False, "status": False, "buffer": True,
    }  # fmt: skip


def test_drivers_have_one_description(folder):
    text = (folder / "dut.py").read_text()
    assert 'value = hal.ro(31, 0, hardware=hal.Hardware("none"))' in text
    assert 'hardware=hal.Hardware("write", counter=hal.Counter(incrvalue=2, saturate=True))' in text
    assert 'hardware=hal.Hardware("write", sticky="bit", intr="posedge")' in text


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("intr: posedge", "intr: level", [("status.link", "hardware's side changed", "compatible")]),
        ("intr: posedge", "hw: set", [("status.link", "hardware's side changed", "breaking")]),
        ("saturate: true, ", "", [("packets.value", "hardware's side changed", "breaking")]),
        (
            "hw: none",
            "hw: write",
            [("id.value", "volatile changed", "regenerate"), ("id.value", "hardware's side changed", "compatible")],
        ),
        ("hw: none, external: true", "hw: none", [("id", "external changed", "compatible")]),
    ],
)
def test_differences(old, new, changes):
    found = compare(codegen.loads(MAP), codegen.loads(MAP.replace(old, new)))
    assert [(change.path, change.what, change.level) for change in found] == changes
