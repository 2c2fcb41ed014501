"""Lines of a slot: what is counted for whom, other processes, and what tells of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

import hal
from hal.lines.line_sources import EventfdSource
from hal.lines.slot_lines import InterruptSide
from tests.support.cards import make_shared_card
from tests.support.far import far_slot
from tests.support.pci_slots import SLOTS
from tests.support.processes import LIMIT, start_python


def test_each_listener_counts_from_its_start(slot):
    with slot.interrupt(2) as first:
        slot.emulator.raise_interrupt(2)
        with slot.interrupt(2) as second:
            slot.emulator.raise_interrupt(2)
            slot.emulator.raise_interrupt(3)
            assert (first.wait(LIMIT / 2).count, second.wait(LIMIT / 2).count) == (2, 1)
            with pytest.raises(hal.InterruptTimeoutError, match=r"slot 0, line 2: nothing came within 0\.01 s"):
                second.wait(0.01)
        assert (second.is_open, first.is_open) == (False, True)
        with pytest.raises(hal.InterruptTimeoutError):
            first.wait(0)


def test_a_level_that_lasts_asks_again(slot):
    slot.emulator.interrupt_trigger(1, "level")
    with slot.interrupt(1) as line:
        slot.emulator.drive_interrupt(1, True)
        assert [line.wait(LIMIT / 2).count for _ in range(3)] == [1, 1, 1]
        slot.emulator.drive_interrupt(1, False)
        with pytest.raises(hal.InterruptTimeoutError):
            line.wait(0.02)


def test_a_wait_sleeps_until_something_comes(slot):
    with slot.interrupt(0) as line:
        timer = threading.Timer(0.05, slot.emulator.raise_interrupt, (0,))
        start = time.monotonic()
        timer.start()
        event = line.wait(LIMIT / 2)
        timer.join(LIMIT)
        assert event.count == 1
        assert start + 0.04 < event.time < start + LIMIT / 4


def test_lines_end_with_their_slot(slot):
    with hal.open_slot(0) as opened:
        line = opened.interrupt(9)
        ended = []
        thread = threading.Thread(target=lambda: ended.append(pytest.raises(hal.ClosedError, line.wait, LIMIT)))
        thread.start()
        time.sleep(0.05)
    thread.join(LIMIT / 2)
    assert "slot 0, line 9 was closed" in str(ended[0].value)
    with pytest.raises(hal.ClosedError):
        opened.interrupt(9)


def test_who_stops_listening_hears_nothing_more_though_others_do(slot):
    async def wait():
        with slot.interrupt(9) as line:
            waiting = asyncio.create_task(line.wait_async(LIMIT))
            await asyncio.sleep(0.05)
        with pytest.raises(hal.ClosedError, match="slot 0, line 9 was closed"):
            await waiting

    with slot.interrupt(9) as other:
        line, ended = slot.interrupt(9), []
        thread = threading.Thread(target=lambda: ended.append(pytest.raises(hal.ClosedError, line.wait, LIMIT)))
        thread.start()
        called = line.on_event(ended.append)
        time.sleep(0.05)
        line.close()
        thread.join(LIMIT / 2)
        assert "slot 0, line 9 was closed" in str(ended[0].value)
        asyncio.run(wait())
        slot.emulator.raise_interrupt(9)
        assert other.wait(LIMIT / 2).count == 1
        for wait in (line.wait, lambda timeout: asyncio.run(line.wait_async(timeout))):
            with pytest.raises(hal.ClosedError):
                wait(0.01)
        called.close()
        assert isinstance(called.error, hal.ClosedError)
        assert len(ended) == 1


class ClosesItsSlot(EventfdSource):
    """A line that comes while another thread closes the slot."""

    slot = None

    def take(self):
        self.slot.close()
        return super().take()


def test_a_line_that_is_made_beside_a_close_is_none(slot):
    descriptor = os.eventfd(0)
    source = ClosesItsSlot(descriptor, "a test's", owns=True)
    source.slot = hal.open_slot(0)
    with pytest.raises(hal.ClosedError):
        source.slot.interrupt(9, source=source)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.eventfd_read(descriptor)
    assert not InterruptSide._lines


def test_descriptors_are_given_back(slot):
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(300):
        slot.interrupt(9).close()
    dropped = [slot.interrupt(number) for number in range(20)]
    del dropped
    assert len([*Path("/proc/self/fd").iterdir()]) <= before + 1


def test_a_source_of_ones_own(slot):
    eventfd = os.eventfd(0)
    with slot.interrupt(11, source=eventfd) as line, slot.interrupt(11) as same:
        os.eventfd_write(eventfd, 3)
        assert (line.wait(LIMIT / 2).count, same.wait(LIMIT / 2).count) == (3, 3)
        with pytest.raises(
            hal.InterruptError, match="slot 0, line 11 has a source already, <interrupts of an eventfd>"
        ):
            slot.interrupt(11, source=eventfd)
    os.eventfd_write(eventfd, 1)  # it is not closed
    os.close(eventfd)
    with slot.interrupt(11) as line:
        slot.emulator.raise_interrupt(11)
        assert line.wait(LIMIT / 2).count == 1


def test_a_source_that_fails_at_once_is_not_kept(slot):
    read, write = os.pipe()
    os.close(write)
    with pytest.raises(hal.InterruptError, match="has ended"):
        slot.interrupt(12, source=read)
    os.close(read)
    with slot.interrupt(12) as line:
        slot.emulator.raise_interrupt(12)
        assert line.wait(LIMIT / 2).count == 1
    with slot.interrupt(12) as line, pytest.raises(hal.FieldTypeError, match="a function is called with each event"):
        line.on_event(None)
    for wrong in (-1, float("nan"), "x"):
        with slot.interrupt(12) as line, pytest.raises((hal.FieldTypeError, hal.FieldValueError), match="timeout"):
            line.wait(wrong)


def test_the_environment_names_a_source(slot, tmp_path, monkeypatch):
    pipe = tmp_path / "xdma0_events_4"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    monkeypatch.setenv("HAL_INTERRUPTS", str(tmp_path / "xdma0_events_{line}"))
    with slot.interrupt(4) as line:
        os.write(writer, (7).to_bytes(4, "little"))
        assert line.wait(LIMIT / 2).count == 7
    os.close(writer)
    with pytest.raises(hal.InterruptError, match="xdma0_events_5: No such file"):
        slot.interrupt(5)


def test_those_of_xdma_are_found_by_the_functions_address(pci_tree, pci_functions):
    """The driver numbers its cards itself: the one of slot 0 is its fifth here, and its first is another card."""
    for number, address in ((0, "0000:99:00.0"), (5, SLOTS["plain"])):
        pci_tree.folder(address).mkdir(exist_ok=True)
        for ending in ("events_3", "h2c_0", "c2h_0"):
            entry = pci_tree.root / "sys" / "class" / "xdma" / f"xdma{number}_{ending}"
            entry.mkdir(parents=True)
            (entry / "device").symlink_to(pci_tree.folder(address))
            (pci_tree.root / "dev" / entry.name).write_bytes(bytes([number]) * 8)
    events = pci_tree.root / "dev" / "xdma5_events_3"
    events.unlink()
    os.mkfifo(events)
    writer, back = os.open(events, os.O_RDWR), bytearray(8)
    try:
        with hal.open_slot(0, pci_functions) as slot:
            with slot.interrupt(3) as line:
                os.write(writer, (7).to_bytes(4, "little"))
                assert line.wait(LIMIT / 2).count == 7
            slot.dma.read(0, back)
            with pytest.raises(hal.InterruptError, match=r"slot 0 \(0000:17:00\.0\), line 4: .*the XDMA driver: bind"):
                slot.interrupt(4)
    finally:
        os.close(writer)
        shutil.rmtree(pci_tree.root / "sys" / "class")
    assert back == bytes([5]) * 8


def test_a_window_of_memory_has_none(pci_functions):
    with hal.open_slot(4, pci_functions) as slot, pytest.raises(hal.InterruptError, match="a window of memory has no"):
        slot.interrupt(0)


def test_numbers_that_no_line_has(slot):
    for wrong in (-1, 64, 1 << 20):
        with pytest.raises(hal.InterruptError, match="there is no such line"):
            slot.interrupt(wrong)
    with pytest.raises(hal.FieldTypeError):
        slot.interrupt("x")


def test_a_recording_has_none(ticker, slot, tmp_path):
    with ticker.record(tmp_path / "run.jsonl"):
        assert ticker.status.read() == 0
    card = hal.replay(tmp_path / "run.jsonl")
    with type(ticker).open(0, library=card) as device, pytest.raises(hal.InterruptError, match="a recording has"):
        device.interrupts.done.wait(0.01)


def test_those_of_another_host_stay_there(slot, ticker_class):
    """A device of this machine may have the address that the card has there, and is another one."""
    with far_slot() as far, far.attach(ticker_class, verify=False) as device:
        with pytest.raises(hal.InterruptError, match="interrupts of another host's card stay there"):
            far.interrupt(0)
        with pytest.raises(hal.InterruptError, match="wait for the status register"):
            device.interrupts.done.wait(0.01)


PROGRAM = """
import sys
import hal
with hal.open_slot(0) as slot:
    print("ready", flush=True)
    for line in sys.stdin:
        slot.emulator.raise_interrupt(int(line))
        print("raised", flush=True)
"""
LISTENS = """
import hal
with hal.open_slot(0) as slot, slot.interrupt(6) as line:
    print("ready", flush=True)
    for _ in range(3):
        print(line.wait(30).count, flush=True)
"""


def test_processes_of_a_shared_card_hear_each_other(tmp_path):
    environment = {"HAL_EMULATOR": "bench", "HAL_EMULATOR_DIR": str(tmp_path)}
    make_shared_card("bench", environment)
    with (
        start_python(LISTENS, environment=environment) as first,
        start_python(LISTENS, environment=environment) as killed,
        start_python(PROGRAM, environment=environment) as raises,
    ):
        assert [process.line() for process in (first, killed, raises)] == ["ready\n"] * 3
        for number in range(3):
            raises.tell("6\n")
            assert (raises.line(), first.line()) == ("raised\n", "1\n")
            if number == 0:
                assert killed.line() == "1\n"
                killed.kill()
                killed.wait(LIMIT)
