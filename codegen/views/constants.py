"""The constants of a map, as every language for hardware and firmware wants them.

Names are in capitals, `_` between steps. Places give addresses (`CH_LEVEL_OFFSET`), types of
registers give what is inside (`LEVEL_VALUE_MASK`). A name that two things would have is refused: a number behind it
would make a constant mean something else once the map grows.
"""

from __future__ import annotations

from collections import Counter
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from codegen.quick_tuples import quick
from codegen.schema.spaces import PF_NUMBERS
from codegen.schema.vocabulary import BUS_WORD
from codegen.views.field_model import field_model
from codegen.views.hardware.hardware_text import hardware_text
from codegen.views.names.constant_names import Constant, ConstantNames, Part, joined, upper_snake
from codegen.views.names.identifiers import DIALECTS
from codegen.views.place_models import description_of, place_model
from codegen.views.sharing.made_once import MadeOnce

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.blocks.numbering import Axis
    from codegen.model.tree import Stop
    from codegen.model.types import BlockType, EnumMember, EnumType, FieldType, RegisterType
    from codegen.views.field_model import FieldModel
    from codegen.views.place_models import PlaceModel
    from codegen.views.reference import Model

    _FirstPlaces = dict[BlockType | RegisterType, Stop]

__all__ = [
    "EnumConstants",
    "EnumText",
    "Group",
    "Line",
    "MapConstants",
    "Member",
    "Section",
    "map_constants",
]


class Group(NamedTuple):
    """Constants of one thing, with its name and description.

    They come in parts, of which those of fields that registers share are one object. With a stem, which ends in _, that
    stands before their names.
    """

    name: str
    description: str
    parts: tuple[Part, ...]
    stem: str = ""

    @property
    def constants(self) -> tuple[Constant, ...]:
        """All of them, by their whole names."""
        found = [constant for part in self.parts for constant in part]
        if self.stem:
            found = [Constant._make((self.stem + name, *rest)) for name, *rest in found]
        return tuple(found)

    @property
    def title(self) -> str:
        """Both in one text."""
        return f"{self.name}: {self.description}" if self.description.strip() else self.name


class Line(NamedTuple):
    """A constant in a language's own words; `type` is empty where it names none."""

    name: str
    value: str
    type: str = ""
    comment: str = ""


class Section(NamedTuple):
    """Lines below a comment."""

    comment: str
    lines: tuple[Line, ...]


class Member(NamedTuple):
    """A member of an enum in a language's own words."""

    name: str
    value: str
    comment: str


class EnumText(NamedTuple):
    """An enum in a language's own words."""

    name: str
    bits: int
    comments: tuple[str, ...]
    members: tuple[Member, ...]


class EnumConstants(NamedTuple):
    """Members of an enum with constant names; `tag` is that of the type, `bits` what the largest value needs."""

    name: str
    tag: str
    bits: int
    members: tuple[tuple[str, int, str], ...]


class MapConstants(NamedTuple):
    """All constants of a map."""

    places: tuple[Group, ...]
    registers: tuple[Group, ...]
    enums: tuple[EnumConstants, ...]


def map_constants(model: Model, language: str, prefix: str = "") -> MapConstants:
    """Return a model's constants for a language, by its name; the same thing has the same names in every model.

    Raises ValueError, in words of the language, where two things would have one name.
    """
    names = ConstantNames(model.name, DIALECTS[language], prefix)
    device = Group(
        f"Device {model.name}",
        model.description,
        (
            (
                Constant(names.take("the device", "PF"), "number", PF_NUMBERS[model.space.pf]),
                Constant(names.take("the device", "BAR"), "number", model.space.bar),
            ),
        ),
    )
    named = [
        Group(
            f"Constant {constant.name}",
            constant.description,
            ((Constant(names.take(f"constant {constant.name}", constant.name), "named", constant.value),),),
        )
        for constant in model.constants
    ]
    lines = [
        Group(
            f"Interrupt {interrupt.name}",
            interrupt.description,
            (
                (
                    Constant(
                        names.take(f"interrupt {interrupt.name}", "INTERRUPT", interrupt.name), "named", interrupt.line
                    ),
                ),
            ),
        )
        for interrupt in model.interrupts
        if interrupt.line is not None
    ]
    places = (device, *named, *lines, *[_place_group(stop, model, names) for stop in model.table])
    first_places: _FirstPlaces = {}
    for stop in model.table:
        if stop.child.type is not None:
            first_places.setdefault(stop.child.type, stop)
    fields: dict[int, MadeOnce[FieldType, Part]] = {}  # by the bits of their registers
    made = MapConstants(
        places=places,
        registers=tuple(
            _register_group(register, model.names[register], first_places[register], type_name, names, fields)
            for register, type_name in zip(model.types, _type_names(model, names, first_places), strict=True)
        ),
        enums=tuple(_enum(enum, names) for enum in model.enums),
    )
    names.settle()
    return made


_constant, _group = quick(Constant), quick(Group)


def _place_group(stop: Stop, model: Model, names: ConstantNames) -> Group:
    steps, path, dimensions, space, offset, child, _ = stop
    constants: Part = (_constant(("OFFSET", "address", offset, 0, dimensions, 0, "", 0, None, ())),)
    if child.kind != "register" or len(steps) == 1 or child.axes:
        constants = (*constants, *_more_of_place(place_model(stop, model.names), model))
    stem = f"{'_'.join(filter(None, map(upper_snake, steps)))}_"
    title = f" ({child.title})" if child.title else ""
    name = f"{_KINDS[child.kind]} {path}{title} ({_space_text(space)})"
    taken = names.take_group(stem, (constants,), lambda: [_called(stop)] * len(constants))
    return _group((name, description_of(child), *taken))


def _called(stop: Stop) -> str:
    """Return what errors call a place."""
    return f"{stop.child.kind} {stop.path}"


_KINDS = {kind: kind.capitalize() for kind in ("register", "memory", "block")}
_space_text = cache(str)


def _more_of_place(place: PlaceModel, model: Model) -> Iterator[Constant]:
    """Yield what else there is than its offset."""
    if place.kind != "register":
        yield Constant("SIZE", "address", place.size)
    if place.kind == "memory" and place.type is None and place.width != BUS_WORD:
        yield Constant("WIDTH", "number", place.width)
    own = place.dimensions[len(place.dimensions) - place.rank :]
    for place_in, dimension in enumerate(own):
        suffix = f"_{place_in}" if len(own) > 1 else ""
        yield Constant(f"COUNT{suffix}", "number", dimension.count)
        yield Constant(f"STRIDE{suffix}", "address", dimension.stride)
    labels = dict.fromkeys((name, number) for dimension in own for number, name in enumerate(dimension.index))
    yield from (Constant(upper_snake(name), "number", number) for name, number in labels)
    if place.resets:
        yield Constant("RESETS", "list", 0, values=place.resets, bits=place.width)
    if place.space != model.space and len(place.names) == 1:
        yield Constant("PF", "number", PF_NUMBERS[place.space.pf])
        yield Constant("BAR", "number", place.space.bar)


def _type_names(model: Model, names: ConstantNames, first_places: _FirstPlaces) -> Iterator[str]:
    """Yield the registers' own names, and where several types have one, those of their classes."""
    uses = Counter([register.name for register in model.types])
    for register in model.types:
        if uses[register.name] == 1:
            yield register.name
            continue
        rival = model.rival_of(register)
        if rival:
            firsts = {model.names[other]: _called(stop) for other, stop in first_places.items()}
            shown = f"{names.prefix}{upper_snake(rival)}_..."
            names.refuse(firsts.get(rival, rival), _called(first_places[register]), shown)
        yield model.names[register]


def _register_group(
    register: RegisterType,
    class_name: str,
    first_place: Stop,
    type_name: str,
    names: ConstantNames,
    fields: dict[int, MadeOnce[FieldType, Part]],
) -> Group:
    bits, unknown = register.width, register.unknown
    own: Part = (_constant(("RESET", "bits", register.reset, bits, (), 0, "", unknown, None, ())),)
    if unknown:
        own = (*own, Constant("RESET_KNOWN", "bits", ~unknown & (1 << bits) - 1, bits))
    if bits not in fields:
        known: dict[tuple[object, ...], Part] = {}
        fields[bits] = MadeOnce(partial(_field_part, bits=bits, known=known))
    parts = (own, *fields[bits].of_all(register.fields))
    name = f"Type of register {class_name}, {bits} bits{_words(register)}, {register.access}"
    taken = names.take_group(f"{upper_snake(type_name)}_", parts, partial(_owners, register, first_place, parts))
    return _group((name, register.description, *taken))


def _owners(register: RegisterType, first_place: Stop, parts: tuple[Part, ...]) -> Iterator[str]:
    """Yield what has each of a register's constants."""
    yield from [_called(first_place)] * len(parts[0])
    for field, part in zip(register.fields, parts[1:], strict=True):
        yield from [f"field {first_place.path}.{field.name}"] * len(part)


_OF_FIELDS = attrgetter("name", "lsb", "width", "title", "hardware", "number", "array")


def _field_part(field: FieldType, bits: int, known: dict[tuple[object, ...], Part]) -> Part:
    """Return the constants of a field in registers of so many bits, by their names below the register's.

    They are one object for fields that differ in nothing that is said here, their resets say.
    """
    said = _OF_FIELDS(field)
    if said not in known:
        known[said] = _constants_of(field_model(field), bits)
    return known[said]


def _constants_of(field: FieldModel, bits: int) -> Part:
    own, axis = upper_snake(field.name), field.array
    mask = ((1 << field.width) - 1) << field.lsb
    constants = [
        Constant(f"{own}_MASK", "bits", mask, bits, comment=_comment(field), axis=axis),
        Constant(f"{own}_SHIFT", "number", field.lsb, axis=axis),
        Constant(f"{own}_WIDTH", "number", field.width),
    ]
    constants += [Constant(f"{own}_{word}", "real", 0, real=value) for word, value in _reals(field)]
    if axis is not None:
        constants += [Constant(joined(field.name, word), "number", value) for word, value in _axis(axis)]
    return tuple(constants)


def _comment(field: FieldModel) -> str:
    if not field.title and field.hardware is None:
        return ""
    return ". ".join(filter(None, (field.title, hardware_text(field.hardware))))


def _axis(axis: Axis) -> Iterator[tuple[str, int]]:
    """Yield what an array is of, and the indices that have names."""
    yield "COUNT", axis.count
    yield "STRIDE", axis.stride
    yield from ((name, number) for number, name in enumerate(axis.index))


def _words(register: RegisterType) -> str:
    if not register.big_endian:
        return f" of a word of {register.access_width}" if register.is_narrow else ""
    return f" in words of {register.access_width}, the highest at the lowest address"


def _reals(field: FieldModel) -> list[tuple[str, float]]:
    """Return what the map says of a number: value = step * SCALE + BIAS, written from MIN to MAX."""
    if field.scale == 1 and field.offset == 0 and field.low is None is field.high:
        return []
    scale = [("SCALE", field.scale), ("BIAS", field.offset)] if (field.scale, field.offset) != (1, 0) else []
    return [*scale, *((word, value) for word, value in (("MIN", field.low), ("MAX", field.high)) if value is not None)]


def _enum(enum: EnumType, names: ConstantNames) -> EnumConstants:
    tag = names.take_type(enum.name)
    members = tuple(
        (names.take(f"{enum.name}.{member.map_name}", enum.name, member.name), member.value, _told(member))
        for member in enum.members
    )
    bits = max((value.bit_length() for _, value, _ in members), default=1)
    return EnumConstants(enum.name, tag, max(bits, 1), members)


def _told(member: EnumMember) -> str:
    return ". ".join(text for text in (member.title, member.description) if text.strip())
