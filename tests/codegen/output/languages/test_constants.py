"""Headers and packages: the numbers of the map, as compilers read them."""

from __future__ import annotations

import re
import subprocess

import pytest
from pyslang import ast, syntax

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support import MAPS, ROOT
from tests.support.processes import LIMIT

SHIPPED = sorted((ROOT / "regmaps").glob("*.yaml"))
VALID = [*sorted(MAPS.glob("*.yaml")), *(path for path in SHIPPED if not path.stem.endswith("_types"))]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror", "-fsyntax-only"]
INTRICATE = """\
schema: 1
name: intricate
enums:
  Key: {none: 0, all: 0xFFFF_FFFF_FFFF_FFFF}
  Mode: {off: 0, on: 5}
types:
  inner:
    registers:
      level: {offset: 0x4, count: 3, stride: 8, fields: {value: {bits: 11:4, reset: 3}}}
registers:
  a_b: {offset: 0x0, fields: {c: {bits: 0}}}
  a: {offset: 0x8, fields: {b_c: {bits: 1}}}
  key: {offset: 0x10, width: 64, fields: {all: {bits: 63:0, enum: Key, reset: all}}}
  wide: {offset: 0x40, width: 96, access_width: 32, reset: 0x1_0000_0002_0000_0003}
blocks:
  far: {space: {pf: mgmt, bar: 4}, offset: 0x1000, registers: {id: {offset: 0x10}}}
  outer:
    offset: 0x1000
    count: 2
    stride: 0x100
    blocks:
      inner: {type: inner, offset: 0x20, count: 4, stride: 0x20}
"""


def one_file(device, language):
    (text,) = render(device, LANGUAGES[language]).values()
    return text


def compile_header(folder, text, compiler, standard):
    (folder / "map.h").write_text(text)
    (folder / "main.c").write_text('#include "map.h"\n#include "map.h"\n')
    language = ["-x", "c++"] if compiler == "g++" else []
    command = [compiler, *language, f"-std={standard}", *STRICT, "main.c"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("compiler", "standard"), [("gcc", "c11"), ("g++", "c++17")])
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_headers_compile_without_a_warning(path, compiler, standard, tmp_path):
    compile_header(tmp_path, one_file(codegen.load(path), "c"), compiler, standard)


@pytest.mark.parametrize(("compiler", "standard"), [("gcc", "c11"), ("g++", "c++17")])
def test_an_intricate_header_compiles(compiler, standard, tmp_path):
    compile_header(tmp_path, one_file(codegen.loads(INTRICATE), "c"), compiler, standard)


def c_values(folder, text, expressions):
    """What a compiled program prints for each expression."""
    lines = "".join(f'    printf("%llx\\n", (unsigned long long)({item}));\n' for item in expressions)
    source = f'#include <stdio.h>\n#include "map.h"\nint main(void)\n{{\n{lines}    return 0;\n}}\n'
    (folder / "map.h").write_text(text)
    (folder / "main.c").write_text(source)
    subprocess.run(
        ["gcc", "-std=c11", "-Wall", "-Werror", "main.c", "-o", "main"], cwd=folder, check=True, timeout=LIMIT
    )
    printed = subprocess.run([folder / "main"], capture_output=True, text=True, check=True, timeout=LIMIT).stdout
    return [int(line, 16) for line in printed.split()]


def test_c_values(tmp_path):
    expected = {
        "INTRICATE_PF": 0,
        "INTRICATE_A_B_OFFSET": 0,
        "INTRICATE_A_B_C_MASK": 1,
        "INTRICATE_A_B_C_MASK_2": 2,
        "INTRICATE_A_B_C_SHIFT_2": 1,
        "INTRICATE_KEY_RESET": (1 << 64) - 1,
        "INTRICATE_KEY_ALL": (1 << 64) - 1,
        "INTRICATE_MODE_ON": 5,
        "INTRICATE_FAR_PF": 1,
        "INTRICATE_FAR_BAR": 4,
        "INTRICATE_FAR_ID_OFFSET": 0x1010,
        "INTRICATE_OUTER_COUNT": 2,
        "INTRICATE_OUTER_STRIDE": 0x100,
        "INTRICATE_OUTER_INNER_LEVEL_COUNT": 3,
        "INTRICATE_OUTER_INNER_LEVEL_OFFSET(1, 2, 1 + 1)": 0x1000 + 0x100 + 0x20 + 2 * 0x20 + 4 + 2 * 8,
        "INTRICATE_LEVEL_RESET": 0x30,
        "INTRICATE_LEVEL_VALUE_MASK": 0xFF0,
        "INTRICATE_LEVEL_VALUE_SHIFT": 4,
        "INTRICATE_LEVEL_VALUE_WIDTH": 8,
        "(uint32_t[])INTRICATE_WIDE_RESET_WORDS": None,
    }
    words = [f"((uint32_t[])INTRICATE_WIDE_RESET_WORDS)[{number}]" for number in range(3)]
    names = [name for name, value in expected.items() if value is not None]
    values = c_values(tmp_path, one_file(codegen.loads(INTRICATE), "c"), [*names, *words])
    assert dict(zip(names, values, strict=False)) == {name: expected[name] for name in names}
    assert values[-3:] == [3, 2, 1]


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
    assert values["A_B_C_MASK_2"] == 2
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
