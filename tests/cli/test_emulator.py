"""`hal emulator`, catalogues of AFIs, and the lock of a slot between processes; each command in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import hal
from hal.emulator.catalogue_file import read_catalogue
from hal.emulator.model_file import model_of
from hal.emulator.shared_cards import card_directory, shared_cards
from hal.slots.locking import SlotLock, lock_directory
from tests.support import MAPS, ROOT

COMMAND = """
from hal.cli.commands import cli, run
from hal.cli.emulator import emulator
cli.add_command(emulator)
run()
"""
BLINKER, FAILING = "agfi-0123456789abcdef5", "agfi-0123456789abcdef6"
CATALOGUE = f"""
schema: 1
afis:
  {BLINKER}:
    map: blinker.yaml
    model: models.py:Counting
    pci: {{device: 0xf0aa}}
    clkgen: true
    load_ms: 20
  {FAILING}:
    faults: [load-error=afi-power-violation]
"""
MODEL = """
import hal

class Counting(hal.Model):
    def on_read(self, register):
        if register == "cycles":
            self.set("cycles", self.get("cycles") + 1)
"""


@pytest.fixture
def cards(tmp_path, monkeypatch):
    """A folder of shared cards of the test's own."""
    folder = tmp_path / "cards"
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(folder))
    return folder


@pytest.fixture
def catalogue(tmp_path):
    """A catalogue with its map and model beside it."""
    (tmp_path / "blinker.yaml").write_text((MAPS / "blinker.yaml").read_text())
    (tmp_path / "models.py").write_text(MODEL)
    path = tmp_path / "afis.yaml"
    path.write_text(CATALOGUE)
    return path


def python(code, *arguments, **environment):
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def emulator(*arguments, code=0):
    """What the command prints; on failure what it says."""
    result = python(COMMAND, "emulator", *arguments)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr if code else result.stdout


# -- the commands -----------------------------------------------------------------------------------------------------


def test_create_list_show_and_remove(cards):
    assert emulator("list") == f"no shared cards in {cards}\n"
    created = json.loads(emulator("create", "bench", "--slots", "3", "--json"))
    assert created["name"] == "bench"
    assert created["path"] == str(cards / "bench.card")
    assert created["slots"] == 3
    assert 0 < created["disk_bytes"] < 64 << 20
    assert [row["name"] for row in json.loads(emulator("list", "--json"))] == ["bench"]
    assert emulator("list").startswith("bench: 3 slots, ")
    shown = json.loads(emulator("show", "bench", "--json"))
    assert [row["status"] for row in shown["contents"]] == ["cleared"] * 3
    assert shown["contents"][2] == {
        "slot": 2,
        "status": "cleared",
        "status_q": 0,
        "afi": "none",
        "pci": "1d0f:9048 at 0000:36:00.0",
    }
    assert {"afi": "agfi-080817d089f3cd2ed", "name": "cl_mem_perf"} in shown["designs"]
    assert emulator("remove", "bench") == "bench: removed\n"
    assert json.loads(emulator("list", "--json")) == []


def test_a_card_is_made_once(cards):
    emulator("create", "bench")
    before = (cards / "bench.card").stat().st_ino
    assert "exists" in emulator("create", "bench", code=1)
    assert (cards / "bench.card").stat().st_ino == before


@pytest.mark.parametrize("name", ["", "a/b", "..", "ä", "x" * 65, "a b"])
def test_names_that_are_none(cards, name):
    assert "use 1 to 64 letters, digits, _ and -" in emulator("create", "--", name, code=1)
    assert not cards.exists()


@pytest.mark.parametrize("command", ["show", "remove"])
def test_cards_that_are_not_there(cards, command):
    emulator("create", "bench")
    text = emulator(command, "bank", code=4)
    assert text == (
        f"hal: no shared card 'bank' in {cards} (there are: bench); make it with: hal emulator create bank\n"
    )


@pytest.mark.parametrize("slots", ["0", "9", "x"])
def test_numbers_of_slots_that_can_not_be(cards, slots):
    emulator("create", "bench", "--slots", slots, code=2)
    assert not cards.exists()


def test_files_that_are_no_card(cards):
    cards.mkdir(mode=0o700)
    (cards / "bench.card").write_bytes(b"x" * 100)
    assert [(card.name, card.slots) for card in shared_cards()] == [("bench", 0)]
    assert "is not a card: remove it" in emulator("show", "bench", code=1)
    emulator("remove", "bench")
    assert list(cards.iterdir()) == []


def test_where_cards_are(monkeypatch):
    monkeypatch.delenv("HAL_EMULATOR_DIR", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert card_directory() == Path("/run/user/7/hal-cards")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert card_directory() == Path(f"/tmp/hal-cards-{os.geteuid()}")


# -- catalogues -------------------------------------------------------------------------------------------------------


def test_a_catalogue_on_a_card(cards, catalogue):
    del cards
    text = emulator("create", "bench", "--catalogue", catalogue)
    assert "bench: 1 slots, 2 AFIs added" in text
    result = python(
        f"""
        import hal
        with hal.open_slot(0, "emulator") as slot:
            info = slot.load("{BLINKER}")
            print(f"{{info.app.device_id:#x}}", slot.clocks.get().a[0])
            try:
                slot.load("{FAILING}")
            except hal.LoadError as error:
                print(error.code)
        """,
        HAL_EMULATOR="bench",
    )
    assert (result.stdout, result.stderr) == ("0xf0aa 125.0\n17\n", "")


def test_a_model_of_a_catalogue(cards, catalogue):
    del cards
    emulator("create", "bench", "--catalogue", catalogue)
    result = python(
        f"""
        import hal
        from hal.emulator.model_file import model_of
        with hal.open_slot(0, "emulator") as slot:
            slot.load("{BLINKER}")
            slot.emulator.set_model(model_of(slot.library.card.design_text("{BLINKER}")))
            bar = slot.bar("app", 0)
            print(bar.peek(8), bar.peek(8))
        """,
        HAL_EMULATOR="bench",
    )
    assert (result.stdout, result.stderr) == ("1 2\n", "")


def test_the_design_of_an_entry(catalogue):
    blinker, failing = read_catalogue(catalogue)
    lines = blinker.splitlines()
    assert lines[:2] == ["haldesign 1", "name blinker"]
    assert [line for line in lines if line.startswith("afi ")] == [f"afi {BLINKER}"]
    assert [line for line in lines if line.startswith("pci ")] == ["pci 0x1d0f 0xf0aa 0x1d51 0xfedc"]
    assert [line for line in lines if line.startswith(("clkgen", "load_ms"))] == ["load_ms 20", "clkgen 1"]
    assert "space app 0" in lines
    assert failing == f"haldesign 1\nname blank\nafi {FAILING}\nload_ms 50\nfault load-error=17\n"


def test_a_design_without_a_model():
    assert model_of("haldesign 1\nname blank\n") is None


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("# python-model one two", "does not name a file, a class and a map"),
        (f"# python-model /nonexistent.py Model {MAPS / 'blinker.yaml'}", "can't be loaded"),
    ],
)
def test_models_that_can_not_be_used(line, match):
    with pytest.raises(hal.ModelError, match=match):
        model_of(f"haldesign 1\nname x\n{line}\n")


def test_a_class_that_is_no_model(tmp_path):
    (tmp_path / "models.py").write_text("class Other: pass\n")
    line = f"# python-model {tmp_path / 'models.py'} Other {MAPS / 'blinker.yaml'}"
    with pytest.raises(hal.ModelError, match=r"has no class Other derived from hal\.Model"):
        model_of(line)


BROKEN = [
    ("schema: 2\nafis: {}\n", "afis.yaml:1:9: schema: "),
    ("schema: 1\n", "afis.yaml:1:1: the key 'afis' is missing"),
    ("schema: 1\nafis: []\n", "afis.yaml:2:7: afis: "),
    ("schema: 1\nafis: {}\nmore: 1\n", "afis.yaml:3:1: more: unknown key 'more'"),
    ("schema: 1\nafis: {x: {}}\n", "afis.yaml:2:8: afis.x: 'x' is no AFI id"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{lod_ms: 5}}\n", f"afis.yaml:3:28: afis.{BLINKER}.lod_ms: unknown key"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{load_ms: -1}}\n", f"afis.yaml:3:37: afis.{BLINKER}.load_ms: got -1"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{map: none.yaml}}\n", f"afis.yaml:3:33: afis.{BLINKER}.map: no register map"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{model: m.py:M}}\n", "a model needs the map whose registers it plays"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{model: m}}\n", "'m' is no model. Give FILE.py:ClassName."),
    (f"schema: 1\nafis:\n  {BLINKER}: {{faults: [slow]}}\n", "'slow' is no fault. Give load-error=N"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{faults: [load-error=nonsense]}}\n", "'load-error=nonsense' is no fault"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{pci: {{device: 0x10000}}}}\n", f"afis.{BLINKER}.pci.device: got 65536"),
    (f"schema: 1\nafis:\n  {BLINKER}: {{}}\n  {BLINKER}: {{}}\n", "the key is given twice, first at 3:3"),
    ("schema: [\n", "afis.yaml:2:1: not valid YAML"),
    ("", "afis.yaml:1:1: "),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_catalogues_that_are_wrong(tmp_path, text, said):
    path = tmp_path / "afis.yaml"
    path.write_text(text)
    with pytest.raises(hal.MapError) as raised:
        read_catalogue(path)
    assert said in str(raised.value)
    assert raised.value.problems


def test_a_wrong_catalogue_makes_no_card(cards, tmp_path):
    path = tmp_path / "afis.yaml"
    path.write_text("schema: 1\nafis: {x: {loadms: 1}, y: {}}\n")
    text = emulator("create", "bench", "--catalogue", path, code=3)
    assert "'x' is no AFI id" in text
    assert "'y' is no AFI id" in text
    assert "unknown key 'loadms'" in text
    assert not cards.exists()


def test_a_catalogue_that_is_missing(cards, tmp_path):
    assert "can't read" in emulator("create", "bench", "--catalogue", tmp_path / "none.yaml", code=3)
    assert not cards.exists()


def test_a_broken_map_in_a_catalogue(cards, tmp_path):
    (tmp_path / "broken.yaml").write_text("schema: 1\nname: broken\nregisters: {a: {offset: 2}}\n")
    path = tmp_path / "afis.yaml"
    path.write_text(f"schema: 1\nafis: {{{BLINKER}: {{map: broken.yaml}}}}\n")
    assert "broken.yaml:3:" in emulator("create", "bench", "--catalogue", path, code=3)
    assert not cards.exists()


# -- the lock of a slot -----------------------------------------------------------------------------------------------

HOLD = """
import sys, time
from hal.slots.locking import SlotLock
with SlotLock(int(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of slot 0."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", HOLD, "0", str(tmp_path)], stdout=subprocess.PIPE, env=env)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_lock_that_another_process_holds(holder, tmp_path):
    lock = SlotLock(0, tmp_path)
    start = time.monotonic()
    with pytest.raises(hal.SlotError) as raised:
        lock.acquire(timeout=0.05)
    assert 0.05 <= time.monotonic() - start < 5
    assert str(raised.value) == (
        f"slot 0 is locked by process {holder.pid} ({tmp_path}/slot-0.lock); wait for it, or end it"
    )
    assert lock.holder() == holder.pid
    assert not lock.held
    with SlotLock(1, tmp_path) as other:
        assert other.held


def test_a_lock_ends_with_its_process(holder, tmp_path):
    holder.kill()
    holder.wait()
    with SlotLock(0, tmp_path) as lock:
        assert lock.holder() == os.getpid()
    assert lock.holder() is None


def test_a_lock_is_waited_for(tmp_path):
    first, second = SlotLock(0, tmp_path), SlotLock(0, tmp_path)
    first.acquire()
    timer = threading.Timer(0.05, first.release)
    timer.start()
    second.acquire(timeout=10)
    assert (first.held, second.held) == (False, True)
    second.release()
    second.release()
    timer.join()


def test_a_lock_is_taken_once(tmp_path):
    with SlotLock(0, tmp_path) as lock, pytest.raises(hal.SlotError, match="by this object already"):
        lock.acquire()


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    code = """
    import os, sys, time
    from hal.slots.locking import SlotLock
    lock = SlotLock(0, sys.argv[1])
    lock.acquire()
    child = os.fork()
    if child == 0:
        assert not lock.held
        time.sleep(60)
    lock.release()
    SlotLock(0, sys.argv[1]).acquire(timeout=10)
    os.kill(child, 9)
    os.waitpid(child, 0)
    print("done")
    """
    result = python(code, tmp_path)
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_lock_files_that_can_not_be(tmp_path):
    (tmp_path / "slot-0.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(hal.SlotError, match=r"slot-0\.lock can't be opened: .*; set HAL_LOCK_DIR"):
        SlotLock(0, tmp_path).acquire()
    (tmp_path / "slot-1.lock").mkdir()
    with pytest.raises(hal.SlotError, match="is no plain file"):
        SlotLock(1, tmp_path).acquire()
    os.mkfifo(tmp_path / "slot-2.lock")
    with pytest.raises(hal.SlotError, match="is no plain file"):
        SlotLock(2, tmp_path).acquire()


def test_where_locks_are(monkeypatch, tmp_path):
    monkeypatch.setenv("HAL_LOCK_DIR", str(tmp_path / "locks"))
    assert lock_directory() == tmp_path / "locks"
    with SlotLock(3) as lock:
        assert lock.path == tmp_path / "locks" / "slot-3.lock"
    monkeypatch.delenv("HAL_LOCK_DIR")
    assert lock_directory() == Path("/tmp/hal-locks")
