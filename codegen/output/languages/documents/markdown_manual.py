"""A reference for people in Markdown, with pictures beside it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.output.languages.documents.anchors import anchors_of, unlike_in_any_case
from codegen.output.languages.sheet import Language, Sheet
from codegen.views.bit_picture import BitPicture, bit_picture
from codegen.views.numbers import hexadecimal, reset_text, resets_text, size_text
from codegen.views.reference import Model, PlaceModel, RegisterModel, device_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.device import Device
    from codegen.model.tree import Dimension

__all__ = ["MARKDOWN"]

_SHOWN_PLACES = 12
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


class _Row(NamedTuple):
    """A line of the address table; `reset` is empty for what has none."""

    place: PlaceModel
    address: str
    size: str
    reset: str


class _Chapter(NamedTuple):
    """A type of register: its picture, where it is used, and the number of further places."""

    register: RegisterModel
    picture: BitPicture
    reset: str
    places: tuple[str, ...]
    more: int


class _Space(NamedTuple):
    """The address table of one BAR."""

    title: str
    rows: tuple[_Row, ...]


class _Manual(NamedTuple):
    spaces: tuple[_Space, ...]
    chapters: tuple[_Chapter, ...]


def _manual(model: Model) -> _Manual:
    registers = {register.name: register for register in model.registers}
    places: dict[str, list[str]] = {name: [] for name in registers}
    spaces: dict[str, list[_Row]] = {}
    for place in model.places:
        register = registers.get(place.type or "") if place.kind == "register" else None
        if register is not None:
            places[register.name].append(place.path)
        spaces.setdefault(str(place.space), []).append(_row(place, register))
    return _Manual(
        spaces=tuple(_Space(title, tuple(rows)) for title, rows in spaces.items()),
        chapters=tuple(_chapter(register, places[register.name]) for register in model.registers),
    )


def _row(place: PlaceModel, register: RegisterModel | None) -> _Row:
    steps = "".join(
        f" + {hexadecimal(dimension.stride)}·{_number(dimension, name)}"
        for dimension, name in zip(place.dimensions, _names(place), strict=True)
    )
    reset = "" if register is None else _reset(register)
    if place.resets:
        reset = resets_text(place.resets)
    return _Row(place, hexadecimal(place.offset, 4) + steps, size_text(place.size), reset)


def _names(place: PlaceModel) -> Iterator[str]:
    """Yield what the index of each dimension is called: as the array, of several dimensions with a number below it."""
    uses = Counter(dimension.name for dimension in place.dimensions)
    seen: Counter[str] = Counter()
    for dimension in place.dimensions:
        name = dimension.name
        yield name if uses[name] == 1 else name + "".join(_SUBSCRIPTS[int(digit)] for digit in str(seen[name]))
        seen[name] += 1


def _number(dimension: Dimension, name: str) -> str:
    """Return how many elements are before one, by the index."""
    first = dimension.first
    return f"({name} - {first})" if first else name


def _reset(register: RegisterModel) -> str:
    return reset_text(register.reset, register.unknown, min(register.width // 4, 16))


def _chapter(register: RegisterModel, places: list[str]) -> _Chapter:
    shown = tuple(places[:_SHOWN_PLACES])
    return _Chapter(register, bit_picture(register), _reset(register), shown, len(places) - len(shown))


def _markdown_sheets(device: Device) -> Iterator[Sheet]:
    model = device_model(device)
    manual = _manual(model)
    names = unlike_in_any_case(register.name for register in model.registers)
    pictures = {name: f"{device.name}_pictures/{file}.svg" for name, file in names.items()}
    context: dict[str, Any] = {"model": model, "manual": manual, "pictures": pictures}
    yield Sheet(f"{device.name}.md", MARKDOWN.template, context | {"anchors": _anchors(model, manual)})
    for chapter in manual.chapters:
        picture = {"model": model, "register": chapter.register, "picture": chapter.picture}
        yield Sheet(pictures[chapter.register.name], "picture.svg.j2", picture)


def _anchors(model: Model, manual: _Manual) -> dict[str, str]:
    """Those of registers and enums, by name; the page's other headings take theirs first where they come first."""
    before = [model.name, "Addresses", *(space.title for space in manual.spaces), "Registers"]
    registers = [chapter.register.name for chapter in manual.chapters]
    enums = [enum.name for enum in model.enums]
    anchors = anchors_of([*before, *registers, "Enums", *enums])[len(before) :]
    return dict(zip([*registers, "", *enums], anchors, strict=True))


MARKDOWN = Language("markdown", "markdown.md.j2", _markdown_sheets)
