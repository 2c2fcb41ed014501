"""Which accesses wait for another process that has a BAR's lock: each in its turn, against the lock file of its BAR."""

from __future__ import annotations

import fcntl

from tests.support.cards import make_shared_card
from tests.support.processes import run_python, start_python

MAP = """
schema: 1
name: locked
registers:
  word: {offset: 0, fields: {low: {bits: 15:0}, high: {bits: 31:16}}}
  wide: {offset: 8, width: 64, access_width: 32, fields: {low: {bits: 15:0}, across: {bits: 47:16}, high: {bits: 63:48}}}
blocks:
  second: {space: {pf: app, bar: 2}, offset: 0, registers: {word: {offset: 0, fields: {low: {bits: 15:0}, high: {bits: 31:16}}}}}
  third: {space: {pf: app, bar: 4}, offset: 0, registers: {word: {offset: 0, fields: {low: {bits: 15:0}, high: {bits: 31:16}}}}}
  shell: {space: {pf: mgmt, bar: 4}, offset: 0, registers: {word: {offset: 0, fields: {low: {bits: 15:0}, high: {bits: 31:16}}}}}
"""
# What is done, behind what is done before it, and the BAR whose lock it takes.
ACTIONS = {
    "d.word.low = 1": (0, 0),
    "d.wide.read()": (0, 0),
    "d.wide.across": (0, 0),
    "d.wide.write(5)": (0, 0),
    "d.wide.low = 7": (0, 0),
    "d.wide.across = 9": (0, 0),
    "d.second.word.low = 1": (0, 2),
    "d.third.word.low = 1": (0, 4),
    "d.shell.word.low = 1": (1, 4),
    "v = (b := d.batch()).__enter__(); v.second.word.low = 3 | b.__exit__(None, None, None)": (0, 2),
    "v = (b := d.batch()).__enter__(); v.word.low = 3; v.word.low = 4 | b.__exit__(None, None, None)": (0, 0),
}
PROGRAM = """
import sys
import hal
driver = hal.load_map(sys.argv[1])
with hal.open_slot(0, interprocess=True) as slot, slot.attach(driver) as d:
    for action in eval(sys.argv[2]):  # what is made on first use is made
        exec(action.replace("|", ";"))
    print("open", flush=True)
    for line in sys.stdin:
        print("begun", flush=True)
        exec(line.strip())
        print("done", flush=True)
"""


def prepare(worker, text):
    if text:
        worker.tell(f"{text}\n")
        assert [worker.line(), worker.line()] == ["begun\n", "done\n"]


def test_an_access_waits_for_the_lock_of_its_bar_and_for_no_other(tmp_path):
    path, folder = tmp_path / "locked.yaml", tmp_path / "cards" / "locks.locks"
    path.write_text(MAP)
    environment = {"HAL_EMULATOR": "locks", "HAL_EMULATOR_DIR": str(tmp_path / "cards")}
    make_shared_card("locks", environment)
    begun = run_python("import sys, hal; hal.load_map(sys.argv[1]).open(0).close()", path, environment=environment)
    assert begun.returncode == 0, begun.stderr
    waited, passed = {}, {}
    with start_python(PROGRAM, path, list(ACTIONS), environment=environment) as worker:
        assert worker.line() == "open\n", worker.rest()[1]
        files = {place: folder / "slot-0-pf{}-bar{}.lock".format(*place) for place in set(ACTIONS.values())}
        for text, place in ACTIONS.items():
            before, _, action = text.rpartition(" | ")
            prepare(worker, before)
            with files[place].open() as own:
                fcntl.flock(own, fcntl.LOCK_EX)
                worker.tell(f"{action}\n")
                assert worker.line() == "begun\n", worker.rest()[1]
                waited[text] = worker.is_silent(0.15)
            assert worker.line() == "done\n", worker.rest()[1]
            prepare(worker, before)
            with files[min(other for other in files if other != place)].open() as other:
                fcntl.flock(other, fcntl.LOCK_EX)
                worker.tell(f"{action}\n")
                passed[text] = [worker.line(), worker.line()]
    assert [action for action, silent in waited.items() if not silent] == []
    assert set(map(tuple, passed.values())) == {("begun\n", "done\n")}


LOST_MAP = """
schema: 1
name: lost
registers:
  word: {offset: 0, fields: {low: {bits: 15:0}, high: {bits: 31:16}}}
  wide: {offset: 8, width: 64, access_width: 32, fields: {low: {bits: 15:0}, high: {bits: 63:16}}}
  twice: {offset: 0x10, write_twice: true, fields: {low: {bits: 15:0}, high: {bits: 31:16}}}
  dots: {offset: 0x20, count: 2, stride: 4, fields: {low: {bits: 15:0}, high: {bits: 31:16}}}
"""
# What takes the lock, of a device that is not cached and of one that is.
LOCKING = {
    False: ["d.word.low = 1", "d.wide.read()", "d.wide.write(5)", "d.wide.low = 7", "d.twice.low = 3", "v.word.low = 3", "v.twice.low = 3"],
    True: [
        "d.word.read()", "d.word.low = 1", "d.word.write(2)", "d.wide.read()", "d.wide.write(5)", "d.wide.low = 7", "d.dots.read()",
        "d.dots[0:1].write([1])", "v.word.low = 3", "v.word.write(2)", "v.wide.low = 3", "d.snapshot()",
    ],
}  # fmt: skip
LOST = """
import contextlib, os, shutil, sys
import hal
from hal.emulator.shared_cards import create_card
create_card("lost", 1)
driver = hal.load_map(sys.argv[1])
with hal.open_slot(0, interprocess=True) as slot:
    slot.emulator.provide(driver)
    with slot.attach(driver) as d:
        def done(action):
            with slot.emulator.trace() as trace:
                try:
                    with d.batch() if action.startswith("v") else contextlib.nullcontext() as v:
                        exec(action)
                except hal.SlotError as error:
                    assert "lock file was removed" in str(error), error
                    return -1 - len(trace)
            return len(trace)
        for cached, actions in eval(sys.argv[2]).items():
            with d.cached() if cached else contextlib.nullcontext():
                shutil.rmtree(sys.argv[3])
                print([action for action in actions if done(action) != -1])
                os.mkdir(sys.argv[3], 0o700)
                print([action for action in actions if done(action) < 0])
                for action in actions:  # what was collected while it was there, and is made when it is not
                    if action.startswith("v") and done(f"{action}; shutil.rmtree(sys.argv[3])") != -1:
                        print(action)
                    os.makedirs(sys.argv[3], 0o700, exist_ok=True)
"""


def test_what_can_not_have_its_lock_is_not_made(tmp_path):
    """Whose lock file, and its folder, somebody has removed; and it works again once they are there."""
    path, folder = tmp_path / "lost.yaml", tmp_path / "cards" / "lost.locks"
    path.write_text(LOST_MAP)
    environment = {"HAL_EMULATOR": "lost", "HAL_EMULATOR_DIR": str(tmp_path / "cards")}
    done = run_python(LOST, path, LOCKING, folder, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[]\n" * 4
