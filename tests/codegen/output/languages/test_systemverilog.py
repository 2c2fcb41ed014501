"""Packages: the numbers of the map, as a SystemVerilog compiler reads them."""

from __future__ import annotations

import re

import pytest
from pyslang import ast, syntax

import codegen
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file


def package_of(text):
    """The elaborated package: parameters and enum values by name."""
    compilation = ast.Compilation()
    compilation.addSyntaxTree(syntax.SyntaxTree.fromText(text))
    assert [str(item.code) for item in compilation.getAllDiagnostics()] == []
    name = re.search(r"^package (\w+);", text, re.MULTILINE)[1]
    values = {}
    for member in compilation.getPackage(name):
        symbol = member.wrapped if isinstance(member, ast.TransparentMemberSymbol) else member
        if hasattr(symbol, "value"):
            values[symbol.name] = int(symbol.value.value)
    return values


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_packages_are_systemverilog(path):
    device = codegen.load(path)
    values = package_of(one_file(device, "systemverilog"))
    offsets = [value for name, value in values.items() if re.search(r"_OFFSET(_\d+)?$", name)]
    assert len(offsets) >= len(device.root.children)


def test_systemverilog_values():
    values = package_of(one_file(codegen.loads(INTRICATE), "systemverilog"))
    assert values["A_B_C_MASK"] == 1
    assert values["A_B_D_MASK"] == 2
    assert values["KEY_ALL"] == (1 << 64) - 1
    assert values["MODE_ON"] == 5
    assert values["FAR_ID_OFFSET"] == 0x1010
    assert values["OUTER_INNER_LEVEL_OFFSET"] == 0x1024
    assert values["OUTER_INNER_STRIDE"] == 0x20
    assert values["WIDE_RESET"] == 0x1_0000_0002_0000_0003
    assert values["WIDE_VALUE_MASK"] == (1 << 96) - 1


def test_both_languages_have_the_same_names():
    device = codegen.loads(INTRICATE)
    macros = re.findall(r"^#define INTRICATE_(\w+)", one_file(device, "c"), re.MULTILINE)
    parameters = set(package_of(one_file(device, "systemverilog")))
    assert set(macros) - parameters == {"H", "WIDE_RESET_WORDS"}
    assert parameters - set(macros) == {"WIDE_RESET", "WIDE_VALUE_MASK", "MODE_OFF", "MODE_ON"}
