"""The generator as commands use it: imported late, its errors as those of the command line."""

from __future__ import annotations

import atexit
import gc
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from hal.cli.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["generator", "map_errors", "map_file"]


def generator(module: str) -> Any:
    """A module of the generator's package; a wrong package in its place is named in the ImportError."""
    from hal.generator.package import codegen_package  # noqa: PLC0415

    _leave_the_end_alone()
    with uncollected():
        codegen_package()
        return import_module(f"codegen.{module}")


@cache
def _leave_the_end_alone() -> None:
    """To go through all objects once more when the process ends takes a tenth of a short run, and finds nothing."""
    atexit.register(gc.freeze)


def map_file(name: str) -> Path:
    """A path as it is; a bare name that is no file is a shipped map. click.UsageError where none has it."""
    from hal.errors import MapError  # noqa: PLC0415
    from hal.generator.package import map_source  # noqa: PLC0415

    try:
        return map_source(name)
    except MapError as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def map_errors() -> Iterator[None]:
    """Makes what the generator raises an error of the command line."""
    from hal.errors import MapError  # noqa: PLC0415

    try:
        yield
    except generator("source.problem").MapError as error:
        raise MapError(str(error), error.problems) from None
    except generator("source.problem").ArgumentError as error:
        raise click.UsageError(str(error)) from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
