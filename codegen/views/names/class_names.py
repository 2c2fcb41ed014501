"""Names of the generated classes: deterministic, short where that is unambiguous."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import BlockType, RegisterType
from codegen.schema.names import BUILTINS, camel_case, interrupts_class

if TYPE_CHECKING:
    from codegen.model.device import Device
    from codegen.model.tree import TypeTree

__all__ = ["ClassNames", "class_names"]

_Named = BlockType | RegisterType


class ClassNames(NamedTuple):
    """The class of every block and register type. `rivals`: of each that ends in a number, who has it without."""

    names: dict[_Named, str]
    rivals: dict[str, str]


def class_names(device: Device, tree: TypeTree) -> ClassNames:
    """Return the class name of every block and register type.

    Types that the map names come before blocks and registers. Whatever wants the same name as
    another, or one that is taken, all get that of the enclosing block in front, without saying a word
    twice, then a number.
    """
    rivals: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    names: dict[_Named, str] = {device.root: device.class_name}
    taken = {enum.python_name for enum in device.enums} | BUILTINS | {device.class_name}
    taken |= {constant.name for constant in device.constants}
    if device.interrupts:
        taken.add(interrupts_class(device.class_name))
    inner: list[_Named] = list(tree.outer_first[1:])
    everything = inner + tree.registers
    _assign_unambiguous([item for item in everything if _type_name(item)], names, taken)
    _assign_unambiguous([item for item in everything if not _type_name(item)], names, taken)
    for item in everything:
        if item not in names:
            wanted = _within(names[tree.owners[item]], item)
            names[item] = _free(wanted, taken, numbers)
            if names[item] != wanted:
                rivals[names[item]] = wanted
            taken.add(names[item])
    return ClassNames(names, rivals)


def _type_name(item: _Named) -> str | None:
    return item.type_name if isinstance(item, BlockType) else None


def _wanted(item: _Named) -> str:
    return camel_case(_type_name(item) or item.name)


def _within(owner: str, item: _Named) -> str:
    """Return a name with its owner's in front, words that both have there once: C2hDataMover has C2hDataMoverStatus."""
    words = (_type_name(item) or item.name).split("_")
    for count in reversed(range(1, len(words))):
        if owner.endswith(camel_case("_".join(words[:count]))):
            return owner + camel_case("_".join(words[count:]))
    return owner + _wanted(item)


def _assign_unambiguous(items: list[_Named], names: dict[_Named, str], taken: set[str]) -> None:
    wanted_by = list(map(_wanted, items))
    wishes = Counter(wanted_by)
    given = zip(items, wanted_by, strict=True)
    found = {item: wanted for item, wanted in given if wishes[wanted] == 1 and wanted not in taken}
    names.update(found)
    taken.update(found.values())


def _free(wanted: str, taken: set[str], numbers: Counter[str]) -> str:
    """Return a name with the next number that is free behind it; `numbers` holds the last ones."""
    name = wanted
    while name in taken:
        numbers[wanted] += 1
        name = f"{wanted}{numbers[wanted] + 1}"
    return name
