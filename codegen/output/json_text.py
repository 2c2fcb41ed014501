"""The model as JSON text, written straight from its descriptions: a large map has millions of values."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from codegen.views.numbers import hexadecimal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from codegen.views.reference import Model

__all__ = ["model_json"]

# Values that may not fit the 53 bits that JSON numbers are sure to have.
_WIDE_KEYS = frozenset({"reset", "mask", "value", "unknown", "unmapped"})
_INDENT = "  "


class _Keys(NamedTuple):
    """The keys of a description's class: their names, and where in them numbers may be wide, or are somebody's own."""

    names: tuple[str, ...]
    wide: tuple[int, ...]
    own: tuple[int, ...]


_PLAIN: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _value: "null",
}


def model_json(model: Model) -> str:
    """Return a model as JSON text; what may be wider than 53 bits becomes text such as "0x1F"."""
    return _text(model, "\n")


def _text(value: Any, line: str) -> str:
    """Return a value as text; `line` is a line end with the indentation around it."""
    kind = type(value)
    if kind in _PLAIN:
        return _PLAIN[kind](value)
    if kind is tuple or kind is list:
        inner = line + _INDENT
        return f"[{inner}{f',{inner}'.join([_text(item, inner) for item in value])}{line}]" if value else "[]"
    keys = _keys(cast("Hashable", kind))
    return _own(value, line) if keys is None else _description(value, keys, line)


def _description(value: Any, keys: _Keys, line: str) -> str:
    inner = line + _INDENT
    items = value if isinstance(value, tuple) else [getattr(value, name) for name in keys.names]
    texts = [plain(item) if (plain := _PLAIN.get(type(item))) else _text(item, inner) for item in items]
    for at in keys.wide:
        if isinstance(items[at], int):
            texts[at] = f'"{hexadecimal(items[at])}"'
    for at in keys.own:
        texts[at] = _own(items[at], inner)
    return _template(keys.names, line) % tuple(texts)


@cache
def _template(names: tuple[str, ...], line: str) -> str:
    inner = line + _INDENT
    return f"{{{inner}{f',{inner}'.join(f'{encode_basestring(name)}: %s' for name in names)}{line}}}"


def _own(value: Any, line: str) -> str:
    """Return what is no description: a number, or what a map says under x-keys."""
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", line) if value != {} else "{}"


@cache
def _keys(kind: Any) -> _Keys | None:
    """Return those of a class; None of what is no description."""
    if hasattr(kind, "__dataclass_fields__"):
        names = tuple(item.name for item in fields(kind))
    else:
        names = getattr(kind, "_fields", ())
    if not names:
        return None
    wide = tuple(at for at, name in enumerate(names) if name in _WIDE_KEYS)
    return _Keys(names, wide, tuple(at for at, name in enumerate(names) if name == "properties"))
