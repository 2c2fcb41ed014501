"""Setuptools: drivers of the maps that a project's pyproject.toml lists, in its wheel.

    [build-system]
    requires = ["setuptools>=77"]  # and hal, with pip install --no-build-isolation
    build-backend = "setuptools.build_meta"

    [tool.setuptools.cmdclass]
    build_py = "codegen.build_hook.BuildPy"

    [tool.fpga-hal]
    maps = ["maps/*.yaml"]
    package = "my_package.drivers"   # left out: modules of their own

An editable install writes the drivers into the source folder.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, NamedTuple

from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

from codegen.output.files import Output, notice_of, render_outputs, write_outputs
from codegen.source.problem import MapError

if sys.version_info >= (3, 11):
    import tomllib
else:
    from setuptools.compat.py310 import tomllib  # type: ignore[import-not-found]  # no stubs

__all__ = ["BuildPy"]

_KEYS = frozenset({"maps", "package"})
_OTHERS_KEYS = frozenset({"slot", "map", "library"})  # of the command line
_TABLE = "[tool.fpga-hal] in pyproject.toml"


class _Settings(NamedTuple):
    maps: tuple[Path, ...]
    package: str


def _settings() -> _Settings:
    """Return what the pyproject.toml of the current folder says. Raises SetupError."""
    with Path("pyproject.toml").open("rb") as stream:
        table: dict[str, Any] = tomllib.load(stream).get("tool", {}).get("fpga-hal", {})
    unknown = sorted(table.keys() - _KEYS - _OTHERS_KEYS)
    if unknown:
        raise SetupError(f"{_TABLE}: unknown key {unknown[0]!r}, known: {', '.join(sorted(_KEYS))}")
    patterns, package = table.get("maps", []), table.get("package", "")
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise SetupError(f"{_TABLE}: maps must be a list of paths")
    if not isinstance(package, str):
        raise SetupError(f"{_TABLE}: package must be the name of a package")
    return _Settings(tuple(path for pattern in patterns for path in _matches(pattern)), package)


def _matches(pattern: str) -> list[Path]:
    found = sorted(Path().glob(pattern))
    if not found:
        raise SetupError(f"{_TABLE}: no map is {pattern}")
    return found


class BuildPy(build_py):
    """setuptools' own command, and drivers."""

    def run(self) -> None:
        """Copy the modules, then write the drivers beside them."""
        super().run()
        drivers = self._drivers()
        for line in notice_of(drivers):
            logging.getLogger("codegen").warning("%s", line)
        write_outputs(drivers)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Name the drivers among what a build makes."""
        return [*super().get_outputs(include_bytecode), *(str(driver.file) for driver in self._drivers())]

    def get_source_files(self) -> list[str]:
        """Name the maps among what a source distribution needs, and what they include."""
        used = {path for driver in self._drivers() for path in driver.inputs}
        inputs = {path.as_posix() for path in used if not path.is_absolute()}  # others ship with the generator
        own: list[str] = super().get_source_files()  # type: ignore[no-untyped-call]
        return [*own, *sorted(inputs)]

    def _drivers(self) -> list[Output]:
        settings = _settings()
        if self.editable_mode:
            folder = Path(self.get_package_dir(settings.package))
        else:
            folder = Path(self.build_lib, *filter(None, settings.package.split(".")))
        try:
            return render_outputs(settings.maps, folder)
        except MapError as error:
            raise SetupError(f"a register map is wrong\n{error}") from None
        except ValueError as error:
            raise SetupError(str(error)) from None
