"""Waiting for a value."""

from __future__ import annotations

import threading
import time

import pytest

import hal
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT


def test_wait_for(widget, slot):
    class Later(hal.Model):
        def on_write(self, register, value):
            if register == "ctrl" and value & 1:
                self.due = self.time + 0.05

        def on_read(self, register):
            if register == "events" and self.time > self.due:
                self.set("events.first", 1)

    slot.emulator.set_model(Later(type(widget)))
    widget.ctrl.go = 1
    widget.events.wait_for(timeout=5, interval=0.005, first=1)
    assert widget.events.first == 1


def test_wait_for_that_never_comes(widget):
    start = time.monotonic()
    with pytest.raises(
        TimeoutError, match=r"widget\.events .*: first=1 did not come within 0\.06 s; last read 0x0"
    ) as raised:
        widget.events.wait_for(timeout=0.06, interval=0.01, first=1)
    assert time.monotonic() - start >= 0.06
    assert raised.value.last == 0


def test_wait_for_tells_a_dead_bus(widget, slot):
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError, match=r"widget\.events .*: slot 0: the OCL interface timed out") as raised:
        widget.events.wait_for(timeout=0.02, first=0)
    assert (raised.value.interface, raised.value.address) == ("OCL", 8)


def test_other_threads_run_while_one_waits(widget, slot):
    ended = []
    waiter = threading.Thread(target=lambda: ended.append(widget.events.wait_for(timeout=LIMIT, first=1)))
    waiter.start()
    for _ in range(1000):
        assert widget.ctrl.go == 0
        assert not ended
    slot.emulator.poke(0, 0, 8, 1)
    waiter.join(LIMIT / 2)
    assert ended


def test_wait_for_reads_the_fields_words_only(dut, bus):
    assert bus(lambda: dut.mixed.wait_for(timeout=0, b=0)) == [("r", 0x3C, 32, 0)]
    assert bus(lambda: dut.mixed.wait_for(timeout=0, cross=0)) == [("r", 0x38, 32, 0), ("r", 0x3C, 32, 0)]


def test_a_wait_for_fields_of_several_words_ends_when_both_came(dut, slot):
    timer = threading.Timer(0.05, lambda: slot.emulator.poke(0, 0, 0x34, 9))
    timer.start()
    dut.latched.wait_for(timeout=5, low=0, up=9)
    timer.join(LIMIT)
    with pytest.raises(hal.WaitTimeoutError, match="up=0x9") as caught:
        dut.latched.wait_for(timeout=0.01, up=8)
    assert caught.value.last == 9 << 32


def test_bits_beside_the_fields_are_no_part_of_a_wait(dut, slot, bus):
    """In one word and in several, whatever they hold."""
    slot.emulator.poke(0, 0, 0x30, 0xFFFF_0003)
    slot.emulator.poke(0, 0, 0x34, 0xFFF0_0009)
    dut.latched.wait_for(timeout=0, low=3, up=9)
    with pytest.raises(hal.WaitTimeoutError):
        dut.latched.wait_for(timeout=0, low=3, up=8)
    with pytest.raises(hal.WaitTimeoutError):
        dut.latched.wait_for(timeout=0, low=2, up=9)
    slot.emulator.poke(0, 0, 0x0, 0xFFFF_FFF7)
    dut.ctrl.wait_for(timeout=0.1, interval=0.001, a=7)


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_a_wait_reads_a_counter_of_two_words_untorn(dut, bus, timeout):
    """High, low, high again: a carry between the reads would make a value that the counter never had."""
    with pytest.raises(hal.WaitTimeoutError) as raised:
        reads = bus(lambda: dut.count.wait_for(timeout=timeout, interval=1, value=5))
        raise AssertionError(reads)
    reads = bus(lambda: dut.count.wait_for(timeout=timeout, value=0))
    assert raised.value.last == 0
    assert [offset for _, offset, *_ in reads] == [0x1C, 0x18, 0x1C]


def test_a_wait_does_not_take_a_torn_value_for_the_one_it_is_for(dut, slot, driver):
    class Carries(hal.Model):
        """0x0_FFFFFFFF becomes 0x1_00000000 after the first read of one of its words."""

        reads = 0

        def on_read(self, register):
            if register == "count":
                self.reads += 1
                if self.reads == 2:
                    slot.emulator.poke(0, 0, 0x18, 0)
                    slot.emulator.poke(0, 0, 0x1C, 1)

    slot.emulator.poke(0, 0, 0x18, 0xFFFF_FFFF)
    slot.emulator.set_model(Carries(driver))
    with pytest.raises(hal.WaitTimeoutError) as raised:
        dut.count.wait_for(timeout=0, value=0x1_FFFF_FFFF)
    assert raised.value.last == 1 << 32
    slot.emulator.set_model(None)


@pytest.mark.parametrize("register", ["out", "half_blind"])
def test_what_can_not_be_read_can_not_be_waited_for(slot, register):
    kind = load_class(
        "schema: 1\nname: dut\nafi: {ids: [agfi-0fedcba9876543210]}\nregisters:\n"
        '  out: {offset: 0, access: wo, fields: {x: {bits: "3:0", idle: 0}}}\n'
        '  half_blind: {offset: 4, fields: {x: {bits: "3:0", access: wo, idle: 0}, y: {bits: "7:4"}}}\n'
    )
    with on_card(slot, kind) as device, slot.emulator.trace() as trace:
        for value in (0, 1):
            with pytest.raises(hal.AccessError, match="write-only"):
                getattr(device, register).wait_for(timeout=0.01, x=value)
        device.half_blind.wait_for(timeout=0.01, y=0)
    assert [access.action for access in trace] == ["read"]


@pytest.mark.parametrize("register", ["ctrl", "latched"])
def test_a_wait_ends_when_its_bar_goes_stale(dut, slot, register):
    """Long before its time is over: what is read through a handle of before is another design's."""
    fields = {"ctrl": {"b": 9}, "latched": {"up": 9}}[register]
    timer = threading.Timer(0.05, slot.rescan)
    timer.start()
    start = time.monotonic()
    with pytest.raises(hal.StaleHandleError):
        getattr(dut, register).wait_for(timeout=LIMIT / 2, interval=0.001, **fields)
    assert time.monotonic() - start < LIMIT / 4
    timer.join(LIMIT)


def test_a_register_without_a_field_to_read_is_refused_as_one(dut, bus):
    def refused():
        with pytest.raises(hal.AccessError, match=r"dut\.out .*none of its fields can be read"):
            dut.out.wait_for(timeout=0, x=3)

    assert bus(refused) == []


def test_a_field_beside_others_comes_while_it_is_waited_for(dut, slot):
    dut.ctrl.write(0xFFFF_0005)
    timer = threading.Timer(0.05, lambda: slot.emulator.poke(0, 0, 0, 0xFFFF_0095))
    timer.start()
    dut.ctrl.wait_for(timeout=2, interval=0.001, b=9)
    timer.join(LIMIT)
