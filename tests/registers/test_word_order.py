"""How the words of wide registers lie, apart from the order in which they are accessed; LiteX's registers are so."""

from __future__ import annotations

import json
import random

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.views.difference import compare
from hal.emulator.design_text import design_text
from tests.support.cards import on_card
from tests.support.dut import load_class

# LiteX, with a bus of 32 bits: the highest word of a wide register has the lowest address.
LITEX = """
schema: 1
name: dut
endian: big
registers:
  scratch: {offset: 0x0, reset: 0x12345678}
  uptime: {offset: 0x8, width: 64, access_width: 32, access: ro, volatile: true, reset: 0x1122334455667788}
  load:
    offset: 0x10
    width: 96
    access_width: 32
    reset: 0x000000AA_00000000_00000005
    fields: {low: {bits: 15:0}, cross: {bits: 39:24}, enable: {bits: 64}, mode: {bits: 71:66}}
  ids: {offset: 0x20, count: 3, stride: 8, width: 64, access_width: 32}
  native: {offset: 0x40, width: 64, access_width: 32, endian: little}
  half: {offset: 0x48, width: 16}
  once: {offset: 0x50, width: 64, access_width: 32, shadow: true, fields: {a: {bits: 0}, b: {bits: 63:40}}}
"""
LAYOUTS = [
    (width, step, words, endian)
    for width, step in ((64, 32), (128, 32), (24, 8), (128, 64))
    for words in ("low-first", "high-first", "latched")
    for endian in ("little", "big")
]


@pytest.fixture
def litex(slot):
    driver = load_class(LITEX)
    with on_card(slot, driver) as device:
        yield device


def words(slot, offset, count, width=32):
    """As they lie on the card."""
    return [slot.emulator.peek(0, 0, offset + i * width // 8, width) for i in range(count)]


def test_the_highest_word_lies_first(litex, slot):
    assert words(slot, 0x8, 2) == [0x11223344, 0x55667788]
    assert litex.uptime.value == litex.uptime.read() == 0x1122334455667788
    litex.native.write(0x1122334455667788)
    assert words(slot, 0x40, 2) == [0x55667788, 0x11223344]
    litex.half.write(0x1234)
    assert words(slot, 0x48, 2, 8) == [0x12, 0x34]


def test_each_access_takes_its_own_words(litex, bus):
    assert bus(lambda: litex.load.write(0x3_0000_0002_0000_0001)) == [
        ("w", 0x18, 32, 1),
        ("w", 0x14, 32, 2),
        ("w", 0x10, 32, 3),
    ]
    assert bus(lambda: setattr(litex.load, "enable", 0)) == [("r", 0x10, 32, 3), ("w", 0x10, 32, 2)]
    assert bus(lambda: litex.load.cross) == [("r", 0x18, 32, 1), ("r", 0x14, 32, 2)]
    assert bus(lambda: setattr(litex.load, "cross", 0xABCD)) == [
        ("r", 0x18, 32, 1),
        ("w", 0x18, 32, 0xCD000001),
        ("w", 0x14, 32, 0xAB),
    ]
    assert bus(lambda: setattr(litex.once, "b", 1)) == [
        ("r", 0x50, 32, 0),
        ("w", 0x50, 32, 0x100),
    ]


def test_a_counter_is_not_torn(litex, bus):
    """Its highest word is read first and again, wherever it lies."""
    assert [access[1] for access in bus(litex.uptime.read)] == [0x8, 0xC, 0x8]


def test_arrays_batches_waits_and_snapshots(litex, slot):
    litex.ids.write([0x1_0000_0002, 3 << 32, 4])
    assert words(slot, 0x20, 6) == [1, 2, 3, 0, 0, 4]
    assert litex.ids.read() == [0x1_0000_0002, 3 << 32, 4]
    before = litex.snapshot()
    batch = litex.batch()
    with batch as view:
        view.load.mode = 9
        view.ids[1].write(7 << 32 | 8)
        mode, whole = batch.read(view.load, "mode"), batch.read(view.ids[1])
    assert (mode.value, whole.value) == (9, 7 << 32 | 8)
    assert words(slot, 0x28, 2) == [7, 8]
    litex.load.wait_for(mode=9, timeout=1)
    with pytest.raises(hal.WaitTimeoutError, match="last read 0x260000000000000000"):
        litex.load.wait_for(mode=8, timeout=0.001)
    assert litex.restore(before) == []
    assert litex.snapshot() == before
    assert words(slot, 0x28, 2) == [3, 0]
    state = slot.emulator.save_state(type(litex))
    assert state["load"] == litex.load.read()
    slot.emulator.load_state(state)
    assert litex.snapshot() == before
    assert type(litex)._design.locate((0, 0), 0x1C) == ""


def test_a_batch_that_fails_remembers_the_words_that_were_written(litex, slot):
    class Broken(hal.Model):
        def on_write(self, path, value):
            if path == "once" and value >> 32:
                raise RuntimeError("broken")

    slot.emulator.set_model(Broken(type(litex)))
    with pytest.raises(hal.ModelError, match=r"batch access 2 of 2"), litex.batch() as view:
        view.once.write(0x0000_0200_0000_0001)
    slot.emulator.set_model(None)
    assert litex.once._last_written == 1


def test_a_model_sees_bits_where_they_are(slot):
    driver = load_class(LITEX)
    seen = []

    class Model(hal.Model):
        def on_write(self, path, value):
            seen.append((path, value))
            self.set("uptime", 5)

    slot.emulator.install_text(design_text(driver._design))
    slot.emulator.set_model(Model(driver))
    slot.load(driver.afi_id())
    with slot.attach(driver) as device:
        device.ids[0].write(0x1_0000_0002)
        assert device.uptime.value == 5
    assert seen == [("ids[0]", 2), ("ids[0]", 1 << 32)]
    slot.emulator.set_model(None)


def test_what_other_languages_and_documents_say():
    device = codegen.loads(LITEX)
    texts = {
        name: "".join(render(device, LANGUAGES[name]).values()) for name in ("c", "systemverilog", "markdown", "html")
    }
    for language in ("c", "systemverilog"):
        assert "Type of register Load, 96 bits in words of 32, the highest at the lowest address, rw" in texts[language]
        assert "Type of register Native, 64 bits, rw" in texts[language]
    assert "64 bits in words of 32 (low-first, big-endian), ro" in texts["markdown"]
    assert "in words of 32 (low-first, big-endian)" in texts["html"]
    (text,) = render(device, LANGUAGES["json"]).values()
    endians = {register["name"]: register["endian"] for register in json.loads(text)["registers"]}
    assert endians == {
        "Scratch": "little", "Uptime": "big", "Load": "big", "Ids": "big", "Native": "little", "Half": "big", "Once": "big"
    }  # fmt: skip


def test_the_order_of_an_included_file_is_its_own(tmp_path):
    (tmp_path / "types.yaml").write_text(
        "schema: 1\nendian: big\ntypes:\n  pair: {registers: {r: {offset: 0, width: 64, access_width: 32}}}\n"
    )
    (tmp_path / "top.yaml").write_text(
        "schema: 1\nname: top\ninclude: types.yaml\nregisters:\n  s: {offset: 0, width: 64, access_width: 32}\n"
        "blocks:\n  p: {type: pair, offset: 0x8}\n"
    )
    registers = {path: register for path, _, _, register in codegen.load(tmp_path / "top.yaml").walk()}
    assert {path: register.big_endian for path, register in registers.items()} == {"s": False, "p.r": True}


def test_diff_tells_it():
    (change,) = compare(codegen.loads(LITEX.replace(", endian: little", "")), codegen.loads(LITEX))
    assert str(change) == "regenerate  native endian changed: big -> little"


@pytest.mark.parametrize("seed", range(3))
def test_any_layout_against_bytes(slot, seed):
    """Random writes and reads, against registers that are numbers and words that are computed here."""
    lines = ["schema: 1", "name: dut", "registers:"]
    for number, (width, step, order, endian) in enumerate(LAYOUTS):
        lines.append(
            f"  r{number}: {{offset: {number * 16:#x}, width: {width}, access_width: {step}, words: {order}, "
            f"endian: {endian}, fields: {{low: {{bits: 4:1}}, across: {{bits: {step + 3}:{step - 2}}}, "
            f"top: {{bits: {width - 1}:{width - 5}}}}}}}"
        )
    driver = load_class("\n".join(lines))
    slot.emulator.install_text(design_text(driver._design))
    slot.load(driver.afi_id())
    chance = random.Random(seed)
    held = [0] * len(LAYOUTS)
    with slot.attach(driver) as device:
        for _ in range(150):
            number = chance.randrange(len(LAYOUTS))
            width, step, _, endian = LAYOUTS[number]
            register = getattr(device, f"r{number}")
            places = {"low": (1, 4), "across": (step - 2, 6), "top": (width - 5, 5)}
            if chance.random() < 0.3:
                held[number] = chance.getrandbits(width) & sum(
                    ((1 << bits) - 1) << low for low, bits in places.values()
                )
                register.write(held[number])
            else:
                chosen = chance.sample(sorted(places), chance.randint(1, 3))
                values = {name: chance.getrandbits(places[name][1]) for name in chosen}
                register.modify(**values)
                for name, value in values.items():
                    low, bits = places[name]
                    held[number] = held[number] & ~(((1 << bits) - 1) << low) | value << low
            assert register.read() == held[number]
            lying = [held[number] >> low & ((1 << step) - 1) for low in range(0, width, step)]
            lying = lying if endian == "little" else lying[::-1]
            assert words(slot, number * 16, len(lying), step) == lying
            for name, (low, bits) in places.items():
                assert getattr(register, name) == held[number] >> low & ((1 << bits) - 1)
        assert dict(device.snapshot().items()) == {f"r{i}": v for i, v in enumerate(held)}
