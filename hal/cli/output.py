"""How commands print: lines, JSON, tables that rich draws on a terminal, plain columns elsewhere.

Nothing is printed past this module: names of files, texts of maps and of cards may hold what a terminal or a build
service takes as an order, and are made printable here.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from hal.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

__all__ = [
    "on_terminal",
    "print_error",
    "print_errors",
    "print_json",
    "print_lines",
    "print_orders",
    "print_table",
    "print_text",
    "terminal_console",
]


def on_terminal() -> bool:
    """Whether a person looks at standard output."""
    return sys.stdout.isatty()


def print_text(text: str, *, end: str = "\n") -> None:
    """A text of one or more lines."""
    click.echo(printable(text) + end, nl=False)


def print_error(text: str) -> None:
    """The same on standard error."""
    click.echo(printable(text), err=True)


def print_errors(lines: Sequence[str]) -> None:
    """Each on its own line of standard error."""
    for line in lines:
        print_error(line.replace("\n", "\\n"))


def print_orders(text: str) -> None:
    """Orders to a build service, from a source that has made its texts printable."""
    click.echo(text)


def print_json(data: Any, *, indent: int | None = 2) -> None:
    """One JSON document. It holds texts as they are, in ASCII, and no order to a build service."""
    click.echo(json.dumps(data, indent=indent).replace("##", "#\\u0023"))


def print_lines(lines: list[str], file: TextIO | None = None) -> None:
    """Each on its own line; no lines print nothing. `file`: what was standard output, where another is in its place."""
    for line in lines:
        click.echo(printable(line.replace("\n", "\\n")), file=file)


def print_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Rows under their headings."""
    rows = [tuple(printable(cell).replace("\n", "\\n") for cell in row) for row in rows]
    if on_terminal():
        _print_rich(columns, rows)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        print_text("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def terminal_console() -> Console:
    """Rich's console, for what is drawn again and again: of texts that were made printable."""
    from rich.console import Console  # noqa: PLC0415

    return Console()


def _print_rich(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as text: brackets of paths are no markup
    terminal_console().print(table)
