"""Scratch copies of the sources, into which one fault at a time is put, and C that is built there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bindings"))
from hal_build import headers_macro, write_wrapper  # noqa: E402

WORK = ROOT / "build" / "mutants"
COPIED = ("hal", "codegen", "regmaps", "tests", "docs", "bindings", "Makefile", "pyproject.toml", "README.md")
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
# A library's file in hal/, and its sources in bindings/.
LIBRARIES = {
    f"_native{SUFFIX}": ("core", "python", "struct_check.c"),
    f"_accel{SUFFIX}": ("accel",),
    "libhal_card.so": ("card",),
    "libhal_pci.so": ("pci",),
}
FLAGS = ("-std=gnu11", "-O1", "-g0", "-w", "-fPIC", "-fvisibility=hidden", "-D_CFFI_NO_LIMITED_API")
LINKED = ("-shared", "-ldl", "-lm", "-lpthread", "-lrt", "-Wl,-z,nodelete")


class BuildError(Exception):
    """The compiler takes the fault for an error: it is none that a test could notice."""


class Tree:
    """A copy of the sources of its own, of the checkout's or of another copy's, which may change meanwhile."""

    def __init__(self, name: str, source: Path = ROOT) -> None:
        self.root = WORK / name
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        for part in COPIED:
            if (source / part).is_dir():
                shutil.copytree(source / part, self.root / part)  # and what is compiled: times are those of the sources
            else:
                shutil.copy2(source / part, self.root / part)
        self._sound: dict[str, str] = {}
        self._objects: dict[str, dict[Path, Path]] = {}
        self._faulty: set[str] = set()  # libraries that were built with a fault

    def text(self, file: str) -> str:
        """A file without faults."""
        if file not in self._sound:
            self._sound[file] = (self.root / file).read_text(encoding="utf-8")
        return self._sound[file]

    def change(self, file: str, text: str) -> None:
        """Writes a file of the tree; of C, builds the library that it is of. BuildError when that fails."""
        path = self.root / file
        library = self._library_of(path) if path.suffix == ".c" else ""
        if library:
            self._prepare(library)
        self.text(file)
        self._write(path, text)
        for other in sorted(self._faulty - {library}):
            self._link(other, {})
        if library:
            changed = self.root / "changed.o"
            _compile(self.root, path, changed)
            self._link(library, {path: changed})

    def restore(self, file: str) -> None:
        """Takes a change back. A library is built without it once a change of something else follows."""
        self._write(self.root / file, self.text(file))

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        for cached in path.parent.glob(f"__pycache__/{path.stem}.*"):
            cached.unlink()

    def _library_of(self, source: Path) -> str:
        inside = source.relative_to(self.root / "bindings")
        return next(name for name, parts in LIBRARIES.items() if inside.parts[0] in parts)

    def _prepare(self, library: str) -> None:
        """Compiles the library's sources while none of them has a fault."""
        if library not in self._objects:
            self._objects[library] = {path: _kept_object(self.root, path) for path in self._sources(library)}

    def _link(self, library: str, changed: dict[Path, Path]) -> None:
        objects = [str(changed.get(path, made)) for path, made in self._objects[library].items()]
        partial = self.root / "partial.so"
        _run(["gcc", *objects, *LINKED, "-o", str(partial)])
        partial.replace(self.root / "hal" / library)
        (self._faulty.add if changed else self._faulty.discard)(library)

    def _sources(self, library: str) -> list[Path]:
        folder = self.root / "bindings"
        found = [
            path
            for part in LIBRARIES[library]
            for path in ([folder / part] if part.endswith(".c") else sorted((folder / part).rglob("*.c")))
        ]
        if library.startswith("_native"):
            wrapper = self.root / "hal_native_wrapper.c"
            with contextlib.redirect_stdout(None):  # it says what it makes
                write_wrapper(wrapper)
            found.append(wrapper)
        return found


def _kept_object(root: Path, source: Path) -> Path:
    """The object of a source without faults, which is kept for as long as neither it nor a header changes."""
    digest = hashlib.sha256(source.read_bytes())
    for header in sorted((root / "bindings").rglob("*.h")):
        digest.update(header.read_bytes())
    target = WORK / "objects" / f"{source.stem}-{digest.hexdigest()[:16]}.o"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}-{root.name}")
        _compile(root, source, partial)
        partial.replace(target)
    return target


def _compile(root: Path, source: Path, target: Path) -> None:
    folders = [f"-I{root / 'bindings' / name}" for name in ("include", "core", "card", "pci", "accel", "python")]
    python = f"-I{sysconfig.get_paths()['include']}"
    macro = f"-D{'='.join(headers_macro())}"
    _run(["gcc", *FLAGS, *folders, python, macro, "-c", str(source), "-o", str(target)])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise BuildError(done.stderr[:2000])
