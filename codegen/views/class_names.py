"""Names of the generated classes: deterministic, short where that is unambiguous."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from codegen.model.types import BlockType, RegisterType
from codegen.schema.names import BUILTINS, camel_case

if TYPE_CHECKING:
    from codegen.model.device import Device
    from codegen.model.tree import TypeTree

__all__ = ["class_names"]

_Named = BlockType | RegisterType


def class_names(device: Device, tree: TypeTree) -> dict[_Named, str]:
    """Return the class name of every block and register type.

    Types that the map names come before blocks and registers. Whatever wants the same name as
    another, or one that is taken, all get that of the enclosing block in front, then a number.
    """
    names: dict[_Named, str] = {device.root: device.class_name}
    taken = {enum.name for enum in device.enums} | BUILTINS | {device.class_name}
    inner: list[_Named] = list(tree.outer_first[1:])
    everything = inner + tree.registers
    _assign_unambiguous([item for item in everything if _type_name(item)], names, taken)
    _assign_unambiguous([item for item in everything if not _type_name(item)], names, taken)
    for item in everything:
        if item not in names:
            names[item] = _free(names[tree.owners[item]] + _wanted(item), taken)
            taken.add(names[item])
    return names


def _type_name(item: _Named) -> str | None:
    return item.type_name if isinstance(item, BlockType) else None


def _wanted(item: _Named) -> str:
    return camel_case(_type_name(item) or item.name)


def _assign_unambiguous(items: list[_Named], names: dict[_Named, str], taken: set[str]) -> None:
    wishes = Counter(map(_wanted, items))
    for item in items:
        wanted = _wanted(item)
        if wishes[wanted] == 1 and wanted not in taken:
            names[item] = wanted
    taken.update(names[item] for item in items if item in names)


def _free(wanted: str, taken: set[str]) -> str:
    number = 2
    name = wanted
    while name in taken:
        name = f"{wanted}{number}"
        number += 1
    return name
