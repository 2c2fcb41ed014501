"""Registers at a stride and lists of them, and ports in lanes of a bus word, called as any C program may call them."""

from __future__ import annotations

import pytest

from hal._native import ffi, lib

ARGUMENT, ALIGN, RANGE = lib.HAL_E_ARGUMENT, lib.HAL_E_ALIGN, lib.HAL_E_RANGE
HIGH_FIRST, STABLE, BIG_ENDIAN = lib.HAL_SWEEP_HIGH_FIRST, lib.HAL_SWEEP_STABLE, lib.HAL_SWEEP_BIG_ENDIAN
NULL = ffi.NULL
ONES = (1 << 64) - 1


@pytest.fixture
def prepare(attached):
    """hal_sweep_prepare, with what is not given right; the code, and the sweep in a list that may be read."""

    def call(**given):
        into = ffi.new("hal_sweep *")
        row = {"sweep": into, "bar": attached._bar, "generation": attached._generation, "offset": 0, "stride": 4}
        row |= {"count": 1, "width": 32, "words": 1, "flags": 0} | given
        return lib.hal_sweep_prepare(*row.values()), into

    return call


@pytest.fixture
def lanes(attached):
    """The same of hal_sweep_lanes."""

    def call(**given):
        into = ffi.new("hal_sweep *")
        row = {"sweep": into, "bar": attached._bar, "generation": attached._generation, "offset": 0, "stride": 1}
        row |= {"count": 1, "width": 32, "bits": 8} | given
        return lib.hal_sweep_lanes(*row.values()), into

    return call


def refused(call, size, stale, rows):
    for given, code in rows:
        found, into = call(**given)
        assert (given, found) == (given, stale if code is None else code)
        assert into.bar == NULL


def test_places_of_registers_at_a_stride(attached, prepare):
    size, generation = attached.size, attached._generation
    stale = lib.hal_state(attached._bar, generation + 1)
    rows = [
        ({"sweep": NULL}, ARGUMENT), ({"bar": NULL}, ARGUMENT), ({"words": 0}, ARGUMENT), ({"words": -1}, ARGUMENT),
        ({"words": 1 << 16}, ARGUMENT), ({"flags": 8}, ARGUMENT), ({"flags": -1}, ARGUMENT), ({"width": 16}, ARGUMENT),
        ({"generation": generation + 1}, None), ({"offset": 2}, ALIGN), ({"offset": size}, RANGE),
        ({"offset": size - 4, "words": 2}, RANGE), ({"stride": 6, "count": 2}, ALIGN), ({"stride": 4, "count": 2, "words": 2}, RANGE),
        ({"stride": 0, "count": 2}, RANGE), ({"count": size // 4 + 1}, RANGE), ({"count": ONES}, RANGE),
        ({"offset": 8, "stride": size - 8, "count": 2}, RANGE), ({"stride": 8, "count": size // 8 + 1, "words": 2}, RANGE),
    ]  # fmt: skip
    refused(lambda **given: (prepare(**given)[0], ffi.new("hal_sweep *")), size, stale, rows[:1])
    refused(prepare, size, stale, rows[1:])
    for given in (
        {"count": size // 4}, {"stride": 8, "count": size // 8, "words": 2}, {"stride": 7}, {"stride": 0, "count": 0},
        {"offset": 4, "stride": size - 8, "count": 2}, {"width": 64, "stride": 8, "count": size // 8},
        {"flags": HIGH_FIRST | STABLE | BIG_ENDIAN, "words": (1 << 16) - 1}, {"width": 8, "stride": 1, "count": size, "offset": 0},
    ):  # fmt: skip
        code, into = prepare(**given)
        assert (given, code) == (given, 0)
        assert (into.bar, into.generation, into.bits) == (attached._bar, generation, 0)
        assert {name: getattr(into, name) for name in given} == given


def test_places_of_registers_in_lanes(attached, lanes):
    size, generation = attached.size, attached._generation
    stale = lib.hal_state(attached._bar, generation + 1)
    rows = [
        ({"sweep": NULL}, ARGUMENT), ({"bar": NULL}, ARGUMENT), ({"bits": 4}, ARGUMENT), ({"bits": 12}, ARGUMENT),
        ({"bits": 24}, ARGUMENT), ({"bits": 32}, ARGUMENT), ({"bits": 64}, ARGUMENT), ({"bits": 0}, ARGUMENT),
        ({"width": 16}, ARGUMENT), ({"generation": generation + 1}, None), ({"offset": size}, RANGE),
        ({"offset": 1, "bits": 16}, ALIGN), ({"stride": 3, "count": 2, "bits": 16}, ALIGN),
        ({"stride": 0, "count": 2}, RANGE), ({"count": size + 1}, RANGE), ({"offset": 1, "count": size}, RANGE),
        ({"bits": 16, "stride": 2, "count": size // 2 + 1}, RANGE),
    ]  # fmt: skip
    refused(lambda **given: (lanes(**given)[0], ffi.new("hal_sweep *")), size, stale, rows[:1])
    refused(lanes, size, stale, rows[1:])
    for given in (
        {"count": size}, {"offset": size - 1}, {"bits": 16, "stride": 2, "count": size // 2}, {"stride": 0, "count": 0},
        {"width": 64, "bits": 32, "stride": 4, "count": size // 4}, {"offset": 2, "bits": 16, "stride": 3},
    ):  # fmt: skip
        code, into = lanes(**given)
        assert (given, code) == (given, 0)
        assert (into.bar, into.generation, into.words, into.flags) == (attached._bar, generation, 1, 0)
        assert {name: getattr(into, name) for name in given} == given


def listed(*sweeps):
    return ffi.new("hal_sweep[]", [sweep[0] for sweep in sweeps])


def test_a_list_takes_as_many_values_as_it_has_words(attached, prepare, lanes, untouched):
    one, two = prepare(count=2)[1], prepare(offset=0x10, stride=8, count=3, words=2)[1]
    both, done = listed(one, two), ffi.new("size_t *", 77)
    values = ffi.new("uint64_t[16]")
    gone = listed(one, two)
    gone[1].generation += 1
    byte = listed(lanes()[1])
    for words in (0, 1, 2, 7, 9, 16):
        assert (
            untouched(
                lambda words=words: lib.hal_sweep_read(both, 2, values, words, done),
                lambda words=words: lib.hal_sweep_write(both, 2, values, words, NULL, done),
            )
            == [ARGUMENT] * 2
        )
    assert (
        untouched(
            lambda: lib.hal_sweep_read(NULL, 2, values, 8, done),
            lambda: lib.hal_sweep_read(both, 2, NULL, 8, done),
            lambda: lib.hal_sweep_read(both, 2, values, 8, NULL),
            lambda: lib.hal_sweep_write(NULL, 2, values, 8, NULL, done),
            lambda: lib.hal_sweep_write(both, 2, NULL, 8, NULL, done),
            lambda: lib.hal_sweep_write(both, 2, values, 8, NULL, NULL),
            lambda: lib.hal_sweep_write(byte, 1, values, 1, NULL, done),
        )
        == [ARGUMENT] * 7
    )
    stale = lib.hal_state(gone[1].bar, gone[1].generation)
    assert untouched(lambda: lib.hal_sweep_read(gone, 2, values, 8, done)) == [stale]
    assert (lib.hal_sweep_read(NULL, 0, NULL, 0, done), done[0]) == (0, 0)
    assert (lib.hal_sweep_write(NULL, 0, NULL, 0, NULL, done), done[0]) == (0, 0)


def test_a_list_is_written_and_read_from_its_first_value_to_its_last(attached, slot, prepare, lanes):
    """By what `wanted` says, which has a byte for each register."""
    sweeps = listed(
        prepare(count=3)[1],
        prepare(offset=0x20, stride=16, count=2, words=2, flags=HIGH_FIRST)[1],
        prepare(offset=0x40, stride=16, count=2, words=2, flags=BIG_ENDIAN)[1],
        prepare(offset=0x60, width=64, stride=8, count=2)[1],
        prepare(offset=0x80, width=8, stride=1, count=2)[1],
    )
    values, done = ffi.new("uint64_t[15]", list(range(1, 16))), ffi.new("size_t *", 77)
    wanted = ffi.new("uint8_t[11]", [1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1])
    with slot.emulator.trace() as trace:
        assert (lib.hal_sweep_write(sweeps, 5, values, 15, wanted, done), done[0]) == (0, 11)
    assert [(access.offset, access.width, access.value) for access in trace] == [
        (0, 32, 1), (8, 32, 3), (0x24, 32, 5), (0x20, 32, 4), (0x44, 32, 8), (0x40, 32, 9), (0x54, 32, 10), (0x50, 32, 11),
        (0x68, 64, 13), (0x80, 8, 14), (0x81, 8, 15),
    ]  # fmt: skip
    assert (lib.hal_sweep_write(sweeps, 5, values, 15, NULL, done), done[0]) == (0, 11)
    found = ffi.new("uint64_t[15]")
    assert (lib.hal_sweep_read(sweeps, 5, found, 15, done), done[0]) == (0, 11)
    assert list(found) == list(range(1, 16))
    bytes_of = listed(lanes(offset=0x80, count=4)[1], lanes(offset=2, stride=4, count=2, bits=16)[1])
    attached.poke(0, 0xAAAA_1234)
    with slot.emulator.trace() as trace:
        assert (lib.hal_sweep_read(bytes_of, 2, found, 6, done), done[0]) == (0, 6)
    assert list(found)[:6] == [14, 15, 0, 0, 0xAAAA, 0]
    assert [access.offset for access in trace] == [0x80, 0, 4]


def test_words_that_differ_and_words_of_other_widths():
    found, values = ffi.new("uint64_t[4]", [5, 5, 5, ONES]), ffi.new("uint64_t[4]", [5, 4, 13, 0])
    masks, differs = ffi.new("uint64_t[4]", [ONES, 1, 7, 1 << 63]), ffi.new("uint8_t[5]", [9] * 5)
    lib.hal_differing(found, values, masks, 4, differs)
    assert list(differs) == [0, 1, 0, 1, 9]
    data, wide = ffi.from_buffer(bytes(range(1, 17))), ffi.new("uint64_t[3]", [77] * 3)
    for width, words in ((8, [1, 2]), (32, [0x04030201, 0x08070605]), (64, [0x0807060504030201, 0x100F0E0D0C0B0A09])):
        lib.hal_widen(data, width, 2, wide)
        assert list(wide) == [*words, 77]


def test_ports_in_lanes(attached):
    """Of a register of 8 bits at byte 2 of its word, beside which bits are kept, written as ones, or of no field."""
    bar, generation, size = attached._bar, attached._generation, attached.size

    def place(offset, plan, beside, at=bar, given=generation):
        plans = ffi.new("hal_port[2]", [{"width": 32, "mask": 0xF, "shift": 0, "keep": 0xF0, "ones": 0, **plan}, {}])
        ports = ffi.new("hal_port[2]", [{"width": 8}, {"width": 8}])
        row = {"keep": 0, "ones": 0, "spare": 0, "rest": 0, **beside}
        code = lib.hal_lanes_place(ports, plans, 2, at, given, offset, ffi.new("hal_lane *", row))
        return code, ports[0], ports[1]

    code, port, unused = place(0x12, {}, {"keep": 0xFF, "spare": 0xFF00_FF00, "rest": 0x1200_3400})
    assert (code, port.bar, port.offset, port.shift, port.mask, port.generation) == (0, bar, 0x10, 16, 0xF, generation)
    assert (port.keep, port.ones, port.spare, port.rest) == (0xFFF0_FFFF, 0, 0xFF00_FF00, 0x1200_3400)
    assert (unused.bar, unused.width) == (NULL, 0)
    code, port, _ = place(
        0x12, {"keep": 0, "ones": 0x80, "shift": 3}, {"ones": 1, "spare": 0xFF00_FF00, "rest": 0x1200_3400}
    )
    assert (code, port.shift, port.keep, port.ones) == (0, 19, 0, 0x1280_3401)
    for offset, plan, beside, given, wanted in (
        (1, {"mask": 0xFF, "shift": 24}, {}, generation, ALIGN),
        (1, {"mask": 0xFFFF_FFFF}, {}, generation, ALIGN),
        (0, {"width": 16}, {}, generation, ARGUMENT),
        (0, {}, {"keep": 1 << 32}, generation, ARGUMENT),
        (0, {}, {"ones": 1 << 32}, generation, ARGUMENT),
        (size, {}, {}, generation, RANGE),
        (0, {}, {}, generation + 1, lib.hal_state(bar, generation + 1)),
    ):
        code, port, _ = place(offset, plan, beside, given=given)
        assert (offset, plan, beside, code) == (offset, plan, beside, wanted)
        assert port.bar == NULL
    ports, lane = ffi.new("hal_port[1]"), ffi.new("hal_lane *")
    assert lib.hal_lanes_place(NULL, ports, 1, bar, generation, 0, lane) == ARGUMENT
    assert lib.hal_lanes_place(ports, NULL, 1, bar, generation, 0, lane) == ARGUMENT
    assert lib.hal_lanes_place(ports, ports, 1, NULL, generation, 0, lane) == ARGUMENT
    assert lib.hal_lanes_place(ports, ports, 1, bar, generation, 0, NULL) == ARGUMENT
