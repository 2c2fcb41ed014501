"""Lines of a driver have at most 120 columns, whatever the map says."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import codegen
from tests.support import ROOT
from tests.support.driver_text import classes
from tests.support.processes import LIMIT

if TYPE_CHECKING:
    from pathlib import Path

LONG = st.lists(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=50), max_size=60).map(
    " ".join
)


def columns(line: str) -> int:
    return len(line) + sum(unicodedata.east_asian_width(character) in "WF" for character in line)


@given(LONG, LONG)
@settings(max_examples=40, deadline=None)
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
    assert [line for line in text.splitlines() if columns(line) > 120] == []
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
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
        assert result.returncode == 0, result.stdout + result.stderr
