"""A folder to put on the path, for programs written for the vendor's Python modules.

It holds fpga_pci_wrapper, fpga_mgmt_wrapper and fpga_clkgen_wrapper, whose classes are those of `hal.vendor`. A program
that imports them runs unchanged, on a card and on the emulated one:

    PYTHONPATH=$(python -m hal.compat) python program.py

or `sys.path.insert(0, hal.compat.path())` before its imports.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["path"]


def path() -> str:
    """This folder."""
    return str(Path(__file__).resolve().parent)
