"""Steps of a batch one by one: to which BAR and register each goes, and how many there are."""

from __future__ import annotations

import pytest

from tests.support.cards import on_card
from tests.support.dut import load_class

PLAIN = 'fields: {a: {bits: "3:0"}, b: {bits: "7:4"}, c: {bits: "31:8"}}'
MAP = f"""
schema: 1
name: dut
afi: {{ids: [agfi-0fedcba9876543210]}}
registers:
  left: {{offset: 0x0, {PLAIN}}}
  right: {{offset: 0x4, {PLAIN}}}
  high: {{offset: 0x8, width: 64, access_width: 32, words: high-first, fields: {{low: {{bits: "7:0"}}, top: {{bits: "63:56"}}, mid: {{bits: "39:24"}}}}}}
  bank: {{offset: 0x100, count: 400, {PLAIN}}}
  key: {{offset: 0x40, access: wo}}
  config: {{offset: 0x44, unlock: [{{key: 0x11}}, {{key: 0x22}}], {PLAIN}}}
blocks:
  far: {{space: {{pf: app, bar: 2}}, offset: 0, registers: {{left: {{offset: 0, {PLAIN}}}}}}}
  shell: {{space: {{pf: mgmt, bar: 4}}, offset: 0, registers: {{left: {{offset: 0, {PLAIN}}}}}}}
"""


@pytest.fixture(scope="module")
def steps_class():
    return load_class(MAP)


@pytest.fixture
def steps(slot, steps_class):
    with on_card(slot, steps_class) as device:
        yield device


@pytest.fixture
def places(slot):
    """Runs a function; where its accesses went: "r" or "w", function, BAR, offset and value."""

    def seen(function):
        with slot.emulator.trace() as trace:
            function()
        return [(access.action[0], access.pf, access.bar, access.offset, access.value) for access in trace]

    return seen


def test_updates_of_neighbouring_steps_go_each_to_its_bar(steps, places):
    def batch():
        with steps.batch() as d:
            d.left.a = 1
            d.far.left.a = 2
            d.shell.left.b = 3
            d.left.b = 4

    assert places(batch) == [
        ("r", 0, 0, 0, 0),
        ("w", 0, 0, 0, 0x1),
        ("r", 0, 2, 0, 0),
        ("w", 0, 2, 0, 0x2),
        ("r", 1, 4, 0, 0),
        ("w", 1, 4, 0, 0x30),
        ("r", 0, 0, 0, 0x1),
        ("w", 0, 0, 0, 0x41),
    ]


def test_reads_and_writes_of_neighbouring_steps_go_each_to_its_bar(steps, places):
    pending = steps.batch()

    def batch():
        with pending as d:
            for register in (d.left, d.far.left, d.shell.left):
                register.write(7)
            for register in (d.left, d.far.left, d.shell.left):
                pending.read(register)

    bars = [(0, 0), (0, 2), (1, 4)]
    assert [row[:3] for row in places(batch)] == [("w", *bar) for bar in bars] + [("r", *bar) for bar in bars]


@pytest.mark.parametrize(
    ("first", "second"),
    [(lambda d: d.left, lambda d: d.right), (lambda d: d.left, lambda d: d.far.left)],
    ids=["offset", "bar"],
)
def test_fields_of_two_registers_are_not_merged(steps, places, first, second):
    def batch():
        with steps.batch() as d:
            first(d).a = 1
            second(d).b = 2

    assert [(row[0], row[-1]) for row in places(batch)] == [("r", 0), ("w", 1), ("r", 0), ("w", 0x20)]


def test_what_is_merged_is_what_was_written_last(steps):
    """The second write of a merge keeps what the first one wrote, and both leave the other bits."""
    steps.left.write(0xFFFF_FF00)
    with steps.batch() as d:
        d.left.a = 0xA
        d.left.b = 0x5
    assert steps.left.read() == 0xFFFF_FF5A


@pytest.mark.parametrize("count", [1, 63, 64, 65, 400])
def test_every_step_of_a_long_batch_is_made_once_and_in_order(steps, places, count):
    def batch():
        with steps.batch() as d:
            for index in range(count):
                d.bank[index].write(index + 1)

    assert places(batch) == [("w", 0, 0, 0x100 + 4 * index, index + 1) for index in range(count)]


@pytest.mark.parametrize("count", range(1, 10))
def test_a_batch_ends_with_its_last_step_whatever_a_longer_one_left(steps, places, count):
    """The list is used again: behind its end lie the steps of the batch before."""
    for kind in ("write", "update", "read"):
        for steps_made in (12, count):
            pending = steps.batch()

            def batch(kind=kind, steps_made=steps_made, pending=pending):
                with pending as d:
                    for index in range(steps_made):
                        if kind == "write":
                            d.bank[index].write(1)
                        elif kind == "update":
                            d.bank[index].a = 2
                        else:
                            pending.read(d.bank[index])

            offsets = [row[3] for row in places(batch)]
            each = 2 if kind == "update" else 1
            assert offsets == [0x100 + 4 * index for index in range(steps_made) for _ in range(each)]


def test_words_are_taken_high_first(steps, places):
    pending, values = steps.batch(), []
    steps.high.write(0x1122_3344_5566_7788)

    def read():
        with pending as d:
            values.extend([pending.read(d.high), pending.read(d.high, "mid"), pending.read(d.high, "low")])

    assert [row[3] for row in places(read)] == [0xC, 0x8, 0xC, 0x8]
    assert [future.value for future in values] == [0x1122_3344_5566_7788, 0x4455, 0x88]

    def write():
        with steps.batch() as d:
            d.high.write(5 << 32 | 6)
            d.high.mid = 0xABCD

    assert places(write) == [
        ("w", 0, 0, 0xC, 5),
        ("w", 0, 0, 0x8, 6),
        ("r", 0, 0, 0xC, 5),
        ("w", 0, 0, 0xC, 0xAB),
        ("r", 0, 0, 0x8, 6),
        ("w", 0, 0, 0x8, 0xCD000006),
    ]


@pytest.mark.parametrize("before", range(59, 66))
def test_steps_that_belong_together_find_room_together(steps, places, before):
    """The list grows at its 64th step, wherever among them that is."""

    def batch():
        with steps.batch() as d:
            for index in range(before):
                d.bank[index].write(index)
            d.config.a = 5
            d.bank[before].write(before)

    def written(index):
        return ("w", 0, 0, 0x100 + 4 * index, index)

    unlocked = [("w", 0, 0, 0x40, 0x11), ("w", 0, 0, 0x40, 0x22), ("w", 0, 0, 0x44, 0x5)]
    made = [row for row in places(batch) if row[0] == "w"]
    assert made == [*map(written, range(before)), *unlocked, written(before)]
