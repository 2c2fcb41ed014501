"""One way to write a map: order of keys, style of numbers, indentation. Comments stay.

A comment above a key goes where the key goes. ruamel.yaml writes the text.
"""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarint import BinaryInt, HexCapsInt, HexInt, OctalInt

from codegen.schema.key_order import DEVICE, Shape
from codegen.schema.vocabulary import SIZE_SHIFTS

__all__ = ["tidied"]

_INDENT = 2
_NO_WRAP = 1 << 20
_HEXADECIMAL = (HexInt, HexCapsInt)
_SMALL = 10
_LISTS = frozenset({"count", "stride", "first"})
"""Keys whose lists are numbers, styled as the single one."""
_PLAIN_SMALL = frozenset({"reset", "value", "unmapped"})


def tidied(text: str, *, ordered: bool) -> str:
    """Return a text written anew, with its keys in order if wanted. Raises whatever ruamel.yaml raises."""
    lines = text.splitlines()
    document = _parser().load(text)
    in_order = _ordered(document, DEVICE, lines.copy(), 0, len(lines), 0) if ordered else lines
    if in_order != lines:
        document = _parser().load("\n".join(in_order) + "\n")
    _settle(document, DEVICE, set())
    stream = io.StringIO()
    _parser().dump(document, stream)
    return stream.getvalue()


def _parser() -> YAML:
    parser = YAML()
    parser.preserve_quotes = True
    parser.brace_single_entry_mapping_in_flow_sequence = True  # as in unlock: [{key: 1}]
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


def _settle(node: Any, shape: Shape | None, seen: set[int]) -> None:
    """Give numbers their style, and order mappings that stand on one line. What has a name stays: aliases need it."""
    if shape is None or not isinstance(node, CommentedMap) or id(node) in seen:
        return
    seen.add(id(node))
    for key, value in node.items():
        if isinstance(value, int) and not isinstance(value, bool) and not _anchor_of(value):
            styled = _styled(value, str(key), shape)
            if styled is not value:
                node[key] = styled
        if isinstance(value, list) and str(key) in _LISTS and id(value) not in seen:
            seen.add(id(value))
            for place, item in enumerate(value):
                if isinstance(item, int) and not isinstance(item, bool) and not _anchor_of(item):
                    value[place] = _styled(item, str(key), shape)
        _settle(value, shape.of(str(key)), seen)
    if node.fa.flow_style() and not node.ca.items:
        for key in shape.order(list(node)):
            node.move_to_end(key)


def _anchor_of(value: Any) -> str:
    return getattr(getattr(value, "anchor", None), "value", None) or ""


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
