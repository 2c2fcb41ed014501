"""Batches: what is collected, merged, sent, and not sent."""

from __future__ import annotations

import contextlib
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

MODE_FAST = 5


def test_neighbouring_plain_fields_become_one_access(dut, bus):
    def batch():
        with dut.batch() as d:
            d.ctrl.a = 1
            d.ctrl.b = 2

    assert bus(batch) == [("r", 0, 32, 0x205), ("w", 0, 32, 0x221)]


@pytest.mark.parametrize("name", ["ctrl", "byte", "quad", "plain"])
def test_nothing_is_read_when_all_that_is_kept_is_given(dut, bus, name):
    """As `modify` of the same fields does, which says so in one statement."""
    shape = getattr(dut, name)._shape
    kept = [field for field in shape.fields.values() if field.mask & shape.keep]
    values = {field.attribute: 1 for field in kept}

    def batch():
        with dut.batch() as d:
            for field, value in values.items():
                setattr(getattr(d, name), field, value)

    collected, given = bus(batch), bus(lambda: getattr(dut, name).modify(**values))
    assert collected == given
    assert "r" not in {action for action, *_ in collected}
    assert kept


SPARE = """
schema: 1
name: spare
registers:
  r: {offset: 0x0, reset: 0xA5000000, fields: {x: {bits: "3:0"}, y: {bits: "7:4"}, z: {bits: "11:8"}}}
  w: {offset: 0x8, width: 64, access_width: 32, reset: 0xA500000012345678, fields: {x: {bits: "35:32"}, y: {bits: "39:36"}, z: {bits: "43:40"}}}
"""


@pytest.mark.parametrize(("name", "offset"), [("r", 0x0), ("w", 0xC)])
def test_bits_of_no_field_are_as_after_a_reset_when_nothing_is_read(slot, tmp_path, name, offset):
    (tmp_path / "spare.yaml").write_text(SPARE)

    def batch(*fields):
        with slot.emulator.trace() as trace, dev.batch() as d:
            for field in fields:
                setattr(getattr(d, name), field, 1)
        return [(access.action[0], access.offset, access.value) for access in trace]

    with hal.load_map(tmp_path / "spare.yaml").open(0) as dev:
        assert batch("x", "z") == [("r", offset, 0xA5000000), ("w", offset, 0xA5000101)]
        dev.slot.emulator.poke(0, 0, offset, 0)
        assert batch("z", "x", "y") == [("w", offset, 0xA5000111)]


def test_merged_fields_are_each_what_was_written_last_for_any_old_value(dut):
    for old in (0, 0xFFFFFFFF, 0x50221):
        dut.ctrl.write(old & ~0x1100)
        with dut.batch() as d:
            d.ctrl.b = 9
            d.ctrl.a = 6
        assert (dut.ctrl.a, dut.ctrl.b, dut.ctrl.mode) == (6, 9, (old >> 16) & 7)


@pytest.mark.parametrize("between", ["single", "ctrl"])
def test_another_access_between_keeps_them_apart(dut, bus, between):
    def batch():
        pending = dut.batch()
        with pending as d:
            d.ctrl.a = 1
            pending.read(getattr(d, between))
            d.ctrl.b = 2

    assert [action for action, *_ in bus(batch)] == ["r", "w", "r", "r", "w"]


def test_a_field_that_is_written_twice_is_written_twice(dut, bus):
    def batch():
        with dut.batch() as d:
            d.ctrl.a = 1
            d.ctrl.a = 0

    assert [(action, value) for action, _, _, value in bus(batch)] == [
        ("r", 0x205),
        ("w", 0x201),
        ("r", 0x201),
        ("w", 0x200),
    ]


@pytest.mark.parametrize("field", ["low", "go"])
def test_fields_that_act_are_never_merged(dut, bus, field):
    """A command acts on the settings that stand when it comes; what sets a flag may be one."""

    def batch():
        with dut.batch() as d:
            d.ctrl.a = 1
            setattr(d.ctrl, field, 1)
            d.ctrl.b = 1

    assert [action for action, *_ in bus(batch)] == ["r", "w"] * 3


def test_what_is_set_joins_what_was_cleared_before_it(dut, bus, slot):
    slot.emulator.poke(0, 0, 0, 0x5_0305)  # done is up

    def batch():
        with dut.batch() as d:
            d.ctrl.done = 1
            d.ctrl.a = 6
            d.ctrl.b = 7

    assert bus(batch) == [("r", 0, 32, 0x5_0305), ("w", 0, 32, 0x5_0376)]
    assert (dut.ctrl.done, dut.ctrl.a, dut.ctrl.b, dut.ctrl.mode) == (0, 6, 7, 5)


def test_what_is_cleared_does_not_join_what_was_set_before_it(dut, bus):
    """Stop, then clear: a flag that the old setting raises until it is gone must not outlive the clearing."""

    def batch():
        with dut.batch() as d:
            d.ctrl.a = 0
            d.ctrl.done = 1
            d.ctrl.done = 1

    assert [value for action, _, _, value in bus(batch) if action == "w"] == [0x200, 0x300, 0x300]


MERGED = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers:
  r:
    offset: 0
    reset: 0x80000000
    fields:
      a: {bits: "3:0"}
      b: {bits: "7:4"}
      moving: {bits: "11:8", volatile: true}
      done: {bits: "13:12", access: w1c}
      low: {bits: "15:14", access: w0c}
      flag: {bits: 16, access: w1s}
      go: {bits: 17, pulse: true}
"""
PLACES = {"a": (0, 4), "b": (4, 4), "moving": (8, 4), "done": (12, 2), "low": (14, 2), "flag": (16, 1), "go": (17, 1)}
WRITES = st.lists(st.tuples(st.sampled_from(sorted(PLACES)), st.integers(0, 15)), min_size=1, max_size=6)


def after_one(state, name, value):
    """What the register holds after a write of one field: by hand, of bits."""
    low, width = PLACES[name]
    bits = (value & ((1 << width) - 1)) << low
    field = ((1 << width) - 1) << low
    return {"done": state & ~bits, "low": state & (bits | ~field), "flag": state | bits, "go": state}.get(
        name, state & ~field | bits
    )


def accesses_of(writes):
    """How many writes the bus is to see: the rule in words of the manual."""
    count, joined = 0, None
    for name, _ in writes:
        if name in {"a", "b"} and joined is not None and name not in joined:
            joined.add(name)
            continue
        count += 1
        joined = {name} if name in {"a", "b", "done", "low"} else None
    return count


@pytest.fixture
def merging(slot):
    with on_card(slot, load_class(MERGED)) as device:
        yield device


@given(WRITES, st.integers(0, 0x1FFFF))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_batch_ends_as_its_writes_one_by_one(merging, writes, state):
    merging.slot.emulator.poke(0, 0, 0, state | 0x80000000)
    wanted = state | 0x80000000
    with merging.slot.emulator.trace() as trace, merging.batch() as d:
        for name, given in writes:
            value = given & ((1 << PLACES[name][1]) - 1)
            setattr(d.r, name, value)
            wanted = after_one(wanted, name, value)
    assert merging.r.read() == wanted
    assert sum(access.action == "write" for access in trace) == accesses_of(writes)


def test_order_is_kept_across_registers_and_bars(dut, slot):
    with slot.emulator.trace() as trace, dut.batch() as d:
        d.side.r.value = 1
        d.plain.value = 2 << 32 | 3
        d.bulk.ram[0:2] = [4, 5]
        d.side.r.value = 6
    assert [(access.pf, access.bar, access.offset, access.value) for access in trace] == [
        (1, 4, 0x40, 1),
        (0, 0, 0x20, 3),
        (0, 0, 0x24, 2),
        (0, 4, 0x1000, 4),
        (0, 4, 0x1004, 5),
        (1, 4, 0x40, 6),
    ]


def test_nothing_is_sent_when_the_block_raises(dut, bus):
    def batch():
        with pytest.raises(ZeroDivisionError), dut.batch() as d:
            d.ctrl.a = 1
            d.out.x = 7
            raise ZeroDivisionError

    assert bus(batch) == []
    assert bus(lambda: setattr(dut.out, "y", 1)) == [("w", 8, 32, 0x13)]  # the shadow is as before


def test_a_value_that_does_not_fit_is_told_at_once_and_nothing_is_sent(dut, bus):
    def batch():
        with pytest.raises(ValueError, match="16 is out of range 0 to 15"), dut.batch() as d:
            d.ctrl.a = 1
            d.ctrl.b = 16

    assert bus(batch) == []


def test_shadows_are_those_of_the_device(dut, bus):
    dut.out.x = 1
    with dut.batch() as d:
        d.out.y = 2
        d.kept.x = 4
    assert bus(lambda: setattr(dut.out, "x", 5)) == [("w", 8, 32, 0x25)]
    assert bus(lambda: setattr(dut.kept, "y", 5)) == [("w", 0xC, 32, 0x54)]


def test_futures_have_the_values_of_their_place(dut):
    dut.plain.value = 1 << 40
    pending = dut.batch()
    with pending as d:
        before = pending.read(d.ctrl, "mode")
        d.ctrl.mode = MODE_FAST
        after = pending.read(dut.ctrl, "mode")  # the device's own register will do too
        wide, part = pending.read(d.plain), pending.read(d.mixed, "cross")
        assert not before.done
        with pytest.raises(hal.BatchError, match=r"dut\.ctrl\.mode has no value"):
            before.value  # noqa: B018
        assert len(pending) == 1 + 1 + 1 + 2 + 2
    assert (before.value, after.value, wide.value, part.value) == (0, 5, 1 << 40, 0)
    assert type(after.value).__name__ == "Mode"
    assert repr(part) == "<dut.mixed.cross = 0>"


def test_fields_of_one_register_are_read_once(dut, bus):
    dut.ctrl.a = 5
    futures = []

    def read():
        pending = dut.batch()
        with pending as d:
            futures[:] = [pending.read(d.ctrl, "a"), pending.read(dut.ctrl, "mode"), pending.read(d.ctrl, "b")]
            assert len(pending) == 1

    assert [access[:3] for access in bus(read)] == [("r", 0, 32)]
    assert [future.value for future in futures] == [dut.ctrl.a, dut.ctrl.mode, dut.ctrl.b]


def test_what_is_read_again_or_after_something_else_takes_another_read(dut):
    pending = dut.batch()
    with pending as d:
        before = pending.read(d.ctrl, "a")
        again = pending.read(d.ctrl, "a")
        d.ctrl.a = 6
        after, beside = pending.read(d.ctrl, "a"), pending.read(d.ctrl, "b")
        whole = pending.read(d.ctrl)
        assert len(pending) == 2 + 1 + 1 + 1
    assert (before.value, again.value, after.value, beside.value) == (5, 5, 6, 0)
    assert whole.value & 0xF == 6
    pending = dut.batch()
    with pending as d:
        earlier = pending.read(d.ctrl, "a")
        d.ctrl.b = 1
        later = pending.read(d.ctrl, "b")  # not asked for before, and what was read is older than the write
        assert len(pending) == 3
    assert (earlier.value, later.value) == (6, 1)


@pytest.mark.parametrize(
    ("name", "field"), [("ctrl", "mode"), ("single", "flag"), ("plain", "value"), ("quad", "hi"), ("mixed", "b")]
)
def test_a_field_that_is_read_twice_takes_its_words_twice(dut, name, field):
    """Whichever of their bits it has."""
    pending = dut.batch()
    with pending as d:
        pending.read(getattr(d, name), field)
        once = len(pending)
        pending.read(getattr(d, name), field)
        assert len(pending) == 2 * once


def test_futures_of_a_batch_that_raised_stay_empty(dut):
    pending = dut.batch()
    with pytest.raises(ZeroDivisionError), pending as d:
        future = pending.read(d.ctrl)
        raise ZeroDivisionError
    with pytest.raises(hal.BatchError):
        future.value  # noqa: B018


def test_reads_that_can_not_wait_are_refused(dut):
    with pytest.raises(hal.BatchError, match=r"read of dut\.ctrl\.a .* batch\.read"), dut.batch() as d:
        d.ctrl.a  # noqa: B018
    with pytest.raises(hal.BatchError), dut.batch() as d:
        d.bulk.ram[0]
    with pytest.raises(hal.BatchError), dut.batch() as d:
        d.ctrl.wait_for(a=1)
    with pytest.raises(hal.BatchError), dut.batch() as d:
        d.snapshot()
    pending = dut.batch()
    with pytest.raises(hal.AccessError, match="write-only"), pending as d:
        pending.read(d.out, "x")
    with pytest.raises(AttributeError, match=r"dut\.ctrl .* has no field 'moed'; did you mean mode\?"), pending as d:
        pending.read(d.ctrl, "moed")


def test_an_ended_batch_takes_no_more(dut):
    pending = dut.batch()
    with pending as d:
        register = d.ctrl
        pending.read(register)
    with pytest.raises(hal.BatchError, match="belongs to a batch that has ended"):
        register.a = 1
    for other in (contextlib.nullcontext(), dut.batch()):  # which uses again what the ended one had
        with other, pytest.raises(hal.BatchError, match="only inside of its with block"):
            pending.read(register)


def test_an_error_names_the_access_and_how_many_were_made(dut, slot, driver):
    class Broken(hal.Model):
        def on_write(self, register, value):
            if register == "dots[2]":
                raise RuntimeError("broken")

    slot.emulator.set_model(Broken(driver))
    with (
        pytest.raises(
            hal.ModelError,
            match=r"batch access 3 of 4 \(2 before it were made\): write of dut\.dots\[2\] \(app BAR 0, 0x110\)",
        ) as caught,
        dut.batch() as d,
    ):
        d.dots[0].v = 1
        d.out.x = 7
        d.dots[2].v = 3
        d.out.x = 1
    slot.emulator.set_model(None)
    assert caught.value.path == "dut.dots[2]"
    assert dut.out._last_written == 7  # that one was made, the last one was not


def test_a_closed_bar_stops_all_of_it(dut, slot, driver):
    told = r"batch access 2 of 2 \(nothing was sent\): write of dut\.ctrl"
    with pytest.raises(hal.ClosedError, match=told), dut.batch() as d:
        d.side.r.value = 1
        d.ctrl.write(1)
        dut._bars[0, 0, False].detach()


def test_batches_of_two_threads_do_not_mix(dut):
    def work(index):
        for number in range(200):
            with dut.batch() as d:
                d.dots[index].v = number
                d.dots[index].v = number + 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert dut.dots.read() == [200] * 4


def test_an_array_is_written_in_a_batch(dut, bus):
    def batch():
        with dut.batch() as d:
            d.dots.write([1, 2, 3, 4])

    assert bus(batch) == [("w", 0x100 + 8 * i, 32, i + 1) for i in range(4)]


def test_a_batch_inside_of_itself_is_refused(dut):
    pending = dut.batch()
    with pending, pytest.raises(hal.BatchError, match="is being collected already"):
        pending.__enter__()
