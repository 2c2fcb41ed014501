"""A card whose mailbox is dead or slow: nothing waits longer than its caller wants, and Ctrl-C ends every wait."""

from __future__ import annotations

import json
import signal
import sys
import time

import pytest

from tests.sdk.fake_bus import AFI, APP, write_driver
from tests.support.processes import LIMIT, Child, importing


def test_opening_a_silent_slot_is_bounded(machine):
    machine.firmware.dead = 1
    found = machine.run(
        """
        import time, hal
        begin = time.monotonic()
        try:
            hal.open_slot(0, timeout=0.4)
        except hal.SlotTimeoutError as error:
            print(isinstance(error, TimeoutError), error.slot, error, 0.3 < time.monotonic() - begin < 20)
        """
    )
    assert len(found) == 1
    assert found[0].startswith(
        "True 0 describe of slot 0: no answer in time; the card is busy, or its mailbox is dead."
    )
    assert found[0].endswith("True")


def test_each_question_is_bounded_as_the_slot_was_opened(machine):
    found = machine.start(
        """
        import sys, time, hal
        slot = hal.open_slot(0, timeout=1.5)
        print("open", flush=True)
        sys.stdin.readline()
        for ask in (slot.describe, slot.metrics, slot.status, slot.clocks.measured):
            begin = time.monotonic()
            try:
                ask()
            except hal.SlotTimeoutError:
                print(time.monotonic() - begin < 20)
        begin = time.monotonic()
        try:
            slot.load(sys.argv[1], timeout=0.5)
        except hal.LoadTimeoutError as error:
            print("no answer" in str(error), time.monotonic() - begin < 20)
        """,
        AFI,
    )
    with found as child:
        assert child.line() == "open\n"
        machine.firmware.dead = 1
        assert child.rest("go\n") == ("True\nTrue\nTrue\nTrue\nTrue True\n", "")


@pytest.mark.parametrize("call", ["hal.open_slot(0, timeout=1e6)", "FpgaMgmt().describe_local_image(0, 0)"])
def test_ctrl_c_ends_the_wait(machine, call):
    machine.firmware.dead = 1
    program = machine.start(
        f"""
        import hal
        from hal.vendor import FpgaMgmt
        try:
            print("begin", flush=True)
            {call}
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    with program as child:
        assert child.line() == "begin\n"
        limit = time.monotonic() + LIMIT
        while machine.firmware.commands == 0 and not child.is_silent(0.3):
            assert time.monotonic() < limit
        child.send_signal(signal.SIGINT)
        assert child.line() == "interrupted\n"


ALL_ONES = """
import signal, sys, time, hal
from probed import Probed
slot = hal.open_slot(0, timeout={timeout})
slot.load(sys.argv[1])
dev = slot.attach(Probed)
print("attached", flush=True)
sys.stdin.readline()
begin = time.monotonic()
try:
    dev.status.wait_for(timeout=1000, value=0xFFFFFFFF)
except (hal.SlotTimeoutError, KeyboardInterrupt) as error:
    print(type(error).__name__, str(error), time.monotonic() - begin < 20, flush=True)
"""


def wait_on_all_ones(machine, folder, timeout):
    """A program that waits for a register, which reads all ones from now on, while the mailbox is dead."""
    write_driver(folder)
    environment = machine.environment() | importing(folder)
    return Child(sys.executable, "-c", ALL_ONES.format(timeout=timeout), AFI, environment=environment)


def die(machine):
    machine.firmware.dead = 1
    with (machine.devices / APP / "resource0").open("r+b") as file:
        file.write(b"\xff" * 64)


def test_what_an_access_asks_is_bounded_too(machine, tmp_path):
    with wait_on_all_ones(machine, tmp_path, 1.5) as child:
        assert child.line() == "attached\n"
        die(machine)
        said, errors = child.rest("go\n")
    assert errors == ""
    assert said.startswith("SlotTimeoutError read of probed.status (app BAR 0, 0x0) found all ones, and slot 0 gave no")
    assert said.endswith(" True\n")


def test_ctrl_c_ends_what_an_access_asks(machine, tmp_path):
    with wait_on_all_ones(machine, tmp_path, 1e6) as child:
        assert child.line() == "attached\n"
        die(machine)
        child.tell("go\n")
        assert child.is_silent(0.5)
        child.send_signal(signal.SIGINT)
        assert child.line().startswith("KeyboardInterrupt ")


def test_a_slow_card_is_waited_for(machine):
    machine.firmware.answer_ms = 30
    found = machine.run("import sys, hal; print(hal.open_slot(0).load(sys.argv[1]).afi_id)", AFI)
    assert found == [AFI]


def test_doctor_asks_each_slot_for_a_bounded_time(machine):
    machine.firmware.dead = 1
    begin = time.monotonic()
    found = machine.run(
        """
        import json
        from dataclasses import asdict
        from hal.slots.machine import Machine, check_machine
        print(json.dumps([asdict(check) for check in check_machine(Machine(patience=0.3))]))
        """
    )
    assert time.monotonic() - begin < LIMIT / 2
    check = {check["name"]: check for check in json.loads(found[0])}["answer of slot 0"]
    assert (check["state"], check["text"][:40]) == ("fail", "describe of slot 0: no answer in time; t")
