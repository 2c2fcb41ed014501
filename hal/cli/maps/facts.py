"""Commands on what a map says, without a card: `hal info` by path, `hal find` by address."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import BAR, MAP, NUMBER, PATH
from hal.cli.output import print_json, print_lines, print_table
from hal.codes import Pf, bar_name

if TYPE_CHECKING:
    from hal.design.rows import FieldRow, Row

__all__ = ["find", "info"]

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")


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
