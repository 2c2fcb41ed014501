"""TOML with the line of every value."""

from __future__ import annotations

import re
import sys
from typing import Any

from codegen.importers.described.description import Origin
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.hjson_reader import Node

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]  # of older versions alone

__all__ = ["parse_toml"]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
MAX_DEPTH = 32


def parse_toml(text: str, file: str) -> Node:
    """Return the value of a document. Raises MapError with the place of what is wrong."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = _PLACE.search(str(error))
        origin = Origin(file, int(place[1]), int(place[2])) if place else Origin(file, text.count("\n") + 1)
        message = f"not valid TOML: {_PLACE.sub('', str(error)).strip()}"
        raise refuse(origin, "toml-syntax", message, "Check the quotes and brackets there.") from None
    return _node(data, (), _lines(text), Origin(file, 1))


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each table and key, those of arrays of tables with their number in the path.

    In texts of several lines, what looks like a key may be none.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header is not None:
            *around, last = _path(header[2])
            table = ()
            for step in around:
                table = (*table, step)
                if table in counts:
                    table = (*table, str(counts[table] - 1))
            table = (*table, last)
            if header[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
                table = (*table, str(counts[table] - 1))
            found.setdefault(table, number)
            continue
        key = _KEY.match(line)
        path = (*table, *_path(key[1])) if key is not None else ()
        for size in range(len(table) + 1, len(path) + 1):
            found.setdefault(path[:size], number)
    return found


def _path(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


def _node(data: Any, path: tuple[str, ...], lines: dict[tuple[str, ...], int], around: Origin) -> Node:
    origin = around._replace(line=lines[path]) if path in lines else around
    if len(path) > MAX_DEPTH:
        raise refuse(origin, "too-deep", f"nested deeper than {MAX_DEPTH} levels", "No register list is that deep.")
    if isinstance(data, dict):
        return Node({key: _node(item, (*path, key), lines, origin) for key, item in data.items()}, origin)
    if isinstance(data, list):
        return Node([_node(item, (*path, str(index)), lines, origin) for index, item in enumerate(data)], origin)
    return Node(data if isinstance(data, (str, int, float, bool)) else str(data), origin)
