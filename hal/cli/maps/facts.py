"""Commands on what maps say, without a card: `hal maps` lists those that ship, `hal info` and `find` look into one."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from hal.cli.maps.map_arguments import generator
from hal.cli.options import BAR, MAP, NUMBER, PATH
from hal.cli.output import print_json, print_lines, print_table
from hal.codes import Pf, bar_name

if TYPE_CHECKING:
    from pathlib import Path

    from hal.design.rows import FieldRow, Row

__all__ = ["find", "info", "maps"]

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")


@click.command()
@_JSON
def maps(as_json: bool) -> None:
    """List the register maps that ship with hal.

    A map is taken by its name, wherever a MAP is. Those of kind types are for maps to include, by their file's name.

    JSON: a list of {name, kind, description, file}; kind is device or types.

    \b
    Example:
      hal maps
      hal info axi_uartlite
    """  # noqa: D301  (a mark of click's)
    from hal.generator.package import shipped_map, shipped_maps, shipped_parts  # noqa: PLC0415

    rows = [
        {"name": shown, "kind": kind, "description": _said_of(shipped_map(name)), "file": str(shipped_map(name))}
        for kind, names, suffix in (("device", shipped_maps(), ""), ("types", shipped_parts(), ".yaml"))
        for name in names
        for shown in (name + suffix,)
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("name", "kind", "description"), [(row["name"], row["kind"], row["description"]) for row in rows])


def _said_of(file: Path) -> str:
    """The first line of a map's description."""
    findings = generator("source.findings").Findings()
    data = generator("source.reader").read_alone(file, findings).data
    return str(data.get("description", "")).strip().partition("\n")[0]


@click.command()
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("path", type=PATH, required=False)
@_JSON
def info(map_name: str, path: str | None, as_json: bool) -> None:
    """Show what a map says of its registers, without a card.

    Without PATH all registers and memories with their addresses; a block or an array stands for what is in it, a
    register is shown with its fields.

    JSON: a list of the rows of hal.walk.

    \b
    Example:
      hal info cl_mem_perf clk_freq.ctl
    """  # noqa: D301  (a mark of click's)
    rows = _rows(map_name)
    if path is not None:
        rows = _below(rows, path)
    _show(rows, as_json)


@click.command()
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("address", type=NUMBER)
@click.option("--bar", type=BAR, help="Look in this BAR only, e.g. app:0.")
@_JSON
def find(map_name: str, address: int, bar: tuple[str, int] | None, as_json: bool) -> None:
    """Show what a map has at an address, without a card.

    ADDRESS is in bytes from the start of a BAR, as traces and logs have it; a byte in the middle of a register finds it
    too. Exit code 1: there is nothing.

    JSON: a list of the rows of hal.walk.

    \b
    Example:
      hal find cl_mem_perf 0x404
    """  # noqa: D301  (a mark of click's)
    found = [row for row in _rows(map_name) if row.address <= address < row.address + row.size]
    if bar is not None:
        found = [row for row in found if row.space == bar_name(Pf[bar[0].upper()], bar[1])]
    if not found:
        raise click.ClickException(f"{map_name} has nothing at {address:#x}")
    _show(found, as_json)


def _rows(map_name: str) -> list[Row]:
    from hal.design.rows import walk  # noqa: PLC0415
    from hal.generator.driver import load_driver  # noqa: PLC0415

    return list(walk(load_driver(map_name).driver))


def _below(rows: list[Row], path: str) -> list[Row]:
    """The register or memory at a path, or of a field's, or all in a block or an array."""
    from hal.errors import FieldNameError  # noqa: PLC0415
    from hal.texts.typed import in_brackets  # noqa: PLC0415

    path = in_brackets(path)
    exact = [row for row in rows if row.path == path or any(field.path == path for field in row.fields)]
    found = exact or [row for row in rows if row.path.startswith((f"{path}.", f"{path}["))]
    if not found:
        close = get_close_matches(path, [row.path for row in rows], n=1)
        hint = f": did you mean {close[0]}?" if close else ""
        raise FieldNameError(f"the map has no register, memory or block {path!r}{hint}")
    return found


def _show(rows: list[Row], as_json: bool) -> None:
    if as_json:
        print_json([asdict(row) for row in rows])
    elif len(rows) == 1:
        _show_one(rows[0])
    else:
        print_table(("address", "space", "name", "kind", "access", "reset"), [_line(row) for row in rows])


def _line(row: Row) -> tuple[str, ...]:
    reset = f"{row.reset:#x}" if row.kind == "register" else ""
    return (f"{row.address:#x}", row.space, row.path, row.kind, row.access, reset)


def _show_one(row: Row) -> None:
    size = f"{row.width} bits" if row.kind == "register" else f"{row.size:#x} bytes in words of {row.width} bits"
    reset = f", reset {row.reset:#x}" if row.kind == "register" else ""
    print_lines([f"{row.path}: {row.kind}, {row.space}, {row.address:#x}, {size}, {row.access}{reset}"])
    if row.description:
        print_lines([row.description])
    if row.fields:
        columns = ("bits", "name", "access", "reset", "values", "description")
        print_table(columns, [_field_line(field) for field in reversed(row.fields)])


def _field_line(field: FieldRow) -> tuple[str, ...]:
    bits = f"{field.msb}:{field.lsb}" if field.width > 1 else str(field.lsb)
    members: dict[str, Any] = {**field.members, **field.write_members}
    values = ", ".join(f"{name}={value}" for name, value in members.items()) or field.kind
    return (bits, field.name, field.access, f"{field.reset:#x}", values, field.description)
