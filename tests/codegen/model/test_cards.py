"""Cards say which spaces there are and where they end; the built-in one is an F2 card."""

from __future__ import annotations

import json

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.schema.spaces import F2
from codegen.views.difference import compare

MAP = """
schema: 1
name: capture
card: {name: kcu1500, bars: {0: 1MiB, 1: 4KiB, 5: 16}, prefetchable: [0]}
space: {pf: app, bar: 1}
registers: {ctrl: {offset: 0xFFC}}
blocks:
  bulk: {space: {pf: app, bar: 0}, offset: 0x0, memories: {ring: {offset: 0x0, size: 1MiB}}}
  last: {space: {pf: app, bar: 5}, offset: 0xC, registers: {r: {offset: 0x0}}}
"""
HOME = "schema: 1\nname: x\n{card}registers: {{r: {{offset: {offset}}}}}\n"


def test_every_output_is_of_that_card(slot, tmp_path):
    path = tmp_path / "capture.yaml"
    path.write_text(MAP)
    codegen.generate([path], tmp_path, ["c", "systemverilog", "markdown", "html", "json", "python"])
    text = {item.suffix: item.read_text() for item in tmp_path.iterdir() if item.is_file()}
    assert "#define CAPTURE_BAR 1\n" in text[".h"]
    assert "#define CAPTURE_BULK_BAR 0\n" in text[".h"]
    assert "#define CAPTURE_LAST_BAR 5\n" in text[".h"]
    assert "LAST_BAR = 5;" in text[".sv"]
    for suffix in (".md", ".html"):
        assert "kcu1500, app BAR 0 of 1 MiB, prefetchable, app BAR 1 of 4 KiB, app BAR 5 of 16 B" in text[suffix]
    assert json.loads(text[".json"])["card"] == {
        "name": "kcu1500",
        "bars": [
            {"pf": "app", "bar": 0, "size": 1 << 20, "prefetchable": True},
            {"pf": "app", "bar": 1, "size": 4096, "prefetchable": False},
            {"pf": "app", "bar": 5, "size": 16, "prefetchable": False},
        ],
    }
    assert "bar=1, size=0x1000" in text[".py"]
    with pytest.raises(hal.HalError, match="capture has registers in app BAR 1, and the emulated card has no such BAR"):
        hal.load_map(path).open(0)


@pytest.mark.parametrize("space", F2.sizes, ids=str)
def test_an_f2_card_is_the_usual_one(space):
    for card in ("", "card: f2\n"):
        head = f"{card}space: {{pf: {space.pf}, bar: {space.bar}}}\n"
        last = F2.sizes[space] - 4
        assert codegen.loads(HOME.format(card=head, offset=last)).card == F2
        with pytest.raises(codegen.MapError, match=f"past {space}'s end {last + 3:#x}"):
            codegen.loads(HOME.format(card=head, offset=last + 4))


def test_a_driver_of_a_card_that_has_what_an_f2_card_has(slot, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(HOME.format(card="card: {bars: {0: 4KiB, 1: 16}}\n", offset=0xFFC))
    with hal.load_map(path).open(0) as device:
        device.r.value = 5
        assert device.r.value == 5


def test_a_card_is_no_meaning_of_registers():
    usual, other = (codegen.loads(HOME.format(card=card, offset=0)) for card in ("", "card: {bars: {0: 64KiB}}\n"))
    assert usual.digest == other.digest
    assert [str(change) for change in compare(usual, other)] == ["regenerate  x card changed: f2 -> app BAR 0 0x10000"]


def test_what_is_told_of_a_card_is_what_it_is_not_its_name_alone():
    """Two cards of one name differ in BARs; one without a name, or with the usual one's, has its own."""
    one, other = (
        codegen.loads(HOME.format(card=f"card: {{name: f2, bars: {{0: 64KiB}}{more}}}\n", offset=0))
        for more in ("", ", prefetchable: [0]")
    )
    assert [str(change) for change in compare(one, other)] == [
        "regenerate  x card changed: app BAR 0 0x10000 -> app BAR 0 0x10000 prefetchable"
    ]
    nameless = codegen.loads(HOME.format(card="card: {bars: {0: 64KiB}}\n", offset=0))
    assert "Card: f2, app BAR 0 of 64 KiB, prefetchable.\n" in render(other, LANGUAGES["markdown"])["x.md"]
    assert "Card: app BAR 0 of 64 KiB.\n" in render(nameless, LANGUAGES["markdown"])["x.md"]
    assert "card: app BAR 0 of 64 KiB" in render(nameless, LANGUAGES["svd"])["x.svd"]
