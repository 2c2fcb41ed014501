"""Interrupts of a device: waited for in the right order, told apart by their status, none lost."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

import hal
from hal.lines import shared_line
from tests.support.processes import LIMIT


def actions(trace):
    return [(access.action, access.offset, access.value) for access in trace]


def test_the_order_of_a_wait(ticker, slot):
    """Let through, looked at, cleared, and looked at again: what came meanwhile may have made no request."""
    slot.emulator.poke(0, 0, 0, 1)
    with slot.emulator.trace() as trace:
        assert ticker.interrupts.done.wait(LIMIT / 2).count == 1
    assert actions(trace) == [
        ("read", 4, 0),
        ("write", 4, 1),
        ("read", 0, 1),
        ("write", 0, 1),
        ("read", 0, 0),
    ]
    slot.emulator.raise_interrupt("done")
    with slot.emulator.trace() as trace:
        assert ticker.interrupts.done.wait(LIMIT / 2).count == 1
    assert actions(trace) == [("read", 0, 1), ("write", 0, 1), ("read", 0, 0)]
    with pytest.raises(hal.InterruptTimeoutError, match=r"dut: interrupt done \(line 3\) did not come within 0\.01 s"):
        ticker.interrupts.done.wait(0.01)


@pytest.mark.parametrize("trigger", ["edge", "level"])
def test_what_shares_a_line_gets_its_own(ticker, slot, trigger):
    slot.emulator.interrupt_trigger(3, trigger)
    counts = {"done": 0, "error": 0}
    rounds = 150

    def wait(name):
        one = getattr(ticker.interrupts, name)
        while counts[name] < rounds:
            counts[name] += one.wait(LIMIT / 2).count
            taken[name].release()

    taken = {name: threading.Semaphore(0) for name in counts}
    threads = [threading.Thread(target=wait, args=(name,)) for name in counts]
    for thread in threads:
        thread.start()
    for number in range(rounds):
        for name in ("done", "error") if number % 3 else ("error", "done"):
            slot.emulator.raise_interrupt(name)
        for name in counts:
            assert taken[name].acquire(timeout=LIMIT)
    for thread in threads:
        thread.join(LIMIT)
    assert counts == dict.fromkeys(counts, rounds)
    assert not any(slot.emulator.interrupts.asserted)


@pytest.mark.parametrize("trigger", ["edge", "level"])
def test_one_that_nothing_clears_is_held_back_until_it_is_waited_for(ticker, slot, trigger):
    """Else a line that goes by levels would ask without end, and no other of it could sleep."""
    slot.emulator.interrupt_trigger(3, trigger)
    full, done = ticker.interrupts.full, ticker.interrupts.done
    slot.emulator.raise_interrupt("full")
    assert full.wait(LIMIT / 2).count == 1
    assert ticker.enable.full == 0
    with slot.emulator.trace() as trace, pytest.raises(hal.InterruptTimeoutError):
        done.wait(0.1)
    assert len(trace) < 20
    assert full.wait(LIMIT / 2).count == 1  # its status is still set
    slot.emulator.poke(0, 0, 0, 0)
    with pytest.raises(hal.InterruptTimeoutError):
        full.wait(0.02)
    assert ticker.enable.full == 1
    slot.emulator.raise_interrupt("full")
    assert full.wait(LIMIT / 2).count == 1


def test_ten_thousand_and_none_lost(ticker, slot):
    """A quarter of them here: each is raised as soon as the one before was taken, wherever the wait is by then."""
    rounds, flag, go = 2500, ticker.interrupts.flag, threading.Semaphore(1)

    def bench():
        for _ in range(rounds):
            if not go.acquire(timeout=LIMIT):
                return
            slot.emulator.raise_interrupt("flag")

    thread = threading.Thread(target=bench)
    thread.start()
    counts = []
    for _ in range(rounds):
        counts.append(flag.wait(LIMIT / 2).count)
        go.release()
    thread.join(LIMIT)
    assert counts == [1] * rounds


def test_in_an_event_loop(ticker, slot):
    async def main():
        seen = []
        hit, flag = ticker.interrupts.hit, ticker.interrupts.flag
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, slot.emulator.raise_interrupt, "hit")
        assert (await hit.wait_async(LIMIT)).count == 1
        loop.call_later(0.01, slot.emulator.raise_interrupt, "flag")
        iterator = flag.__aiter__()
        async for event in iterator:
            seen.append(event.count)
            if len(seen) == 5:
                break
            slot.emulator.raise_interrupt("flag")
        await iterator.aclose()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(hit.wait_async(), 0.01)
        with pytest.raises(hal.InterruptTimeoutError):
            await hit.wait_async(0.01)
        return seen, flag.is_listening

    assert asyncio.run(main()) == ([1] * 5, False)


def test_callbacks(ticker, slot):
    seen, done = [], threading.Semaphore(0)
    with ticker.interrupts.error.on_event(lambda event: (seen.append(event.count), done.release())):
        time.sleep(0.01)
        for _ in range(3):
            slot.emulator.raise_interrupt("error")
            assert done.acquire(timeout=LIMIT)
    assert seen == [1, 1, 1]


@pytest.mark.parametrize("error", [hal.StaleHandleError, hal.ClosedError])
def test_a_slot_that_is_cleared_and_a_device_that_is_closed_end_the_wait(ticker, slot, error, monkeypatch):
    monkeypatch.setattr(shared_line, "_SLICE", LIMIT)  # it does not look by itself
    timer = threading.Timer(0.05, slot.clear if error is hal.StaleHandleError else ticker.close)
    timer.start()
    start = time.monotonic()
    with pytest.raises(error):
        ticker.interrupts.hit.wait(LIMIT)
    assert time.monotonic() - start < LIMIT / 2
    timer.join(LIMIT)


def test_what_can_not_be_waited_for(ticker, slot):
    with pytest.raises(hal.InterruptError, match="dut: the map says no line of interrupt silent: add line: N there"):
        ticker.interrupts.silent.wait(0.01)
    with ticker.batch() as batch, pytest.raises(hal.AccessError, match="a batch waits for nothing"):
        batch.interrupts.done.wait(0.01)
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError):
        ticker.interrupts.hit.wait(0.01)


def test_a_status_in_a_cached_device_is_read_each_time(slot, ticker_class):
    with ticker_class.open(0, cache=True) as device:
        for _ in range(2):
            slot.emulator.raise_interrupt("hit")
            assert device.interrupts.hit.wait(LIMIT / 2).count == 1
