"""Waiting for a value."""

from __future__ import annotations

import threading
import time

import pytest

import hal
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


def test_other_threads_run_while_one_waits(widget):
    counted = []
    waiter = threading.Thread(target=lambda: pytest.raises(TimeoutError, widget.events.wait_for, timeout=0.3, first=1))
    waiter.start()
    while waiter.is_alive():
        counted.append(widget.ctrl.go)
    waiter.join(LIMIT)
    assert len(counted) > 100


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
