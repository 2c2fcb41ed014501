"""Arrays of registers and of blocks."""

from __future__ import annotations

import pytest

import hal


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


def test_array_indices_are_checked_before_any_access(dut, bus):
    def refused():
        for index in (4, -5):
            with pytest.raises(IndexError):
                dut.dots[index]

    assert bus(refused) == []
    dut.dots[-1].v = 7
    assert [register.v for register in dut.dots[1:]] == [0, 0, 7]
