"""The text of a map, as a person would write it: short things on one line, numbers as `hal fmt` has them."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

from codegen.schema.key_order import DEVICE, Shape
from codegen.schema.vocabulary import SIZE_SHIFTS
from codegen.source.forms.plain_scalars import plain_value
from codegen.source.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.importers.writing.made_map import MapTree, Path

__all__ = ["map_text"]

WIDTH = 110
_GROUPS = frozenset({"registers", "memories", "blocks", "types", "enums"})
_PLAIN = re.compile(r"[A-Za-z(][\w .;/()+'*<>=^~$-]*(?<! )|\d+:\d+|\d+-bit")
_PLAIN_IN_BLOCK = re.compile(r"[A-Za-z(][\w .,;/()\[\]+'*<>=^~$?!-]*(?<! )")
_SMALL = 10
_MASKS = 1 << 16


def map_text(tree: MapTree) -> str:
    """Return the YAML text of a map. It is what `hal fmt` would make of it."""
    lines = list(_comment(tree.head, 0))
    tall = {path[:size] for path in tree.comments for size in range(len(path))}
    for key in DEVICE.order(list(tree.data)):
        lines += _entry(key, tree.data[key], DEVICE, (), tree, tall)
    return "\n".join(lines) + "\n"


def _comment(texts: list[str], indent: int) -> Iterator[str]:
    pad = " " * indent
    for text in texts:
        plain = " ".join(printable(text.replace("\n", " ")).split())
        for line in textwrap.wrap(plain, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]:
            yield f"{pad}# {line}".rstrip()


def _entry(key: str, value: object, shape: Shape, path: Path, tree: MapTree, tall: set[Path]) -> list[str]:
    """Return the lines of a key and its value."""
    where = (*path, key)
    indent = 2 * len(path)
    pad = " " * indent
    lines = list(_comment(tree.comments.get(where, []), indent))
    inner = shape.of(key)
    if isinstance(value, dict):
        flow = None if _is_tall(key, value, where, tall) else _flow(value, inner)
        if flow is not None and indent + len(key) + 2 + len(flow) <= WIDTH:
            return [*lines, f"{pad}{key}: {flow}"]
        lines.append(f"{pad}{key}:")
        inner = inner or Shape()
        for name in inner.order(list(value)) if inner.keys else value:
            lines += _entry(name, value[name], inner, where, tree, tall)
        return lines
    if isinstance(value, str):
        return [*lines, *_text(key, value, indent)]
    return [*lines, f"{pad}{key}: {_scalar(key, value, shape)}"]


def _is_tall(key: str, value: dict[str, Any], path: Path, tall: set[Path]) -> bool:
    """Return whether a mapping needs lines of its own: groups, several fields, comments, and text with line breaks."""
    if key in _GROUPS or (key == "fields" and len(value) > 1) or path in tall:
        return True
    return any(
        (isinstance(item, dict) and _is_tall(name, item, (*path, name), tall))
        or (isinstance(item, str) and "\n" in item)
        for name, item in value.items()
    )


def _flow(value: object, shape: Shape | None, key: str = "") -> str | None:
    """Return a value on one line; None where it needs more."""
    if isinstance(value, dict):
        inner = shape or Shape()
        parts: list[str] = []
        for name in inner.order(list(value)) if inner.keys else value:
            item = value[name]
            text = _flow(item, inner.of(name), name) if isinstance(item, (dict, list)) else _scalar(name, item, inner)
            if text is None:
                return None
            parts.append(f"{name}: {text}")
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        parts = [_flow(item, shape, key) or "" for item in value]
        return f"[{', '.join(parts)}]"
    return _scalar(key, value, shape or Shape())


def _scalar(key: str, value: object, shape: Shape) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _number(key, value, shape)
    if isinstance(value, list):
        return _flow(value, None) or ""
    text = str(value)
    return text if _PLAIN.fullmatch(text) and _is_word(text) else _quoted(text)


def _number(key: str, value: int, shape: Shape) -> str:
    if key in shape.sizes:
        for letter, shift in reversed(SIZE_SHIFTS.items()):
            if value and value % (1 << shift) == 0:
                return f"{value >> shift}{letter}iB"
        return str(value)
    if key in shape.hexadecimal:
        return str(value) if value < _SMALL and key in {"reset", "value", "unmapped"} else f"0x{value:X}"
    return f"0x{value:X}" if value >= _MASKS and not shape.keys else str(value)


def _is_word(text: str) -> bool:
    return plain_value(text) == text and not text.startswith("---")


def _quoted(text: str) -> str:
    """Return a text in double quotes; what no terminal shows as it is stands as an escape."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in shown)


def _text(key: str, text: str, indent: int) -> list[str]:
    """Return a text beside its key, or folded below it where it is long."""
    pad = " " * indent
    is_plain = any(form.fullmatch(text) for form in (_PLAIN, _PLAIN_IN_BLOCK)) and _is_word(text)
    line = f"{pad}{key}: {text if is_plain else _quoted(text)}"
    if len(line) <= WIDTH and "\n" not in text:
        return [line]
    if not all(character.isprintable() or character == "\n" for character in text) or " " not in text:
        return [f"{pad}{key}: {_quoted(text)}"]
    folded = [f"{pad}{key}: >-"]
    for number, part in enumerate(text.split("\n")):
        if number:
            folded.append("")
        folded += [
            f"{pad}  {row}" if row else ""
            for row in textwrap.wrap(
                part, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
            )
        ]
    return folded
