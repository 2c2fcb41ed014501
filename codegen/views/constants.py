"""The constants of a map, as every language for hardware and firmware wants them.

Names are in capitals, `_` between steps. Places give addresses (`CH_LEVEL_OFFSET`), types of
registers give what is inside (`LEVEL_VALUE_MASK`). A name that is taken gets a number.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from codegen.schema.spaces import PF_NUMBERS

if TYPE_CHECKING:
    from codegen.model.tree import Dimension
    from codegen.model.types import EnumType
    from codegen.views.reference import Model, PlaceModel, RegisterModel

__all__ = [
    "Constant",
    "EnumConstants",
    "Group",
    "Line",
    "MapConstants",
    "Member",
    "Section",
    "map_constants",
    "upper_snake",
]

Form = Literal["number", "address", "bits"]
_CAMEL_STEP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Constant(NamedTuple):
    """`bits` is the width of a "bits" constant, `dimensions` the arrays an address is in."""

    name: str
    form: Form
    value: int
    bits: int = 0
    dimensions: tuple[Dimension, ...] = ()


class Group(NamedTuple):
    """Constants of one thing, with its name and description."""

    name: str
    description: str
    constants: tuple[Constant, ...]

    @property
    def title(self) -> str:
        """Both in one text."""
        return f"{self.name}: {self.description}" if self.description.strip() else self.name


class Line(NamedTuple):
    """A constant in a language's own words; `type` is empty where it names none."""

    name: str
    value: str
    type: str = ""


class Section(NamedTuple):
    """Lines below a comment."""

    comment: str
    lines: tuple[Line, ...]


class Member(NamedTuple):
    """A member of an enum in a language's own words."""

    name: str
    value: str
    comment: str


class EnumConstants(NamedTuple):
    """Members of an enum with constant names; `bits` is what the largest value needs."""

    name: str
    bits: int
    members: tuple[tuple[str, int, str], ...]


class MapConstants(NamedTuple):
    """All constants of a map."""

    places: tuple[Group, ...]
    registers: tuple[Group, ...]
    enums: tuple[EnumConstants, ...]


def upper_snake(name: str) -> str:
    """Return a snake_case or CamelCase name in capitals, with single underscores between words."""
    words = _CAMEL_STEP.sub("_", name).upper()
    return re.sub("__+", "_", words).strip("_")


def map_constants(model: Model) -> MapConstants:
    """Return a model's constants; the same model always gives the same names."""
    names = _Names()
    device = Group(
        f"Device {model.name}",
        model.description,
        (
            Constant(names.free("PF"), "number", PF_NUMBERS[model.space.pf]),
            Constant(names.free("BAR"), "number", model.space.bar),
        ),
    )
    return MapConstants(
        places=(device, *(_place_group(place, model, names) for place in model.places)),
        registers=tuple(
            _register_group(register, type_name, names)
            for register, type_name in zip(model.registers, _type_names(model), strict=True)
        ),
        enums=tuple(_enum(enum, names) for enum in model.enums),
    )


class _Names:
    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, *steps: str) -> str:
        wanted = "_".join(filter(None, map(upper_snake, steps)))
        name = wanted
        number = 2
        while name in self._taken:
            name = f"{wanted}_{number}"
            number += 1
        self._taken.add(name)
        return name


def _place_group(place: PlaceModel, model: Model, names: _Names) -> Group:
    def named(suffix: str, form: Form, value: int) -> Constant:
        return Constant(names.free(*place.names, suffix), form, value)

    offset = Constant(names.free(*place.names, "OFFSET"), "address", place.offset, dimensions=place.dimensions)
    constants = [offset]
    if place.kind != "register":
        constants.append(named("SIZE", "address", place.size))
    if place.path.endswith("]"):
        constants.append(named("COUNT", "number", place.dimensions[-1].count))
        constants.append(named("STRIDE", "address", place.dimensions[-1].stride))
    if place.space != model.space and len(place.names) == 1:
        constants.append(named("PF", "number", PF_NUMBERS[place.space.pf]))
        constants.append(named("BAR", "number", place.space.bar))
    return Group(f"{place.kind.capitalize()} {place.path} ({place.space})", place.description, tuple(constants))


def _type_names(model: Model) -> list[str]:
    """Return the registers' own names, and where several types have one, those of their classes."""
    uses = Counter(register.map_name for register in model.registers)
    return [register.map_name if uses[register.map_name] == 1 else register.name for register in model.registers]


def _register_group(register: RegisterModel, type_name: str, names: _Names) -> Group:
    constants = [Constant(names.free(type_name, "RESET"), "bits", register.reset, register.width)]
    for field in register.fields:
        constants += (
            Constant(names.free(type_name, field.name, "MASK"), "bits", field.mask, register.width),
            Constant(names.free(type_name, field.name, "SHIFT"), "number", field.lsb),
            Constant(names.free(type_name, field.name, "WIDTH"), "number", field.width),
        )
    name = f"Type of register {register.name}, {register.width} bits, {register.access}"
    return Group(name, register.description, tuple(constants))


def _enum(enum: EnumType, names: _Names) -> EnumConstants:
    members = tuple((names.free(enum.name, member.name), member.value, member.description) for member in enum.members)
    bits = max((value.bit_length() for _, value, _ in members), default=1)
    return EnumConstants(enum.name, max(bits, 1), members)
