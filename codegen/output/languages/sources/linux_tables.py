"""What regmap has to know of the registers of a BAR: fields, ranges by what may be done, and defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.views.escapes import block_comment
from codegen.views.names.constant_names import upper_snake
from codegen.views.numbers import hexadecimal
from codegen.views.told.bus_words import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codegen.schema.spaces import Space
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import Model, PlaceModel, RegisterModel

__all__ = ["Table", "tables_of"]

_WORD, _BYTE = 32, 8
_ELEMENTS_MAX = 4096
_REACH = 1 << 32


class _Field(NamedTuple):
    name: str
    value: str


class _Word(NamedTuple):
    """A word of regmap's, at one address."""

    address: int
    readable: bool
    writable: bool
    is_volatile: bool
    is_precious: bool
    default: int | None


class Table(NamedTuple):
    """All of one BAR. `notes`: what regmap does not have of it."""

    name: str
    prefix: str
    title: str
    notes: tuple[str, ...]
    bits: int
    stride: int
    last: str
    fields: tuple[_Field, ...]
    defaults: tuple[tuple[str, str], ...]
    ranges: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def tables_of(model: Model, prefix: str) -> tuple[Table, ...]:
    """Return the tables of each BAR that has registers, that of the device's home first."""
    spaces: dict[Space, list[PlaceModel]] = {model.space: []}
    for place in model.places:
        spaces.setdefault(place.space, []).append(place)
    maker = _Maker(model, prefix)
    return tuple(maker.table(space, places) for space, places in spaces.items() if maker.has_words(places))


class _Maker:
    def __init__(self, model: Model, prefix: str) -> None:
        self._model, self._prefix = model, prefix
        self._registers = {register.name: register for register in model.registers}
        self._acted_on = {
            (*place.names[:-1], field.alias.partition(".")[0])
            for place in model.places
            if place.kind == "register"
            for field in self._registers[str(place.type)].fields
            if field.alias is not None
        }

    def has_words(self, places: Iterable[PlaceModel]) -> bool:
        return any(place.kind == "register" for place in places)

    def table(self, space: Space, places: list[PlaceModel]) -> Table:
        is_home = space == self._model.space
        name = self._model.name if is_home else f"{self._model.name}_{space.pf}_bar{space.bar}"
        registers = [place for place in places if place.kind == "register"]
        inside = {names for place in places if place.kind == "memory" for names in [place.names]}
        registers = [place for place in registers if not any(place.names[: len(at)] == at for at in inside)]
        widths = [self._registers[str(place.type)].access_width for place in registers]
        bits = _BYTE if widths and all(width == _BYTE for width in widths) else _WORD
        notes: list[str] = []
        fields: list[_Field] = []
        words: dict[int, list[_Word]] = {}
        for place in registers:
            reason = self._reason(place, bits)
            if reason:
                notes.append(f"Not in regmap: register {place.path}, which {reason}.")
                continue
            fields += self._fields(place, bits)
            for word in self._words(place, bits):
                words.setdefault(word.address, []).append(word)
        notes += [f"Not in regmap: memory {place.path}." for place in places if place.kind == "memory"]
        flat = [_merged(words[address]) for address in sorted(words)]
        step = bits // 8
        defaults = tuple(
            (hexadecimal(word.address), hexadecimal(word.default)) for word in flat if word.default is not None
        )
        return Table(
            name,
            self._prefix if is_home else upper_snake(name) + "_",
            str(space),
            tuple(map(block_comment, notes)),
            bits,
            step,
            hexadecimal(flat[-1].address if flat else 0),
            tuple(fields),
            defaults,
            (
                ("rd", _ranges((word.address for word in flat if word.readable), step)),
                ("wr", _ranges((word.address for word in flat if word.writable), step)),
                ("volatile", _ranges((word.address for word in flat if word.is_volatile), step)),
                ("precious", _ranges((word.address for word in flat if word.is_precious), step)),
            ),
        )

    def _reason(self, place: PlaceModel, bits: int) -> str:
        """Return why regmap can't have a register; empty if it can."""
        register = self._registers[str(place.type)]
        if register.width % bits or place.offset % (bits // 8) or register.access_width < bits:
            return f"is no word of {bits} bits"
        elements = 1
        for dimension in place.dimensions:
            elements *= dimension.count
        if elements > _ELEMENTS_MAX:
            return f"is there {elements} times, more than {_ELEMENTS_MAX}"
        if max(self._addresses(place)) + register.width // 8 > _REACH:
            return "lies beyond 4 GiB"
        return ""

    def _addresses(self, place: PlaceModel) -> list[int]:
        found = [place.offset]
        for dimension in place.dimensions:
            found = [base + index * dimension.stride for base in found for index in range(dimension.count)]
        return found

    # -- fields ------------------------------------------------------------

    def _fields(self, place: PlaceModel, bits: int) -> Iterator[_Field]:
        register = self._registers[str(place.type)]
        stem = self._prefix + "_".join(map(upper_snake, place.names))
        repeated = ""
        if len(place.dimensions) == 1:
            dimension = place.dimensions[0]
            repeated = f", {dimension.count}, {hexadecimal(dimension.stride)}"
        for word in in_words(register, bits):
            tail = f"_W{word.number}" if register.width > bits else ""
            for field in word.fields:
                name = upper_snake(field.name.replace("[", "_").removesuffix("]"))
                address = hexadecimal(place.offset + word.offset)
                macro = "REG_FIELD_ID" if repeated else "REG_FIELD"
                split = tail if _is_part(register, field) else ""
                yield _Field(f"{stem}_{name}{split}_FIELD", f"{macro}({address}, {field.lsb}, {field.msb}{repeated})")

    # -- words ------------------------------------------------------------

    def _words(self, place: PlaceModel, bits: int) -> Iterator[_Word]:
        register = self._registers[str(place.type)]
        # A write of another register, or one that is dropped, changes what a cache would hold.
        is_changed = place.names in self._acted_on or register.rules is not None or place.alternate is not None
        for base in self._addresses(place):
            for word in in_words(register, bits):
                low = word.number * bits
                ones = (1 << bits) - 1
                fields = word.fields
                is_volatile = is_changed or any(field.volatile or field.pulse for field in fields)
                acts = any(field.read in {"clear", "set"} for field in fields)
                holds = all(field.read == "value" and field.write in {"value", "none"} for field in fields)
                known = not register.unknown >> low & ones
                keeps = holds and not is_volatile and known and bool(fields)
                yield _Word(
                    base + word.offset,
                    any(field.readable for field in fields) or not fields,
                    any(field.writable for field in fields),
                    is_volatile or not holds,
                    acts,
                    register.reset >> low & ones if keeps else None,
                )


def _is_part(register: RegisterModel, part: FieldModel) -> bool:
    """Return whether it is one of several parts of a field, in the words that this reaches."""
    name = part.name.partition("[")[0]
    return part.width < next(field.width for field in register.fields if field.name == name)


def _merged(words: list[_Word]) -> _Word:
    """Return the word of an address that several registers share."""
    if len(words) == 1:
        return words[0]
    return _Word(
        words[0].address,
        any(word.readable for word in words),
        any(word.writable for word in words),
        True,
        any(word.is_precious for word in words),
        None,
    )


def _ranges(addresses: Iterable[int], step: int) -> tuple[tuple[str, str], ...]:
    """Return addresses as ranges, both ends included."""
    found: list[list[int]] = []
    for address in addresses:
        if found and found[-1][1] + step == address:
            found[-1][1] = address
        else:
            found.append([address, address])
    return tuple((hexadecimal(first), hexadecimal(last)) for first, last in found)
