"""Arrays of several dimensions: their elements, parts of them in one call, and what every output says of them."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import product

import jsonschema
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import codegen
import hal
from codegen.model.overlap import extents_of
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.schema.formatter import formatted
from codegen.schema.json_schema import json_schema
from codegen.views.difference import compare
from hal.emulator.design_text import design_text
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

BOARD = """
schema: 1
name: dut
constants: {ROWS: 3}
types:
  path: {registers: {level: {offset: 0x0}, mode: {offset: 0x4, count: [2, 2], fields: {on: {bits: 0, format: bool}}}}}
  line:
    size: 0x20
    registers: {source: {offset: 0x0, width: 64}, tag: {offset: 0x8, count: [2, 3]}}
registers:
  cell: {offset: 0x0, count: [ROWS, 4], fields: {value: {bits: 15:0}, flag: {bits: 31, format: bool}}}
  column: {offset: 0x100, count: [3, 4], stride: [4, 0x10]}
  wide: {offset: 0x200, width: 96, access_width: 32, count: [2, 2, 3], stride: [0x100, 0x40, 0x10]}
  gap: {offset: 0x400, count: [2, 3], stride: [0x40, 8], first: [1, 5], reset: 6}
  between: {offset: 0x404, count: [2, 3], stride: [0x40, 8]}
  named: {offset: 0x500, index: [[rx, tx], [i, q, aux]]}
  byte: {offset: 0x600, width: 8, access_width: 32, count: [2, 2, 3], stride: [0x40, 3, 1]}
  half: {offset: 0x520, count: [2, 3], index: [[rx, tx], []]}
  key: {offset: 0x540, count: [2, 2]}
  locked: {offset: 0x550, count: [2, 2], stride: [0x20, 8], lock: {by: key, value: 1}}
  shut: {offset: 0x5A0, count: [2, 2], lock: {by: "named[tx][q]", value: 1}}
  sets: {offset: 0x5C0, count: [2, 2], alias: key, access: w1s}
  told: {offset: 0x5E0, count: [2, 2], shadow: true, fields: {a: {bits: 3:0, access: wo, idle: last}, b: {bits: 7:4, access: wo, idle: last}}}
blocks:
  ch: {type: path, offset: 0x1000, count: [2, 3], stride: 0x40}
memories:
  banks: {offset: 0x2000, size: 0x100, count: [2, 2]}
  rom: {offset: 0x2800, size: 0x40, count: 2, stride: 0x80, first: 1, access: ro}
  ring: {offset: 0x3000, entry: line, count: [2, 4], stride: 0x100}
"""
LAYOUTS = {  # by hand, for the model: first byte, counts, strides, first indices, bytes of an element
    "cell": (0x0, (3, 4), (16, 4), (0, 0), 4),
    "column": (0x100, (3, 4), (4, 16), (0, 0), 4),
    "wide": (0x200, (2, 2, 3), (0x100, 0x40, 0x10), (0, 0, 0), 12),
    "gap": (0x400, (2, 3), (0x40, 8), (1, 5), 4),
    "byte": (0x600, (2, 2, 3), (0x40, 3, 1), (0, 0, 0), 1),
}


@pytest.fixture(scope="module")
def board_class():
    return load_class(BOARD)


@pytest.fixture
def dev(slot, board_class):
    with on_card(slot, board_class) as device:
        yield device


def test_elements_by_one_index_or_by_several(dev, bus):
    assert bus(lambda: dev.cell[1][2].write(7)) == [("w", 0x18, 32, 7)]
    assert bus(lambda: dev.column[2, 1].write(8)) == [("w", 0x118, 32, 8)]
    assert dev.cell[1, 2] is dev.cell[1][2] is dev.cell[-2, -2]
    assert (dev.gap[2, 5].path, dev.named["tx", "q"].path, dev.half["tx"][2].path) == (
        "gap[2][5]",
        "named[tx][q]",
        "half[tx][2]",
    )
    assert [row.path for row in dev.named] == ["named[rx]", "named[tx]"]
    assert [element.path for element in dev.named["tx"]] == ["named[tx][i]", "named[tx][q]", "named[tx][aux]"]
    dev.ch[1, 2].mode[1, 0].on = True
    assert (dev.ch[1][2].mode[1][0].address, dev.ch[1, 2].mode.read()) == (0x114C, [[0, 0], [1, 0]])
    assert repr(dev.ch) == "<2 x 3 Path at dut.ch (app BAR 0, 0x1000)>"


def test_a_part_takes_one_call(dev, bus):
    assert bus(lambda: dev.cell[1:, 1:3].write([[1, 2], [3, 4]])) == [
        ("w", 0x14, 32, 1),
        ("w", 0x18, 32, 2),
        ("w", 0x24, 32, 3),
        ("w", 0x28, 32, 4),
    ]
    assert dev.cell[:, 2].read() == [0, 2, 4]
    assert dev.cell[::-1, 2:0:-1].read() == [[4, 3], [2, 1], [0, 0]]
    assert (dev.cell[1:][1].read(), dev.cell[1:, 1:3][0][1].path) == ([0, 3, 4, 0], "cell[1][2]")
    assert [part.read() for part in dev.cell[1:3, 1:3]] == [[1, 2], [3, 4]]
    dev.column[0:2, 0:2] = np.array([[1, 2], [3, 4]], np.uint16)
    dev.column[2][:] = bytes(16)
    assert dev.column.read() == [[1, 2, 0, 0], [3, 4, 0, 0], [0, 0, 0, 0]]
    dev.gap.write([[1, 2, 3], [4, 5, 6]])
    assert (dev.gap[2:, 6:].read(), dev.between.read()) == ([[5, 6]], [[0, 0, 0], [0, 0, 0]])
    dev.named[:, "q"] = [8, 9]
    assert dev.named.read() == [[0, 8, 0], [0, 9, 0]]
    dev.told[:, 1] = [0x21, 0x43]
    dev.told[1, 1].a = 5
    with dev.batch():
        dev.cell[0:2, 3] = [10, 11]
    assert dev.cell[:, 3].read() == [10, 11, 0]


def test_what_is_wrong_reaches_no_bus(dev, bus):
    def refused(index, problem, text):
        with pytest.raises(problem, match=re.escape(text)):
            index()

    def all_of_them():
        refused(lambda: dev.cell[3], IndexError, "dut.cell (app BAR 0, 0x0): index 3 is outside of its 3 rows")
        refused(
            lambda: dev.cell[1, 4], IndexError, "dut.cell[1] (app BAR 0, 0x10): index 4 is outside of its 4 elements"
        )
        refused(lambda: dev.cell[1, 2, 3], ValueError, "3 indices for 2 dimensions: give one for each, as in [:, :]")
        refused(lambda: dev.named["q", "q"], IndexError, "['q'] is none of rx, tx")
        refused(lambda: dev.cell[1, 1.0], TypeError, "dut.cell[1] (app BAR 0, 0x10): an index is an integer")
        refused(lambda: dev.cell.write([[1] * 4] * 2), ValueError, "values of 3 x 4 are needed and 2 were given")
        refused(lambda: dev.cell.write([[1] * 4, [1] * 4, [1]]), ValueError, "4 values are needed and 1 were given")
        refused(lambda: dev.cell.write(np.ones((4, 3), int)), ValueError, "values of 3 x 4 are needed and 4 x 3 were")
        refused(
            lambda: dev.cell[0:2, 1].write([1, 1 << 32]), ValueError, "dut.cell[1][1] (app BAR 0): 4294967296 is out"
        )
        refused(lambda: dev.cell.__setitem__((1, 1), 3), hal.AccessError, "an element can't be replaced")
        refused(dev.ch[0:1, 0:1].read, hal.AccessError, "dut.ch (app BAR 0, 0x1000) holds blocks")
        refused(dev.banks.read, hal.AccessError, "dut.banks (app BAR 0, 0x2000) holds memories")
        refused(lambda: dev.find("cell[1][2][3]"), hal.FieldNameError, "[3] names nothing")
        refused(lambda: dev.find("cell[1].value"), hal.FieldNameError, "dut.cell[1] (app BAR 0, 0x10) is an array")

    assert bus(all_of_them) == []


def indices(count, first):
    """An index or a slice as a program writes it, and the same for numpy."""
    ends = st.none() | st.integers(first, first + count) | st.integers(-count, -1)

    def of_numpy(end):
        return end if end is None or end < 0 else end - first

    slices = st.builds(slice, ends, ends, st.sampled_from((None, 1, 2, -1, -2)))
    one = st.integers(first, first + count - 1) | st.integers(-count, -1)
    pairs = slices.map(lambda part: (part, slice(of_numpy(part.start), of_numpy(part.stop), part.step)))
    return pairs | one.map(lambda index: (index, of_numpy(index)))


@given(st.data())
def test_parts_are_those_of_numpy(board_class, data):
    """Against an array of numpy, and the words where the map's offsets and strides say they are."""
    name = data.draw(st.sampled_from(sorted(LAYOUTS)))
    base, counts, strides, firsts, size = LAYOUTS[name]
    whole = np.arange(1, 1 + np.prod(counts), dtype=object).reshape(counts)
    with hal.open_slot(0) as slot:
        if slot.describe().afi_id != board_class.afi_id():
            slot.emulator.install_text(design_text(board_class._design))
            slot.load(board_class.afi_id())
        with slot.attach(board_class) as dev:
            grid = getattr(dev, name)
            grid.write(whole.tolist())
            for _ in range(2):
                pairs = [data.draw(indices(*facts)) for facts in zip(counts, firsts, strict=True)]
                key, same = (tuple(pair[side] for pair in pairs) for side in (0, 1))
                part = whole[same]
                if not isinstance(part, np.ndarray):
                    assert grid[key].read() == part
                    continue
                assert grid[key].read() == part.tolist()
                part += 100
                grid[key].write(part.tolist())
            for place in product(*map(range, counts)):
                address = base + sum(index * stride for index, stride in zip(place, strides, strict=True))
                bar, start = grid._space.attached(), address // 4 * 4
                words = [bar.peek(at) << 8 * (at - start) for at in range(start, address + size, 4)]
                assert sum(words) >> 8 * (address - start) & (1 << 8 * size) - 1 == whole[place]


@st.composite
def arrays(draw):
    length = draw(st.integers(1, 4))
    found, room = [], length
    for _ in range(draw(st.integers(1, 3))):
        count, stride = draw(st.integers(1, 4)), room + draw(st.integers(0, 3))
        found.append((count, stride))
        room += (count - 1) * stride
    return draw(st.integers(0, 9)), length, draw(st.permutations(found))


@given(arrays())
def test_extents_are_the_bytes_of_all_elements(array):
    start, length, dimensions = array
    expected = {
        start + sum(index * stride for index, (_, stride) in zip(place, dimensions, strict=True)) + byte
        for place in product(*(range(count) for count, _ in dimensions))
        for byte in range(length)
    }
    extents = extents_of("a", "register", start, length, dimensions)
    covered = [
        extent.start + element * extent.stride + byte
        for extent in extents
        for element in range(extent.repeat)
        for byte in range(extent.length)
    ]
    assert (set(covered), len(covered)) == (expected, len(expected))


def test_locks_aliases_and_shadows_go_by_element(dev):
    dev.sets[1, 0].value = 1
    assert dev.key.read() == [[0, 0], [1, 0]]
    dev.locked[1, 0].value = 3
    with pytest.raises(hal.LockedError, match=re.escape("dut.key[0][1] (app BAR 0, 0x544) is 0x0")):
        dev.locked[0, 1].value = 3
    dev.key.write([[1, 1], [0, 1]])
    with pytest.raises(hal.LockedError, match=re.escape("dut.key[1][0] (app BAR 0, 0x548) is 0x0")):
        dev.locked.write([[1, 2], [3, 4]])
    assert dev.locked.read() == [[1, 2], [3, 0]]
    dev.named["tx", "q"].value = 1
    dev.shut[1, 1].value = 5
    dev.named["tx", "q"].value = 0
    with pytest.raises(hal.LockedError, match=re.escape("dut.named[tx][q]")):
        dev.shut[0, 0].value = 5


def test_the_card_keeps_locks_of_its_own(dev, slot):
    bar = dev.key._space.attached()
    bar.poke(0x558, 7)
    assert bar.peek(0x558) == 0
    bar.poke(0x544, 1)
    bar.poke(0x558, 7)
    assert dev.locked.read() == [[0, 7], [0, 0]]


def test_memories_and_entries(dev, bus):
    assert bus(lambda: dev.banks[1, 0].write(3, [9])) == [("w", 0x220C, 32, 9)]
    assert (dev.banks[1][0][3], dev.rom[2].path, dev.rom[2].address, dev.find("banks[1][0]")[3]) == (
        9,
        "rom[2]",
        0x2880,
        9,
    )
    with pytest.raises(AttributeError):
        dev.rom[1].write(0, [1])
    dev.ring[1][2].source.value = 0x1000
    dev.ring[1][2].tag[1, 2].value = 4
    records = dev.ring[1][2:4].read()
    assert (records.source.tolist(), records.tag.shape, records.tag[0].tolist()) == (
        [0x1000, 0],
        (2, 2, 3),
        [[0, 0, 0], [0, 0, 4]],
    )
    assert dev.find("ring[1][2].tag[1][2]").address == 0x3000 + 0x100 + 2 * 0x20 + 8 + 5 * 4
    assert [memory.path for memory in dev.memories()][-4:] == ["rom[1]", "rom[2]", "ring[0]", "ring[1]"]
    assert type(dev)._design.locate((0, 0), 0x3164) == "ring[1][3].source"
    assert type(dev)._design.locate((0, 0), 0x2304) == "banks[1][1][1]"


def test_paths_snapshots_and_models(dev, slot):
    dev.find("named[tx][aux]").value = 5
    taken = dev.snapshot()
    assert (taken["named[tx][aux].value"], taken["gap[2][7]"], len(dev.gap)) == (5, 6, 2)
    dev.named.write([[1] * 3] * 2)
    dev.gap[1].write([0] * 3)
    assert dev.restore(hal.Snapshot.from_json(taken.to_json(), type(dev))) == []
    assert (dev.named["tx"].read(), dev.gap[1].read()) == ([0, 0, 5], [6, 6, 6])
    assert dev.named["tx"].read() == [dev.named["tx"][name].value for name in ("i", "q", "aux")]
    design = type(dev)._design
    for path, offset in (("column[2][1]", 0x118), ("gap[1][6]", 0x408), ("ch[1][2].mode[1][0]", 0x114C)):
        assert (design.register_at(path).offset, design.locate((0, 0), offset)) == (offset, path)
    seen = []

    class Mirror(hal.Model):
        def on_write(self, register, value):
            seen.append((register, value))
            self.set("cell[2][3].value", value)

    slot.emulator.set_model(Mirror(type(dev)))
    dev.column[1, 3].value = 6
    assert (seen, dev.cell[2, 3].value) == ([("column[1][3]", 6)], 6)


def test_headers_documents_and_json(tmp_path):
    device = codegen.loads(BOARD)
    texts = {name: "".join(render(device, LANGUAGES[name]).values()) for name in LANGUAGES}
    (tmp_path / "dut.h").write_text(texts["c"])
    (tmp_path / "main.c").write_text(
        '#include "dut.h"\n_Static_assert(DUT_COLUMN_OFFSET(2, 1) == 0x118 && DUT_GAP_OFFSET(2, 5) == 0x440 && '
        "DUT_NAMED_OFFSET(DUT_NAMED_TX, DUT_NAMED_Q) == 0x510 && DUT_CELL_COUNT_0 == 3 && DUT_CELL_COUNT_1 == 4 && "
        "DUT_CH_MODE_OFFSET(1, 2, 1, 0) == 0x114C && DUT_RING_TAG_OFFSET(1, 2, 1, 2) == 0x315C && "
        'DUT_ROM_COUNT == 2, "");\nint main(void) { return 0; }\n'
    )
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Werror", "main.c"], cwd=tmp_path, check=True, timeout=LIMIT)
    assert "CELL_COUNT_1 = 4;" in texts["systemverilog"]
    assert "| `0x0400 + 0x40·(gap₀ - 1) + 0x8·(gap₁ - 5)` | [gap\\[1..2\\]\\[5..7\\]](#gap) |" in texts["markdown"]
    assert "named[rx, tx][i, q, aux]" in texts["html"]
    assert "cell[3][4] @ 0x0 += 0x4;" in texts["systemrdl"]
    assert "column_2_1 @ 0x118;" in texts["systemrdl"]  # its rows do not follow each other
    assert "its elements of dimension 1 are called i, q, aux" in texts["systemrdl"]
    assert "} banks[2][2] @ 0x2000 += 0x100;" in texts["systemrdl"]
    model = json.loads(texts["json"])
    children = {child["name"]: child for child in model["blocks"][-1]["children"]}
    assert [children["gap"][key] for key in ("count", "stride", "first", "inner")] == [
        2,
        0x40,
        1,
        [{"count": 3, "stride": 8, "first": 5, "index": []}],
    ]
    places = {place["path"]: place for place in model["places"]}
    mode = places["ch[0..1][0..2].mode[0..1][0..1]"]
    assert (mode["rank"], [dimension["name"] for dimension in mode["dimensions"]]) == (2, ["ch", "ch", "mode", "mode"])


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("ROWS: 3", "ROWS: 4", "compatible  cell lengthened: 3 x 4 -> 4 x 4"),
        ("count: [3, 4], stride: [4", "count: [2, 4], stride: [4", "breaking    column shortened: 3 x 4 -> 2 x 4"),
        (
            "count: [3, 4], stride: [4, 0x10]",
            "count: 12",
            "breaking    column array changed: array of 3 x 4 -> array of 12",
        ),
        ("[1, 5]", "[1, 6]", "breaking    gap elements changed: 5..7 -> 6..8"),
        ("[0x40, 8], first", "[0x48, 8], first", "regenerate  gap moved"),
    ],
)
def test_diff_tells_what_changed(old, new, text):
    wanted = BOARD.replace("between: {offset: 0x404, count: [2, 3], stride: [0x40, 8]}", "between: {offset: 0x4FC}")
    changes = [str(change) for change in compare(codegen.loads(wanted), codegen.loads(wanted.replace(old, new)))]
    assert any(change.startswith(text) for change in changes), changes


def test_the_schema_of_editors_and_fmt_know_them():
    validator = jsonschema.Draft202012Validator(json_schema())
    assert not list(validator.iter_errors(yaml.safe_load(BOARD.replace("on:", "live:"))))
    for wrong in ("count: [2, x]", "count: []", "count: [2, 2], stride: []", "index: [[rx], 2]", "count: [0, 1]"):
        entry = yaml.safe_load(f"{{schema: 1, name: dut, registers: {{a: {{offset: 0, {wrong}}}}}}}")
        assert list(validator.iter_errors(entry)), wrong
    text = "schema: 1\nname: dut\nregisters:\n  a: {stride: [64, 8], count: [0x2, 3], offset: 0}\n"
    assert "a: {offset: 0x0, count: [2, 3], stride: [0x40, 0x8]}" in formatted(text)
