"""Register maps as classes without a generated file, and the maps that ship with hal. Needs the full install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal.generator.driver import load_driver
from hal.generator.package import shipped_map, shipped_maps

if TYPE_CHECKING:
    import os

    from hal.devices.device import Device

__all__ = ["load_map", "shipped_map", "shipped_maps"]


def load_map(path: str | os.PathLike[str]) -> type[Device]:
    """The driver class of a register map, as its generated file would hold it. MapError lists all that is wrong.

    `path`: a file, or the name of a shipped map.
    """
    driver: type[Device] = load_driver(path)
    return driver
