"""Registers as the hardware has them: a model reads and sets their fields by name, past every access policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.access.field_arrays import FieldArray, Fields
from hal.emulator.modelling.hardware_side import counter_of, driven_side
from hal.errors import FieldTypeError, FieldValueError, ModelError
from hal.kinds import EnumPair
from hal.registers.node import no_such_name
from hal.registers.numberless import Numberless
from hal.values import fitting, integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape
    from hal.emulator.modelling.storage import Storage, WordPlace
    from hal.errors import HalError
    from hal.registers.space import SpaceNumbers

__all__ = ["ModelFields", "ModelRegister", "ModelValue"]


class ModelRegister(Numberless):
    """A register from the hardware's side. Its fields are attributes, which are read and set, whatever their access.

    A field is set in one step: what a program writes to its neighbours meanwhile is not lost. Of a register of several
    bus words, fields that lie in two are set word by word. `path`: in the device.
    """

    __slots__ = ("_offset", "_shape", "_space", "_storage", "path")

    path: str
    _storage: Storage
    _shape: RegisterShape
    _space: SpaceNumbers
    _offset: int

    def __init__(self, storage: Storage, path: str, shape: RegisterShape, space: SpaceNumbers, offset: int) -> None:
        _set(self, "_storage", storage)
        _set(self, "path", path)
        _set(self, "_shape", shape.stored)
        _set(self, "_space", space)
        _set(self, "_offset", offset)

    if not TYPE_CHECKING:  # a misspelt name must not type-check

        def __getattr__(self, name):  # noqa: ANN001, ANN204
            item = self._named(name)
            return ModelFields(self, item) if isinstance(item, FieldArray) else self._get(item)

        def __setattr__(self, name, value):  # noqa: ANN001, ANN204
            item = self._named(name)
            if isinstance(item, FieldArray):
                ModelFields(self, item).write(value)
            else:
                self._put(item, value)

    def read(self) -> int:
        """All bits."""
        return self._read_bits(self._shape.mask)

    def write(self, value: int) -> None:
        """Sets all bits."""
        self._require_bits(*self._shape.fields.values())
        try:
            bits = fitting(value, self._shape.width)
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem) from problem.__cause__
        self._change(self._shape.mask, bits)

    def modify(self, **fields: Any) -> None:
        """Sets several fields, those of one bus word in one step."""
        given: dict[str, Any] = {}
        for name, value in fields.items():
            item = self._named(name)
            given.update(self._elements(item, value) if isinstance(item, FieldArray) else {name: value})
        mask = bits = 0
        for name, value in given.items():
            field = self._shape.fields[name]
            self._require_bits(field)
            mask, bits = mask | field.mask, bits | self._encoded(field, value)
        self._change(mask, bits)

    def fields(self) -> dict[str, Any]:
        """The values of all fields by name."""
        raw = self.read()
        return {name: item.decode(raw) for name, item in self._shape.declared.items()}

    def reset(self) -> None:
        """All bits are as after a reset; those that nobody knows then are 0."""
        self.write(self._shape.reset)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._shape.declared})

    def __repr__(self) -> str:
        try:
            raw = self.read()
        except ModelError as problem:
            return f"<{self._where()}: {problem}>"
        fields = ", ".join(f"{name}={item.text(raw)}" for name, item in self._shape.declared.items())
        return f"<{self._where()} = {raw:#0{self._shape.width // 4 + 2}x}: {fields}>"

    # -- how ------------------------------------------------------------------------------------------------------

    def _instead(self) -> str:
        return f"a register: take a field, e.g. .{next(iter(self._shape.declared), 'value')}, or .read()"

    def _full_path(self) -> str:
        return f"{self._storage.name}.{self.path}"

    def _where(self) -> str:
        return self._full_path()

    def _placed_error(self, problem: FieldValueError | FieldTypeError, field: str = "") -> HalError:
        path = f"{self.path}.{field}" if field else self.path
        return type(problem)(f"{self._storage.name}.{path}: {problem}", path=path)

    def _named(self, name: str) -> FieldDeclaration | FieldArray:
        item = self._shape.declared.get(name) or self._shape.fields.get(name)
        if item is None:
            raise no_such_name(self._where(), name, self._shape.declared, "field")
        return item

    def _elements(self, array: FieldArray, values: Any) -> dict[str, Any]:
        try:
            return array.named(values)
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem) from problem.__cause__

    def _require_bits(self, *fields: FieldDeclaration) -> None:
        """ModelError for what has no storage of its own."""
        for field in fields:
            if field.alias:
                raise ModelError(
                    f"{self._full_path()}.{field.name} has no bits of its own: it acts on {field.alias}, so name that"
                )

    def _encoded(self, field: FieldDeclaration, value: Any) -> int:
        try:
            kind = field.kind.seen if isinstance(field.kind, EnumPair) else field.kind  # hardware gives what is read
            return kind.encode(value, field.width) << field.lsb
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem, field.name) from problem.__cause__

    def _get(self, field: FieldDeclaration) -> Any:
        self._require_bits(field)
        return field.decode(self._read_bits(field.mask))

    def _put(self, field: FieldDeclaration, value: Any) -> None:
        self._require_bits(field)
        self._change(field.mask, self._encoded(field, value))

    def _drive(self, field: FieldDeclaration, value: Any) -> None:
        hardware = driven_side(field, f"{self._full_path()}.{field.name}")
        given = self._encoded(field, value) >> field.lsb
        before = self._storage.inputs.change(self.path, field, hardware, given)
        self._update(field, lambda bits: hardware.driven(bits, given, before))

    def _hold(self, field: FieldDeclaration, hardware: Any, level: int) -> None:
        """What a level drives stays as it is."""
        self._update(field, lambda bits: hardware.driven(bits, level, level))

    def _count(self, field: FieldDeclaration, events: int) -> int:
        shown = f"{self._full_path()}.{field.name}"
        counter = counter_of(field, shown)
        number = integer(events, "events are an integer", "")
        if number and not (counter.incrvalue if number > 0 else counter.decrvalue):
            raise ModelError(f"{shown} does not count {'up' if number > 0 else 'down'}")
        return self._update(field, lambda step: counter.after(step, number, field.width))

    def _update(self, field: FieldDeclaration, new: Callable[[int], int]) -> int:
        """What a field becomes of what it is, also where a program changes it just then."""
        while True:
            old = self._read_bits(field.mask)
            value = new((old & field.mask) >> field.lsb)
            if self._swap(field.mask, value << field.lsb, old):
                return value

    def _reached(self, mask: int) -> list[tuple[int, WordPlace, int]]:
        """Lowest bit, place and mask of each bus word that has some of these bits."""
        shape, words, behind = self._shape, [], self.path in self._storage.behind
        for number in range(shape.word_count):
            low = number * shape.access_width
            part = mask >> low & ((1 << shape.access_width) - 1)
            if part:
                words.append((low, (*self._space, behind, self._offset + shape.word_at(number)), part))
        return words

    def _read_bits(self, mask: int) -> int:
        """All bits of the bus words that have some of these."""
        width = self._shape.access_width
        words = ((low, self._storage.word(place, width)) for low, place, _ in self._reached(mask))
        return sum(word << low for low, word in words)

    def _change(self, mask: int, bits: int) -> None:
        width = self._shape.access_width
        for low, place, part in self._reached(mask):
            self._storage.change(place, width, part, bits >> low & part)

    def _swap(self, mask: int, bits: int, old: int) -> bool:
        """Sets these bits where they are as in `old`; of several bus words, whatever they are."""
        words = self._reached(mask)
        if len(words) > 1:
            self._change(mask, bits)
            return True
        ((low, place, part),) = words
        return self._storage.swap(place, self._shape.access_width, part, bits >> low & part, old >> low & part)


class ModelValue(ModelRegister):
    """A register whose one field is an integer called `value`: a type for what is checked, not made."""

    if TYPE_CHECKING:
        value: int


class ModelFields(Fields[Any]):
    """An array of fields from the hardware's side: its elements are read and set, whatever their access."""

    __slots__ = ()

    def _read(self, part: range) -> list[Any]:
        raw = self._register.read()
        return [self._array.elements[number].decode(raw) for number in part]


_set = object.__setattr__
