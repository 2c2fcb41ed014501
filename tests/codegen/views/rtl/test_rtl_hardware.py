"""The hardware's side in a simulator: what it gives, when it wins, what it is told, and interrupts."""

from __future__ import annotations

import random

import pytest

import codegen
from hal.access.hardware import Counter, Hardware
from tests.support.logic import CLOCKS, READ, RESET, WRITE, Logic

MAP = """
schema: 1
name: dut
registers:
  plain: {offset: 0x0, fields: {enable: {bits: 0, hw: read}, rate: {bits: 15:8, hw: both, we: true, reset: 7}, go: {bits: 16, pulse: true}}}
  raised: {offset: 0x4, access: w1c, fields: {s: {bits: 3:0, hw: set}, c: {bits: 7:4, hw: clear, access: rw, reset: 15}}}
  sticky: {offset: 0x8, access: w1c, fields: {bit: {bits: 3:0, sticky: bit}, field: {bits: 7:4, sticky: field}}}
  up: {offset: 0xC, fields: {value: {bits: 3:0, counter: {up: 3, saturate: true, clear: read}}}}
  down: {offset: 0x10, fields: {value: {bits: 3:0, access: rw, reset: 9, counter: {down: 2, saturate: true}}}}
  wraps: {offset: 0x14, fields: {value: {bits: 3:0, access: ro, reset: 2, counter: {up: 5, down: 4}}}}
  ends: {offset: 0x18, fields: {value: {bits: 3:0, access: ro, reset: 8, counter: {up: 5, down: 4, saturate: true}}}}
  pending: {offset: 0x1C, access: w1c, fields: {level: {bits: 0, intr: level}, rise: {bits: 1, intr: posedge}, fall: {bits: 2, intr: negedge}, both: {bits: 3, intr: bothedge}}}
  enable: {offset: 0x20, fields: {level: {bits: 0}, rise: {bits: 1}}}
  live: {offset: 0x24, access: ro, fields: {now: {bits: 7:0, hw: write}, wire: {bits: 8, intr: level, sticky: none}}}
  cycles: {offset: 0x28, width: 64, access_width: 32, words: latched, access: ro, hw: write}
  pops: {offset: 0x30, access: rc, fields: {data: {bits: 7:0, hw: write}}}
  lane: {offset: 0x40, count: 2, fields: {each: {bits: 1:0, count: 3, stride: 4, hw: both, we: true}}}
interrupts:
  level: {status: pending.level, enable: enable.level, clear: pending.level}
  rise: {status: pending.rise, enable: enable.rise, clear: pending.rise}
"""


@pytest.fixture(scope="module")
def logic(tmp_path_factory):
    return Logic(codegen.loads(MAP), tmp_path_factory.mktemp("logic"))


def reads(logic, operations):
    """What the reads of a list give, after a reset."""
    asked = [(RESET,), *operations]
    answers = iter(logic.run(asked))
    return [
        next(answers)[0]
        for op in asked
        if op[0] in (READ, WRITE)
        for _ in [0]
        if op[0] == READ or next(answers) is None
    ]


def test_fields_take_what_hardware_gives_as_models_do(logic):
    """The same words as hal.Model uses, one step after the other."""
    fields = {
        "raised.s.hwset": (0x4, 0, 4, Hardware("set"), 0),
        "raised.c.hwclr": (0x4, 4, 4, Hardware("clear"), 15),
        "sticky.bit_.next": (0x8, 0, 4, Hardware("write", sticky="bit"), 0),
        "sticky.field.next": (0x8, 4, 4, Hardware("write", sticky="field"), 0),
    }
    rng, operations, wanted = random.Random(3), [(RESET,)], []
    held = {path: reset for path, (_, _, _, _, reset) in fields.items()}
    for _ in range(150):
        path = rng.choice(list(fields))
        at, low, width, hardware, _ = fields[path]
        value = rng.getrandbits(width)
        if rng.random() < 0.6:
            operations += logic.pulsed(path, value)
            held[path] = hardware.driven(held[path], value, 0)
        elif path != "raised.c.hwclr":
            operations.append((WRITE, at, value << low | (15 << 4 if at == 4 else 0), 15))
            held[path] &= ~value
            held["raised.c.hwclr"] = 15 if at == 4 else held["raised.c.hwclr"]
            wanted.append(0)
        operations.append((READ, at))
        wanted.append(sum(held[other] << fields[other][1] for other in fields if fields[other][0] == at))
    assert [data for data, _ in logic.run(operations)] == wanted


def test_counters_count_wrap_and_end_as_models_do(logic):
    counters = {
        "up": (0xC, Counter(3, 0, True), 0),
        "down": (0x10, Counter(0, 2, True), 9),
        "wraps": (0x14, Counter(5, 4), 2),
        "ends": (0x18, Counter(5, 4, True), 8),
    }
    rng, operations, wanted = random.Random(5), [(RESET,)], []
    held = {name: reset for name, (_, _, reset) in counters.items()}
    for _ in range(120):
        name = rng.choice(list(counters))
        at, counter, _ = counters[name]
        events = rng.choice([1, 1, 2, 3, -1, -1, -2])
        if counter.incrvalue if events > 0 else counter.decrvalue:
            operations += logic.pulsed(f"{name}.value.{'incr' if events > 0 else 'decr'}", 1, abs(events))
            for _ in range(abs(events)):
                held[name] = counter.after(held[name], 1 if events > 0 else -1, 4)
        operations.append((READ, at))
        wanted.append(held[name])
        if name == "up":
            held[name] = 0  # a read clears it
    assert [data for data, _ in logic.run(operations)] == wanted


def test_an_event_up_and_one_down_in_one_clock_are_one_step(logic):
    operations = [(RESET,), *logic.given("ends.value.incr", 1), *logic.given("ends.value.decr", 1), (CLOCKS, 3)]
    operations += [*logic.given("ends.value.incr", 0), *logic.given("ends.value.decr", 0), (READ, 0x18)]
    assert logic.run(operations) == [(11, 0)]


def test_no_event_is_lost_where_software_clears_in_the_same_clock(logic):
    """A counter that counts in each clock, and is cleared by reads: every event is in one of them."""
    operations = [(RESET,), (READ, 0xC), *logic.given("up.value.incr", 1), (READ, 0xC), (READ, 0xC), (READ, 0xC)]
    answers = [data for data, _ in logic.run([*operations, *logic.given("up.value.incr", 0)])]
    # A read is taken in its first clock; the next one comes three clocks later.
    assert answers == [0, 0, 9, 9]


def test_edges_and_levels_of_interrupts(logic):
    operations, wanted = [(RESET,)], []
    held, given = 0, 0
    rng = random.Random(9)
    for _ in range(80):
        given = rng.getrandbits(1)
        before = held
        for name in ("level", "rise", "fall", "both"):
            operations += logic.given(f"pending.{name}.next", given)
        operations.append((CLOCKS, 1))
        last = wanted[-1][1] if wanted else 0
        edges = given | (given & ~last) << 1 | (last & ~given) << 2 | (given ^ last) << 3
        held = before | edges
        operations += [(READ, 0x1C)]
        wanted.append((held, given))
        if rng.random() < 0.4:
            operations.append((WRITE, 0x1C, 15, 15))
            wanted.append((0, given))
            held = given  # the level is still there
    for name in ("level", "rise", "fall", "both"):
        operations += logic.given(f"pending.{name}.next", 0)
    assert [data for data, _ in logic.run(operations)] == [data for data, _ in wanted]


def test_interrupt_lines_are_pending_and_enabled(logic):
    def line(*before):
        answers = logic.run([(RESET,), *before, *logic.all_told()])
        count = sum(operation[0] in (READ, WRITE) for operation in before)
        return logic.told(answers[count:], "irq")

    raised = logic.pulsed("pending.rise.next", 1)
    assert line(*raised) == 0
    assert line((WRITE, 0x20, 1, 15), *raised) == 0
    assert line((WRITE, 0x20, 2, 15), *raised) == 1
    assert line((WRITE, 0x20, 2, 15), *raised, (WRITE, 0x1C, 2, 15)) == 0


def test_wires_latches_and_enables(logic):
    long = 0x0000_0007_FFFF_FFFF
    operations = [(RESET,), *logic.given("live.now.next", 0xA5), *logic.given("live.wire_.next", 1), (READ, 0x24)]
    operations += [*logic.given("cycles.value.next", long), (READ, 0x28), *logic.given("cycles.value.next", long + 1)]
    operations += [(READ, 0x2C), (READ, 0x28), (READ, 0x2C)]
    operations += [*logic.given("plain.rate.next", 0x3C), (READ, 0x0), *logic.pulsed("plain.rate.we"), (READ, 0x0)]
    operations += [
        *logic.given("lane.each.next", 3, 4, 2),
        *logic.pulsed("lane.each.we", 1, 1, 4, 1),
        (READ, 0x40),
        (READ, 0x44),
    ]
    answers = [data for data, _ in logic.run(operations)]
    assert answers == [0x1A5, 0xFFFFFFFF, 7, 0, 8, 7 << 8, 0x3C << 8, 0, 3 << 4]


def test_hardware_is_told_values_and_accesses(logic):
    def told(path, *before):
        answers = logic.run([(RESET,), *before, *logic.all_told()])
        return logic.told(answers[sum(operation[0] in (READ, WRITE) for operation in before) :], path)

    assert told("plain.rate.value") == 7
    assert told("plain.rate.value", (WRITE, 0, 0x2B01, 3)) == 0x2B
    assert told("plain.rate.value", (WRITE, 0, 0x2B01, 1)) == 7  # only the lowest byte
    assert told("plain.enable.value", (WRITE, 0, 0x2B01, 1)) == 1
    assert told("lane.each.value", (WRITE, 0x44, 0x231, 15)) == 0b101101 << 6
    assert {"plain.enable.swmod", "plain.rate.swmod", "pops.data.swacc", "live.now.swacc"} <= set(logic.outputs)
    assert not {"live.now.value", "pending.rise.value", "up.value.value"} & set(logic.outputs)
