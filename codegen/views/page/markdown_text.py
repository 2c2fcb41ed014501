"""Descriptions with marks as Markdown: in lines of their own, or in one line, as cells of tables need it.

What a map says goes through `escapes.markdown`; marks are written anew from the tree, never copied.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from codegen.views.escapes import markdown, markdown_start, markdown_words, printable
from codegen.views.page.formatted_text import formatted, plain_text

__all__ = ["markdown_block", "markdown_line"]

_EMPHASIS = {"em": "*", "strong": "**"}
_BACKTICKS = re.compile("`+")
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def markdown_line(text: str) -> str:
    """Return a text as one line, for a cell of a table; items of lists follow each other."""
    tree = formatted(text)
    return markdown(tree) if isinstance(tree, str) else _line(tree, bar="\\|")


def markdown_block(text: str) -> str:
    """Return a text as paragraphs, lists, tables and examples, without a line end behind it."""
    tree = formatted(text)
    if isinstance(tree, str):
        return markdown(tree)
    if not _has_blocks(tree):
        return _line(tree)
    return "\n\n".join(_block(node) for node in tree)


def _has_blocks(tree: list[Any]) -> bool:
    return any(not isinstance(node, str) and node[0] in _BLOCKS for node in tree)


_BLOCKS = frozenset({"p", "ul", "ol", "blockquote", "pre", "table"})


def _line(nodes: list[Any], bar: str = "|") -> str:
    """Return nodes as one line. `bar`: how code has one; a table's cell takes the backslash from it."""
    line = " ".join("".join([_inline(node, bar) for node in nodes]).split())
    return markdown_start(line) if nodes and isinstance(nodes[0], str) else line


def _inline(node: Any, bar: str) -> str:
    if isinstance(node, str):
        start, end = (" " if edge.isspace() else "" for edge in (node[:1], node[-1:]))
        return f"{start}{markdown_words(node)}{end}"
    tag, *inner = node
    if tag in ("code", "pre"):
        shown = _code(inner[0], bar)
        return shown if tag == "code" else f" {shown} "
    if tag == "a":
        return f"[{_line(inner[1:], bar)}](<{printable(inner[0]).replace('|', '%7C')}>)"
    if tag in _EMPHASIS:
        return f"{_EMPHASIS[tag]}{_line(inner, bar)}{_EMPHASIS[tag]}"
    if tag == "ol":
        return "".join(f" {number}\\. {_line([item], bar)}" for number, item in enumerate(inner[1:], inner[0]))
    return f" {_line(inner, bar)} "


def _code(text: str, bar: str) -> str:
    """Return a span of code."""
    shown = printable(" ".join(text.split())).replace("|", bar)
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}" if shown else ""


def _block(node: Any) -> str:
    if isinstance(node, str):
        return markdown(node)
    tag, *inner = node
    if tag == "pre":
        lines = [printable(line) for line in inner[0].splitlines()]
        longest = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
        fence = "`" * max(3, longest + 1)
        return "\n".join([fence, *lines, fence])
    if tag == "blockquote":
        return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(map(_block, inner)).splitlines())
    if tag in ("ul", "ol"):
        first, items = (inner[0], inner[1:]) if tag == "ol" else (0, inner)
        marks = [f"{first + number}." if tag == "ol" else "-" for number in range(len(items))]
        return "\n".join(f"{mark} {_item(item, len(mark) + 1)}" for mark, item in zip(marks, items, strict=True))
    if tag == "table":
        rows = [[_line(cell[1:], "\\|") for cell in row[1:]] for row in inner]
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    return _line(inner)


def _item(item: list[Any], indentation: int) -> str:
    """Return an item of a list; what follows its first line stands below it."""
    parts: list[str] = []
    inline: list[Any] = []
    for node in [*item[1:], None]:
        if node is None or (not isinstance(node, str) and node[0] in _BLOCKS):
            if inline:
                parts.append(_line(inline))
                inline = []
            if node is not None:
                parts.append(_block(node))
        else:
            inline.append(node)
    lines = "\n\n".join(parts).splitlines() or [plain_text(item)]
    return "\n".join(f"{' ' * indentation}{line}".rstrip() for line in lines).lstrip(" ")
