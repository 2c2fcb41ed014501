"""Elements of arrays of registers and blocks that have names, or numbers from another one than 0 on."""

from __future__ import annotations

import json
import re
import subprocess

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.schema.json_schema import json_schema
from codegen.views.difference import compare
from hal.cli.ipython import complete
from hal.emulator.design_text import design_text
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

RADIO = """
schema: 1
name: dut
types:
  path: {registers: {level: {offset: 0x0}, mode: {offset: 0x4, fields: {on: {bits: 0, format: bool}}}}}
registers:
  lane: {offset: 0x0, count: 5, first: 2, reset: 5}
  gain: {offset: 0x20, index: [rx, tx], stride: 8}
  gains: {offset: 0x24, index: [rx, tx], stride: 8, alias: gain, access: w1s}
  key: {offset: 0x40, index: [rx, tx]}
  locked: {offset: 0x48, index: [rx, tx], lock: {by: key, value: 1}}
  shut: {offset: 0x50, count: 2, first: 8, lock: {by: "lane[3]", value: 1}}
blocks:
  ch: {type: path, offset: 0x100, index: [rx, tx, aux], stride: 0x10}
  core: {type: path, offset: 0x200, count: 2, first: 1}
"""


@pytest.fixture(scope="module")
def radio_class():
    return load_class(RADIO)


@pytest.fixture
def dev(slot, radio_class):
    with on_card(slot, radio_class) as device:
        yield device


def test_elements_have_names_and_numbers(dev, bus):
    assert bus(lambda: dev.ch["tx"].level.write(7)) == [("w", 0x110, 32, 7)]
    assert bus(lambda: dev.lane[2].write(9)) == [("w", 0x0, 32, 9)]
    assert dev.ch["tx"] is dev.ch[1] is dev.ch[-2]
    assert dev.lane[6] is dev.lane[-1]
    assert [element.path for element in dev.lane] == [f"lane[{number}]" for number in range(2, 7)]
    assert [element.path for element in dev.ch[1:]] == ["ch[tx]", "ch[aux]"]
    assert (dev.lane[3:5][0].path, dev.core[1].mode.path) == ("lane[3]", "core[1].mode")
    assert dev.lane.read() == [9, 5, 5, 5, 5]


def test_wrong_elements_are_refused_before_the_bus(dev, bus):
    def refused(index, problem, text):
        with pytest.raises(problem, match=re.escape(text)):
            index()

    def all_of_them():
        refused(lambda: dev.ch["ax"], IndexError, "dut.ch (app BAR 0, 0x100): ['ax'] is none of rx, tx, aux")
        refused(
            lambda: dev.lane[1], IndexError, "dut.lane (app BAR 0, 0x0): index 1 is outside of its 5 elements, 2 to 6"
        )
        refused(lambda: dev.lane["2"], TypeError, "an index is an integer or a slice")
        refused(lambda: dev.ch[1.0], TypeError, "an index is an integer, a name or a slice")
        refused(lambda: dev.find("lane[x]"), hal.FieldNameError, "'lane[x]' is no name with whole numbers as indices")
        refused(lambda: dev.find("ch[1]"), IndexError, "['1'] is none of rx, tx, aux")
        refused(lambda: dev.lane.__setitem__(slice(3, 4), [1 << 32]), ValueError, "dut.lane[3] (app BAR 0)")

    assert bus(all_of_them) == []


@given(st.lists(st.integers(-8, 9) | st.none(), min_size=2, max_size=2), st.sampled_from((None, 1, 2, -1, -2)))
def test_ends_of_slices_are_numbers_of_elements(radio_class, ends, step):
    count, first = 5, 2
    with hal.open_slot(0) as slot:
        if slot.describe().afi_id != radio_class.afi_id():
            slot.emulator.install_text(design_text(radio_class._design))
            slot.load(radio_class.afi_id())
        with slot.attach(radio_class) as dev:
            places = [end if end is None or end < 0 else max(end - first, 0) for end in ends]
            expected = list(range(count))[slice(*places, step)]
            assert [element.address // 4 for element in dev.lane[slice(*ends, step)]] == expected


def test_models_name_elements(dev, slot):
    seen = []

    class Mirror(hal.Model):
        def on_write(self, register, value):
            seen.append((register, value))
            self.set("ch[aux].level.value", self.get("lane[4].value") + 1)

    slot.emulator.set_model(Mirror(type(dev)))
    dev.ch["tx"].level.value = 41
    dev.lane[2].value = 3
    assert (dev.ch["aux"].level.value, seen) == (6, [("ch[tx].level", 41), ("lane[2]", 3)])


def test_paths_and_snapshots(dev):
    dev.find("ch[aux].mode").on = True
    taken = dev.snapshot()
    assert taken["ch[aux].mode.on"] is True
    assert taken["lane[4].value"] == 5
    dev.ch["aux"].mode.on = False
    dev.lane[4:6] = [1, 2]
    dev.restore(hal.Snapshot.from_json(taken.to_json(), type(dev)))
    assert (dev.ch["aux"].mode.on, dev.lane[4:6].read()) == (True, [5, 5])
    assert [row.path for row in dev.walk() if row.path.endswith("level")][:2] == ["ch[rx].level", "ch[tx].level"]
    assert type(dev)._design.locate((0, 0), 0x114) == "ch[tx].mode"
    assert type(dev)._design.register_at("lane[6]").offset == 0x10


def test_aliases_and_locks_go_by_element(dev):
    dev.gains["tx"].value = 4
    assert (dev.gain["tx"].value, dev.gain["rx"].value) == (4, 0)
    dev.key["tx"].value = 1
    dev.locked["tx"].value = 3
    with pytest.raises(hal.LockedError, match=re.escape("dut.key[rx] (app BAR 0, 0x40) is 0x0")):
        dev.locked["rx"].value = 3
    dev.key.write([0, 1])
    dev.locked[1:] = [6]
    assert dev.locked.read() == [0, 6]
    dev.lane[3].value = 1
    dev.shut[9].value = 2
    dev.lane[3].value = 0
    with pytest.raises(hal.LockedError, match=re.escape("dut.lane[3] (app BAR 0, 0x4) is 0x0")):
        dev.shut[8].value = 3


def test_a_batch_writes_slices(dev):
    with dev.batch():
        dev.lane[3:5] = [10, 11]
    assert dev.lane.read() == [5, 10, 11, 5, 5]


def test_completion_follows_names(dev):
    assert complete({"dev": dev}, 'dev.ch["tx"].mode.o') == ("o", ["on"])


def test_headers_documents_and_json(tmp_path):
    device = codegen.loads(RADIO)
    texts = {name: "".join(render(device, LANGUAGES[name]).values()) for name in LANGUAGES}
    (tmp_path / "dut.h").write_text(texts["c"])
    (tmp_path / "main.c").write_text(
        '#include "dut.h"\n_Static_assert(DUT_LANE_OFFSET(3) == 4 && DUT_CH_MODE_OFFSET(DUT_CH_AUX) == 0x124 && '
        'DUT_CORE_LEVEL_OFFSET(2) == 0x208 && DUT_CH_COUNT == 3, "");\nint main(void) { return 0; }\n'
    )
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Werror", "main.c"], cwd=tmp_path, check=True, timeout=LIMIT)
    assert "CH_AUX = 2;" in texts["systemverilog"]
    assert "| `0x0000 + 0x4·(lane - 2)` | [lane\\[2..6\\]](#lane) |" in texts["markdown"]
    assert "ch[rx, tx, aux].mode" in texts["html"]
    model = json.loads(texts["json"])
    children = {child["name"]: child for child in model["blocks"][-1]["children"]}
    assert [(children[name]["first"], children[name]["index"]) for name in ("lane", "ch")] == [
        (2, []),
        (0, ["rx", "tx", "aux"]),
    ]
    places = {place["path"]: place for place in model["places"]}
    assert places["ch[rx, tx, aux].level"]["dimensions"][0]["index"] == ["rx", "tx", "aux"]


def test_many_names_stand_beside_the_place():
    names = [f"channel_{number}" for number in range(20)]
    device = codegen.loads(f"schema: 1\nname: dut\nregisters: {{a: {{offset: 0, index: [{', '.join(names)}]}}}}\n")
    text = "".join(render(device, LANGUAGES["markdown"]).values())
    assert "a\\[channel\\_0..channel\\_19\\]" in text.replace("channel_", "channel\\_")
    assert "channel_7" in text.replace("\\_", "_")


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("count: 5, first: 2", "count: 5, first: 1", "breaking    lane elements changed: 2..6 -> 1..5"),
        ("[rx, tx, aux]", "[rx, aux, tx]", "breaking    ch elements changed: rx, tx, aux -> rx, aux, tx"),
        ("[rx, tx, aux]", "[rx, tx, aux, low]", "compatible  ch lengthened: 3 -> 4"),
    ],
)
def test_diff_tells_what_changed(old, new, text):
    changes = [str(change) for change in compare(codegen.loads(RADIO), codegen.loads(RADIO.replace(old, new)))]
    assert changes == [text]


def test_names_are_meaning_and_the_schema_of_editors_has_them():
    assert codegen.loads(RADIO).digest != codegen.loads(RADIO.replace("[rx, tx, aux]", "[rx, tx, low]")).digest
    validator = jsonschema.Draft202012Validator(json_schema())
    assert not list(validator.iter_errors(yaml.safe_load(RADIO.replace("on:", "live:"))))
    for wrong in ("{offset: 0, first: 2}", "{offset: 0, stride: 4}", "{offset: 0, index: []}"):
        entry = yaml.safe_load(f"{{schema: 1, name: dut, registers: {{a: {wrong}}}}}")
        assert list(validator.iter_errors(entry)), wrong
