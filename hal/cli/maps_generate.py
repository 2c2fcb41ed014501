"""`hal generate` and `hal validate`: drivers from register maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["generate", "validate"]

_EXIT_MAP = 3


@click.command()
@click.argument("maps", nargs=-1, required=True, metavar="MAP...")
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False), help="Folder for the drivers.")
def generate(maps: tuple[str, ...], output: str) -> None:
    """Generate a typed Python driver for each register map.

    MAP is a YAML file, or the name of a map that ships with hal. The same maps give the same bytes; a driver that is
    up to date is not written again, and a failing run writes nothing.

    \b
    Example:
      hal generate blinker.yaml -o drivers
    """  # noqa: D301  (a mark of click's)
    from hal.errors import MapError  # noqa: PLC0415
    from hal.maps import codegen_package  # noqa: PLC0415

    codegen = codegen_package()
    try:
        written = codegen.generate([_map_file(name) for name in maps], Path(output))
    except codegen.MapError as error:
        raise MapError(str(error), error.problems) from None
    for path in written:
        click.echo(path)


@click.command()
@click.argument("maps", nargs=-1, required=True, metavar="MAP...")
def validate(maps: tuple[str, ...]) -> None:
    """Check register maps, and list everything that is wrong with them.

    \b
    Example:
      hal validate blinker.yaml
    """  # noqa: D301  (a mark of click's)
    from hal.maps import codegen_package  # noqa: PLC0415

    codegen = codegen_package()
    if not all(_is_valid(codegen, name) for name in maps):  # a list: every map is checked
        raise SystemExit(_EXIT_MAP)
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
