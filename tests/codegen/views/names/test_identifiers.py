"""Words of other languages as names of a map, and two things of one name."""

from __future__ import annotations

import pytest

from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.names.reserved_words import RESERVED


@pytest.mark.parametrize(
    ("language", "word", "written"),
    [
        ("c", "int", "int_"),
        ("linux", "default", "default_"),
        ("rust", "type", "type_"),
        ("systemrdl", "signal", "\\signal"),
        ("systemverilog", "logic", "logic_"),
        ("uvm", "build", "build_"),
        ("uvm", "logic", "logic_"),
        ("vhdl", "Signal", "Signal_x"),
    ],
)
def test_words_of_a_language_are_escaped(language, word, written):
    dialect = DIALECTS[language]
    assert dialect.identifier(word) == written
    assert dialect.identifier(f"{word}1") == f"{word}1"
    assert Scope(dialect, "dut").take("a", word) == written


def test_two_things_of_one_name_are_refused():
    scope = Scope(DIALECTS["c"], "dut", "DUT_")
    assert scope.take("register a", "A") == "A"
    assert scope.take("register b", "a") == "a"
    with pytest.raises(ValueError, match=r"^dut: register a and field b would both be DUT_A in C; rename one of them$"):
        scope.take("field b", "A")
    without_case = Scope(DIALECTS["vhdl"], "dut")
    without_case.take("register a", "A")
    with pytest.raises(ValueError, match=r"^dut: register a and field b would both be a in VHDL"):
        without_case.take("field b", "a")
    escaped = Scope(DIALECTS["rust"], "dut")
    escaped.take("field type", "type")
    with pytest.raises(ValueError, match=r"field type and field type_ would both be type_ in Rust"):
        escaped.take("field type_", "type_")


def test_the_tables_hold_words_alone():
    for words in RESERVED.values():
        assert all(word.isidentifier() for word in words)
    assert all(word == word.lower() for word in RESERVED["vhdl"])
