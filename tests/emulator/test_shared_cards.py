"""Processes that share one emulated card, and one of them killed in the middle of its work."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import textwrap
import time

import pytest

from tests.support import ROOT

AFI = "agfi-080817d089f3cd2ed"  # cl_mem_perf
KILLS = 6

LOAD = f"""
import hal
with hal.open_slot(0, "emulator") as slot:
    slot.load("{AFI}")
    slot.dip = 5
    bar = slot.bar("app", 0)
    bar.poke(0x414, 0xC0FFEE)
    bar.poke(0x400, 1)
    slot.bar("app", 4).poke(0x1000, 0x1122334455667788, width=64)
"""
LOOK = """
import hal
with hal.open_slot(0, "emulator") as slot:
    print(slot.describe().afi_id, slot.dip, slot.library.card.describe()["name"])
    bar = slot.bar("app", 0)
    print(hex(bar.peek(0x414)), bar.peek(0x400), hex(slot.bar("app", 4).peek(0x1000, width=64)))
"""
# Read-modify-writes without end: of a plain word, of one with side effects, and of bulk memory.
MODIFY = """
import hal
with hal.open_slot(0, "emulator") as slot:
    ocl, pcis = slot.bar("app", 0), slot.bar("app", 4)
    steps = [(2, 0x414, 32, 0xFFFFFFFE, bit) for bit in (0, 1)] + [(2, 0x430, 32, 0xFFFFFFFF, 0)]
    print("started", flush=True)
    while True:
        assert ocl.run(steps * 50_000)[0] == 0
        assert pcis.run([(2, 0x2000, 32, 0xFFFF0000, 7)] * 50_000)[0] == 0
"""
GO_ON = f"""
import hal
with hal.open_slot(0, "emulator") as slot:
    bar = slot.bar("app", 0)
    for value in range(2000):
        bar.poke(0x414, value)
        assert bar.peek(0x414) == value
    assert bar.run([(2, 0x430, 32, 0xFFFFFFFF, 0), (2, 0x40C, 32, 0xFFFFFFFF, 1)] * 500_000)[:2] == (0, 1_000_000)
    assert bar.peek(0x40C) == 1
    assert slot.clear().afi_id == "none"
    assert slot.load("{AFI}").afi_id == "{AFI}"
    print("went on")
"""
LOAD_AND_CLEAR = f"""
import hal
with hal.open_slot(0, "emulator") as slot:
    print("started", flush=True)
    while True:
        slot.load("{AFI}")
        slot.clear()
"""


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """The environment in which a process uses the shared card."""
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    monkeypatch.setenv("HAL_EMULATOR", "bench")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def run(code):
    command = [sys.executable, "-c", textwrap.dedent(code)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


def kill_in_the_middle(code, seconds):
    """Starts a process, and kills it that long after it has begun its work."""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        time.sleep(seconds)
        assert process.poll() is None
        process.kill()
        assert process.wait() == -9


@pytest.mark.usefixtures("shared")
def test_one_loads_and_the_other_sees_it():
    run(LOAD)
    assert run(LOOK) == f"{AFI} 5 bench\n0xc0ffee 1 0x1122334455667788\n"


@pytest.mark.usefixtures("shared")
def test_the_card_without_its_name_is_another_one(monkeypatch):
    run(LOAD)
    monkeypatch.delenv("HAL_EMULATOR")
    assert run(LOOK).startswith("none 0 \n")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("kill", range(KILLS))
def test_a_process_killed_in_its_accesses_leaves_the_card_usable(kill):
    run(LOAD)
    kill_in_the_middle(MODIFY, 0.02 + 0.017 * kill)
    assert run(GO_ON) == "went on\n"


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("kill", range(KILLS))
def test_a_process_killed_in_its_loads_leaves_the_card_usable(kill):
    kill_in_the_middle(LOAD_AND_CLEAR, 0.01 + 0.013 * kill)
    run(LOAD)
    assert run(GO_ON) == "went on\n"


@pytest.mark.usefixtures("shared")
def test_two_at_once_lose_no_write():
    """Each has a half of the card's memory; what one writes, the other never disturbs."""
    run(LOAD)
    writer = """
    import sys, hal
    half = int(sys.argv[1])
    with hal.open_slot(0, "emulator") as slot:
        bar = slot.bar("app", 4)
        for value in range(20_000):
            bar.poke(0x10000 + 4 * half, value)
            assert bar.peek(0x10000 + 4 * half) == value
    """
    command = [sys.executable, "-c", textwrap.dedent(writer)]
    processes = [subprocess.Popen([*command, str(half)], env=os.environ) for half in (0, 1)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]


UPDATE = """
import sys
import hal
driver = hal.load_map(sys.argv[1])
with hal.open_slot(0, interprocess=sys.argv[2] == "shared") as slot, slot.attach(driver) as device:
    print("open", flush=True)
    sys.stdin.readline()
    print(device.r.left, flush=True)  # a read takes no lock
    device.r.left = 5
    print("written", flush=True)
    sys.stdin.readline()
    print(slot.leds, flush=True)
"""


@pytest.mark.parametrize("asked", ["shared", "alone"])
def test_updates_and_services_wait_for_other_processes_when_asked(tmp_path, asked):
    """This process holds the lock files, as another one does in the middle of an update."""
    path = tmp_path / "both.yaml"
    path.write_text(
        "schema: 1\nname: both\nregisters:\n  r: {offset: 0, fields: {left: {bits: 15:0}, right: {bits: 31:16}}}\n"
    )
    environment = {
        **os.environ,
        "HAL_EMULATOR": "locks",
        "HAL_EMULATOR_DIR": str(tmp_path / "cards"),
        "HAL_LOCK_DIR": str(tmp_path / "locks"),
        "HAL_LIBRARY": "emulator",
    }
    start = "import sys, hal; hal.load_map(sys.argv[1]).open(0).close()"
    subprocess.run([sys.executable, "-c", start, str(path)], env=environment, check=True)
    with subprocess.Popen(
        [sys.executable, "-c", UPDATE, str(path), asked],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:

        def step():
            worker.stdin.write("go\n")
            worker.stdin.flush()

        def says(seconds):
            return bool(select.select([worker.stdout], [], [], seconds)[0])

        assert worker.stdout.readline() == "open\n"
        folder = tmp_path / "locks" / "card-locks"
        if asked == "alone":
            assert not folder.exists()
            step()
            assert [worker.stdout.readline() for _ in range(2)] == ["0\n", "written\n"]
            step()
            assert worker.stdout.readline() == "0\n"
            return
        for name, answers in (("slot-0-pf0-bar0.lock", ["0\n", "written\n"]), ("slot-0-services.lock", ["0\n"])):
            with (folder / name).open() as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                step()
                *early, late = answers
                assert [worker.stdout.readline() for _ in early] == early
                assert not says(0.3)
            assert worker.stdout.readline() == late


def test_a_shared_card_can_be_named_as_the_library(tmp_path):
    environment = {**os.environ, "HAL_EMULATOR_DIR": str(tmp_path)}
    environment.pop("HAL_LIBRARY", None)
    program = """
import sys, hal
with hal.open_slot(0, "emulator:bench") as slot:
    slot.dip = slot.dip + 1
    print(slot.dip, slot.library.card.describe()["name"])
try:
    hal.open_slot(0, "emulator:other")
except hal.HalError as error:
    print(error)
"""
    printed = [
        subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert [text.splitlines()[0] for text in printed] == ["1 bench", "2 bench"]
    assert "use of emulated card 'other' failed" in printed[0].splitlines()[1]
