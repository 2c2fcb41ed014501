"""What shares a place becomes what a map has for that: two storages, alternates, or the first one alone."""

from __future__ import annotations

import codegen
from codegen.importers.described.description import Block, Device, Field, Origin, Register
from codegen.importers.described.remarks import Remarks
from codegen.importers.described.request import Options
from codegen.importers.settled.device_settling import settle
from codegen.importers.writing.map_text import map_text
from codegen.importers.writing.map_tree import map_tree
from codegen.schema.policies import NAMES

HERE = Origin("a.txt", 3)


def made(*children):
    device, remarks = Device("D", HERE, children=list(children)), Remarks()
    settle(device, Options(), remarks)
    tree = map_tree(device, remarks)
    codegen.loads(map_text(tree))
    return tree.data, [(remark.kind, remark.path) for remark in remarks.all]


def test_what_is_read_and_what_is_written_and_a_third_view():
    data, told = made(
        Register("RBR", HERE, access=NAMES["ro"]),
        Register("THR", HERE, access=NAMES["wo"]),
        Register("DLL", HERE, alternate="RBR"),
        Register("X", HERE),
    )
    assert data["registers"] == {
        "rbr": {"offset": 0, "access": "ro"},
        "thr": {"offset": 0, "access": "wo"},
        "dll": {"offset": 0, "alternate": "rbr"},
        "x": {"offset": 0, "alternate": "rbr"},
    }
    assert told == [("approximated", "D.X")]


def test_other_places_keep_the_first_alone():
    data, told = made(Register("A", HERE), Register("B", HERE, width=8), Register("C", HERE, offset=4))
    assert list(data["registers"]) == ["a", "c"]
    assert told == [("dropped", "D.B")]


def test_blocks_over_each_other():
    inner = [Register("R", HERE), Register("S", HERE, offset=4)]
    data, _ = made(Block("SPI", HERE, children=inner), Block("TWI", HERE, children=[Register("T", HERE)]))
    assert data["blocks"]["twi"]["alternate"] == "spi"


def test_fields_over_fields():
    fields = [Field("A", HERE, width=4), Field("B", HERE, lsb=4, width=4), Field("WIDE", HERE, width=8)]
    data, told = made(Register("R", HERE, fields=fields))
    assert data["registers"]["r"]["fields"] == {
        "a": {"bits": "3:0", "alternate": "wide"},
        "b": {"bits": "7:4", "alternate": "wide"},
        "wide": {"bits": "7:0"},
    }
    assert told == [("approximated", "D.R.WIDE")]
    fields = [Field("A", HERE, width=4), Field("B", HERE, lsb=4, width=4), Field("C", HERE, lsb=3, width=2)]
    data, told = made(Register("R", HERE, fields=fields))
    assert (list(data["registers"]["r"]["fields"]), told) == (["a", "b"], [("dropped", "D.R.C")])
