"""The model as JSON text, written straight from its descriptions: a large map has millions of values.

What has parts, such as a register with its fields, takes several lines, each of its parts one.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from json.encoder import encode_basestring
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from codegen.model.types import EnumType
from codegen.views.numbers import hexadecimal
from codegen.views.reference import BlockModel, ChildModel, FieldModel, Model, PlaceModel, RegisterModel

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

__all__ = ["model_json"]

# Values that may not fit the 53 bits that JSON numbers are sure to have.
_WIDE_KEYS = frozenset({"reset", "mask", "value", "unknown", "unmapped"})
_WITH_PARTS = frozenset({Model, RegisterModel, BlockModel, EnumType})
_INDENT = "  "

# Of what there are many: keys whose values are mostly those of others of the same kind. Equal values have equal texts.
_OF_FIELDS = (
    "access read write once readable writable unknown kind enum signed fraction_bits volatile writeback pulse idle "
    "write_enum unit scale offset low high plan refusal overwrites array alternate when alias hardware title"
)
_OF_REGISTERS = "rival width access_width words endian access unknown shadow rules"
_OF_PLACES = "kind rank resets space size width access_width access alternate when external title"
_OF_CHILDREN = (
    "kind size count stride first index inner resets space width access_width access alternate when external title"
)
_USUAL_KEYS: dict[Any, frozenset[str]] = {
    FieldModel: frozenset(_OF_FIELDS.split()),
    RegisterModel: frozenset(_OF_REGISTERS.split()),
    PlaceModel: frozenset(_OF_PLACES.split()),
    ChildModel: frozenset(_OF_CHILDREN.split()),
}
_REMEMBERED = 4096


class _Keys(NamedTuple):
    """The keys of a description's class: how the usual and the other values are got, and how they are written."""

    names: tuple[str, ...]
    usual: Callable[[Any], tuple[Any, ...]]
    others: Callable[[Any], tuple[Any, ...]]
    other_writers: tuple[Callable[[Any], str], ...]
    writers: tuple[Callable[..., str], ...]


_PLAIN: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _value: "null",
}


def model_json(model: Model) -> str:
    """Return a model as JSON text; what may be wider than 53 bits becomes text such as "0x1F"."""
    return _text(model, "\n", {})


_Known = dict[int, str]


def _text(value: Any, line: str = "", known: _Known | None = None) -> str:
    """Return a value as text; `line` is a line end with the indentation around it, empty for what stands in a line.

    `known`: the texts of fields, by their identity, as registers share them.
    """
    kind = type(value)
    if kind in _PLAIN:
        return _PLAIN[kind](value)
    if kind is tuple or kind is list:
        if line and value and type(value[0]) not in _PLAIN:
            inner = line + _INDENT
            return f"[{inner}{f',{inner}'.join([_text(item, inner, known) for item in value])}{line}]"
        return f"[{', '.join(map(_text, value))}]"
    keys = _keys(cast("Hashable", kind))
    if keys is None:
        return json.dumps(value, ensure_ascii=False)
    if known is not None and id(value) in known:
        return known[id(value)]
    return _description(value, keys, line if kind in _WITH_PARTS else "", known)


def _description(value: Any, keys: _Keys, line: str, known: _Known | None) -> str:
    inner = line + _INDENT if line else ""
    texts = [
        _text(item, inner, known) if write is _text else write(item)
        for write, item in zip(keys.other_writers, keys.others(value), strict=True)
    ]
    text = _template(cast("Hashable", type(value)), keys.usual(value), line) % tuple(texts)
    if known is not None and type(value) is FieldModel:
        known[id(value)] = text
    return text


@lru_cache(_REMEMBERED)
def _template(kind: Any, usual: tuple[Any, ...], line: str) -> str:
    """Return the text of a description with its usual values, and a place for each of the others."""
    keys = cast("_Keys", _keys(kind))
    usual_keys, rest = _USUAL_KEYS.get(kind, ()), iter(usual)
    texts = (
        write(next(rest)).replace("%", "%%") if name in usual_keys else "%s"
        for name, write in zip(keys.names, keys.writers, strict=True)
    )
    pairs = map("{}: {}".format, map(encode_basestring, keys.names), texts)
    inner = line + _INDENT
    return f"{{{inner}{f',{inner}'.join(pairs)}{line}}}" if line else f"{{{', '.join(pairs)}}}"


def _wide(value: Any) -> str:
    """Return a number that may be wide as text in quotes."""
    return f'"{hexadecimal(value)}"' if isinstance(value, int) else _text(value)


def _own(value: Any) -> str:
    """Return what is no description: what a map says under x-keys."""
    return json.dumps(value, ensure_ascii=False) if value else "{}"


_STRINGS = ("name", "map_name", "python_name", "title", "description", "path")
_INTEGERS = ("msb", "lsb", "width", "access_width", "size", "rank")
_WRITERS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(_WIDE_KEYS, _wide),
    **dict.fromkeys(_STRINGS, encode_basestring),
    **dict.fromkeys(_INTEGERS, int.__repr__),
    "properties": _own,
}
"""How values of a key are written; those of others by what they are."""


@cache
def _keys(kind: Any) -> _Keys | None:
    """Return those of a class; None of what is no description."""
    is_tuple = issubclass(kind, tuple)
    names = tuple(item.name for item in fields(kind)) if is_dataclass(kind) else getattr(kind, "_fields", ())
    if not names:
        return None
    usual = [name for name in names if name in _USUAL_KEYS.get(kind, ())]
    others = [name for name in names if name not in usual]
    writers = {name: _WRITERS.get(name, _text) for name in names}

    def getter(wanted: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
        if len(wanted) < 2:  # noqa: PLR2004  (of one, the standard getters give no tuple)
            return lambda value: tuple(getattr(value, name) for name in wanted)
        return itemgetter(*map(names.index, wanted)) if is_tuple else attrgetter(*wanted)

    other_writers = tuple(writers[name] for name in others)
    return _Keys(names, getter(usual), getter(others), other_writers, tuple(writers.values()))
