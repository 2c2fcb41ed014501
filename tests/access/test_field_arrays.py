"""Arrays of fields: a bank of GPIO and interrupt bits through driver, bus, card, header and JSON."""

from __future__ import annotations

import json
import random
import subprocess

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.views.difference import compare
from hal.texts.readings import read_place
from hal.texts.typed import find_place
from hal.texts.writes import plan_writes
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

BANK = """
schema: 1
name: dut
enums: {Drive: {low: 0, high: 1, open: 2}}
registers:
  out: {offset: 0x0, fields: {pin: {bits: 0, count: 32, format: bool, description: A pin.}}}
  pending: {offset: 0x4, fields: {irq: {bits: 0, count: 32, access: w1c, volatile: true}}}
  mode:
    offset: 0x8
    fields:
      drive: {bits: 1:0, count: 4, stride: 8, enum: Drive, reset: [low, high, open, low]}
      pull: {bits: 2, count: 4, stride: 8, first: 4, reset: 1}
      lock: {bits: 7}
  link: {offset: 0xC, fields: {gain: {bits: 7:0, index: [rx, tx], format: signed}, seen: {bits: 31, access: rc}}}
  wide: {offset: 0x10, width: 96, access_width: 32, fields: {tap: {bits: 11:0, count: 8}}}
  set: {offset: 0x20, fields: {go: {bits: 0, count: 3, access: wo, idle: 0}}}
  state: {offset: 0x24, access: ro, reset: 0x21, fields: {level: {bits: 3:0, count: 2}}}
  in: {offset: 0x28, fields: {reset: {bits: 0, count: 2}}}
"""


@pytest.fixture(scope="module")
def bank_class():
    return load_class(BANK)


@pytest.fixture
def dev(slot, bank_class):
    with on_card(slot, bank_class) as device:
        yield device


def test_an_element_is_a_field(dev, bus):
    assert bus(lambda: dev.out.pin.__setitem__(3, True)) == [("r", 0, 32, 0), ("w", 0, 32, 8)]
    assert bus(lambda: dev.pending.irq.__setitem__(5, 1)) == [("w", 4, 32, 0x20)]
    assert bus(lambda: dev.set.go.__setitem__(-1, 1)) == [("w", 0x20, 32, 4)]
    assert dev.out.pin[3] is True
    assert dev.out.pin[-29] is True
    assert (dev.mode.drive[1].name, dev.mode.drive[2].name) == ("HIGH", "OPEN")
    assert (dev.mode.pull[4], dev.mode.pull[7], len(dev.mode.pull)) == (1, 1, 4)
    dev.mode.pull[5] = 0
    assert dev.mode.read() == 0x0406_0104
    assert (dev.link.gain["tx"], dev.link.gain["rx"], dev.link.gain[1]) == (0, 0, 0)
    assert dev.state.level.read() == [1, 2]


def test_all_or_a_slice_take_one_read_and_one_write(dev, bus):
    assert bus(lambda: setattr(dev.out, "pin", [True] * 31 + [False])) == [("w", 0, 32, 0x7FFFFFFF)]
    assert bus(lambda: dev.out.pin.__setitem__(slice(4, 8), [0, 1, 0, 1])) == [
        ("r", 0, 32, 0x7FFFFFFF),
        ("w", 0, 32, 0x7FFFFFAF),
    ]
    values = []
    assert bus(lambda: values.append(dev.out.pin[4:8])) == [("r", 0, 32, 0x7FFFFFAF)]
    assert bus(lambda: values.append(list(dev.out.pin))) == [("r", 0, 32, 0x7FFFFFAF)]
    assert values == [[False, True, False, True], [True] * 4 + [False, True, False, True] + [True] * 23 + [False]]
    assert bus(lambda: dev.out.pin.__setitem__(slice(3, 3), [])) == []
    assert dev.mode.pull[5:7] == [1, 1]
    assert dev.mode.pull[::-2] == [1, 1]
    assert bus(lambda: dev.mode.modify(pull=[0, 1, 0, 1], lock=1)) == [
        ("r", 8, 32, 0x0406_0504),
        ("w", 8, 32, 0x0402_0580),
    ]
    assert dev.mode.fields() == {"drive": [0, 1, 2, 0], "pull": [0, 1, 0, 1], "lock": 1}
    dev.mode.write(drive=[1, 1, 1, 1])
    dev.mode.wait_for(drive=[1, 1, 1, 1], timeout=1)
    with pytest.raises(
        hal.WaitTimeoutError, match=r"drive=\[2, 1, 1, 1\] .* \(drive=\[HIGH, HIGH, HIGH, HIGH\], pull=\[1, 1, 1, 1\]\)"
    ):
        dev.mode.wait_for(drive=[2, 1, 1, 1], timeout=0.001)


def test_elements_cross_words(dev, bus):
    dev.wide.tap = range(1, 9)
    assert dev.wide.read() == sum(number << 12 * (number - 1) for number in range(1, 9))
    assert dev.wide.tap[2] == 3
    assert bus(lambda: dev.wide.tap[0:2]) == [("r", 0x10, 32, 0x03002001)]
    dev.wide.tap[2] = 0xFFF
    assert dev.wide.tap.read() == [1, 2, 0xFFF, 4, 5, 6, 7, 8]


def test_what_is_wrong_is_told_and_writes_nothing(dev, bus):
    cases = [
        (lambda: dev.out.pin[32], IndexError, r"dut\.out \(app BAR 0, 0x0\): pin\[32\] is outside of its 32 elements"),
        (lambda: dev.mode.pull[3], IndexError, r"pull\[3\] is outside of its 4 elements"),
        (lambda: dev.link.gain["up"], IndexError, r"gain\[up\] is none of rx, tx"),
        (lambda: dev.out.pin[1.5], TypeError, "an index is an integer, a name or a slice"),
        (lambda: dev.out.pin.write([1]), ValueError, "pin: 32 values are needed and 1 were given; nothing was written"),
        (lambda: setattr(dev.out, "pin", 1), TypeError, "pin: an iterable of values is needed"),
        (
            lambda: dev.link.gain.write([1, 200]),
            ValueError,
            r"dut\.link\.gain\[tx\] .*bits 15:8\): 200 is out of range",
        ),
        (lambda: dev.mode.drive.__setitem__(1, 3), ValueError, r"dut\.mode\.drive\[1\] .*3 is no Drive"),
        (lambda: dev.mode.modify(drive=[0] * 4, **{"drive[1]": 1}), TypeError, r"drive\[1\] is given twice"),
        (lambda: dev.state.level.__setitem__(0, 1), AttributeError, r"dut\.state\.level\[0\] .* it is read-only"),
        (lambda: dev.set.go[0], AttributeError, r"dut\.set\.go\[0\] .* it is write-only"),
        (lambda: dev.set.go[:], AttributeError, "it is write-only"),
        (
            lambda: dev.link.gain.__setitem__("rx", 1),
            AttributeError,
            r"gain must be read back, and a read changes seen",
        ),
        (lambda: setattr(dev.out, "pins", [1]), AttributeError, "has no field 'pins'; did you mean pin"),
    ]

    def refused():
        for call, kind, text in cases:
            with pytest.raises(hal.HalError, match=text) as caught:
                call()
            assert isinstance(caught.value, kind)

    assert bus(refused) == []


def test_names_of_python_are_in_the_way(dev):
    dev.in_.reset_[1] = 1
    assert dev.snapshot()["in.reset[1]"] == 1
    assert dev.in_.info["fields"]["reset_"].startswith("2 elements, 1 bits apart: bit 0, rw")


def test_snapshots_batches_and_models(dev, slot, bank_class):
    before = dev.snapshot()
    batch = dev.batch()
    with batch as view:
        view.out.pin[1] = 1
        view.mode.drive[0:2] = [2, 2]
        read = batch.read(view.mode, "drive[1]")
    assert read.value.name == "OPEN"
    after = dev.snapshot()
    assert [change.path for change in before.diff(after)] == ["out.pin[1]", "mode.drive[0]", "mode.drive[1]"]
    assert after["out.pin[1]"] is True
    assert [member.name for member in after["mode.drive"]] == ["OPEN", "OPEN", "OPEN", "LOW"]
    assert after.fields("mode")["pull"] == [1] * 4
    dev.restore(before)
    assert dev.snapshot() == before
    assert hal.Snapshot.from_json(before.to_json().replace(before.to_dict()["digest"], "old"), bank_class) == before
    rows = {field.path: (field.lsb, field.reset) for row in dev.walk() for field in row.fields}
    assert (rows["mode.drive[2]"], rows["mode.pull[4]"], rows["link.gain[tx]"]) == ((16, 2), (2, 1), (8, 0))

    class Model(hal.Model):
        def on_write(self, path, value):
            if path == "out":
                self.set("pending.irq[7]", self.get("out.pin[7]"))

    slot.emulator.set_model(Model(bank_class))
    dev.out.pin[7] = True
    assert dev.pending.irq[7] == 1
    slot.emulator.set_model(None)


def test_what_a_class_says(bank_class, dev):
    assert repr(type(dev.out).pin) == "<32 fields pin, 1 bits apart: bit 0, rw>"
    assert repr(dev.mode) == (
        "<Mode dut.mode (app BAR 0, 0x8) = 0x04060504: drive=[LOW, HIGH, OPEN, LOW], pull=[1, 1, 1, 1], lock=0>"
    )
    assert {"pin"} == {name for name in dir(dev.out) if "pin" in name}
    assert type(dev.pending).irq.elements[0].overwrites == ()


def test_the_command_line_names_elements(dev):
    place = find_place(dev, "mode.drive[2]")
    assert (place.node, place.field.lsb, read_place(place, effects=False)[0].text) == (dev.mode, 16, "OPEN")
    assert read_place(find_place(dev, "mode"), effects=False)[0].text.startswith(
        "0x04060504 (drive=[LOW, HIGH, OPEN, LOW]"
    )
    for write in plan_writes(dev, [("mode.drive[2]", "high"), ("mode.pull[4]", "0"), ("link", "0x500")]):
        write.run()
    assert (dev.mode.drive[2].name, dev.mode.pull[4], dev.link.gain["tx"]) == ("HIGH", 0, 5)
    for path, text in (
        ("out.pin", r"out.pin is an array of fields: name one of them, as in pin\[0\], pin\[1\], pin\[2\]"),
        ("out.pin[32]", r"has no field 'pin\[32\]'"),
    ):
        with pytest.raises(hal.FieldNameError, match=text):
            find_place(dev, path)


def test_any_array_against_bits(slot):
    """Random elements, slices and registers, against one integer."""
    chance = random.Random(3)
    shapes = [(1, 1, 32, 0), (2, 4, 7, 3), (5, 6, 4, 2), (3, 3, 20, 1), (9, 11, 5, 4)]
    lines = ["schema: 1", "name: dut", "registers:"]
    for number, (bits, stride, count, lsb) in enumerate(shapes):
        lines.append(
            f"  r{number}: {{offset: {8 * number}, width: 64, access_width: 32, fields: "
            f"{{f: {{bits: {lsb + bits - 1}:{lsb}, count: {count}, stride: {stride}}}}}}}"
        )
    driver = load_class("\n".join(lines))
    slot.emulator.provide(driver)
    held = [0] * len(shapes)
    with slot.attach(driver) as device:
        for _ in range(200):
            number = chance.randrange(len(shapes))
            bits, stride, count, lsb = shapes[number]
            register = getattr(device, f"r{number}")
            first = chance.randrange(count)
            last = chance.randint(first, count)
            values = [chance.getrandbits(bits) for _ in range(first, last)]
            if chance.random() < 0.5:
                values, last = [chance.getrandbits(bits)], first + 1
                register.f[first] = values[0]
            else:
                register.f[first:last] = values
            for at, value in zip(range(first, last), values, strict=True):
                low = lsb + at * stride
                held[number] = held[number] & ~(((1 << bits) - 1) << low) | value << low
            assert register.read() == held[number]
            expected = [held[number] >> (lsb + at * stride) & ((1 << bits) - 1) for at in range(count)]
            assert register.f.read() == expected
            assert register.f[first] == expected[first]


def test_headers_documents_and_json(tmp_path):
    device = codegen.loads(BANK)
    texts = {
        name: "".join(render(device, LANGUAGES[name]).values()) for name in LANGUAGES if name not in ("json", "rtl")
    }
    (tmp_path / "dut.h").write_text(texts["c"])
    (tmp_path / "main.c").write_text(
        '#include "dut.h"\n_Static_assert(DUT_PENDING_IRQ_MASK(31) == 0x80000000 && DUT_MODE_DRIVE_SHIFT(2) == 16 && '
        "DUT_MODE_DRIVE_COUNT == 4 && DUT_MODE_DRIVE_STRIDE == 8 && DUT_MODE_PULL_MASK(5) == 0x400 && "
        'DUT_MODE_RESET == 0x04060504 && DUT_LINK_GAIN_MASK(DUT_LINK_GAIN_TX) == 0xFF00, "");\n'
        "int main(void) { return 0; }\n"
    )
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Werror", "main.c"], cwd=tmp_path, check=True, timeout=LIMIT)
    assert "MODE_DRIVE_SHIFT = 0;" in texts["systemverilog"]
    assert "MODE_DRIVE_STRIDE = 8;" in texts["systemverilog"]
    assert "LINK_GAIN_TX = 1;" in texts["systemverilog"]
    assert "| 1:0, 9:8 .. 25:24 | drive\\[0..3\\] | rw | `0x0, 0x1, 0x2, 0x0` |" in texts["markdown"]
    assert "| 15:0 | gain\\[rx, tx\\] |" in texts["markdown"]
    assert " irq[0..31] " in texts["html"]
    (text,) = render(device, LANGUAGES["json"]).values()
    fields = {field["name"]: field for register in json.loads(text)["registers"] for field in register["fields"]}
    assert fields["drive"]["array"] == {"count": 4, "stride": 8, "first": 0, "index": []}
    assert (fields["drive"]["resets"], fields["drive"]["mask"], fields["pin"]["plan"]) == (
        [0, 1, 2, 0],
        "0x3030303",
        "modify",
    )
    assert fields["lock"]["array"] is None
    assert "pin = hal.field_array(hal.rw(0, 0, bool), count=32, stride=1, doc=" in texts["python"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("count: 4, stride: 8, enum", "count: 3, stride: 8, enum", None),
        (
            "stride: 8, first: 4",
            "stride: 8, first: 5",
            "breaking    mode.pull elements changed: 4, 5, 6, 7 -> 5, 6, 7, 8",
        ),
        ("bits: 3:0, count: 2", "bits: 3:0", "breaking    state.level array changed: array of 2 -> no array"),
        ("bits: 3:0, count: 2", "bits: 3:0, count: 4", "compatible  state.level elements changed: 0, 1 -> 0, 1, 2, 3"),
        ("open, low]", "open, high]", "regenerate  mode.drive reset changed: 0x0, 0x1, 0x2, 0x0 -> 0x0, 0x1, 0x2, 0x1"),
    ],
)
def test_diff_tells_what_changed(old, new, text):
    assert old in BANK
    if text is None:
        with pytest.raises(codegen.MapError, match="4 resets for 3 elements"):
            codegen.loads(BANK.replace(old, new))
        return
    assert text in [str(change) for change in compare(codegen.loads(BANK), codegen.loads(BANK.replace(old, new)))]
