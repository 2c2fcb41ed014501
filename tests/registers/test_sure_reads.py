"""A word of all ones is a value, or nobody answered: wherever something hangs on it the bus is asked, and only there."""

from __future__ import annotations

import contextlib
import ctypes
import threading

import pytest

import hal
from hal._binding.sdk.discovery import emulator_path
from hal.registers.sure_reads import read_surely, read_words_surely
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

AFI = b"agfi-0fedcba9876543210"
ONES = 0xFFFF_FFFF
# What decides by what it reads, and the registers that it reads.
DECISIONS = {
    "a wait that matches": lambda dut: dut.single.wait_for(timeout=0, flag=1),
    "a wait that does not": lambda dut: dut.single.wait_for(timeout=0.01, flag=0),
    "a wait for a wide register": lambda dut: dut.plain.wait_for(timeout=0, value=(1 << 64) - 1),
    "a wait for one word of a wide register": lambda dut: dut.mixed.wait_for(timeout=0, b=0xFF),
    "a snapshot": lambda dut: dut.snapshot(),
    "a block's snapshot": lambda dut: dut.side.snapshot(),
    "an array": lambda dut: dut.dots.read(),
    "an array of wide registers": lambda dut: dut.wides.read(),
    "a field's update": lambda dut: setattr(dut.single, "flag", 1),
    "an update by name": lambda dut: dut.ctrl.modify(mode=1),
    "an update of 8 bits": lambda dut: setattr(dut.byte, "n", 1),
    "an update of a wide register": lambda dut: setattr(dut.latched, "low", 1),
    "a read in a batch": lambda dut: in_batch(dut, lambda batch, _: batch.read(dut.single)),
    "a wide read in a batch": lambda dut: in_batch(dut, lambda batch, _: batch.read(dut.plain)),
    "an update in a batch": lambda dut: in_batch(dut, lambda _, view: view.ctrl.modify(mode=1)),
}


def in_batch(dut, collect):
    batch = dut.batch()
    with batch as view:
        collect(batch, view)


@pytest.fixture
def dead(dut, slot):
    """The device on a card whose design answers nowhere."""
    for interface in ("ocl", "sda"):
        slot.emulator.fault(f"bus-dead={interface}")
    return dut


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_a_dead_bus_is_never_a_success(dead, slot, decide):
    with (
        slot.emulator.trace() as trace,
        pytest.raises(hal.BusTimeoutError, match="found all ones, and nobody") as caught,
    ):
        decide(dead)
    assert {access.action for access in trace} == {"read"}, "what nobody read is not written back"
    assert caught.value.interface in {"OCL", "SDA"}
    assert caught.value.path.startswith("dut.")
    place = {"OCL": (0, 0), "SDA": (1, 4)}[caught.value.interface]
    assert caught.value.address == [access.offset for access in trace if (access.pf, access.bar) == place][-1]


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_on_a_slot_that_somebody_cleared_nothing_succeeds(dut, decide):
    card = ctypes.CDLL(emulator_path())
    assert card.fpga_mgmt_clear_local_image_sync(0, 1000, 1, None) == 0
    with pytest.raises(hal.StaleHandleError, match="went stale"):
        decide(dut)


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_a_device_on_a_slot_that_holds_nothing(slot, driver, decide):
    slot.clear()
    with slot.attach(driver, verify=False) as dut, pytest.raises(hal.IdentityError, match="the slot holds no AFI"):
        decide(dut)


@pytest.mark.parametrize(
    "take",
    [lambda bank: bytes(read_words_surely(bank.ram, 4, 8)), lambda bank: bank.snapshot(memories=True).memories["ram"]],
    ids=["words", "a snapshot"],
)
def test_words_of_a_memory(slot, take):
    driver = load_class("schema: 1\nname: dut\nmemories: {ram: {offset: 0x1000, size: 64}}\n")
    slot.emulator.provide(driver)
    with slot.attach(driver) as bank:
        bank.ram.fill(ONES)
        assert set(take(bank)) == {0xFF}
        slot.emulator.fault("bus-dead=ocl")
        with pytest.raises(hal.BusTimeoutError, match=r"read of dut\.ram .* found all ones, and nobody answered"):
            take(bank)


def fill(slot, value):
    """Every word of the device."""
    for offset in range(0, 0x170, 4):
        slot.emulator.poke(0, 0, offset, value)
    slot.emulator.poke(1, 4, 0x40, value)
    slot.emulator.poke(0, 4, 0, value)


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_all_ones_that_were_answered_are_a_value_whatever_was_before(dut, slot, decide):
    """Timeouts that were there when the slot was opened, and those that were told, condemn nothing."""
    for interface in ("ocl", "sda", "pcis"):
        slot.emulator.fault(f"bus-dead={interface}")
    with pytest.raises(hal.BusTimeoutError):
        dut.snapshot()
    slot.emulator.fault("")
    fill(slot, ONES)
    with contextlib.suppress(hal.WaitTimeoutError):
        decide(dut)
    with hal.open_slot(0) as opened, opened.attach(type(dut)) as other, contextlib.suppress(hal.WaitTimeoutError):
        decide(other)


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_nobody_is_asked_as_long_as_no_word_is_all_ones(dut, slot, decide):
    """A slot that can't be described is noticed by those only that describe it."""
    fill(slot, 0x7F7F_7F7F)
    slot.emulator.fault("describe-error=25")
    with contextlib.suppress(hal.WaitTimeoutError):
        decide(dut)
    with pytest.raises(hal.ManagementError):
        slot.check_bus()


@pytest.mark.parametrize(
    "decide",
    [
        lambda dut: dut.plain.wait_for(timeout=0, value=(1 << 64) - 1),
        lambda dut: dut.side.snapshot(),
        lambda dut: dut.wides.read(),
        lambda dut: setattr(dut.byte, "n", 1),
        lambda dut: in_batch(dut, lambda batch, _: batch.read(dut.plain)),
        lambda dut: in_batch(dut, lambda _, view: setattr(view.byte, "n", 1)),
    ],
)
def test_who_can_not_be_asked_about_all_ones_has_not_answered(dut, slot, decide):
    fill(slot, ONES)
    decide(dut)
    fill(slot, ONES)
    slot.emulator.fault("describe-error=25")
    with pytest.raises(hal.HalError) as caught:
        decide(dut)
    assert caught.value.code == 25


def test_an_update_of_all_ones_changes_what_it_names(dut, slot, bus):
    fill(slot, ONES)
    # Read again before and after the bus was asked: another thread may have written meanwhile.
    assert bus(lambda: setattr(dut.byte, "n", 2)) == [*[("r", 0x4C, 8, 0xFF)] * 3, ("w", 0x4C, 8, 0xF2)]
    dut.latched.low = 1
    assert dut.latched.read() == 0xFFFFFFFF_FFFF0001
    in_batch(dut, lambda _, view: view.ctrl.modify(a=1))
    assert dut.ctrl.fields()["a"] == 1
    assert dut.ctrl.fields()["b"] == 15


def test_a_read_that_fails_while_all_ones_are_doubted(dut, slot, driver):
    """The second one: nothing is written."""
    reads = []

    class Breaks(hal.Model):
        def on_read(self, register):
            reads.append(register)
            if len(reads) == 2:
                raise RuntimeError("no more")

    fill(slot, ONES)
    slot.emulator.set_model(Breaks(driver))
    with slot.emulator.trace() as trace, pytest.raises(hal.ModelError, match="failed in the card's model"):
        dut.byte.n = 1
    assert ({access.action for access in trace}, len(reads)) == ({"read"}, 2)


UPDATES = [decide for name, decide in DECISIONS.items() if "update" in name]


@pytest.mark.parametrize("decide", UPDATES)
def test_updates_of_a_cached_device_are_as_sure(dut, slot, decide):
    with dut.cached():
        for interface in ("ocl", "sda"):
            slot.emulator.fault(f"bus-dead={interface}")
        with slot.emulator.trace() as trace, pytest.raises(hal.BusTimeoutError, match="found all ones, and nobody"):
            decide(dut)
        assert {access.action for access in trace} == {"read"}
        slot.emulator.fault("")
        fill(slot, ONES)
        with slot.emulator.trace() as trace:
            decide(dut)
        assert "write" in {access.action for access in trace}
        slot.rescan()
        with pytest.raises(hal.StaleHandleError, match="went stale"):
            decide(dut)


TWICE = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers:
  key: {offset: 0x0, access: wo}
  twice: {offset: 0x4, write_twice: true, fields: {low: {bits: "15:0"}, high: {bits: "31:16"}}}
  locked: {offset: 0x8, unlock: [{key: 0x11}], fields: {low: {bits: "15:0"}, high: {bits: "31:16"}}}
  plain: {offset: 0xC, fields: {low: {bits: "15:0"}, high: {bits: "31:16"}}}
"""


@pytest.mark.parametrize(("name", "offset"), [("twice", 4), ("locked", 8), ("plain", 12)])
def test_updates_of_several_steps_are_as_sure(slot, bus, name, offset):
    """Also behind timeouts of before; once all ones are known to be a value, all steps are made again."""
    key = [("w", 0, 32, 0x11)] if name == "locked" else []
    with on_card(slot, load_class(TWICE)) as dut, dut.cached() if name == "plain" else contextlib.nullcontext():

        def update():
            with dut.batch() as view:
                getattr(view, name).low = 5

        for _ in range(2):
            slot.emulator.fault("bus-dead=ocl")
            with pytest.raises(hal.BusTimeoutError, match="found all ones, and nobody"):
                update()
            slot.emulator.fault("")
        slot.emulator.poke(0, 0, offset, ONES)
        written = [("w", offset, 32, 0xFFFF0005)] * (2 if name == "twice" else 1)
        once = [*key, ("r", offset, 32, ONES)]
        assert bus(update) == [*once, *once, *written]


def test_only_the_interface_that_was_read_counts(dut, slot):
    slot.emulator.fault("bus-dead=sda")
    assert dut.side.r.value == ONES  # a plain read decides nothing
    fill(slot, ONES)
    dut.single.wait_for(timeout=0, flag=1)
    with pytest.raises(hal.BusTimeoutError, match=r"dut\.side\.r .*SDA interface timed out") as caught:
        dut.side.r.wait_for(timeout=0, value=ONES)
    assert caught.value.interface == "SDA"


def test_threads_that_read_the_same_dead_bus_are_all_told(dead):
    told = []

    def look():
        for _ in range(50):
            with pytest.raises(hal.BusTimeoutError):
                dead.dots.read()
            told.append(1)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert len(told) == 200


def test_a_batch_says_which_read_it_was_and_what_was_made(dut, slot):
    slot.emulator.fault("bus-dead=sda")
    batch = dut.batch()
    with (
        pytest.raises(
            hal.BusTimeoutError, match=r"batch access 2 of 3 \(all were made\): read of dut\.side\.r "
        ) as told,
        batch as view,
    ):
        view.dots[0].v = 5
        batch.read(dut.side.r)
        view.dots[1].v = 6
    assert told.value.path == "dut.side.r"
    assert dut.dots.read()[:2] == [5, 6]


def test_a_batch_says_which_of_its_bars_reads_it_was(dut, slot, driver):
    class Dies(hal.Model):
        def on_read(self, register):
            if register == "dots[1]":
                slot.emulator.fault("bus-dead=ocl")

    slot.emulator.set_model(Dies(driver))
    batch = dut.batch()
    with (
        pytest.raises(hal.BusTimeoutError, match=r"batch access 4 of 5 \(all were made\): read of dut\.dots\[1\] "),
        batch as view,
    ):
        batch.read(dut.ctrl)
        view.plain.write(ONES)
        batch.read(dut.dots[1])
        batch.read(dut.dots[2])


def test_what_fails_after_all_ones_is_told_as_what_it_is(dut, slot, driver):
    class Breaks(hal.Model):
        def on_read(self, register):
            if register == "dots[2]":
                raise RuntimeError("no more")

    fill(slot, ONES)
    slot.emulator.set_model(Breaks(driver))
    batch = dut.batch()
    with (
        pytest.raises(hal.ModelError, match=r"batch access 2 of 2 \(1 before it were made\): read of dut\.dots\[2\] "),
        batch,
    ):
        batch.read(dut.dots[0])
        batch.read(dut.dots[2])
    with pytest.raises(hal.ModelError, match=r"dut\.dots\[2\]"):
        dut.dots.read()


def test_the_repr_of_a_register_does_not_decode_what_nobody_answered(dead):
    assert repr(dead.ctrl) == "<Ctrl dut.ctrl (app BAR 0, 0x0): BusTimeoutError>"


def test_the_identity_is_no_value_of_a_dead_bus(slot, widget_class):
    slot.emulator.provide(widget_class)
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError, match=r"read of widget\.id .* found all ones, and nobody answered"):
        slot.attach(widget_class)
    text = (
        "{schema: 1, name: dut, identity: {register: id, value: 0xFFFFFFFF}, registers: {id: {offset: 0, access: ro}}}"
    )
    silly = load_class(text)
    slot.emulator.power_cycle()
    slot.emulator.provide(silly)
    slot.emulator.poke(0, 0, 0, ONES)
    slot.attach(silly).close()
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError):
        slot.attach(silly)


def test_a_sure_read_is_one_of_the_words_asked_for(dut, slot, bus):
    slot.emulator.poke(0, 0, 0x38, 0xAB000012)
    slot.emulator.poke(0, 0, 0x3C, 0x0000_34CD)
    assert bus(lambda: read_surely(dut.mixed, 0xFF)) == [("r", 0x38, 32, 0xAB000012)]
    assert read_surely(dut.mixed, 0xFF << 40) == 0x34CD << 32
    assert read_surely(dut.plain) == dut.plain.read()


# -- a snapshot that goes back ------------------------------------------------------------------------------------------


def test_nothing_is_restored_to_a_dead_bus(dut, slot):
    dut.single.only = 0xFF
    slot.emulator.poke(0, 0, 0x20, ONES)
    snapshot = dut.snapshot()
    assert snapshot["plain"] == ONES
    slot.emulator.fault("bus-dead=ocl")
    with slot.emulator.trace() as trace, pytest.raises(hal.BusTimeoutError):
        dut.restore(snapshot)
    assert {access.action for access in trace} == {"read"}
    slot.emulator.fault("")
    dut.plain.value = 0
    assert "plain" not in dut.restore(snapshot)
    assert dut.plain.value == ONES


def test_a_snapshot_that_was_read_from_a_dead_bus_is_refused(dut, driver, bus):
    """As an earlier release took and saved it."""
    dead = {path: driver._design.shape_at(path).readable_bits for path in dut.snapshot()}

    def refused():
        with pytest.raises(
            hal.SnapshotError, match="all ones in this snapshot, as a dead bus is read; nothing was written"
        ):
            dut.restore(hal.Snapshot(driver, dead))

    assert bus(refused) == []
    one_word_alone = hal.Snapshot(driver, {"plain": (1 << 64) - 1})
    dut.restore(one_word_alone)
    assert dut.plain.value == (1 << 64) - 1
