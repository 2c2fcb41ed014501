"""UVM register models: a SystemVerilog compiler takes them beside UVM, and their calls say what the map says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from pyslang import ast, syntax

import codegen
from codegen.schema.policies import NAMES
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.codegen.output.languages.sources.uvm_stub import MACROS, PACKAGE
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with, of_plain

FIELD = re.compile(r"configure\(this, (\d+), (\d+), \"(\w+)\", ([01]), \d+'h([0-9A-F]+), ([01]), ([01]), 0\);")
PLACE = re.compile(
    r"(\w+)\.add_(reg|mem|submap)\((.+?), 64'h([0-9A-F]+)((?: \+ i\d \* 64'h[0-9A-F]+)*)(?:, \"(\w+)\"(, 1)?)?\);"
)
CLASS = re.compile(r"  class (\w+) extends (uvm_\w+);\n(.*?)\n  endclass", re.DOTALL)


def compiled(text):
    """No complaint of a compiler that has UVM's interface beside it."""
    source = MACROS + PACKAGE + text.replace('`include "uvm_macros.svh"', "")
    compilation = ast.Compilation()
    compilation.addSyntaxTree(syntax.SyntaxTree.fromText(source))
    return [str(item.code) for item in compilation.getAllDiagnostics() if item.isError()]


@pytest.mark.parametrize("item", [*VALID, INTRICATE, EVERYTHING], ids=lambda item: getattr(item, "stem", "text"))
def test_a_compiler_takes_them(item):
    device = codegen.loads(item) if isinstance(item, str) else codegen.load(item)
    assert compiled(one_file(device, "uvm")) == []


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_fields_are_configured_as_the_map_says(path):
    device = codegen.load(path)
    classes = {name: body for name, base, body in CLASS.findall(one_file(device, "uvm")) if base == "uvm_reg"}
    found = {
        (int(lsb), int(size), access, volatile == "1", int(reset, 16) if known == "1" else None)
        for body in classes.values()
        for size, lsb, access, volatile, reset, known, _ in FIELD.findall(body)
    }
    registers = {id(place.register): place.register for place in device.walk()}
    wanted = [
        (low, field.width, field.access.upper(), field.volatile, None if field.unknown else reset)
        for register in registers.values()
        for field in register.fields
        if field.alternate is None
        for low, reset in zip(field.element_lows, field.element_resets, strict=True)
    ]
    assert {one for one in wanted if one[2].lower() in NAMES} <= found


def test_places_and_policies():
    text = one_file(codegen.loads(EVERYTHING), "uvm")
    places = {match[2]: match for match in PLACE.findall(text)}
    assert places["ctrl"][:2] == ("default_map", "reg")
    assert (places["lane[i0]"][3], places["lane[i0]"][4]) == ("40", " + i0 * 64'h4")
    assert places["baud"][5:] == ("RW", ", 1")
    assert (places["rx"][5], places["tx"][5]) == ("RO", "WO")
    assert places["bulk.default_map"][0] == "app_bar2"
    assert 'table_ = new("table", 1024, 32, "RO", UVM_NO_COVERAGE);' in text
    assert '$sformatf("lane[%0d]", i0 + 2)' in text
    assert """$sformatf("ch[%s]", string_of('{"left", "right"}, i0))""" in text
    assert 'void\'(uvm_reg_field::define_access("CLEAR_ONE_CLEARS"));' in text
    assert 'nothing.configure(this, 2, 18, "NOACCESS", 0' in text
    assert 'key.configure(this, 8, 8, "WO", 0, 8\'h7, 1, 1, 0);' in text
    assert "irq" not in text
    assert "rand uvm_reg_field pin[4];" in text


def test_what_uvm_has_no_word_for_is_told():
    text = one_file(codegen.loads(EVERYTHING), "uvm")
    for words in (
        "// Not in UVM: card kcu1500",
        "access clear:one_clears: A read clears; a written 1 clears its bit",
        "Not in UVM: field view, bits 2:1: access rw",
        "Not in UVM: unit mV; value = step * 0.5 + 20; range 20 to 85.",
        "It needs +define+UVM_REG_DATA_WIDTH=96, or more.",
        "Each write follows writes of 0x45670123 to pass",
        "it acts on raw.all",
        "Hardware counts it up by 2 and down by 1",
        "a memory of 64 entries, each a Descriptor of 16 B",
        "words that hold nothing read 0xDEADBEEF",
        "An alternate of rx: it is in no map's addresses.",
    ):
        assert words in text, words


def test_words_of_systemverilog_and_uvm():
    text = "schema: 1\nname: dut\nregisters: {build: {offset: 0, fields: {logic: {bits: 0}, write: {bits: 1}}}}\n"
    made = one_file(codegen.loads(text), "uvm")
    assert compiled(made) == []
    assert 'build_ = Build::type_id::create("build");' in made
    assert 'logic_ = uvm_reg_field::type_id::create("logic");' in made


@HARD
@given(DESCRIPTIONS)
def test_texts_stay_comments(text):
    assert bare(text) == of_plain(bare)


def bare(said):
    """The package of a map with a description, without its comments."""
    made = one_file(device_with(said), "uvm")
    assert compiled(made) == []
    lines = [line.partition("//")[0].split() for line in made.splitlines()]
    return [words for words in lines if words]
