"""Maps that are no files: `-` is standard input, `git:REV:PATH` is in a revision of the repository here."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import click

from hal.cli.maps.map_arguments import generator, map_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["STANDARD_INPUT", "MapPlace", "is_place", "map_at", "read_standard_input"]

STANDARD_INPUT = "-"
_GIT = "git:"
_BYTES_MAX = 64 << 20
_FILES_MAX = 10_000
_GIT_SECONDS = 60


class MapPlace:
    """A map's file, and how what is told of it names it."""

    def __init__(self, path: Path, folder: Path | None = None, named: str = "") -> None:
        """`folder`: where it was put for a while, which people know as `named`."""
        self.path = path
        self._folder, self._named = folder, named

    @property
    def is_file(self) -> bool:
        """Whether the map is a file of the user's, which can be written."""
        return self._folder is None

    def told(self, problems: Sequence[Any]) -> tuple[Any, ...]:
        """Problems with the names of files as people know them."""
        if self._folder is None:
            return tuple(problems)
        return tuple(replace(problem, file=self._name(problem.file)) for problem in problems)

    def _name(self, file: str) -> str:
        try:
            inside = Path(file).relative_to(self._folder or "")
        except ValueError:
            return file
        return "<stdin>" if self._named == STANDARD_INPUT else self._named + inside.as_posix()


def is_place(name: str) -> bool:
    """Whether a map's name means no file."""
    return name == STANDARD_INPUT or name.startswith(_GIT)


@contextmanager
def map_at(name: str) -> Iterator[MapPlace]:
    """The file of a map's name. The generator's MapError names files as people know them."""
    if name == STANDARD_INPUT:
        opened = _of_standard_input()
    elif name.startswith(_GIT):
        opened = _of_repository(name)
    else:
        yield MapPlace(map_file(name))
        return
    with opened as place:
        kind = generator("source.problem").MapError
        try:
            yield place
        except kind as error:
            raise kind(place.told(error.problems)) from None


def read_standard_input() -> bytes:
    """What a map's text can be."""
    content = sys.stdin.buffer.read(_BYTES_MAX + 1)
    if len(content) > _BYTES_MAX:
        raise click.UsageError(f"standard input has more than {_BYTES_MAX >> 20} MiB, which no map has")
    return content


@contextmanager
def _of_standard_input() -> Iterator[MapPlace]:
    with tempfile.TemporaryDirectory(prefix="hal-") as folder:
        file = Path(folder) / "stdin.yaml"
        file.write_bytes(read_standard_input())
        yield MapPlace(file, Path(folder), STANDARD_INPUT)


@contextmanager
def _of_repository(name: str) -> Iterator[MapPlace]:
    """The map and what is in its folder, from which it may include."""
    revision, _, path = name.removeprefix(_GIT).partition(":")
    if not revision or not path or revision.startswith("-"):
        raise click.UsageError(f"{name!r} is no git:REVISION:PATH, as in git:main:regs/blinker.yaml")
    above, _, last = path.rpartition("/")
    tree = _git(
        name, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}:{above + '/' if above else ''}"
    )
    top = os.fsdecode(_git(name, "rev-parse", "--show-cdup").rstrip(b"\n")) or "."
    with tempfile.TemporaryDirectory(prefix="hal-") as folder:
        packed = Path(folder, "packed")
        packed.mkdir()
        _unpack(name, tree.decode().strip(), top, packed)
        file = packed / last
        if not file.is_file():
            raise click.UsageError(f"{name}: there is no such file in that revision")
        yield MapPlace(file, packed, f"{_GIT}{revision}:{above + '/' if above else ''}")


def _git(name: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  (no option of git's can come from a name)
            ["git", *arguments],  # noqa: S607  (the user's)
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise click.UsageError(f"{name}: git is not installed") from None
    except subprocess.TimeoutExpired:
        raise click.UsageError(f"{name}: git took more than {_GIT_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] or "no such revision or folder"
        raise click.UsageError(f"{name}: {said}")
    return done.stdout


def _unpack(name: str, tree: str, top: str, folder: Path) -> None:
    """Plain files of a tree alone, under names that stay in the folder, as git says them: not all is held at once.

    `top`: the repository's; from a folder below git takes a part of the tree.
    """
    command = ["git", "archive", "--format=tar", tree]
    total = 0
    with subprocess.Popen(command, cwd=top, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as git:  # noqa: S603
        try:
            with tarfile.open(fileobj=git.stdout, mode="r|") as packed:
                for number, member in enumerate(packed):
                    path = PurePosixPath(member.name)
                    total += member.size
                    if total > _BYTES_MAX or number >= _FILES_MAX:
                        limits = f"{_FILES_MAX} files, or {_BYTES_MAX >> 20} MiB"
                        raise click.UsageError(f"{name}: its folder holds more than maps do: more than {limits}")
                    stream = packed.extractfile(member) if member.isreg() else None
                    if stream is None or path.is_absolute() or ".." in path.parts:
                        continue
                    target = folder.joinpath(*path.parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(stream.read())
            git.communicate()  # behind the end are zeros
            if git.returncode:
                raise click.UsageError(f"{name}: git's archive ends too soon; see what git fsck says of the repository")
        except tarfile.TarError as problem:
            raise click.UsageError(f"{name}: git's archive can't be read: {problem}") from None
        finally:
            git.kill()
