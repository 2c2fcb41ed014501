"""Through an agent everything is as on the card itself: values, errors and bus accesses; and what is one call is one
message.
"""

from __future__ import annotations

import contextlib
import json
import random
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from hal._native import ffi, lib
from tests.support.cards import fresh_slot, on_card
from tests.support.dut import load_class
from tests.support.far import far_slot
from tests.support.rich_maps import rich_maps


def assign(target, name, value):
    return lambda dev: setattr(find(dev, target), name, value)


def find(dev, path):
    return dev.find(path) if path else dev


def batched(function):
    def run(dev):
        batch = dev.batch()
        with batch as view:
            found = function(batch, view)
        return [future.value for future in found or []]

    return run


def mixed_batch(batch, view):
    view.ctrl.a = 9
    view.ctrl.b = 3
    view.ctrl.done = 1
    first = batch.read(view.ctrl)
    view.plain.write(0x1122334455667788)
    view.kept.x = 4
    view.dots[2].v = 0x1234
    view.bulk.ram[3:7] = [1, 2, 3, 4]
    view.side.r.write(0xA5A5A5A5)
    return [first, batch.read(view.plain), batch.read(view.dots[2], "v")]


def saved(dev):
    snapshot = dev.snapshot()
    dev.ctrl.a = 1
    dev.wides[1].write(0x5555_6666_7777)
    plan = dev.restore(snapshot)
    return str(snapshot.to_json()) + str(plan)


JOBS = {
    "field write, alone": assign("kept", "x", 7),
    "field write, kept by memory": assign("kept", "y", 7),
    "field write, read back": assign("ctrl", "a", 3),
    "field read": lambda dev: dev.ctrl.a,
    "modify": lambda dev: dev.ctrl.modify(a=1, b=2, mode=5),
    "write-only with memory": lambda dev: (setattr(dev.out, "x", 2), setattr(dev.out, "y", 9)),
    "one write of a pulse": assign("ctrl", "go", 1),
    "wide write": lambda dev: dev.plain.write(0x0123456789ABCDEF),
    "wide read": lambda dev: int(dev.plain.read()),
    "wide read, untorn": lambda dev: int(dev.count.read()),
    "high word first": lambda dev: dev.high.write(0xFEDCBA9876543210),
    "latched": lambda dev: (setattr(dev.latched, "up", 0xBEEF), dev.latched.low),
    "a field across words": lambda dev: (setattr(dev.mixed, "cross", 0xABCD), dev.mixed.cross),
    "narrow": lambda dev: (setattr(dev.half, "mid", 5), setattr(dev.byte, "m", 3), dev.half.mid, dev.byte.m),
    "64 bits": lambda dev: (setattr(dev.quad, "hi", 77), dev.quad.hi),
    "array of registers": lambda dev: list(dev.wides[:].read()) if hasattr(dev.wides[:], "read") else None,
    "another BAR": lambda dev: (dev.side.r.write(5), int(dev.side.r.read())),
    "memory, written": lambda dev: dev.bulk.ram.write(0, range(1024)),
    "memory, read": lambda dev: bytes(memoryview(dev.bulk.ram[100:400])),
    "memory, bytes": lambda dev: bytes(memoryview(dev.bulk.ram[7:8])),
    "batch": batched(mixed_batch),
    "snapshot": lambda dev: dev.snapshot().to_json(),
    "restore": saved,
    "restore with force": lambda dev: str(dev.restore(dev.snapshot(config=True), force=True)),
    "wait": lambda dev: (setattr(dev.ctrl, "a", 6), dev.ctrl.wait_for(timeout=5, a=6)),
    "wait for what does not come": lambda dev: dev.ctrl.wait_for(timeout=0.01, interval=1, a=1),
    "wait, wide": lambda dev: dev.latched.wait_for(timeout=5, up=0xBEEF),
    "wait, compared": lambda dev: dev.ctrl.wait_for(timeout=5, a=hal.at_least(5), b=hal.none_of(15)),
    "wait that fails": lambda dev: dev.ctrl.wait_for(timeout=5, mode=5, fail={"a": 6}),
    "a value that does not fit": assign("ctrl", "a", 16),
    "refused": assign("fragile", "a", 1),
    "past the end": lambda dev: dev.bulk.ram[4096],
    "locked": lambda dev: dev.once.write(1),
}


def outcome(job, dev):
    try:
        return repr(job(dev))
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the same)
        return f"{type(error).__name__}: {error}"


def seen(slot, used, driver, jobs):
    """Result and bus accesses of each job, through the slot that is used; the other one is the card's own."""
    found = {}
    slot.emulator.install(driver)
    used.load(driver.afi_id())
    with used.attach(driver) as dev:
        for name, job in jobs.items():
            with slot.emulator.trace() as trace:
                result = outcome(job, dev)
            found[name] = result, [str(access) for access in trace]
    return found


def test_results_errors_and_accesses_are_those_of_the_card(driver):
    with fresh_slot() as slot:
        here = seen(slot, slot, driver, JOBS)
        slot.emulator.power_cycle()
        with far_slot() as far:
            there = seen(slot, far, driver, JOBS)
    for name in JOBS:
        assert there[name] == here[name], name
    assert sum(len(trace) for _, trace in here.values()) > 1000


def messages(slot, action):
    before = slot.connection.messages
    action()
    return slot.connection.messages - before


MANY = {
    "schema": 1,
    "name": "dut",
    "registers": {f"r{number}": {"offset": 4 * number} for number in range(1000)},
    "memories": {"ram": {"offset": 0x100000, "size": 1 << 20, "width": 32}},
}


@pytest.fixture(scope="module")
def many_class():
    return load_class(json.dumps(MANY))


def test_what_is_one_call_is_one_message(many_class):
    with fresh_slot() as slot:
        on_card(slot, many_class).close()
        with far_slot() as far, far.attach(many_class) as dev:
            dev.r0.read()
            dev.ram[0]

            def write_all():
                with dev.batch() as view:
                    for number in range(1000):
                        view.find(f"r{number}").write(number)

            assert messages(far, write_all) == 1
            taken = []
            assert messages(far, lambda: taken.append(dev.snapshot())) == 1
            assert list(dict(taken[0]).values()) == list(range(1000))
            assert messages(far, lambda: dev.restore(taken[0], force=True)) == 1
            assert messages(far, lambda: dev.restore(taken[0])) == 1
            assert messages(far, lambda: dev.r1.write(5)) == 1
            assert messages(far, lambda: dev.r1.wait_for(timeout=5, value=5)) == 1
            assert messages(far, lambda: dev.ram.write(0, bytes(1 << 20))) == 4
            assert messages(far, lambda: dev.ram[: 1 << 18]) == 4
            facts = far.connection
            assert facts.bytes_received > 1 << 20
            assert not facts.lost


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_maps(), st.integers(0, 2**32 - 1))
def test_random_maps(text, seed):
    driver = load_class(text)

    def snapshot(dev):
        return dev.snapshot(memories=True).to_json()

    def write(dev, rng):
        with dev.batch() as view:
            for register in view.registers():
                with contextlib.suppress(hal.HalError, ValueError, TypeError):
                    register.write(rng.getrandbits(8))

    def singly(dev, rng):
        found = []
        for register in dev.registers():
            found.append(outcome(lambda _, register=register: register.write(rng.getrandbits(8)), dev))
            found.append(outcome(lambda _, register=register: str(register), dev))
        return found

    def jobs():
        rng = random.Random(seed)
        return {
            "before": snapshot,
            "batch": lambda dev: write(dev, rng),
            "between": snapshot,
            "singly": lambda dev: singly(dev, rng),
            "store": lambda dev: (dev.store.write(0, list(range(2))), list(dev.store[:2])),
            "after": snapshot,
            "restored": lambda dev: str(dev.restore(dev.snapshot(config=True), force=True)),
        }

    with fresh_slot() as slot, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        here = seen(slot, slot, driver, jobs())
        slot.emulator.power_cycle()
        with far_slot() as far:
            there = seen(slot, far, driver, jobs())
    assert there == here


def test_services_say_what_the_slot_says():
    driver = hal.load_map("cl_mem_perf")
    with fresh_slot() as slot:
        on_card(slot, driver).close()
        slot.emulator.set_leds(0x1234)
        with far_slot() as far:
            assert far.describe() == slot.describe()
            assert far.metrics() == slot.metrics()
            assert far.status() == slot.status() == hal.Status.LOADED
            assert far.clocks.get() == slot.clocks.get()
            assert far.clocks.set_frequencies(a=125).achieved == slot.clocks.get()
            assert far.clocks.set_recipe(a=1, hbm=1).achieved == slot.clocks.get()
            far.clocks.release_resets()
            assert far.leds == 0x1234
            far.dip = 0x5678
            assert slot.dip == far.dip == 0x5678
            with pytest.raises(hal.LoadError) as told:
                far.load("agfi-0000000000000dead", timeout=5)
            with pytest.raises(hal.LoadError) as here:
                slot.load("agfi-0000000000000dead", timeout=5)
            assert str(told.value) == str(here.value)
            far.clear()
            far.rescan()
            assert slot.status() == hal.Status.CLEARED


def test_each_access_of_a_register_is_one_message(driver):
    with fresh_slot() as slot:
        on_card(slot, driver).close()
        with far_slot() as far, far.attach(driver) as dev:
            jobs = {
                "an update": lambda: setattr(dev.ctrl, "a", 1),
                "a wide update": lambda: setattr(dev.latched, "low", 1),
                "a wide write": lambda: dev.plain.write(5),
                "a wide read": dev.plain.read,
                "an untorn read": dev.count.read,
                "a wait": lambda: dev.plain.wait_for(timeout=0, value=5),
                "an array": dev.dots.read,
                "a wide array": dev.wides.read,
                "a written array": lambda: dev.wides.write([1, 2, 3]),
                "part of a memory": lambda: dev.bulk.ram.read(1, 5),
            }
            for job in jobs.values():
                job()
            assert {name: messages(far, job) for name, job in jobs.items()} == dict.fromkeys(jobs, 1)
            bar = far.bar("app", 4)
            assert lib.hal_read_block(bar._bar, bar._generation, 0, 32, ffi.NULL, 0) == 0


def test_all_ones_are_asked_about_over_there(driver):
    with fresh_slot() as slot:
        on_card(slot, driver).close()
        with far_slot() as far, far.attach(driver) as dev:
            dev.plain.write(2**64 - 1)
            assert dev.plain.read() == 2**64 - 1
            slot.emulator.fault("bus-dead=ocl")
            for job in (
                lambda: setattr(dev.ctrl, "a", 1),
                dev.snapshot,
                lambda: dev.ctrl.wait_for(timeout=0.01, a=1),
                batched(lambda batch, view: [batch.read(view.ctrl)]).__get__(dev),
            ):
                with pytest.raises(hal.BusTimeoutError, match="slot 0: the OCL interface timed out") as told:
                    job()
                assert told.value.interface == "OCL"
