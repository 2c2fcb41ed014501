"""VHDL packages: GHDL takes them, and they say what the SystemVerilog package says."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given

import codegen
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with
from tests.codegen.output.languages.test_systemverilog import package_of
from tests.support.processes import LIMIT
from tests.support.tools import needs

CONSTANT = re.compile(r"^  constant (\w+) : ([\w() ]+?) := (.+?);", re.MULTILINE)


def value_of(text):
    if text.startswith("X"):
        return int(text[2:-1], 16)
    return int(text.strip('"').replace("X", "0"), 2) if text.startswith('"') else float(text)


def constants_of(text):
    return {name: value_of(value) for name, _, value in CONSTANT.findall(text)}


def analysed(text, folder, standard):
    (folder / "dut_pkg.vhd").write_text(text, encoding="ascii")
    command = [shutil.which("ghdl"), "-a", f"--std={standard}", f"--workdir={folder}", str(folder / "dut_pkg.vhd")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (0, "")


@needs("ghdl")
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_ghdl_analyses_them(path, tmp_path):
    analysed(one_file(codegen.load(path), "vhdl"), tmp_path, "93")


@needs("ghdl")
@pytest.mark.parametrize("text", [INTRICATE, EVERYTHING], ids=["intricate", "everything"])
def test_ghdl_analyses_all_constructs(text, tmp_path):
    for standard in ("93", "08"):
        analysed(one_file(codegen.loads(text), "vhdl"), tmp_path, standard)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_they_say_what_systemverilog_says(path):
    device = codegen.load(path)
    text = one_file(device, "vhdl")
    unknown = {name for name, _, value in CONSTANT.findall(text) if value.startswith('"') and "X" in value}
    found, other = constants_of(text), package_of(one_file(device, "systemverilog"))
    assert found.keys() == other.keys()
    assert {name for name in found if found[name] != other[name]} <= unknown


def test_values():
    text = one_file(codegen.loads(INTRICATE), "vhdl")
    found = {name: (kind, value) for name, kind, value in CONSTANT.findall(text)}
    assert found["WIDE_RESET"] == ("std_logic_vector(95 downto 0)", 'X"000000010000000200000003"')
    assert found["OUTER_INNER_LEVEL_OFFSET"] == ("unsigned(63 downto 0)", 'X"0000000000001024"')
    assert found["MODE_ON"] == ("mode_e", '"101"')
    found = {name: (kind, value) for name, kind, value in CONSTANT.findall(one_file(codegen.loads(EVERYTHING), "vhdl"))}
    assert found["RESETS_RESET"][1] == f'"{"0" * 16}{"X" * 8}1000XXXX"'
    assert found["NUMBERS_VOLTS_SCALE"] == ("real", "0.5")
    assert found["LANES"] == ("natural", "4")


def test_what_constants_do_not_say_is_told():
    text = one_file(codegen.loads(EVERYTHING), "vhdl")
    for words in (
        "-- enable: 0, rw. Turns it on. Not in constants: x-reviewed: true.",
        "-- stop: 7, rw. Not in constants: pulse; idle 1, given to it when a neighbour is written.",
        "Not in constants: volatile; writeback false",
        "Not in constants: unit mV.",
        "Not in constants: it acts on raw.all.",
        "Not in constants: Each write follows writes of 0x45670123 to pass.",
        "-- Memory ring[0..63] (app BAR 0)",
    ):
        assert words in text, words


def test_words_of_vhdl_and_names_without_case():
    body = "registers: {r: {offset: 0}}\n"
    text = one_file(codegen.loads(f"schema: 1\nname: dut\nconstants: {{BEGIN: 5}}\n{body}"), "vhdl")
    assert "constant BEGIN_x : natural := 5;" in text
    clash = f"schema: 1\nname: dut\nconstants: {{MODE_E: 5}}\nenums: {{Mode: {{a: 0}}}}\n{body}"
    with pytest.raises(ValueError, match=r"^dut: enum Mode and Constant MODE_E would both be MODE_E in VHDL; rename"):
        one_file(codegen.loads(clash), "vhdl")


@HARD
@given(DESCRIPTIONS)
def test_texts_stay_comments(text):
    bare = [
        [line.partition("--")[0].split() for line in one_file(device_with(said), "vhdl").splitlines()]
        for said in (text, "x")
    ]
    assert [words for words in bare[0] if words] == [words for words in bare[1] if words]


@needs("ghdl")
def test_ghdl_takes_hostile_texts(tmp_path):
    analysed(one_file(device_with('*/ -- \u00e9\u4e2d\n"; end; `x'), "vhdl"), tmp_path, "93")
