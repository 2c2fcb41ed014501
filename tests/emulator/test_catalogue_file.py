"""Catalogues of AFIs: files that give a card designs, models and faults."""

from __future__ import annotations

import pytest

import hal
from hal.emulator.catalogue_file import read_catalogue
from tests.support import MAPS
from tests.support.command_line import CommandLine
from tests.support.processes import run_python

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
def command(tmp_path):
    return CommandLine(tmp_path, card="")


@pytest.fixture
def catalogue(tmp_path):
    """A catalogue with its map and model beside it."""
    (tmp_path / "blinker.yaml").write_text((MAPS / "blinker.yaml").read_text())
    (tmp_path / "models.py").write_text(MODEL)
    path = tmp_path / "afis.yaml"
    path.write_text(CATALOGUE)
    return path


def test_a_catalogue_on_a_card(command, catalogue):
    assert "bench: 1 slots, 2 AFIs added" in command("emulator", "create", "bench", "--catalogue", catalogue).out
    result = run_python(
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
        env=command.environment | {"HAL_EMULATOR": "bench", "HAL_CATALOGUE": str(catalogue)},
    )
    assert (result.stdout, result.stderr) == ("0xf0aa 125.0\n17\n", "")


def test_the_design_of_an_entry(catalogue):
    blinker, failing = read_catalogue(catalogue)
    lines = blinker.splitlines()
    assert lines[:2] == ["haldesign 1", "name blinker"]
    assert [line for line in lines if line.startswith("afi ")] == [f"afi {BLINKER}"]
    assert [line for line in lines if line.startswith("pci ")] == ["pci 0x1d0f 0xf0aa 0x1d51 0xfedc"]
    assert [line for line in lines if line.startswith(("clkgen", "load_ms"))] == ["load_ms 20", "clkgen 1"]
    assert [line for line in lines if "model" in line] == ["# python-model models.py:Counting"]
    assert "space app 0" in lines
    assert failing == f"haldesign 1\nname blank\nafi {FAILING}\nload_ms 50\nfault load-error=17\n"


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


def test_a_wrong_catalogue_makes_no_card(command, tmp_path):
    path = tmp_path / "afis.yaml"
    path.write_text("schema: 1\nafis: {x: {loadms: 1}, y: {}}\n")
    refused = command("emulator", "create", "bench", "--catalogue", path)
    assert refused.code == 3
    assert "'x' is no AFI id" in refused.err
    assert "'y' is no AFI id" in refused.err
    assert "unknown key 'loadms'" in refused.err
    assert not list((tmp_path / "cards").glob("*"))


def test_a_catalogue_that_is_missing(command, tmp_path):
    refused = command("emulator", "create", "bench", "--catalogue", tmp_path / "none.yaml")
    assert refused.code == 3
    assert "can't read" in refused.err
    assert not list((tmp_path / "cards").glob("*"))


def test_a_broken_map_in_a_catalogue(command, tmp_path):
    (tmp_path / "broken.yaml").write_text("schema: 1\nname: broken\nregisters: {a: {offset: 2}}\n")
    path = tmp_path / "afis.yaml"
    path.write_text(f"schema: 1\nafis: {{{BLINKER}: {{map: broken.yaml}}}}\n")
    refused = command("emulator", "create", "bench", "--catalogue", path)
    assert refused.code == 3
    assert "broken.yaml:3:" in refused.err
    assert not list((tmp_path / "cards").glob("*"))
