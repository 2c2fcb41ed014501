"""Commands on a slot of another host, and the agent that they start there."""

from __future__ import annotations

import json

import pytest

from tests.support.command_line import WIDGET, CommandLine
from tests.support.far import stand_in

FAR = "ssh://lab/0"


@pytest.fixture(scope="module")
def hal(tmp_path_factory):
    """Commands, a shared card that the agent uses as its own, and a stand-in for ssh."""
    folder = tmp_path_factory.mktemp("far")
    made = CommandLine(folder)
    made.environment |= stand_in(folder)
    return made


def test_commands_take_a_slot_of_another_host(hal):
    assert hal("write", FAR, WIDGET, "ctrl.go=1", "ctrl.mode=fast", "ram[0:4]=7").code == 0
    assert hal("read", "0", WIDGET, "ctrl.mode", "ram[0]").lines == ["ctrl.mode = FAST", "ram[0] = 0x00000007"]
    far, here = (hal("dump", slot, WIDGET, "--json").json for slot in (FAR, "0"))
    assert far == here
    assert (
        hal("peek", FAR, "app:0", "0x1000", "--count", "2").out
        == hal("peek", "0", "app:0", "0x1000", "--count", "2").out
    )
    assert hal("dip", FAR, "0x00FF", "--json").json == {"slot": FAR, "dip": 0xFF}
    assert hal("clear", FAR, "--json").json["status"] == "cleared"
    assert hal("describe", "0", "--json").json["status"] == "cleared"


def test_what_is_no_address_is_a_wrong_card(hal):
    done = hal("describe", "ssh://-x/0")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("hal: ")


def test_a_host_that_does_not_answer(hal):
    done = hal("describe", FAR, HAL_AGENT="/nowhere/hal")
    assert done.code == 1
    assert "the shell there does not find hal" in done.err


def test_the_agent_is_not_for_people(hal):
    done = hal("agent", stdin=json.dumps({"ask": "open"}))
    assert (done.code, done.out, done.err) == (0, "\nhal-agent 1\n", "")
