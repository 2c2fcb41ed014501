"""What `import hal` gives without importing it, and what a command then imports."""

from __future__ import annotations

import importlib
import types

import pytest

import hal
from codegen.output.languages.registry import LANGUAGES
from tests.support import MAPS
from tests.support.processes import run_python

# After a command: the modules of hal and codegen that were imported.
AFTER = """
import sys
from hal.cli.commands import cli
cli.main(sys.argv[1:], prog_name="hal", standalone_mode=False, obj={})
print(*(name for name in sys.modules if name.split(".")[0] in {"hal", "codegen"}))
"""


def imported_by(*arguments):
    done = run_python(AFTER, *arguments, fresh=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_generating_imports_nothing_of_cards_and_one_language(tmp_path):
    found = imported_by("generate", MAPS / "blinker.yaml", "-o", tmp_path)
    rooms = {".".join(name.split(".")[:2]) for name in found if name.startswith("hal.")}
    assert rooms.isdisjoint({"hal._native", "hal._accel", "hal._binding", "hal.access", "hal.registers", "hal.devices"})
    assert rooms.isdisjoint({"hal.emulator", "hal.simulation", "hal.design", "hal.info"})
    assert {name for name in found if name.startswith("hal.slots.")} == {"hal.slots.progress"}
    languages = {name for name in found if name.startswith("codegen.output.languages.")}
    assert languages == {f"codegen.output.languages.{name}" for name in ("registry", "sheet", "python")}


def test_a_driver_imports_nothing_that_waits_for_a_card(tmp_path):
    """Nor what saves, restores or waits: what it takes is there when it is first asked for."""
    done = run_python(
        """
        import sys, hal
        class Ctrl(hal.Register, width=32):
            enable = hal.rw(0, 0)
        class Small(hal.Device, name="small", pf="app", bar=0, size=4, digest="0"):
            ctrl = hal.register(Ctrl, 0)
        early = set(sys.modules)
        with Small.open(0, "emulator") as device:
            device.ctrl.wait_until(lambda ctrl: not ctrl.enable)
            saved = device.snapshot()
            device.restore(saved)
            print(saved["ctrl"])
        late = set(sys.modules) - early
        print(*sorted(name for name in late if name.startswith("hal.")))
        """,
        fresh=True,
        environment={"HAL_CARD_TIME_SCALE": "0.01"},
    )
    assert done.returncode == 0, done.stderr
    value, late = done.stdout.splitlines()
    assert value == "0"
    assert set(late.split()) >= {
        "hal._binding.file_locks",
        "hal._binding.sdk.card",
        "hal._binding.sdk.library",
        "hal.design.snapshot",
        "hal.devices.saved.capture",
        "hal.devices.saved.restore",
        "hal.registers.waits.condition",
    }


def test_a_language_is_known_before_it_is_imported():
    done = run_python(
        """
        import sys
        from codegen.output.languages.registry import LANGUAGES
        assert "rtl" in LANGUAGES and "cobol" not in LANGUAGES and len(LANGUAGES) == len(list(LANGUAGES))
        print("codegen.output.languages.rtl" in sys.modules, LANGUAGES["rtl"].name, LANGUAGES["rtl"] is LANGUAGES["rtl"])
        print("codegen.output.languages.rtl" in sys.modules, "codegen.output.languages.manual" in sys.modules)
        """,
        fresh=True,
    )
    assert done.stdout == "False rtl True\nTrue False\n"
    assert [language.name for language in LANGUAGES.values()] == list(LANGUAGES)
    with pytest.raises(KeyError):
        LANGUAGES["cobol"]


def test_every_name_is_there_and_told():
    assert [name for name in hal.__all__ if getattr(hal, name, None) is None] == []
    assert set(hal.__all__) <= set(dir(hal))
    scope = {}
    exec("from hal import *", scope)
    assert set(hal.__all__) <= scope.keys()
    with pytest.raises(AttributeError, match="module 'hal' has no attribute 'Devise'"):
        hal.Devise  # noqa: B018


def test_registers_declares_though_a_folder_has_its_name():
    done = run_python(
        """
        import hal.registers.node, sys
        print(callable(hal.registers), type(sys.modules["hal.registers"]).__name__, hal.registers.__module__)
        from hal import registers
        print(registers is hal.registers)
        """,
        fresh=True,
    )
    assert done.stdout == "True module hal.devices.block\nTrue\n"
    assert isinstance(importlib.import_module("hal.registers"), types.ModuleType)
    assert hal.registers is importlib.import_module("hal.devices.block").registers
