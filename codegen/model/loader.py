"""Loads maps: reads, validates, elaborates; all faults of a run in one MapError."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codegen.importers.sources import ForeignMap, foreign_maps, maps_of, only_one
from codegen.model.device import meaning_digest
from codegen.model.elaborate import check_types, elaborate
from codegen.model.named_numbers import put_in_place
from codegen.model.properties import gather_properties
from codegen.schema.validation import validate_device, validate_included
from codegen.schema.vocabulary import CHILD_GROUPS
from codegen.source.findings import Findings, Source
from codegen.source.problem import MapError
from codegen.source.reader import read_map, read_text
from codegen.source.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from codegen.importers.importing import Imported
    from codegen.model.device import Device
    from codegen.schema.entries import IncludedMap
    from codegen.source.problem import Problem

__all__ = ["check", "check_imported", "is_part", "load", "load_every", "load_imported", "load_with_inputs", "loads"]

_OF_DEVICES = ("name", *CHILD_GROUPS)


def load(
    path: str | PathLike[str], *, roots: Sequence[Path] | None = None, constants: Mapping[str, int] | None = None
) -> Device:
    """Return the device of a map file, or of a file of another format: `chip.svd#UART0` is one of several in it.

    `roots` are folders besides the map's own that includes may come from, `constants` values that go before the map's.
    Raises MapError, also when the file can't be read, and ValueError for a constant that the map doesn't have.
    """
    return load_with_inputs(path, roots=roots, constants=constants)[0]


def load_with_inputs(
    path: str | PathLike[str], *, roots: Sequence[Path] | None = None, constants: Mapping[str, int] | None = None
) -> tuple[Device, tuple[Path, ...]]:
    """Return the device of a map file as `load` does, and all files that were read for it."""
    findings = Findings()
    with uncollected():
        foreign = foreign_maps(path)
        if foreign is not None:
            one = only_one(path, foreign)
            return replace(_finish([one.source], findings, constants or {}), notes=one.notes), one.inputs
        sources = read_map(Path(path), roots or (), findings)
        return _finish(sources, findings, constants or {}), tuple(Path(source.display) for source in sources)


def load_every(
    path: str | PathLike[str], constants: Mapping[str, int] | None = None
) -> list[tuple[Device, tuple[Path, ...]]]:
    """Return the devices of a file and what was read for each: one of a map, all of a file of another format.

    Raises as `load` does.
    """
    with uncollected():
        foreign = foreign_maps(path)
        if foreign is not None:
            return _devices(foreign, constants or {})
    return [load_with_inputs(path, constants=constants)]


def load_imported(imported: Imported, path: Path) -> list[tuple[Device, tuple[Path, ...]]]:
    """Return the devices that a file became, and what was read for each. Raises MapError with the file's places."""
    with uncollected():
        return _devices(maps_of(imported, path), {})


def check_imported(imported: Imported, path: Path) -> None:
    """Check what a file became. Raises MapError with the file's places."""
    with uncollected():
        findings = Findings()
        for item in maps_of(imported, path):
            _elaborated([item.source], findings, {})


def _devices(foreign: list[ForeignMap], constants: Mapping[str, int]) -> list[tuple[Device, tuple[Path, ...]]]:
    devices: list[tuple[Device, tuple[Path, ...]]] = []
    findings = Findings()
    for item in foreign:
        device = _finish([item.source], findings, constants)
        devices.append((replace(device, notes=item.notes), item.inputs))
    return devices


def check(path: str | PathLike[str], constants: Mapping[str, int] | None = None) -> tuple[Problem, ...]:
    """Check a map's file, or one for maps to include: it has no name and nothing of a device.

    Returns notes on what is right. Raises MapError, and ValueError as `load` does.
    """
    findings = Findings()
    foreign = foreign_maps(path)
    if foreign is not None:
        for item in foreign:
            _elaborated([item.source], findings, constants or {})
        return (*(note for item in foreign for note in item.notes), *findings.notes())
    sources = read_map(Path(path), (), findings)
    top = sources[0]
    if not top.data or any(key in top.data for key in _OF_DEVICES):
        _elaborated(sources, findings, constants or {})
        return findings.notes()
    gather_properties(sources, findings)
    put_in_place(sources, constants or {}, findings)
    check_types(_libraries(sources, findings), findings)
    findings.raise_any()
    return findings.notes()


def is_part(path: str | PathLike[str]) -> bool:
    """Say whether a file is for maps to include: one that can be read, and has nothing of a device."""
    findings = Findings()
    if foreign_maps(path) is not None:
        return False
    try:
        data = read_map(Path(path), (), findings)[0].data
    except MapError:
        return False
    return bool(data) and not any(key in data for key in _OF_DEVICES)


def loads(text: str, name: str = "<string>") -> Device:
    """Return the device of a map's text, which problems call `name`. Raises MapError."""
    findings = Findings()
    return _finish(read_text(text, name, findings), findings, {})


def _finish(sources: list[Source], findings: Findings, constants: Mapping[str, int]) -> Device:
    device = _elaborated(sources, findings, constants)
    return replace(device, digest=meaning_digest(device))


def _elaborated(sources: list[Source], findings: Findings, constants: Mapping[str, int]) -> Device:
    """Return the device without its digest, which takes a tenth of the time. Raises MapError."""
    top = sources[0]
    if not top.data:
        findings.raise_any()
    gather_properties(sources, findings)
    put_in_place(sources, constants, findings)
    device_map = validate_device(top, findings)
    maps = _libraries(sources[1:], findings)
    if device_map is None:
        findings.raise_any()
        raise AssertionError("a map without faults validates")
    device = elaborate([(top, device_map), *maps], device_map, findings)
    findings.raise_any()
    return device


def _libraries(sources: list[Source], findings: Findings) -> list[tuple[Source, IncludedMap]]:
    maps: list[tuple[Source, IncludedMap]] = []
    for source in sources:
        library = validate_included(source, findings) if source.data else None
        if library is not None:
            maps.append((source, library))
    return maps
