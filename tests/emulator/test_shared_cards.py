"""Processes that share one emulated card, and one of them killed in the middle of its work."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from hal.emulator.shared_cards import card_directory
from tests.support import MAPS
from tests.support.cards import make_shared_card
from tests.support.command_line import CommandLine
from tests.support.processes import LIMIT, run_python, start_python

AFI = "agfi-080817d089f3cd2ed"  # cl_mem_perf
KILLS = 3

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
    assert bar.run([(2, 0x430, 32, 0xFFFFFFFF, 0), (2, 0x40C, 32, 0xFFFFFFFE, 1)] * 500_000)[:2] == (0, 1_000_000)
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
    make_shared_card("bench")
    monkeypatch.setenv("HAL_EMULATOR", "bench")


def run(code):
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    return result.stdout


def kill_in_the_middle(code, seconds):
    """Starts a process, and kills it that long after it has begun its work."""
    with start_python(code) as process:
        assert process.line() == "started\n"
        time.sleep(seconds)
        assert process.poll() is None, process.rest()[1]
        process.kill()
        assert process.wait(LIMIT) == -9


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
    with start_python(writer, 0) as first, start_python(writer, 1) as second:
        assert [process.rest() for process in (first, second)] == [("", "")] * 2
        assert (first.returncode, second.returncode) == (0, 0)


UPDATE = """
import sys
import hal
driver = hal.load_map(sys.argv[1])
with hal.open_slot(0, interprocess=sys.argv[2] != "alone") as slot, slot.attach(driver) as device:
    print("open", flush=True)
    sys.stdin.readline()
    print(device.r.left, flush=True)  # a read takes no lock
    device.r.left = 5
    print("written", flush=True)
    sys.stdin.readline()
    print(slot.leds, flush=True)
"""


@pytest.mark.parametrize("asked", ["shared", "removed", "alone"])
def test_updates_and_services_wait_for_other_processes_when_asked(tmp_path, asked):
    """This process holds the lock files, as another one does in the middle of an update."""
    path = tmp_path / "both.yaml"
    path.write_text(
        "schema: 1\nname: both\nregisters:\n  r: {offset: 0, fields: {left: {bits: 15:0}, right: {bits: 31:16}}}\n"
    )
    environment = {
        "HAL_EMULATOR": "locks",
        "HAL_EMULATOR_DIR": str(tmp_path / "cards"),
    }
    make_shared_card("locks", environment)
    begun = run_python("import sys, hal; hal.load_map(sys.argv[1]).open(0).close()", path, environment=environment)
    assert begun.returncode == 0, begun.stderr
    with start_python(UPDATE, path, asked, environment=environment) as worker:
        assert worker.line() == "open\n"
        folder = tmp_path / "cards" / "locks.locks"
        if asked == "alone":
            assert not folder.exists()
            worker.tell("go\n")
            assert [worker.line(), worker.line()] == ["0\n", "written\n"]
            worker.tell("go\n")
            assert worker.line() == "0\n"
            return
        for name, answers in (("slot-0-pf0-bar0.lock", ["0\n", "written\n"]), ("slot-0-services.lock", ["0\n"])):
            if asked == "removed":  # by whoever tidies up; others make a new one and hold that
                (folder / name).unlink()
                (folder / name).touch(0o600)
            with (folder / name).open() as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                worker.tell("go\n")
                *early, late = answers
                assert [worker.line() for _ in early] == early
                assert worker.is_silent(0.3)
            assert worker.line() == late


def test_a_shared_card_can_be_named_as_the_library(tmp_path, monkeypatch):
    monkeypatch.delenv("HAL_LIBRARY")
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path))
    make_shared_card("bench")
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
    printed = [run(program) for _ in range(2)]
    assert [text.splitlines()[0] for text in printed] == ["1 bench", "2 bench"]
    assert "use of emulated card 'other' failed" in printed[0].splitlines()[1]


MISSING = """
import os, sys, hal
from hal.emulator.shared_cards import use_card
for action in (
    lambda: hal.open_slot(0, "emulator"),
    lambda: hal.open_slot(0, "emulator:benhc"),
    lambda: hal.load_map(sys.argv[1]).open(0),
    lambda: use_card("benhc"),
):
    try:
        action()
    except hal.CardMissingError as error:
        print(error)
os.environ["HAL_EMULATOR"] = "bench"  # corrected
print(hal.open_slot(0).describe().status_name)
"""


@pytest.mark.parametrize("others", [[], ["bench", "a", "b"], [f"card-{number}" for number in range(12)]])
def test_a_card_that_is_named_and_not_there_is_an_error_and_not_made(tmp_path, others):
    folder = tmp_path / "cards"
    environment = {"HAL_EMULATOR_DIR": str(folder), "HAL_EMULATOR": "benhc"}
    for name in others:
        make_shared_card(name, {"HAL_EMULATOR_DIR": str(folder)})
    program = MISSING if "bench" in others else MISSING[: MISSING.index("os.environ")]
    result = run_python(program, MAPS / "blinker.yaml", environment=environment)
    assert (result.returncode, result.stderr) == (0, "")
    told = result.stdout.splitlines()
    assert told[4:] == (["cleared"] if "bench" in others else [])
    for line in told[:4]:
        assert f"no shared card 'benhc' in {folder} (there are: " in line
        assert line.endswith("); make it with: hal emulator create benhc")
        assert all(name in line for name in sorted(others)[:8])
    assert sorted(path.stem for path in folder.glob("*")) == sorted(others)


def test_a_card_that_was_removed_in_use_goes_on_and_is_gone_for_others(tmp_path, monkeypatch):
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path))
    make_shared_card("bench")
    monkeypatch.setenv("HAL_EMULATOR", "bench")
    hold = """
    import sys, hal
    slot = hal.open_slot(0, "emulator")
    print(slot.dip, flush=True)
    sys.stdin.readline()
    slot.dip = 7
    print(slot.dip, flush=True)
    """
    with start_python(hold) as holder:
        assert holder.line() == "0\n"
        (tmp_path / "bench.card").unlink()
        assert "hal.errors.CardMissingError" in run_python("import hal; hal.open_slot(0)").stderr
        holder.tell("go\n")
        assert holder.line() == "7\n"
    assert list(tmp_path.iterdir()) == []


def test_where_cards_are(monkeypatch):
    monkeypatch.delenv("HAL_EMULATOR_DIR", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert card_directory() == Path("/run/user/7/hal-cards")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert card_directory() == Path(f"/tmp/hal-cards-{os.geteuid()}")


# -- what lies in the folder of cards --------------------------------------------------------------------------------

STRANGE = {
    "fifo": ("it is a FIFO and no plain file", os.mkfifo),
    "folder": ("it is a folder and no plain file", os.mkdir),
    "link": ("it is a link and no plain file", lambda path: path.symlink_to("/dev/zero")),
    "empty": ("it does not begin as a card does", lambda path: path.touch(0o600)),
    "open": ("others may write to it", lambda path: (path.touch(), path.chmod(0o666))),
}


@pytest.fixture
def strange(tmp_path, monkeypatch):
    """A folder of cards in which everything is but a card."""
    folder = tmp_path / "cards"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(folder))
    for name, (_, make) in STRANGE.items():
        make(folder / f"{name}.card")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(folder)
        listener.bind("socket.card")
        yield folder


@pytest.mark.usefixtures("strange")
def test_what_is_no_card_is_listed_as_such_and_opened_by_nobody(tmp_path):
    result = CommandLine(tmp_path, card="")("emulator", "list", "--json")
    rows = {row["name"]: row for row in result.json}
    assert {name: row["problem"] for name, row in rows.items()} == {
        **{name: problem for name, (problem, _) in STRANGE.items()},
        "socket": "it is a socket and no plain file",
    }
    assert {row["slots"] for row in rows.values()} == {0}


@pytest.mark.usefixtures("strange")
@pytest.mark.parametrize("name", [*STRANGE, "socket"])
def test_what_is_no_card_is_refused_in_words(name, tmp_path):
    """By the command, and by the card's library, which any program may use."""
    shown = CommandLine(tmp_path, card="")("emulator", "show", name)
    assert (shown.code, f"{name}.card is no card: " in shown.err) == (1, True)
    result = run_python(
        """
        import sys, hal
        try:
            hal.open_slot(0, f"emulator:{sys.argv[1]}")
        except hal.HalError as error:
            print(error)
        """,
        name,
    )
    assert result.stderr == ""
    assert f"{name}.card" in result.stdout
    assert "plain file that belongs to you" in result.stdout or "is not a card" in result.stdout


def test_strange_things_can_be_removed(strange, tmp_path):
    command = CommandLine(tmp_path, card="")
    for name in ("fifo", "link", "empty", "open", "socket"):
        assert command("emulator", "remove", name).out == f"{name}: removed\n"
    refused = command("emulator", "remove", "folder")
    assert (refused.code, "is a folder and no card" in refused.err) == (1, True)
    assert [path.name for path in strange.iterdir()] == ["folder.card"]


# -- a file that is cut short ----------------------------------------------------------------------------------------

CUT = """
import os, sys
import hal
from hal.emulator.shared_cards import create_card
create_card("cut", 1)
os.environ["HAL_EMULATOR"] = "cut"
path = os.path.join(os.environ["HAL_EMULATOR_DIR"], "cut.card")
def told(action):
    try:
        print(repr(action())[:60])
    except (hal.HalError, OSError) as error:
        print(type(error).__name__, getattr(error, "code", ""))
with hal.open_slot(0, "emulator") as slot:
    slot.load("agfi-0925b211f5a81b071")
    ocl, pcis = slot.bar("app", 0), slot.bar("app", 4)
    pcis.poke(0x1000, 7)
    pcis.peek(0x1000)
    os.truncate(path, int(sys.argv[1]))
    actions = {
        "peek": lambda: pcis.peek(0x1000),
        "poke": lambda: pcis.poke(0x1000, 1),
        "far": lambda: pcis.poke(0x3FFFFF000, 1),
        "burst": lambda: pcis.write_from(0, bytes(1 << 22)),
        "fill": lambda: pcis.fill(0, 1, 1 << 20),
        "read": lambda: pcis.read_into(0, bytearray(1 << 20)),
        "storage": lambda: slot.emulator.peek(0, 4, 0x1000),
        "describe": lambda: slot.describe(),
        "load": lambda: slot.load("agfi-080817d089f3cd2ed", timeout=0.2),
        "designs": lambda: slot.emulator.install_text("haldesign 1\\nname x\\nafi agfi-00000000000000001\\n"),
    }
    first = sys.argv[2]
    told(actions[first])
    for action in actions.values():
        told(action)
print("alive", os.stat(path).st_size)
"""


@pytest.mark.parametrize("length", [0, 4096])
@pytest.mark.parametrize(
    "first", ["peek", "poke", "far", "burst", "fill", "read", "storage", "describe", "load", "designs"]
)
def test_a_card_that_is_cut_short_in_use_is_an_error(tmp_path, length, first):
    """Whatever comes first: no signal, no value, and the file is not grown again, which would pass for a card of zeros."""
    environment = {"HAL_EMULATOR_DIR": str(tmp_path / "cards"), "HAL_CARD_TIME_SCALE": "0.01"}
    result = run_python(CUT, length, first, environment=environment)
    assert result.returncode == 0, result.stderr
    *told, last = result.stdout.splitlines()
    assert last == f"alive {length}"
    assert len(told) == 11
    assert all("Error" in line for line in told), told
    assert f"{tmp_path}/cards/cut.card was cut short while it was in use" in result.stderr
    after = run_python("import hal; hal.open_slot(0, 'emulator:cut')", environment=environment)
    assert "is damaged: end its users and remove it" in after.stderr or "is not a card" in after.stderr


def test_a_bus_error_elsewhere_is_not_the_cards(tmp_path):
    """The handler of before gets it: here Python's faulthandler, which prints, and the process ends by the signal."""
    code = """
    import faulthandler, mmap, os, sys
    faulthandler.enable()
    import hal
    from hal.emulator.shared_cards import create_card
    create_card("mine", 1)
    with open(sys.argv[1], "w+b") as file:
        file.truncate(8192)
        memory = mmap.mmap(file.fileno(), 8192)
        file.truncate(0)
        print("before", flush=True)
        memory[5000]
    """
    environment = {"HAL_EMULATOR_DIR": str(tmp_path / "cards")}
    result = run_python(code, tmp_path / "other", environment=environment)
    assert (result.returncode, result.stdout) == (-signal.SIGBUS, "before\n")
    assert "Fatal Python error: Bus error" in result.stderr


def test_a_private_card_can_not_be_cut_short():
    code = """
    import os, hal
    with hal.open_slot(0, "emulator") as slot:
        for name in os.listdir("/proc/self/fd"):
            if "hal-card" in os.path.realpath(f"/proc/self/fd/{name}"):
                try:
                    os.truncate(f"/proc/self/fd/{name}", 0)
                except PermissionError:
                    print("sealed")
        print(slot.describe().status_name)
    """
    assert run(code) == "sealed\ncleared\n"
