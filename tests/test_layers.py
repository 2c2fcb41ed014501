"""Which layer may import what, read from the sources."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from tests.support import ROOT

STANDARD = set(sys.stdlib_module_names) | {"__future__"}
COMMAND_LINE = {"click", "rich", "codegen", "yaml", "pydantic", "jinja2", "IPython", "traitlets", "pytest"}
# Files of hal that are for the command line or for maps, and never imported by a driver.
BEYOND_DRIVERS = ("maps", "pytest_plugin", "slots/progress", "emulator/catalogue_file")


def imports_of(path):
    """Top-level names of all imports of a file, with those that only type checkers see left out."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for part in branch.body
        for node in ast.walk(part)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
    return found


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", sources("hal"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_runtime_needs_cffi_alone(path):
    others = {name.split(".")[0] for name in imports_of(path)} - STANDARD - {"hal"}
    place = path.relative_to(ROOT / "hal")
    if place.parts[0] == "cli" or str(place.with_suffix("")) in BEYOND_DRIVERS:
        assert others <= COMMAND_LINE
    else:
        assert others == set()


@pytest.mark.parametrize("path", sources("hal"), ids=lambda path: str(path.relative_to(ROOT)))
def test_one_module_touches_the_extension(path):
    if path != ROOT / "hal" / "_binding" / "extension.py":
        assert not any(name.startswith("hal._native") for name in imports_of(path))
    if path.parent != ROOT / "hal" / "_binding":
        assert "hal._binding.extension" not in imports_of(path)


@pytest.mark.parametrize("path", sources("codegen"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_generator_never_imports_the_runtime(path):
    assert {name.split(".")[0] for name in imports_of(path)} - STANDARD <= {
        "codegen",
        "pydantic",
        "pydantic_core",
        "yaml",
        "jinja2",
        "ruamel",
        "setuptools",
        "tomllib",
        "typing_extensions",
    }


# -- C: floors by includes, and by the functions and data of other files that are used -----------------------------------

# Folder of bindings/ and what it may use, from the ground; what a folder names here is enough, nothing is inherited.
C_FLOORS = {
    "include": (),
    ".": ("include",),
    "core/library": ("include",),
    "core/access": ("include", "core/library"),
    "core/tape": ("include", "core/library"),
    "accel": ("include",),
    "card/clock": ("include",),
    "card/state": ("include", "card/clock"),
    "card/design": ("include", "card/clock", "card/state"),
    "card/behaviour": ("include", "card/clock", "card/state", "card/design"),
    "card/sdk": ("include", "card/clock", "card/state", "card/design", "card/behaviour"),
}
C_LIBRARIES = ("include", "core", "accel", "card")
BINDINGS = ROOT / "bindings"
NOT_CODE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
FUNCTION = re.compile(r"^(static )?[A-Za-z_][\w *()]*?\b(\w+)\([^;{}]*\) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
DATA = re.compile(
    r"^(?!static |extern |typedef |return )[A-Za-z_][\w *]*?[ *](\w+)(?:\[[^\]]*\])*(?: = .*|;)$", re.MULTILINE
)
MACRO = re.compile(r"^#define (\w+)(?:\([^)]*\))?((?:.*\\\n)*.*)$", re.MULTILINE)
NAME = re.compile(r"(?<![\w.])(?<!->)[A-Za-z_]\w*")


class Source:
    """What a C file defines and uses; of a header's inline functions and macros, what one uses by them."""

    def __init__(self, path):
        self.path, text = path, path.read_text(encoding="utf-8")
        self.folder = str(path.parent.relative_to(BINDINGS))
        self.library = self.folder.split("/")[0]
        self.lines = text.count("\n")
        self.includes = re.findall(r'^#include "(.+)"$', text, re.MULTILINE)
        code = NOT_CODE.sub(lambda found: " " * (found[0][0] == "/") + '""' * (found[0][0] == '"'), text)
        functions = list(FUNCTION.finditer(code))
        bodies = [found.group(2, 3) for found in functions] + MACRO.findall(code)
        self.inline = {name: set(NAME.findall(body)) for name, body in bodies if path.suffix == ".h"}
        own = {found[2] for found in functions if found[1]}
        self.exported = {found[2] for found in functions if not found[1]} | set(DATA.findall(code))
        self.used = set(NAME.findall(code)) - own - self.exported

    def __repr__(self):
        return str(self.path.relative_to(BINDINGS))


def c_sources():
    return [Source(path) for path in sorted(BINDINGS.rglob("*.[ch]"))]


def edges_of(found):
    """For each file the files that it includes or uses something of."""
    by_place = {repr(source): source for source in found}
    edges = {source: set() for source in found}
    for source in found:
        for name in source.includes:
            places = [f"{folder}{name}" for folder in ("include/", f"{source.library}/", f"{source.folder}/", "")]
            edges[source].add(next(by_place[place] for place in places if place in by_place))
    for library in C_LIBRARIES:
        files = [source for source in found if source.library == library]
        inline = {name: used for source in found for name, used in source.inline.items()}
        home = {name: source for source in files if source.path.suffix == ".c" for name in source.exported}
        for source in files:
            if source.path.suffix != ".c":
                continue
            used, waiting = set(), set(source.used)
            while waiting:
                name = waiting.pop()
                if name not in used:
                    used.add(name)
                    waiting |= inline.get(name, set())
            edges[source] |= {home[name] for name in used & set(home)} - {source}
    return edges


def circle_in(edges):
    """A way from a file back to itself, or nothing."""
    done, way = set(), []

    def visit(node):
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return []
        way.append(node)
        for following in sorted(edges[node], key=repr):
            found = visit(following)
            if found:
                return found
        done.add(way.pop())
        return []

    return next(filter(None, map(visit, edges)), [])


def test_the_floors_of_c_are_in_order():
    seen = set()
    for folder, below in C_FLOORS.items():
        assert set(below) <= seen, f"{folder} may use a folder that stands above it"
        seen.add(folder)


def test_c_has_no_circle():
    edges = edges_of(c_sources())
    assert circle_in(edges) == []
    assert any(source.path.suffix == following.path.suffix for source, ways in edges.items() for following in ways)


def test_c_has_no_arrow_up():
    wrong = [
        f"{source} uses {following}"
        for source, ways in edges_of(c_sources()).items()
        for following in ways
        if following.folder not in {source.folder, *C_FLOORS[source.folder]}
    ]
    assert not wrong


def test_c_files_and_folders_stay_small():
    found = c_sources()
    assert [(source, source.lines) for source in found if source.lines > 400] == []
    assert {folder: len(files) for folder, files in grouped(found).items() if len(files) > 12} == {}


def grouped(found):
    folders = {}
    for source in found:
        folders.setdefault(source.folder, []).append(source)
    return folders


def test_circles_and_arrows_are_found(tmp_path, monkeypatch):
    """The reader itself: a call up, a call by an inline function of a header, and data of another file."""
    monkeypatch.setattr(sys.modules[__name__], "BINDINGS", tmp_path)
    for name, text in {
        "card/state/low.h": "#define BY \\\n    high\nstatic inline int by_way(void) {\n    return BY();\n}\n",
        "card/state/low.c": '#include "state/low.h"\nconst int table[2] = {0, 1};\nint low(void) {\n    return by_way();\n}\n',
        "card/sdk/high.c": '#include "state/low.h"\nint high(void) {\n    return table[low()]; /* other() */\n}\n',
        "card/sdk/other.c": "static int low(void) {\n    return 0;\n}\nint other(void) {\n    return low();\n}\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    edges = {repr(source): sorted(map(repr, ways)) for source, ways in edges_of(c_sources()).items()}
    assert edges == {
        "card/sdk/high.c": ["card/state/low.c", "card/state/low.h"],
        "card/sdk/other.c": [],
        "card/state/low.c": ["card/sdk/high.c", "card/state/low.h"],
        "card/state/low.h": [],
    }
    assert [repr(source) for source in circle_in(edges_of(c_sources()))] == [
        "card/sdk/high.c",
        "card/state/low.c",
        "card/sdk/high.c",
    ]
