"""Waits in an event loop: many in one thread, with one timer, and cancelled at once."""

from __future__ import annotations

import asyncio
import gc
import threading
import time

import pytest

import hal
from hal.registers.waits import poller
from tests.registers.waits.job import poke
from tests.support.dut import load_class
from tests.support.processes import LIMIT


@pytest.fixture(scope="module")
def cells_class():
    return load_class("schema: 1\nname: dut\nregisters: {cell: {offset: 0, count: 3000}}\n")


@pytest.fixture
def cells(slot, cells_class):
    with cells_class.open(0) as device:
        yield device


def timers(loop):
    """What a loop still has to do."""
    return [handle for handle in loop._scheduled if not handle.cancelled()]


def test_thousands_wait_in_one_thread_while_others_run(cells):
    async def main():
        tasks = [asyncio.create_task(cell.wait_for_async(value=1, timeout=LIMIT)) for cell in cells.cell]
        await asyncio.sleep(0.02)
        threads, turns = threading.active_count(), 0
        end = time.monotonic() + 0.1
        while time.monotonic() < end or turns < 20:
            await asyncio.sleep(0)
            turns += 1
        assert threads == threading.active_count()
        for number in range(len(tasks)):
            poke(cells, 1, 4 * number)
        await asyncio.gather(*tasks)
        return poller._pollers.get(asyncio.get_running_loop()), timers(asyncio.get_running_loop())

    assert asyncio.run(main()) == (None, [])


def test_cancelled_waits_leave_nothing_behind(cells):
    async def main():
        loop = asyncio.get_running_loop()
        waits = [cell.wait_for_async(value=2, timeout=None, interval=1000) for cell in cells.cell[:200]]
        tasks = [asyncio.create_task(wait) for wait in waits]
        await asyncio.sleep(0.01)
        kept = poller._pollers[loop]
        for task in tasks[:150]:
            task.cancel()
        ended = await asyncio.gather(*tasks[:150], return_exceptions=True)
        assert {type(error) for error in ended} == {asyncio.CancelledError}
        assert len(kept._due) <= 100
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(tasks[150], 0.01)
        for task in tasks[151:]:
            task.cancel()
        await asyncio.gather(*tasks[151:], return_exceptions=True)
        return kept._due, poller._pollers.get(loop), timers(loop)

    assert asyncio.run(main()) == ([], None, [])
    gc.collect()
    assert len(poller._pollers) == 0


def test_what_is_there_already_takes_one_read_and_no_loop(job, bus):
    reads = bus(lambda: asyncio.run(job.status.wait_for_async(done=0)))
    assert len(reads) == 1
    coroutine = job.status.wait_until_async(lambda read: read.done == 0)
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    assert ended.value.value.done == 0


def test_it_ends_as_the_wait_of_a_thread_does(job, slot):
    async def told(awaited):
        try:
            return await awaited
        except Exception as error:  # noqa: BLE001  (they are compared)
            return error

    async def main():
        status, wide = job.status, job.wide
        over = await told(status.wait_for_async(done=1, timeout=0.02))
        assert str(over) == ("dut.status (app BAR 0, 0x0): done=1 did not come within 0.02 s; last read 0x0 (done=0)")
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, poke, job, 0x0A02)
        assert isinstance(
            await told(status.wait_for_async(done=1, fail={"error": 1}, timeout=LIMIT)), hal.WaitFailedError
        )
        loop.call_later(0.01, poke, job, 0x0B00)
        assert (await status.wait_until_async(lambda read: read.level > 10, timeout=LIMIT)).level == 11
        error = await told(status.wait_until_async(lambda read: 1 // read.error, timeout=LIMIT))
        assert isinstance(error, ZeroDivisionError)
        loop.call_later(0.01, poke, job, 5, 0x8)
        first = hal.when(wide, low=5)
        assert await hal.wait_for_any_async(hal.when(status, done=1), first, timeout=LIMIT) is first
        await hal.wait_for_all_async(first, hal.when(status, level=hal.at_most(11)), timeout=LIMIT)
        assert isinstance(await told(status.wait_for_async(done=1, timeout=0)), hal.WaitTimeoutError)
        loop.call_later(0.01, slot.emulator.fault, "bus-dead=ocl")
        assert isinstance(await told(status.wait_for_async(temp=-1, timeout=LIMIT)), hal.BusTimeoutError)
        slot.emulator.fault("")
        loop.call_later(0.01, slot.rescan)
        assert isinstance(await told(status.wait_for_async(done=1, timeout=LIMIT)), hal.StaleHandleError)

    asyncio.run(main())


def test_two_loops_in_two_threads_have_their_own(job):
    async def main(seen):
        await job.status.wait_for_async(done=1, timeout=LIMIT)
        seen.append(threading.get_ident())

    seen = []
    threads = [threading.Thread(target=lambda: asyncio.run(main(seen))) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    poke(job, 1)
    for thread in threads:
        thread.join(LIMIT)
    assert len(set(seen)) == 2


def test_a_loop_that_is_dropped_takes_its_waits_along(job):
    loop = asyncio.new_event_loop()
    task = loop.create_task(job.status.wait_for_async(done=1, timeout=None))
    loop.run_until_complete(asyncio.sleep(0.005))
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    del loop, task
    gc.collect()
    assert len(poller._pollers) == 0
