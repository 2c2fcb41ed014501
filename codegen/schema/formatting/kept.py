"""What of a map's text is kept from being written anew: all around the document, and flow collections with comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import yaml

from codegen.source.forms.yaml_events import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["comments_of", "scalar_spans", "without_scalars", "written_around"]

Span = tuple[int, int]

_COMMENT = re.compile(r"(?:^|(?<=[\s\[\]{},]))#[^\n]*", re.MULTILINE)


class _Document(NamedTuple):
    """Where the content of a text starts and ends, and its outermost flow collections."""

    start: int
    end: int
    flows: tuple[Span, ...]


def written_around(text: str, write: Callable[[str], str]) -> str:
    """Return a text whose document is written anew by `write`, without what stands around it and what it can't take.

    Tabs between words become spaces. Raises ValueError where there is nothing to be written.
    """
    document = _document(text)
    head, body, tail = text[: document.start], text[document.start : document.end], text[document.end :]
    if not body.strip():
        raise ValueError("the document is empty")
    bare = without_scalars(text, scalar_spans(text))
    comments = list(comments_of(bare))
    word = _unused_word(text)
    kept: list[Span] = []
    parts: list[str] = []
    at = document.start
    for start, end in document.flows:
        if any(start < comment < end for comment, _ in comments):
            parts += [_without_tabs(text, bare, comments, at, start), f"{word}{len(kept)}x"]
            kept.append((start, end))
            at = end
    parts.append(_without_tabs(text, bare, comments, at, document.end))
    written = write("".join(parts))
    for number, (start, end) in enumerate(kept):
        mark = f"{word}{number}x"
        if written.count(mark) != 1:
            raise ValueError("a collection was lost")
        by = _indent_at(written, written.index(mark)) - _indent_at(text, start)
        written = written.replace(mark, _moved(text[start:end], by))
    return head + written + tail


def _document(text: str) -> _Document:
    start, end, depth, flows, opened = 0, len(text), 0, [], 0
    for event in events(text):
        if event.start_mark is None or event.end_mark is None:
            continue
        if isinstance(event, yaml.DocumentStartEvent) and event.explicit:
            line_end = text.find("\n", event.end_mark.index)
            rest = text[event.end_mark.index : line_end if line_end >= 0 else len(text)]
            if rest.strip() and not rest.strip().startswith("#"):
                raise ValueError("the document starts on the line of its mark")
            start = len(text) if line_end < 0 else line_end + 1
        elif isinstance(event, yaml.DocumentEndEvent) and event.explicit:
            end = event.start_mark.index
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)) and (depth or event.flow_style):
            opened = opened if depth else event.start_mark.index
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)) and depth:
            depth -= 1
            if not depth:
                flows.append((opened, event.end_mark.index))
    return _Document(start, end, tuple(flows))


def scalar_spans(text: str) -> list[Span]:
    """Return where the scalars of a text stand. Raises PyYAML's errors."""
    return [
        (event.start_mark.index, event.end_mark.index)
        for event in events(text)
        if isinstance(event, yaml.ScalarEvent) and event.start_mark is not None and event.end_mark is not None
    ]


def without_scalars(text: str, spans: list[Span]) -> str:
    """Return a text with blanks in the place of scalars; its lines stay."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], re.sub(r"[^\n]", "_", text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def comments_of(bare: str) -> Iterator[Span]:
    """Yield where comments stand in a text without scalars."""
    return (found.span() for found in _COMMENT.finditer(bare))


def _without_tabs(text: str, bare: str, comments: list[Span], start: int, end: int) -> str:
    part = text[start:end]
    if "\t" not in part:
        return part
    inside = {index for low, high in comments for index in range(max(low, start), min(high, end))}
    return "".join(
        " " if character == "\t" and bare[start + at] == "\t" and start + at not in inside else character
        for at, character in enumerate(part)
    )


def _unused_word(text: str) -> str:
    word = "kept"
    while word in text:
        word += "_"
    return word


def _indent_at(text: str, index: int) -> int:
    """Return how far the line of a place is indented."""
    line = text[text.rfind("\n", 0, index) + 1 : index]
    return len(line) - len(line.lstrip(" "))


def _moved(flow: str, by: int) -> str:
    """Return a collection with its further lines as far from its first one as they were."""
    lines = flow.split("\n")
    moved = [_shifted(line, by) if line.strip() else line for line in lines[1:]]
    return "\n".join([lines[0], *moved])


def _shifted(line: str, by: int) -> str:
    return " " * by + line if by >= 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]
