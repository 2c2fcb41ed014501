"""rggen: layers of a register map, which a file may give as one mapping or in pieces, and numbers in them.

Source: rggen-default-register-map and rggen's loaders (MIT), release 0.35.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.hjson_reader import Node
from codegen.importers.formats.readers.numerals import numeral

if TYPE_CHECKING:
    from codegen.importers.described.description import Origin

__all__ = ["Layer", "integer", "layer_of", "sizes_of"]

_KINDS = ("register_block", "register_file", "register", "bit_field")
_MAX_DEPTH = 32
_MAX_COUNT = 1 << 20


@dataclass(slots=True)
class Layer:
    """A block, file, register or bit field: what it says of itself, and what is in it, by kind and in order."""

    origin: Origin
    values: dict[str, Node] = field(default_factory=dict)
    inner: list[tuple[str, Layer]] = field(default_factory=list)

    def text(self, key: str) -> str:
        """Return a value as text, "" where there is none."""
        found = self.values.get(key)
        return str(found.value) if found is not None and isinstance(found.value, (str, int)) else ""


def layer_of(node: Node, depth: int = 0) -> Layer:
    """Return a layer; pieces of a list are put together, and so is what stands below <<. Raises MapError."""
    layer = Layer(node.origin)
    _take(node, layer, depth)
    return layer


def _take(node: Node, layer: Layer, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise refuse(
            node.origin, "too-deep", f"nested deeper than {_MAX_DEPTH} levels", "No register map is that deep."
        )
    for piece in node.all():
        _take(piece, layer, depth + 1)
    for key, item in node.items():
        if key == "<<":
            _take(item, layer, depth + 1)
        elif key in _KINDS:
            layer.inner.append((key, layer_of(item, depth + 1)))
        elif key.endswith("s") and key[:-1] in _KINDS:
            layer.inner += [(key[:-1], layer_of(one, depth + 1)) for one in item.all()]
        else:
            layer.values.setdefault(key, item)


def integer(node: Node | None, what: str, low: int, high: int, path: str) -> int | None:
    """Return a number, also of a text such as 0x1F; None where there is none. Raises MapError for another one."""
    if node is None or node.value is None:
        return None
    value: Any = node.value
    if isinstance(value, str):
        text = value.strip().replace("_", "")
        value = -(numeral(text[1:], 0) or 0) if text.startswith("-") else numeral(text, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        message = f"{what} is {str(node.plain())[:40]!r}, allowed: {low} to {high}"
        raise refuse(node.origin, "bad-number", message, "Correct it.", path)
    return value


def sizes_of(layer: Layer, path: str) -> tuple[list[int], int | None]:
    """Return the dimensions of an array, none of a single thing, and the step that it states."""
    node = layer.values.get("size")
    if node is None or node.value is None:
        return [], None
    items = node.all() or [node]
    sizes: list[int] = []
    step: int | None = None
    for item in items:
        given = item.get("step")
        if given is not None:
            step = integer(given, "step", 1, _MAX_COUNT, path)
            continue
        if isinstance(item.value, str) and "," in item.value:
            parts = [Node(part.strip(), item.origin) for part in item.value.split(",")]
        else:
            parts = [item]
        sizes += [integer(part, "size", 1, _MAX_COUNT, path) or 1 for part in parts]
    return sizes, step
