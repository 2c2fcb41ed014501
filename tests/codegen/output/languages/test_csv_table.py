"""CSV: the csv module reads a row for each thing of the map."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given

import codegen
from codegen.model.tree import as_a_whole, walk
from codegen.model.types import RegisterChild
from codegen.views.escapes import one_line
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import VALID, one_file
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with


def rows_of(text):
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    assert all(None not in row for row in rows)
    return rows


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_every_place_has_a_row(path):
    device = codegen.load(path)
    rows = [row for row in rows_of(one_file(device, "csv")) if row["kind"] in {"register", "memory", "block", "field"}]
    stops = [*walk(device.root, device.space, as_a_whole)]
    places = [row for row in rows if row["kind"] != "field"]
    assert [(row["path"], row["space"], int(row["offset"], 0)) for row in places] == [
        (stop.path, str(stop.space), stop.offset) for stop in stops
    ]
    assert [row["access"] for row in places] == [stop.child.access for stop in stops]
    fields = [
        (f"{stop.path}.{field.name}", f"{field.msb}:{field.lsb}", field.access)
        for stop in stops
        if isinstance(stop.child, RegisterChild)
        for field in stop.child.type.fields
    ]
    found = [
        (row["path"].rpartition(".")[0] + re.sub(r"\[.*\]$", "", f".{row['path'].rpartition('.')[2]}"), row)
        for row in rows
    ]
    assert [(path, row["bits"], row["access"]) for path, row in found if row["kind"] == "field"] == fields


def test_what_there_is_no_column_for_is_in_the_notes():
    rows = {row["path"]: row for row in rows_of(one_file(codegen.loads(EVERYTHING), "csv"))}
    assert list(rows["ctrl"]) == [
        *("path", "kind", "space", "offset", "size", "elements", "strides", "width", "bits", "access", "reset"),
        *("values", "title", "description", "notes"),
    ]
    assert "card kcu1500: app BAR 0 of 1 MiB" in rows["everything"]["notes"]
    assert "meaning sha256" in rows["everything"]["notes"]
    assert rows["ctrl"]["title"] == "CTRL/A"
    assert rows["ctrl"]["notes"] == "x-reviewed: true; after a reset, bits of no field are 0x80000000, and are kept so"
    assert rows["ctrl.mode"]["values"] == "enum Mode, written as Command"
    assert rows["Mode.fast"] | {"title": "2x", "description": "Needs cooling.", "values": "2"} == rows["Mode.fast"]
    assert rows["numbers.volts"]["values"] == "unsigned, times 0.5 plus 20, 20 to 85, mV"
    assert rows["resets"]["reset"] == "0xxx8x"
    assert (rows["lane[2..4]"]["elements"], rows["lane[2..4]"]["strides"]) == ("3", "0x4")
    assert rows["pins.mux[rx, tx]"]["elements"] == "2"
    assert rows["config"]["notes"].endswith("Writes pass while regwen.en is 0x1")
    assert "it acts on raw.all" in rows["bits.set_all"]["notes"]
    assert "Hardware counts it up by 2 and down by 1" in rows["packets.count"]["notes"]
    assert (rows["ring[0..63]"]["size"], rows["ring[0..63].source"]["offset"]) == ("0x400", "0x2000")
    assert "words that hold nothing read 0xDEADBEEF" in rows["ch[left, right]"]["notes"]
    assert rows["bulk.ddr"]["space"] == "app BAR 2"


@HARD
@given(DESCRIPTIONS)
def test_texts_stay_cells(text):
    rows, plain = (rows_of(one_file(device_with(said), "csv")) for said in (text, "x"))
    assert [row["path"] for row in rows] == [row["path"] for row in plain]
    cells = [row["description"] for row in rows if row["description"]]
    assert len(cells) == 5
    assert {cell.removeprefix("'") if cell[1:2] in {*"=+-@"} else cell for cell in cells} == {one_line(text)}


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x"])
def test_no_cell_is_a_formula(text):
    rows = rows_of(one_file(device_with(text), "csv"))
    assert rows[0]["description"] == f"'{text}"
