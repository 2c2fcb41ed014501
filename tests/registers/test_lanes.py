"""Registers of 8, 16 and 32 bits through the wider bus word that holds them: what each access takes, and what it keeps."""

from __future__ import annotations

import json
import random

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from hal.emulator.design_text import design_text
from tests.support.cards import on_card
from tests.support.dut import load_class

# A word of all kinds of neighbours, a word that holds nothing else, packed arrays, and lanes of 64-bit words.
LANES = """
schema: 1
name: dut
registers:
  a: {offset: 0x0, width: 8, access_width: 32, reset: 0x11, fields: {lo: {bits: 3:0}, hi: {bits: 6:4}}}
  flags: {offset: 0x1, width: 8, access_width: 32, access: w1c, reset: 0xFF}
  c: {offset: 0x2, width: 16, access_width: 32, fields: {low: {bits: 3:0}, top: {bits: 14:12, format: signed}}}
  alone: {offset: 0x5, width: 8, access_width: 32, reset: 0x81, fields: {x: {bits: 0, reset: 1}}}
  packed: {offset: 0x8, count: 6, width: 8, access_width: 32}
  apart: {offset: 0x10, count: 3, stride: 8, width: 16, access_width: 32}
  told: {offset: 0x28, width: 8, access_width: 32, access: wo}
  zeros: {offset: 0x2C, width: 8, fields: {x: {bits: 0, access: w0c, reset: 1}, y: {bits: 1, reset: 1}}}
  beside: {offset: 0x2D, width: 8, access_width: 32, fields: {x: {bits: 3:0}, gone: {bits: 7, access: w1s}}}
  half: {offset: 0x32, width: 16, access_width: 64, fields: {v: {bits: 15:0}}}
  word: {offset: 0x34, width: 32, access_width: 64, fields: {v: {bits: 31:0, format: float32}}}
  kept: {offset: 0x38, width: 8, access_width: 32, shadow: true, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
memories:
  bytes: {offset: 0x3A, size: 2, width: 8}
blocks:
  lane: {offset: 0x40, count: 3, registers: {on: {offset: 1, width: 8, access_width: 32}}}
"""


@pytest.fixture
def lanes(slot):
    with on_card(slot, load_class(LANES)) as device:
        yield device


def test_each_access_takes_the_word_and_keeps_the_rest(lanes, bus):
    first = ("r", 0x0, 32, 0x0000FF11)
    assert bus(lambda: lanes.a.lo) == bus(lanes.flags.read) == bus(lambda: lanes.c.top) == [first]
    assert bus(lambda: setattr(lanes.a, "lo", 5)) == [first, ("w", 0x0, 32, 0x15)]
    assert bus(lambda: setattr(lanes.c, "top", -1)) == [("r", 0x0, 32, 0xFF15), ("w", 0x0, 32, 0x70000015)]
    assert bus(lambda: setattr(lanes.flags, "value", 0x0F)) == [("r", 0, 32, 0x7000FF15), ("w", 0, 32, 0x70000F15)]
    assert bus(lambda: lanes.a.modify(lo=1, hi=2)) == [("r", 0, 32, 0x7000F015), ("w", 0, 32, 0x70000021)]
    assert bus(lambda: lanes.a.write(hi=3)) == [("r", 0, 32, 0x7000F021), ("w", 0, 32, 0x70000031)]
    assert bus(lambda: lanes.a.write(0xFF)) == [("r", 0, 32, 0x7000F031), ("w", 0, 32, 0x700000FF)]
    assert bus(lanes.a.reset) == [("r", 0, 32, 0x7000F0FF), ("w", 0, 32, 0x70000011)]


def test_where_nothing_else_is_kept_nothing_is_read(lanes, bus):
    assert bus(lambda: lanes.told.write(0x42)) == [("w", 0x28, 32, 0x42)]
    assert bus(lambda: setattr(lanes.alone, "x", 0)) == [("w", 0x4, 32, 0x8000)]
    assert bus(lambda: setattr(lanes.lane[1].on, "value", 7)) == [("w", 0x44, 32, 0x700)]


def test_neighbours_get_what_does_nothing(lanes, bus):
    """A w0c is written as 1, a w1s as 0, and bits of no field as they were read."""
    assert bus(lambda: setattr(lanes.beside, "x", 9)) == [("r", 0x2C, 32, 0x3), ("w", 0x2C, 32, 0x903)]
    assert lanes.beside.gone == 0
    assert lanes.zeros.x == 1


def test_words_of_64_bits(lanes, bus):
    lanes.half.v = 0x1234
    assert bus(lambda: setattr(lanes.word, "v", 1.0)) == [
        ("r", 0x30, 64, 0x1234_0000),
        ("w", 0x30, 64, 0x3F800000_1234_0000),
    ]
    assert lanes.word.v == 1.0


def test_memories_beside_are_kept(lanes, bus):
    lanes.bytes[0:2] = [0xAA, 0xBB]
    lanes.kept.a = 3
    assert bus(lambda: setattr(lanes.kept, "b", 4)) == [("r", 0x38, 32, 0xBBAA0003), ("w", 0x38, 32, 0xBBAA0043)]
    assert lanes.bytes[0:2].tolist() == [0xAA, 0xBB]


def test_arrays_slices_and_snapshots(lanes, slot, bus):
    lanes.packed[1:4] = [1, 2, 3]
    lanes.apart.write([0x1234, 0x5678, 0x9ABC])
    assert bus(lanes.packed.read) == [("r", 0x8, 32, 0x03020100), ("r", 0xC, 32, 0)]
    assert (lanes.packed.read(), lanes.packed[3:0:-1].read()) == ([0, 1, 2, 3, 0, 0], [3, 2, 1])
    before = lanes.snapshot()
    assert (before["packed[2]"], before["apart[1]"], before["alone"]) == (2, 0x5678, 0x81)
    lanes.packed.write([9] * 6)
    lanes.apart[1].write(0)
    assert lanes.restore(before) == []
    assert lanes.snapshot() == before
    state = slot.emulator.save_state(type(lanes))
    lanes.packed.write([7] * 6)
    slot.emulator.load_state(state)
    assert lanes.snapshot() == before


def test_batches_merge_what_one_word_holds(lanes, bus):
    def several():
        batch = lanes.batch()
        with batch as view:
            view.a.lo = 1
            view.c.low = 2
            seen.append((batch.read(view.c), batch.read(view.a, "lo")))
        with lanes.batch() as view:
            view.apart[0].write(5)
            view.kept.write(6)

    seen = []
    accesses = bus(several)
    assert [(read.value, field.value) for read, field in seen] == [(2, 1)]
    assert [access[:3] for access in accesses] == [
        ("r", 0x0, 32), ("w", 0x0, 32), ("r", 0x0, 32), ("r", 0x0, 32),
        ("w", 0x10, 32), ("r", 0x38, 32), ("w", 0x38, 32),
    ]  # fmt: skip
    assert lanes.kept.a == 6


REMEMBERED = """
schema: 1
name: dut
registers:
  shadowed: {offset: 0x1, width: 8, access_width: 32, shadow: true, reset: 0xC1, fields: {a: {bits: 2:0}, b: {bits: 5:3}}}
  told:
    offset: 0x6
    width: 8
    access_width: 32
    reset: 0x41
    fields: {x: {bits: 2:0, access: wo, idle: last}, y: {bits: 5:3, access: wo, idle: last}}
"""


def test_lanes_that_are_remembered_are_read_once_or_never(slot, bus):
    """With their bits of no field, which stay as they were, or as they are after a reset."""
    with on_card(slot, load_class(REMEMBERED)) as device:
        assert (device.shadowed._last_written, device.told._last_written) == (0xC1, 0x41)
        assert bus(lambda: setattr(device.shadowed, "a", 2)) == [("r", 0x0, 32, 0xC100), ("w", 0x0, 32, 0xC200)]
        assert bus(lambda: setattr(device.shadowed, "b", 3)) == [("w", 0x0, 32, 0xDA00)]
        assert bus(lambda: setattr(device.shadowed, "a", 5)) == [("w", 0x0, 32, 0xDD00)]
        assert bus(lambda: setattr(device.told, "y", 3)) == [("w", 0x4, 32, 0x590000)]
        assert bus(lambda: setattr(device.told, "x", 7)) == [("w", 0x4, 32, 0x5F0000)]
    with on_card(slot, load_class(REMEMBERED)) as device, device.cached():
        assert bus(lambda: setattr(device.shadowed, "a", 4)) == [("r", 0x0, 32, 0xC100), ("w", 0x0, 32, 0xC400)]
        assert bus(lambda: setattr(device.shadowed, "b", 1)) == [("w", 0x0, 32, 0xCC00)]


@pytest.mark.parametrize("order", [("a", "flags"), ("flags", "a"), ("flags", "flags")])
def test_a_batch_keeps_a_lane_that_acts_apart(lanes, bus, order):
    """Flags are cleared when it is their turn, neither before what was to be set first nor with it."""

    def several():
        with lanes.batch() as view:
            for name in order:
                getattr(view, name).write(0x0F)

    assert [action for action, *_ in bus(several)] == ["r", "w"] * 2


def test_a_batch_that_fails_remembers_the_lanes_that_were_written(lanes, slot):
    class Broken(hal.Model):
        def on_write(self, path, value):
            if path == "told":
                raise RuntimeError("broken")

    slot.emulator.set_model(Broken(type(lanes)))
    with pytest.raises(hal.ModelError, match=r"batch access 2 of 2"), lanes.batch() as view:
        view.kept.write(0x21)
        view.told.write(1)
    slot.emulator.set_model(None)
    assert lanes.kept._last_written == 0x21


def test_waits_errors_and_dead_words(lanes, slot):
    lanes.beside.wait_for(x=0, timeout=1)
    with pytest.raises(hal.WaitTimeoutError, match="last read 0x0 "):
        lanes.beside.wait_for(x=8, timeout=0.01)
    with pytest.raises(hal.FieldValueError, match=r"dut\.a\.lo \(app BAR 0, 0x0, bits 3:0\): 16"):
        lanes.a.lo = 16
    with pytest.raises(hal.FieldValueError, match="nothing was written"):
        lanes.packed[0:2] = [0, 256]
    assert lanes.packed.read() == [0] * 6
    slot.clear()
    with pytest.raises(hal.StaleHandleError):
        lanes.a.lo = 1


def test_what_its_words_do_is_told(lanes):
    assert type(lanes.a).lo.__doc__ == "Bits 3:0, rw, a write is one bus read and one bus write."
    assert type(lanes.alone).x.__doc__ == (
        "Bit 0, rw, a write is one bus write, after a read where its word holds more that is kept."
    )
    assert type(lanes.a).__doc__ == "8 bits of a word of 32, rw, reset 0x11. At a (app BAR 0, 0x0)."
    assert lanes.apart[1].info["address"] == 0x18


def test_models_see_lanes_by_themselves(slot):
    driver, seen = load_class(LANES), []

    class Model(hal.Model):
        def on_write(self, path, value):
            seen.append((path, value))

    slot.emulator.install_text(design_text(driver._design))
    slot.emulator.set_model(model := Model(driver))
    slot.load(driver.afi_id())
    with slot.attach(driver) as device:
        device.told.write(3)
        model.set("c", 0x4321)
        assert (device.c.read(), model.get("c")) == (0x4321, 0x4321)
    slot.emulator.set_model(None)
    assert seen == [("told", 3)]


def test_the_card_watches_lanes_alone(lanes, slot):
    """What else is in their word comes along, which no manual forbids."""
    with slot.emulator.watch() as violations:
        lanes.a.lo = 2
        lanes.alone.x = 1
        lanes.packed.write([1] * 6)
        lanes.told.write(1)
    assert list(violations) == []


def test_what_other_languages_and_documents_say():
    device = codegen.loads(LANES)
    texts = {name: "".join(render(device, LANGUAGES[name]).values()) for name in LANGUAGES if name != "rtl"}
    for language in ("c", "systemverilog"):
        assert "Type of register C, 16 bits of a word of 32, rw" in texts[language]
    assert "#define DUT_C_OFFSET UINT64_C(0x2)" in texts["c"]
    assert "8 bits of a word of 32, w1c" in texts["markdown"]
    assert "16 bits of a word of 64, rw" in texts["html"]
    widths = {one["name"]: (one["width"], one["access_width"]) for one in json.loads(texts["json"])["registers"]}
    assert (widths["A"], widths["Word"], widths["Zeros"]) == ((8, 32), (32, 64), (8, 8))


def test_blocks_end_with_a_word():
    device = codegen.loads(LANES)
    (lane,) = (child for child in device.root.children if child.name == "lane")
    assert (lane.type.size, lane.stride, lane.type.alignment) == (4, 4, 4)


@pytest.mark.parametrize("seed", range(3))
def test_any_layout_against_bytes(slot, seed):
    """Random words of lanes; registers are numbers, and all that their writes leave alone is compared."""
    chance = random.Random(seed)
    lines, places, at = ["schema: 1", "name: dut", "registers:"], {}, 0
    while len(places) < 24:
        width, step = chance.choice([(8, 32), (16, 32), (8, 64), (16, 64), (32, 64), (8, 8)])
        at += -at % (width // 8) + (chance.randrange(3) * (width // 8))
        access = chance.choice(["rw", "rw", "w1c", "w1s", "w0c", "ro", "w1t"])
        name, reset = f"r{len(places)}", chance.getrandbits(width)
        # A register of its own word must not lie in a lane's of another width.
        lines.append(
            f"  {name}: {{offset: {at:#x}, width: {width}, access_width: {step}, access: {access}, reset: {reset:#x}}}"
        )
        places[name] = [width, access, reset, at]
        at += width // 8
    acts = {
        "rw": lambda _, new: new,
        "ro": lambda old, _: old,
        "w1c": lambda old, new: old & ~new,
        "w1s": lambda old, new: old | new,
        "w0c": lambda old, new: old & new,
        "w1t": lambda old, new: old ^ new,
    }
    driver = load_class("\n".join(lines))
    slot.emulator.install_text(design_text(driver._design))
    slot.load(driver.afi_id())
    with slot.attach(driver) as device:
        for _ in range(150):
            name = chance.choice([name for name in places if places[name][1] != "ro"])
            width, access, held, _ = places[name]
            value = chance.getrandbits(width)
            register = getattr(device, name)
            way = chance.randrange(4)
            if way == 0:
                register.value = value
            elif way == 1:
                register.write(value)
            elif way == 2:
                register.modify(value=value)
            else:
                with device.batch() as view:
                    getattr(view, name).value = value
            places[name][2] = acts[access](held, value)
            assert register.read() == getattr(device, name).value == places[name][2]
        assert dict(device.snapshot().items()) == {name: held for name, (_, _, held, _) in places.items()}
        for width, _, held, offset in places.values():
            stored = [slot.emulator.peek(0, 0, offset + byte, 8) for byte in range(width // 8)]
            assert int.from_bytes(bytes(stored), "little") == held
