"""`hal fmt`, `diff` and `new`: writing and changing maps."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from pathlib import Path

import click

from hal.cli.maps.map_arguments import generator, map_errors
from hal.cli.maps.map_places import map_at
from hal.cli.options import MAP_PLACE
from hal.cli.output import print_error, print_json, print_lines, print_text

__all__ = ["diff", "fmt", "new"]

_EXIT_DIFFERENT = 1


@click.command()
@click.argument("maps", nargs=-1, required=True, metavar="MAP...", type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 and a diff when a map is written otherwise.")
def fmt(maps: tuple[str, ...], check: bool) -> None:
    """Format register maps; comments stay.

    One order of keys, one style of numbers, one indentation. A comment goes where its key goes; the names of registers
    and fields stay in their order. A file whose meaning or comments would change is refused. Only the files that change
    are printed. MAP - is standard input; its map goes to standard output, as does one of git:REVISION:PATH.

    \b
    Example:
      hal fmt maps/*.yaml
      hal fmt --check maps/*.yaml
      hal fmt - < blinker.yaml
    """  # noqa: D301  (a mark of click's)
    texts = []
    with map_errors():
        for name in maps:
            with map_at(name) as place:
                texts.append((name, *generator("schema.formatter").format_map(place.path), place.is_file))
    changed = [(name, before, after, is_file) for name, before, after, is_file in texts if before != after]
    for name, before, after, is_file in changed:
        if check:
            lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name)
            print_text("".join(lines), end="")
        elif is_file:
            generator("output.files").write_file(Path(name), after.encode())
            print_lines([name])
    if not check:
        print_text("".join(after for _, _, after, is_file in texts if not is_file), end="")
    if check and changed:
        print_error("maps are written otherwise: run hal fmt")
        raise SystemExit(_EXIT_DIFFERENT)


@click.command()
@click.argument("old", type=MAP_PLACE)
@click.argument("new_map", metavar="NEW", type=MAP_PLACE)
@click.option(
    "--fail-on",
    type=click.Choice(["regenerate", "breaking"]),
    default="regenerate",
    show_default=True,
    help="From which level of changes on the exit code is 1.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(old: str, new_map: str, fail_on: str, as_json: bool) -> None:
    """Show what changed between two register maps.

    And whether drivers stay right:

    \b
    compatible   drivers of the old map stay right on the new design
    regenerate   drivers must be generated again; programs stay as they are
    breaking     programs must change

    A map may be git:REVISION:PATH, as it is in that revision of the repository here with all that it includes, or - for
    standard input. Exit code 0: nothing as bad as --fail-on, 1: something is, 3: a map is wrong.

    \b
    Example:
      hal diff released/blinker.yaml blinker.yaml --fail-on breaking
      hal diff git:v1.2:blinker.yaml blinker.yaml
    """  # noqa: D301  (a mark of click's)
    difference = generator("views.difference")
    with map_errors():
        with map_at(old) as place:
            before = generator("model.loader").load(place.path)
        with map_at(new_map) as place:
            after = generator("model.loader").load(place.path)
        changes = difference.compare(before, after)
    worst = difference.worst_level(changes)
    if as_json:
        print_json({"format": 1, "level": worst, "changes": [asdict(change) for change in changes]})
    else:
        print_lines([*map(str, changes), _verdict(worst, len(changes))])
    if difference.LEVELS.index(worst) >= difference.LEVELS.index(fail_on):
        raise SystemExit(_EXIT_DIFFERENT)


def _verdict(level: str, count: int) -> str:
    if not count:
        return "no change that drivers see"
    texts = {
        "compatible": "drivers of the old map stay right",
        "regenerate": "generate drivers again; programs stay as they are",
        "breaking": "programs must change",
    }
    return f"{count} change{'s' if count > 1 else ''}: {texts[level]}"


@click.command()
@click.argument("name")
@click.option("--folder", type=click.Path(file_okay=False), help="Where to put it; a folder of that name if not given.")
@click.option("--rtl", is_flag=True, help="With logic in SystemVerilog for F2: a timer, a FIFO, DMA, interrupts.")
def new(name: str, folder: str | None, rtl: bool) -> None:
    """Start a project around a register map.

    With a map, a model for the emulated card, a test, and a pyproject.toml. With --rtl also a custom logic, and a
    Makefile that simulates it; its tests run on the emulated card, on the simulated logic, and on a card.

    \b
    Example:
      hal new blinker
      cd blinker
      hal generate blinker.yaml -o .
      pytest
      hal new sampler --rtl
      make -C sampler test
    """  # noqa: D301  (a mark of click's)
    with map_errors():
        written = generator("output.project").new_project(name, Path(folder or name), rtl=rtl)
    print_lines([str(path) for path in written])
