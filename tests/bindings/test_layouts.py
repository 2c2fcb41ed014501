"""Sizes and places that were measured on the vendor's headers, and sizes of BARs: each said in several languages."""

from __future__ import annotations

import csv
import re

import hal
from codegen.schema.spaces import F2
from hal._native import ffi
from tests.support import FACTS, ROOT

UNKNOWN_TO_PYTHON = {"union fpga_mgmt_load_local_image_options"}


def measured():
    with (FACTS / "struct_layout.csv").open(encoding="utf-8") as file:
        return [
            (row["type"], row["member"], int(row["offset_bytes"]), int(row["size_bytes"]))
            for row in csv.DictReader(file)
        ]


def test_the_build_checks_every_measured_layout():
    """struct_check.c, which stops the build where a header differs, has the same rows."""
    text = (ROOT / "bindings" / "struct_check.c").read_text(encoding="utf-8")
    checked = []
    for kind, size in re.findall(r"^SIZE\((.+), (\d+)\);$", text, re.MULTILINE):
        checked.append((kind, "", 0, int(size)))
    for kind, member, offset, size in re.findall(r"^MEMBER\((.+), (\w+), (\d+), (\d+)\);$", text, re.MULTILINE):
        checked.append((kind, member, int(offset), int(size)))
    assert sorted(checked) == sorted(measured())
    assert len(checked) > 50


def test_the_extension_has_the_measured_layouts():
    """As cffi sees the structs that Python reads."""
    for kind, member, offset, size in measured():
        if kind in UNKNOWN_TO_PYTHON:
            continue
        if not member:
            assert ffi.sizeof(kind) == size, kind
            continue
        place = dict(ffi.typeof(kind).fields)[member]
        assert (place.offset, ffi.sizeof(place.type)) == (offset, size), (kind, member)


def bars_of(opened):
    """Bytes of each BAR that a card says it has, and those that take BURST_CAPABLE."""
    info = opened.describe()
    found = {}
    for name, function in (("app", info.app), ("mgmt", info.mgmt)):
        found |= {(name, bar): size for bar, size in enumerate(function.resource_size) if size}
        assert [bar for bar, burst in enumerate(function.resource_burstable) if burst] == ([4] if name == "app" else [])
    return found


def test_bars_are_as_the_map_format_says(slot):
    assert bars_of(slot) == {tuple(space): size for space, size in F2.sizes.items()}


def test_a_replayed_card_has_the_same_bars(blinker, tmp_path):
    with blinker.record(tmp_path / "run.jsonl"):
        pass
    with hal.replay(tmp_path / "run.jsonl") as card, hal.open_slot(0, card) as replayed:
        assert bars_of(replayed) == {tuple(space): size for space, size in F2.sizes.items()}
