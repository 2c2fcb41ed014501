"""Threads, event loops and callbacks on one line: each sees each request, and none is lost."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import threading
import time

import pytest

import hal
from hal.lines import shared_line
from hal.lines.slot_lines import InterruptSide
from tests.support.forks import in_child
from tests.support.processes import LIMIT

ROUNDS = 400


class Counts:
    """What four kinds of waiters have counted of a line."""

    def __init__(self, slot):
        self.numbers = {"first": 0, "second": 0, "loop": 0, "callback": 0}
        self.lines = {name: slot.interrupt(5) for name in self.numbers}

    def wait(self, name):
        while self.numbers[name] < ROUNDS:
            self.numbers[name] += self.lines[name].wait(LIMIT / 2).count

    async def iterate(self):
        async for event in self.lines["loop"]:
            self.numbers["loop"] += event.count
            if self.numbers["loop"] >= ROUNDS:
                return

    def called(self, event):
        self.numbers["callback"] += event.count


def test_none_is_lost_between_threads_loops_and_callbacks(slot):
    """All count the same line, whoever takes a request from the source; a raise may fall anywhere."""
    counts = Counts(slot)
    threads = [threading.Thread(target=counts.wait, args=(name,)) for name in ("first", "second")]
    threads.append(threading.Thread(target=lambda: asyncio.run(counts.iterate())))
    with counts.lines["callback"].on_event(counts.called):
        for thread in threads:
            thread.start()
        numbers = random.Random(7)
        for _ in range(ROUNDS):
            slot.emulator.raise_interrupt(5)
            if numbers.random() < 0.2:
                time.sleep(numbers.random() / 2000)
        for thread in threads:
            thread.join(LIMIT)
        end = time.monotonic() + LIMIT
        while counts.numbers["callback"] < ROUNDS and time.monotonic() < end:
            time.sleep(0.001)
    assert counts.numbers == dict.fromkeys(counts.numbers, ROUNDS)
    for line in counts.lines.values():
        line.close()
    assert not InterruptSide._lines


def test_a_cancelled_wait_leaves_nothing_in_its_loop(slot):
    async def main(line):
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(line.wait_async()) for _ in range(50)]
        await asyncio.sleep(0.01)
        for task in tasks[:49]:
            task.cancel()
        await asyncio.gather(*tasks[:49], return_exceptions=True)
        slot.emulator.raise_interrupt(5)
        assert (await tasks[49]).count == 1
        with pytest.raises(hal.InterruptTimeoutError):
            await line.wait_async(0.01)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(line.wait_async(), 0.01)
        return line.shared._loops, [handle for handle in loop._scheduled if not handle.cancelled()]

    with slot.interrupt(5) as line:
        assert asyncio.run(main(line)) == ({}, [])


def test_a_loop_is_told_what_a_thread_took_while_it_was_busy(slot, monkeypatch):
    """By then the descriptor has nothing left to tell."""
    monkeypatch.setattr(shared_line, "_SLICE", LIMIT)  # it does not look by itself

    async def main(line, other):
        task = asyncio.create_task(line.wait_async())
        await asyncio.sleep(0.01)
        slot.emulator.raise_interrupt(5)
        thread = threading.Thread(target=other.wait, args=(LIMIT,))
        thread.start()
        thread.join(LIMIT)  # in the loop's own thread
        start = time.monotonic()
        await task
        return time.monotonic() - start

    with slot.interrupt(5) as line, slot.interrupt(5) as other:
        assert asyncio.run(main(line, other)) < LIMIT / 2


def test_a_line_that_is_closed_tells_its_loops(slot):
    async def main(line):
        task = asyncio.create_task(line.wait_async())
        await asyncio.sleep(0.01)
        line.close()
        with pytest.raises(hal.ClosedError):
            await task

    asyncio.run(main(slot.interrupt(5)))


def test_callbacks_go_on_after_one_that_fails_and_end_when_told(slot, caplog):
    seen, done = [], threading.Event()

    def called(event):
        seen.append(event.count)
        done.set()
        if len(seen) == 1:
            raise ZeroDivisionError

    with slot.interrupt(5) as line:
        subscription = line.on_event(called)
        for _ in range(2):
            done.clear()
            slot.emulator.raise_interrupt(5)
            assert done.wait(LIMIT)
        subscription.close()
        subscription.close()
        slot.emulator.raise_interrupt(5)
        time.sleep(0.01)
    assert seen == [1, 1]
    assert "ZeroDivisionError" in caplog.text
    assert "ended" in repr(subscription)
    with caplog.at_level(logging.WARNING), slot.interrupt(5) as line:
        caplog.clear()
        other = line.on_event(called)
        line.close()
        other._thread.join(LIMIT)
    assert isinstance(other.error, hal.ClosedError)
    assert caplog.text == ""


def test_a_callback_may_end_its_own_subscription(slot):
    done = threading.Event()
    with slot.interrupt(5) as line:
        subscription = line.on_event(lambda _: (subscription.close(), done.set()))
        slot.emulator.raise_interrupt(5)
        assert done.wait(LIMIT)


def test_a_source_that_fails_tells_who_waits(slot):
    read, write = os.pipe()

    async def main(line):
        with pytest.raises(hal.InterruptError, match="has ended"):
            await line.wait_async(LIMIT)

    with slot.interrupt(5, source=read) as line:
        threading.Timer(0.01, os.close, (write,)).start()
        asyncio.run(main(line))
        with pytest.raises(hal.InterruptError, match="has ended"):
            line.wait(LIMIT)
    os.close(read)


def test_a_forked_child_asks_for_its_own(slot):
    with slot.interrupt(5) as line:

        def child():
            with pytest.raises(hal.ClosedError, match="belongs to the process that this one was forked from"):
                line.wait(0.01)

        in_child(child)
        in_child(line.close)
        slot.emulator.raise_interrupt(5)
        assert line.wait(LIMIT / 2).count == 1
