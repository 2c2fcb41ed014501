"""Register maps as classes without a generated file, and the maps that ship with hal. Needs the full install."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hal.generator.driver import load_driver
from hal.generator.package import shipped_map, shipped_maps
from hal.printable import printable

if TYPE_CHECKING:
    import os

    from hal.devices.device import Device

__all__ = ["load_map", "shipped_map", "shipped_maps"]


def load_map(path: str | os.PathLike[str]) -> type[Device]:
    """The driver class of a register map, as its generated file would hold it. MapError lists all that is wrong.

    `path`: a file, or the name of a shipped map. What a file of another format says and the driver does not is a
    warning of the logger hal, with the file's lines.
    """
    driver, notice = load_driver(path)
    if notice:
        logging.getLogger("hal").warning("%s", printable("\n".join(notice)))
    found: type[Device] = driver
    return found
