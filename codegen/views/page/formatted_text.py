"""Descriptions with marks: a subset of CommonMark as a small tree, which no output has to trust.

What a reader of the source would call text stays text: no markup, no pictures, no references that vanish. A tree has
strings and nodes, lists that begin with their tag: p, em, strong, code, pre, ul, li, blockquote, br, table, tr, th, td;
["ol", first number, ...]; and ["a", address, ...], of https or http alone. A text without marks is a string.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["formatted", "plain_text"]

# What could be a mark. Names with underscores and most sentences have none.
_MARKS = re.compile(r"[`*\\\[~]|<https?:|\b_|_\b|\n|\A\s*(?:[-+>#]|\d+[.)]\s)|\A(?: {4}|\t)")
_LONGEST = 20_000
"""Characters of a text that is looked at for marks; a longer one is shown as it is."""
_RULES_OFF = ("code", "entity", "html_block", "html_inline", "image", "lheading", "hr", "reference")
_ADDRESS = re.compile(r"https?://[^\s<>]+\Z", re.IGNORECASE)
_TAGS = {"em": "em", "strong": "strong", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li"}
_TAGS |= {name: name for name in ("blockquote", "table", "tr", "th", "td")}
_INVISIBLE = ("thead", "tbody")


@lru_cache(4096)
def formatted(text: str) -> Any:
    """Return a text as a string where it has no marks, else as a list of strings and nodes."""
    text = text.strip("\n")
    if len(text) > _LONGEST or _MARKS.search(text) is None:
        return text
    top = _tree(_reader().parse(text))
    if len(top) != 1 or top[0][0] != "p":
        return top
    inner: list[Any] = top[0][1:]
    return inner[0] if len(inner) == 1 and isinstance(inner[0], str) else inner


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  (most maps have no marks)

    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable("table").disable(list(_RULES_OFF))
    reader.validateLink = lambda address: _ADDRESS.match(address) is not None  # type: ignore[assignment, method-assign]
    reader.normalizeLink = lambda address: address  # type: ignore[assignment, method-assign]
    reader.normalizeLinkText = lambda address: address  # type: ignore[assignment, method-assign]
    return reader


def _tree(tokens: list[Token]) -> list[Any]:
    stack: list[list[Any]] = [[""]]
    for token in tokens:
        if token.type == "inline":
            _add_inline(stack[-1], token.children or [])
        elif token.type == "fence":
            info = token.info.strip()
            is_language = re.fullmatch(r"[A-Za-z][\w+-]*", info) and token.content
            told = "" if is_language or not info else f"{info}\n"
            stack[-1].append(["pre", told + token.content.rstrip("\n")])
        elif token.nesting > 0:
            stack.append(_opened(token, stack[-1]))
        elif token.nesting < 0:
            stack.pop()
    return stack[0][1:]


def _opened(token: Token, around: list[Any]) -> list[Any]:
    """Add the node that a token begins, and return what its content goes into."""
    name = token.type.removesuffix("_open")
    if token.hidden or name in _INVISIBLE:
        return around
    made: list[Any] = [_TAGS.get(name, "p")]
    if name == "ordered_list":
        start = token.attrGet("start")
        made.append(1 if start is None else int(start))
    around.append(made)
    if name != "heading":
        return made
    inner: list[Any] = ["strong"]
    made.append(inner)
    return inner


def _add_inline(node: list[Any], tokens: list[Token]) -> None:
    stack = [node]
    for token in tokens:
        if token.type == "code_inline":
            stack[-1].append(["code", token.content])
        elif token.type == "hardbreak":
            stack[-1].append(["br"])
        elif token.type == "softbreak":
            _say(stack[-1], "\n")
        elif token.nesting > 0:
            made = ["a", str(token.attrGet("href"))] if token.type == "link_open" else [token.tag]
            stack[-1].append(made)
            stack.append(made)
        elif token.nesting < 0:
            stack.pop()
        else:
            _say(stack[-1], token.content)


def _say(node: list[Any], text: str) -> None:
    """Add a text to a node; two that follow each other are one."""
    first = 2 if node[0] == "a" else 1
    if len(node) > first and isinstance(node[-1], str):
        node[-1] += text
    elif text:
        node.append(text)


def plain_text(text: Any) -> str:
    """Return what a tree says, without its marks."""
    return text if isinstance(text, str) else "".join(_said(text))


def _said(nodes: list[Any]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        else:
            yield from _said(node[2:] if node[0] in ("a", "ol") else node[1:])
            if node[0] not in ("em", "strong", "code", "a"):
                yield " "
