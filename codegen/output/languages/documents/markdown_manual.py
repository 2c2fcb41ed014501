"""A reference for people in Markdown, with pictures beside it."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.documents.anchors import anchors_of, unlike_in_any_case
from codegen.output.languages.sheet import Language, Sheet
from codegen.schema.spaces import F2
from codegen.views.bit_picture import BitPicture, Look, bit_picture, look_of
from codegen.views.escapes import markdown
from codegen.views.numbers import hexadecimal, resets_text, size_text
from codegen.views.page.markdown_text import markdown_line
from codegen.views.reference import Model, PlaceModel, RegisterModel, device_model
from codegen.views.sharing.made_once import MadeOnce
from codegen.views.told.map_facts import card_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.model.device import Device
    from codegen.model.tree import Dimension
    from codegen.views.field_model import FieldModel

__all__ = ["MARKDOWN"]

_SHOWN_PLACES = 12
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_Anchors = dict[str, str]


class _Row(NamedTuple):
    """A line of the address table, as Markdown has it; `reset` is empty for what has none."""

    address: str
    name: str
    kind: str
    size: str
    access: str
    reset: str
    description: str


class _Field(NamedTuple):
    """A line of the table of a register's fields, as Markdown has it."""

    bits: str
    name: str
    access: str
    reset: str
    meaning: str


class _Chapter(NamedTuple):
    """A type of register: its picture and the file of that, its fields, where it is used, the number of more places."""

    register: RegisterModel
    picture: BitPicture
    file: str
    reset: str
    fields: tuple[_Field, ...]
    places: tuple[str, ...]
    more: int


class _Space(NamedTuple):
    """The address table of one BAR."""

    title: str
    rows: tuple[_Row, ...]


class _Manual(NamedTuple):
    """The page: `card` is empty where it is the usual one, `pictures` has those of chapters by their files."""

    card: str
    spaces: tuple[_Space, ...]
    chapters: tuple[_Chapter, ...]
    pictures: dict[str, _Chapter]


def _manual(model: Model, anchors: _Anchors, folder: str) -> _Manual:
    registers = {register.name: register for register in model.registers}
    places: dict[str, list[str]] = {name: [] for name in registers}
    spaces: dict[str, list[_Row]] = {}
    for place in model.places:
        register = registers.get(place.type or "") if place.kind == "register" else None
        if register is not None:
            places[register.name].append(place.path)
        spaces.setdefault(str(place.space), []).append(_row(place, register, anchors))
    chapters = tuple(_chapters(model, places, anchors, folder))
    pictures: dict[str, _Chapter] = {}
    for chapter in chapters:
        pictures.setdefault(chapter.file, chapter)
    return _Manual(
        card="" if model.card == F2 else markdown(card_text(model.card)),
        spaces=tuple(_Space(title, tuple(rows)) for title, rows in spaces.items()),
        chapters=chapters,
        pictures=pictures,
    )


def _row(place: PlaceModel, register: RegisterModel | None, anchors: _Anchors) -> _Row:
    steps = "".join(
        f" + {hexadecimal(dimension.stride)}·{_number(dimension, name)}"
        for dimension, name in zip(place.dimensions, _names(place), strict=True)
    )
    reset = "" if register is None else register.shown_reset
    if place.resets:
        reset = resets_text(place.resets)
    name = markdown(place.path)
    return _Row(
        address=hexadecimal(place.offset, 4) + steps,
        name=_titled(name if register is None else f"[{name}](#{anchors[register.name]})", place.title),
        kind=place.kind,
        size=size_text(place.size),
        access=place.access,
        reset=reset,
        description=markdown_line(place.description),
    )


def _names(place: PlaceModel) -> Iterator[str]:
    """Yield what the index of each dimension is called: as the array, of several dimensions with a number below it."""
    uses = Counter([dimension.name for dimension in place.dimensions])
    seen: Counter[str] = Counter()
    for dimension in place.dimensions:
        name = dimension.name
        yield name if uses[name] == 1 else name + "".join(_SUBSCRIPTS[int(digit)] for digit in str(seen[name]))
        seen[name] += 1


def _number(dimension: Dimension, name: str) -> str:
    """Return how many elements are before one, by the index."""
    first = dimension.first
    return f"({name} - {first})" if first else name


def _titled(name: str, title: str) -> str:
    return f"{name} ({markdown(title)})" if title else name


def _chapters(model: Model, places: Mapping[str, list[str]], anchors: _Anchors, folder: str) -> Iterator[_Chapter]:
    """Yield the chapters; registers whose bits look alike share the picture of the first of them."""
    names = unlike_in_any_case(register.name for register in model.registers)
    looks: dict[Look, tuple[BitPicture, str]] = {}
    made = MadeOnce(partial(_field, anchors=anchors))
    for register in model.registers:
        look = look_of(register)
        if look not in looks:
            looks[look] = bit_picture(register), f"{folder}/{names[register.name]}.svg"
        picture, file = looks[look]
        paths = places[register.name]
        shown = tuple(paths[:_SHOWN_PLACES])
        fields = tuple(map(made, reversed(register.fields)))
        yield _Chapter(register, picture, file, register.shown_reset, fields, shown, len(paths) - len(shown))


def _field(field: FieldModel, anchors: _Anchors) -> _Field:
    if field.enum:
        enums = [name for name in (field.enum, field.write_enum) if name]
        coding = ", written as ".join(f"[{name}](#{anchors[name]})" for name in enums)
    else:
        coding = "" if field.meaning == "unsigned" else markdown(field.meaning)
    texts = (coding and f"{coding}.", markdown_line(field.description), markdown(field.note))
    return _Field(
        bits=field.shown_bits,
        name=_titled(markdown(field.shown_name), field.title),
        access=field.shown_access,
        reset=field.shown_reset,
        meaning=" ".join(filter(None, texts)),
    )


def _sheets(device: Device) -> Iterator[Sheet]:
    model = device_model(device)
    anchors = _anchors(model)
    manual = _manual(model, anchors, f"{device.name}_pictures")
    yield Sheet(f"{device.name}.md", MARKDOWN.template, {"model": model, "manual": manual, "anchors": anchors})
    for file, chapter in manual.pictures.items():
        picture = {"model": model, "register": chapter.register, "picture": chapter.picture}
        yield Sheet(file, "picture.svg.j2", picture)


def _anchors(model: Model) -> _Anchors:
    """Those of registers and enums, by name; the page's other headings take theirs first where they come first."""
    before = [model.name, "Addresses", *dict.fromkeys(str(place.space) for place in model.places), "Registers"]
    registers = [register.name for register in model.registers]
    enums = [enum.name for enum in model.enums]
    between = [title for title, has in (("Interrupts", model.interrupts), ("Constants", model.constants)) if has]
    anchors = anchors_of([*before, *registers, *between, "Enums", *enums])[len(before) :]
    return dict(zip([*registers, *("" for _ in between), "", *enums], anchors, strict=True))


MARKDOWN = Language("markdown", "markdown.md.j2", _sheets)
