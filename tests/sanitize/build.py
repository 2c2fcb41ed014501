"""Instrumented builds, in a copy of the tree, so that the installed extension stays what it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bindings"))
from hal_build import headers_macro, write_wrapper  # noqa: E402

WORK = ROOT / "build" / "sanitize"
COPIED = ("hal", "codegen", "regmaps", "tests", "docs", "bindings", "Makefile", "pyproject.toml", "README.md")
WARNINGS = ("-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror")
ADDRESS = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer")
THREAD = ("-O1", "-fsanitize=thread")
LIBRARIES = ("-ldl", "-lm", "-lpthread")


def compile_c(target: Path, sources: list[Path], *flags: str) -> Path:
    """Compiles C sources to a program or, with -shared among the flags, a library."""
    target.parent.mkdir(parents=True, exist_ok=True)
    includes = [f"-I{ROOT / 'bindings' / folder}" for folder in ("include", "core", "card", "pci", "accel", "python")]
    command = [
        "gcc",
        *WARNINGS,
        *includes,
        f"-D{'='.join(headers_macro())}",
        *flags,
        *map(str, sources),
        "-o",
        str(target),
        *LIBRARIES,
    ]
    subprocess.run(command, check=True)
    return target


def c_files(folder: str) -> list[Path]:
    return sorted((ROOT / "bindings" / folder).rglob("*.c"))


def instrumented_tree() -> Path:
    """A copy of the tree whose extensions and card have the address and undefined-behaviour sanitizers."""
    tree = WORK / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        else:
            shutil.copy2(ROOT / name, tree / name)
    wrapper = WORK / "hal_native_wrapper.c"
    write_wrapper(wrapper)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    shared = (*ADDRESS, "-fPIC", "-shared", "-fvisibility=hidden", f"-I{sysconfig.get_paths()['include']}")
    native = [wrapper, *c_files("core"), *c_files("python"), ROOT / "bindings" / "struct_check.c"]
    compile_c(tree / "hal" / f"_native{suffix}", native, *shared, "-D_CFFI_NO_LIMITED_API")
    compile_c(tree / "hal" / "libhal_card.so", c_files("card"), *shared)
    compile_c(tree / "hal" / "libhal_pci.so", c_files("pci"), *shared)
    if c_files("accel"):
        compile_c(tree / "hal" / f"_accel{suffix}", c_files("accel"), *shared)
    return tree
