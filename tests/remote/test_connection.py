"""A slot of another host, over a program that stands in for ssh: opening, locks, losses, and what goes wrong."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

import hal
from tests.support.cards import make_shared_card
from tests.support.far import use_stand_in
from tests.support.forks import in_child
from tests.support.processes import LIMIT, start_python
from tests.support.until import until

HOLDER = """
import sys, hal
slot = hal.open_slot("ssh://lab/0", "emulator:lab", exclusive=True)
print("held", slot.library._way._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lab(monkeypatch, tmp_path):
    """A shared card named lab, and ssh to it."""
    monkeypatch.setenv("HAL_CARD_TIME_SCALE", "0.01")
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    log = use_stand_in(monkeypatch, tmp_path)
    make_shared_card("lab")
    return log


def gone(process):
    """Whether it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_driver_on_another_hosts_slot(lab, blinker_class):
    with blinker_class.open("ssh://me@lab:2222/0", "emulator:lab") as device:
        device.ctrl.enable = 1
        assert device.ctrl.enable == 1
        slot = device.slot
        assert repr(slot) == "<slot 0 on <card of ssh://me@lab:2222/0>>"
        assert slot.describe().loaded
        assert slot.metrics().power >= 0
        slot.dip = 0x0F0F
        assert (slot.dip, slot.leds) == (0x0F0F, 0)
        assert not slot.connection.lost
    with blinker_class.open("ssh://lab/0", "emulator:lab") as device:
        assert device.ctrl.enable == 1, "the card is another process's, and stays"
        device.slot.clear()
        with pytest.raises(hal.HandleError):  # stale, as on a card
            device.ctrl.read()
        device.slot.load(blinker_class.afi_id())
        with device.slot.attach(blinker_class) as again:
            assert again.ctrl.enable == 0
    assert [line.split(" ", 1)[0] for line in lab.read_text().splitlines()] == ["lab", "lab"]


def version_of(folder, registers):
    path = folder / "north.yaml"
    path.write_text(f"{{schema: 1, name: north, afi: {{ids: [agfi-0fedcba9876543210]}}, registers: {{{registers}}}}}")
    return hal.load_map(path)


def test_the_other_sides_design_is_compared_by_digest_and_by_registers(lab, tmp_path):
    loaded = version_of(tmp_path, "a: {offset: 0}, b: {offset: 4}")
    fewer = version_of(tmp_path, "a: {offset: 0}")
    more = version_of(tmp_path, "a: {offset: 0}, b: {offset: 4}, c: {offset: 8}")
    loaded.open("ssh://lab/0", "emulator:lab").close()
    fewer.open("ssh://lab/0", "emulator:lab").close()
    with pytest.raises(hal.IdentityError, match="the design 'north' of another version of the map"):
        more.open("ssh://lab/0", "emulator:lab")
    more.open("ssh://lab/0", "emulator:lab", verify=False).close()


def test_what_is_of_this_machine_alone_says_so(lab):
    with hal.open_slot("ssh://lab/0", "emulator:lab") as slot:
        with pytest.raises(hal.LibraryError, match="is no emulated card"):
            _ = slot.emulator
        with pytest.raises(hal.LibraryError):
            _ = slot.simulation
        with pytest.raises(
            hal.InterruptError, match="interrupts of another host's card stay there: wait for the status register"
        ):
            slot.interrupt(0).wait(timeout=0.1)
        with pytest.raises(hal.DmaError):
            _ = slot.dma
        with pytest.raises(hal.DmaError, match="is no card of this machine, so it reaches none of its memory"):
            slot.buffer(4096)
    with pytest.raises(hal.ClosedError):
        slot.describe()
    with hal.open_slot(0, "emulator") as here, pytest.raises(hal.LibraryError, match="there is no connection"):
        _ = here.connection
    with pytest.raises(hal.FieldTypeError, match="a library of another host is"):
        hal.open_slot("ssh://lab/0", here.library)


def test_errors_of_the_other_side_are_those_of_here(lab):
    with pytest.raises(hal.HalError, match=r"^ssh://lab/0: .*nowhere"):
        hal.open_slot("ssh://lab/0", "emulator:nowhere")
    with pytest.raises(hal.LibraryError, match=r"^ssh://lab/0: library 'x;touch y' is none of sdk, emulator"):
        hal.open_slot("ssh://lab/0", "x;touch y")
    with pytest.raises(hal.CardMissingError, match=r"^ssh://lab/5: "):
        hal.open_slot("ssh://lab/5", "emulator:lab")


# -- locks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("victim", ["client", "agent"])
def test_a_lock_is_held_there_and_ends_with_either_side(lab, victim):
    with start_python(HOLDER) as holder:
        agent = int(holder.line().split()[1])
        with pytest.raises(hal.SlotError, match=r"^ssh://lab/0: slot 0 is locked by process"):
            hal.open_slot("ssh://lab/0", "emulator:lab", exclusive=True)
        os.kill(holder.pid if victim == "client" else agent, signal.SIGKILL)
        until(gone, agent)
        hal.open_slot("ssh://lab/0", "emulator:lab", exclusive=True, interprocess=True).close()


def test_caches_exclude_each_other_over_there(lab, blinker_class):
    with blinker_class.open("ssh://lab/0", "emulator:lab", cache=True) as device:
        device.ctrl.enable = 1
        with pytest.raises(hal.CacheError, match="as another process does"):
            blinker_class.open("ssh://lab/0", "emulator:lab", cache=True)
        before = device.slot.connection.messages
        assert device.ctrl.enable == 1
        assert device.slot.connection.messages == before


# -- losses -----------------------------------------------------------------------------------------------------------


def test_a_killed_connection_is_told_and_another_one_works(lab, blinker_class):
    with blinker_class.open("ssh://lab/0", "emulator:lab") as device:
        way = device.slot.library._way._process
        way.kill()
        way.wait(LIMIT)
        with pytest.raises(hal.ConnectionLostError, match="was lost: it has ended"):
            device.ctrl.enable = 1
        with pytest.raises(hal.ConnectionLostError) as told:
            device.slot.describe()
        assert told.value.state == "not sent"
        with pytest.raises(hal.ConnectionLostError):
            device.snapshot()
    with blinker_class.open("ssh://lab/0", "emulator:lab") as device:
        assert device.ctrl.enable == 0


def test_a_forked_child_has_no_part_in_it_and_can_open_its_own(lab, blinker_class):
    with blinker_class.open("ssh://lab/0", "emulator:lab") as device:
        device.ctrl.enable = 1

        def child():
            with pytest.raises(hal.ForkedError):
                device.ctrl.read()
            with pytest.raises(hal.HandleError):
                device.slot.describe()
            with blinker_class.open("ssh://lab/0", "emulator:lab") as own:
                with pytest.raises(hal.HandleError):
                    device.slot.describe()
                own.ctrl.mode = 2
                return int(own.ctrl.mode)

        assert in_child(child) == 2
        assert device.ctrl.enable == 1
        assert int(device.ctrl.mode) == 2


WAITING = """
import hal, signal, sys, time
B = hal.load_map(sys.argv[1])
with B.open("ssh://lab/0", "emulator:lab") as device:
    try:
        print("ready", flush=True)
        device.ctrl.wait_for(timeout=60, enable=1)
    except KeyboardInterrupt:
        print("interrupted", int(device.ctrl.enable), flush=True)
"""


def test_ctrl_c_ends_a_wait_and_the_connection_goes_on(lab):
    from tests.support import MAPS

    with start_python(WAITING, MAPS / "blinker.yaml") as child:
        assert child.line() == "ready\n"
        time.sleep(0.2)
        start = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.line() == "interrupted 0\n"
        assert time.monotonic() - start < LIMIT / 4


def test_a_program_ends_silently_with_a_connection_open(lab):
    with start_python("import hal; slot = hal.open_slot('ssh://lab/0', 'emulator:lab'); print('end')") as child:
        assert child.rest() == ("end\n", "")


# -- what goes wrong at the start ---------------------------------------------------------------------------------------


def refusal(monkeypatch, folder, before, **options):
    use_stand_in(monkeypatch, folder, before)
    with pytest.raises(hal.HalError) as told:
        hal.open_slot("ssh://lab/0", "emulator", **options)
    return told.value


def test_ssh_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("HAL_SSH", str(tmp_path / "none"))
    with pytest.raises(hal.SlotError, match=r"ended with 127; there is no program /.* on this machine") as told:
        hal.open_slot("ssh://lab/0")
    assert "none" in str(told.value)


def test_ssh_that_can_t_connect_is_quoted_so_that_it_can_be_printed(monkeypatch, tmp_path):
    before = r"""printf 'me@lab: Permission denied (publickey).\n\033[31m::error::x\n' >&2; exit 255"""
    error = refusal(monkeypatch, tmp_path, before)
    assert "no agent: it ended with 255; ssh could not connect. By hand: " in str(error)
    assert r"It said: me@lab: Permission denied (publickey).; \x1b[31m::error::x" in str(error)


def test_a_host_without_hal(monkeypatch, tmp_path):
    use_stand_in(monkeypatch, tmp_path)
    monkeypatch.setenv("HAL_AGENT", "/nowhere/hal")
    with pytest.raises(hal.SlotError, match=r"it ended with 127; the shell there does not find hal: .*HAL_AGENT"):
        hal.open_slot("ssh://lab/0")


def test_lines_of_a_login_are_passed_over_and_noise_without_end_is_not(monkeypatch, tmp_path):
    use_stand_in(monkeypatch, tmp_path, "echo Welcome to the lab; echo hal-agent 0")
    with hal.open_slot("ssh://lab/0", "emulator") as slot:
        assert slot.status() == hal.Status.CLEARED
    assert "what it printed is no greeting" in str(refusal(monkeypatch, tmp_path, "exec yes"))


def test_an_agent_that_never_begins(monkeypatch, tmp_path):
    error = refusal(monkeypatch, tmp_path, "exec sleep 60", timeout=0.3)
    assert isinstance(error, hal.SlotTimeoutError)
    assert "the agent did not begin within 0.3 s; try the same by hand" in str(error)


def test_versions_have_to_be_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr("hal.remote.connection.__version__", "0.0.1")
    error = refusal(monkeypatch, tmp_path, ":")
    assert isinstance(error, hal.LibraryError)
    assert "and the other side 0.0.1: install the same on both" in str(error)


def test_nothing_of_the_address_or_the_options_is_code_of_the_other_shell(lab, tmp_path):
    for library in ("$(touch code)\n", "'; touch code; '"):
        with pytest.raises(hal.HalError):
            hal.open_slot("ssh://lab/0", library)
    assert not (tmp_path / "code").exists()
    lines = lab.read_text().splitlines()
    assert lines == [f"lab {os.environ['HAL_AGENT']} agent"] * 2
