"""What registers are waited for: comparisons, failures, functions of what was read, several registers."""

from __future__ import annotations

import contextlib
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from tests.registers.waits.job import poke
from tests.support.processes import LIMIT


def comes(register, **asked):
    """Whether one look finds it."""
    try:
        register.wait_for(timeout=0, **asked)
    except hal.WaitTimeoutError:
        return False
    return True


# Field and where it stands: the register's path, lowest bit, bits, and how its bits are a value.
SIGNED = lambda raw, bits: raw - (raw >> (bits - 1) << bits)  # noqa: E731
PLAIN = lambda raw, _: raw  # noqa: E731
FIELDS = {
    ("status", "level"): (0x0, 8, 8, PLAIN),
    ("status", "temp"): (0x0, 16, 8, SIGNED),
    ("status", "gain"): (0x0, 24, 8, lambda raw, bits: SIGNED(raw, bits) / 16),
    ("wide", "low"): (0x8, 0, 16, PLAIN),
    ("wide", "high"): (0xC, 16, 16, SIGNED),
    ("small", "b"): (0x10, 4, 4, PLAIN),
    ("beside", "x"): (0x10, 8, 8, PLAIN),
}
MEANING = {
    "at_least": lambda value, ends: value >= ends[0],
    "at_most": lambda value, ends: value <= ends[0],
    "more_than": lambda value, ends: value > ends[0],
    "less_than": lambda value, ends: value < ends[0],
    "between": lambda value, ends: ends[0] <= value <= ends[1],
    "one_of": lambda value, ends: value in ends,
    "none_of": lambda value, ends: value not in ends,
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(sorted(FIELDS)), name=st.sampled_from(sorted(MEANING)), data=st.data())
def test_comparisons_are_those_of_values(job, place, name, data):
    offset, low, bits, decode = FIELDS[place]
    raws = [data.draw(st.integers(0, (1 << bits) - 1)) for _ in range(3)]
    if data.draw(st.booleans()):
        raws[1] = (raws[0] + data.draw(st.integers(-1, 1))) % (1 << bits)
    values = [decode(raw, bits) for raw in raws]
    ends = sorted(values[1:]) if name in {"between", "one_of", "none_of"} else values[1:2]
    others = data.draw(st.integers(0, (1 << 32) - 2))
    poke(job, (others & ~(((1 << bits) - 1) << low)) | raws[0] << low, offset)
    register = getattr(job, place[0])
    asked = {place[1]: getattr(hal, name)(*ends)}
    holds = MEANING[name](values[0], ends)
    assert comes(register, **asked) == holds
    with contextlib.suppress(hal.WaitTimeoutError) if not holds else pytest.raises(hal.WaitFailedError):
        register.wait_for(timeout=0, **{place[1]: hal.none_of(values[0])}, fail=asked)


def test_a_failure_is_told_even_where_the_rest_came_with_it(job):
    poke(job, 0b11)
    with pytest.raises(hal.WaitFailedError) as caught:
        job.status.wait_for(done=1, fail={"error": 1})
    assert str(caught.value) == (
        "dut.status (app BAR 0, 0x0): error=1 while done=1 was waited for; last read 0x3 (done=1, error=1)"
    )
    assert (caught.value.last, caught.value.path) == (3, "dut.status")
    poke(job, 0)
    timer = threading.Timer(0.02, poke, (job, 3))
    timer.start()
    with pytest.raises(hal.WaitFailedError):
        job.status.wait_for(done=1, fail={"error": 1}, timeout=LIMIT / 2)
    timer.join(LIMIT)


def test_any_failure_of_several_ends_a_wait_that_runs(job):
    timer = threading.Timer(0.02, poke, (job, 0x5_52))
    timer.start()
    with pytest.raises(hal.WaitFailedError, match="state=5 while done=1, level=hal"):
        job.status.wait_for(
            level=hal.at_least(9), done=1, fail={"level": hal.at_least(200), "state": 5}, timeout=LIMIT / 2
        )
    timer.join(LIMIT)


@pytest.mark.parametrize("value", [0x1234_5678, 0])
def test_a_failure_of_bits_in_two_words_is_one_of_all_of_them(job, value):
    poke(job, (value & 0xFFFF) << 16 | 7, 0x8)
    poke(job, value >> 16, 0xC)
    with pytest.raises(hal.WaitFailedError if value else hal.WaitTimeoutError):
        job.wide.wait_for(low=8, fail={"across": 0x1234_5678}, timeout=0)
    assert comes(job.wide, across=value, low=7)
    assert comes(job.wide, across=hal.between(value, value))


def test_a_field_that_is_called_fail_is_one(job):
    poke(job, 0b100)
    job.status.wait_for(fail=1, timeout=0)
    assert not comes(job.status, fail=0)
    with pytest.raises(hal.WaitFailedError):
        job.status.wait_for(done=1, fail={"fail": 1})
    with pytest.raises(hal.FieldTypeError, match=r"fail takes fields by name, .* not 1"):
        job.wide.wait_for(low=1, fail=1)


def test_a_comparison_with_an_array_of_fields_is_one_with_each(job):
    poke(job, 0b10_11_10_10, 0x14)
    assert comes(job.lamps, lamp=hal.at_least(2))
    assert not comes(job.lamps, lamp=hal.at_most(2))
    with pytest.raises(hal.WaitFailedError, match=r"lamp\[2\]=hal.more_than\(2\)"):
        job.lamps.wait_for(lamp=[0, 0, 0, 0], fail={"lamp": hal.more_than(2)})


def test_what_was_read_is_one_read_however_often_it_is_asked(job, bus):
    poke(job, 0xC0_FF_05_51)
    asked = []
    found = []

    def test(read):
        asked.append((read.done, read.state, read.level, read.temp, read.gain, read.read()))
        return read.done or read.error

    assert len(bus(lambda: found.append(job.status.wait_until(test)))) == 1
    state = asked[0][1]
    assert asked == [(1, state, 5, -1, -4.0, 0xC0FF0551)]
    assert (state.name, found[0].level, found[0].fields()["level"]) == ("BROKEN", 5, 5)
    assert "done=1" in repr(found[0])
    for wrong, error in (
        (lambda: found[0].nothing, "no field 'nothing'"),
        (lambda: found[0].modify(level=1), "has fields and no modify"),
        (lambda: setattr(found[0], "level", 1), "write level of the register itself"),
    ):
        with pytest.raises(hal.HalError, match=error):
            wrong()
    assert "level" in dir(found[0])


def test_a_function_decides_when_it_runs_and_what_it_raises_comes_out(job):
    timer = threading.Timer(0.02, poke, (job, 0x900))
    timer.start()
    assert job.status.wait_until(lambda read: read.level > 8, timeout=LIMIT / 2).level == 9
    timer.join(LIMIT)
    with pytest.raises(ZeroDivisionError):
        job.status.wait_until(lambda read: 1 // read.done)
    with pytest.raises(hal.FieldTypeError, match="wait_until takes a function"):
        job.status.wait_until(1)

    async def later(read):
        return read.done

    with pytest.raises(hal.FieldTypeError, match="it is no coroutine"):
        job.status.wait_until(later)
    with pytest.raises(hal.WaitFailedError):
        job.status.wait_until(lambda read: read.done, fail={"level": 9})


def test_a_timeout_shows_what_was_named_and_all_that_is_not_zero(job):
    poke(job, 0x00_FE_00_52)
    with pytest.raises(hal.WaitTimeoutError) as caught:
        job.status.wait_for(done=1, level=hal.at_least(8), fail={"fail": 1}, timeout=0)
    assert str(caught.value).endswith(
        "done=1, level=hal.at_least(8) did not come within 0.0 s; last read 0xfe0052 "
        "(done=0, level=0x0, fail=0, error=1, state=BROKEN, temp=-2)"
    )
    poke(job, 0x0003_0000, 0xC)
    with pytest.raises(hal.WaitTimeoutError, match=r"\(low=0x0\)$"):
        job.wide.wait_for(low=1, timeout=0)  # the other word is not read


def test_reads_that_change_something_are_made_once_a_look(job, bus):
    poke(job, 0x7, 0x18)
    assert len(bus(lambda: job.events.wait_until(lambda read: read.seen == 7))) == 1
    poke(job, 0x7, 0x18)
    assert len(bus(lambda: job.events.wait_for(seen=hal.at_least(7)))) == 1


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"level": hal.at_least(300)}, "status.level .*: 300 is out of range 0 to 255$"),
        ({"done": 1, "fail": {"state": "x"}}, "status.state"),
        ({"nothing": hal.at_most(1)}, "no field 'nothing'"),
        ({"done": 1, "fail": {"nothing": 1}}, "no field 'nothing'"),
        ({"level": hal.between(1, "x")}, "status.level"),
        ({"level": hal.between(9, 3)}, r"status.level .*: nothing is hal.between\(9, 3\): give the lower one first"),
        ({}, "wait_for takes fields by name"),
        ({"fail": {"done": 1}}, "wait_for takes fields by name"),
    ],
)
def test_what_can_not_be_is_told_before_anything_is_read(job, bus, asked, told):
    def refused():
        with pytest.raises(hal.HalError, match=told):
            job.status.wait_for(**asked)

    assert bus(refused) == []


def test_comparisons_are_no_values():
    assert repr(hal.between(1, 2)) == "hal.between(1, 2)"
    with pytest.raises(hal.FieldTypeError, match="neither true nor false"):
        bool(hal.at_least(1))
    for empty in (hal.one_of, hal.none_of):
        with pytest.raises(hal.FieldTypeError, match="one or more values"):
            empty()
