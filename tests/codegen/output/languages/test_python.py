"""The generated driver as text: exact, stable, and deaf to what descriptions try."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import codegen
import hal
from hal.design.rows import walk
from tests.support import MAPS, ROOT
from tests.support.driver_text import classes, rendered
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


@pytest.mark.parametrize("name", ["blinker", "wide"])
def test_driver_is_exactly_this(name: str) -> None:
    expected = (MAPS / "expected" / f"{name}.py").read_text()
    assert codegen.render_python(codegen.load(MAPS / f"{name}.yaml")) == expected


@pytest.mark.parametrize("seed", ["0", "1"])
def test_drivers_are_the_same_in_every_process(seed: str) -> None:
    program = "import sys, codegen; print([codegen.render_python(codegen.load(path)) for path in sys.argv[1:]])"
    result = subprocess.run(
        [sys.executable, "-c", program, *map(str, CASES)],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    assert ast.literal_eval(result.stdout) == [codegen.render_python(codegen.load(path)) for path in CASES]


WITH_MODEL = {"python.model": "yes"}


def test_generated_code_is_clean(tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    files = codegen.generate(CASES, tmp_path / "plain")
    files += codegen.generate(CASES, tmp_path / "with", options=WITH_MODEL)
    command = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    result = subprocess.run(
        [*command, "--ignore", "INP001", *files], capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert result.returncode == 0, result.stdout + result.stderr


# A program; its last line is wrong, and has to be: what may be ignored must be an error.
USE = """
import hal
from blinker import Blinker, BlinkerHardware, Mode

with Blinker.open(0) as dev:
    dev.ctrl.enable = hal.TOGGLE
    dev.ctrl.modify(enable=hal.TOGGLE, done=1)
    dev.cycles.value = hal.TOGGLE  # type: ignore[assignment]


class Plays(BlinkerHardware):
    @hal.on_write("ctrl")
    def written(self, value: int) -> None:
        self.cycles.value = self.ctrl.read() + self.table[3]
        self.ch[2].level.value = 1
        self.ctrl.mode = Mode.FAST
        self.table[0:2] = [1, 2]
        self.ctrl.mode = "off"  # type: ignore[assignment]
        self.ctrl.enabel = 1  # type: ignore[attr-defined]
        self.ch[2].level.value = self.ctrl  # type: ignore[assignment]
        self.cycels.value = 1  # type: ignore[attr-defined]


class Untyped(hal.Model, driver=Blinker):
    def on_load(self) -> None:
        self.ctrl.enable = 1
"""


def test_generated_code_type_checks(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    files = [*codegen.generate(CASES, tmp_path, options=WITH_MODEL), tmp_path / "use.py"]
    files[-1].write_text(USE)
    command = [sys.executable, "-m", "mypy", "--strict"]
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
@example("", "0\n\n0")
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
    words, said = (ast.get_docstring(found["R"]) or "").split(), second.split()
    assert len(words) >= len(said)
    changed = [(word, was) for word, was in zip(words, said[:-1], strict=False) if word != was]
    assert [word for word, _ in changed] == [f"{was}." for _, was in changed[:1]]  # a summary that ended without a stop


def test_hostile_file_names_can_not_break_out(tmp_path: Path) -> None:
    path = tmp_path / 'a"""\\\nimport os\n"""\'\'\'.yaml'
    path.write_text("schema: 1\nname: dut\nregisters: {r: {offset: 0}}\n")
    tree = ast.parse(codegen.render_python(codegen.load(path)))
    assert [type(node) for node in tree.body] == [
        ast.Expr, ast.ImportFrom, ast.Import, ast.Assign, ast.ClassDef, ast.ClassDef,
    ]  # fmt: skip


def test_generated_code_is_formatted(tmp_path: Path) -> None:
    files = codegen.generate(CASES, tmp_path / "plain")
    files += codegen.generate(CASES, tmp_path / "with", options=WITH_MODEL)
    command = [sys.executable, "-m", "ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), *files]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
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


def test_editors_without_a_type_checker_complete_it(tmp_path):
    """Jedi, which IPython and many editors use, goes by the declarations."""
    jedi = pytest.importorskip("jedi")
    codegen.generate([MAPS / "blinker.yaml"], tmp_path, options=WITH_MODEL)
    project = jedi.Project(tmp_path, added_sys_path=[str(ROOT)])
    head = (
        "from blinker import Blinker, BlinkerHardware\ndev = Blinker.open(0)\n"
        "with Blinker.open(0) as held:\n    pass\n"
        "class Plays(BlinkerHardware):\n    def on_load(self):\n        self.driver\n"
        "model = Plays()\n"
    )
    typed = [
        *("dev.", "held.ct", "dev.ch[0].", "dev.ch[0].level.", "dev.ctrl."),
        *("model.", "model.ch[0].", "model.ch[0].level.", "model.ctrl."),
    ]
    script = jedi.Script(head + "\n".join(typed), path=tmp_path / "program.py", project=project)
    offered = {
        text: {item.name for item in script.complete(line, len(text))}
        for line, text in enumerate(typed, start=head.count("\n") + 1)
    }
    assert {"ctrl", "ch", "table", "snapshot"} <= offered["dev."]
    assert offered["held.ct"] == {"ctrl"}
    assert {"level", "walk"} <= offered["dev.ch[0]."]
    assert {"value", "read"} <= offered["dev.ch[0].level."]
    assert {"enable", "mode", "modify", "wait_for"} <= offered["dev.ctrl."]
    assert {"ctrl", "ch", "table", "get", "drive"} <= offered["model."]
    assert "level" in offered["model.ch[0]."]
    assert {"value", "write"} <= offered["model.ch[0].level."]
    assert {"enable", "mode", "modify"} <= offered["model.ctrl."]
