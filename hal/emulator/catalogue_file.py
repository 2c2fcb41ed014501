"""A catalogue of AFIs for an emulated card: a YAML file that says what each id holds and how it fails.

    schema: 1
    afis:
      agfi-0123456789abcdef0:
        map: blinker.yaml              # a file beside this one, or the name of a shipped map; left out: no registers
        model: models.py:BlinkerModel  # a class derived from hal.Model, called with the map's driver
        pci: {device: 0xf010}          # ids shown when it is loaded; the map's where left out
        clkgen: true                   # whether it holds the clock generator; the map's where left out
        load_ms: 50
        faults: [load-error=afi-power-violation]

The schema checks each value; what needs files (maps, models) is checked after it. All that is wrong is told at once.
"""

# pydantic reads the annotations when it runs.
# ruff: noqa: TC003

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from hal.codes import ErrorCode
from hal.emulator.design_text import model_line
from hal.emulator.kept_text import text_of
from hal.errors import MapError
from hal.generator.driver import load_driver
from hal.generator.package import codegen_package, shipped_map, shipped_maps

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Catalogue", "CatalogueEntry", "CatalogueModel", "PciIds", "find_model", "read_catalogue"]

_AFI_ID = re.compile(r"agfi-[0-9a-f]{17}")
_MODEL = re.compile(r"(?P<file>.+\.py):(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_FAULT = re.compile(
    r"(load-error|load-timeouts|describe-error|attach-error|rescan-error)=[0-9]{1,4}"
    r"|bus-dead=(ocl|pcis|sda)|never-ready|no-clkgen|clkgen-reset"
)
_ERROR_NUMBERS = {code.name.lower().replace("_", "-"): int(code) for code in ErrorCode}
_FAULT_HINT = (
    "load-error=N, load-timeouts=K, describe-error=N, attach-error=N, rescan-error=N, bus-dead=ocl, =pcis or "
    "=sda, never-ready, no-clkgen, clkgen-reset; N is a number or an error's name"
)
_LOAD_MS_MAX = 600_000


def _afi_id(value: str) -> str:
    if not _AFI_ID.fullmatch(value):
        raise ValueError(f"{value[:80]!r} is no AFI id: agfi- and 17 hex digits in lower case")
    return value


def _fault(value: str) -> str:
    """The fault as the card takes it: an error's name becomes its number."""
    name, equals, code = value.partition("=")
    number = _ERROR_NUMBERS.get(code)
    spec = f"{name}={number}" if equals and number is not None else value
    if not _FAULT.fullmatch(spec):
        raise ValueError(f"{value[:80]!r} is no fault: {_FAULT_HINT}")
    return spec


def _model(value: str) -> str:
    if not _MODEL.fullmatch(value):
        raise ValueError(f"{value[:80]!r} is no model: FILE.py:ClassName")
    return value


_Id = Annotated[int, Field(ge=0, le=0xFFFF)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PciIds(_Entry):
    """The ids that the application function shows with the AFI loaded."""

    device: _Id
    vendor: _Id = 0x1D0F
    subsystem_device: _Id = 0x1D51
    subsystem_vendor: _Id = 0xFEDC


class CatalogueEntry(_Entry):
    """What one AFI holds, how long its load takes in milliseconds, and how it fails."""

    map: str | None = None
    model: Annotated[str, AfterValidator(_model)] | None = None
    pci: PciIds | None = None
    clkgen: bool | None = None
    load_ms: Annotated[int, Field(ge=0, le=_LOAD_MS_MAX)] = 50
    faults: list[Annotated[str, AfterValidator(_fault)]] = []


class CatalogueModel(NamedTuple):
    """A model of a catalogue: the design that it plays, its file and class, and the map of its driver."""

    design: str
    file: Path
    name: str
    register_map: Path


class Catalogue(_Entry):
    """The whole file."""

    schema_version: Literal[1] = Field(alias="schema")
    afis: dict[Annotated[str, AfterValidator(_afi_id)], CatalogueEntry]


def read_catalogue(path: Path) -> list[str]:
    """The designs of a catalogue, as the emulated card installs them. MapError lists all that is wrong, with lines."""
    return [_design(afi, entry, path.parent) for afi, entry in _entries(path).items()]


def find_model(path: Path, afi: str) -> CatalogueModel | None:
    """The model that a catalogue has for an AFI. MapError lists all that is wrong with it."""
    entry = _entries(path).get(afi)
    if entry is None or entry.map is None or entry.model is None:
        return None
    file, _, name = entry.model.rpartition(":")
    folder = path.parent
    return CatalogueModel(_design(afi, entry, folder), (folder / file).resolve(), name, _map_path(entry.map, folder))


def _entries(path: Path) -> dict[str, CatalogueEntry]:
    codegen = codegen_package()
    from codegen.source.findings import Findings  # noqa: PLC0415  (only where a catalogue is read)
    from codegen.source.reader import read_map  # noqa: PLC0415

    findings = Findings()
    source = read_map(path, [], findings)[0]
    try:
        if not len(findings):
            catalogue = _checked(source, findings)
            _find_files(catalogue, path.parent, source, findings)
            return catalogue.afis
        findings.raise_any()
    except codegen.MapError as error:
        raise MapError(str(error), error.problems) from None
    return {}


def _checked(source: Any, findings: Any) -> Catalogue:
    try:
        return Catalogue.model_validate(source.data)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            place = tuple(step for step in problem["loc"] if step != "[key]")
            missing = problem["type"] == "missing"
            at_key = missing or problem["type"] == "extra_forbidden" or "[key]" in problem["loc"]
            message, hint = _words(problem, str(place[-1]) if place else "")
            findings.add(source, place[:-1] if missing else place, problem["type"], message, hint, at_key=at_key)
        findings.raise_any()
        raise


def _words(problem: Any, key: str) -> tuple[str, str]:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "missing":
        return f"the key {key!r} is missing", f"Add {key!r}."
    if kind == "extra_forbidden":
        known = ", ".join(["schema", "afis", *CatalogueEntry.model_fields, *PciIds.model_fields])
        return f"unknown key {key!r}", f"Keys of a catalogue: {known}."
    if kind == "value_error":
        message, _, hint = str(context["error"]).partition(": ")
        return message, f"Give {hint}."
    return f"got {problem['input']!r}: {problem['msg'][:1].lower()}{problem['msg'][1:]}", "See the manual's page on it."


def _find_files(catalogue: Catalogue, folder: Path, source: Any, findings: Any) -> None:
    """Every file is looked for before the first design is made."""
    for afi, entry in catalogue.afis.items():
        for key, message in _file_faults(entry, folder):
            findings.add(source, ("afis", afi, key), "not-found", message, "Paths are relative to the catalogue.")
    findings.raise_any()


def _file_faults(entry: CatalogueEntry, folder: Path) -> Iterator[tuple[str, str]]:
    if entry.map is not None and not _map_path(entry.map, folder).is_file():
        yield "map", f"no register map {entry.map!r}; shipped are {', '.join(shipped_maps())}"
    if entry.model is not None and entry.map is None:
        yield "model", "a model needs the map whose registers it plays"
    if entry.model is not None and not (folder / entry.model.rpartition(":")[0]).is_file():
        yield "model", f"no file {entry.model.rpartition(':')[0]!r}"


def _map_path(name: str, folder: Path) -> Path:
    if name in shipped_maps():
        return shipped_map(name)
    return (folder / name).resolve()


def _design(afi: str, entry: CatalogueEntry, folder: Path) -> str:
    """The map's own design with the catalogue's ids, times and faults in its head."""
    lines = [f"afi {afi}", f"load_ms {entry.load_ms}", *(f"fault {spec}" for spec in entry.faults)]
    replaced = ["afi"]
    if entry.pci is not None:
        ids = entry.pci
        lines.append(f"pci {ids.vendor:#x} {ids.device:#x} {ids.subsystem_device:#x} {ids.subsystem_vendor:#x}")
        replaced.append("pci")
    if entry.clkgen is not None:
        lines.append(f"clkgen {int(entry.clkgen)}")
        replaced.append("clkgen")
    own = ["haldesign 1", "name blank"]
    if entry.map is not None:
        register_map = _map_path(entry.map, folder)
        own = text_of(load_driver(register_map).driver._design).splitlines()
        if entry.model is not None:
            lines.append(model_line(entry.model))
    kept = [line for line in own if line.split(" ", 1)[0] not in replaced]
    return "\n".join([*kept[:2], *lines, *kept[2:]]) + "\n"
