"""Where tests stand and what each of them has: a room, an assertion, a time limit."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support import ROOT

TESTS = ROOT / "tests"
FILES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))
# Rooms whose subject is no package: the shipped maps, the C libraries, the project's own files.
OTHER_ROOMS = {"regmaps", "bindings", "project"}
# Modules that have no test file of their own name, and the one that is about them.
TESTED_BY = {
    "hal/_binding/buffers.py": "registers/test_memory.py",
    "hal/_binding/card.py": "emulator/test_faults.py",
    "hal/_binding/extension.py": "project/test_supply.py",
    "hal/_binding/failures.py": "emulator/test_faults.py",
    "hal/_binding/handles.py": "_binding/test_resources.py",
    "hal/_binding/library.py": "_binding/test_discovery.py",
    "hal/_binding/ports.py": "registers/test_bus.py",
    "hal/_binding/steps.py": "registers/test_batch.py",
    "hal/_binding/sweeps.py": "registers/test_snapshot.py",
    "hal/_binding/tape.py": "devices/test_record.py",
    "hal/access/choice.py": "access/test_both_modes.py",
    "hal/access/fields.py": "access/test_both_modes.py",
    "hal/access/native.py": "access/test_both_modes.py",
    "hal/access/plans.py": "registers/test_bus.py",
    "hal/access/pure.py": "access/test_both_modes.py",
    "hal/access/words.py": "registers/test_bus.py",
    "hal/codes.py": "vendor/test_mgmt.py",
    "hal/emulator/controls.py": "emulator/test_faults.py",
    "hal/emulator/design_text.py": "registers/test_against_model.py",
    "hal/errors.py": "cli/test_commands.py",
    "hal/info.py": "cli/test_cards.py",
    "hal/kinds.py": "registers/test_register.py",
    "hal/maps.py": "cli/test_maps.py",
    "hal/registers/node.py": "registers/test_register.py",
    "hal/slots/clock_tables.py": "vendor/test_clkgen.py",
    "hal/slots/clocks.py": "vendor/test_clkgen.py",
    "hal/slots/progress.py": "cli/test_cards.py",
    "hal/vendor/arguments.py": "vendor/test_pci.py",
}


def room_of(module):
    """The folder of a module's tests, and the file that is named after it."""
    parts = module.parts[1:] if module.parts[0] == "hal" else module.parts
    folder = Path(*parts[:-1])
    return folder, folder / f"test_{module.stem}.py"


MODULES = [
    path.relative_to(ROOT)
    for package in ("hal", "codegen")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.name.startswith("_") and "templates" not in path.parts
]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_test_file_stands_in_a_room(file):
    rooms = {room_of(module)[0] for module in MODULES}
    assert file.parent in rooms or str(file.parent) in OTHER_ROOMS
    assert (TESTS / file.parent / "__init__.py").exists()


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_has_its_tests(module):
    own, other = room_of(module)[1], TESTED_BY.get(str(module))
    if other is None:
        assert own in FILES, f"make tests/{own}, or name in TESTED_BY the file that tests {module}"
    else:
        assert own not in FILES, f"tests/{own} is enough; take {module} out of TESTED_BY"
        assert Path(other) in FILES


def test_the_table_names_modules_that_there_are():
    assert set(TESTED_BY) <= {str(module) for module in MODULES}


# -- what every test has ----------------------------------------------------------------------------------------------


def functions_of(path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def called(function):
    """Names of what a function calls, methods among them."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {call.id if isinstance(call, ast.Name) else getattr(call, "attr", "") for call in calls}


def asserts(function):
    nodes = list(ast.walk(function))
    raised = [ast.unparse(node.exc) for node in nodes if isinstance(node, ast.Raise) and node.exc]
    return (
        any(isinstance(node, ast.Assert) for node in nodes)
        or any("AssertionError" in text for text in raised)
        or bool(called(function) & {"raises", "warns"})
    )


def helpers_that_assert():
    """Functions of tests/support and tests/fuzz that assert, and those that call them."""
    functions = [
        node for folder in ("support", "fuzz") for path in (TESTS / folder).glob("*.py") for node in functions_of(path)
    ]
    return closure({node.name for node in functions if asserts(node)}, functions)


def closure(names, functions):
    while more := {node.name for node in functions if called(node) & names} - names:
        names |= more
    return names


HELPERS = helpers_that_assert()


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_test_asserts(file):
    functions = functions_of(TESTS / file)
    names = closure({node.name for node in functions if asserts(node)} | HELPERS, functions)
    assert [node.name for node in functions if node.name.startswith("test_") and node.name not in names] == []


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_wait_ends(file):
    """For another process within a limit of its own; pytest-timeout has one for each test as a whole."""
    source = (TESTS / file).read_text()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in calls:
        name = ast.unparse(call.func)
        assert name != "subprocess.Popen", "use tests.support.processes.Child, which ends with its block"
        if name.startswith("subprocess."):
            assert any(keyword.arg == "timeout" for keyword in call.keywords), f"line {call.lineno}: no timeout"
        if name.endswith((".wait", ".join", ".communicate")):
            assert call.args or call.keywords, f"line {call.lineno}: no timeout"
