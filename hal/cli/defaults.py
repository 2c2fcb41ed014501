"""Slot, map and library of a project, so that commands in its folders need not name them.

`.hal.toml`, or `[tool.fpga-hal]` of a pyproject.toml, in the current folder or the next one above it:

    slot = 0
    map = "regs/blinker.yaml"
    library = "emulator:bench"

Only a file of this user or of root, which nobody else can write, is believed; a library that is a file has to be named
with --library or HAL_LIBRARY, since it is code.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from hal.cli.output import print_error
from hal.codes import SLOTS
from hal.plain_files import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Defaults", "DefaultsGroup", "find_defaults", "with_defaults"]

_FILE, _PROJECT, _TABLE = ".hal.toml", "pyproject.toml", "fpga-hal"
_SIZE_MAX = 1 << 20
_OTHERS_KEYS = frozenset({"maps", "package"})  # of the build hook
_LIBRARIES = ("sdk", "pci", "emulator")


class Defaults(NamedTuple):
    """What a file says, and which; None where it says nothing."""

    file: Path | None = None
    slot: int | None = None
    map_name: str | None = None
    library: str | None = None


def find_defaults() -> Defaults:
    """Those of the next file upwards that has any, looked for once by a command. click.UsageError where it is wrong."""
    context = click.get_current_context(silent=True)
    if context is None:
        return _found()
    if __name__ not in context.meta:
        context.meta[__name__] = _found()
    known: Defaults = context.meta[__name__]
    return known


def _found() -> Defaults:
    here = Path.cwd()
    for folder in (here, *here.parents):
        for file, table in _tables(folder):
            return _checked(file, table)
    return Defaults()


def _tables(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """What the files of a folder say, the one of our own first."""
    own = _read(folder / _FILE)
    if own is not None:
        yield folder / _FILE, own
    project = _read(folder / _PROJECT) or {}
    tools = project.get("tool")
    table = tools.get(_TABLE) if isinstance(tools, dict) else None
    if isinstance(table, dict) and table.keys() - _OTHERS_KEYS:
        yield folder / _PROJECT, {key: value for key, value in table.items() if key not in _OTHERS_KEYS}


def _read(file: Path) -> dict[str, Any] | None:
    """A file's content; None where there is none, or none that is to be believed."""
    try:
        descriptor, facts = open_plain(file)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if facts.st_uid not in {0, os.geteuid()} or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH) & ~_own_group(facts):
            if file.name == _FILE:
                print_error(f"hal: {file} is not used: another user has it, or can write it")
            return None
        content = stream.read(_SIZE_MAX)
    # Most folders have no such file.
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415
    else:
        import tomli as tomllib  # type: ignore[import-not-found]  # noqa: PLC0415  (of older versions alone)
    try:
        found: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        if file.name != _FILE:
            return None  # others read it too, and will say so
        raise click.UsageError(f"{file} is no TOML: {problem}") from None
    return found


def _own_group(facts: os.stat_result) -> int:
    """The right to write of a group that is the user's own, as where umask is 002."""
    return stat.S_IWGRP if facts.st_gid == os.getegid() == os.geteuid() else 0


def _checked(file: Path, table: dict[str, Any]) -> Defaults:
    kinds = {"slot": int, "map": str, "library": str}
    for key, value in table.items():
        if key not in kinds:
            raise click.UsageError(f"{file}: unknown key {key!r}, known: {', '.join(kinds)}")
        if type(value) is not kinds[key]:
            raise click.UsageError(f"{file}: {key} is {'a number' if kinds[key] is int else 'text'}, not {value!r}")
    slot, map_name, library = table.get("slot"), table.get("map"), table.get("library")
    if slot is not None and not 0 <= slot < SLOTS:
        raise click.UsageError(f"{file}: slot is 0 to {SLOTS - 1}, not {slot}")
    if library is not None and library.partition(":")[0] not in _LIBRARIES:
        raise click.UsageError(
            f"{file}: library is {', '.join(_LIBRARIES)} or emulator:NAME, not {library!r}; "
            "name a library that is a file with --library or HAL_LIBRARY"
        )
    if map_name is not None and (Path(map_name).suffix or (file.parent / map_name).exists()):
        map_name = str(_near(file.parent / map_name))
    return Defaults(file, slot, map_name, library)


def _near(path: Path) -> Path:
    """The path as seen from here, where it is below."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


class DefaultsGroup(click.Group):
    """A group whose commands take slot and map from the project where they are not given."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command and its words."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, with_defaults(command, rest) if command is not None else rest


def with_defaults(command: click.Command, arguments: list[str]) -> list[str]:
    """The words of a command line, and the slot and the map that are not among them."""
    wanted = [item for item in command.params if isinstance(item, click.Argument)]
    takes_slot = bool(wanted) and wanted[0].type.name == "slot"
    takes_map = len(wanted) > takes_slot and wanted[takes_slot].type.name == "map" and wanted[takes_slot].nargs == 1
    if not (takes_slot or takes_map):
        return arguments
    places = _places(command, arguments)
    given = [arguments[place] for place in places]
    lacks_slot = takes_slot and not (given and _is_slot(given[0]))
    rest = places if lacks_slot or not takes_slot else places[1:]
    lacks_map = takes_map and not (rest and _is_map(arguments[rest[0]]))
    if not (lacks_slot or lacks_map):
        return arguments
    known, where = find_defaults(), rest[0] if rest else len(arguments)
    if "--" in arguments[:where]:
        where = arguments.index("--")
    added = [str(known.slot)] if lacks_slot and known.slot is not None else []
    if lacks_slot and not added:
        return arguments
    added += [known.map_name] if lacks_map and known.map_name is not None else []
    return [*arguments[:where], *added, *arguments[where:]]


def _is_slot(word: str) -> bool:
    return word.isdecimal() or "://" in word


def _is_map(word: str) -> bool:
    from hal.generator.package import shipped_maps  # noqa: PLC0415

    return bool(Path(word).suffix in {".yaml", ".yml"} or Path(word).is_file()) or word in {"-", *shipped_maps()}


def _places(command: click.Command, arguments: list[str]) -> list[int]:
    """Which of the words are neither options nor their values."""
    takes_value = {
        name
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag and not option.count
        for name in option.opts
    }
    places, is_value, ended = [], False, False
    for place, word in enumerate(arguments):
        if is_value:
            is_value = False
        elif ended or not word.startswith("-") or word == "-":
            places.append(place)
        elif word == "--":
            ended = True
        else:
            is_value = word in takes_value
    return places
