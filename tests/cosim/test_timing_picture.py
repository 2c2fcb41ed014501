"""Waves as text: what a VCD file says, half a clock a column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hal
from hal.cosim.timing_picture import timing_picture
from hal.cosim.value_changes import Changes, read_changes

HEAD = """$version by hand $end
$timescale 1ps $end
$scope module top $end
$var wire 1 ! clk $end
$var wire 1 " valid $end
$scope module inner $end
$var wire 1 ! clk $end
$var wire 12 # data [11:0] $end
$var wire 1 $ valid $end
$upscope $end
$upscope $end
$enddefinitions $end
"""
BODY = """#0
0!
0"
bxxxx #
1$
#5
1!
b1010 #
#10
0!
1"
#15
1!
b111100001111 #
#20
0!
0"
#25
1!
"""


@pytest.fixture
def waves(tmp_path):
    def write(text=HEAD + BODY):
        (tmp_path / "run.vcd").write_text(text)
        return tmp_path / "run.vcd"

    return write


def test_a_picture(waves):
    clock, *signals = read_changes(waves(), ["clk", "valid", "data", "inner.valid"])
    assert timing_picture(clock, signals, 0, 3) == [
        "       0       1       2",
        "clk    ____/~~~\\___/~~~\\___/~~~",
        "valid  ________/~~~~~~~\\_______",
        "data   =?==X0xa====X0xf0f======",
        "valid  ~~~~~~~~~~~~~~~~~~~~~~~~",
    ]
    assert timing_picture(clock, signals[1:2], 1, 1) == ["      1", "clk   \\___/~~~", "data  =0xaX0x+"]


def test_signals_that_have_no_value_yet(waves):
    (clock,) = read_changes(waves(), ["clk"])
    late = Changes("late", 8, [(10, "101")])
    assert timing_picture(clock, [late, Changes("never", 1)], 0, 2)[2:] == [
        "late   =?======X0x5====",
        "never  ????????????????",
    ]


def test_the_outermost_signal_of_a_name_is_meant(waves):
    assert [one.path for one in read_changes(waves(), ["valid", "inner.valid", "top.valid"])] == [
        "top.valid",
        "top.inner.valid",
        "top.valid",
    ]


@given(st.lists(st.sampled_from("01x"), min_size=2, max_size=24))
def test_each_half_clock_is_seen(levels):
    clock = Changes("clk", 1, [(5 * place, "01"[place % 2]) for place in range(len(levels))])
    signal = Changes("s", 1, [(5 * place, level) for place, level in enumerate(levels)])
    count = len(levels) // 2
    line = timing_picture(clock, [signal], 0, count)[2].removeprefix("s    ").ljust(8 * count)
    assert [line[4 * place + 2] for place in range(2 * count)] == [
        {"0": "_", "1": "~", "x": "?"}[one] for one in levels[: 2 * count]
    ]


@pytest.mark.parametrize(
    ("text", "names", "message"),
    [
        ("", ["clk"], "is no VCD file: it has no \\$enddefinitions"),
        ("$var\n$scope\n$upscope\n$upscope\n$var wire x ! clk $end\n", ["clk"], "is no VCD file"),
        (HEAD, ["vali"], "has no signal 'vali': did you mean valid"),
        (HEAD, ["\x1b[31m"], "has no signal .*: it has clk, data, valid"),
        (HEAD, ["clk"] * 65, "65 signals are too many, 64 is the most"),
    ],
)
def test_what_can_not_be_read(waves, text, names, message):
    with pytest.raises(hal.HalError, match=message) as raised:
        read_changes(waves(text), names)
    assert "\x1b" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(hal.HalError, match="No such file"):
        read_changes(tmp_path / "run.vcd", ["clk"])


def test_clocks_that_are_not_there(waves):
    (clock,) = read_changes(waves(), ["clk"])
    with pytest.raises(hal.HalError, match=r"top\.clk has 3 rising edges, and clock 3 is none of them"):
        timing_picture(clock, [], 3, 1)
    with pytest.raises(hal.HalError, match="0 clocks are no picture: give 1 to 200"):
        timing_picture(clock, [], 0, 0)
    with pytest.raises(hal.HalError, match="has 0 rising edges"):
        timing_picture(Changes("d", 1), [], 0, 1)


def test_lines_that_are_no_changes_are_passed_over(waves):
    (data,) = read_changes(waves(HEAD + "#x\n#7 8\nb1 #\n$dumpvars\nb\nr1.5 #\n1\n"), ["data"])
    assert data.at == [(0, "1")]
