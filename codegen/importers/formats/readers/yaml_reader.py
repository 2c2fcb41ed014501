"""YAML of other formats with the place of every value, read as maps are: no tags, bounded, words as in YAML 1.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.importers.described.description import Origin
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.hjson_reader import Node
from codegen.source.composer import Mark, compose
from codegen.source.forms.yaml_events import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.source.composer import Path

__all__ = ["parse_yaml"]


def parse_yaml(text: str, file: str, *, merges: bool = False) -> Node:
    """Return the value of a document; `merges`: << is a key as any. Raises MapError with the place of what is wrong."""
    found: list[tuple[Mark, str, str, str]] = []

    def report(mark: Mark, _path: Path, rule: str, message: str, hint: str) -> None:
        found.append((mark, rule, message, hint))

    data = compose(text, report, merges=merges)
    if found:
        mark, rule, message, hint = found[0]
        if rule == "duplicate-key":
            message, hint = f"the key {message!r} is given twice", "Remove or rename one of the two."
        raise refuse(Origin(file, mark.line, mark.column), rule, message, hint)
    marks = locate(text, [path for path, _ in _walk(data, ())])
    return _node(data, (), marks, file)


def _walk(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    stack = [(path, data)]
    while stack:
        place, value = stack.pop()
        yield place, value
        if isinstance(value, dict):
            stack += [((*place, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            stack += [((*place, index), item) for index, item in enumerate(value)]


def _node(data: Any, path: Path, marks: dict[Path, tuple[Mark, Mark]], file: str) -> Node:
    around = path
    while around and around not in marks:  # inside of an alias
        around = around[:-1]
    mark = marks.get(around, (Mark(1, 1), Mark(1, 1)))[0]
    value: Any = data
    if isinstance(data, dict):
        value = {key: _node(item, (*path, key), marks, file) for key, item in data.items()}
    elif isinstance(data, list):
        value = [_node(item, (*path, index), marks, file) for index, item in enumerate(data)]
    return Node(value, Origin(file, mark.line, mark.column))
