"""Memories of entries: a ring of 64 descriptors through driver, bus, card, header and JSON."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import numpy as np
import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.views.difference import compare
from hal.emulator.design_text import design_text
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

RING = """
schema: 1
name: dut
types:
  descriptor:
    size: 32
    registers:
      source: {offset: 0x0, width: 64}
      length: {offset: 0x8, fields: {bytes: {bits: 15:0}, last: {bits: 31, format: bool}}}
      status: {offset: 0xC, access: ro}
      tags: {offset: 0x10, width: 8, count: 4}
      key: {offset: 0x14, width: 96, access_width: 32}
  route: {size: 8, registers: {port: {offset: 0, width: 8, access: wo}}}
registers:
  head: {offset: 0x0}
memories:
  ring: {offset: 0x1000, entry: descriptor, count: 64, width: 64}
  seen: {offset: 0x2000, entry: event, size: 0x100, access: ro}
  routes: {offset: 0x3000, entry: route, count: 4, access: wo}
"""
RING = RING.replace("registers:\n  head", "  event: {registers: {time: {offset: 0, access: ro}}}\nregisters:\n  head")


@pytest.fixture(scope="module")
def ring_class():
    return load_class(RING)


@pytest.fixture
def dev(slot, ring_class):
    with on_card(slot, ring_class) as device:
        yield device


def row(**changes):
    return {"source": 0, "length": 0, "status": 0, "tags": [0] * 4, "key": [0] * 3, **changes}


def test_an_entry_is_a_block(dev, bus):
    entry = dev.ring[5]
    assert (entry.path, entry.address, len(dev.ring), dev.ring.stride) == ("ring[5]", 0x10A0, 64, 32)
    assert bus(lambda: setattr(entry.source, "value", 0x1122334455667788)) == [("w", 0x10A0, 64, 0x1122334455667788)]
    assert bus(lambda: setattr(entry.length, "bytes", 5)) == [("r", 0x10A8, 32, 0), ("w", 0x10A8, 32, 5)]
    entry.tags[1].value = 9
    entry.key.write(1 << 64)
    assert dev.find("ring[5].length") is entry.length
    assert dev.ring.words[0x14] == 0x1122334455667788
    assert dev.ring.words.read(0x15, 1)[0] == 5
    with pytest.raises(IndexError, match="outside of its 64 elements"):
        dev.ring[64]
    with pytest.raises(hal.AccessError):
        dev.ring[5].status.value = 1
    with pytest.raises(hal.FieldTypeError, match="a memory of entries: take one"):
        int(dev.ring)


def test_records_come_and_go_in_one_burst(dev, bus, slot):
    dev.ring[4].length.write(7)
    dev.ring[5].source.value = 1 << 40
    records = dev.ring[4:8].read()
    assert records.dtype.names == ("source", "length", "status", "tags", "key")
    assert records.dtype.itemsize == 32
    assert records.source.tolist() == [0, 1 << 40, 0, 0]
    assert records["length"].tolist() == [7, 0, 0, 0]
    records["length"] = [1, 2, 3, 0x80000004]
    records.key[3] = [1, 2, 3]
    offsets = [access[1] for access in bus(lambda: dev.ring[4:8].write(records))]
    assert (offsets[0], offsets[-1], len(set(offsets))) == (0x1080, 0x10F8, 16)
    assert [entry.length.bytes for entry in dev.ring[4:8]] == [1, 2, 3, 4]
    assert dev.ring[7].length.last is True
    assert dev.ring[7].key.read() == 1 | 2 << 32 | 3 << 64
    dev.ring[0:2] = [row(source=3), row(length=np.uint8(4), tags=[1, 2, 3, 4])]
    assert (dev.ring[0].source.value, dev.ring[1].length.bytes, dev.ring[1].tags[2].value) == (3, 4, 3)
    assert len(dev.ring.read()) == 64
    dev.ring.write(dev.ring.read())
    assert dev.ring[8:8].read().tolist() == []
    dev.ring[8:8] = []
    assert slot.emulator.peek(0, 0, 0x1000, 64) == 3


def test_another_layout_goes_by_the_columns_names(dev):
    given = np.zeros(2, [("length", "i8"), ("source", "i4"), ("status", "?"), ("tags", "u1", 4), ("key", "u4", 3)])
    given["length"] = 6
    dev.ring[0:2] = given
    assert [entry.length.bytes for entry in dev.ring[:2]] == [6, 6]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([row(length=1 << 32)], "entry 0: length = 4294967296 is no value of 32 bits"),
        ([row(), row(source=-1)], "entry 1: source = -1 is no value of 64 bits"),
        ([row(length=1.5)], "entry 0: length = 1.5 is no value of 32 bits"),
        ([row(), {"source": 1}], "entry 1 has other columns than the first one"),
        ([{"source": 1}], "length, status, tags, key must be given too: an entry is written whole"),
        ([row(lenght=1)], "has no register 'lenght'; did you mean length"),
        ([row()], "2 values are needed and 1 were given"),
        ([1, 2], "a structured array, or mappings are needed"),
        ("ab", "a structured array, or mappings are needed"),
        (row(), "a structured array, or mappings are needed"),
        (np.zeros(2), "a structured array of one dimension is needed, not float64"),
        ([row(tags=[1]), row(tags=[2])], "tags: values of shape (2, 4) are needed, not (2, 1)"),
        (np.array([(-1,)], [("length", "i4")]), "source, status, tags, key must be given too"),
    ],
)
def test_what_does_not_fit_writes_nothing(dev, bus, values, text):
    def refused():
        with pytest.raises(hal.HalError, match=r"^dut\.ring \(app BAR 0, 0x1000\)") as caught:
            dev.ring[0:2] = values
        assert text in str(caught.value)

    assert bus(refused) == []


def test_columns_of_numpy_are_checked(dev):
    for kind, wrong, text in (("i8", -1, "-1 is no"), ("u8", 1 << 32, "4294967296 is no"), ("f4", 1, "integers are")):
        given = np.zeros(3, [("length", kind), ("source", "u4"), ("status", "u1"), ("tags", "u1", 4), ("key", "u4", 3)])
        given["length"][2] = wrong
        with pytest.raises(hal.HalError, match=text):
            dev.ring[0:3] = given


def test_access_of_the_memory_is_that_of_its_records(dev):
    assert dev.seen.read()["time"].tolist() == [0] * 64
    with pytest.raises(hal.AccessError, match=r"dut\.seen .* is read-only"):
        dev.seen.write(dev.seen.read())
    dev.routes[:] = [{"port": index} for index in range(4)]
    assert dev.slot.emulator.peek(0, 0, 0x3008) == 1
    with pytest.raises(hal.AccessError, match=r"dut\.routes .* is write-only"):
        dev.routes.read()
    with pytest.raises(hal.FieldValueError, match="slices of a memory have step 1, not 2"):
        dev.ring[::2].read()


def test_batches_snapshots_walks_and_paths(dev, ring_class):
    batch = dev.batch()
    with batch as view:
        view.ring[1].length.bytes = 3
        view.ring[0:1] = [row(source=8)]
        read = batch.read(view.ring[1].length, "bytes")
    assert (read.value, dev.ring[0].source.value) == (3, 8)
    assert list(dev.snapshot()) == ["head"]
    assert [entry.path for entry in dev.walk()] == ["head", "ring", "seen", "routes"]
    assert [memory.path for memory in dev.memories()] == ["ring", "seen", "routes"]
    assert [register.path for register in dev.registers()] == ["head"]
    assert ring_class._design.locate((0, 0), 0x10A8) == "ring[5].length"
    assert str(ring_class._design.shape_at("ring[5].key").width) == "96"
    with pytest.raises(hal.FieldNameError, match="has no register"):
        ring_class._design.shape_at("ring[64].key")


def test_a_model_reads_and_writes_entries(slot, ring_class):
    class Engine(hal.Model):
        def on_write(self, path, value):
            assert path == "head"
            assert self.get(f"ring[{value}].length.last") is True
            self.set(f"ring[{value}].status", self.get(f"ring[{value}].source") + 1)

    slot.emulator.install_text(design_text(ring_class._design))
    slot.emulator.set_model(Engine(ring_class))
    slot.load(ring_class.afi_id())
    with slot.attach(ring_class) as device:
        device.ring[2:3] = [row(source=41, length=1 << 31)]
        device.head.value = 2
        assert device.ring[2].status.value == 42
        with pytest.raises(IndexError, match=r"Dut\.ring: index 99 is outside of its 64 elements"):
            Engine(ring_class).get("ring[99].status")
    slot.emulator.set_model(None)


def test_without_numpy_words_remain(tmp_path):
    (tmp_path / "dut.py").write_text(codegen.render_python(codegen.loads(RING)))
    program = (
        "import sys; sys.modules['numpy'] = None\nimport hal, dut\nwith dut.Dut.open(0) as dev:\n"
        "    dev.ring[1].length.bytes = 2\n    print(dev.ring.words[5])\n"
        "    try: dev.ring.read()\n    except hal.HalError as problem: print(problem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert done.stdout.splitlines() == ["2", "records of entries need numpy: pip install numpy, or use .words"]


def test_any_entries_against_bytes(dev):
    """Random writes of registers and records, against bytes that are computed here."""
    chance, held = random.Random(5), bytearray(64 * 32)
    places = {"source": (0, 8), "length": (8, 4), "key": (20, 12)}
    allowed = {"length": 0x8000FFFF}
    for _ in range(200):
        index, name = chance.randrange(64), chance.choice(sorted(places))
        at, size = places[name]
        if chance.random() < 0.5:
            value = chance.getrandbits(8 * size) & allowed.get(name, -1)
            getattr(dev.ring[index], name).write(value)
            held[index * 32 + at : index * 32 + at + size] = value.to_bytes(size, "little")
        else:
            stop = chance.randint(index, 64)
            records = dev.ring[index:stop].read()
            assert records.tobytes() == bytes(held[index * 32 : stop * 32])
            records["length"] = [chance.getrandbits(32) for _ in records]
            dev.ring[index:stop] = records
            held[index * 32 : stop * 32] = records.tobytes()
    assert dev.ring.read().tobytes() == bytes(held) == dev.ring.words.read().tobytes()


def test_headers_documents_and_json(tmp_path):
    device = codegen.loads(RING)
    texts = {name: "".join(render(device, LANGUAGES[name]).values()) for name in LANGUAGES if name != "json"}
    (tmp_path / "dut.h").write_text(texts["c"])
    (tmp_path / "main.c").write_text(
        '#include "dut.h"\n_Static_assert(DUT_RING_LENGTH_OFFSET(5) == 0x10A8 && DUT_RING_OFFSET(1) == 0x1020 && '
        'DUT_RING_COUNT == 64 && DUT_RING_STRIDE == 32 && DUT_RING_SIZE == 32 && DUT_LENGTH_LAST_SHIFT == 31, "");\n'
        "int main(void) { return 0; }\n"
    )
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Werror", "main.c"], cwd=tmp_path, check=True, timeout=LIMIT)
    assert "RING_LENGTH_OFFSET = 64'h1008" in texts["systemverilog"]
    assert "| `0x1008 + 0x20·ring` | [ring\\[0..63\\].length](#length) | register | 4 B |" in texts["markdown"]
    assert "ring[0..63].length" in texts["html"]
    (text,) = render(device, LANGUAGES["json"]).values()
    model = json.loads(text)
    (ring,) = [child for child in model["blocks"][-1]["children"] if child["name"] == "ring"]
    facts = {"kind": "memory", "type": "Descriptor", "count": 64, "stride": 32, "size": 32, "width": 64, "access": "rw"}
    assert {key: ring[key] for key in facts} == facts
    longer = codegen.loads(RING.replace("count: 64", "count: 128"))
    assert [str(change) for change in compare(device, longer)] == ["compatible  ring lengthened: 64 -> 128"]


def test_the_digest_knows_them():
    plain = "schema: 1\nname: dut\ntypes: {d: {registers: {r: {offset: 0}}}}\nmemories: {m: {offset: 0, size: 64}}\n"
    assert codegen.loads(plain).digest != codegen.loads(plain.replace("size: 64", "entry: d, size: 64")).digest
    by_count = codegen.loads(plain.replace("size: 64", "entry: d, count: 16"))
    assert by_count.digest == codegen.loads(plain.replace("size: 64", "entry: d, size: 64")).digest
