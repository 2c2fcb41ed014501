"""Waits for several registers, without end, and on a dead bus."""

from __future__ import annotations

import signal
import threading
import time

import pytest

import hal
from hal.registers.waits import waits
from tests.registers.waits.job import poke
from tests.support.processes import LIMIT, importing, start_python


def test_several_registers_come_at_once_or_not(job):
    poke(job, 1)
    first, second = hal.when(job.status, done=1), hal.when(job.wide, low=hal.at_least(3))
    with pytest.raises(hal.WaitTimeoutError, match=r"dut\.wide .*: low=hal\.at_least\(3\) did not come within 0\.01 s"):
        hal.wait_for_all(first, second, timeout=0.01)
    assert hal.wait_for_any(second, first, timeout=0) is first
    timer = threading.Timer(0.02, poke, (job, 9, 0x8))
    timer.start()
    hal.wait_for_all(first, second, timeout=LIMIT / 2)
    timer.join(LIMIT)
    assert hal.wait_for_any(second, first) is second
    poke(job, 0)
    poke(job, 0, 0x8)
    with pytest.raises(hal.WaitTimeoutError, match=r"after \d+\.\d s: dut\.status .*; dut\.wide .*"):
        hal.wait_for_any(first, second, timeout=0)


def test_one_of_several_that_fails_ends_it(job):
    poke(job, 2)
    with pytest.raises(hal.WaitFailedError, match="error=1 while done=1"):
        hal.wait_for_all(hal.when(job.wide, low=5), hal.when(job.status, done=1, fail={"error": 1}), timeout=LIMIT)
    with pytest.raises(hal.WaitFailedError):
        hal.wait_for_any(
            hal.when(job.wide, low=0), hal.when(job.status, lambda read: read.done, fail={"error": 1}), timeout=LIMIT
        )


def test_a_register_that_only_fails_is_watched_beside_others(job):
    failures = hal.when(job.status, fail={"error": 1})
    assert "no failure of dut.status" in repr(failures)
    poke(job, 9, 0x8)
    hal.wait_for_all(failures, hal.when(job.wide, low=9), timeout=0)
    timer = threading.Timer(0.02, poke, (job, 2))
    timer.start()
    with pytest.raises(
        hal.WaitFailedError, match=r"dut\.status .*: error=1 while others were waited for; last read 0x2"
    ):
        hal.wait_for_all(hal.when(job.wide, low=5), failures, timeout=LIMIT / 2)
    timer.join(LIMIT)
    for wait, conditions in (
        (hal.wait_for_any, (failures, hal.when(job.wide, low=5))),  # it would be so at once
        (hal.wait_for_all, (failures,)),
    ):
        with pytest.raises(hal.FieldTypeError, match=r"dut\.status .* takes fields to wait for"):
            wait(*conditions, timeout=LIMIT)
    with pytest.raises(hal.FieldTypeError, match="wait_for takes fields by name"):
        job.status.wait_for(fail={"error": 1})


def test_what_a_wait_for_several_takes(job):
    for wrong in ((), (job.status,), (1,)):
        with pytest.raises(hal.FieldTypeError, match=r"hal\.when\(register, done=1\)"):
            hal.wait_for_all(*wrong)
    with pytest.raises(hal.FieldTypeError, match="when takes a register"):
        hal.when(job, done=1)


def test_a_wait_without_end_ends_with_what_it_is_for(job):
    timer = threading.Timer(0.1, poke, (job, 1))
    timer.start()
    job.status.wait_for(done=1, timeout=None)
    timer.join(LIMIT)
    assert job.status.done == 1


@pytest.mark.parametrize("asked", [{"done": 0}, {"done": 0, "gain": hal.more_than(1)}], ids=["C", "looks"])
def test_a_wait_without_end_on_a_dead_bus_ends(job, slot, monkeypatch, asked):
    monkeypatch.setattr(waits, "_ASK_SECONDS", 0.05)
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError):
        job.status.wait_for(timeout=None, **asked)


def test_a_wait_by_looks_keeps_its_interval_and_time(job, bus):
    start = time.monotonic()
    with pytest.raises(hal.WaitTimeoutError):
        job.status.wait_until(lambda read: read.done, timeout=0.06, interval=0.02)
    assert 0.06 <= time.monotonic() - start < LIMIT

    def few():
        with pytest.raises(hal.WaitTimeoutError):
            job.status.wait_until(lambda read: read.done, timeout=0.03, interval=10)

    assert len(bus(few)) == 2


def test_other_threads_run_beside_a_wait_by_looks(job):
    ended = []
    waiter = threading.Thread(target=lambda: ended.append(job.status.wait_until(lambda read: read.done, timeout=LIMIT)))
    waiter.start()
    for _ in range(1000):
        job.lamps.read()
        assert not ended
    poke(job, 1)
    waiter.join(LIMIT / 2)
    assert ended


PROGRAM = """
import sys, time
import hal
from trust import Trust
with Trust.open(0) as dev:
    try:
        print("ready", flush=True)
        {wait}
    except KeyboardInterrupt:
        print("interrupted", dev.status.done, flush=True)
"""


@pytest.mark.parametrize(
    "wait",
    [
        "dev.status.wait_until(lambda read: read.done, timeout=None)",
        "hal.wait_for_all(hal.when(dev.status, done=1), hal.when(dev.shared, a=7), timeout=60, interval=30)",
        "__import__('asyncio').run(dev.status.wait_for_async(done=1, timeout=None))",
        "dev.slot.interrupt(1).wait()",
    ],
    ids=["looks", "interval", "asyncio", "line"],
)
def test_ctrl_c_ends_it(drivers, wait):
    with start_python(PROGRAM.format(wait=wait), environment=importing(drivers)) as process:
        assert process.line() == "ready\n"
        time.sleep(0.1)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.line() == "interrupted 0\n"
        assert time.monotonic() - start < LIMIT / 4
