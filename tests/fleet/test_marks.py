"""Who has taken a slot, and why none takes it: marks beside its lock, on a card that processes share."""

from __future__ import annotations

import json

import pytest

from hal._binding.sdk.discovery import find_library
from hal.fleet.marks import TAKEN, leave_mark, read_mark, remove_mark
from tests.support.cards import make_shared_card
from tests.support.processes import run_python

# What each test's process begins with: another one knows another card by this name.
HEAD = """
import json, os, subprocess, sys, time
from hal._binding.sdk.discovery import find_library
from hal.fleet.hosts import free_slot, give_back, quarantine, slots_of
from hal.fleet.losses import FleetTimeoutError
from hal.fleet.marks import QUARANTINE, TAKEN, leave_mark, read_mark, remove_mark
from hal.slots.locking import lock_of
from hal.slots.opening import open_slot

library = find_library("emulator:marks")

def only():
    [state] = slots_of(library, "node")
    return state

def told(call, *given):
    try:
        call(*given)
    except FleetTimeoutError as error:
        return str(error)
"""


# Slot 0 holds a design, and a fleet's page looks at a register of it.
WATCH = """
from hal.fleet.hosts import HostSetup
from hal.page.fleet.host_watcher import HostWatcher
from tests.support.dut import load_class

driver = load_class("{schema: 1, name: dut, registers: {word: {offset: 0, reset: 7}}}")
with open_slot(0, library) as slot:
    slot.emulator.install(driver)
    slot.load(driver.afi_id())

class Here:
    unpack = staticmethod(lambda: driver)

watcher = HostWatcher(HostSetup("emulator:marks"), "node", [Here])

def watched_slot():
    [look] = watcher.look(1, [["word"]])
    return look.state.state, look.fits

assert watched_slot() == ("free", ((0, (7,)),)), watched_slot()
"""


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What a program prints, as JSON."""
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path))
    make_shared_card("marks")

    def run(code, *arguments):
        done = run_python(HEAD + code, *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_a_slot_that_is_taken_says_by_whom_and_since_when(told):
    code = """
began = time.time()
with free_slot(library, 0.0, "anna@laptop: nightly.py, process 7"):
    state, other = only(), told(free_slot, library, 0.0, "bob")
    is_mine, since = state.holder == os.getpid(), began <= state.since <= time.time()
    still = only().by
after = only()
print(json.dumps([state.state, state.by, still, is_mine, since, other, after.state, after.by, after.since]))
"""
    *found, other, state, by, since = told(code)
    assert found == ["taken", *["anna@laptop: nightly.py, process 7"] * 2, True, True]
    assert "slot 0 is locked by process" in other
    assert (state, by, since) == ("free", "", None)


def test_who_is_seen_to_hold_a_slot_is_told_for_whom_at_every_moment(told):
    """Looked at whenever this process is about to open, rename or remove a file, or does something with slots or marks."""
    code = """
seen, is_looking = set(), False

def look():
    global is_looking
    if is_looking:
        return
    is_looking = True
    seen.add((only().state, only().by))
    is_looking = False

def look_at_calls(frame, event, _given):
    if event == "call" and frame.f_code.co_filename.endswith(("/marks.py", "/slot.py", "/locking.py")):
        look()

sys.addaudithook(lambda event, _: event in {"open", "os.rename", "os.remove"} and look())
sys.setprofile(look_at_calls)
for _ in range(2):
    give_back(free_slot(library, 0.0, "anna"))
    with open_slot(0, library):
        pass
is_looking = True
with open_slot(0, library, exclusive=True):
    quarantine(library, 0, "the bus is dead")
    lock_of(0, library).path.with_suffix(".99999999.taken").write_text("of a process that was killed")
is_looking = False
told(free_slot, library, 0.0, "anna")
is_looking = True
sys.setprofile(None)
print(json.dumps([sorted(seen), [file.name for file in lock_of(0, library).path.parent.glob("*taken*")]]))
"""
    seen, left = told(code)
    assert (seen, left) == ([["free", ""], ["quarantined", ""], ["quarantined", "anna"], ["taken", "anna"]], [])


def test_the_mark_of_one_that_was_killed_is_not_the_next_holders(told):
    code = """
with free_slot(library, 0.0, "anna"):
    pass  # the mark stays, as that of a killed process
code = "import sys, hal\\nwith hal.open_slot(0, 'emulator:marks', exclusive=True): print(flush=True); sys.stdin.readline()"
with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
    child.stdout.readline()
    state = only()
    child.communicate(b"\\n", timeout=60)
print(json.dumps([state.state, state.holder == child.pid, state.since, state.by.endswith(f", process {child.pid}")]))
"""
    assert told(code) == ["taken", True, None, True]


def test_a_quarantine_says_why_and_since_when_and_keeps_fleets_away(told):
    code = """
with open_slot(0, library, exclusive=True):
    quarantine(library, 0, "the bus is dead")
state, other = only(), told(free_slot, library, 0.0, "anna")
watched = watched_slot()
removed = [remove_mark(library, 0, QUARANTINE) for _ in range(2)]
with free_slot(library, 0.0, "anna"):
    after = only().state
print(json.dumps([state.state, state.why, abs(time.time() - state.since) < 60, other, watched, removed, after]))
"""
    *found, other, watched, removed, after = told(WATCH + code)
    assert found == ["quarantined", "the bus is dead", True]
    assert "slot 0 is quarantined: the bus is dead" in other
    assert (watched, removed, after) == (["quarantined", []], [True, False], "taken")


def test_a_mark_that_can_not_be_read_is_one_and_all_are_bounded(told):
    code = """
with open_slot(0, library, exclusive=True):
    file = lock_of(0, library).path.with_suffix(".quarantine")
    leave_mark(library, 0, TAKEN, "x" * 9000)
found = [len(read_mark(library, 0, TAKEN).text)]
for said in json.loads(sys.argv[1]):
    file.write_bytes(said.encode(errors="surrogateescape"))
    found.append([read_mark(library, 0, QUARANTINE).text, only().state])
print(json.dumps(found))
"""
    broken = ["", "[1]", "{}", '{"why": ' + "9" * 9000, "\udcff", json.dumps({"why": "x" * 9000})]
    length, *found = told(code, json.dumps(broken))
    assert length == 500
    assert found == [["its mark can't be read", "quarantined"]] * len(broken)


def test_a_fleet_s_program_says_what_an_unknown_afi_holds(told):
    """A map may name no AFI, or another one: then it is opened, and verified, only where the slot's holder says so."""
    code = """
from hal.fleet.hosts import HostSetup
from hal.page.fleet.host_watcher import HostWatcher
from tests.support.dut import load_class

TEXT = "schema: 1, name: dut, registers: {word: {offset: 0, reset: 7}}"
loaded, asked = load_class(f"{{{TEXT}, afi: {{ids: [agfi-0123456789abcdef0]}}}}"), load_class(f"{{{TEXT}}}")

class Here:
    unpack = staticmethod(lambda: asked)

watcher = HostWatcher(HostSetup("emulator:marks"), "node", [Here])
found = []
with free_slot(library, 0.0, "anna") as slot:
    slot.emulator.install(loaded)
    slot.load(loaded.afi_id())
    for digest in ("", "0" * 16, asked._design.digest):
        leave_mark(library, 0, TAKEN, "anna", design=digest)
        found.append("is not known to be dut" in watcher.look(1, [["word"]])[0].misfit)
print(json.dumps(found))
"""
    assert told(code) == [True, True, False]


def test_a_private_card_has_none():
    private = find_library("emulator")
    leave_mark(private, 0, TAKEN, "anna")
    assert read_mark(private, 0, TAKEN) is None
    assert not remove_mark(private, 0, TAKEN)
