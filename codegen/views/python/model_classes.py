"""Typed classes for models of the emulated card: what a model sees of the design, from the hardware's side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import BlockChild, MemoryChild
from codegen.schema.names import BUILTINS
from codegen.views.python.field_kinds import type_text

if TYPE_CHECKING:
    from codegen.model.device import Device
    from codegen.model.tree import TypeTree
    from codegen.model.types import BlockType, Child, FieldType, RegisterType

    Names = dict[BlockType | RegisterType, str]

__all__ = ["OWN_NAMES", "AttributeView", "ModelClassView", "ModelView", "model_view"]

OWN_NAMES = frozenset(
    (
        *("bind", "card", "count", "drive", "driver", "event", "find", "get", "hears_memories", "on_load"),
        *("on_memory_read", "on_memory_write", "on_read", "on_write", "patience", "raise_interrupt", "set", "time"),
    )
)
"""What hal.TypedModel has itself: a model reaches what the map calls so with `find`."""
_VALUE = "hal.ModelValue"  # a register with one integer called value, as most have


class AttributeView(NamedTuple):
    """`name: type`."""

    name: str
    type: str


class ModelClassView(NamedTuple):
    """A class of annotations."""

    name: str
    base: str
    doc: str
    attributes: tuple[AttributeView, ...]


class ModelView(NamedTuple):
    """The class that models derive from, and those of its registers and blocks, which only type checkers see.

    `aliases`: types whose names some field has, by other names.
    """

    top: ModelClassView
    classes: tuple[ModelClassView, ...]
    aliases: tuple[AttributeView, ...] = ()


def model_view(device: Device, tree: TypeTree, names: Names, taken: set[str]) -> ModelView:
    """Return the typed classes of a device; `names`: of its driver's classes, `taken`: of all that the driver has."""
    maker = _Maker(names, set(taken) | BUILTINS)
    name = maker.free(device.class_name)
    blocks = [maker.block(block) for block in tree.blocks[:-1]]
    attributes = tuple(maker.attribute(child) for child in device.root.children if child.python_name not in OWN_NAMES)
    hidden = sorted(child.python_name for child in device.root.children if child.python_name in OWN_NAMES)
    doc = f"Base of models of {device.name}: what it holds, from the hardware's side."
    if hidden:
        doc += f" By find alone: {', '.join(hidden)}."
    top = ModelClassView(name, "hal.TypedModel", doc, attributes)
    return ModelView(top, (*maker.registers, *blocks), tuple(maker.aliases.values()))


class _Maker:
    """Registers of the same fields share a class."""

    def __init__(self, names: Names, taken: set[str]) -> None:
        self._names, self._taken = names, taken
        self.registers: list[ModelClassView] = []
        self._by_fields: dict[tuple[AttributeView, ...], str] = {}
        self._blocks: dict[BlockType, str] = {}
        self.aliases: dict[str, AttributeView] = {}

    def free(self, wanted: str) -> str:
        """Return a name that nothing has."""
        name = f"{wanted}Hardware"
        number = 1
        while name in self._taken:
            number += 1
            name = f"{wanted}Hardware{number}"
        self._taken.add(name)
        return name

    def block(self, block: BlockType) -> ModelClassView:
        """Return the class of a block; of those that it holds they are made."""
        name = self._blocks[block] = self.free(self._names[block])
        attributes = tuple(map(self.attribute, block.children))
        return ModelClassView(name, "hal.ModelBlock", f"{self._names[block]} from the hardware's side.", attributes)

    def attribute(self, child: Child) -> AttributeView:
        """Return what stands for a child."""
        axes = child.axes
        if isinstance(child, MemoryChild):
            if child.entry is not None:
                kind, axes = f"hal.ModelEntries[{self._blocks[child.entry]}]", child.axes[:-1]
            else:
                kind, axes = "hal.ModelMemory", child.arrays
        elif isinstance(child, BlockChild):
            kind = self._blocks[child.type]
        else:
            kind = self._register(child.type)
        for _ in axes:
            kind = f"hal.ModelArray[{kind}]"
        return AttributeView(child.python_name, kind)

    def _register(self, register: RegisterType) -> str:
        hidden = {field.python_name for field in register.fields}
        fields = tuple(
            AttributeView(field.python_name, self._type(field, hidden) if field.array is None else "hal.ModelFields")
            for field in register.fields
        )
        if fields == (AttributeView("value", "int"),):
            return _VALUE
        if fields not in self._by_fields:
            name = self._by_fields[fields] = self.free(self._names[register])
            doc = f"{self._names[register]} from the hardware's side."
            self.registers.append(ModelClassView(name, "hal.ModelRegister", doc, fields))
        return self._by_fields[fields]

    def _type(self, field: FieldType, hidden: set[str]) -> str:
        """Return the type of a field, by another name where a field beside it has its own."""
        name = type_text(field)
        if name not in hidden:
            return name
        if name not in self.aliases:
            self.aliases[name] = AttributeView(self.free(name.title()), name)
        return self.aliases[name].name
