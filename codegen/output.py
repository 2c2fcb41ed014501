"""Writes generated files: whole or not at all, and only when they change."""

from __future__ import annotations

import os
import secrets
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .loader import load
from .problem import MapError
from .render import render_python

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["generate"]


def generate(paths: Iterable[str | PathLike[str]], out_dir: str | PathLike[str], lang: str = "python") -> list[Path]:
    """Write a driver for each map into a folder and return the files, in the order of the maps.

    Nothing is written unless all maps are right. Raises MapError with the problems of all of them,
    ValueError for an unknown language or two maps of one name, OSError when writing fails.
    """
    if lang != "python":
        raise ValueError(f"unknown language {lang!r}, known: python")
    texts = _render(paths)
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        _write(folder / name, text.encode())
    return [folder / name for name in texts]


def _render(paths: Iterable[str | PathLike[str]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    origins: dict[str, str] = {}
    errors: list[MapError] = []
    for path in paths:
        try:
            device = load(path)
        except MapError as error:
            errors.append(error)
            continue
        name = f"{device.name}.py"
        first = origins.setdefault(name, os.fspath(path))
        if name in texts:
            raise ValueError(f"{first} and {os.fspath(path)} would both become {name}; rename one")
        texts[name] = render_python(device)
    if errors:
        raise MapError(tuple(problem for error in errors for problem in error.problems))
    return texts


def _write(file: Path, content: bytes) -> None:
    if file.is_file() and file.read_bytes() == content:
        return
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
