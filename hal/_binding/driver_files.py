"""Files that the kernel's drivers have of a PCI function, found by its address.

A driver numbers what it holds in the order in which it found it. That is no slot's number, so none is made of one.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["DriverFiles"]


class DriverFiles(NamedTuple):
    """Of the function at an address such as 0000:34:00.0. `root`: where the system's /sys and /dev are."""

    function: str
    root: Path = Path("/")

    @property
    def uio(self) -> Path | None:
        """The file of UIO; None where no driver of it holds the function."""
        folder = self.root / "sys" / "bus" / "pci" / "devices" / self.function / "uio"
        names = sorted(entry.name for entry in folder.iterdir()) if self.function and folder.is_dir() else []
        return self.root / "dev" / names[0] if names else None

    def xdma(self, ending: str) -> Path | None:
        """The XDMA driver's file of that ending, such as h2c_0 or events_3; None where the driver has none for it.

        Source: the driver's class in sysfs, /sys/class/xdma/xdma1_h2c_0, whose `device` is the PCI function.
        """
        for entry in sorted((self.root / "sys" / "class" / "xdma").glob(f"xdma*_{ending}")):
            if (entry / "device").resolve().name == self.function:
                return self.root / "dev" / entry.name
        return None
