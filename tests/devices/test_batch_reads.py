"""What is read in a batch: which bus accesses it takes, and what the futures hold."""

from __future__ import annotations

import gc
import struct
import sys
import threading
import weakref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

MAP = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
enums: {Mode: {off: 0, on: 1, fast: 5}}
registers:
  plain:
    offset: 0x0
    fields:
      a: {bits: "3:0"}
      mode: {bits: "6:4", enum: Mode}
      on: {bits: 7, format: bool}
      level: {bits: "15:8", format: signed}
      gain: {bits: "23:16", format: {fixed: {signed: false, fraction_bits: 4}}}
      flag: {bits: 24, access: w1c}
  real: {offset: 0x4, fields: {f: {bits: "31:0", format: float32}}}
  quad: {offset: 0x8, width: 64, fields: {low: {bits: "31:0"}, all: {bits: "63:32"}}}
  low: {offset: 0x10, width: 96, access_width: 32, fields: {a: {bits: "7:0"}, cross: {bits: "39:24"}, c: {bits: "95:80"}}}
  high: {offset: 0x20, width: 64, access_width: 32, words: high-first, fields: {a: {bits: "7:0"}, cross: {bits: "39:24"}}}
  big: {offset: 0x28, width: 64, access_width: 32, endian: big, fields: {a: {bits: "7:0"}, top: {bits: "63:48"}}}
  latched: {offset: 0x30, width: 64, access_width: 32, words: latched, fields: {a: {bits: "15:0"}, b: {bits: "47:32"}}}
  lane: {offset: 0x3A, width: 8, access_width: 32, fields: {lo: {bits: "3:0"}, hi: {bits: "7:4", format: signed}}}
  asked: {offset: 0x3C, access: wo}
"""
SIZE = 0x3C


def signed(bits, width):
    return bits - (1 << width) if bits >> (width - 1) else bits


# Of each register: its offset and bytes, and the bus words by the bytes of the register that they hold, as accessed.
WORDS = {
    "plain": (0x0, 4, [(0x0, 32, 0, 4)]),
    "real": (0x4, 4, [(0x4, 32, 0, 4)]),
    "quad": (0x8, 8, [(0x8, 64, 0, 8)]),
    "low": (0x10, 12, [(0x10, 32, 0, 4), (0x14, 32, 4, 8), (0x18, 32, 8, 12)]),
    "high": (0x20, 8, [(0x24, 32, 4, 8), (0x20, 32, 0, 4)]),
    "big": (0x28, 8, [(0x2C, 32, 0, 4), (0x28, 32, 4, 8)]),
    "latched": (0x30, 8, [(0x30, 32, 0, 4), (0x34, 32, 4, 8)]),
    "lane": (0x3A, 1, [(0x38, 32, 0, 1)]),
}
# Of each field: its bits, and the value that they are.
FIELDS = {
    ("plain", "a"): (3, 0, int),
    ("plain", "mode"): (6, 4, int),
    ("plain", "on"): (7, 7, bool),
    ("plain", "level"): (15, 8, lambda bits: signed(bits, 8)),
    ("plain", "gain"): (23, 16, lambda bits: bits / 16),
    ("plain", "flag"): (24, 24, int),
    ("real", "f"): (31, 0, lambda bits: struct.unpack("<f", struct.pack("<I", bits))[0]),
    ("quad", "low"): (31, 0, int),
    ("quad", "all"): (63, 32, int),
    ("low", "a"): (7, 0, int),
    ("low", "cross"): (39, 24, int),
    ("low", "c"): (95, 80, int),
    ("high", "a"): (7, 0, int),
    ("high", "cross"): (39, 24, int),
    ("big", "a"): (7, 0, int),
    ("big", "top"): (63, 48, int),
    ("latched", "a"): (15, 0, int),
    ("latched", "b"): (47, 32, int),
    ("lane", "lo"): (3, 0, int),
    ("lane", "hi"): (7, 4, lambda bits: signed(bits, 4)),
}
ASKED = st.lists(st.sampled_from([*FIELDS, *((name, "") for name in WORDS)]), min_size=1, max_size=8)


def held(memory, name):
    """What a register holds in these bytes of the BAR."""
    start, count, _ = WORDS[name]
    lowest = memory[start : start + count]
    if name == "big":
        lowest = lowest[4:] + lowest[:4]
    return int.from_bytes(lowest, "little")


def wanted_of(memory, name, field):
    """The value that a read is to give, and the bits of the register that it asks for."""
    bits = held(memory, name)
    if not field:
        return bits, (1 << 8 * WORDS[name][1]) - 1
    msb, lsb, value = FIELDS[name, field]
    mask = ((2 << msb) - 1) & ~((1 << lsb) - 1)
    return value((bits & mask) >> lsb), mask


def words_of(name, mask):
    """The bus words that these bits take, in their order: from the lowest to the highest that has any of them."""
    _, _, words = WORDS[name]
    if name == "latched":
        return [word[:2] for word in words]
    low, high = (mask & -mask).bit_length() - 1, mask.bit_length() - 1
    return [word[:2] for word in words if word[3] * 8 > low and word[2] * 8 <= high]


def reads_of(memory, asked):
    """The bus reads of a batch that asks for these, by the words of the manual."""
    accesses, register, named, places = [], None, 0, set()
    for name, field in asked:
        _, mask = wanted_of(memory, name, field)
        if name != register or named & mask:
            register, named, places = name, 0, set()
        named |= mask
        for word in words_of(name, mask):
            if word not in places:
                places.add(word)
                accesses.append(word)
    return accesses


@pytest.fixture(scope="module")
def asked_class():
    return load_class(MAP)


@pytest.fixture
def device(slot, asked_class):
    with on_card(slot, asked_class) as opened:
        yield opened


def fill(device, memory):
    for offset in range(0, SIZE, 4):
        device.slot.emulator.poke(0, 0, offset, int.from_bytes(memory[offset : offset + 4], "little"))


@given(st.binary(min_size=SIZE, max_size=SIZE), ASKED, st.booleans())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_reads_are_the_words_of_the_model_and_have_its_values(device, memory, asked, own):
    fill(device, memory)
    batch = device.batch()
    with device.slot.emulator.trace() as trace, batch as view:
        where = device if own else view
        futures = [batch.read(getattr(where, name), field) for name, field in asked]
        assert len(batch) == len(reads_of(memory, asked))
    assert [(access.action[0], access.offset, access.width) for access in trace] == [
        ("r", *word) for word in reads_of(memory, asked)
    ]
    for future, (name, field) in zip(futures, asked, strict=True):
        wanted, _ = wanted_of(memory, name, field)
        alone = getattr(getattr(device, name), field) if field else getattr(device, name).read()
        assert repr(future.value) == repr(alone)
        assert future.value == wanted or wanted != wanted  # noqa: PLR0124  (it is no number)
        assert future.done


def test_what_joined_a_read_is_read_again_when_it_is_asked_for_again(device):
    batch = device.batch()
    with device.slot.emulator.trace() as trace, batch:
        for field in ("a", "level", "level"):
            batch.read(device.plain, field)
    assert [access.offset for access in trace] == [0, 0]


def test_many_registers_are_told_apart(slot):
    """More than there are places for them at first, so that some meet."""
    with load_class("schema: 1\nname: dut\nregisters: {r: {offset: 0, count: 200, stride: 4}}\n").open(
        0, slot.library
    ) as dut:
        for number in range(200):
            slot.emulator.poke(0, 0, 4 * number, 1000 + number)
        for _ in range(2):
            batch = dut.batch()
            with batch:
                futures = [batch.read(register) for register in dut.r]
            assert [future.value for future in futures] == list(range(1000, 1200))


@pytest.mark.skipif(not hal.accelerated, reason="the accelerator is switched off")
@pytest.mark.parametrize(("name", "field"), list(FIELDS))
def test_collecting_what_was_asked_before_takes_no_frame(device, name, field):
    batch = device.batch()
    register = getattr(device, name)
    with batch:
        batch.read(register), batch.read(register, field)
    calls = []
    with batch:
        sys.setprofile(lambda frame, event, _: calls.append(frame.f_code.co_name) if event == "call" else None)
        try:
            first, second = batch.read(register), batch.read(register, field)
        finally:
            sys.setprofile(None)
        assert calls == []
        assert len(batch) == len(reads_of(bytes(SIZE), [(name, ""), (name, field)]))
    assert (first.value, second.value) == (register.read(), getattr(register, field))


def test_a_name_is_known_by_its_letters(device):
    device.plain.a = 9
    batch = device.batch()
    with batch:
        names = ["gain"[:2] + "in", "level", str(b"a", "ascii")]
        futures = [batch.read(device.plain, name) for name in names]
        named = batch.read(register=device.plain, field="a")
        for wrong in ("b", "A", 3, None, b"a"):
            with pytest.raises((hal.FieldNameError, hal.FieldTypeError)):
                batch.read(device.plain, wrong)
    assert [future.value for future in futures] == [device.plain.gain, device.plain.level, 9]
    assert named.value == 9


class Keyed(hal.Register):
    """A register that a user has made equal to everything."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def test_registers_are_told_apart_whatever_they_are_equal_to(slot):
    driver = load_class(MAP.replace("  asked:", "  bank: {offset: 0x100, count: 3}\n  asked:"))
    with on_card(slot, driver) as device:
        for number in range(3):
            device.bank[number].write(number + 1)
        kept = [type(device.bank[number]) for number in range(3)]
        assert len(set(kept)) == 1
        kept[0].__eq__, kept[0].__hash__ = Keyed.__eq__, Keyed.__hash__
        for _ in range(2):
            batch = device.batch()
            with batch:
                futures = [batch.read(device.bank[number]) for number in range(3)]
                assert len(batch) == 3
            assert [future.value for future in futures] == [1, 2, 3]


def test_a_write_after_a_read_does_not_join_it(device):
    batch = device.batch()
    with device.slot.emulator.trace() as trace, batch as view:
        batch.read(view.plain, "level")
        view.plain.a = 3
        batch.read(view.plain, "mode")
    assert [access.action[0] for access in trace] == ["r", "r", "w", "r"]


def test_what_one_block_asked_for_is_not_known_in_the_next(device):
    batch = device.batch()
    for _ in range(2):
        with device.slot.emulator.trace() as trace, batch:
            batch.read(device.plain, "a")
        assert len(trace) == 1
    with pytest.raises(ZeroDivisionError), batch:
        batch.read(device.plain, "a")
        raise ZeroDivisionError
    with device.slot.emulator.trace() as trace, batch:
        future = batch.read(device.plain, "mode")
    assert (len(trace), future.value) == (1, device.plain.mode)


def test_refusals_collect_nothing(device):
    batch, other = device.batch(), device.batch()
    with pytest.raises(hal.BatchError, match="only inside of its with block"):
        batch.read(device.plain)
    with batch, other:
        batch.read(device.plain)
        with pytest.raises(hal.AccessError, match=r"dut\.asked .*write-only|dut\.asked .*can't be read"):
            batch.read(device.asked)
        assert (len(batch), len(other)) == (1, 0)
    with pytest.raises(hal.BatchError, match="only inside of its with block"):
        batch.read(device.plain)


def test_a_future_is_made_by_a_batch_alone():
    with pytest.raises(hal.FieldTypeError, match=r"batch\.read\(register\)"):
        hal.Future()


def test_threads_that_ask_in_one_batch_get_their_own_values(slot):
    driver = load_class(MAP.replace("  asked:", "  bank: {offset: 0x100, count: 64}\n  asked:"))
    with on_card(slot, driver) as device:
        for number in range(64):
            device.bank[number].write(number)
        batch = device.batch()
        found = {}

        def ask(start):
            for number in range(start, 64, 4):
                found[number] = batch.read(device.bank[number])

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with batch:
                threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(LIMIT)
        finally:
            sys.setswitchinterval(interval)
        assert {number: future.value for number, future in found.items()} == {number: number for number in range(64)}


def test_what_was_asked_for_keeps_no_device(slot, asked_class):
    device = on_card(slot, asked_class)
    batch = device.batch()
    with batch:
        future = batch.read(device.plain, "a")
        batch.read(device.low, "cross")
    gone = weakref.ref(device)
    device.close()
    del device, batch, future
    gc.collect()
    assert gone() is None
