"""Headers: the numbers of the map, as C and C++ compilers read them."""

from __future__ import annotations

import subprocess

import pytest

import codegen
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.support.processes import LIMIT

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror", "-fsyntax-only"]


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
        "INTRICATE_A_B_D_MASK": 2,
        "INTRICATE_A_B_D_SHIFT": 1,
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
