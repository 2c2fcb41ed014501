"""SystemRDL: properties that it has no word for: `x-` keys of a map, and what hal reads again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen.views.escapes import rdl_string
from codegen.views.names.reserved_words import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codegen.views.reference import Model

__all__ = ["OwnProperties"]

_HAL_TYPES = {
    "hal_afi": ("string", "addrmap"),
    "hal_bar": ("longint unsigned", "addrmap"),
    "hal_format": ("string", "field"),
    "hal_idle": ("string", "field"),
    "hal_offset": ("string", "field"),
    "hal_pci": ("string", "addrmap"),
    "hal_scale": ("string", "field"),
    "hal_unit": ("string", "field"),
}
_NAME = re.compile("[A-Za-z][A-Za-z0-9_]*")
_TYPES = {bool: "boolean", int: "longint unsigned", str: "string"}
_LONGEST = 1 << 64


class OwnProperties:
    """The `x-` keys of a map that SystemRDL can declare: of one plain type each, and of a name that is free there."""

    def __init__(self, model: Model) -> None:
        """Take the map."""
        values: dict[str, list[object]] = {}
        self._components: dict[str, set[str]] = {}
        for component, properties in _all(model):
            for key, value in properties.items():
                values.setdefault(key, []).append(value)
                self._components.setdefault(key, set()).add(component)
        kinds = {key: _type_of(found) for key, found in values.items()}
        names = [_name(key) for key in kinds]
        self._types = {key: kind for key, kind in kinds.items() if kind and _is_free(_name(key), names)}

    def of(self, properties: dict[str, Any]) -> tuple[tuple[str, ...], list[str]]:
        """Return the keys of facts that are said, and the properties that say them."""
        said = {key: f"{_name(key)} = {_text(value)}" for key, value in properties.items() if key in self._types}
        return tuple(said), [*said.values()]

    def declarations(self, used: Iterable[str]) -> Iterator[str]:
        """Yield the definitions of these properties of hal's, and of the map's own."""
        for name in sorted(used):
            yield _declaration(name, *_HAL_TYPES[name])
        for key, kind in sorted(self._types.items()):
            yield _declaration(_name(key), kind, " | ".join(sorted(self._components[key])))


def _declaration(name: str, kind: str, components: str) -> str:
    return f"property {name} {{ type = {kind}; component = {components}; }};"


def _all(model: Model) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield all properties of a map, with what SystemRDL calls the things that have them."""
    yield "addrmap", model.properties
    for register in model.registers:
        yield from (("field", field.properties) for field in register.fields)
    for block in model.blocks:
        for child in block.children:
            if child.kind == "block":
                yield "addrmap", child.properties
                yield "regfile", child.properties
            else:
                yield {"register": "reg", "memory": "mem"}[child.kind], child.properties
        yield "addrmap", block.properties
        yield "regfile", block.properties


def _name(key: str) -> str:
    return key.removeprefix("x-").replace("-", "_")


def _is_free(name: str, names: list[str]) -> bool:
    is_word = name in RESERVED["systemrdl"] or name in RESERVED["systemrdl_properties"] or name.startswith("hal_")
    return _NAME.fullmatch(name) is not None and not is_word and names.count(name) == 1


def _type_of(values: list[object]) -> str:
    """Return the type that all values have; empty where SystemRDL has none."""
    kinds = {type(value) for value in values}
    if len(kinds) != 1 or not kinds <= set(_TYPES):
        return ""
    if any(isinstance(value, int) and not 0 <= value < _LONGEST for value in values):
        return ""
    return _TYPES[kinds.pop()]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return rdl_string(value) if isinstance(value, str) else str(value)
