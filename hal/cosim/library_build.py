"""From SystemVerilog to a library with the SDK's interface: verilated, compiled with the shell, linked to the card."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hal.cosim.compiled_objects import Objects
from hal.cosim.f2_ports import f2_top, is_f2
from hal.cosim.tools import HEADERS, complaint, find_compiler, find_simulator, has_header, require_run, run_tool
from hal.cosim.top_header import top_header
from hal.cosim.top_ports import find_top, ports_of
from hal.errors import HalError
from hal.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hal.cosim.tools import Compiler, Simulator
    from hal.cosim.top_ports import Top

__all__ = ["Built", "Recipe", "build_library", "shell_folder"]

_PACKAGE = Path(__file__).parents[1]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_OBJECT_LIST = re.compile(r"^VM_(CLASSES|SUPPORT|GLOBAL)_(?:FAST|SLOW) \+= ((?:.*\\\n)*.*)$", re.MULTILINE)
_SWITCH = re.compile(r"^(VM_\w+) = (\d)$", re.MULTILINE)
_FLAGS = ("-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-w", "-DVERILATOR=1")
_OWN_ENDS = ("-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL")  # no report ends the process: see shell.cpp
_PIECE_BYTES = 200_000  # of generated C++ that one compiler takes


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to build.

    `spaces`: PCI function and BAR of each bus by prefix; `home`: of the only one. `design`, `afi`: the text of the
    design that the slot holds from the start. `arguments`: more of them for Verilator.
    `within`: the folder that names of files are relative to, and that Verilator runs in. What the logic says of itself
    names files so, which makes the same logic the same wherever it lies.
    """

    top: str
    files: Sequence[Path]
    lists: Sequence[Path] = ()
    output: Path = Path("libcl.so")
    waves: str = "none"
    spaces: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    home: tuple[int, int] = (0, 0)
    clock: str = ""
    reset: str = ""
    design: str = ""
    afi: str = ""
    arguments: Sequence[str] = ()
    within: Path | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A library: where it is, what its top is, what Verilator warned of, and the seconds that it took."""

    output: Path
    top: Top
    warnings: str
    seconds: float


def shell_folder() -> list[Path]:
    """The folders of the shell's sources and headers: in the installed package, or in the source folder."""
    installed = _PACKAGE / "cosim" / "shell"
    bindings = _PACKAGE.parent / "bindings"
    return [installed] if installed.is_dir() else [bindings / "cosim", bindings / "include"]


def build_library(recipe: Recipe) -> Built:
    """Builds the library, or leaves what was there. HalError tells what a tool said."""
    start = time.monotonic()
    if not _NAME.fullmatch(recipe.top):
        raise HalError(f"{recipe.top!r} is no name of a module")
    simulator, compiler = find_simulator(), find_compiler()
    missing = [package for header, package in HEADERS[recipe.waves].items() if not has_header(compiler, header)]
    if missing:
        raise HalError(f"{recipe.waves.upper()} waves need {' and '.join(missing)}: install that, or use --waves vcd")
    with tempfile.TemporaryDirectory(prefix="hal-cosim-") as name:
        folder = Path(name)
        warnings = _verilate(recipe, simulator, folder)
        ports = ports_of((folder / "Vlogic.h").read_text(encoding="utf-8"))
        if is_f2(ports):
            top = f2_top(recipe.top, ports)
        else:
            top = find_top(recipe.top, ports, recipe.spaces, recipe.home, recipe.clock, recipe.reset)
        header = top_header(
            top,
            simulator=f"Verilator {simulator.version}",
            waves=recipe.waves,
            design=recipe.design,
            afi=recipe.afi,
        )
        (folder / "hal_top.hpp").write_text(header, encoding="utf-8")
        partial = _compile(simulator, compiler, folder)
        _put(partial, recipe.output)
    return Built(recipe.output, top, warnings, time.monotonic() - start)


def _verilate(recipe: Recipe, simulator: Simulator, folder: Path) -> str:
    """The model in C++; returns the warnings."""
    arguments = ["--cc", "--no-timing", "-Wno-fatal", "--prefix", "Vlogic", "--top-module", recipe.top]
    arguments += ["--Mdir", str(folder), "--quiet-stats", "-O3", "--x-assign", "fast", "--x-initial", "fast"]
    arguments += {"none": [], "vcd": ["--trace"], "fst": ["--trace-fst"]}[recipe.waves]
    arguments += list(recipe.arguments)
    for file in recipe.lists:
        arguments += ["-f", str(file)]
    # Packages come before what uses them, in whatever order a shell's * has them.
    files = sorted(recipe.files, key=lambda file: not file.stem.endswith("_pkg"))
    arguments += [str(file) if not str(file).startswith(("-", "+")) else f"./{file}" for file in files]
    environment = {**os.environ, "VERILATOR_ROOT": str(simulator.root)}
    done = run_tool([*simulator.command, *arguments], "Verilator", environment=environment, folder=recipe.within)
    told = done.stderr + done.stdout
    if done.returncode or not (folder / "Vlogic.h").is_file():
        raise HalError(f"Verilator refuses {recipe.top}:\n{complaint(told)}")
    return "\n".join(line for line in printable(told).splitlines() if line.startswith("%Warning"))


def _compile(simulator: Simulator, compiler: Compiler, folder: Path) -> Path:
    makefile = (folder / "Vlogic_classes.mk").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = {kind: [] for kind in ("CLASSES", "SUPPORT", "GLOBAL")}
    for kind, names in _OBJECT_LIST.findall(makefile):
        lists[kind] += names.replace("\\", " ").split()
    switches = [f"-D{name}={value}" for name, value in _SWITCH.findall(makefile)]
    include = simulator.root / "include"
    flags = [*_FLAGS, *_OWN_ENDS, *switches, f"-I{include}", f"-I{include / 'vltstd'}"]
    plain = [flag for flag in flags if not flag.startswith("-DVM_TRACE")]  # the runtime is the same with all waves
    own, runtime = Objects(simulator, compiler, flags), Objects(simulator, compiler, plain)
    shell = shell_folder()
    pieces = [*_pieces(folder, [*lists["CLASSES"], *lists["SUPPORT"]]), shell[0] / "shell.cpp"]
    objects = [folder / f"piece{place}.o" for place in range(len(pieces))]
    runtimes = folder / "runtime"
    runtimes.mkdir()
    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        last = pool.submit(runtime.of_runtime, lists["GLOBAL"], runtimes)
        done = [pool.submit(own.of_text, *piece, [folder, *shell]) for piece in zip(pieces, objects, strict=True)]
        for one in done:
            one.result()
        objects += last.result()
    partial = folder / "libcl.so"
    card = _PACKAGE / "libhal_card.a"
    link = [compiler.command, "-shared", "-o", str(partial), *map(str, objects), "-Wl,--whole-archive", str(card)]
    link += [
        "-Wl,--no-whole-archive",
        "-Wl,-z,nodelete,-z,relro,-z,now,-z,defs",
        "-pthread",
        "-ldl",
        "-lrt",
        "-lm",
    ]
    link += ["-llz4", "-lz"] if "-DVM_TRACE_FST=1" in switches else []
    require_run(link, "the linker")
    return partial


def _pieces(folder: Path, names: Sequence[str]) -> list[Path]:
    """The generated files in a few that include them: each of a compiler's runs reads the same large headers."""
    pieces: list[list[str]] = []
    size = _PIECE_BYTES
    for name in names:
        if size >= _PIECE_BYTES:
            pieces.append([])
            size = 0
        pieces[-1].append(name)
        size += (folder / f"{name}.cpp").stat().st_size
    files = []
    for place, piece in enumerate(pieces):
        files.append(folder / f"piece{place}.cpp")
        files[-1].write_text("".join(f'#include "{name}.cpp"\n' for name in piece), encoding="utf-8")
    return files


def _put(built: Path, output: Path) -> None:
    """Under its name as a whole: programs that have the old one go on with it."""
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        shutil.copyfile(built, partial)
        partial.chmod(0o755)
        partial.replace(output)
    except OSError as error:
        raise HalError(f"{output} can't be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)
