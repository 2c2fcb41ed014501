"""Words of memories that are no bus words, in every language, and back from those that are read again."""

from __future__ import annotations

import json

import pytest

import codegen
from codegen.importers.described.request import Options
from codegen.importers.importing import import_file
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render

TEXT = """\
schema: 1
name: core
space: {pf: app, bar: 4}
registers:
  ctrl: {offset: 0x0}
memories:
  halves: {offset: 0x10, size: 16, width: 16, description: Samples.}
  plain: {offset: 0x80, size: 16}
  wides: {offset: 0x100, size: 64, width: 128}
  lines: {offset: 0x1000, size: 4KiB, width: 512, access: ro, burst: true}
  keys: {offset: 0x2000, size: 64, width: 256, access_width: 64, access: wo}
"""
TOLD = {
    "c": [
        "#define CORE_HALVES_WIDTH 16",
        "#define CORE_LINES_WIDTH 512",
        "Words of 256 bits, accessed 64 at a time.",
        "May be read in bursts.",
    ],
    "systemverilog": ["localparam int unsigned WIDES_WIDTH = 128;", "Words of 16 bits in bus words of 32. Samples."],
    "vhdl": ["constant LINES_WIDTH : natural := 512;"],
    "markdown": ["| halves | memory | 16 B | rw |  | Words of 16 bits in bus words of 32. Samples. |"],
    "html": ["Words of 512 bits, accessed 32 at a time."],
    "systemrdl": [
        "memwidth = 16;",
        "memwidth = 512;",
        "words of 256 bits are accessed 64 at a time, the lowest first.",
        "may be read in bursts of 512 bits.",
    ],
    "ipxact": ["<ipxact:width>16</ipxact:width>", "<ipxact:width>512</ipxact:width>"],
    "svd": [
        "memory halves, 16 B at 0x10, rw, words of 16 bits; words of 16 bits are parts of bus words of 32. Samples."
    ],
    "csv": ["halves,memory,app BAR 4,0x10,0x10,,,16,,rw,,,,Samples.,words of 16 bits are parts of bus words of 32"],
    "uvm": ['new("lines", 64, 512, "RO", UVM_NO_COVERAGE)', "It needs +define+UVM_REG_DATA_WIDTH=512, or more."],
    "rust": ["pub fn halves(self) -> *mut u32 {", "HALVES_WORDS: usize = 4;", "pub fn keys(self) -> *mut u64 {"],
    "python": [
        'hal.memory(0x10, 0x10, width=16, doc="Samples.")',
        "hal.memory_ro(0x1000, 0x1000, width=512, burst=True)",
        "hal.memory_wo(0x2000, 0x40, width=256, access_width=64)",
    ],
}


def rendered(language):
    return next(iter(render(codegen.loads(TEXT), LANGUAGES[language]).values()))


@pytest.mark.parametrize("language", TOLD)
def test_every_language_has_them(language):
    text = rendered(language)
    assert [line for line in TOLD[language] if line not in text] == []
    assert "PLAIN_WIDTH" not in text


def test_json_has_both_widths():
    model = json.loads(rendered("json"))
    places = {place["path"]: (place["width"], place["access_width"]) for place in model["places"]}
    assert places == {
        "ctrl": (32, 32),
        "halves": (16, 32),
        "plain": (32, 32),
        "wides": (128, 32),
        "lines": (512, 32),
        "keys": (256, 64),
    }
    assert [child["access_width"] for child in model["blocks"][-1]["children"]] == [32, 32, 32, 32, 32, 64]


@pytest.mark.parametrize(("language", "suffix"), [("systemrdl", "rdl"), ("ipxact", "xml")])
def test_they_come_back_from(language, suffix, tmp_path):
    path = tmp_path / f"core.{suffix}"
    path.write_text(rendered(language))
    memories = import_file(path, Options()).maps[0].data["memories"]
    found = {name: (memory.get("width", 32), memory.get("access_width")) for name, memory in memories.items()}
    assert found == {
        "halves": (16, None),
        "plain": (32, None),
        "wides": (128, None),
        "lines": (512, None),
        "keys": (256, None),
    }
