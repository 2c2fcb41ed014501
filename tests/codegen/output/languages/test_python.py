"""The generated driver as text: exact, stable, and deaf to what descriptions try."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from tests.support import MAPS, ROOT
from tests.support.processes import LIMIT

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    MAPS / "blinker.yaml",
    MAPS / "wide.yaml",
    ROOT / "regmaps" / "aws_clk_gen.yaml",
    ROOT / "regmaps" / "cl_mem_perf.yaml",
    ROOT / "regmaps" / "cl_sde.yaml",
]


def rendered(body: str) -> str:
    return codegen.render_python(codegen.loads(f"schema: 1\nname: dut\n{body}"))


def classes(text: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}


@pytest.mark.parametrize("name", ["blinker", "wide"])
def test_driver_is_exactly_this(name: str) -> None:
    expected = (MAPS / "expected" / f"{name}.py").read_text()
    assert codegen.render_python(codegen.load(MAPS / f"{name}.yaml")) == expected


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_driver_is_the_same_in_every_process(path: Path) -> None:
    program = "import sys, codegen; sys.stdout.write(codegen.render_python(codegen.load(sys.argv[1])))"
    for seed in ("0", "1"):
        result = subprocess.run(
            [sys.executable, "-c", program, str(path)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=LIMIT,
        )
        assert result.stdout == codegen.render_python(codegen.load(path))


def test_generated_code_is_clean(tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    files = codegen.generate(CASES, tmp_path)
    command = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    result = subprocess.run(
        [*command, "--ignore", "INP001", *files], capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_generated_code_type_checks(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    files = codegen.generate(CASES, tmp_path)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    result = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_only_hal_is_imported() -> None:
    for path in CASES:
        tree = ast.parse(codegen.render_python(codegen.load(path)))
        imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert [ast.unparse(node) for node in imports] == ["from __future__ import annotations", "import hal"]


HOSTILE = st.text(
    st.sampled_from("\"'\\\n\t{}%#$ aN.") | st.characters(exclude_categories=("Cs", "Cc")), max_size=40
).filter(
    lambda text: not any(c in text for c in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    safe = [c if c.isprintable() else "\\U" + format(ord(c), "08x") for c in escaped]
    return f'"{"".join(safe)}"'


@given(HOSTILE, HOSTILE)
@settings(max_examples=200, deadline=None)
def test_descriptions_can_not_break_out(first: str, second: str) -> None:
    text = rendered(
        f"description: {quoted(first)}\n"
        f"enums: {{Mode: {{low: {{value: 0, description: {quoted(second)}}}}}}}\n"
        f"registers:\n  r: {{offset: 0, description: {quoted(second)},"
        f" fields: {{f: {{bits: 0, description: {quoted(first)}}}}}}}\n"
        f"memories:\n  m: {{offset: 0x100, size: 4, description: {quoted(first)}}}\n"
        f"blocks:\n  b: {{offset: 0x200, description: {quoted(second)}, registers: {{s: {{offset: 0}}}}}}\n"
    )
    found = classes(text)
    assert list(found) == ["Mode", "R", "S", "B", "Dut"]
    assert {name: [type(node) for node in definition.body] for name, definition in found.items()} == {
        "Mode": [ast.Expr, ast.Assign] + [ast.Expr] * bool(second.strip()),
        "R": [ast.Expr, ast.Assign, ast.Assign],
        "S": [ast.Expr, ast.Assign, ast.Assign],
        "B": [ast.Expr, ast.Assign, ast.Assign],
        "Dut": [ast.Expr, ast.Assign, ast.Assign, ast.Assign, ast.Assign],
    }
    keywords = {
        keyword.arg: ast.literal_eval(keyword.value)
        for keyword in ast.walk(found["R"].body[2])
        if isinstance(keyword, ast.keyword)
    }
    assert keywords.get("doc", "") == first.strip()
    words = (ast.get_docstring(found["R"]) or "").split()
    assert words[: len(second.split())][:-1] == second.split()[:-1]


def test_hostile_file_names_can_not_break_out(tmp_path: Path) -> None:
    path = tmp_path / 'a"""\\\nimport os\n"""\'\'\'.yaml'
    path.write_text("schema: 1\nname: dut\nregisters: {r: {offset: 0}}\n")
    tree = ast.parse(codegen.render_python(codegen.load(path)))
    assert [type(node) for node in tree.body] == [
        ast.Expr, ast.ImportFrom, ast.Import, ast.Assign, ast.ClassDef, ast.ClassDef,
    ]  # fmt: skip


def test_descriptions_become_sentences_and_paragraphs() -> None:
    text = rendered("registers:\n  r:\n    offset: 0\n    description: |\n      One\n      line\n\n      Another!\n")
    assert ast.get_docstring(classes(text)["R"]) == (
        "One line.\n\nAnother!\n\n32 bits, rw, reset 0x00000000. At r (app BAR 0, 0x0)."
    )


def test_equal_registers_of_one_name_share_a_class() -> None:
    text = rendered(
        "blocks:\n  a: {offset: 0, registers: {r: {offset: 0}}}\n"
        "  b: {offset: 8, registers: {r: {offset: 0, description: Mine.}}}\n"
    )
    assert list(classes(text)) == ["R", "A", "B", "Dut"]
    assert 'r = hal.register(R, 0x0, doc="Mine.")' in text


def test_different_registers_of_one_name_get_that_of_their_block() -> None:
    text = rendered(
        "registers:\n  r: {offset: 0x100, reset: 3}\n"
        "blocks:\n  a: {offset: 0, registers: {r: {offset: 0, reset: 1}}}\n"
        "  b: {offset: 8, registers: {r: {offset: 0, reset: 2}}}\n"
    )
    assert sorted(classes(text)) == ["A", "AR", "B", "BR", "Dut", "DutR"]


@pytest.mark.parametrize("name", ["exception", "mode", "dut", "hal_x"])
def test_class_names_avoid_builtins_enums_and_the_device(name: str) -> None:
    text = rendered(f"enums: {{Mode: {{low: 0}}}}\nregisters: {{{name}: {{offset: 0}}}}\n")
    expected = "HalX" if name == "hal_x" else f"Dut{name.capitalize()}"
    assert list(classes(text)) == ["Mode", expected, "Dut"]


def test_names_that_differ_in_underscores_only() -> None:
    text = rendered("registers: {a_1: {offset: 0}, a1: {offset: 4, reset: 1}, a__1: {offset: 8, reset: 2}}\n")
    assert list(classes(text)) == ["DutA1", "DutA12", "DutA13", "Dut"]


def test_a_block_may_look_like_a_register() -> None:
    text = rendered("types: {ch: {registers: {ch: {offset: 0}}}}\nblocks: {ch: {type: ch, offset: 0}}\n")
    assert list(classes(text)) == ["ChCh", "Ch", "Dut"]


def test_one_type_with_two_windows_is_two_classes() -> None:
    text = rendered(
        "types: {t: {registers: {r: {offset: 0}}}}\n"
        "blocks: {a: {type: t, offset: 0}, b: {type: t, offset: 0x100, size: 0x20, unmapped: 1}}\n"
    )
    assert [ast.unparse(node).split("\n")[0] for node in classes(text).values()][1:3] == [
        "class DutT(hal.Block, size=4):",
        "class DutT2(hal.Block, size=32, unmapped=1):",
    ]


def test_places_are_counted_through_shared_types() -> None:
    text = rendered(
        "types:\n  one: {registers: {r: {offset: 0, count: 3}}}\n"
        "  two: {blocks: {a: {type: one, offset: 0, count: 5, stride: 0x10}, b: {type: one, offset: 0x80}}}\n"
        "blocks: {x: {type: two, offset: 0x1000}, y: {type: two, offset: 0x2000, count: 2, stride: 0x1000}}\n"
    )
    assert "At x.a[0].r[0] (app BAR 0, 0x1000) and 53 more places." in text
