"""A text by the events of PyYAML, which knows no scalars: their values, and where everything stands.

The pass for values keeps no positions. `locate` reads the text again when there is something to report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import yaml

from codegen.source.forms.plain_scalars import MAX_DEPTH, MAX_SCALAR, nodes_max, plain_value
from codegen.source.forms.plain_scalars import WORDS as _WORDS
from codegen.source.positions import Mark, Path

__all__ = ["Report", "events", "locate", "parsed"]

Report = Callable[["Mark", Path, str, str, str], None]

_MERGE = "<<"
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _UnreadableError(Exception):
    """The text can't be read further; the reason has been reported."""


class _Node(NamedTuple):
    """A finished node: its value, and what an alias of it adds to the limits."""

    value: object
    nodes: int
    height: int


class _Frame:
    """A mapping or sequence that is being filled. `key` is the mapping's next one, or None while it waits for that."""

    __slots__ = ("anchor", "awaits_key", "height", "is_mapping", "key", "nodes", "value")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value = value
        self.is_mapping = self.awaits_key = type(value) is dict
        self.anchor = anchor
        self.key: str = ""
        self.nodes = 1
        self.height = 1


def parsed(text: str, report: Report, *, merges: bool = False) -> object:
    """Return what `compose` does, whatever the form of the text."""
    composer = _Composer(report, nodes_max(text), merges=merges)
    try:
        for event in events(text):
            composer.take(event)
    except yaml.YAMLError as error:
        if "nesting depth" in str(error):  # libyaml from 0.2.6 on has a limit too, and reads ahead
            report(_error_mark(error), (), *_TOO_DEEP)
        else:
            report(_error_mark(error), (), "yaml-syntax", _error_text(error), _SYNTAX_HINT)
        return None
    except _UnreadableError:
        return None
    return composer.result


_TOO_DEEP = ("too-deep", f"nested deeper than {MAX_DEPTH} levels", "Use types for the inside.")
_SYNTAX_HINT = "Check the indentation, brackets and quotes before this place."


def events(text: str) -> Iterator[yaml.Event]:
    """Yield what PyYAML reads. Raises its YAMLError."""
    loader = _LOADER(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
    finally:
        loader.dispose()


def _error_mark(error: yaml.YAMLError) -> Mark:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return Mark(mark.line + 1, mark.column + 1) if mark is not None else Mark(1, 1)


def _error_text(error: yaml.YAMLError) -> str:
    context = getattr(error, "context", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    return f"not valid YAML: {context}, {problem}" if context else f"not valid YAML: {problem}"


def _mark(event: yaml.Event) -> Mark:
    mark = event.start_mark
    return Mark(mark.line + 1, mark.column + 1) if mark is not None else Mark(1, 1)


class _Composer:
    def __init__(self, report: Report, nodes_max: int, *, merges: bool) -> None:
        self.result: object = None
        self._report = report
        self._nodes_max, self._merges = nodes_max, merges
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Node] = {}
        self._documents = 0
        # Words repeat; one object each, and one look-up instead of the patterns.
        self._plain: dict[str, object] = dict(_WORDS)
        self._keys: dict[str, str] = {}

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(event, {})
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(event, [])
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    def _path(self) -> Path:
        steps = ((frame.key if frame.is_mapping else len(frame.value), frame.awaits_key) for frame in self._stack)
        return tuple(step for step, is_missing in steps if not is_missing)

    def _fault(self, event: yaml.Event, rule: str, message: str, hint: str) -> None:
        self._report(_mark(event), self._path(), rule, message, hint)

    def _document(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            self._fault(
                event,
                "multiple-documents",
                "a second document starts here",
                "Keep one map a file and remove the `---`.",
            )
            raise _UnreadableError

    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].awaits_key

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text: str = event.value
        if len(text) > MAX_SCALAR:
            self._too_big(event, f"a text of {len(text)} characters, more than {MAX_SCALAR}")
        if event.tag is not None:
            self._tag(event)
        if self._stack and self._stack[-1].awaits_key:
            self._key(event, self._stack[-1], text)
            return
        value: object = text
        if not event.style:
            if text not in self._plain:
                self._plain[text] = plain_value(text)
            value = self._plain[text]
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(value, 1, 0)
        self._finish(event, value, 1, 0)

    def _tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self._fault(
            event,
            "explicit-tag",
            f"explicit tag {event.tag!r}",
            "Remove the tag; quote the value where text is meant.",
        )

    def _key(self, event: yaml.ScalarEvent, frame: _Frame, text: str) -> None:
        key = self._keys.setdefault(text, text)
        if key == _MERGE and not self._merges:
            self._fault(
                event,
                "merge-key",
                "merge keys are not part of YAML 1.2",
                "Write the keys out, or share them as a type.",
            )
        elif key in frame.value:
            self._report(_mark(event), (*self._path(), key), "duplicate-key", text, "")
        frame.key = key
        frame.awaits_key = False

    def _open(self, event: yaml.CollectionStartEvent, value: dict[str, object] | list[object]) -> None:
        if event.tag is not None:
            self._tag(event)
        if self._awaits_key():
            self._fault(
                event,
                "bad-key",
                "a key that is a mapping or a list",
                "Quote the key if text is meant.",
            )
            raise _UnreadableError
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(event)
        self._stack.append(_Frame(value, event.anchor))

    def _close(self, event: yaml.Event) -> None:
        frame = self._stack.pop()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Node(frame.value, frame.nodes, frame.height)
        self._finish(event, frame.value, frame.nodes, frame.height)

    def _alias(self, event: yaml.AliasEvent) -> None:
        node = self._anchors.get(event.anchor or "")
        if node is None or self._awaits_key():
            self._fault(
                event,
                "bad-alias",
                f"alias *{event.anchor} has no finished anchor before it, or stands for a key",
                "Put the anchored value first, and not around its own alias.",
            )
            raise _UnreadableError
        if len(self._stack) + node.height > MAX_DEPTH:
            self._too_deep(event)
        self._finish(event, *node)

    def _finish(self, event: yaml.Event, value: object, nodes: int, height: int) -> None:
        """Put a value where it belongs; `nodes` and `height` are what it adds to the limits."""
        if not self._stack:
            self._within_limit(event, nodes)
            self.result = value
            return
        frame = self._stack[-1]
        frame.nodes += nodes
        self._within_limit(event, frame.nodes)
        if height >= frame.height:
            frame.height = height + 1
        if not frame.is_mapping:
            frame.value.append(value)
            return
        # A merge key that is no key has been reported, and so has the second of two equal keys.
        if frame.key != _MERGE or self._merges:
            frame.value.setdefault(frame.key, value)
        frame.awaits_key = True

    def _within_limit(self, event: yaml.Event, nodes: int) -> None:
        if nodes > self._nodes_max:
            self._too_big(event, f"more than {self._nodes_max} values, aliases counted each time")

    def _too_big(self, event: yaml.Event, what: str) -> None:
        self._fault(event, "too-big", what, "Split the map, or use arrays and types.")
        raise _UnreadableError

    def _too_deep(self, event: yaml.Event) -> None:
        self._fault(event, *_TOO_DEEP)
        raise _UnreadableError


class _Cursor:
    """Where `locate` is: the path of an open container, or None where nothing is wanted."""

    __slots__ = ("index", "is_mapping", "key", "key_mark", "path")

    def __init__(self, path: Path | None, *, is_mapping: bool) -> None:
        self.path = path
        self.is_mapping = is_mapping
        self.key: str | None = None
        self.key_mark = Mark(1, 1)
        self.index = 0


def locate(text: str, wanted: Iterable[Path]) -> dict[Path, tuple[Mark, Mark]]:
    """Return (mark of the key, mark of the value) for every wanted path that the text has.

    A list item's key mark is its value mark; of a key given twice, the first counts.
    """
    prefixes = {path[:size] for path in wanted for size in range(len(path) + 1)}
    found: dict[Path, tuple[Mark, Mark]] = {}
    stack: list[_Cursor] = []
    try:
        for event in events(text):
            _step(event, stack, prefixes, found)
            if len(stack) > MAX_DEPTH or len(found) == len(prefixes):
                break  # compose stopped here too, or nothing is left to find
    except yaml.YAMLError:
        pass  # reported by compose; what was found before it still counts
    return found


def _step(
    event: yaml.Event,
    stack: list[_Cursor],
    prefixes: set[Path],
    found: dict[Path, tuple[Mark, Mark]],
) -> None:
    kind = type(event)
    if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
        stack.pop()
        return
    is_container = kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent
    if not (is_container or kind is yaml.ScalarEvent or kind is yaml.AliasEvent):
        return
    cursor = stack[-1] if stack else None
    if cursor is not None and cursor.is_mapping and cursor.key is None and not is_container:
        cursor.key = getattr(event, "value", "")
        cursor.key_mark = _mark(event)
        return
    path = _node_path(cursor)
    if path is not None and path in prefixes:
        mark = _mark(event)
        key = cursor.key_mark if cursor is not None and cursor.is_mapping else mark
        found.setdefault(path, (key, mark))
    else:
        path = None
    if cursor is not None:
        cursor.key = None
        cursor.index += 1
    if is_container:
        stack.append(_Cursor(path, is_mapping=kind is yaml.MappingStartEvent))


def _node_path(cursor: _Cursor | None) -> Path | None:
    if cursor is None:
        return ()
    if cursor.path is None:
        return None
    return (*cursor.path, (cursor.key or "") if cursor.is_mapping else cursor.index)
