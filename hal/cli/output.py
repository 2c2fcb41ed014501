"""How commands print: JSON, tables that rich draws on a terminal, plain columns elsewhere."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["on_terminal", "print_json", "print_lines", "print_table"]


def on_terminal() -> bool:
    """Whether a person looks at standard output."""
    return sys.stdout.isatty()


def print_json(data: Any) -> None:
    """One JSON document."""
    click.echo(json.dumps(data, indent=2))


def print_lines(lines: list[str]) -> None:
    """Each on its own line; no lines print nothing."""
    for line in lines:
        click.echo(line)


def print_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Rows under their headings."""
    if on_terminal():
        _print_rich(columns, rows)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_rich(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as text: brackets of paths are no markup
    Console().print(table)
