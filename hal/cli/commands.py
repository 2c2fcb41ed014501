"""The commands. Each imports what it needs when it runs, so that `hal --help` is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from hal._version import __version__

__all__ = ["run"]

# Stable exit codes; 0 is success, 2 is click's own for a wrong command line.
EXIT_FAILED = 1
EXIT_MAP = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hal")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Typed Python drivers from FPGA register maps.

    Exit codes: 0 done, 1 failed, 2 wrong command line, 3 wrong register map.
    """


@cli.command()
@click.argument("maps", nargs=-1, required=True, metavar="MAP...")
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False), help="Folder for the drivers.")
def generate(maps: tuple[str, ...], output: str) -> None:
    r"""Generate a typed Python driver for each register map.

    MAP is a YAML file, or the name of a map that ships with hal. The same maps give the same bytes; a driver that is
    up to date is not written again, and a failing run writes nothing.

    \b
    Example:
      hal generate blinker.yaml -o drivers
    """
    from hal.maps import codegen_package  # noqa: PLC0415

    codegen = codegen_package()
    try:
        written = codegen.generate([_map_file(name) for name in maps], Path(output))
    except codegen.MapError as error:
        _stop(str(error), EXIT_MAP)
    for path in written:
        click.echo(path)


@cli.command()
@click.argument("maps", nargs=-1, required=True, metavar="MAP...")
def validate(maps: tuple[str, ...]) -> None:
    r"""Check register maps, and list everything that is wrong with them.

    \b
    Example:
      hal validate blinker.yaml
    """
    from hal.maps import codegen_package  # noqa: PLC0415

    codegen = codegen_package()
    if not all(_is_valid(codegen, name) for name in maps):  # a list: every map is checked
        raise SystemExit(EXIT_MAP)
    click.echo(f"{len(maps)} map{'s' if len(maps) > 1 else ''} checked, no error")


def _is_valid(codegen: Any, name: str) -> bool:
    try:
        codegen.load(_map_file(name))
    except codegen.MapError as error:
        click.echo(str(error), err=True)
        return False
    return True


def _map_file(name: str) -> Path:
    """A path as it is; a bare name that is no file is a shipped map."""
    from hal.maps import shipped_map, shipped_maps  # noqa: PLC0415

    path = Path(name)
    if path.suffix or path.exists() or name not in shipped_maps():
        return path
    return shipped_map(name)


def _stop(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(code)


def run() -> None:
    """Runs the command line; errors are one message on standard error and an exit code."""
    from hal.errors import HalError  # noqa: PLC0415

    try:
        cli(prog_name="hal")
    except (HalError, ImportError, OSError) as error:
        if "--debug" in sys.argv:
            raise
        _stop(f"hal: {error}", EXIT_FAILED)
