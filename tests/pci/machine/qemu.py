"""Runs the guest, and reads what its tests found."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.pci.machine.initramfs import write_initramfs
from tests.pci.machine.kernel import vmlinuz
from tests.support import ROOT
from tests.support.processes import LIMIT

__all__ = ["GUEST_TESTS", "missing", "results_of_run", "run_guest"]

PROGRAM = "qemu-system-x86_64"
GUEST_TESTS = ROOT / "tests" / "pci" / "guest"
SECONDS_MAX = 7 * LIMIT  # on a quiet machine it takes a minute
# All that QEMU can emulate but what costs the most: loops of single bytes, which the kernel would copy with, a fifth level
# of page tables, and registers of 32 bytes.
CPU = "max,erms=off,la57=off,xsave=off"
# Emulated in software: under /dev/kvm guests were seen to hang. A machine with an IOMMU, and the devices under test:
# two of QEMU's teaching device, whose DMA reaches 28 and 40 bits, one behind a port that can be unplugged, and memory.
MACHINE = (
    *("-machine", "q35", "-accel", "tcg", "-cpu", CPU, "-m", "1G", "-device", "intel-iommu,intremap=on"),
    *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-monitor", "none"),
    *("-device", "edu,addr=4", "-device", "edu,addr=5,dma_mask=0xffffffffff"),
    *("-object", "memory-backend-ram,id=shared,size=4M,share=on"),
    *("-device", "ivshmem-plain,memdev=shared,addr=6"),
)
# no_timer_check: a busy host may not give the guest its first ticks in time, and the kernel would panic. init_on_alloc:
# Debian's kernel would clear each page that it gives anybody.
COMMAND_LINE = "console=ttyS0 quiet loglevel=4 panic=-1 intel_iommu=on hugepages=2 random.trust_cpu=on no_timer_check mitigations=off init_on_alloc=0 rdinit=/init"


def missing() -> str:
    """What this machine lacks for the guest, in words; "" where it lacks nothing."""
    if platform.machine() != "x86_64":
        return "the guest is for x86-64 hosts"
    if shutil.which(PROGRAM) is None:
        return f"needs {PROGRAM} (the package qemu-system-x86)"
    if vmlinuz() is None:
        return "needs Debian's cloud kernel: run .ci/kernel"
    return ""


def run_guest(folder: Path, arguments: list[str]) -> tuple[list[dict[str, Any]], str]:
    """Boots it once, for the tests that are pytest's arguments. Returns what they told, and what was printed."""
    image, console, told = folder / "initramfs", folder / "console", folder / "told"
    write_initramfs(image, arguments)
    serial = [word for path in (console, told) for word in ("-serial", f"file:{path}")]
    kernel = ["-kernel", str(vmlinuz()), "-initrd", str(image), "-append", COMMAND_LINE]
    note = ""
    try:
        done = subprocess.run(
            [PROGRAM, *MACHINE, *serial, *kernel],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
        )  # fmt: skip
        note = done.stderr
    except subprocess.TimeoutExpired:
        note = f"the guest did not end within {SECONDS_MAX} seconds"
    finally:
        image.unlink(missing_ok=True)
    printed = console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.exists() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")], printed + note


def results_of_run() -> tuple[list[dict[str, Any]], str]:
    """The same of all guest tests, by whichever process of this test run comes first; the others wait for it."""
    folder = Path(os.environ["HAL_CACHE"]) / "guest"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "results.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                kept.write_text(json.dumps(run_guest(Path(scratch), [str(GUEST_TESTS.relative_to(ROOT))])))
        results, printed = json.loads(kept.read_text())
    return results, printed
