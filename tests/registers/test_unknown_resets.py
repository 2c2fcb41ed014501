"""Bits that nobody knows after a reset: shown as x, random on the card, and never invented by a write."""

from __future__ import annotations

import json

import pytest

import codegen
import hal
from codegen.views.difference import compare
from tests.support.processes import run_python

MAP = """
schema: 1
name: murky
registers:
  whole: {offset: 0x0, reset: unknown, count: 4, stride: 4}
  part:
    offset: 0x10
    reset: {value: 0x5A12, mask: 0xFF0F}
    fields: {low: {bits: 7:0}, high: {bits: 15:8}, flag: {bits: 16, reset: 1}}
  mix: {offset: 0x14, fields: {a: {bits: 7:0, reset: unknown}, b: {bits: 15:8, reset: 3}, go: {bits: 16, access: w1c, reset: unknown}}}
  told: {offset: 0x18, fields: {a: {bits: 7:0, access: wo, idle: last, reset: unknown}, b: {bits: 15:8, access: wo, idle: last}}}
  shade: {offset: 0x1C, shadow: true, reset: unknown, fields: {a: {bits: 7:0}, b: {bits: 15:8}}}
  wide: {offset: 0x20, width: 64, access_width: 32, fields: {v: {bits: 40:24, reset: unknown}, w: {bits: 3:0}}}
  sure: {offset: 0x28, fields: {a: {bits: 7:0}, b: {bits: 15:8, access: wo, idle: last, reset: unknown}}}
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "murky.yaml"
    file.write_text(MAP)
    return file


@pytest.fixture
def dev(slot, path):
    with hal.load_map(path).open(0) as device:
        yield device


def writes(trace):
    return [(access.offset, access.value) for access in trace if access.action == "write"]


def test_the_card_has_a_pattern_that_is_not_zero(dev, slot, path):
    first = [dev.whole[index].value for index in range(4)]
    assert all(first)
    assert len(set(first)) == 4
    assert (dev.part.high, dev.part.low & 0xF, dev.part.flag) == (0x5A, 0x2, 1)
    assert dev.part.low >> 4
    assert (dev.mix.b, dev.mix.go) == (3, 1)
    assert dev.mix.a
    assert dev.wide.v
    assert dev.wide.w == 0
    slot.clear()
    with hal.load_map(path).open(0) as again:
        assert [again.whole[index].value for index in range(4)] == first


def test_the_pattern_follows_its_seed(path):
    program = "import sys, hal; print(hal.load_map(sys.argv[1]).open(0).whole.read())"
    found = {
        seed: run_python(program, str(path), environment={"HAL_LIBRARY": "emulator", "HAL_CARD_SEED": seed}).stdout
        for seed in ("0", "1", "0x123")
    }
    assert len(set(found.values())) == 3
    assert all(text.startswith("[") for text in found.values())


@pytest.mark.parametrize(
    ("write", "names"),
    [
        (lambda dev: dev.whole[1].reset(), "value"),
        (lambda dev: dev.mix.reset(), "a"),
        (lambda dev: dev.mix.write(b=1), "a"),
        (lambda dev: dev.part.write(high=1), "low"),
        (lambda dev: dev.told.write(b=1), "a"),
        (lambda dev: dev.told.modify(b=1), "a"),
        (lambda dev: setattr(dev.told, "b", 1), "a"),
        (lambda dev: dev.told.reset(), "a"),
        (lambda dev: dev.shade.write(a=1), "b"),
        (lambda dev: dev.wide.write(w=1), "v"),
    ],
)
def test_no_write_invents_it(dev, slot, write, names):
    with slot.emulator.trace() as trace, pytest.raises(hal.AccessError) as caught:
        write(dev)
    assert writes(trace) == []
    assert f"the reset value of {names} is unknown, and this write would have to invent it" in str(caught.value)
    assert caught.value.path.startswith("murky.")


def test_writes_that_invent_nothing(dev, slot):
    dev.part.low = 0x34
    assert dev.part.read() & 0x1FFFF == 0x15A34
    with slot.emulator.trace() as trace:
        dev.mix.b = 9  # a is read and kept
        dev.mix.write(a=1, b=2)
        dev.told.a = 7  # b's reset is known
        dev.told.b = 8  # a was written
        dev.told.write(b=9)
        dev.shade.write(a=1, b=2)
        dev.whole[2].write(5)
    assert writes(trace)[1:] == [(0x14, 0x201), (0x18, 7), (0x18, 0x807), (0x18, 0x907), (0x1C, 0x201), (8, 5)]
    assert (dev.mix.b, dev.whole[2].value) == (2, 5)
    dev.part.modify(high=1)
    assert (dev.part.high, dev.part.low) == (1, 0x34)


def test_a_shadow_asks_once(dev, slot):
    before = dev.shade.b
    dev.shade.a = 0x11
    assert (dev.shade.a, dev.shade.b) == (0x11, before)


def test_batches_refuse_too(dev):
    with pytest.raises(hal.AccessError, match="the reset value of a is unknown"), dev.batch() as batch:
        batch.mix.write(b=1)


def test_snapshots_hold_it_and_restore_leaves_out_what_nobody_knows(dev):
    taken = dev.snapshot()
    dev.whole[0].value = 1
    dev.mix.b = 0
    assert dev.restore(taken) == ["sure"]
    assert dev.snapshot() == taken
    dev.sure.write(a=1, b=2)
    assert dev.restore(taken) == []


def test_what_is_declared(dev):
    assert dev.part.info["unknown"] == 0xF0
    assert type(dev.part).__doc__.startswith("32 bits, rw, reset 0x00015Ax2.")
    row = next(field for row in dev.walk() for field in row.fields if field.path == "part.low")
    assert (row.reset, row.unknown) == (2, 0xF0)


def test_every_output_says_it(path, tmp_path):
    codegen.generate([path], tmp_path, ["c", "systemverilog", "markdown", "html", "json", "python"])
    text = {item.suffix: item.read_text() for item in tmp_path.iterdir() if item.is_file()}
    assert (
        "#define MURKY_PART_RESET UINT32_C(0x15A02)\n#define MURKY_PART_RESET_KNOWN UINT32_C(0xFFFFFF0F)" in text[".h"]
    )
    assert "PART_RESET = 32'b000000000000000101011010xxxx0010;" in text[".sv"]
    for suffix in (".md", ".html"):
        assert "0x00015Ax2" in text[suffix]
        assert "0xxxxxxxxx" in text[suffix]
    registers = {register["name"]: register for register in json.loads(text[".json"])["registers"]}
    assert registers["Part"]["unknown"] == "0xF0"
    assert registers["Mix"]["fields"][0]["unknown"] == "0xFF"
    assert "reset=0x15A02, unknown=0xF0" in text[".py"]


def test_what_changes_between_maps():
    def map_of(reset):
        return codegen.loads(
            f"schema: 1\nname: x\nregisters: {{r: {{offset: 0, fields: {{f: {{bits: 7:0, reset: {reset}}}}}}}}}\n"
        )

    known, unknown = map_of("0x12"), map_of("unknown")
    assert [str(change) for change in compare(known, unknown)] == ["breaking    r.f reset changed: 0x12 -> 0xxx"]
    assert [str(change) for change in compare(unknown, known)] == ["regenerate  r.f reset changed: 0xxx -> 0x12"]
    assert known.digest != unknown.digest
