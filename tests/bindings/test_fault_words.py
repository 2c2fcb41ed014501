"""The faults of the emulated card stand where C reads them, where a catalogue does, and in both lists for people."""

from __future__ import annotations

import re

import hal
from tests.support import ROOT

WORD = re.compile(r"[a-z]+(?:-[a-z]+)+")


def test_every_place_has_the_same_faults():
    parsed = set(
        re.findall(r'is_word\(text, \w+, "([a-z]+-[a-z-]+)"\)', (ROOT / "bindings/card/design/fault.c").read_text())
    )
    catalogue = (ROOT / "hal/emulator/catalogue_file.py").read_text()
    expression = re.search(r"_FAULT = re\.compile\((.*?)\n\)", catalogue, re.DOTALL)[1]
    hint = re.search(r"_FAULT_HINT = \((.*?)\n\)", catalogue, re.DOTALL)[1]
    with hal.open_slot(0) as slot:
        try:
            slot.emulator.fault("no-such-fault")
        except hal.HalError as error:
            told = str(error).partition("is no fault")[2]
    for text in (re.sub(r"0-9|a-z", "", expression), hint, told):
        assert set(WORD.findall(text)) == parsed
    assert len(parsed) >= 9
    page = (ROOT / "docs/emulated-card.md").read_text()
    assert [word for word in sorted(parsed) if f"`{word}" not in page] == []
