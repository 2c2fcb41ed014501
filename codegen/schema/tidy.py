"""One way to write a map: order of keys, style of numbers, indentation. Comments stay.

A comment above a key goes where the key goes. ruamel.yaml writes the text; what it wrote is read
again and compared, so that a file either keeps its meaning and its comments or is not touched.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarint import BinaryInt, HexCapsInt, HexInt, OctalInt

from codegen.schema.key_order import DEVICE, Shape
from codegen.schema.vocabulary import SIZE_SHIFTS
from codegen.source.composer import compose
from codegen.source.findings import Findings
from codegen.source.reader import read_alone

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["format_map"]

_INDENT = 2
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_WRAP = 1 << 20
_HEXADECIMAL = (HexInt, HexCapsInt)
_SMALL = 10
_PLAIN_SMALL = frozenset({"reset", "value", "unmapped"})


def format_map(path: Path) -> tuple[str, str]:
    """Return a map file's text as it is, and as it should be written.

    The map need not be right, but readable as YAML: MapError. Raises ValueError when the text
    can't be written anew with the same meaning.
    """
    findings = Findings()
    source = read_alone(path, findings)
    findings.raise_any()
    before = source.text
    try:
        after = _written_anew(before)
    except YAMLError:
        after = ""
    _compare(path, before, after)
    return before, after


def _written_anew(text: str) -> str:
    lines = text.splitlines()
    document = _parser().load(text)
    ordered = _ordered(document, DEVICE, lines.copy(), 0, len(lines), 0)
    if ordered != lines:
        document = _parser().load("\n".join(ordered) + "\n")
    _settle(document, DEVICE)
    stream = io.StringIO()
    _parser().dump(document, stream)
    return stream.getvalue()


def _parser() -> YAML:
    parser = YAML()
    parser.preserve_quotes = True
    parser.width = _NO_WRAP
    parser.indent(mapping=_INDENT, sequence=2 * _INDENT, offset=_INDENT)
    return parser


def _ordered(node: CommentedMap, shape: Shape, lines: list[str], start: int, end: int, depth: int) -> list[str]:
    """Return the lines of a block mapping, start to end, with its keys in order.

    Comments above a key are indented as the key will be.
    """
    keys = list(node)
    starts: list[int] = []
    for key in keys:
        line, column = node.lc.key(key)
        first = _leading(lines, line, column, start, is_first=key == keys[0])
        lines[first:line] = [(" " * _INDENT * depth + above.strip()).rstrip() for above in lines[first:line]]
        starts.append(first)
    ends = [*starts[1:], end]
    chunks: dict[str, list[str]] = {}
    for key, first, last in zip(keys, starts, ends, strict=True):
        chunks[key] = _chunk(node[key], shape.of(key), lines, first, last, depth)
    order = shape.order(keys)
    if order != keys and order[0] != keys[0]:
        chunks[order[0]] = _without_blank_start(chunks[order[0]])
    return [*lines[start : starts[0]], *(line for key in order for line in chunks[key])]


def _chunk(value: Any, shape: Shape | None, lines: list[str], start: int, end: int, depth: int) -> list[str]:
    if shape is None or not _is_block(value):
        return lines[start:end]
    first_line, column = value.lc.key(next(iter(value)))
    if not start < first_line < end:  # an alias, whose content stands elsewhere
        return lines[start:end]
    inner = _leading(lines, first_line, column, start + 1, is_first=True)
    return [*lines[start:inner], *_ordered(value, shape, lines, inner, end, depth + 1)]


def _is_block(value: Any) -> bool:
    return isinstance(value, CommentedMap) and bool(value) and not value.fa.flow_style()


def _leading(lines: list[str], line: int, column: int, limit: int, *, is_first: bool) -> int:
    """Return the line where a key's own comments start; below the first key's, a gap ends them."""
    while line > limit:
        above = lines[line - 1]
        is_comment = above.lstrip().startswith("#") and len(above) - len(above.lstrip()) == column
        if not is_comment and (above.strip() or is_first):
            break
        line -= 1
    return line


def _without_blank_start(lines: list[str]) -> list[str]:
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return lines[first:]


def _settle(node: Any, shape: Shape | None) -> None:
    """Give numbers their style, and order mappings that stand on one line."""
    if shape is None or not isinstance(node, CommentedMap):
        return
    for key, value in node.items():
        if isinstance(value, int) and not isinstance(value, bool):
            styled = _styled(value, str(key), shape)
            if styled is not value:
                node[key] = styled
        _settle(value, shape.of(str(key)))
    if node.fa.flow_style() and not node.ca.items:
        for key in shape.order(list(node)):
            node.move_to_end(key)


def _styled(value: int, key: str, shape: Shape) -> object:
    if value < 0 or isinstance(value, (BinaryInt, OctalInt)):
        return value
    if key in shape.sizes:
        for letter, shift in reversed(SIZE_SHIFTS.items()):
            if value and value % (1 << shift) == 0:
                return f"{value >> shift}{letter}iB"
    if key in shape.hexadecimal:
        is_plain_small = value < _SMALL and key in _PLAIN_SMALL and not isinstance(value, _HEXADECIMAL)
        return value if is_plain_small else _hexadecimal(value)
    is_count = key in shape.keys and key not in shape.sizes and key != "value"
    if isinstance(value, _HEXADECIMAL):
        return int(value) if is_count else _hexadecimal(value)
    return value


def _hexadecimal(value: int) -> object:
    """Return a number as 0x1F, padded and grouped as it is."""
    return HexCapsInt(value, width=getattr(value, "_width", None), underscore=getattr(value, "_underscore", None))


def _compare(path: Path, before: str, after: str) -> None:
    """Raise ValueError unless the texts have the same data and the same comments."""
    if _data(before) != _data(after):
        raise ValueError(f"{path}: writing the map anew would change its meaning; nothing was changed")
    lost = _comments(before) - _comments(after)
    if lost:
        raise ValueError(f"{path}: the comment {next(iter(lost))!r} would be lost; move it above a key")


def _data(text: str) -> object:
    problems: list[object] = []
    data = compose(text, lambda *problem: problems.append(problem))
    return problems or _without_sizes(data)


_SIZE = re.compile(r"(\d+)([KMG])iB")


def _without_sizes(data: object) -> object:
    """Return data with sizes as numbers, for those may be written either way."""
    if isinstance(data, dict):
        return {key: _without_sizes(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_without_sizes(value) for value in data]
    match = _SIZE.fullmatch(data) if isinstance(data, str) else None
    return int(match[1]) << SIZE_SHIFTS[match[2]] if match else data


def _comments(text: str) -> Counter[str]:
    """Return all comments of a text: what follows a # outside of scalars."""
    rest = list(text)
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent) and event.start_mark is not None and event.end_mark is not None:
            for index in range(event.start_mark.index, event.end_mark.index):
                if rest[index] != "\n":
                    rest[index] = " "
    return Counter(found.strip() for found in re.findall(r"#[^\n]*", "".join(rest)))
