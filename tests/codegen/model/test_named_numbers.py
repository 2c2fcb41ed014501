"""Constants of maps stand wherever a number does, in every language, and `--set` goes before the map."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codegen
from codegen.views.difference import compare

MAP = """
schema: 1
name: fifo
constants:
  DEPTH: {value: 16, description: Entries of the queue.}
  WIDTH: 12
  END: 0x100 + DEPTH * STRIDE
  STRIDE: (WIDTH + 4) * 2 - 24
  HUGE: 0xFFFF_FFFF_FFFF_FFFF
enums: {Mode: {off: 0, full: DEPTH - 1, WIDTH: {value: WIDTH}}}
registers:
  data: {offset: 0x100, count: DEPTH, stride: STRIDE, fields: {value: {bits: WIDTH - 1:0, reset: WIDTH, range: [0, WIDTH]}}}
  level: {offset: END, width: 4 * (WIDTH + 4), reset: HUGE - 1}
  mode: {offset: END + 8, fields: {mode: {bits: 7:0, enum: Mode, reset: WIDTH}}}
memories:
  table: {offset: 4KiB, size: DEPTH * 1KiB}
"""


def test_numbers_are_where_their_names_were():
    device = codegen.loads(MAP)
    data, level, mode, table = device.root.children
    assert (data.count, data.stride, data.type.fields[0].width, data.type.reset) == (16, 8, 12, 12)
    assert (level.offset, level.width, level.type.reset) == (0x180, 64, (1 << 64) - 2)
    assert (mode.offset, mode.type.reset, table.size) == (0x188, 12, 16 << 10)
    assert [(constant.name, constant.value) for constant in device.constants] == [
        ("DEPTH", 16),
        ("WIDTH", 12),
        ("END", 0x180),
        ("STRIDE", 8),
        ("HUGE", (1 << 64) - 1),
    ]
    assert [member.value for member in device.enums[0].members] == [0, 15, 12]


def test_every_language_gets_them_and_settings_go_first(tmp_path):
    path = tmp_path / "fifo.yaml"
    path.write_text(MAP)
    codegen.generate([path], tmp_path, ["python", "c", "systemverilog", "markdown", "html", "json"], {"DEPTH": 4})
    text = {item.suffix: item.read_text() for item in tmp_path.iterdir() if item.is_file()}
    assert 'DEPTH = 4\n"""Entries of the queue."""\nWIDTH = 12\nEND = 0x120\n' in text[".py"]
    assert all(f'    "{name}",\n' in text[".py"] for name in ("DEPTH", "HUGE", "Fifo", "Mode"))
    assert "/* Constant DEPTH: Entries of the queue. */\n#define FIFO_DEPTH 4\n" in text[".h"]
    assert "#define FIFO_HUGE UINT64_C(0xFFFFFFFFFFFFFFFF)\n" in text[".h"]
    assert "localparam int unsigned DEPTH = 4;" in text[".sv"]
    assert "localparam longint unsigned HUGE = 64'hFFFFFFFFFFFFFFFF;" in text[".sv"]
    assert "| DEPTH | 4 | Entries of the queue. |" in text[".md"]
    assert '{"name":"DEPTH","value":4,"text":"Entries of the queue."}' in text[".html"]
    assert '"name": "DEPTH", "value": "0x4"' in text[".json"]
    subprocess.run(
        ["gcc", "-fsyntax-only", "-Wall", "-Werror", "-x", "c", str(tmp_path / "fifo.h")], check=True, timeout=60
    )


def test_a_setting_that_no_map_knows_is_refused(tmp_path):
    path = tmp_path / "fifo.yaml"
    path.write_text(MAP)
    with pytest.raises(ValueError, match="no map defines the constant 'N'; defined: DEPTH, WIDTH, END, STRIDE, HUGE"):
        codegen.load(path, constants={"N": 1})
    changes = compare(codegen.load(path), codegen.load(path, constants={"HUGE": 5}))
    assert [str(change) for change in changes if change.path == "HUGE"] == [
        "regenerate  HUGE value changed: 18446744073709551615 -> 5"
    ]


def test_constants_of_an_included_map(tmp_path):
    (tmp_path / "common.yaml").write_text(
        "schema: 1\nconstants: {LANES: 2 * HALF}\ntypes: {lane: {registers: {r: {offset: 0, count: LANES}}}}\n"
    )
    path = tmp_path / "top.yaml"
    path.write_text(
        "schema: 1\nname: top\ninclude: common.yaml\nconstants: {HALF: 3}\n"
        "blocks: {b: {type: lane, offset: 0, count: LANES, stride: LANES * 4}}\n"
    )
    (block,) = codegen.load(path).root.children
    assert (block.count, block.stride, block.type.children[0].count) == (6, 24, 6)


SUMS = st.recursive(
    st.sampled_from(("N", "M", "3", "0x10", "1KiB")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=8,
)


@given(SUMS.filter(lambda text: len(text) < 200), st.integers(0, 9), st.integers(0, 1 << 40))
def test_sums_are_python_s(text, n, m):
    expected = eval(text.replace("1KiB", "1024"), {"N": n, "M": m})
    if ("N" in text or "M" in text) and 0 <= expected < 1 << 64:
        device = codegen.loads(
            f"schema: 1\nname: x\nconstants: {{N: {n}, M: {m}, R: '{text}'}}\nregisters: {{r: {{offset: 0}}}}\n"
        )
        assert device.constants[-1].value == expected


def test_a_map_without_constants_reads_capitals_as_text():
    with pytest.raises(codegen.MapError, match="got text 'N', wanted an integer"):
        codegen.loads("schema: 1\nname: x\nregisters: {r: {offset: 0, count: N}}\n")
