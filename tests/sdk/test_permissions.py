"""Without root: what a user may do with the files of a card, what doctor says of it, and what a load does."""

from __future__ import annotations

import json

import pytest

from tests.sdk.fake_bus import AFI, APP, MGMT, OTHER
from tests.support import ROOT

LOAD = """
import sys, hal
slot = hal.open_slot(0)
try:
    print(slot.load(sys.argv[1]).afi_id)
except hal.HalError as error:
    print(type(error).__name__, error.code, error)
print(slot.describe().afi_id)
"""
RULE = (
    'SUBSYSTEM=="pci", KERNEL=="0000:34:00.[01]", RUN+="/bin/sh -c \'chgrp fpga FILES; chmod g+w FILES; '
    "chmod g+r /sys%p/resource*'\""
).replace("FILES", "/sys%p/resource* /sys%p/remove /sys/bus/pci/rescan")


def doctor(machine, *, user=True):
    code = "import sys; from hal.cli import main; sys.argv[1:] = ['doctor', '--json']; main()"
    try:
        lines = machine.run(code, user=user)
    except AssertionError:  # a check has failed
        lines = machine.run(f"try:\n    {code.replace('; ', chr(10) + '    ')}\nexcept SystemExit: pass", user=user)
    return {check["name"]: check for check in json.loads("\n".join(lines))}


def test_a_user_who_may_do_all(machine):
    machine.allow_all()
    assert machine.run(LOAD, AFI, user=True) == [AFI, AFI]
    found = doctor(machine)
    assert {found[name]["state"] for name in found if " function " in name} == {"ok"}
    assert found["answer of slot 0"]["state"] == "ok"
    assert found["answer of slot 0"]["text"].startswith(f"loaded, AFI {AFI}, shell 0x10212415, after ")


def test_a_user_who_may_open_bars_alone(machine):
    """A load goes to its end, and its ids are not shown; the card is as loaded as it can be."""
    for address in (APP, MGMT):
        machine.allow(machine.devices / address, write=True, pattern="resource*")
    told, held = machine.run(LOAD, AFI, user=True)
    assert held == AFI
    kind, code, text = told.split(" ", 2)
    assert (kind, code) == ("CardPermissionError", "25")
    assert text.startswith(
        f"slot 0: {AFI} is loaded, but the PCI bus still shows the ids of before: the rescan of {APP}"
    )
    assert f"permission denied for /sys/bus/pci/devices/{APP}/remove and /sys/bus/pci/rescan" in text
    assert f"echo 1 > /sys/bus/pci/devices/{APP}/remove; echo 1 > /sys/bus/pci/rescan" in text
    assert text.endswith(RULE)
    check = doctor(machine)[f"rescan of app function {APP}"]
    assert check["state"] == "fail"
    assert check["text"].startswith(f"/sys/bus/pci/devices/{APP}/remove and /sys/bus/pci/rescan: permission denied")
    assert check["what_to_do"].endswith("\n" + RULE)
    rescanned = machine.run(
        """
        import hal
        try:
            hal.open_slot(0).rescan()
        except hal.CardPermissionError as error:
            print(error)
        """,
        user=True,
    )
    assert rescanned[0].startswith(f"slot 0: the rescan of {APP} was refused, permission denied for ")


def test_a_user_who_may_remove_and_not_rescan(machine):
    for address in (APP, MGMT):
        machine.allow(machine.devices / address, write=True)
    told = machine.run(LOAD.replace("print(slot.describe().afi_id)", ""), OTHER, user=True)[0]
    assert told.startswith(f"CardPermissionError 25 slot 0: {OTHER} is loaded, but ")
    assert "permission denied for /sys/bus/pci/rescan." in told


def test_a_user_who_may_nothing(machine):
    told = machine.run(
        """
        import hal
        try:
            hal.open_slot(0)
        except hal.ManagementError as error:
            print(error.code, error)
        """,
        user=True,
    )
    assert told[0].startswith("25 describe of slot 0 failed: unresponsive (code 25); this user may lack permission")
    found = doctor(machine)
    assert found[f"BAR 0 of mgmt function {MGMT}"]["what_to_do"].endswith("\n" + RULE)
    assert found["answer of slot 0"]["state"] == "fail"


@pytest.mark.parametrize("text", [RULE])
def test_the_manual_has_the_rule(text):
    assert text in (ROOT / "docs" / "machine.md").read_text()
