"""An import from a file of another format to maps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.importers.described.description import Origin
from codegen.importers.described.naming import free_name, snake_name
from codegen.importers.described.remarks import Remarks, refuse
from codegen.importers.described.request import Foreign, Options
from codegen.importers.formats.cheby import read_cheby
from codegen.importers.formats.hdl_registers import read_hdl_registers
from codegen.importers.formats.ipxact.ipxact import read_ipxact
from codegen.importers.formats.litex import read_litex
from codegen.importers.formats.opentitan import read_opentitan
from codegen.importers.formats.rggen.rggen import read_rggen
from codegen.importers.formats.svd.svd import read_svd
from codegen.importers.formats.systemrdl.systemrdl import read_systemrdl
from codegen.importers.formats_known import FORMATS, Format, format_of
from codegen.importers.settled.device_settling import settle
from codegen.importers.writing.map_tree import map_tree
from codegen.source.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from codegen.importers.described.description import Device
    from codegen.importers.writing.made_map import MapTree

__all__ = ["Imported", "import_devices", "import_file"]

MAX_BYTES = 64 << 20

_READERS: dict[str, Callable[[Foreign, Options, Remarks], list[Device]]] = {
    "cheby": read_cheby,
    "hdl-registers": read_hdl_registers,
    "ipxact": read_ipxact,
    "litex": read_litex,
    "opentitan": read_opentitan,
    "rdl": read_systemrdl,
    "rggen": read_rggen,
    "svd": read_svd,
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made: maps, the report, the files that were read, and the text of each as problems show it."""

    maps: tuple[MapTree, ...]
    remarks: Remarks
    inputs: tuple[Path, ...]
    texts: dict[str, str]


def import_file(path: Path, options: Options, form: Format | None = None) -> Imported:
    """Return the maps of a file. Raises MapError with the place of what is wrong."""
    display = os.fspath(path)
    origin = Origin(display, 1)
    form = form or format_of(path)
    if form is None:
        names = ", ".join(FORMATS)
        raise refuse(origin, "unknown-format", "the file is of no format that is known", f"Say it: --from {names}.")
    content = _content(path, origin)
    source = Foreign(path, display, content)
    remarks = Remarks()
    with uncollected():
        devices = _READERS[form.name](source, options, remarks)
        return import_devices(_wanted(devices, options.top, origin), source, options, remarks)


def import_devices(devices: list[Device], source: Foreign, options: Options, remarks: Remarks) -> Imported:
    """Return the maps of what was read. Raises MapError with the place of what is wrong."""
    maps = _maps(devices, options, remarks)
    remarks.all.sort(key=lambda remark: remark.origin)
    inputs = tuple(source.read) or (source.path,)
    return Imported(maps, remarks, inputs, _texts(source, inputs))


def _texts(source: Foreign, inputs: Sequence[Path]) -> dict[str, str]:
    texts = {source.display: source.content.decode("utf-8", errors="replace")}
    for path in inputs:
        if os.fspath(path) not in texts:
            texts[os.fspath(path)] = path.read_bytes().decode("utf-8", errors="replace")
    return texts


def _content(path: Path, origin: Origin) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise refuse(origin, "not-found", "can't read the file: it is no file", "Check the path.")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse(origin, "not-found", f"can't read the file: {reason}", "Check the path.") from None
    if len(content) > MAX_BYTES:
        raise refuse(origin, "too-big", f"the file is larger than {MAX_BYTES >> 20} MiB", "Import a part of it.")
    return content


def _wanted(devices: list[Device], top: str | None, origin: Origin) -> list[Device]:
    if not devices:
        raise refuse(origin, "nothing-left", "no registers are in the file", "Is it the right file?")
    if top is None:
        return devices
    if len(devices) == 1:  # what the reader chose
        return devices
    found = [device for device in devices if top in {device.name, snake_name(device.name, "d")}]
    if not found:
        names = ", ".join(device.name for device in devices[:40])
        raise refuse(origin, "unknown-top", f"nothing in the file is called {top!r}", f"There are: {names}.")
    return found[:1]


def _maps(devices: list[Device], options: Options, remarks: Remarks) -> tuple[MapTree, ...]:
    taken: set[str] = set()
    maps: list[MapTree] = []
    for device in devices:
        settle(device, options, remarks)
        name = snake_name(device.name, "d")
        free = free_name(name, taken)
        if free != name:
            message = f"another one is called {name}: it is {free}"
            remarks.approximated(device, device.origin, device.name, message)
            device.name = free
        maps.append(map_tree(device, remarks))
    return tuple(maps)
