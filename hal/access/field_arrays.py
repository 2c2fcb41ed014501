"""Arrays of fields in one register: `dev.gpio.irq[3] = 1`, and all or a slice of them at once.

Each element is a field of its own, whose accessors are those of any field, under a name with its index in brackets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from hal.errors import AddressError, FieldTypeError, FieldValueError
from hal.values import integer, integer_slice, named_kind, places_of, shown

if TYPE_CHECKING:
    from typing_extensions import Self

    from hal.access.fields import Field, FieldDeclaration, NoField, ReadOnlyField, WriteOnlyField
    from hal.kinds import Toggle

__all__ = ["FieldArray", "FieldIndexError", "Fields", "field_array"]

T = TypeVar("T")
_UNDONE = "; nothing was written"


class FieldIndexError(AddressError, IndexError):
    """An index outside of an array of fields."""


class FieldArray:
    """What a driver says of an array of fields: its first element, and where the others are.

    `labels`: what stands in brackets for each of them. `elements`: their declarations, in that order.
    """

    __slots__ = ("_element", "_stride", "attribute", "description", "elements", "labels", "name")

    def __init__(self, element: FieldDeclaration, stride: int, labels: Sequence[str], *, name: str, doc: str) -> None:
        self._element, self._stride = element, stride
        self.labels = {label: number for number, label in enumerate(labels)}
        self.name = self.attribute = name
        self.description = doc
        self.elements: tuple[FieldDeclaration, ...] = ()

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute, self.name = name, self.name or name
        self.elements = tuple(
            self._element.moved(number * self._stride, f"{self.name}[{label}]", self.description)
            for label, number in self.labels.items()
        )
        for label, element in zip(self.labels, self.elements, strict=True):
            element.__set_name__(owner, f"{self.attribute}[{label}]")

    def __repr__(self) -> str:
        return f"<{len(self.elements)} fields {self.name}, {self._stride} bits apart: {self._element.facts}>"

    @property
    def readable(self) -> bool:
        """Whether its elements can be read."""
        return self._element.readable

    def part(self, key: Any) -> Any:
        """The elements at an index, a name or a slice, as numbers: one, or a range."""
        if isinstance(key, str):
            if key in self.labels:
                return self.labels[key]
            raise FieldIndexError(f"{self.name}[{key[:40]}] is none of {', '.join(self.labels)}")
        first = next(iter(self.labels))
        base = int(first) if first.isdigit() else 0
        if isinstance(key, slice):
            part = integer_slice(key, f"{self.name}: a slice's step is not 0")
            return places_of(part, len(self.labels), base)
        number = integer(key, "an index is an integer, a name or a slice", "")
        place = number + len(self.labels) if number < 0 else number - base
        if not 0 <= place < len(self.labels):
            raise FieldIndexError(f"{self.name}[{shown(number)}] is outside of its {len(self.labels)} elements")
        return place

    def named(self, values: Any, part: range | None = None) -> dict[str, Any]:
        """One value for each element, by attribute. FieldValueError where their number is wrong."""
        if isinstance(values, (str, bytes, Mapping, set, frozenset)) or not isinstance(values, Iterable):
            raise FieldTypeError(f"{self.name}: an iterable of values is needed, {named_kind(values)}{_UNDONE}")
        given = list(values)
        chosen = self.elements if part is None else [self.elements[number] for number in part]
        if len(given) != len(chosen):
            raise FieldValueError(f"{self.name}: {len(chosen)} values are needed and {len(given)} were given{_UNDONE}")
        return {element.attribute: value for element, value in zip(chosen, given, strict=True)}

    def decode(self, bits: int) -> list[Any]:
        """The elements' values in all bits of their register."""
        return [element.decode(bits) for element in self.elements]

    def text(self, bits: int) -> str:
        """The same as people read it."""
        return f"[{', '.join(element.text(bits) for element in self.elements)}]"

    @property
    def facts(self) -> str:
        """How many there are, where, and what the first one is."""
        return f"{len(self.elements)} elements, {self._stride} bits apart: {self._element.facts}"

    @property
    def mask(self) -> int:
        """Their bits in the register."""
        return sum(element.mask for element in self.elements)

    if not TYPE_CHECKING:

        def __get__(self, instance, owner):  # noqa: ANN001, ANN204
            return self if instance is None else Fields(instance, self)

        def __set__(self, instance, values):  # noqa: ANN001, ANN204
            Fields(instance, self).write(values)


class Fields(Sequence[T], Generic[T]):
    """An array of fields in one register of a card. A slice is read with one read, and written with one write."""

    __slots__ = ("_array", "_register")

    def __init__(self, register: Any, array: FieldArray) -> None:
        self._register, self._array = register, array

    def __len__(self) -> int:
        return len(self._array.elements)

    def __iter__(self) -> Iterator[T]:
        return iter(self.read())

    @overload
    def __getitem__(self, key: int | str) -> T: ...
    @overload
    def __getitem__(self, key: slice) -> list[T]: ...
    def __getitem__(self, key: int | str | slice) -> T | list[T]:
        part = self._part(key)
        if isinstance(part, range):
            return self._read(part)
        value: T = getattr(self._register, self._array.elements[part].attribute)
        return value

    def __setitem__(self, key: int | str | slice, value: Any) -> None:
        part = self._part(key)
        if isinstance(part, range):
            self._write(value, part)
        else:
            setattr(self._register, self._array.elements[part].attribute, value)

    def read(self) -> list[T]:
        """All values, from one read."""
        return self._read(range(len(self)))

    def write(self, values: Iterable[T | int | Toggle]) -> None:
        """Writes all of them, one value for each, as `modify` of the register does."""
        self._write(values, range(len(self)))

    def __repr__(self) -> str:
        register = self._register
        return f"<{self._array.name} of {register!r}>"

    def _part(self, key: Any) -> Any:
        try:
            return self._array.part(key)
        except FieldIndexError as problem:
            raise FieldIndexError(self._where(problem), path=self._path) from None
        except (FieldTypeError, FieldValueError) as problem:
            raise self._register._placed_error(problem) from problem.__cause__

    def _where(self, problem: Exception) -> str:
        return f"{self._register._where()}: {problem}"

    @property
    def _path(self) -> str:
        return f"{self._register._full_path()}.{self._array.name}"

    def _read(self, part: range) -> list[T]:
        elements = [self._array.elements[number] for number in part]
        if not elements:
            return []
        if not self._array.readable:
            raise self._register._refusal(elements[0].attribute, "read")
        mask = sum(element.mask for element in elements)
        bits = self._register._read_bits(mask)
        return [element.decode(bits) for element in elements]

    def _write(self, values: Any, part: range) -> None:
        try:
            fields = self._array.named(values, part)
        except (FieldTypeError, FieldValueError) as problem:
            raise self._register._placed_error(problem) from problem.__cause__
        if fields:
            self._register.modify(**fields)


if TYPE_CHECKING:

    class _Array(FieldArray, Generic[T]):
        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Fields[T]: ...
        def __get__(self, instance: object | None, owner: type) -> Fields[T] | Self: ...
        def __set__(self, instance: object, values: Iterable[T | int | Toggle]) -> None: ...

    class _Fixed(FieldArray, Generic[T]):
        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Fields[T]: ...
        def __get__(self, instance: object | None, owner: type) -> Fields[T] | Self: ...

    @overload
    def field_array(element: Field[T] | WriteOnlyField[T], *, count: int, stride: int, **facts: Any) -> _Array[T]: ...
    @overload
    def field_array(element: ReadOnlyField[T], *, count: int, stride: int, **facts: Any) -> _Fixed[T]: ...
    @overload
    def field_array(element: NoField, *, count: int, stride: int, **facts: Any) -> FieldArray: ...
    def field_array(element: Any, *, count: int, stride: int, **facts: Any) -> Any:
        """See below."""

else:

    def field_array(element, /, *, count, stride, **facts):  # noqa: ANN001, ANN003, ANN201
        """`count` fields, `stride` bits apart, of which `element` is the first.

        Its number is `first`; with `index`, they have names in the place of numbers.
        """
        return _made(element, count, stride, **facts)


def _made(
    element: FieldDeclaration,
    count: int,
    stride: int,
    *,
    first: int = 0,
    index: Sequence[str] = (),
    refused: str = "",
    name: str = "",
    doc: str = "",
) -> FieldArray:
    element.refused = refused
    labels = index or [str(first + number) for number in range(count)]
    return FieldArray(element, stride, labels, name=name, doc=doc)
