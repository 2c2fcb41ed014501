"""Which layer may import what, read from the sources."""

from __future__ import annotations

import ast
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
