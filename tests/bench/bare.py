"""What is measured against: an ordinary cffi extension (API mode, GIL released) of a checked peek, and loops in C."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

DECLARATIONS = """
int bare_open(const char *path);
int64_t bare_peek(int handle, uint64_t offset);
int bare_poke(int handle, uint64_t offset, uint32_t value);
int loop_peek(int handle, uint64_t offset, uint64_t stride, size_t count, uint32_t *out);
int loop_poke(int handle, uint64_t offset, size_t count, const uint32_t *data);
int64_t lock_cost(size_t count);
"""

SOURCE = """
#include <dlfcn.h>
#include <stdint.h>

static struct {
    int (*peek)(int, uint64_t, uint32_t *);
    int (*poke)(int, uint64_t, uint32_t);
} table;
static const uint64_t size = 0x2000000;

int bare_open(const char *path) {
    void *image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!image)
        return -1;
    *(void **)&table.peek = dlsym(image, "fpga_pci_peek");
    *(void **)&table.poke = dlsym(image, "fpga_pci_poke");
    return table.peek && table.poke ? 0 : -1;
}

int64_t bare_peek(int handle, uint64_t offset) {
    uint32_t word;
    if (!table.peek || handle < 0 || handle >= 64 || offset >= size || offset % 4)
        return -1;
    return table.peek(handle, offset, &word) ? -1 : (int64_t)word;
}

int bare_poke(int handle, uint64_t offset, uint32_t value) {
    if (!table.poke || handle < 0 || handle >= 64 || offset >= size || offset % 4)
        return -1;
    return table.poke(handle, offset, value);
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

/* The lock of the core when nobody else wants it. */
int64_t lock_cost(size_t count) {
    static uint32_t lock;
    int64_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t expected = 0;
        taken += __atomic_compare_exchange_n(&lock, &expected, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
        __atomic_exchange_n(&lock, 0, __ATOMIC_RELEASE);
    }
    return taken;
}
"""


def build() -> Any:
    """The extension's ffi and lib, compiled into a folder of its own."""
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    ffi.set_source("hal_bench_bare", SOURCE, libraries=["dl"], extra_compile_args=["-O2"])
    folder = tempfile.mkdtemp(prefix="hal-bench-")
    ffi.compile(tmpdir=folder)
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("hal_bench_bare")
    finally:
        sys.path.remove(folder)


def open_library(module: Any, path: str) -> Any:
    """The extension's functions, on this library."""
    if module.lib.bare_open(str(Path(path)).encode()):
        raise SystemExit(f"benchmark: {path} has no fpga_pci_peek and fpga_pci_poke")
    return module.lib
