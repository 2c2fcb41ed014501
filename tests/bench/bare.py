"""What is measured against: an ordinary cffi extension (API mode, GIL released) of a checked peek, and loops in C.

And on what: the emulated card, also as a compiler makes it that was not asked to optimise.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
DECLARATIONS = """
int bare_open(const char *path);
int64_t bare_peek(int handle, uint64_t offset);
int bare_poke(int handle, uint64_t offset, uint32_t value);
int64_t bare_wait(int handle, uint64_t offset, uint32_t value);
int loop_peek(int handle, uint64_t offset, uint64_t stride, size_t count, uint32_t *out);
int loop_poke(int handle, uint64_t offset, size_t count, const uint32_t *data);
int bare_burst(int handle, uint64_t offset, uint32_t *data, uint64_t count);
int cython_burst(int handle, uint64_t offset, void *list, uint64_t count);
int64_t lock_cost(size_t count);
"""

SOURCE = """
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "library/library.h"

static struct {
    int (*peek)(int, uint64_t, uint32_t *);
    int (*poke)(int, uint64_t, uint32_t);
    int (*burst)(int, uint64_t, uint32_t *, uint64_t);
} table;
static const uint64_t size = 0x2000000;

int bare_open(const char *path) {
    void *image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!image)
        return -1;
    *(void **)&table.peek = dlsym(image, "fpga_pci_peek");
    *(void **)&table.poke = dlsym(image, "fpga_pci_poke");
    *(void **)&table.burst = dlsym(image, "fpga_pci_write_burst");
    return table.peek && table.poke && table.burst ? 0 : -1;
}

int64_t bare_peek(int handle, uint64_t offset) {
    uint32_t word;
    if (!table.peek || handle < 0 || handle >= 64 || offset >= size || offset % 4)
        return -1;
    return table.peek(handle, offset, &word) ? -1 : (int64_t)word;
}

/* When it has read the value: nanoseconds as time.perf_counter_ns() has them. */
int64_t bare_wait(int handle, uint64_t offset, uint32_t value) {
    struct timespec now;
    uint32_t word;
    do {
        if (table.peek(handle, offset, &word))
            return -1;
    } while (word != value);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int bare_poke(int handle, uint64_t offset, uint32_t value) {
    if (!table.poke || handle < 0 || handle >= 64 || offset >= size || offset % 4)
        return -1;
    return table.poke(handle, offset, value);
}

int bare_burst(int handle, uint64_t offset, uint32_t *data, uint64_t count) {
    if (!table.burst || handle < 0 || handle >= 64 || offset >= size || count > (size - offset) / 4 || offset % 4)
        return -1;
    return table.burst(handle, offset, data, count);
}

/* As Cython makes it of a loop over a list. */
int cython_burst(int handle, uint64_t offset, void *list, uint64_t count) {
    PyGILState_STATE state = PyGILState_Ensure();
    uint32_t *data = malloc(count * sizeof *data);
    int code = data ? 0 : -1;
    for (uint64_t i = 0; i < count && code == 0; i++) {
        PyObject *item = PyList_GetItem(list, (Py_ssize_t)i);
        Py_XINCREF(item);
        unsigned long word = item ? PyLong_AsUnsignedLong(item) : 0;
        if (!item || word > UINT32_MAX || PyErr_Occurred())
            code = -1;
        else
            data[i] = (uint32_t)word;
        Py_XDECREF(item);
    }
    if (code == 0)
        code = bare_burst(handle, offset, data, count);
    free(data);
    PyGILState_Release(state);
    return code;
}

int loop_peek(int handle, uint64_t offset, uint64_t stride, size_t count, uint32_t *out) {
    for (size_t i = 0; i < count; i++)
        if (table.peek(handle, offset + i * stride, &out[i]))
            return -1;
    return 0;
}

int loop_poke(int handle, uint64_t offset, size_t count, const uint32_t *data) {
    for (size_t i = 0; i < count; i++)
        if (table.poke(handle, offset + 4 * i, data[i]))
            return -1;
    return 0;
}

/* The core's own lock, when nobody else wants it: what its read-modify-writes take and give back. */
int hal_lock_slow(_Atomic uint32_t *lock) { (void)lock; abort(); }
void hal_unlock_slow(_Atomic uint32_t *lock) { (void)lock; abort(); }
int hal_lock_bar_special(hal_bar_lock *lock) { (void)lock; abort(); }
void hal_unlock_bar_special(hal_bar_lock *lock) { (void)lock; abort(); }

int64_t lock_cost(size_t count) {
    static hal_bar_lock lock = {.file = -1};
    static hal_bar bar = {.lock = &lock};
    int64_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        hal_bar_lock *held;
        if (hal_lock_bar(&bar, &held))
            return -1;
        taken += held->word;
        hal_unlock_bar(held);
    }
    return taken;
}
"""


@functools.cache
def build() -> Any:
    """The extension's ffi and lib, compiled into a folder of its own."""
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    include = [str(ROOT / "bindings" / folder) for folder in ("include", "core")]
    ffi.set_source("hal_bench_bare", SOURCE, libraries=["dl"], include_dirs=include, extra_compile_args=["-O2"])
    with tempfile.TemporaryDirectory(prefix="hal-bench-") as folder:
        ffi.compile(tmpdir=folder)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("hal_bench_bare")
        finally:
            sys.path.remove(folder)


@contextlib.contextmanager
def plain_library() -> Iterator[str]:
    """Path of the emulated card, compiled without optimisation."""
    with tempfile.TemporaryDirectory(prefix="hal-bench-") as folder:
        path = Path(folder) / "libplain.so"
        sources = sorted(str(source) for source in (ROOT / "bindings" / "card").rglob("*.c"))
        include = [f"-I{ROOT / 'bindings' / folder}" for folder in ("include", "card")]
        flags = ["-std=gnu11", "-O0", "-fPIC", "-shared", "-fvisibility=hidden", *include]
        compiler = os.environ.get("CC", "gcc").split()
        subprocess.run([*compiler, *flags, *sources, "-ldl", "-lm", "-lpthread", "-lrt", "-o", str(path)], check=True)
        yield str(path)


def open_library(module: Any, path: str) -> Any:
    """The extension's functions, on this library."""
    if module.lib.bare_open(str(Path(path)).encode()):
        raise SystemExit(f"benchmark: {path} lacks fpga_pci_peek, fpga_pci_poke or fpga_pci_write_burst")
    return module.lib
