"""What must hold of the files that an accepted map becomes, by language. `AssertionError` says what does not."""

from __future__ import annotations

import ast
import atexit
import csv
import html.parser
import json
import re
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tests.codegen.output.languages.sources.kernel import write_headers
from tests.fuzz.hostile import SENTINEL

if TYPE_CHECKING:
    from collections.abc import Callable

_PYTHON_NODES = (
    ast.Module, ast.Expr, ast.Constant, ast.Import, ast.ImportFrom, ast.alias, ast.Assign, ast.Name, ast.Store, ast.Load,
    ast.List, ast.Tuple, ast.ClassDef, ast.keyword, ast.Attribute, ast.Call, ast.UnaryOp, ast.USub,
)  # fmt: skip
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
GCC = shutil.which("gcc")


def check_python(text: str) -> None:
    """Declarations only: classes of hal's, calls of hal's, constants, and nothing that a text of the map chose."""
    compile(text, "<driver>", "exec", dont_inherit=True)
    tree = ast.parse(text)
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef)} | {"hal", "bool"}
    for node in ast.walk(tree):
        assert isinstance(node, _PYTHON_NODES), ast.dump(node)
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Attribute), ast.dump(node)
        if isinstance(node, ast.Attribute):
            assert isinstance(node.value, ast.Name), ast.dump(node)
            assert node.value.id == "hal", ast.dump(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            assert node.id in own, node.id
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert [alias.name for alias in node.names] in (["hal"], ["annotations"])


_STUB_NODES = (
    *_PYTHON_NODES, ast.FunctionDef, ast.AsyncFunctionDef, ast.arguments, ast.arg, ast.AnnAssign, ast.Subscript, ast.BinOp,
    ast.BitOr,
)  # fmt: skip
_STUB_NAMES = {"hal", "builtins", "bool", "int", "float", "property", "Any", "Iterable"}


def check_stub(text: str) -> None:
    """Types and declarations only: names of hal's, of the types that fields have, and of its own classes and fields."""
    compile(text, "<stub>", "exec", dont_inherit=True)
    tree = ast.parse(text)
    own = {node.name for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    for node in ast.walk(tree):
        assert isinstance(node, _STUB_NODES), ast.dump(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            assert node.id in own | _STUB_NAMES, node.id
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert [alias.name for alias in node.names] in (["hal"], ["builtins"], ["Any"], ["Iterable"])
        if isinstance(node, ast.FunctionDef):
            assert all(isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) for part in node.body)


def _without_comments(text: str) -> str:
    """The code that a C compiler sees: lines spliced, then comments and strings blanked."""
    return _COMMENT.sub(lambda found: '""' if found[0].startswith('"') else " ", re.sub(r"\\[ \t]*\n", "", text))


@cache
def _kernel_headers() -> str:
    """The option that makes gcc find as much of the kernel's headers as a header for regmap takes."""
    folder = tempfile.TemporaryDirectory(prefix="hal-fuzz-")
    atexit.register(folder.cleanup)
    return str(write_headers(Path(folder.name)))


def check_c(text: str) -> None:
    assert SENTINEL not in _without_comments(text)
    assert "??/" not in text
    if GCC is not None:
        kernel = ["-std=gnu11", _kernel_headers()] if "<linux/regmap.h>" in text else ["-std=c11"]
        command = [GCC, *kernel, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-trigraphs", "-x", "c", "-"]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")


def check_systemverilog(text: str) -> None:
    # What a model of UVM takes from its macros.
    text = re.sub(r"^(`include \"uvm_macros.svh\"|    `uvm_object_utils\(\w+\))$", "", text, flags=re.MULTILINE)
    code = _without_comments(text)
    assert SENTINEL not in code
    assert "`" not in code.replace("`ifndef", "").replace("`define", "").replace("`endif", "")
    try:
        from pyslang.syntax import SyntaxTree
    except ImportError:
        return
    errors = [str(item.code) for item in SyntaxTree.fromText(text).diagnostics if item.isError()]
    assert errors == []


class _Page(html.parser.HTMLParser):
    """Where the sentinel may not be: scripts, styles, tag and attribute names, links, and events."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert SENTINEL not in tag
        self.open.append(tag)
        self.is_data = ("type", "application/json") in attrs
        self.scripts += tag == "script" and not self.is_data
        for name, value in attrs:
            assert SENTINEL not in name, (tag, attrs)
            assert not name.startswith("on"), (tag, attrs)
            assert (
                name not in {"href", "src", "action", "xlink:href"}
                or (value or "").startswith("#")
                or SENTINEL not in (value or "")
            )
            assert name not in {"src", "srcset", "style"} or SENTINEL not in (value or "")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script" and self.is_data:
            assert "<" not in data
            json.loads(data)
        elif self.open and self.open[-1] in {"script", "style"}:
            assert SENTINEL not in data

    def handle_comment(self, data: str) -> None:
        assert SENTINEL not in data

    def handle_decl(self, decl: str) -> None:
        assert SENTINEL not in decl


def check_html(text: str) -> None:
    page = _Page()
    page.feed(text)
    page.close()
    assert page.scripts <= 1


def check_markdown(text: str) -> None:
    """Shown by a renderer that lets HTML through, no text of the map is HTML, a link but to the web, or code without end."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    flat = [inner for token in tokens for inner in (token, *(token.children or []))]
    for token in flat:
        if token.type in {"html_block", "html_inline", "code_block"}:
            assert SENTINEL not in token.content, (token.type, token.content)
        assert not any(SENTINEL in str(value) for value in token.attrs.values()), token.attrs
    headings = [inner.content for token, inner in pairwise(tokens) if token.type == "heading_open"]
    assert headings[1:2] == ["Addresses"]
    assert "Registers" in headings
    assert not any(SENTINEL in heading for heading in headings)


def check_json(text: str) -> None:
    assert isinstance(json.loads(text), dict)


def check_svg(text: str) -> None:
    check_html(text)
    assert "<script" not in text


_RDL_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*', re.DOTALL)


def check_rdl(text: str) -> None:
    """Nothing for a preprocessor, and what a map says stands in strings and comments alone; the compiler takes it."""
    from systemrdl import RDLCompileError, RDLCompiler
    from systemrdl.messages import MessagePrinter, Severity

    assert "<%" not in text
    assert "`include" not in text
    code = _RDL_TOKEN.sub('""', text)
    assert SENTINEL not in code
    assert "`" not in code
    said: list[str] = []

    class Printer(MessagePrinter):
        def print_message(self, severity: Severity, text: str, src_ref: object) -> None:
            said.append(text)

    with tempfile.NamedTemporaryFile("w", suffix=".rdl", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        compiler = RDLCompiler(message_printer=Printer())
        try:
            compiler.compile_file(file.name)
            compiler.elaborate()
        except RDLCompileError:
            raise AssertionError(said) from None


def check_xml(text: str) -> None:
    """Well-formed, without a document type, and what a map says stands in texts and comments alone."""
    from xml.etree import ElementTree as ET

    assert "<!DOCTYPE" not in text
    assert "<!ENTITY" not in text
    for element in ET.fromstring(text).iter():
        assert SENTINEL not in element.tag
        assert not any(SENTINEL in part for pair in element.attrib.items() for part in pair)


def check_csv(text: str) -> None:
    """A table: rows of one length, no line in a cell, no formula for a spreadsheet."""
    rows = list(csv.reader(text.splitlines(), strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


GHDL = shutil.which("ghdl")


def check_vhdl(text: str) -> None:
    text.encode("ascii")
    code = "\n".join(line.partition("--")[0] for line in text.splitlines())
    assert SENTINEL not in code
    if GHDL is not None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "dut.vhd").write_text(text, encoding="ascii")
            command = [GHDL, "-a", "--std=93", f"--workdir={folder}", f"{folder}/dut.vhd"]
            done = subprocess.run(command, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode(errors="replace")


def check_rust(text: str) -> None:
    """What a map says stands in comments alone, and opens no code in them that a test of documents would run."""
    lines = text.splitlines()
    assert SENTINEL not in "".join(line.partition("//")[0] for line in lines)
    assert not any(line.strip().removeprefix("///").strip().startswith(("```", "~~~")) for line in lines)


CHECKS: dict[str, Callable[[str], None]] = {
    ".py": check_python,
    ".pyi": check_stub,
    ".h": check_c,
    ".sv": check_systemverilog,
    ".html": check_html,
    ".md": check_markdown,
    ".json": check_json,
    ".svg": check_svg,
    ".rdl": check_rdl,
    ".csv": check_csv,
    ".rs": check_rust,
    ".vhd": check_vhdl,
    ".svd": check_xml,
    ".xml": check_xml,
}


def check_file(name: str, text: str) -> None:
    """A new language is an error here until it has a check."""
    assert not name.startswith("/")
    assert ".." not in name.split("/")
    text.encode()
    CHECKS[name[name.rindex(".") :]](text)
