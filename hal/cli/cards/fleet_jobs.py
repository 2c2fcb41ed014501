"""What `hal fleet run` runs, for which items, and how it prints what came of them."""

from __future__ import annotations

import json
import runpy
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.output import print_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

    from hal.fleet.work import ItemResult

__all__ = ["function_of", "in_order", "items_of", "print_results", "printable_value"]


def function_of(text: str) -> Callable[..., Any]:
    """The function that FILE.py:FUNCTION names. The file is run, as any program is that one starts."""
    file, _, name = text.rpartition(":")
    if not file or not Path(file).is_file():
        raise click.UsageError(f"{text!r} names no function: give FILE.py:FUNCTION, of a file that is there")
    try:
        found: Any = runpy.run_path(file, run_name="hal_fleet_file").get(name)
    except (Exception, SystemExit) as error:
        raise click.ClickException(f"{_line_of(error, file)}: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise click.UsageError(f"{file} has no function {name}")
    function: Callable[..., Any] = found
    return function


def _line_of(error: BaseException, file: str) -> str:
    """The file, with the line of it that raised."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return f"{file}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{file}:{lines[-1]}" if lines else file


def items_of(file: Path) -> list[Any]:
    """The JSON values of a file's lines; empty lines are none."""
    items = []
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        raise click.UsageError(f"{file} is no UTF-8, as JSON is") from None
    for number, line in enumerate(lines, start=1):
        try:
            items += [json.loads(line)] if line.strip() else []
        except json.JSONDecodeError as error:  # noqa: PERF203  (each line's own)
            raise click.UsageError(f"{file}:{number}:{error.colno}: no JSON: {error.msg}") from None
        except (ValueError, RecursionError):  # a number of too many digits, brackets in brackets
            raise click.UsageError(f"{file}:{number}: no JSON that can be read") from None
    return items


def in_order(results: Iterable[ItemResult]) -> Iterator[ItemResult]:
    """Results of all items, which come in any order: each as soon as those of all items before it are there."""
    early: dict[int, ItemResult] = {}
    following = 0
    for result in results:
        early[result.index] = result
        while following in early:
            yield early.pop(following)
            following += 1


def print_results(
    results: Iterable[ItemResult], file: TextIO | None, progress: Callable[[int], object] = lambda _done: None
) -> list[dict[str, Any]]:
    """The results as rows, in the items' order; values are printed as they come, where there is a file for them.

    `progress`: called with how many items are done.
    """

    def counted() -> Iterator[ItemResult]:
        for done, result in enumerate(results, 1):
            progress(done)
            yield result

    rows = []
    for result in in_order(counted()):
        value, error = printable_value(result.value), None if result.error is None else str(result.error)
        rows.append({**vars(result), "value": value, "error": error})
        if file is not None and error is None:
            print_lines([json.dumps(value)], file)
    return rows


def printable_value(value: Any) -> Any:
    """The value where JSON has it. What JSON has not is its repr, so that no result of a long run is lost."""
    try:
        return json.loads(json.dumps(value, default=repr))
    except (TypeError, ValueError, RecursionError):
        return repr(value)
