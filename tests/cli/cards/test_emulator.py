"""`hal emulator`."""

from __future__ import annotations

import json

import pytest

from hal.emulator.shared_cards import shared_cards
from tests.support.command_line import CommandLine


@pytest.fixture
def cards(tmp_path, monkeypatch):
    """A folder of shared cards of the test's own."""
    folder = tmp_path / "cards"
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(folder))
    return folder


@pytest.fixture
def emulator(tmp_path, cards):
    """What the command prints; on failure what it says."""
    command = CommandLine(tmp_path, card="")

    def run(*arguments, code=0):
        result = command("emulator", *arguments)
        assert result.code == code, result.err
        return result.err if code else result.out

    return run


def test_create_list_show_and_remove(emulator, cards):
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
        "model_process": None,
    }
    assert {"afi": "agfi-080817d089f3cd2ed", "name": "cl_mem_perf"} in shown["designs"]
    assert emulator("remove", "bench") == "bench: removed\n"
    assert json.loads(emulator("list", "--json")) == []


def test_a_card_is_made_once(emulator, cards):
    emulator("create", "bench")
    before = (cards / "bench.card").stat().st_ino
    assert "exists" in emulator("create", "bench", code=1)
    assert (cards / "bench.card").stat().st_ino == before


@pytest.mark.parametrize("name", ["", "a/b", "..", "ä", "x" * 65, "a b"])
def test_names_that_are_none(emulator, cards, name):
    assert "use 1 to 64 letters, digits, _ and -" in emulator("create", "--", name, code=1)
    assert not cards.exists()


@pytest.mark.parametrize("command", ["show", "remove"])
def test_cards_that_are_not_there(emulator, cards, command):
    emulator("create", "bench")
    text = emulator(command, "bank", code=4)
    assert text == (
        f"hal: no shared card 'bank' in {cards} (there are: bench); make it with: hal emulator create bank\n"
    )


@pytest.mark.parametrize("slots", ["0", "9", "x"])
def test_numbers_of_slots_that_can_not_be(emulator, cards, slots):
    emulator("create", "bench", "--slots", slots, code=2)
    assert not cards.exists()


def test_files_that_are_no_card(emulator, cards):
    cards.mkdir(mode=0o700)
    (cards / "bench.card").write_bytes(b"x" * 100)
    assert [(card.name, card.slots) for card in shared_cards()] == [("bench", 0)]
    assert "is no card: it does not begin as a card does; remove it" in emulator("show", "bench", code=1)
    emulator("remove", "bench")
    assert list(cards.iterdir()) == []


def test_commands_on_a_card_that_is_not_there(tmp_path, emulator, cards):
    emulator("create", "bench")
    command = CommandLine(tmp_path, card="")
    for arguments in (("slots",), ("describe", 0), ("load", 0, "agfi-080817d089f3cd2ed")):
        result = command(*arguments, HAL_EMULATOR="benhc")
        assert (result.code, result.out) == (4, "")
        assert f"no shared card 'benhc' in {cards} (there are: bench); make it with: hal emulator create" in result.err
    assert command("doctor", HAL_EMULATOR="benhc").code == 1
    assert [path.name for path in cards.iterdir()] == ["bench.card"]


# -- catalogues -------------------------------------------------------------------------------------------------------


# -- the lock of a slot -----------------------------------------------------------------------------------------------


def test_a_fault_is_everybodys_until_it_ends(hal):
    hal("read", 0, "cl_mem_perf", "kernel.num_ot")  # loads it
    assert hal("emulator", "fault", "bench", 0, "bus-dead=ocl").lines == ["bench: slot 0: bus-dead=ocl"]
    dead = hal("read", 0, "cl_mem_perf", "kernel.num_ot")
    assert (dead.code, "nobody answered" in dead.err) == (5, True)
    assert hal("emulator", "fault", "bench", 0, "none").code == 0
    assert hal("read", 0, "cl_mem_perf", "kernel.num_ot").lines == ["kernel.num_ot = 0x00000040 (value=0x40)"]
    refused = hal("emulator", "fault", "bench", 0, "gaga").err
    assert "'gaga' is no fault" in refused
    assert refused.endswith(", or none to end all\n")
    assert hal("emulator", "fault", "bench", 3, "none").code == 2
    assert hal("emulator", "fault", "nobody", 0, "none").code == 4
