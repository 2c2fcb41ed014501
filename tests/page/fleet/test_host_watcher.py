"""What is seen of a host's slots and read beside its cards: on the emulated card of this process."""

from __future__ import annotations

import pickle
from functools import partial
from typing import NamedTuple

import pytest

import hal
from hal.fleet.hosts import HostSetup
from hal.page.card import held_slot
from hal.page.card.rounds import Round, choose, read_round
from hal.page.card.viewer_actions import saved_dump
from hal.page.fleet import host_watcher
from hal.page.fleet.host_watcher import HostWatcher
from tests.support.dut import load_class

OTHER = "schema: 1\nname: dut\nafi: {ids: [agfi-0aaaaaaaaaaaaaaaa]}\nregisters: {word: {offset: 0}}\n"


class Here(NamedTuple):
    """A driver that need not travel."""

    driver: type

    def unpack(self):
        return self.driver


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(held_slot, "_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(host_watcher, "_SILENT_SECONDS", 0.0)


@pytest.fixture
def other_class():
    return load_class(OTHER)


@pytest.fixture
def watcher(slot, widget_class, other_class):
    for driver in (widget_class, other_class):
        slot.emulator.install(driver)
    return HostWatcher(HostSetup("emulator"), "node", [Here(widget_class), Here(other_class)])


def first(watcher, turn=1, *columns):
    looks = watcher.look(turn, [columns, ()])
    assert isinstance(looks, list), looks
    return looks[0]


def test_a_slot_and_which_map_it_holds(watcher, slot, widget_class, other_class):
    look = first(watcher)
    assert (look.state.slot, look.state.state, look.fits) == (0, "free", ())
    assert look.misfit == "it holds none, which is not known to be widget"
    slot.load(widget_class.afi_id())
    assert [number for number, _ in first(watcher).fits] == [0]
    slot.load(other_class.afi_id())
    look = first(watcher)
    assert ([number for number, _ in look.fits], look.misfit) == ([1], "")
    slot.clear()
    assert first(watcher).fits == ()


def test_chosen_registers_are_read_and_nothing_else(watcher, slot, widget_class):
    slot.load(widget_class.afi_id())
    device = slot.attach(widget_class)
    device.wide.write(7)
    first(watcher, 1)
    with slot.emulator.trace() as trace:
        assert first(watcher, 1).fits == ((0, ()),)
        assert trace == []
        assert first(watcher, 2, "wide", "bank[1]").fits == ((0, (7, 0)),)
    assert [(access.action, access.offset) for access in trace if access.offset not in (0x20, 0x24, 0x48)] == []
    device.wide.write(8)
    assert first(watcher, 2, "wide", "bank[1]").fits == ((0, (8, 0)),)
    assert first(watcher, 3, "bank[1]").fits == ((0, (0,)),)
    slot.load(widget_class.afi_id())  # the same again, and what was attached is stale
    assert [look for look in (first(watcher, 3, "bank[1]"), first(watcher, 3, "bank[1]")) if look.fits]


def test_another_design_is_not_read_not_even_for_its_identity(watcher, slot, widget_class, other_class):
    slot.load(other_class.afi_id())
    job = pickle.dumps(partial(choose, turn=1, registers=[(0, "id")]))
    with slot.emulator.trace() as trace:
        assert first(watcher, 1, "id").fits == ((1, ()),)
        answer = watcher.run(0, 0, job)
    assert trace == []
    assert not isinstance(answer, bytes)
    assert (answer.kind, "is not known to be widget" in answer.text) == ("SlotError", True)
    assert isinstance(watcher.run(0, 1, job), bytes)


def test_a_bus_that_does_not_answer_is_told(watcher, slot, widget_class):
    slot.load(widget_class.afi_id())
    assert first(watcher, 1, "id").fits == ((0, (0xCAFE0001,)),)
    slot.emulator.fault("bus-dead=ocl")
    assert first(watcher, 1, "id").fits in (((0, (None,)),), ())
    slot.emulator.fault("")
    first(watcher, 1, "id")
    assert first(watcher, 1, "id").fits == ((0, (0xCAFE0001,)),)


def ran(watcher, job, number=0):
    answer = watcher.run(0, number, pickle.dumps(job))
    return pickle.loads(answer) if isinstance(answer, bytes) else answer


class Clock:
    """A time that passes while a job runs."""

    now = 0.0

    @classmethod
    def monotonic(cls):
        return cls.now


def lasts_an_hour(_held):
    Clock.now += 3600


def test_what_a_card_s_page_uses_stays_open_after_a_long_job(watcher, slot, widget_class, monkeypatch):
    monkeypatch.setattr(host_watcher, "time", Clock)
    slot.load(widget_class.afi_id())
    ran(watcher, partial(choose, turn=9, registers=[(0, "id")]))
    ran(watcher, lasts_an_hour)
    first(watcher)
    assert ran(watcher, partial(read_round, asked=Round(9))).values == [(0, 0xCAFE0001)]
    Clock.now += 3600
    first(watcher)
    assert not ran(watcher, partial(read_round, asked=Round(9))).is_chosen


def test_what_can_t_be_opened_is_left_alone_for_a_while_after_it_was_tried(slot, widget_class, monkeypatch):
    tried = []
    held = held_slot.HeldSlot(0, [widget_class])
    monkeypatch.setattr(held_slot, "_RETRY_SECONDS", 1.0)
    monkeypatch.setattr(held_slot, "time", Clock)

    def opens(*_given, **_options):
        tried.append(Clock.now)
        Clock.now += 5
        raise hal.SlotError("not now")

    monkeypatch.setattr(held_slot, "open_slot", opens)
    assert [held.regain() for _ in range(3)] == [False] * 3
    assert len(tried) == 1
    Clock.now += 2
    assert not held.regain()
    assert len(tried) == 2


def test_a_page_of_one_card_looks_beside_the_table(watcher, slot, widget_class):
    slot.load(widget_class.afi_id())
    run = partial(ran, watcher)
    assert not run(partial(read_round, asked=Round(9))).is_chosen
    run(partial(choose, turn=9, registers=[(0, "id")]))
    assert run(partial(read_round, asked=Round(9, slot=True))).values == [(0, 0xCAFE0001)]
    assert first(watcher, 1, "wide").fits == ((0, (0,)),)  # which are others
    assert run(partial(read_round, asked=Round(9))).values == []
    assert '"device": "widget"' in run(partial(saved_dump, number=0, memories=False))
    found = run(partial(saved_dump, number=0, memories=False), number=1)
    assert (found.kind, "is not known to be dut" in found.text) == ("SlotError", True)
    assert watcher.run(0, 0, b"no pickle").kind == "UnpicklingError"


def test_all_registers_of_the_cards_that_hold_a_map(watcher, slot, widget_class):
    slot.load(widget_class.afi_id())
    slot.emulator.poke(0, 0, 0xC, 0x55)
    first(watcher)
    found = watcher.registers(0)[0]
    assert found["id"] == 0xCAFE0001
    assert not {"fifo", "command"} & set(found)
    assert slot.emulator.peek(0, 0, 0xC) == 0x55  # reading changes it
    assert watcher.registers(1) == {}


def test_a_host_without_its_library_says_so(widget_class):
    answer = HostWatcher(HostSetup("/nowhere/libfpga_mgmt.so"), "node", [Here(widget_class)]).look(1, [()])
    assert (answer.kind, "/nowhere/libfpga_mgmt.so" in answer.text) == ("LibraryError", True)
    assert isinstance(answer.cause(), hal.LibraryError)
