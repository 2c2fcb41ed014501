"""What the core's functions refuse, called as any C program may call them: before the bus is touched."""

from __future__ import annotations

import math
import threading
import time

import pytest

from hal._binding import CollectingBar, StepList
from hal._native import ffi, lib
from tests.support.forks import in_child
from tests.support.processes import LIMIT

ARGUMENT, ALIGN, RANGE, VALUE = lib.HAL_E_ARGUMENT, lib.HAL_E_ALIGN, lib.HAL_E_RANGE, lib.HAL_E_VALUE
STALE, ENDED = lib.HAL_E_STALE, lib.HAL_E_ENDED
READ, WRITE, MODIFY = lib.HAL_OP_READ, lib.HAL_OP_WRITE, lib.HAL_OP_MODIFY
BIG_ENDIAN = lib.HAL_BIG_ENDIAN
MOST = lib.HAL_WORDS_MAX
NULL = ffi.NULL
LONG = 6  # seconds of waits that are to end much sooner


def port_of(bar, offset=0, width=32, shift=0, bits=32, keep=0, ones=0):
    port = ffi.new("hal_port *")
    assert lib.hal_port_prepare(port, bar._bar, bar._generation, offset, width, shift, bits, keep, ones) == 0
    return port


# -- ports ------------------------------------------------------------------------------------------------------------


def test_places_and_fields_of_ports(attached, untouched):
    bar, generation, size = attached._bar, attached._generation, attached.size
    port = ffi.new("hal_port *")

    def prepare(offset, width, shift, bits, at=bar, given=generation, into=port):
        return lambda: lib.hal_port_prepare(into, at, given, offset, width, shift, bits, 0, 0)

    refused = {
        prepare(0, 32, 0, 32, into=NULL): ARGUMENT,
        prepare(0, 32, 0, 32, at=NULL): ARGUMENT,
        prepare(0, 16, 0, 8): ARGUMENT,
        prepare(0, 0, 0, 1): ARGUMENT,
        prepare(0, 32, -1, 8): ARGUMENT,
        prepare(0, 32, 0, 0): ARGUMENT,
        prepare(0, 32, 8, -1): ARGUMENT,
        prepare(0, 32, 1, 32): ARGUMENT,
        prepare(0, 8, 0, 9): ARGUMENT,
        prepare(0, 32, 32, 1): ARGUMENT,
        prepare(2, 32, 0, 32): ALIGN,
        prepare(1, 32, 0, 32): ALIGN,
        prepare(4, 64, 0, 64): ALIGN,
        prepare(size, 32, 0, 32): RANGE,
        prepare(size, 8, 0, 8): RANGE,
        prepare(size + 4, 32, 0, 32): RANGE,
        prepare((1 << 64) - 4, 32, 0, 32): RANGE,
        prepare(0, 32, 0, 32, given=generation + 1): lib.hal_state(bar, generation + 1),
    }
    assert untouched(*refused) == list(refused.values())
    assert 0 not in refused.values()
    assert port.bar == NULL  # nothing was prepared
    for offset, width, shift, bits in ((size - 4, 32, 31, 1), (size - 8, 64, 0, 64), (size - 1, 8, 7, 1), (3, 8, 0, 8)):
        assert prepare(offset, width, shift, bits)() == 0
        assert (port.offset, port.width, port.shift, port.mask) == (offset, width, shift, (1 << bits) - 1)


def test_ports_of_a_register_are_all_placed_or_none(attached):
    bar, generation, size = attached._bar, attached._generation, attached.size

    def place(rows, offset, at=bar, given=generation):
        plans, ports = ffi.new("hal_port[]", len(rows)), ffi.new("hal_port[]", len(rows))
        for plan, (distance, width, shift) in zip(plans, rows, strict=True):
            plan.offset, plan.width, plan.shift, plan.mask = distance, width, shift, 1
        code = lib.hal_ports_place(ports, plans, len(rows), at, given, offset)
        return code, [port.offset for port in ports if port.bar != NULL]

    good = (0, 32, 0)
    assert place([good, (4, 32, 31), (0, 0, 0)], 0x10) == (0, [0x10, 0x14])
    assert place([good, (4, 32, 0)], size - 8) == (0, [size - 8, size - 4])
    for rows, offset, code in (
        ([good, (4, 32, 0)], size - 4, RANGE),
        ([good, (2, 32, 0)], 0, ALIGN),
        ([good, (0, 32, 32)], 0, ARGUMENT),
        ([good, (0, 16, 0)], 0, ARGUMENT),
        ([good, (8, 32, 0)], (1 << 64) - 8, RANGE),
        ([(8, 32, 0), good], (1 << 64) - 8, ARGUMENT),  # the sum would be a place again
    ):
        assert place(rows, offset) == (code, [])
    assert place([good], 0, given=generation + 1) == (lib.hal_state(bar, generation + 1), [])
    assert place([good], 0, at=NULL)[0] == ARGUMENT
    one = ffi.new("hal_port[1]")
    assert lib.hal_ports_place(NULL, one, 1, bar, generation, 0) == ARGUMENT
    assert lib.hal_ports_place(one, NULL, 1, bar, generation, 0) == ARGUMENT


def test_a_value_that_the_field_does_not_hold_is_not_written(attached, untouched):
    port = port_of(attached, bits=4, shift=4, keep=0xFFFF_FF0F)
    assert untouched(lambda: lib.hal_set(port, 16), lambda: lib.hal_modify(port, 16)) == [VALUE] * 2
    whole = port_of(attached, width=64, bits=64)
    assert lib.hal_set(whole, (1 << 64) - 1) == 0
    assert (lib.hal_set(port, 15), lib.hal_modify(port, 15)) == (0, 0)
    assert attached.peek(0) == 0xF0


def test_words_by_handle(attached, untouched):
    library, handle, size = attached._library.native, attached.handle, attached.size
    value = ffi.new("uint64_t *")

    def at(offset, width, number=handle, out=value, of=library):
        return [
            lambda: lib.hal_peek(of, number, offset, width, out),
            lambda: lib.hal_poke(of, number, offset, width, 0),
        ]

    for offset, width in ((0, 12), (0, 72), (0, 128)):
        assert untouched(*at(offset, width)) == [ARGUMENT] * 2
    for offset, width in ((size, 8), (size - 3, 32), (size - 7, 64), ((1 << 64) - 1, 8)):
        assert untouched(*at(offset, width)) == [RANGE] * 2
    for number in (-1, 256, 1 << 20):
        assert untouched(*at(0, 32, number)) == [lib.HAL_E_HANDLE] * 2
    assert untouched(*at(0, 32, of=NULL)) == [lib.HAL_E_HANDLE] * 2
    assert untouched(at(0, 32, out=NULL)[0]) == [ARGUMENT]
    assert lib.hal_poke(library, handle, size - 4, 32, 7) == 0
    assert (lib.hal_peek(library, handle, size - 4, 32, value), value[0]) != (RANGE, 0)


def test_what_fails_gives_no_value(attached, slot):
    value, port = ffi.new("uint64_t *", 77), port_of(attached)
    slot.rescan()
    assert lib.hal_peek(attached._library.native, attached.handle, 0, 32, value) == STALE
    assert (lib.hal_get64(port, value), lib.hal_get(port), value[0]) == (STALE, STALE, 77)


def test_an_update_flips_what_it_keeps_and_gives(attached):
    """As what is inverted in one access is written: (old & keep) ^ value, of each word."""
    port, words = port_of(attached), ffi.new("uint64_t[2]", [0x0F, 0xF0])
    keep = ffi.new("uint64_t[2]", [0xFF, 0xFF])
    attached.poke(0, 0x3CC)
    attached.poke(4, 0x3CC)
    assert (lib.hal_update(port, 0xFF, 0x0F), attached.peek(0)) == (0, 0xC3)
    assert (lib.hal_update_words(port, 2, 0, 0, keep, words), attached.peek(0), attached.peek(4)) == (0, 0xCC, 0x3C)
    counts = ffi.new("size_t[2]")
    step = {"bar": attached._bar, "width": 32, "kind": MODIFY, "generation": attached._generation}
    steps = ffi.new("hal_op[]", [{**step, "keep": 0xFF, "value": 0x0F}])
    assert (lib.hal_run(steps, 1, counts, counts + 1), attached.peek(0)) == (0, 0xC3)


# -- registers of several words ---------------------------------------------------------------------------------------


def test_words_of_wide_registers(attached, untouched):
    size, words = attached.size, ffi.new("uint64_t[]", MOST + 1)
    keep = ffi.new("uint64_t[]", [1] * (MOST + 1))

    def ways(port, count, order=0, values=words):
        return [
            lambda: lib.hal_read_words(port, count, order, 0, values),
            lambda: lib.hal_read_words(port, count, order, 1, values),
            lambda: lib.hal_write_words(port, count, order, values),
            lambda: lib.hal_update_words(port, count, order, 0, keep, values),
        ]

    port, nowhere = port_of(attached, 8), ffi.new("hal_port *", {"width": 32})
    for refused in (
        ways(NULL, 2),
        ways(nowhere, 2),
        ways(port, 0),
        ways(port, -1),
        ways(port, 2, 4),
        ways(port, 2, -1),
        ways(port, 2, values=NULL),
    ):
        assert untouched(*refused) == [ARGUMENT] * 4
    assert untouched(*ways(port_of(attached, size - 8), 3)) == [RANGE] * 4
    assert untouched(*ways(port_of(attached, 4), 3, BIG_ENDIAN)) == [RANGE] * 4
    assert untouched(*ways(port_of(attached, size - 4), 2)) == [RANGE] * 4
    assert [way() for way in ways(port_of(attached, 8), 3, BIG_ENDIAN)] == [0] * 4
    assert [way() for way in ways(port_of(attached, 0x3FF8), 2)] == [0] * 4


def test_an_update_has_room_for_so_many_words_and_no_more(attached, untouched):
    """It keeps them on the stack."""
    port, many = port_of(attached), ffi.new("uint64_t[]", 4 * MOST)
    update = lib.hal_update_words
    assert (
        untouched(
            lambda: update(port, MOST + 1, 0, 0, many, many),
            lambda: update(port, 4 * MOST, 0, 0, many, many),
            lambda: update(port, 2, 0, 0, NULL, many),
        )
        == [ARGUMENT] * 3
    )
    assert update(port, MOST, 0, 0, many, many) == 0


# -- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_is_checked_as_a_whole_before_its_first_step(attached, slot, untouched):
    bar, generation, size = attached._bar, attached._generation, attached.size
    done, failed = ffi.new("size_t *", 77), ffi.new("size_t *", 77)

    def step(offset=0, width=32, kind=WRITE, value=1, at=bar, given=generation):
        return {"bar": at, "offset": offset, "width": width, "kind": kind, "value": value, "generation": given}

    for bad, code in (
        (step(at=NULL), ARGUMENT),
        (step(kind=3), ARGUMENT),
        (step(kind=255), ARGUMENT),
        (step(width=16), ARGUMENT),
        (step(width=0), ARGUMENT),
        (step(offset=2), ALIGN),
        (step(offset=4, width=64), ALIGN),
        (step(offset=size), RANGE),
        (step(offset=size, width=8, kind=READ), RANGE),
        (step(value=1 << 32), VALUE),
        (step(value=256, width=8, kind=MODIFY), VALUE),
        (step(given=generation + 1), lib.hal_state(bar, generation + 1)),
    ):
        steps = ffi.new("hal_op[]", [step(), step(4, kind=READ, value=1 << 40), bad, step(8)])
        assert untouched(lambda steps=steps: lib.hal_run(steps, 4, done, failed)) == [code]
        assert (done[0], failed[0], code != 0) == (0, 2, True)
        assert untouched(lambda steps=steps: lib.hal_run(steps + 2, 2, done, failed)) == [code]
        assert (done[0], failed[0]) == (0, 0)
    good = ffi.new("hal_op[]", [step(value=(1 << 32) - 1), step(8, 64, value=(1 << 64) - 1), step(16, 8, value=255)])
    assert (
        untouched(
            lambda: lib.hal_run(NULL, 1, done, failed),
            lambda: lib.hal_run(good, 3, NULL, failed),
            lambda: lib.hal_run(good, 3, done, NULL),
        )
        == [ARGUMENT] * 3
    )
    assert (lib.hal_run(NULL, 0, done, failed), done[0], failed[0]) == (0, 0, 0)
    assert (lib.hal_run(good, 3, done, failed), done[0], failed[0]) == (0, 3, 3)
    last = ffi.new("hal_op[]", [step(size - 4), step(size - 8, 64), step(size - 1, 8, kind=READ)])
    assert (lib.hal_run(last, 3, done, failed), done[0]) == (0, 3)
    assert [attached.peek(offset) for offset in (0, 8, 12, 16)] == [0xFFFF_FFFF] * 3 + [0xFF]


def test_steps_that_are_held_together_are_checked_before_the_first(attached, slot, untouched):
    port, failed, size = port_of(attached, 4), ffi.new("size_t *", 77), attached.size
    check = lib.HAL_OP_CHECK

    def steps(*rows):
        return ffi.new("hal_op[]", [{"width": 32, "kind": WRITE, "offset": 4, **row} for row in rows])

    def run(*rows, at=port, into=failed, count=None):
        return lib.hal_run_held(at, steps(*rows), len(rows) if count is None else count, into)

    assert (
        untouched(
            lambda: run({}, at=NULL),
            lambda: lib.hal_run_held(port, NULL, 1, failed),
            lambda: run({}, count=0),
            lambda: run({}, into=NULL),
        )
        == [ARGUMENT] * 4
    )
    for bad, code in (
        ({"kind": READ}, ARGUMENT),
        ({"kind": check + 1}, ARGUMENT),
        ({"kind": 255}, ARGUMENT),
        ({"width": 16}, ARGUMENT),
        ({"offset": 2}, ALIGN),
        ({"offset": size}, RANGE),
    ):
        assert untouched(lambda bad=bad: run({}, bad, {})) == [code]
        assert failed[0] == 1
    with slot.emulator.trace() as trace:
        done = run(
            {"value": 5, "repeat": 1}, {"kind": check, "keep": 1, "value": 1}, {"kind": MODIFY, "keep": 4, "value": 2}
        )
    assert (done, failed[0]) == (0, 3)
    assert [(access.action[0], access.value) for access in trace] == [("w", 5), ("w", 5), ("r", 5), ("r", 5), ("w", 6)]
    ops = steps({"offset": 8, "value": 9}, {"kind": check, "keep": 0xFF, "value": 3}, {"value": 1})
    with slot.emulator.trace() as trace:
        assert (lib.hal_run_held(port, ops, 3, failed), failed[0], ops[1].keep) == (lib.HAL_E_LOCKED, 1, 6)
    assert [(access.action[0], access.offset) for access in trace] == [("w", 8), ("r", 4)]
    slot.emulator.fault("bus-dead=ocl")
    unheard = {"kind": check, "keep": 1, "value": 1}
    assert (run(unheard, {}), failed[0]) == (lib.HAL_E_DEAD, 0)
    slot.emulator.fault("")
    slot.rescan()
    assert (untouched(lambda: run({})), failed[0]) == ([STALE], 0)


def test_a_list_on_a_bar_that_went_stale_makes_no_step(attached, slot):
    good = ffi.new("hal_op[]", [{"bar": attached._bar, "width": 32, "kind": WRITE, "generation": attached._generation}])
    counts = ffi.new("size_t[2]")
    slot.rescan()
    with slot.emulator.trace() as trace:
        assert lib.hal_run(good, 1, counts, counts + 1) == STALE
    assert (trace, counts[0], counts[1]) == ([], 0, 0)


# -- batches ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def batch():
    holder = ffi.new("hal_batch **")
    assert lib.hal_batch_new(holder) == 0
    yield holder[0]
    lib.hal_batch_free(holder[0])


def collecting(batch, attached):
    holder = ffi.new("hal_bar **")
    assert lib.hal_batch_bar(batch, attached._bar, attached._generation, holder) == 0
    assert lib.hal_batch_collect(batch, 1) == 0
    return holder[0]


def test_functions_of_batches(batch, attached, untouched):
    bar, generation, holder = attached._bar, attached._generation, ffi.new("hal_bar **")
    index, step, counts = ffi.new("size_t *"), ffi.new("hal_step *"), ffi.new("size_t[2]")
    asked, data = ffi.new("hal_asked *", {"port": port_of(attached)[0], "bits": 1}), ffi.from_buffer(bytes(range(64)))
    stand_in, memo = collecting(batch, attached), ffi.new("hal_memo *")
    block = lib.hal_batch_block
    assert (
        untouched(
            lambda: lib.hal_batch_new(NULL),
            lambda: lib.hal_batch_bar(NULL, bar, generation, holder),
            lambda: lib.hal_batch_bar(batch, NULL, generation, holder),
            lambda: lib.hal_batch_bar(batch, bar, generation, NULL),
            lambda: lib.hal_batch_collect(NULL, 1),
            lambda: lib.hal_batch_read(NULL, 1, asked, 1, index),
            lambda: lib.hal_batch_read(batch, 0, asked, 1, index),
            lambda: lib.hal_batch_read(batch, 1, NULL, 1, index),
            lambda: lib.hal_batch_read(batch, 1, asked, 0, index),
            lambda: lib.hal_batch_read(batch, 1, asked, 1, NULL),
            lambda: lib.hal_batch_read(batch, 1, asked, 1, index),  # of no batch
            lambda: block(NULL, stand_in, 0, 32, data, 1),
            lambda: block(batch, NULL, 0, 32, data, 1),
            lambda: block(batch, stand_in, 0, 32, NULL, 1),
            lambda: block(batch, stand_in, 0, 16, data, 1),
            lambda: lib.hal_batch_look(NULL, memo),
            lambda: lib.hal_batch_look(batch, NULL),
            lambda: lib.hal_batch_look(batch, memo),  # of no device
            lambda: lib.hal_batch_step(NULL, 0, step),
            lambda: lib.hal_batch_step(batch, 0, NULL),
            lambda: lib.hal_batch_step(batch, 0, step),  # there is none
            lambda: lib.hal_batch_run(NULL, counts, counts + 1),
            lambda: lib.hal_batch_run(batch, NULL, counts),
            lambda: lib.hal_batch_run(batch, counts, NULL),
        )
        == [ARGUMENT] * 24
    )
    assert (block(batch, stand_in, 2, 32, data, 1), block(batch, stand_in, attached.size, 32, data, 1)) == (
        ALIGN,
        RANGE,
    )
    assert (lib.hal_batch_count(NULL), lib.hal_batch_count(batch)) == (0, 0)
    assert block(batch, stand_in, 8, 32, data, 3) == 0
    assert (lib.hal_batch_step(batch, 2, step), step.offset, step.width, step.kind) == (0, 16, 32, WRITE)
    assert [row[3] for row in steps_of(batch)] == [0x03020100, 0x07060504, 0x0B0A0908]
    assert lib.hal_batch_step(batch, 3, step) == ARGUMENT
    assert lib.hal_batch_collect(batch, 0) == 0
    assert block(batch, stand_in, 0, 32, data, 1) == ENDED
    assert lib.hal_batch_count(batch) == 3
    lib.hal_batch_free(NULL)


def test_a_batch_stands_in_for_so_many_bars(batch, attached):
    holder, places = ffi.new("hal_bar **"), []
    while (code := lib.hal_batch_bar(batch, attached._bar, attached._generation, holder)) == 0:
        places.append(holder[0])
    assert code == lib.HAL_E_MANY
    assert len(set(places)) == len(places) >= 6
    stale = lib.hal_state(attached._bar, attached._generation + 1)
    assert lib.hal_batch_bar(batch, attached._bar, attached._generation + 1, holder) == stale


def test_a_child_has_none_of_its_parents_batches(batch, attached):
    stand_in = collecting(batch, attached)
    port, data, steps = ffi.new("hal_port *"), ffi.from_buffer(bytes(8)), ffi.new("size_t *")
    plan = ffi.new("hal_port *", {"width": 32, "mask": 1})
    assert lib.hal_ports_place(port, plan, 1, stand_in, 0, 0) == 0
    asked = ffi.new("hal_asked *", {"port": port[0], "bits": 1})
    held = ffi.new("hal_op[]", [{"width": 32, "kind": WRITE}])

    def child():
        codes = [
            lib.hal_batch_read(batch, 1, asked, 1, steps),
            lib.hal_batch_block(batch, stand_in, 0, 32, data, 2),
            lib.hal_set(port, 1),
            lib.hal_run_held(port, held, 1, steps),
            lib.hal_batch_collect(batch, 0),
        ]
        return codes, lib.hal_batch_count(batch)

    assert in_child(child) == ([lib.HAL_E_FORKED] * 5, 0)
    assert [lib.hal_batch_read(batch, 1, asked, 1, steps), lib.hal_set(port, 1)] == [0, 0]
    assert lib.hal_batch_count(batch) == 2


def plain_update(bar, offset, width, shift, value):
    """A write of four bits that a batch may merge."""
    plan, port = ffi.new("hal_port *"), ffi.new("hal_port *")
    plan.width, plan.shift, plan.plain, plan.mask = width, shift, 1, 0xF
    plan.keep = ~(0xF << shift) & ((1 << width) - 1)
    assert lib.hal_ports_place(port, plan, 1, bar, 0, offset) == 0
    assert lib.hal_modify(port, value) == 0


def steps_of(batch):
    step, rows = ffi.new("hal_step *"), []
    for index in range(lib.hal_batch_count(batch)):
        assert lib.hal_batch_step(batch, index, step) == 0
        rows.append((step.offset, step.width, step.kind, step.value))
    return rows


def test_writes_of_words_of_two_widths_are_not_merged(batch, attached):
    bar = collecting(batch, attached)
    plain_update(bar, 0, 32, 0, 1)
    plain_update(bar, 0, 8, 4, 2)
    plain_update(bar, 0, 64, 8, 3)
    plain_update(bar, 0, 64, 12, 4)
    assert steps_of(batch) == [(0, 32, MODIFY, 1), (0, 8, MODIFY, 0x20), (0, 64, MODIFY, 0x4300)]


# -- waits ------------------------------------------------------------------------------------------------------------


def awaited_of(port, words=1, last=None, **others):
    """Both words to be 1, in C's struct, with what it points to."""
    terms = ffi.new("hal_term[]", [{"word": word, "mask": 1, "low": 1, "high": 1} for word in range(words)])
    last = ffi.new("uint64_t[2]") if last is None else last
    given = {"first": port, "terms": terms, "last": last, "words": words, "term_count": words, **others}
    return ffi.new("hal_awaited *", given), (terms, given)


def test_times_of_waits(attached, untouched):
    port = port_of(attached)
    one, keep = awaited_of(port)
    two, keep_two = awaited_of(port, 2)

    def ways(seconds, interval, waited=0.0):
        return [lambda given=given: lib.hal_wait(given, seconds, interval, waited, 2) for given in (one, two)]

    for times in (
        (math.nan, 0),
        (math.inf, 0),
        (-math.inf, 0),
        (0, math.nan),
        (0, math.inf),
        (0, -1e-9),
        (0, 1.1e9),
        (0, 0, math.nan),
        (0, 0, math.inf),
    ):
        assert untouched(*ways(*times)) == [ARGUMENT] * 2
    library = attached._library.native
    pauses = [(0.0, math.nan, 0.0), (math.nan, 0.0, 0.0), (-2.0, 0.0, 0.0), (0.0, 0.0, math.inf)]
    assert [lib.hal_wait_pause(library, *times) for times in pauses] == [ARGUMENT] * 4
    assert [lib.hal_wait_pause(NULL, 0.0, 0.0, 0.0), lib.hal_wait_pause(library, -1.0, 1e-3, 0.0)] == [ARGUMENT, 0]
    assert [way() for way in ways(-1, 1e9)] == [lib.HAL_E_TIMEOUT] * 2
    assert keep is not keep_two


def test_what_a_wait_has_to_be_given(attached, untouched):
    port = port_of(attached)
    wrong = [
        awaited_of(NULL),
        awaited_of(port, last=NULL),
        awaited_of(port, words=2, terms=NULL),
        awaited_of(port, words=0, term_count=0),
        awaited_of(port, words=1, term_count=1, terms=ffi.new("hal_term[]", [{"word": 1}])),
        awaited_of(port),
    ]
    wrong[-1][0].words = lib.HAL_WORDS_MAX + 1
    calls = [lambda given=given: lib.hal_wait(given, 0, 0, 0, 2) for given, _ in wrong]
    assert untouched(lambda: lib.hal_wait(NULL, 0, 0, 0, 2), *calls) == [ARGUMENT] * 7
    asks = [lambda given=given: lib.hal_wait_asks(given, 1) for given, _ in (wrong[0], wrong[1], wrong[3])]
    assert untouched(lambda: lib.hal_wait_asks(NULL, 1), *asks) == [ARGUMENT] * 4


@pytest.mark.parametrize("way", ["word", "words"])
def test_a_wait_in_the_core_ends_when_its_bar_does(slot, attached, way):
    """However long it is for: who ends the BAR waits for it."""
    awaited, keep = awaited_of(port_of(attached), 1 if way == "word" else 2)
    codes = []
    thread = threading.Thread(target=lambda: codes.append(lib.hal_wait(awaited, LONG, 0.001, 0.0, 2)))
    thread.start()
    time.sleep(0.02)
    start = time.monotonic()
    attached.detach()
    thread.join(LIMIT)
    assert codes == [lib.HAL_E_CLOSED]
    assert time.monotonic() - start < LONG / 2
    assert keep


# -- transfers --------------------------------------------------------------------------------------------------------


def test_blocks(attached, untouched):
    bar, generation, size = attached._bar, attached._generation, attached.size
    data = ffi.new("unsigned char[64]")

    def ways(offset, width, count, at=bar, given=generation, words=data):
        return [
            lambda: lib.hal_read_block(at, given, offset, width, words, count),
            lambda: lib.hal_write_block(at, given, offset, width, words, count),
        ]

    def fills(offset, count, at=bar, given=generation):
        return [lambda: lib.hal_fill(at, given, offset, 5, count)]

    assert untouched(*ways(0, 32, 1, at=NULL), *ways(0, 32, 1, words=NULL), *fills(0, 1, at=NULL)) == [ARGUMENT] * 5
    assert untouched(*ways(0, 16, 1)) == [ARGUMENT] * 2
    assert untouched(*ways(2, 32, 1), *fills(2, 1)) == [ALIGN] * 3
    assert untouched(*ways(size, 32, 1), *fills(size, 1), *ways(size - 4, 32, 2), *fills(size - 4, 2)) == [RANGE] * 6
    assert untouched(*ways(8, 32, 1 << 62), *fills(8, 1 << 62)) == [RANGE] * 3
    stale = lib.hal_state(bar, generation + 1)
    assert untouched(*ways(0, 32, 1, given=generation + 1), *fills(0, 1, given=generation + 1)) == [stale] * 3
    assert untouched(*ways(0, 32, 0, words=NULL), *ways(size, 32, 0), *fills(size, 0)) == [0] * 5
    library, handle = attached._library.native, attached.handle
    address = ffi.new("uint64_t *")
    assert (
        untouched(
            lambda: lib.hal_burst_at(library, handle, 0, NULL, 1),
            lambda: lib.hal_address(library, handle, 0, 4, NULL),
        )
        == [ARGUMENT] * 2
    )
    assert (
        untouched(
            lambda: lib.hal_burst_at(library, handle, size, data, 1),
            lambda: lib.hal_burst_at(library, handle, 0, data, 1 << 62),
            lambda: lib.hal_fill_at(library, handle, size - 3, 0, 1),
            lambda: lib.hal_fill_at(library, handle, 0, 0, 1 << 62),
            lambda: lib.hal_address(library, handle, size, 1, address),
            lambda: lib.hal_address(library, handle, size + 1, 0, address),
        )
        == [RANGE] * 6
    )


def test_bytes_of_bus_words(attached, untouched):
    bar, generation, size = attached._bar, attached._generation, attached.size
    data = ffi.new("unsigned char[64]")

    def ways(offset, width, count, at=bar, given=generation, words=data):
        return [
            lambda: lib.hal_read_bytes(at, given, offset, width, words, count),
            lambda: lib.hal_write_bytes(at, given, offset, width, words, count),
        ]

    assert untouched(*ways(0, 32, 1, at=NULL), *ways(1, 32, 1, words=NULL), *ways(0, 16, 2)) == [ARGUMENT] * 6
    assert untouched(*ways(size - 1, 32, 2), *ways(size, 8, 1), *ways(3, 32, (1 << 64) - 2)) == [RANGE] * 6
    stale = lib.hal_state(bar, generation + 1)
    assert untouched(*ways(1, 64, 3, given=generation + 1)) == [stale] * 2
    assert untouched(*ways(1, 32, 0, words=NULL), *ways(size, 64, 0)) == [0] * 4
    steps = StepList()
    stand_in = CollectingBar(steps, attached)

    def collected(offset, count, words=data, batch=steps.native, at=stand_in._bar):
        return lib.hal_batch_bytes(batch, at, offset, 32, words, count)

    steps.collect()
    assert untouched(lambda: collected(0, 1, batch=NULL), lambda: collected(0, 1, at=NULL)) == [ARGUMENT] * 2
    assert untouched(lambda: collected(0, 1, words=NULL), lambda: collected(size - 1, 2)) == [ARGUMENT, RANGE]
    assert untouched(lambda: collected(1, 8), lambda: collected(1, 0)) == [0, 0]
    assert [(steps.step(place).offset, steps.step(place).kind) for place in range(len(steps))] == [
        (0, 2),
        (4, 1),
        (8, 2),
    ]
    steps.end()
    assert collected(0, 1) == lib.HAL_E_ENDED
