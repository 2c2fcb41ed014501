"""Runs every code block of README.md and of the manual, page by page, each in a folder of its own.

A block after a line "`name`:" is a file; other Python and shell blocks are run; a text block is what the run before it
printed. A block after a comment "<!-- not run: why -->" is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.support import ROOT
from tests.support.cosim import require_tools
from tests.support.processes import LIMIT
from tests.support.warm import run_warm, warm_command

EXAMPLES = ROOT / "docs" / "examples"
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if EXAMPLES not in page.parents),
]
BLOCK = re.compile(r"(?P<before>[^\n]*)\n(?:\n)?```(?P<language>\w+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
KNOWN = {
    "yaml",
    "python",
    "sh",
    "text",
    "json",
    "c",
    "cmake",
    "toml",
    "make",
    "systemverilog",
    "ini",
    "xml",
    "systemrdl",
}


@dataclass
class Block:
    line: int
    before: str
    language: str
    text: str


def blocks_of(page):
    source = page.read_text(encoding="utf-8")
    return [
        Block(source[: found.start("text")].count("\n") + 1, found["before"], found["language"], found["text"])
        for found in BLOCK.finditer(source)
    ]


def needs(page):
    """A page's comment `needs: cosim`: it is skipped, with a reason, where the tools are missing."""
    found = "<!-- needs: cosim -->" in page.read_text(encoding="utf-8")
    if found:
        require_tools()
    return {"HAL_CACHE": str(ROOT / "build" / "cache")} if found else {}


def run(command, folder, *, text=None, environment=None):
    """Runs a program or, with a text, Python."""
    environment = {
        **os.environ,
        **warm_command(os.environ),
        "HAL_CARD_TIME_SCALE": "0.01",
        "HAL_LIBRARY": "emulator",
        "HAL_EMULATOR_DIR": str(folder / "cards"),
        "PYTHONPATH": str(folder),
        "COLUMNS": "100",
        **(environment or {}),
    }
    if text is not None:
        done = run_warm(command, code=text, environment=environment, folder=folder, timeout=LIMIT)
    else:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
        )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def act(block, folder, printed, environment):
    """Does what a block says; returns what was printed last."""
    named = re.fullmatch(r"`([\w./-]+)`:", block.before.strip())
    if "<!-- not run:" in block.before:
        return printed
    if named:
        path = folder / named[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        return printed
    if block.language == "python":
        return run([sys.executable, "-"], folder, text=block.text, environment=environment)
    if block.language == "sh":
        return run(["bash", "-e", "-c", block.text], folder, environment=environment)
    if block.language == "text":
        assert printed is not None, f"line {block.line}: no run before this text"
        assert printed.split() == block.text.split(), f"line {block.line}: it printed\n{printed}"
        return None
    raise AssertionError(f"line {block.line}: a {block.language} block is neither run nor named as a file")


@pytest.mark.timeout(10 * LIMIT)  # pages with dozens of blocks
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_page_works_as_pasted(page, tmp_path):
    printed, environment = None, needs(page)
    for block in blocks_of(page):
        assert block.language in KNOWN, f"line {block.line}: {block.language}"
        printed = act(block, tmp_path, printed, environment)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_is_named_is_there(page):
    for path in re.findall(r"\btests/[\w/]+(?:\.\w+)?", page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), f"{page.name}: {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    source = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", source):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
