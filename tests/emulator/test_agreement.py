"""Which design an emulated slot holds: a device of another one never reads all ones, it is told."""

from __future__ import annotations

import ctypes

import pytest

import hal
from hal._binding.sdk.discovery import emulator_path
from tests.support.cards import make_shared_card
from tests.support.dut import load_class
from tests.support.processes import run_python, start_python

AFI = "agfi-0fedcba9876543210"
CL_MEM_PERF = "agfi-080817d089f3cd2ed"


def map_text(name, registers, *, afi=AFI, more=""):
    ids = f"afi: {{ids: [{afi}]}}, " if afi else ""
    return f"{{schema: 1, name: dut, {ids}{more}registers: {{{registers}}}}}".replace("name: dut", f"name: {name}")


def driver_of(registers, **how):
    """A driver class by the name dut."""
    return load_class(map_text("dut", registers, **how))


@pytest.fixture
def north(tmp_path):
    return loaded_map(tmp_path, "north", "a: {offset: 0x100}", afi="")


@pytest.fixture
def south(tmp_path):
    return loaded_map(tmp_path, "south", "b: {offset: 0x200}", afi="")


def loaded_map(folder, name, registers, **how):
    path = folder / f"{name}.yaml"
    path.write_text(map_text(name, registers, **how))
    return hal.load_map(path)


# -- two drivers on one slot ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("slot")
def test_the_second_driver_is_refused_while_the_first_is_open(north, south):
    with north.open(0) as first:
        first.a.value = 5
        with pytest.raises(hal.IdentityError) as told:
            south.open(0)
        assert str(told.value).startswith(f"slot 0 holds {north.afi_id()}, the design 'north', and south is another")
        assert "this process has north open on it: close that first" in str(told.value)
        assert first.a.value == 5, "it was left alone"
    with south.open(0) as second:
        second.b.value = 6
        assert second.b.value == 6


def test_a_driver_that_was_dropped_or_went_stale_is_in_nobodys_way(slot, north, south):
    dropped = north.open(0)
    dropped.a.value = 1
    del dropped
    with south.open(0) as second:
        slot.emulator.power_cycle()
        with north.open(0) as third:
            assert third.a.value == 0
        with pytest.raises(hal.StaleHandleError):
            second.b.read()


def test_an_attached_driver_is_refused_too(slot, north, south):
    slot.emulator.provide(north)
    slot.attach(north).close()
    with pytest.raises(hal.IdentityError, match="the design 'north', and south is another: load its AFI; or clear"):
        slot.attach(south)
    with slot.attach(south, verify=False) as device:
        assert device.slot is slot
    with south.open(0, verify=False) as device, pytest.raises(hal.BusTimeoutError):
        device.b.wait_for(timeout=0, value=0xFFFFFFFF)


@pytest.mark.usefixtures("slot")
def test_two_of_one_driver_share(north):
    with north.open(0) as one, north.open(0) as other:
        one.a.value = 7
        assert other.a.value == 7


def test_two_drivers_share_a_design_that_holds_both(slot):
    joint = driver_of("a: {offset: 0x100}, b: {offset: 0x200, count: 2, stride: 4}")
    one, other = driver_of("a: {offset: 0x100}"), driver_of("b: {offset: 0x200, count: 2, stride: 4}")
    slot.emulator.install(joint)
    slot.load(AFI)
    with slot.attach(one) as first, slot.attach(other) as second, slot.attach(joint) as both:
        first.a.value = 1
        second.b.write([2, 3])
        assert (both.a.value, both.b.read()) == (1, [2, 3])
    for registers in ("a: {offset: 0x104}", "a: {offset: 0x100, reset: 1}", "a: {offset: 0x100, access: ro}"):
        with pytest.raises(hal.IdentityError, match="the design 'dut' of another version of the map"):
            slot.attach(driver_of(registers))
    with pytest.raises(hal.IdentityError, match="another version"):  # whose map does not say that it is this AFI's
        slot.attach(driver_of("a: {offset: 0x100}", afi=""))


def test_a_text_without_a_digest_is_believed_by_its_name_or_id(slot, north):
    text = "haldesign 1\nname {}\nafi agfi-00000000000000abc\nspace app 0\nword 0x100 32\nf 0 32 rw 0\n"
    slot.emulator.install_text(text.format("north"))
    slot.load("agfi-00000000000000abc")
    slot.attach(north).close()
    slot.emulator.install_text(text.format("nobody"))
    slot.load("agfi-00000000000000abc")
    with pytest.raises(hal.IdentityError, match="the design 'nobody', and north is another"):
        slot.attach(north)
    slot.attach(driver_of("a: {offset: 0x100}", afi="agfi-00000000000000abc")).close()


@pytest.mark.parametrize("afi", ["", AFI])
def test_a_map_that_was_edited_is_another_design(slot, afi):
    before, after = (driver_of(f"r: {{offset: {offset}}}", afi=afi) for offset in (0x100, 0x104))
    with before.open(0):
        with pytest.raises(hal.IdentityError, match="the design 'dut' of another version of the map"):
            after.open(0)
        with pytest.raises(hal.IdentityError, match="of another version of the map"):
            slot.attach(after)
    with after.open(0) as device:  # what this process has loaded, and nobody uses
        assert device.r.read() == 0
    slot.load(after.afi_id())  # from now on it is the user's
    with pytest.raises(hal.IdentityError, match="of another version of the map"):
        before.open(0)


def test_what_is_installed_anew_is_not_what_was_loaded(slot):
    small, large = driver_of("r: {offset: 0x100}"), driver_of("r: {offset: 0x100}, s: {offset: 0x104}")
    slot.emulator.install(small)
    slot.load(AFI)
    slot.emulator.install(large)
    with pytest.raises(hal.IdentityError, match="another version"):
        slot.attach(large)
    slot.load(AFI)
    slot.attach(large).close()
    slot.attach(small).close()


# -- the slot is loaded behind an open device -------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["load", "clear", "power_cycle", "rescan"])
def test_what_a_device_has_not_attached_yet_is_stale_too(slot, dut, action):
    """The BARs of a device are attached when they are first used, perhaps after a load."""
    dut.ctrl.read()
    if action == "load":
        slot.load(CL_MEM_PERF)
    elif action == "power_cycle":
        slot.emulator.power_cycle()
    else:
        getattr(slot, action)()
    for read in (lambda: dut.ctrl.a, lambda: dut.side.r.value, lambda: dut.bulk.ram[0]):
        with pytest.raises(hal.StaleHandleError):
            read()


def test_the_design_behind_the_management_function_goes_stale_too(slot, dut):
    bar, shell = slot.bar("mgmt", 4), slot.bar("mgmt", 0)
    dut.side.r.value = 5
    slot.load(CL_MEM_PERF)
    for read in (lambda: dut.side.r.value, lambda: bar.peek(0x40)):
        with pytest.raises(hal.StaleHandleError):
            read()
    assert shell.peek(0) == 0x10212415


ACCESSES = {
    "a field": lambda dut: dut.ctrl.a,
    "a field's update": lambda dut: setattr(dut.ctrl, "mode", 1),
    "a write": lambda dut: dut.ctrl.write(1),
    "a wide register": lambda dut: dut.count.value,
    "a memory": lambda dut: dut.bulk.ram.read(0, 100),
    "a memory's write": lambda dut: dut.bulk.ram.write(0, [1, 2]),
    "the management function": lambda dut: dut.side.r.value,
    "a wait": lambda dut: dut.ctrl.wait_for(timeout=0.01, b=0),
    "a snapshot": lambda dut: dut.snapshot(),
    "an array": lambda dut: dut.dots.write([1, 2, 3, 4]),
}


@pytest.mark.parametrize("access", ACCESSES.values(), ids=ACCESSES)
@pytest.mark.parametrize("afi", [CL_MEM_PERF, AFI, ""], ids=["another", "the same again", "cleared"])
def test_what_others_do_to_the_slot_is_told_by_every_access(dut, access, afi):
    """Past hal, as another process would: the card itself knows for which design a handle was attached."""
    for use in ACCESSES.values():
        use(dut)
    card = ctypes.CDLL(emulator_path())
    done = card.fpga_mgmt_load_local_image(0, afi.encode()) if afi else card.fpga_mgmt_clear_local_image(0)
    assert done == 0
    with pytest.raises(hal.StaleHandleError, match="went stale: the slot was loaded, cleared or rescanned since"):
        access(dut)


HOLD = """
import sys, hal
with hal.load_map(sys.argv[1]).open(0) as device:
    device.a.value = 5
    print("open", flush=True)
    sys.stdin.readline()
    try:
        print(hex(device.a.value))
    except hal.StaleHandleError as error:
        print(type(error).__name__)
"""
OPEN = "import sys, hal; hal.load_map(sys.argv[1]).open(0).close()"
CLEAR = "import hal; hal.open_slot(0).clear()"


def test_two_processes_on_one_slot(tmp_path, monkeypatch, north, south):
    del north, south
    maps = [tmp_path / f"{name}.yaml" for name in ("north", "south")]
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    make_shared_card("both")
    monkeypatch.setenv("HAL_EMULATOR", "both")
    with start_python(HOLD, maps[0]) as holder:
        assert holder.line() == "open\n"
        refused = run_python(OPEN, maps[1])
        assert "hal.errors.IdentityError: slot 0 holds" in refused.stderr
        assert "the design 'north', and south is another" in refused.stderr
        assert run_python(CLEAR).returncode == 0
        assert run_python(OPEN, maps[1]).returncode == 0
        holder.tell("go\n")
        assert holder.line() == "StaleHandleError\n"
