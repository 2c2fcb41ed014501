"""The guest's files: this Python with what the tests need, the built package, the kernel's modules, and `init.py`."""

from __future__ import annotations

import compileall
import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import codegen
from tests.pci.machine.archive import Archive
from tests.pci.machine.kernel import modules
from tests.support import ROOT

__all__ = ["write_initramfs"]

HERE = Path(__file__).parent
# Where the guest has the project, and the packages that it needs.
PROJECT, PACKAGES = "repo", "site"
# Of the environment: what a driver, the generator, the command line and the tests import.
NEEDED = (
    *("cffi", "_cffi_backend*", "pycparser", "typing_extensions.py", "click", "colorama"),
    *("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "yaml", "_yaml", "jinja2", "markupsafe"),
    *("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments", "exceptiongroup", "tomli"),
    *("numpy", "numpy.libs"),
)
DRIVERS = ("qemu_edu",)  # modules that the guest can import
PASSED_ON = ("HAL_PURE_CFFI", "CI", "HAL_TEST_OPERATIONS", "HAL_TEST_PATIENCE")
UNUSED_STDLIB = {
    *("test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data", "site-packages", "distutils"),
    *("dist-packages", "_pyrepl", "xmlrpc", "wsgiref", "dbm", "sqlite3", "venv", "curses"),
}
UNUSED = re.compile(
    r"(^|/)(tests|testing/_private|f2py|include|locale)(/|$)|config-\d|\.(a|h|pyi|pxd|exe|o)$|\.opt-\d\.pyc$|"
    r"pygments/(lexers|styles)/(__pycache__/)?(?!__init__|_mapping|python|diff|default)\w+\.|"
    r"lib-dynload/_?(test|tkinter|sqlite3|curses|dbm|gdbm|codecs_|readline|nis|ssl|hashlib|crypt|audioop)"
)


def write_initramfs(target: Path, arguments: list[str]) -> None:
    """Writes it; `arguments`: what pytest gets in the guest, files of tests among them."""
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    interpreter = Path(sys.executable).resolve()
    drivers = target.parent / "drivers"
    drivers.mkdir()
    codegen.generate([ROOT / "regmaps" / f"{name}.yaml" for name in DRIVERS], drivers)
    for folder in (ROOT / "hal", ROOT / "codegen", ROOT / "tests" / "pci", drivers):  # compiling is slow in the guest
        compileall.compile_dir(folder, quiet=2)
    with target.open("wb") as file:
        archive = Archive(file)
        for name in ("proc", "sys", "dev", "tmp"):
            archive.folder(name)
        archive.file(str(interpreter), interpreter)
        programs = [interpreter]
        used = [path for path in stdlib.iterdir() if path.name not in UNUSED_STDLIB]
        programs += _put(archive, stdlib, str(stdlib), used)
        packages = Path(sysconfig.get_paths()["purelib"])
        programs += _put(archive, packages, PACKAGES, [path for name in NEEDED for path in sorted(packages.glob(name))])
        programs += _put(archive, ROOT, PROJECT, [ROOT / "hal", ROOT / "codegen", ROOT / "regmaps"])
        _put(archive, drivers, PACKAGES, list(drivers.iterdir()))
        _put(archive, ROOT, PROJECT, [ROOT / "docs" / "howto" / "pci-cards.md", ROOT / "docs" / "conformance.md"])
        _put(archive, ROOT, PROJECT, [ROOT / "tests" / name for name in ("__init__.py", "pci", "conformance")])
        for library in _libraries(programs, packages):
            archive.file(str(library), library)
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        names = []
        for path in modules():
            names.append(f"/modules/{path.name}")
            archive.file(names[-1], path)
        archive.text("guest.json", json.dumps({"modules": names, "arguments": arguments, "environment": kept}))
        archive.text("init", f"#!{interpreter} -sP\n" + (HERE / "init.py").read_text(encoding="utf-8"), 0o755)
        archive.end()


def _put(archive: Archive, base: Path, name: str, paths: list[Path]) -> list[Path]:
    """Puts files and folders in, by their place below `base`; returns the libraries among them."""
    libraries = []
    for top in paths:
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            place = path.relative_to(base).as_posix()
            if path.is_file() and not (base != ROOT and UNUSED.search(place)):
                archive.file(f"{name}/{place}", path)
                if ".so" in path.suffixes:
                    libraries.append(path)
    return libraries


def _libraries(programs: list[Path], packages: Path) -> list[Path]:
    """What the loader finds for programs and libraries, at the paths where it does; not what is in the packages."""
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, timeout=60, check=False).stdout
    found = {Path(path) for path in re.findall(r"(/\S+) \(0x", told)}
    return sorted(path for path in found if packages not in path.parents and packages not in path.resolve().parents)
