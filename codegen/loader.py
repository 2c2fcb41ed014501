"""Loads maps: reads, validates, elaborates; all faults of a run in one MapError."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .elaborate import elaborate
from .findings import Findings, Source
from .schema import DeviceMap, LibraryMap
from .schema_check import validate
from .sources import digest, read_map, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from .model import Device

__all__ = ["load", "load_with_inputs", "loads"]


def load(path: str | PathLike[str], *, roots: Sequence[Path] | None = None) -> Device:
    """Return the device of a map file.

    `roots` are folders besides the map's own that includes may come from. Raises MapError, also when
    the file can't be read.
    """
    return load_with_inputs(path, roots=roots)[0]


def load_with_inputs(
    path: str | PathLike[str], *, roots: Sequence[Path] | None = None
) -> tuple[Device, tuple[Path, ...]]:
    """Return the device of a map file as `load` does, and all files that were read for it."""
    findings = Findings()
    sources = read_map(Path(path), roots or (), findings)
    return _finish(sources, findings), tuple(Path(source.display) for source in sources)


def loads(text: str, name: str = "<string>") -> Device:
    """Return the device of a map's text, which problems call `name`. Raises MapError."""
    findings = Findings()
    return _finish(read_text(text, name, findings), findings)


def _finish(sources: list[Source], findings: Findings) -> Device:
    total = digest(sources)  # before validation, which cuts out what is wrong
    top = sources[0]
    if not top.data:
        findings.raise_any()
    device_map = validate(top, DeviceMap, findings)
    maps: list[tuple[Source, LibraryMap]] = []
    for source in sources[1:]:
        library = validate(source, LibraryMap, findings) if source.data else None
        if library is not None:
            maps.append((source, library))
    if device_map is None:
        findings.raise_any()
        raise AssertionError("a map without faults validates")
    device = elaborate([(top, device_map), *maps], device_map, total, findings)
    findings.raise_any()
    return device
