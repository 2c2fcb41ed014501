"""Processes that share an emulated card, some of them killed at any moment; and one that wants a slot for itself."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

import hal
from tests.support import MAPS
from tests.support.cards import make_shared_card
from tests.support.processes import LIMIT, importing, run, run_python, start_python

KILLS = 8
FORKS = os.environ.get("HAL_TEST_FORKS", "60")

# Writes its own byte of a register that all have in common, and reads it back; a 64-bit word too.
WORKER = """
import sys
import hal
name, thread = sys.argv[1], int(sys.argv[2])
from trust import Trust
with hal.open_slot(0, interprocess=True) as slot, slot.attach(Trust) as device:
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        setattr(device.shared, name, number & 0xFF)
        got = getattr(device.shared, name)
        assert got == number & 0xFF, f"{name}: wrote {number & 0xFF:#x}, read {got:#x}"
        half = thread << 24 | number & 0xFFFFFF
        device.whole.value = half << 32 | half
        whole = device.whole.value
        assert whole >> 32 == whole & 0xFFFFFFFF, f"torn: {whole:#x}"
        with device.batch() as batch:
            batch.bank[thread].value = number & 0xFFFFFFFF
        assert device.bank[thread].value == number & 0xFFFFFFFF
"""
EXCLUSIVE = """
import sys, hal
with hal.open_slot(0, exclusive=True) as slot:
    print("mine", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def shared(tmp_path, monkeypatch, drivers):
    """Environment of processes that share a card and lock files."""
    monkeypatch.setenv("PYTHONPATH", importing(drivers)["PYTHONPATH"])
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    make_shared_card("trust")
    monkeypatch.setenv("HAL_EMULATOR", "trust")
    monkeypatch.setenv("HAL_LOCK_DIR", str(tmp_path / "locks"))


def run_trust(code):
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    return result.stdout


def worker(index):
    return start_python(WORKER, "abcd"[index], index)


def check_that_it_works(process):
    assert process.line() == "ready\n", process.rest()[1]


@pytest.mark.usefixtures("shared")
def test_four_processes_lose_no_write_while_some_are_killed():
    run_trust("from trust import Trust; Trust.open(0).close()")
    chance = random.Random(7)
    with contextlib.ExitStack() as ended:
        processes = [ended.enter_context(worker(index)) for index in range(4)]
        for process in processes:
            check_that_it_works(process)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.3))
            index = chance.randrange(4)
            processes[index].send_signal(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            _, error = processes[index].rest()
            assert processes[index].returncode in {-9, -15}, error
            processes[index] = ended.enter_context(worker(index))
            for process in processes:
                assert process.poll() is None, process.rest()[1]
        for process in processes:
            process.kill()
            assert "Error" not in process.rest()[1]
    usable = """
from trust import Trust
with Trust.open(0) as device:
    device.shared.write(0x01020304)
    print(hex(device.shared.read()))
    device.slot.clear()
    print(device.slot.load(device.afi_id()).status_name)
"""
    assert run_trust(usable) == "0x1020304\nloaded\n"


@pytest.mark.usefixtures("shared")
def test_an_exclusive_slot_is_refused_to_others_and_released_by_death():
    with start_python(EXCLUSIVE) as owner:
        assert owner.line() == "mine\n"
        other = run_python(EXCLUSIVE)
        assert other.returncode == 1
        assert f"hal.errors.SlotError: slot 0 is locked by process {owner.pid}" in other.stderr
        owner.kill()
        owner.rest()
    after = run_python(EXCLUSIVE, input="end\n")
    assert (after.returncode, after.stdout) == (0, "mine\n")


@pytest.mark.usefixtures("shared")
def test_a_stopped_process_does_not_stop_the_others_for_ever():
    """One that is stopped in the middle of a load or an access holds no lock that others wait for without end."""
    run_trust("from trust import Trust; Trust.open(0).close()")
    with start_python(WORKER.replace("interprocess=True", "interprocess=False"), "a", 0) as stopped:
        check_that_it_works(stopped)
        for _ in range(5):
            stopped.send_signal(signal.SIGSTOP)
            run_trust("from trust import Trust; d = Trust.open(0); d.shared.b = 1; print(d.slot.describe().afi_id)")
            stopped.send_signal(signal.SIGCONT)
            time.sleep(0.03)


def test_a_child_has_no_handle_of_its_parent(slot):
    """After a fork, what the parent attached is the parent's, also for the vendor's functions by number."""
    bar = slot.bar("mgmt", 0)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            bar.peek(0)
        except hal.ForkedError as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        assert "was attached by the parent process; open the device in this process" in pipe.read()
    assert bar.peek(0) == 0x10212415


def test_fork_after_open(drivers):
    result = run_python(
        """
        import os, sys
        import hal
        from blinker import Blinker
        device = Blinker.open(0)
        device.ctrl.enable = 1
        child = os.fork()
        if child == 0:
            try:
                device.ctrl.enable
            except hal.ForkedError as error:
                print(error, flush=True)
                os._exit(7)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), device.ctrl.enable)
        """,
        environment=importing(drivers),
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert "was attached by the parent process" in lines[0]
    assert lines[1] == "7 1"


# -- forks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["private", "shared"])
def test_forks_in_the_middle_of_everything(kind, tmp_path):
    program = Path(__file__).with_name("forks_program.py")
    environment = {"HAL_EMULATOR": "forked", "HAL_EMULATOR_DIR": str(tmp_path)} if kind == "shared" else {}
    if kind == "shared":
        make_shared_card("forked", environment)
    result = run(sys.executable, program, MAPS / "trust.yaml", kind, FORKS, environment=environment)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{kind}: {FORKS} forks, ends {{0: {FORKS}}}\n"


KILLED = """
import os, sys, threading, time
import hal
driver = hal.load_map(sys.argv[1])
with hal.open_slot(0, interprocess=True) as slot, slot.attach(driver) as device:
    for _ in range(2):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    print("ready", flush=True)
    while True:
        device.shared.a = 1
        slot.describe()
"""
AFTER = """
import sys
import hal
driver = hal.load_map(sys.argv[1])
with hal.open_slot(0, interprocess=True) as slot, slot.attach(driver) as device:
    for number in range(20):
        device.shared.b = number
        slot.describe()
    print(device.shared.b)
"""


def test_a_killed_parents_locks_are_free_though_its_children_live(tmp_path):
    card = {"HAL_EMULATOR": "killed", "HAL_EMULATOR_DIR": str(tmp_path)}
    make_shared_card("killed", card)
    result = run_python(
        "import sys, hal; hal.load_map(sys.argv[1]).open(0).close()", MAPS / "trust.yaml", environment=card
    )
    assert result.returncode == 0, result.stderr
    for number in range(6):
        with start_python(KILLED, MAPS / "trust.yaml", environment=card, start_new_session=True) as process:
            assert process.line() == "ready\n", process.rest()[1]
            time.sleep(0.01 * number)
            process.kill()
            try:
                result = run_python(AFTER, MAPS / "trust.yaml", environment=card, timeout=LIMIT)
                assert (result.stdout, result.stderr) == ("19\n", "")
            finally:
                os.killpg(process.pid, signal.SIGKILL)


def test_processes_that_are_killed_lose_no_update(tmp_path):
    """HAL_TEST_UPDATES sets how many there are."""
    card = {"HAL_EMULATOR": "updated", "HAL_EMULATOR_DIR": str(tmp_path), "HAL_LOCK_DIR": str(tmp_path / "locks")}
    make_shared_card("updated", card)
    program, count = Path(__file__).with_name("updates_program.py"), os.environ.get("HAL_TEST_UPDATES", "2000")
    result = run(sys.executable, program, MAPS / "trust.yaml", count, 1, environment=card, timeout=LIMIT + int(count))
    assert (result.returncode, result.stderr) == (0, "")
    assert int(result.stdout.split()[0]) >= int(count)
