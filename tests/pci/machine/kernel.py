"""The guest's kernel: Debian's cloud kernel as its package unpacks, in build/qemu/kernel (see .ci/kernel)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.support import ROOT

__all__ = ["modules", "unpacked", "vmlinuz"]

# What the guest loads, each after what it depends on.
WANTED = ("uio_pci_generic", "vfio-pci", "vfio_iommu_type1")


def unpacked() -> Path:
    """The folder with the package's files; HAL_QEMU_KERNEL names another one."""
    return Path(os.environ.get("HAL_QEMU_KERNEL") or ROOT / "build" / "qemu" / "kernel")


def vmlinuz() -> Path | None:
    """The kernel to boot; None where nobody has fetched it."""
    return next(iter(sorted((unpacked() / "boot").glob("vmlinuz-*"))), None)


def modules() -> list[Path]:
    """The modules of WANTED and those that they need, in the order of loading."""
    known = {path.stem.replace("-", "_"): path for path in (unpacked() / "lib" / "modules").rglob("*.ko")}
    ordered: list[Path] = []

    def add(name: str) -> None:
        path = known[name]
        if path in ordered:
            return
        for needed in re.findall(rb"\0depends=([^\0]+)", path.read_bytes()):
            for other in needed.decode().split(","):
                add(other.replace("-", "_"))
        ordered.append(path)

    for name in WANTED:
        add(name.replace("-", "_"))
    return ordered
