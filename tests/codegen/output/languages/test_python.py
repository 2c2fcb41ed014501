"""The generated driver as text: exact, stable, and deaf to what descriptions try."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import codegen
import hal
from hal.registers.rows import walk
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
        "R": [ast.Expr, ast.Assign],
        "S": [ast.Expr, ast.Assign],
        "B": [ast.Expr, ast.Assign],
        "Dut": [ast.Expr, ast.Assign, ast.Assign, ast.Assign],
    }
    keywords = {
        keyword.arg: ast.literal_eval(keyword.value)
        for keyword in ast.walk(found["R"].body[1])
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


def test_words_that_a_block_and_its_register_share_are_said_once() -> None:
    text = rendered(
        "blocks:\n"
        "  data_mover: {offset: 0, registers: {data_mover_status: {offset: 0, reset: 1}, status: {offset: 4, reset: 2}}}\n"
        "  x: {offset: 8, registers: {data_mover_status: {offset: 0, reset: 3}, status: {offset: 4, reset: 4}}}\n"
    )
    # The short form of one is the name that the other wants.
    assert sorted(classes(text)) == [
        "DataMover",
        "DataMoverStatus",
        "DataMoverStatus2",
        "Dut",
        "X",
        "XDataMoverStatus",
        "XStatus",
    ]


def test_enums_say_who_uses_them() -> None:
    text = rendered(
        "enums: {Mode: {low: 0}, Spare: {low: 0}, Level: {low: 0}}\n"
        "registers:\n  a: {offset: 0, fields: {f: {bits: 0, enum: Mode}, g: {bits: 1, enum: Mode}}}\n"
        "  b: {offset: 4, fields: {f: {bits: 0, enum: Mode}, h: {bits: 1, enum: Level}}}\n"
    )
    docs = {name: ast.get_docstring(node) for name, node in classes(text).items()}
    assert (docs["Mode"], docs["Level"], docs["Spare"]) == (
        "Values of A.f and 2 more fields.",
        "Values of B.h.",
        "Values of no field.",
    )


def table_of(text: str) -> list[str]:
    doc = ast.get_docstring(classes(text)["Dut"])
    assert doc is not None
    return doc.splitlines()


def test_the_device_has_an_address_table() -> None:
    text = rendered(
        "space: {pf: app, bar: 4}\n"
        "registers: {ctrl: {offset: 0x10, description: 'Main\n\n\n  control.', fields: {f: {bits: 0, access: w1c}}}}\n"
        "memories: {ram: {offset: 0x1000, size: 4KiB, access: ro, description: Samples.}}\n"
        "blocks:\n  ch: {offset: 0x100, count: 4, stride: 0x10, description: A channel.,\n"
        "       registers: {level: {offset: 0x4, count: 2}}}\n"
        "  far: {offset: 0x20, space: {pf: mgmt, bar: 4}, registers: {id: {offset: 0, access: ro}}}\n"
    )
    assert table_of(text) == [
        "Registers in app BAR 4 and mgmt BAR 4.",
        "",
        "app BAR 4:",
        "",
        "    Offset  Name                  Access  Description",
        "    0x10    ctrl                  w1c     Main.",
        "    0x100   ch[0..3]                      A channel.",
        "    0x104   ch[0..3].level[0..1]  rw",
        "    0x1000  ram                   ro      Samples.",
        "",
        "mgmt BAR 4:",
        "",
        "    Offset  Name    Access  Description",
        "    0x20    far",
        "    0x20    far.id  ro",
    ]


def test_the_table_of_a_large_map_is_short() -> None:
    many = ", ".join(f"r{number}: {{offset: {number * 4}}}" for number in range(101))
    inside = table_of(rendered(f"blocks: {{b: {{offset: 0, registers: {{{many}}}}}}}\n"))
    assert inside[2:] == ["app BAR 0:", "", "    Offset  Name  Access  Description", "    0x0     b"]
    own = table_of(rendered(f"registers: {{{many}}}\n"))
    assert (own[-3], own[-1]) == ("    0x18C   r99   rw", "And 1 more.")


LONG = st.lists(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=70), max_size=60).map(
    " ".join
)


def columns(line: str) -> int:
    return len(line) + sum(unicodedata.east_asian_width(character) in "WF" for character in line)


@given(LONG, LONG)
@settings(max_examples=60, deadline=None)
def test_lines_have_at_most_120_columns_and_say_the_same(first: str, second: str) -> None:
    texts = json.dumps(first[:4096], ensure_ascii=False), json.dumps(second[:4096], ensure_ascii=False)
    body = (
        f"description: {texts[0]}\n"
        f"afi: {{ids: [{', '.join(f'agfi-{number:017x}' for number in range(9))}]}}\n"
        f"enums: {{Mode: {{low: {{value: 0, description: {texts[1]}}}}}}}\n"
        f"registers:\n  r: {{offset: 0, width: 4096, access_width: 32, reset: {(1 << 4000) + 5},"
        f" description: {texts[1]}, fields: {{{'f' * 64}: {{bits: 4050:0, enum: Mode, description: {texts[0]}}}}}}}\n"
        f"  {'s' * 64}: {{offset: 0x400, description: {texts[0]}}}\n"
        f"memories: {{m: {{offset: 0x1000, size: 4, description: {texts[1]}}}}}\n"
    )
    try:
        device = codegen.loads(f"schema: 1\nname: dut\n{body}")
    except codegen.MapError:
        assume(False)
    text = codegen.render_python(device)
    assert [line for line in text.splitlines() if columns(line) > 120 and len(line.split()) > 1] == []
    found = classes(text)
    (described,) = [k for k in found["R"].keywords if k.arg == "reset"]
    assert eval(ast.unparse(described.value)) == (1 << 4000) + 5
    docs = [
        k.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        for k in node.keywords
        if k.arg == "doc"
    ]
    assert [ast.literal_eval(node) for node in docs] == [
        said.strip() for said in (first[:4096], second[:4096]) if said.strip()
    ]
    words = (ast.get_docstring(found["R"]) or "").split()
    assert words[: len(second[:4096].split())][:-1] == second[:4096].split()[:-1]


def test_long_texts_are_clean_too(tmp_path: Path) -> None:
    long = "A word after another makes a summary that no line of a module holds, " * 3
    path = tmp_path / "long.yaml"
    path.write_text(
        f"schema: 1\nname: long\ndescription: {long}\n"
        f"registers:\n  r: {{offset: 0, width: 2048, access_width: 32, description: '{long}',\n"
        f"      fields: {{a: {{bits: 0, access: wc, description: '{long * 5}'}}, b: {{bits: 1}}}}}}\n"
    )
    (file,) = codegen.generate([path], tmp_path)
    assert "# ruff: noqa: D205\n" in file.read_text()
    for check in (["check", "--ignore", "INP001"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, "--config", str(ROOT / "pyproject.toml"), "--no-cache", file]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_generated_code_is_formatted(tmp_path: Path) -> None:
    files = codegen.generate(CASES, tmp_path)
    command = [sys.executable, "-m", "ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), *files]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", [*CASES, MAPS / "widget.yaml"], ids=lambda path: path.stem)
def test_the_runtime_finds_the_plans_that_the_generator_made(path: Path) -> None:
    fields = {
        f"{place.path}.{field.name}": field for place in codegen.load(path).walk() for field in place.register.fields
    }
    rows = {field.path: field for row in walk(hal.load_map(path)) for field in row.fields}
    assert rows.keys() == fields.keys()
    for name, row in rows.items():
        plan = fields[name].plan
        assert (row.plan, row.refused) == (plan if plan in ("write", "modify") else "", fields[name].refusal)


def test_drivers_of_earlier_versions_say_plans_and_slots() -> None:
    class Ctrl(hal.Register, width=32, reset=0x0, keep=0x1):
        """Register ctrl."""

        __slots__ = ()

        enable = hal.rw(0, 0, plan="modify")
        go = hal.rw(1, 1, plan="write")

    assert [field.plan for field in Ctrl._shape.fields.values()] == ["write", "modify"]


def test_what_declares_fields_takes_no_other_attributes(blinker: Any) -> None:
    assert not hasattr(blinker.ctrl, "__dict__")
    assert not hasattr(blinker, "__dict__")
    with pytest.raises(AttributeError):
        blinker.ctrl.enabel = 1
