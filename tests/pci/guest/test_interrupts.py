"""A real PCI function's interrupts: by UIO, which is INTx, and by VFIO, which is MSI; none is lost."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

import hal
from tests.pci.guest.bus import EDU, SECOND_EDU, bound

LIBRARY = f"pci:{EDU} {SECOND_EDU}"
DRIVERS = ("uio_pci_generic", "vfio-pci")
LIMIT = 30


@pytest.fixture(params=DRIVERS)
def edu(request):
    from qemu_edu import QemuEdu

    with bound(EDU, request.param), QemuEdu.open(0, LIBRARY) as opened:
        yield opened


def test_a_factorial_tells_when_it_is_computed(edu):
    for number, result in ((5, 120), (10, 3628800)):
        edu.interrupts.factorial.enable()
        edu.factorial.write(number)
        assert edu.interrupts.factorial.wait(LIMIT).count == 1
        assert edu.factorial.read() == result
    with pytest.raises(hal.InterruptTimeoutError):
        edu.interrupts.factorial.wait(0.05)


def test_what_shares_the_line_is_told_apart(edu):
    edu.interrupts.factorial.listen()
    edu.interrupts.dma.listen()
    edu.interrupt_raise.write(dma=1)
    assert edu.interrupts.dma.wait(LIMIT).count == 1
    edu.interrupt_raise.write(factorial=1)
    edu.interrupt_raise.write(dma=1)
    assert edu.interrupts.factorial.wait(LIMIT).count == 1
    assert edu.interrupts.dma.wait(LIMIT).count == 1


def test_in_an_event_loop_and_by_a_callback(edu):
    async def main():
        seen = 0
        edu.interrupt_raise.write(factorial=1)
        async for event in edu.interrupts.factorial:
            seen += event.count
            if seen == 50:
                break
            edu.interrupt_raise.write(factorial=1)
        return seen

    assert asyncio.run(main()) == 50
    came = threading.Semaphore(0)
    with edu.interrupts.dma.on_event(lambda _: came.release()):
        for _ in range(5):
            edu.interrupt_raise.write(dma=1)
            assert came.acquire(timeout=LIMIT)


def test_none_of_thousands_is_lost():
    """By UIO, 1,000 or, in CI, 4,000: each is raised by another thread as soon as the one before was taken, wherever the wait is by then."""
    from qemu_edu import QemuEdu

    rounds, go = min(4000, int(os.environ.get("HAL_TEST_OPERATIONS", "1000"))), threading.Semaphore(1)
    with bound(EDU, "uio_pci_generic"), QemuEdu.open(0, LIBRARY) as edu:

        def bench():
            for _ in range(rounds):
                if not go.acquire(timeout=LIMIT):
                    return
                edu.interrupt_raise.write(factorial=1)

        thread = threading.Thread(target=bench)
        thread.start()
        counts = []
        for _ in range(rounds):
            counts.append(edu.interrupts.factorial.wait(LIMIT).count)
            go.release()
        thread.join(LIMIT)
        assert counts == [1] * rounds


def test_lines_that_a_function_lacks(edu):
    with pytest.raises(hal.InterruptError, match=r"UIO has line 0 alone|has none of that number, but 1 of them"):
        edu.slot.interrupt(7)


def test_a_function_without_a_driver_has_none():
    with hal.open_slot(1, LIBRARY) as slot, pytest.raises(hal.InterruptError, match="bind one of them"):
        slot.interrupt(0)
