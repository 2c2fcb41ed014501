"""Arrays of registers and of blocks."""

from __future__ import annotations

import enum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from tests.support.dut import load_class


def test_arrays(widget):
    assert len(widget.bank) == 4
    for number, register in enumerate(widget.bank):
        register.value = number + 1
    assert [register.value for register in widget.bank[1:3]] == [2, 3]
    assert widget.bank[-1].value == 4
    assert widget.bank[3].path == "bank[3]"
    assert widget.bank[3].address == 0x58
    for index in (4, -5, 1 << 80):
        with pytest.raises(IndexError, match=r"widget\.bank .* is outside of its 4 elements"):
            _ = widget.bank[index]
    assert [register.path for register in widget.registers()][-4:] == ["bank[0]", "bank[1]", "bank[2]", "bank[3]"]


def test_a_register_array_takes_one_access_for_each_element(dut, bus):
    assert bus(lambda: dut.dots.write([1, 2, 3, 4])) == [("w", 0x100 + 8 * i, 32, i + 1) for i in range(4)]
    values = []
    assert bus(lambda: values.append(dut.dots.read())) == [("r", 0x100 + 8 * i, 32, i + 1) for i in range(4)]
    assert values == [[1, 2, 3, 4]]
    dut.wides.write([1 << 40, 2 << 40, 3])
    assert dut.wides.read() == [1 << 40, 2 << 40, 3]
    assert [item.value for item in dut.wides] == [1 << 40, 2 << 40, 3]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1, 2, 3], "4 values are needed and 3 were given"),
        ([1, 2, 3, 1 << 32], r"dut.dots\[3\] \(app BAR 0\): 4294967296 is out of range"),
        ([1, "2", 3, 4], "an integer is needed"),
    ],
)
def test_a_register_array_is_written_whole_or_not_at_all(dut, bus, values, text):
    def refused():
        with pytest.raises(hal.HalError, match=text):
            dut.dots.write(values)

    assert bus(refused) == []


class Colour(enum.IntEnum):
    RED = 5


class Indexed:
    def __index__(self):
        return 9


WORDS = st.integers(0, (1 << 32) - 1) | st.sampled_from([True, Colour.RED, Indexed()])
NO_WORDS = st.sampled_from([-1, 1 << 32, 1 << 64, -(1 << 63), 1.0, "1", b"1", None, [1]])


@pytest.mark.parametrize("listed", [list, tuple, iter])
@given(values=st.lists(WORDS | NO_WORDS, min_size=4, max_size=4) | st.lists(WORDS, min_size=3, max_size=5))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_is_written_where_there_is_one_integer_that_fits_for_each(dut, bus, listed, values):
    fits = [hasattr(value, "__index__") and 0 <= value.__index__() < 1 << 32 for value in values]

    def write():
        if len(values) == 4 and all(fits):
            dut.dots.write(listed(values))
            return
        with pytest.raises((hal.FieldValueError, hal.FieldTypeError)) as refused:
            dut.dots.write(listed(values))
        told = f"dut.dots[{fits.index(False)}] " if len(values) == 4 else f"{len(values)} were given"
        assert told in str(refused.value)

    is_written = len(values) == 4 and all(fits)
    words = (
        [("w", 0x100 + 8 * place, 32, int(value.__index__())) for place, value in enumerate(values)]
        if is_written
        else []
    )
    assert bus(write) == words


def test_array_indices_are_checked_before_any_access(dut, bus):
    def refused():
        for index in (4, -5):
            with pytest.raises(IndexError):
                dut.dots[index]

    assert bus(refused) == []
    dut.dots[-1].v = 7
    assert [register.v for register in dut.dots[1:]] == [0, 0, 7]


def test_a_slice_is_read_and_written_in_one_call(dut, bus):
    part = dut.dots[1:4]
    assert (len(part), [register.path for register in part], part[-1].path) == (
        3,
        ["dots[1]", "dots[2]", "dots[3]"],
        "dots[3]",
    )
    assert bus(lambda: part.write([5, 6, 7])) == [("w", 0x108 + 8 * i, 32, 5 + i) for i in range(3)]
    assert bus(lambda: setattr(part[0], "v", 8)) == [("w", 0x108, 32, 8)]
    assert (part.read(), part[1:].read(), dut.dots[::-1].read(), dut.dots[::2].read()) == (
        [8, 6, 7],
        [6, 7],
        [7, 6, 8, 0],
        [0, 6],
    )
    dut.dots[::-2] = [1, 2]
    assert dut.dots.read() == [0, 2, 6, 1]
    dut.wides[1:] = [1 << 40, 2]
    assert dut.wides[1:3].read() == [1 << 40, 2]
    assert bus(lambda: dut.dots[2:2].write([])) == []
    assert dut.dots[2:2].read() == []
    assert repr(part).startswith("<3 of <4 Dots at dut.dots ")


def test_a_slice_is_written_whole_or_not_at_all(dut, bus):
    def refused():
        for values, text in (
            ([1], "2 values are needed and 1 were given"),
            ([1, 1 << 32], r"dots\[2\]"),
            (3, "a buffer"),
        ):
            with pytest.raises(hal.HalError, match=text):
                dut.dots[1:3] = values
        for index in (3, -4):
            with pytest.raises(IndexError, match="outside of the slice's 3 elements"):
                dut.dots[1:][index]
        with pytest.raises(hal.AccessError, match="can't be replaced"):
            dut.dots[1] = 5

    assert bus(refused) == []


def test_slices_of_settings_are_remembered_and_batched(slot):
    driver = load_class(
        "schema: 1\nname: dut\nregisters:\n  r: {offset: 0, count: 4, fields: "
        "{a: {bits: 0, access: wo, idle: last}, b: {bits: 7:4, access: wo, idle: last}}}\n"
    )
    slot.emulator.provide(driver)
    with slot.attach(driver) as device:
        device.r[1:3] = [0x31, 0x51]
        device.r[2].a = 0
        with device.batch() as view:
            view.r[0:2] = [0x11, 0x21]
        assert [slot.emulator.peek(0, 0, 4 * i) for i in range(4)] == [0x11, 0x21, 0x50, 0]
        with pytest.raises(hal.AccessError, match="write-only"):
            device.r[1:].read()
