"""Slots: opened, closed, and those that can't be."""

from __future__ import annotations

import ctypes

import pytest

import hal
from hal._binding.sdk.discovery import emulator_path
from hal._native import lib
from tests.support.cards import make_shared_card
from tests.support.processes import LIMIT, run_python, start_python


@pytest.mark.usefixtures("slot")
def test_closed_slot(blinker_class):
    slot = hal.open_slot(0)
    bar, buffer = slot.bar("mgmt", 0), slot.buffer(4096)
    assert bar.peek(0) == 0x10212415
    slot.close()
    with pytest.raises(hal.ClosedError):
        bar.peek(0)
    with pytest.raises(hal.ClosedError):
        _ = buffer.bytes
    for action in (
        slot.describe,
        slot.look,
        slot.metrics,
        slot.status,
        slot.check_bus,
        slot.timed_out,
        slot.clear,
        slot.rescan,
        lambda: slot.load(AFI),
        lambda: slot.leds,
        lambda: slot.dip,
        lambda: setattr(slot, "dip", 0),
        lambda: slot.bar("app", 0),
        lambda: slot.attach(blinker_class),
    ):
        with pytest.raises(hal.ClosedError, match="slot 0 was closed"):
            action()


@pytest.mark.parametrize("number", [-1, 8, 99, 1 << 70])
def test_slots_that_can_not_exist(number):
    with pytest.raises(hal.CardMissingError, match="numbered 0 to 7"):
        hal.open_slot(number)


def test_a_slot_without_a_card():
    with pytest.raises(hal.CardMissingError, match="slot 5"):
        hal.open_slot(5)


AFI, OTHER = "agfi-080817d089f3cd2ed", "agfi-0925b211f5a81b071"  # cl_mem_perf, cl_sde


def test_another_programs_afi_is_not_believed(slot):
    """Somebody loads another one while this load is waited for: the slot says loaded, and it is not what was asked."""
    card = ctypes.CDLL(emulator_path())

    def load_other(_seconds):
        if loaded:
            return
        slot.emulator.power_cycle()
        slot.emulator.fault("")
        loaded.append(card.fpga_mgmt_load_local_image(0, OTHER.encode()))

    loaded = []
    slot.emulator.fault("never-ready")
    with pytest.raises(hal.LoadTimeoutError, match=f"the slot says: loaded, AFI {OTHER}") as raised:
        slot.load(AFI, timeout=2, progress=load_other)
    assert loaded == [0]
    assert (raised.value.afi, raised.value.status) == (AFI, hal.Status.LOADED)


def reload(slot):
    slot.load(slot.describe().afi_id)


@pytest.mark.parametrize("action", [reload, hal.Slot.clear, hal.Slot.rescan], ids=["load", "clear", "rescan"])
def test_what_was_attached_goes_stale_by_this_process_own_word(slot, trust_class, action):
    """Also where no library tells: the core has ended it, so that not even an access is tried."""
    with trust_class.open(0) as device:
        device.shared.a = 1
        bar, shell = slot.bar("app", 0), slot.bar("mgmt", 0)
        number = slot.library.design_number(0)
        action(slot)
        assert slot.library.design_number(0) != number
        with slot.emulator.trace() as trace:
            for access in (device.shared.read, lambda: bar.peek(0), lambda: setattr(device.shared, "a", 1)):
                with pytest.raises(hal.StaleHandleError):
                    access()
        assert trace == []
        assert core_state(bar) == lib.HAL_E_STALE
        assert shell.peek(0) == 0x10212415  # the shell's own BARs stay


def core_state(bar):
    return lib.hal_state(bar._bar, bar._generation)


EXCLUSIVE = """
import hal
try:
    hal.open_slot({number}, exclusive=True).close()
    print("free")
except hal.CardMissingError:
    print("absent")
except hal.SlotError as error:
    print("held")
"""


def test_ownership_ends_with_the_slot_and_with_an_opening_that_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    make_shared_card("owned")
    environment = {"HAL_EMULATOR": "owned"}
    owner = """
        import sys, hal
        slot = hal.open_slot(0, exclusive=True)
        print("owned", flush=True), sys.stdin.readline()
        slot.close()
        print("closed", flush=True), sys.stdin.readline()
        try:
            hal.open_slot(5, exclusive=True)
        except hal.CardMissingError as error:
            kept = error  # whose traceback keeps what the opening had
            print("refused", flush=True), sys.stdin.readline()
    """

    def found(number):
        return run_python(EXCLUSIVE.format(number=number), environment=environment).stdout

    with start_python(owner, environment=environment) as process:
        assert process.line() == "owned\n", process.rest()[1]
        assert found(0) == "held\n"
        process.tell("\n")
        assert process.line() == "closed\n"
        assert found(0) == "free\n"
        process.tell("\n")
        assert process.line() == "refused\n"
        assert found(5) == "absent\n"  # which takes the lock before it looks


def test_a_slot_that_is_closed_twice_and_used_as_a_block(slot):
    with hal.open_slot(0) as opened:
        opened.load(AFI)
        bar = opened.bar("mgmt", 0)
        assert "closed" not in repr(opened)
    assert repr(opened).endswith("closed>")
    with pytest.raises(hal.ClosedError):
        bar.peek(0)
    opened.close()
    with pytest.raises(hal.ClosedError):
        opened.bar("mgmt", 0)
    slot.describe()


@pytest.mark.parametrize(("pf", "bar"), [("app", 1), ("app", 3), ("mgmt", 5), ("app", -1), ("app", 6)])
def test_bars_that_do_not_exist(slot, pf, bar):
    with pytest.raises(
        hal.CardMissingError, match=f"{pf} BAR {bar} does not exist: there are app BAR 0, app BAR 2, .*mgmt BAR 4"
    ):
        slot.bar(pf, bar)


@pytest.mark.parametrize("pf", ["", "pci", 2, -1, 1 << 40])
def test_functions_that_do_not_exist(slot, pf):
    with pytest.raises(hal.CardMissingError, match=r"it is app \(0\) or mgmt \(1\)"):
        slot.bar(pf, 0)


def test_functions_by_name_and_number(slot):
    names = [slot.bar(pf, 0).name for pf in ("app", "APP", 0, hal.Pf.APP)]
    assert len(set(names)) == 1
    assert {slot.bar(pf, 0).name for pf in ("mgmt", "Mgmt", 1, hal.Pf.MGMT)} != set(names)


def test_designs_in_use_are_those_of_open_devices(slot, trust_class):
    assert slot.designs_in_use() == set()
    with trust_class.open(0) as device:
        assert slot.designs_in_use() == {"trust"}
        slot.load(AFI)
        assert slot.designs_in_use() == set()
        del device


def test_timeouts_are_told_once(slot, trust_class):
    with trust_class.open(0) as device:
        slot.check_bus()
        slot.emulator.fault("bus-dead=ocl")
        device.slot.bar("app", 0).peek(0)
        assert slot.timed_out()
        assert not slot.timed_out()
        device.slot.bar("app", 0).peek(4)
        with pytest.raises(hal.BusTimeoutError, match="the OCL interface timed out") as raised:
            slot.check_bus()
        assert (raised.value.interface, raised.value.address) == ("OCL", 4)
        slot.check_bus()
        device.slot.bar("app", 0).peek(8)
        with pytest.raises(hal.BusTimeoutError, match=r"read of trust\.shared"):
            slot.check_bus(device.shared)
        slot.check_bus(device.shared)


def test_timeouts_of_two_interfaces_are_both_told(slot, trust_class):
    with trust_class.open(0) as device:
        for fault, (pf, bar) in {"bus-dead=ocl": ("app", 0), "bus-dead=sda": ("mgmt", 4)}.items():
            slot.emulator.fault(fault)
            device.slot.bar(pf, bar).peek(0)
        told = []
        for _ in range(2):
            with pytest.raises(hal.BusTimeoutError) as raised:
                slot.check_bus()
            told.append(raised.value.interface)
        assert sorted(told) == ["OCL", "SDA"]
        slot.check_bus()


def test_a_load_says_how_long_it_took(slot):
    info = slot.load(AFI)
    assert 0 < info.load_seconds < LIMIT
    assert 0 <= info.answer_seconds < LIMIT
    assert slot.clear().load_seconds > 0


@pytest.mark.parametrize("afi", ["", "agfi-", "agfi-08", "xgfi-080817d089f3cd2ed", AFI + "0", AFI.upper(), f"{AFI}\n"])
def test_ids_that_are_none(slot, afi):
    slot.load(OTHER)
    with pytest.raises(hal.LoadError, match=r"is no AFI id: .*; nothing was loaded"):
        slot.load(afi)
    assert slot.describe().afi_id == OTHER


def test_metrics_are_cleared_when_asked(slot):
    slot.load(AFI)
    bar = slot.bar("app", 0)
    slot.emulator.fault("bus-dead=ocl")
    bar.peek(0)
    slot.emulator.fault("")
    assert slot.metrics().timeouts() != []
    assert slot.metrics(hal.Command.CLEAR_HW_METRICS).timeouts() != []
    assert [row for row in slot.metrics().timeouts() if row[2]] == []


@pytest.mark.parametrize("value", [-1, 1 << 16, 1 << 70])
def test_switches_are_sixteen_bits(slot, value):
    slot.dip = 0xFFFF
    assert slot.dip == 0xFFFF
    with pytest.raises(hal.FieldValueError, match="out of range 0 to 65535; nothing was written"):
        slot.dip = value
    assert slot.dip == 0xFFFF
    slot.dip = 0
    assert slot.dip == 0


@pytest.mark.parametrize("flags", [-1, 1 << 32])
def test_flags_that_do_not_fit(slot, flags):
    for action in (lambda: slot.load(AFI, flags=flags), lambda: slot.metrics(flags)):
        with pytest.raises(hal.FieldValueError, match="nothing was done"):
            action()
