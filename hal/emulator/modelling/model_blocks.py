"""Blocks and arrays as the hardware has them, and where a path leads in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from hal.design.paths import steps_of
from hal.emulator.modelling.model_memories import ModelMemory
from hal.emulator.modelling.model_registers import ModelRegister
from hal.errors import AccessError, FieldNameError
from hal.registers.child import child_named
from hal.registers.memory import MemoryIndexError
from hal.registers.node import no_such_name
from hal.registers.numberless import Numberless
from hal.registers.space import space_numbers
from hal.values import integer, integer_slice, places_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.access.fields import FieldDeclaration
    from hal.design.paths import Step
    from hal.emulator.modelling.storage import Storage
    from hal.registers.child import Child
    from hal.registers.space import SpaceNumbers

__all__ = ["ModelArray", "ModelBlock", "ModelEntries", "found_at"]

N = TypeVar("N")
NOUN = "register, block or memory"


class ModelBlock(Numberless):
    """A block from the hardware's side: what it holds are attributes, by the names that the driver has."""

    def __init__(
        self, storage: Storage, children: Mapping[str, Child[Any]], path: str, space: SpaceNumbers, offset: int
    ) -> None:
        self.__dict__.update(_storage=storage, _children=children, path=path, _space=space, _offset=offset)

    if not TYPE_CHECKING:  # a misspelt name must not type-check

        def __getattr__(self, name):  # noqa: ANN001, ANN204
            child = self.__dict__.get("_children", {}).get(name)
            if child is None:
                raise no_such_name(self._where(), name, self.__dict__.get("_children", {}), NOUN)
            made = self.__dict__[name] = _node(self, child)
            return made

        def __setattr__(self, name, value):  # noqa: ANN001, ANN204
            child = self._children.get(name)
            if child is None:
                raise no_such_name(self._where(), name, self._children, NOUN)
            raise replaced(f"{self._full_path()}.{name}", child)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__dict__["_children"]})

    def __repr__(self) -> str:
        return f"<{self._where()}: {', '.join(self.__dict__['_children'])}>"

    def _instead(self) -> str:
        return f"a block: take what it holds: {', '.join(f'.{name}' for name in self.__dict__['_children'])}"

    def _full_path(self) -> str:
        name: str = self.__dict__["_storage"].name
        path = self.__dict__["path"]
        return f"{name}.{path}" if path else name

    def _where(self) -> str:
        return self._full_path()


def replaced(path: str, child: Child[Any]) -> AccessError:
    """The error of an assignment to what a block holds."""
    if child.place.count is not None:
        hint = "set what its elements hold, as in " + f"{child.attribute}[{child.place.label(0)}]"
    elif child.is_register:
        field = next(iter(child.shape.declared), "value")
        hint = (
            f"set a field of it, as in {child.attribute}.{field} = ..., or all bits with {child.attribute}.write(...)"
        )
    else:
        hint = "set what it holds"
    return AccessError(f"{path} can't be replaced: {hint}", path=path)


def _node(block: ModelBlock, child: Child[Any]) -> Any:
    """What a line of a block declares, at its place."""
    known = block.__dict__
    storage, space, base = known["_storage"], known["_space"], known["_offset"]
    path = f"{known['path']}.{child.name}" if known["path"] else child.name
    if child.space:
        space, base = space_numbers(child.space), 0
    place = child.place
    if place.count is None:
        return _element(storage, place, place, path, space, base + place.offset, 0)
    array: ModelArray[Any] = ModelArray(storage, place, place, path, space, base + place.offset, 0)
    if child.entry is None:
        return array
    words = ModelMemory(storage, path, space, base + child.offset, size=child.size, width=child.width)
    return ModelEntries(array, words)


def _element(
    storage: Storage, child: Child[Any], whole: Child[Any], path: str, space: SpaceNumbers, offset: int, place: int
) -> Any:
    """An element, or what stands there alone. `whole`: the array of all dimensions, where it has this place."""
    if whole.is_register:
        return ModelRegister(storage, path, whole.shape_of(place), space, offset)
    if whole.is_memory:
        return ModelMemory(storage, path, space, offset, size=child.size, width=child.width)
    return ModelBlock(storage, whole.children, path, space, offset)


class ModelArray(Numberless, Sequence[N], Generic[N]):
    """An array from the hardware's side. Elements have the numbers or names that they have in the driver."""

    def __init__(
        self,
        storage: Storage,
        child: Child[Any],
        whole: Child[Any],
        path: str,
        space: SpaceNumbers,
        offset: int,
        place: int,
    ) -> None:
        self._storage, self._child, self._whole = storage, (child,), (whole,)  # in tuples: a Child is a descriptor
        self.path, self._space, self._offset, self._first = path, space, offset, place
        self._items: dict[int, N] = {}

    def __len__(self) -> int:
        return self._child[0].count or 0

    @overload
    def __getitem__(self, key: int | str) -> N: ...
    @overload
    def __getitem__(self, key: slice) -> list[N]: ...
    def __getitem__(self, key: int | str | slice) -> N | list[N]:
        child = self._child[0]
        if isinstance(key, slice):
            return [self._at(place) for place in places_of(integer_slice(key), len(self), child.first)]
        return self._at(self._place_of(key))

    def __repr__(self) -> str:
        return f"<{self._where()}: {len(self)} elements>"

    def _at(self, place: int) -> N:
        if place not in self._items:
            child, whole = self._child[0], self._whole[0]
            path, offset = f"{self.path}[{child.label(place)}]", self._offset + place * child.stride
            made: Any
            if child.row is not None:
                first = self._first + place * child.row.number
                made = ModelArray(self._storage, child.row, whole, path, self._space, offset, first)
            else:
                made = _element(self._storage, child, whole, path, self._space, offset, self._first + place)
            self._items[place] = made
        return self._items[place]

    def _place_of(self, key: int | str) -> int:
        child, count = self._child[0], len(self)
        if isinstance(key, str):
            place = child.number_of(key)
            known = ", ".join(child.index) or f"{child.label(0)} to {child.label(count - 1)}"
            told = f"[{shown(key)}] is none of {known}"
        else:
            number = integer(key, "an index is an integer, a name or a slice", "")
            place = number + count if number < 0 else number - child.first
            told = f"index {shown(number)} is outside of its {count} elements"
        if not 0 <= place < count:
            raise MemoryIndexError(f"{self._where()}: {told}", path=self.path)
        return place

    def _instead(self) -> str:
        return "an array: take an element, e.g. [0]"

    def _full_path(self) -> str:
        return f"{self._storage.name}.{self.path}"

    def _where(self) -> str:
        return self._full_path()


class ModelEntries(ModelArray[N]):
    """A memory of entries from the hardware's side: `self.ring[5].length`. `words`: the same memory as words."""

    def __init__(self, entries: ModelArray[N], words: ModelMemory) -> None:
        self.__dict__.update(entries.__dict__)
        self.words = words


def found_at(block: ModelBlock, path: str) -> tuple[Any, FieldDeclaration | int | None]:
    """What stands at a path from the device's block on, and which of its fields or words the path names."""
    node: Any = block
    steps = list(steps_of(path))
    for number, step in enumerate(steps):
        if isinstance(node, ModelRegister):
            return node, _field_of(node, ".".join(_text_of(step) for step in steps[number:]))
        if not isinstance(node, ModelBlock):
            raise FieldNameError(f"{node._where()} has nothing with a name: {node._instead()}", path=path)
        child = child_named(node.__dict__["_children"], step.name)
        if child is None:
            names = [child.name for child in node.__dict__["_children"].values()]
            raise no_such_name(node._where(), step.name, names, NOUN)
        node = getattr(node, child.attribute)
        for at, index in enumerate(step.indices):
            is_last = number == len(steps) - 1 and at == len(step.indices) - 1
            if isinstance(node, ModelMemory) and isinstance(index, int) and is_last:
                return node, index
            if not isinstance(node, ModelArray):
                raise FieldNameError(f"{node._where()} has no elements: leave [{shown(index)}] out", path=path)
            node = node[index]
    return node, None


def _field_of(register: ModelRegister, name: str) -> FieldDeclaration:
    field = register._shape.field_named(name)
    if field is None:
        names = [item.name for item in register._shape.declared.values()]
        raise no_such_name(register._where(), name, names, "field")
    return field


def _text_of(step: Step) -> str:
    return step.name + "".join(f"[{index}]" for index in step.indices)
