"""Arrays that a language can't have become single places."""

from __future__ import annotations

import pytest
from systemrdl import RDLCompiler

import codegen
from codegen.views.reference import device_model
from codegen.views.told.array_places import apart, follows_rows, length_of, memory_size, unrolled
from tests.codegen.output.languages.maps import one_file

MAP = """\
schema: 1
name: dut
types: {entry: {size: 8, registers: {a: {offset: 0}}}}
registers:
  even: {offset: 0x0, count: 2, stride: 8}
  odd: {offset: 0x4, count: 2, stride: 8}
  cell: {offset: 0x40, count: [2, 3]}
  column: {offset: 0x80, count: [2, 3], stride: [4, 8], index: [[rx, tx], []]}
memories:
  bank: {offset: 0x1000, size: 64, count: 2}
  ring: {offset: 0x2000, entry: entry, count: 4}
"""


def places():
    return {child.name: child for child in device_model(codegen.loads(MAP)).blocks[-1].children}


def test_elements_have_names_and_places():
    column = places()["column"]
    assert [(one.name, one.offset, one.arrays) for one in unrolled(column)] == [
        ("column_rx_0", 0x80, ()),
        ("column_rx_1", 0x88, ()),
        ("column_rx_2", 0x90, ()),
        ("column_tx_0", 0x84, ()),
        ("column_tx_1", 0x8C, ()),
        ("column_tx_2", 0x94, ()),
    ]
    assert [(one.name, one.offset, one.arrays[0].count) for one in unrolled(column, keep=1)] == [
        ("column_rx", 0x80, 3),
        ("column_tx", 0x84, 3),
    ]


def test_lengths():
    found = places()
    assert [length_of(found[name]) for name in ("even", "cell", "column", "bank", "ring")] == [12, 24, 24, 128, 32]
    assert [memory_size(found[name]) for name in ("bank", "ring")] == [64, 32]
    assert [follows_rows(found[name].arrays) for name in ("cell", "column", "even")] == [True, False, True]


def test_arrays_that_reach_over_others_are_taken_apart():
    found = apart(places().values())
    assert [child.name for child, _ in found] == [
        *("even_0", "even_1", "odd_0", "odd_1"),
        *("cell", "column_rx_0", "column_rx_1", "column_rx_2", "column_tx_0", "column_tx_1", "column_tx_2"),
        *("bank", "ring"),
    ]
    notes = [note for _, note in found if note]
    assert "column[rx, tx][0..2] is an array, whose elements stand here one by one." in notes
    assert len(notes) == 3


def test_systemrdl_takes_them(tmp_path):
    path = tmp_path / "dut.rdl"
    path.write_text(one_file(codegen.loads(MAP), "systemrdl"))
    compiler = RDLCompiler()
    compiler.compile_file(str(path))
    top = compiler.elaborate().top
    arrays = {node.inst_name: node.array_dimensions for node in top.children() if node.is_array}
    assert arrays == {"cell": [2, 3], "bank": [2]}
    places = {node.inst_name: node.absolute_address for node in top.registers() if not node.is_array}
    columns = {
        f"column_{row}_{index}": 0x80 + 4 * (row == "tx") + 8 * index for row in ("rx", "tx") for index in range(3)
    }
    assert places == {"even_0": 0, "odd_0": 4, "even_1": 8, "odd_1": 12} | columns


def test_too_many_are_refused():
    text = "schema: 1\nname: dut\nregisters: {a: {offset: 0, count: 5000, stride: 8}, b: {offset: 4, count: 5000, stride: 8}}\n"
    with pytest.raises(ValueError, match=r"^a would be 5000 single registers, which is more than 4096; give it"):
        one_file(codegen.loads(text), "systemrdl")
