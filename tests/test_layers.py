"""Which layer may import what, read from the sources."""

from __future__ import annotations

import ast
import functools
import re
import sys
from typing import NamedTuple

from tests.support import ROOT
from tests.support.each import for_each

STANDARD = set(sys.stdlib_module_names) | {"__future__"}
LIVE_PAGE = {"starlette", "uvicorn"}
COMMAND_LINE = {"click", "rich", "tomli", "codegen", "yaml", "pydantic", "jinja2", "IPython", "traitlets", "pytest"}
# Files of hal that are for the command line or for maps, and never imported by a driver.
BEYOND_DRIVERS = (
    *(
        "generator/package",
        "generator/driver",
        "generator/apart",
        "generator/cache",
        "generator/known_outputs",
        "generator/__init__",
    ),
    *("maps", "pytest_plugin", "slots/progress", "emulator/catalogue_file"),
    "cosim/library_build",
)
# Records are of numpy's types; who asks for none does without.
WHERE_ASKED_FOR = {
    "cosim/cocotb": {"cocotb"},
    "texts/sheets": {"rich"},
    "texts/interactive": {"IPython"},
    "devices/entry_memory": {"numpy"},
    "dma/elements": {"numpy"},
    "sde/packets": {"numpy"},
}


# Folder or module of a package and what it may import besides itself, from the ground; nothing is inherited.
GROUND = (
    *(
        "hal.printable",
        "hal.shown",
        "hal.errors",
        "hal.codes",
        "hal.uncopyable",
        "hal.values",
        "hal.kinds",
        "hal.info",
        "hal.machine_check",
        "hal._version",
    ),
    *("hal.plain_files", "hal.strict_json"),
)
BELOW_SLOTS = (
    *GROUND,
    "hal._binding",
    "hal.access",
    "hal.registers",
    "hal.design",
    "hal.generator",
)
RUNTIME = (
    *BELOW_SLOTS,
    "hal.lines",
    "hal.emulator",
    "hal.simulation",
    "hal.dma",
    "hal.slots",
    "hal.devices",
    "hal.sde",
    "hal.maps",
)
FLOORS = {
    "codegen._version": (),
    "codegen.quick_tuples": (),
    "codegen.source": ("codegen._version",),
    "codegen.schema": ("codegen.source",),
    "codegen.model.overlap": (),
    "codegen.importers": ("codegen.source", "codegen.schema", "codegen.model.overlap"),
    "codegen.model": (
        "codegen.quick_tuples",
        "codegen.source",
        "codegen.schema",
        "codegen.importers",
        "codegen.model.overlap",
    ),
    "codegen.views": ("codegen._version", "codegen.quick_tuples", "codegen.schema", "codegen.model"),
    "codegen.output": ("codegen.quick_tuples", "codegen.source", "codegen.schema", "codegen.model", "codegen.views"),
    "codegen": ("codegen._version", "codegen.source", "codegen.model", "codegen.output"),
    "codegen.build_hook": ("codegen.source", "codegen.output"),
    "codegen.peakrdl_plugin": ("codegen.source", "codegen.importers", "codegen.model", "codegen.output"),
    "hal._version": (),
    "hal.printable": (),
    "hal.shown": (),
    "hal.errors": ("hal.printable",),
    "hal.codes": (),
    "hal.uncopyable": ("hal.errors",),
    "hal.values": ("hal.errors", "hal.uncopyable"),
    "hal.kinds": ("hal.errors", "hal.values"),
    "hal.info": ("hal.codes", "hal.shown"),
    "hal.machine_check": (),
    "hal.plain_files": (),
    "hal.strict_json": (),
    "hal._binding": GROUND,
    "hal.access": (*GROUND, "hal._binding"),
    "hal.registers": (*GROUND, "hal._binding", "hal.access"),
    "hal.design": (*GROUND, "hal.access", "hal.registers"),
    "hal.generator": ("hal._version", "hal.errors", "hal.plain_files", "codegen"),
    "hal.dma.sources.bus_master": ("hal.errors",),
    "hal.lines": (*BELOW_SLOTS, "hal.dma.sources.bus_master"),
    "hal.dma": (*BELOW_SLOTS, "hal.dma.sources.bus_master"),
    "hal.emulator": (*BELOW_SLOTS, "hal.lines", "hal.dma", "codegen.source"),
    "hal.simulation": (*BELOW_SLOTS, "hal.lines"),
    "hal.remote": (*GROUND, "hal._binding"),
    "hal.slots.clock_tables": ("hal.values",),
    "hal.slots": (
        *(*BELOW_SLOTS, "hal.lines", "hal.emulator", "hal.simulation", "hal.dma", "hal.remote"),
        "hal.slots.clock_tables",
    ),
    "hal.agent": (*BELOW_SLOTS, "hal.emulator", "hal.remote", "hal.slots"),
    "hal.devices": (*BELOW_SLOTS, "hal.lines", "hal.emulator", "hal.slots"),
    "hal.sde": (*BELOW_SLOTS, "hal.dma", "hal.emulator", "hal.slots", "hal.devices"),
    "hal.texts": (*BELOW_SLOTS, "hal.devices", "hal.slots"),
    "hal.maps": ("hal.errors", "hal.values", "hal.printable", "hal.generator", "hal.devices"),
    "hal.cosim": (*GROUND, "hal.generator"),
    "hal.cosim.cocotb": (*GROUND, "hal._binding", "hal.slots", "hal.devices"),
    "hal.cosim.check": (*BELOW_SLOTS, "hal.slots", "hal.simulation"),
    "hal.vendor": (*GROUND, "hal._binding", "hal.slots.clock_tables"),
    "hal.compat": ("hal.vendor",),
    "hal.fleet": (*RUNTIME, "hal._version"),
    "hal": (*RUNTIME, "hal.shown", "hal.texts"),
    "hal.pytest_plugin": ("hal", *RUNTIME),
    "hal.page": (*RUNTIME, "hal.texts"),
    "hal.page.fleet": (*RUNTIME, "hal.texts", "hal.fleet", "hal.page"),
    "hal.cli": (
        *(
            "hal",
            *RUNTIME,
            "hal.texts",
            "hal.page",
            "hal.page.fleet",
            "hal.cosim",
            "hal.cosim.check",
            "hal.fleet",
            "hal.remote",
            "hal.agent",
        ),
        "codegen",
    ),
    "hal.__main__": ("hal.cli",),
}
LINES_MAX, FILES_MAX = 400, 12
IN_BOTH = {"field_arrays", "codings", "device", "neighbours", "paths", "policies", "printable", "uncollected"}


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for folder in ("hal", "codegen") for path in sources(folder)}


class Facts(NamedTuple):
    """What a file says: full names of all that it imports, in functions too, those apart that only type checkers see;
    names of modules that it imports from their packages; what it sets attributes of, as text.
    """

    imports: set[str]
    for_type_checkers: set[str]
    modules: set[str]
    changed: set[str]


@functools.cache
def facts_of(path):
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    unseen = {
        id(node)
        for branch in nodes
        if isinstance(branch, ast.If) and getattr(branch.test, "id", "") == "TYPE_CHECKING"
        for part in branch.body
        for node in ast.walk(part)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    found = Facts(set(), set(), set(), set())
    for node in nodes:
        names = found.for_type_checkers if id(node) in unseen else found.imports
        if isinstance(node, ast.Import):
            names.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: absolute imports only"
            full = {f"{node.module}.{name.name}": name.name for name in node.names}
            names.update(name if name in MODULES else node.module for name in full)
            found.modules.update(name for whole, name in full.items() if whole in MODULES)
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.changed.update(ast.unparse(target.value) for target in targets if isinstance(target, ast.Attribute))
    return found


def imports_of(path):
    """For type checkers too."""
    return facts_of(path).imports | facts_of(path).for_type_checkers


def edges():
    return {name: {other for other in imports_of(path) if other in MODULES} for name, path in MODULES.items()}


def floor_of(module):
    """The row of the table that a module stands in: the longest name that it begins with."""
    return max((name for name in FLOORS if f"{module}.".startswith(f"{name}.")), key=len)


def test_the_floors_are_in_order():
    seen = set()
    for name, below in FLOORS.items():
        assert set(below) - {"codegen"} <= seen, f"{name} may import what stands above it"
        seen.add(name)
    assert {floor_of(module) for module in MODULES} == set(FLOORS)


def test_no_module_imports_itself_by_any_way():
    assert circle_in(edges()) == []


def test_no_import_goes_up():
    wrong = [
        f"{module} imports {other}"
        for module, others in edges().items()
        for other in others
        if floor_of(other) not in {floor_of(module), *FLOORS[floor_of(module)]}
    ]
    assert not wrong


def test_files_and_folders_stay_small():
    assert [path for path in MODULES.values() if path.read_text().count("\n") > LINES_MAX] == []
    folders = {path.parent for path in MODULES.values()}
    assert [path for path in folders if len([*path.glob("[!_]*.py")]) > FILES_MAX] == []


@for_each(sources("hal"))
def test_the_runtime_needs_cffi_alone(path):
    others = {name.split(".")[0] for name in facts_of(path).imports} - STANDARD - {"hal"}
    place = path.relative_to(ROOT / "hal")
    allowed = COMMAND_LINE if place.parts[0] == "cli" or str(place.with_suffix("")) in BEYOND_DRIVERS else set()
    allowed = allowed | (LIVE_PAGE if place.parts[0] == "page" else set())
    allowed = allowed | WHERE_ASKED_FOR.get(str(place.with_suffix("")), set())
    assert others <= allowed


@for_each(sources("hal"))
def test_c_is_typed_at_the_edge(path):
    """No C type, raw struct or function of C by its name outside of the binding, and no other module's globals set."""
    text, found = path.read_text(encoding="utf-8"), imports_of(path)
    assert ("hal._native" in found) == (path == ROOT / "hal" / "_binding" / "extension.py")
    users = {ROOT / "hal" / "_binding" / "accelerator.py", ROOT / "hal" / "access" / "native.py"}
    assert ("hal._accel" in found) == (path in users)
    if ROOT / "hal" / "_binding" in path.parents:
        assert "getattr(lib" not in text
        return
    assert not any(name.startswith("hal._binding.extension") for name in found)
    if path.parent == ROOT / "hal" / "cosim" and path.name in {"top_header.py", "f2_ports.py"}:
        return  # they write C++
    assert not re.search(r"\bffi\b|\blib\.|[\"']struct |[\"']u?int\d+_t", text)


@for_each(MODULES.values())
def test_no_module_sets_anothers_globals(path):
    found = facts_of(path)
    assert not [name for name in found.changed if name in found.modules or name.startswith(("hal.", "codegen."))]


@for_each(sources("codegen"))
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
        "tomli",
        "typing_extensions",
        "markdown_it",
        "systemrdl",
        "peakrdl",
    }


def test_no_two_modules_of_a_name_are_of_different_subjects():
    """The runtime and the generator don't import each other, so what both need stands in both, under one name."""
    names = {}
    for path in MODULES.values():
        if not path.name.startswith("_"):
            names.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in names.items() if len(paths) > 1 and name not in IN_BOTH} == {}
    assert all(len({path.split("/")[0] for path in names[name]}) == len(names[name]) == 2 for name in IN_BOTH)


# -- C: floors by includes, and by the functions and data of other files that are used -----------------------------------

CARD_BELOW_SDK = (
    "include",
    "card/clock",
    "card/state",
    "card/design",
    "card/interrupt",
    "card/logic",
    "card/served",
    "card/behaviour",
)
# Folder of bindings/ and what it may use, from the ground; what a folder names here is enough, nothing is inherited.
C_FLOORS = {
    "include": (),
    ".": ("include",),
    "core/words": (),
    "core/library": ("include",),
    "core/access": ("include", "core/library"),
    "core/bulk": ("include", "core/library", "core/access"),
    "core/tape": ("include", "core/words", "core/library"),
    "core/host": ("include", "core/library"),
    "core/remote": ("include", "core/words", "core/library", "core/access", "core/bulk"),
    "core": ("include", "core/library", "core/access", "core/bulk"),
    "python": ("include",),
    "accel/base": ("include",),
    "accel": ("include", "accel/base"),
    "card/clock": ("include",),
    "card/state": ("include", "card/clock"),
    "card/logic": ("include", "card/clock", "card/state"),
    "card/served": ("include", "card/clock", "card/state"),
    "card/design": ("include", "card/clock", "card/state"),
    "card/interrupt": ("include", "card/clock", "card/state", "card/design"),
    "card/behaviour": (
        *("include", "card/clock", "card/state", "card/logic", "card/served", "card/design", "card/interrupt"),
    ),
    "card/sdk": CARD_BELOW_SDK,
    "card/dma": (*CARD_BELOW_SDK, "card/sdk"),
    "pci/bus": ("include",),
    "pci/map": ("include", "pci/bus"),
    "pci/sdk": ("include", "pci/bus", "pci/map"),
    "card/extra": (*CARD_BELOW_SDK, "card/sdk"),
}
C_LIBRARIES = ("include", "core", "python", "accel", "card", "pci")
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

    def __init__(self, path, bindings):
        self.place, text = path.relative_to(bindings), path.read_text(encoding="utf-8")
        self.folder = str(self.place.parent)
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
        return str(self.place)


@functools.cache
def c_sources(folder=BINDINGS):
    return [Source(path, folder) for path in sorted(folder.rglob("*.[ch]"))]


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
        home = {name: source for source in files if source.place.suffix == ".c" for name in source.exported}
        for source in files:
            if source.place.suffix != ".c":
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
    assert any(source.place.suffix == following.place.suffix for source, ways in edges.items() for following in ways)


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
    programs = (ROOT / "tests" / "c").rglob("*.[ch]")
    assert [path for path in programs if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []
    assert [(source, source.lines) for source in found if source.lines > 400] == []
    assert {folder: len(files) for folder, files in grouped(found).items() if len(files) > 12} == {}


@for_each(sorted(BINDINGS.rglob("*.[ch]")))
def test_c_has_one_style_of_atomics(path):
    """C11's, and no builtins of a compiler beside them."""
    assert re.findall(r"\b__(?:atomic|sync)_\w+", path.read_text(encoding="utf-8")) == []


def test_the_shell_of_simulated_logic_uses_public_headers_alone():
    """Each of its own, what a build writes for its top, the simulator's, and two that are the card's for it."""
    files = sorted((BINDINGS / "cosim").glob("*.[ch]pp"))
    own = {path.name for path in files} | {"hal_top.hpp", "hal_cosim.h", "hal_logic.h"}
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    used = {name for text in texts.values() for name in re.findall(r'^#include "(.+)"$', text, re.MULTILINE)}
    assert {name for name in used - own if not name.startswith("verilated")} == set()
    assert [name for name, text in texts.items() if text.count("\n") > 400] == []
    assert 0 < len(files) <= 12


def grouped(found):
    folders = {}
    for source in found:
        folders.setdefault(source.folder, []).append(source)
    return folders


def test_circles_and_arrows_are_found(tmp_path):
    """The reader itself: a call up, a call by an inline function of a header, and data of another file."""
    for name, text in {
        "card/state/low.h": "#define BY \\\n    high\nstatic inline int by_way(void) {\n    return BY();\n}\n",
        "card/state/low.c": '#include "state/low.h"\nconst int table[2] = {0, 1};\nint low(void) {\n    return by_way();\n}\n',
        "card/sdk/high.c": '#include "state/low.h"\nint high(void) {\n    return table[low()]; /* other() */\n}\n',
        "card/sdk/other.c": "static int low(void) {\n    return 0;\n}\nint other(void) {\n    return low();\n}\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    edges = {repr(source): sorted(map(repr, ways)) for source, ways in edges_of(c_sources(tmp_path)).items()}
    assert edges == {
        "card/sdk/high.c": ["card/state/low.c", "card/state/low.h"],
        "card/sdk/other.c": [],
        "card/state/low.c": ["card/sdk/high.c", "card/state/low.h"],
        "card/state/low.h": [],
    }
    assert [repr(source) for source in circle_in(edges_of(c_sources(tmp_path)))] == [
        "card/sdk/high.c",
        "card/state/low.c",
        "card/sdk/high.c",
    ]
