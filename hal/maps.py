"""Register maps as classes without a generated file, and the maps that ship with hal. Needs the full install."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hal.errors import FieldTypeError
from hal.generator.driver import load_driver
from hal.generator.package import shipped_map, shipped_maps
from hal.printable import printable
from hal.values import integer, named_kind, shown, text

if TYPE_CHECKING:
    import os

    from hal.devices.device import Device

__all__ = ["load_map", "shipped_map", "shipped_maps"]


def load_map(path: str | os.PathLike[str], *, constants: Mapping[str, int] | None = None) -> type[Device]:
    """The driver class of a register map, as its generated file would hold it. MapError lists all that is wrong.

    `path`: a file, or the name of a shipped map. `constants`: values that go before those of the map, as `--set` of
    `hal generate`; FieldValueError for a name that it does not define, FieldTypeError for what is no integer. What a
    file of another format says and the driver does not is a warning of the logger hal, with the file's lines.
    """
    driver, notice = load_driver(path, _settings(constants))
    if notice:
        logging.getLogger("hal").warning("%s", printable("\n".join(notice)))
    found: type[Device] = driver
    return found


def _settings(constants: Mapping[str, int] | None) -> dict[str, int]:
    if constants is None:
        return {}
    if not isinstance(constants, Mapping):
        raise FieldTypeError(f"constants are integers by name, not {named_kind(constants)}")
    return {
        text(name, "a constant's name is text"): integer(value, f"the constant {shown(name)} is an integer")
        for name, value in constants.items()
    }
