"""Build backend: setuptools, plus the C parts that it can't describe by itself.

Builds `hal._native` (the core in C and its cffi wrapper), `hal._accel` (accessors in C), and two plain shared
libraries, `hal/libhal_card.so` (the emulated card) and `hal/libhal_pci.so` (PCI functions), and puts the shipped
register maps into the package. Named as the backend in
pyproject.toml.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import re
import shutil
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import Any

from setuptools import Extension, build_meta
from setuptools.build_meta import *  # noqa: F403  (the backend's hooks are setuptools' own)
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "bindings" / "include"
CARD = "hal.libhal_card"
PCI = "hal.libhal_pci"
# Libraries for any program, so they carry no interpreter's tag, and export what their sources say.
PLAIN = {name for library in (CARD, PCI) for name in (library, library.rpartition(".")[2])}
# The card's objects, which `hal cosim build` links with simulated logic to a library of its own.
ARCHIVE = "libhal_card.a"
# No debugging data and no path: two builds give the same bytes wherever they are made.
C_FLAGS = ["-std=gnu11", "-O2", "-g0", "-fvisibility=hidden", "-Wall", "-Wextra", f"-ffile-prefix-map={ROOT}=."]
# What makes a fault in C end the process instead of being used.
HARDENED = ["-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]
HARDENED_LINK = ["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"]
# Set in our own builds (Makefile). A user's compiler may warn of what ours doesn't know, and must not fail for it.
STRICT = "HAL_WERROR"
# The time that archives hold, unless the build says another one: the first that a zip file can.
ARCHIVE_TIME = "315532800"
os.environ.setdefault("SOURCE_DATE_EPOCH", ARCHIVE_TIME)
# Where the interpreter has no lock, single accesses announce themselves to a detach.
THREADING: list[tuple[str, str | None]] = (
    [("HAL_FREE_THREADED", "1")] if sysconfig.get_config_var("Py_GIL_DISABLED") else []
)

# Single accesses keep the interpreter's lock: handing it over costs more than the access, and beside a busy thread
# a thousand times more. What may block leaves through the gate instead.
PREAMBLE = """
#pragma GCC diagnostic ignored "-Waddress-of-packed-member" /* cffi's own check of the packed structs */
#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS {
#define Py_END_ALLOW_THREADS }
#include "interpreter.h"
#include "hal_wait.h"
#include "remote/remote.h"
"""


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:  # type: ignore[no-redef]
    """The backend's hook: setuptools' archive, written anew without what differs from one machine to the next."""
    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    archive = Path(sdist_directory) / name
    partial = archive.with_suffix(".new")
    time = int(os.environ["SOURCE_DATE_EPOCH"])
    with (
        tarfile.open(archive) as old,
        partial.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=time) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old, key=lambda member: member.name):
            content = old.extractfile(member) if member.isfile() else None
            member.mtime, member.pax_headers = time, {}
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(member, content)
    partial.replace(archive)
    return name


def headers_macro() -> tuple[str, str]:
    """What both extensions are compiled with, so that a stale one is told: a digest of the public headers, in C."""
    texts = (path.name.encode() + b"\0" + path.read_bytes() + b"\0" for path in sorted(INCLUDE.glob("*.h")))
    return "HAL_HEADERS", f"0x{hashlib.sha256(b''.join(texts)).hexdigest()[:16]}ULL"


def number_macros(*headers: str) -> dict[str, str]:
    """Every `#define NAME number` of the headers."""
    pairs = [
        re.findall(r"^#define (\w+) (\d+)u?$", (INCLUDE / header).read_text(), flags=re.MULTILINE) for header in headers
    ]
    return {name: number for found in pairs for name, number in found}


def declarations(header: str, until: str | None = None) -> str:
    """A header's declarations as cffi reads them: no comments, preprocessor or atomics, macros of numbers put in."""
    text = (INCLUDE / header).read_text().replace("_Atomic ", "")
    if until:
        text = text[: text.index(until)]
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"^#ifdef __cplusplus.*?^#endif", "", text, flags=re.DOTALL | re.MULTILINE)
    headers = ("fpga_sdk.h", "hal_card.h", "hal_cosim.h", "hal_dma.h", "hal_pci.h", "hal_interrupt.h")
    for name, number in number_macros(*headers).items():
        text = re.sub(rf"\b{name}\b(?! \d+u?$)", number, text, flags=re.MULTILINE)
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def sdk_types() -> tuple[str, str]:
    """The SDK's types, packed ones and others.

    Its functions are found at run time, and the options union is not passed through Python.
    """
    text = declarations("fpga_sdk.h", until="int fpga_pci_init(void)").replace("FPGA_SDK_PACKED", "")
    text = re.sub(r"union fpga_mgmt_load_local_image_options \{.*?\n\};", "", text, flags=re.DOTALL)
    packed, clocks, rest = text.partition("struct fpga_clkgen_group {")
    return packed, clocks + rest


def write_wrapper(target: Path) -> None:
    """Writes the C source of the cffi wrapper, `hal._native`."""
    from cffi import FFI

    ffi = FFI()
    slot_types, clock_types = sdk_types()
    ffi.cdef(slot_types, packed=True)
    ffi.cdef(clock_types)
    ffi.cdef(declarations("hal_card.h", until="const hal_card_api *hal_card_get_api"))
    ffi.cdef(declarations("hal_cosim.h", until="const hal_cosim_api *hal_cosim_get_api"))
    ffi.cdef(declarations("hal_dma.h", until="const hal_dma_api *hal_dma_get_api"))
    ffi.cdef(declarations("hal_pci.h", until="const hal_pci_api *hal_pci_get_api"))
    ffi.cdef(declarations("hal_interrupt.h", until="const hal_interrupt_api *hal_interrupt_get_api"))
    ffi.cdef(declarations("hal_core.h"))
    ffi.cdef(declarations("hal_wait.h"))
    ffi.cdef(declarations("../core/remote/remote.h"))
    ffi.cdef(declarations("../python/interpreter.h"))
    ffi.set_source("hal._native", PREAMBLE)
    target.parent.mkdir(parents=True, exist_ok=True)
    ffi.emit_c_code(str(target))


def c_files(folder: str, kind: str = "c") -> list[str]:
    """A library's sources or, with "h", its headers: paths from the root, folders below included."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "bindings" / folder).rglob(f"*.{kind}"))


def require_tools(compiler: str) -> None:
    """One line for what a build needs and does not find, instead of a page of a compiler's."""
    if shutil.which(compiler) is None:
        raise SystemExit(f"{compiler} is missing: install a C compiler, e.g. the package gcc")
    folder = Path(sysconfig.get_paths()["include"])
    if not (folder / "Python.h").is_file():
        raise SystemExit(f"Python.h is missing in {folder}: install the package python3-dev (or python3-devel)")


class BuildExt(build_ext):
    """Builds the extension and the card; the lists of sources are made here, not in pyproject.toml."""

    def finalize_options(self) -> None:
        if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
            raise SystemExit(f"hal runs on 64-bit Linux; this is {sys.platform} on {platform.machine()}")
        headers = c_files("include", "h")
        strict = ["-Werror"] if os.environ.get(STRICT) else []
        shared: dict[str, Any] = {
            "extra_compile_args": [*C_FLAGS, *HARDENED, *strict],
            "extra_link_args": HARDENED_LINK,
        }
        self.distribution.ext_modules = [
            Extension(
                "hal._native",
                [*c_files("core"), *c_files("python"), "bindings/struct_check.c"],
                include_dirs=["bindings/include", "bindings/core", "bindings/python"],
                define_macros=[("_CFFI_NO_LIMITED_API", ""), headers_macro(), *THREADING],
                depends=[*headers, *c_files("core", "h"), *c_files("python", "h"), "bindings/hal_build.py"],
                libraries=["dl", "m", "pthread"],
                **shared,
            ),
            Extension(
                "hal._accel",
                c_files("accel"),
                include_dirs=["bindings/include", "bindings/accel"],
                define_macros=[headers_macro(), *THREADING],
                depends=[*headers, *c_files("accel", "h"), "bindings/hal_build.py"],
                libraries=["m"],
                **shared,
            ),
            Extension(
                CARD,
                c_files("card"),
                include_dirs=["bindings/include", "bindings/card"],
                depends=[*headers, *c_files("card", "h"), "bindings/hal_build.py"],
                libraries=["dl", "m", "pthread", "rt"],
                # The handler of SIGBUS that it installs must stay where it is.
                **shared | {"extra_link_args": [*HARDENED_LINK, "-Wl,-z,nodelete"]},
            ),
            Extension(
                PCI,
                c_files("pci"),
                include_dirs=["bindings/include", "bindings/pci"],
                depends=[*headers, *c_files("pci", "h"), "bindings/hal_build.py"],
                libraries=["pthread"],
                # As the card's.
                **shared | {"extra_link_args": [*HARDENED_LINK, "-Wl,-z,nodelete"]},
            ),
        ]
        super().finalize_options()

    def build_extensions(self) -> None:
        """Links without the library path that some interpreters were built with: it is of this machine only."""
        require_tools(self.compiler.compiler_so[0])
        linker = self.compiler.linker_so
        self.compiler.set_executable("linker_so", [word for word in linker if not word.startswith("-Wl,-rpath")])
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        if ext.name == "hal._native":
            wrapper = Path(self.build_temp) / "hal_native_wrapper.c"
            write_wrapper(wrapper)
            ext.sources = [*ext.sources, str(wrapper)]
        super().build_extension(ext)
        if ext.name in {CARD, CARD.rpartition(".")[2]}:
            self.archive(ext, Path(self.get_ext_fullpath(ext.name)).with_name(ARCHIVE))

    def archive(self, ext: Extension, target: Path) -> None:
        """Puts an extension's objects into a static library, the same bytes for the same objects."""
        objects = self.compiler.object_filenames(ext.sources, output_dir=self.build_temp)
        target.unlink(missing_ok=True)
        self.spawn(["ar", "rcsD", str(target), *objects])

    def copy_extensions_to_source(self) -> None:
        """An editable install has the archive beside its library."""
        super().copy_extensions_to_source()
        shutil.copy2(Path(self.build_lib) / "hal" / ARCHIVE, ROOT / "hal" / ARCHIVE)

    def get_ext_filename(self, fullname: str) -> str:
        if fullname in PLAIN:
            return fullname.replace(".", "/") + ".so"
        return str(super().get_ext_filename(fullname))

    def get_export_symbols(self, ext: Any) -> list[str]:
        return [] if ext.name in PLAIN else super().get_export_symbols(ext)


class BuildPy(build_py):
    """Puts the shipped register maps and the shell of simulated logic, which is compiled with each, beside the code.

    An editable install finds them where they are.
    """

    def get_source_files(self) -> list[str]:
        """What a source distribution needs beyond the packages."""
        folders = {"bindings": ("*.py", "*.c", "*.h", "*.cpp", "*.hpp"), "regmaps": ("*.yaml",)}
        extra = [path for folder, kinds in folders.items() for kind in kinds for path in (ROOT / folder).rglob(kind)]
        return [*super().get_source_files(), *sorted(str(path.relative_to(ROOT)) for path in extra)]

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.put("regmaps", sorted((ROOT / "regmaps").glob("*.yaml")))
            shell = [*(ROOT / "bindings" / "cosim").glob("*.[ch]pp"), INCLUDE / "hal_cosim.h", INCLUDE / "hal_logic.h"]
            self.put("cosim/shell", sorted(shell))

    def put(self, folder: str, files: list[Path]) -> None:
        """Copies files into a folder of the package."""
        target = Path(self.build_lib) / "hal" / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in files:
            shutil.copy2(path, target / path.name)
