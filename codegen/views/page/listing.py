"""A map as lines of plain text: what a page shows where no script runs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from codegen.views.numbers import hexadecimal, resets_text, size_text
from codegen.views.page.formatted_text import formatted, plain_text
from codegen.views.sharing.made_once import MadeOnce

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codegen.model.hardware.hardware_types import Interrupt
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import Model, PlaceModel, RegisterModel

__all__ = ["listing"]


def listing(model: Model, facts: Sequence[tuple[str, str]]) -> str:
    """Return the addresses, the fields of each type of register, and the rest of a map, in lines."""
    parts = (_head(model, facts), _addresses(model), _registers(model), _numbers(model), _enums(model))
    return "\n".join(line for part in parts for line in part)


def _head(model: Model, facts: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield model.name
    if model.description:
        yield _line(model.description)
    yield from (f"{name}: {text}" for name, text in facts)


def _addresses(model: Model) -> Iterator[str]:
    types = {register.name: register for register in model.registers}
    space = None
    for place in model.places:
        if place.space != space:
            space = place.space
            yield ""
            yield f"Addresses, {space}"
        register = types[place.type or ""] if place.kind == "register" else None
        address = hexadecimal(place.offset, 4) + "".join(f" + {hexadecimal(axis.stride)}n" for axis in place.dimensions)
        yield _row(address, _named(place.path, place.title), _about(place, register), place.description)


def _about(place: PlaceModel, register: RegisterModel | None) -> str:
    if register is None:
        return f"{place.kind} {size_text(place.size)} {place.access}".rstrip()
    reset = resets_text(place.resets) if place.resets else register.shown_reset
    return f"{register.access} {reset}"


def _registers(model: Model) -> Iterator[str]:
    lines = MadeOnce(_field)
    for register in model.registers:
        yield ""
        shadowed = ", shadowed" if register.shadow else ""
        about = f"{register.width} bits{register.bus}, {register.access}{shadowed}"
        yield f"{register.map_name} ({register.name}), {about}. {register.protocol}".rstrip()
        yield from map(lines, reversed(register.fields))


def _field(field: FieldModel) -> str:
    name = _named(field.shown_name, field.title)
    return _row(f"  {field.shown_bits}", name, _how(field), f"{field.description} {field.note}")


def _how(field: FieldModel) -> str:
    meaning = "" if field.meaning == "unsigned" else f" {field.meaning}"
    return f"{field.shown_access} {field.shown_reset}{meaning}"


def _numbers(model: Model) -> Iterator[str]:
    if model.interrupts:
        yield ""
        yield "Interrupts"
        yield from map(_interrupt, model.interrupts)
    if model.constants:
        yield ""
        yield "Constants"
        for constant in model.constants:
            yield _row(f"  {constant.name}", "=", str(constant.value), constant.description)


def _interrupt(interrupt: Interrupt) -> str:
    line = "" if interrupt.line is None else f" line {interrupt.line},"
    writes = {"enable": interrupt.enable, "disable": interrupt.disable, "clear": interrupt.clear}
    told = "".join(f", {name} by {write.path} = {write.value}" for name, write in writes.items() if write)
    return _row(f"  {interrupt.name}", f"{line} status {interrupt.status}".strip() + told, "", interrupt.description)


def _enums(model: Model) -> Iterator[str]:
    for enum in model.enums:
        yield ""
        is_open = "Open: any other value that fits is one too." if enum.is_open else ""
        yield " ".join(filter(None, ("Enum", enum.name, _line(enum.description), is_open)))
        for member in enum.members:
            yield _row(f"  {member.value}", _named(member.name, member.title), "", member.description)


def _named(name: str, title: str) -> str:
    return f"{name} ({title})" if title else name


def _row(first: str, name: str, about: str, text: str) -> str:
    return " ".join(filter(None, (f"{first:<10}", name, about, _line(text))))


@lru_cache(4096)
def _line(text: str) -> str:
    return " ".join(plain_text(formatted(text.strip())).split())
