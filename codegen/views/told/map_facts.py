"""What a map says of things beside name, place and bits: one fact a key, in words.

A language holds the facts of some keys and says the others in a comment, so that nothing is left out silently. The keys
are those of the map format where it has one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.model.memories.entry_rules import BURST
from codegen.schema.policies import POLICIES
from codegen.schema.spaces import F2
from codegen.views.hardware.hardware_text import hardware_text
from codegen.views.numbers import hexadecimal, reset_text, resets_text, size_text
from codegen.views.sharing.sentences import protocol_facts, when_text
from codegen.views.told.array_places import length_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from codegen.model.registers.rule_types import When
    from codegen.model.types import EnumType
    from codegen.schema.spaces import BarOfCard, Card
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import BlockModel, ChildModel, Model, RegisterModel

__all__ = [
    "Fact",
    "bar_text",
    "block_facts",
    "card_text",
    "child_facts",
    "device_facts",
    "enum_facts",
    "field_facts",
    "layout_text",
    "left_out",
    "register_facts",
]


class Fact(NamedTuple):
    """A thing that is said, by its key, in words."""

    key: str
    text: str


def left_out(language: str, facts: Iterable[Fact], held: Container[str]) -> str:
    """Return the comment of what a language does not hold; empty where it holds all. It may hold any text of a map."""
    texts = dict.fromkeys(fact.text.rstrip(".") for fact in facts if fact.key not in held)
    return f"Not in {language}: {'; '.join(texts)}." if texts else ""


def field_facts(field: FieldModel) -> Iterator[Fact]:
    """Yield the facts of a field; `access` is always one of them."""
    yield Fact("access", f"access {field.access}: {POLICIES[field.access].meaning.rstrip('.')}")
    yield from _titled(field.title)
    yield from _meaning(field)
    yield from _behaviour(field)
    if field.array is not None:
        count, stride = field.array.count, field.array.stride
        apart = f"{stride} bit{'s' if stride > 1 else ''} apart"
        yield Fact("array", f"one of an array, {field.shown_name}, of {count} fields {apart}")
        yield from _called(field.array.first, field.array.index)
    yield from _alternate(field.alternate, field.when)
    if field.alias is not None:
        yield Fact("alias", f"it acts on {field.alias}")
    if field.hardware is not None:
        yield Fact("hardware", hardware_text(field.hardware).rstrip(".").replace(". ", "; "))
    yield from _properties(field.properties)


def _meaning(field: FieldModel) -> Iterator[Fact]:
    """Yield what its bits are as a value."""
    if field.enum is not None:
        yield Fact("enum", f"enum {field.enum}")
        if field.write_enum is not None:
            yield Fact("write_enum", f"written as enum {field.write_enum}")
    elif field.kind != "unsigned":
        yield Fact("format", f"format {_format(field)}")
    if field.unit:
        yield Fact("unit", f"unit {field.unit}")
    if (field.scale, field.offset) != (1, 0):
        yield Fact("scale", f"value = step * {field.scale:g} + {field.offset:g}")
    if field.low is not None:
        yield Fact("range", f"range {field.low:g} to {field.high:g}")


def _behaviour(field: FieldModel) -> Iterator[Fact]:
    """Yield what it does by itself, and when others are written."""
    if field.volatile:
        yield Fact("volatile", "volatile")
    if not field.writeback:
        yield Fact("writeback", "writeback false, never read and written back")
    if field.pulse:
        yield Fact("pulse", "pulse")
    if field.idle is not None and not (field.pulse and field.idle == 0):
        yield Fact("idle", f"idle {field.idle}, given to it when a neighbour is written")
    if field.unknown and field.unknown != (1 << field.width) - 1 and field.array is None:
        yield Fact("unknown", f"after a reset it is {reset_text(field.reset, field.unknown)}, of which x is unknown")


def register_facts(register: RegisterModel) -> Iterator[Fact]:
    """Yield the facts of a type of register."""
    if register.width < register.access_width:
        yield Fact("lane", f"a part of a bus word of {register.access_width} bits, which holds more")
    elif register.width > register.access_width:
        yield Fact("access_width", f"accessed in words of {register.access_width} bits")
        if register.words != "low-first":
            yield Fact("words", f"its words are accessed {register.words}")
        if register.endian == "big":
            yield Fact("endian", "its highest word is at the lowest address")
    if register.shadow:
        yield Fact("shadow", "writes of fields use what was written last, and read nothing")
    fields = 0
    for field in register.fields:
        fields |= field.mask
    rest = register.reset & ~fields
    if rest:
        yield Fact("reserved", f"after a reset, bits of no field are {hexadecimal(rest)}, and are kept so")
    for key, text in protocol_facts(register.rules).items():
        yield Fact(key, text)


def child_facts(child: ChildModel) -> Iterator[Fact]:
    """Yield the facts of a place in a block."""
    yield from _titled(child.title)
    if child.kind == "memory" and child.type is not None:
        entries = child.axes[-1]
        yield Fact("entry", f"a memory of {entries.count} entries, each a {child.type} of {size_text(entries.stride)}")
    if child.kind == "memory" and child.width > child.access_width:
        yield Fact(
            "access_width", f"words of {child.width} bits are accessed {child.access_width} at a time, the lowest first"
        )
    elif child.kind == "memory" and child.width < child.access_width:
        yield Fact("access_width", f"words of {child.width} bits are parts of bus words of {child.access_width}")
    if child.bursts:
        yield Fact("burst", f"may be read in bursts of {BURST} bits")
    for number, axis in enumerate(child.arrays):
        yield from _called(axis.first, axis.index, f" of dimension {number}" if len(child.arrays) > 1 else "")
    if child.resets:
        what = "its elements are" if child.arrays else "it is"
        yield Fact("resets", f"after a reset {what} {resets_text(child.resets)}")
    if child.space is not None:
        yield Fact("space", f"in {child.space}")
    yield from _alternate(child.alternate, child.when)
    if child.external:
        yield Fact("external", "held by other logic")
    yield from _properties(child.properties)


def block_facts(block: BlockModel) -> Iterator[Fact]:
    """Yield the facts of a type of block."""
    last = max((child.offset + length_of(child) for child in block.children if child.space is None), default=0)
    if block.size > last:
        yield Fact("size", f"its window is of {size_text(block.size)}")
    if block.unmapped is not None:
        yield Fact("unmapped", f"words that hold nothing read {hexadecimal(block.unmapped)}")
    yield from _properties(block.properties)


def bar_text(bar: BarOfCard) -> str:
    """Return what documents say of a BAR."""
    return f"{bar.pf} BAR {bar.bar} of {size_text(bar.size)}{', prefetchable' if bar.prefetchable else ''}"


def card_text(card: Card) -> str:
    """Return what documents say of a card: its name, where it has one, and its BARs."""
    return ", ".join(filter(None, (card.name, *map(bar_text, card.bars))))


def device_facts(model: Model) -> Iterator[Fact]:
    """Yield the facts of a device."""
    yield Fact("space", f"in {model.space}")
    if model.card != F2:
        bars = ", ".join(map(bar_text, model.card.bars))
        yield Fact("card", f"{f'card {model.card.name}'.rstrip()}: {bars}")
    if model.afi_ids:
        yield Fact("afi", f"AFI {', '.join(model.afi_ids)}")
    if model.pci is not None:
        yield Fact("pci", f"PCI ids {':'.join(f'{number:04x}' for number in model.pci)}")
    if model.identity is not None:
        yield Fact("identity", f"{model.identity.path} reads {hexadecimal(model.identity.value)}")
    if model.clkgen:
        yield Fact("clkgen", "it holds the clock generator")
    for number in model.constants:
        said = f" ({number.description.strip()})" if number.description.strip() else ""
        yield Fact("constants", f"constant {number.name} = {number.value}{said}")
    for interrupt in model.interrupts:
        line = "" if interrupt.line is None else f", line {interrupt.line}"
        writes = (
            f", {name} by {write.path} = {write.value}"
            for name in ("enable", "disable", "clear")
            if (write := getattr(interrupt, name)) is not None
        )
        said = f" ({interrupt.description.strip()})" if interrupt.description.strip() else ""
        yield Fact("interrupts", f"interrupt {interrupt.name}{line}, status {interrupt.status}{''.join(writes)}{said}")
    yield from _properties(model.properties)


def layout_text(register: RegisterModel) -> str:
    """Return the fields of a type of register in one line, for comments of what a language can't have."""
    fields = ", ".join(f"{field.shown_name} {field.shown_bits} {field.access}" for field in register.fields)
    return f"{register.width} bits, {fields}"


def enum_facts(enum: EnumType) -> Iterator[Fact]:
    """Yield the facts of an enum, besides its members."""
    if enum.description.strip():
        yield Fact("description", enum.description.strip())
    if enum.is_open:
        yield Fact("open", "any other value that fits is one too")
    for member in enum.members:
        if member.title:
            yield Fact("titles", f'the hardware calls {member.map_name} "{member.title}"')


def _titled(title: str) -> Iterator[Fact]:
    if title:
        yield Fact("title", f'the hardware calls it "{title}"')


def _called(first: int, index: tuple[str, ...], where: str = "") -> Iterator[Fact]:
    if index:
        yield Fact("index", f"its elements{where} are called {', '.join(index)}")
    elif first:
        yield Fact("first", f"its elements{where} are numbered from {first}")


def _alternate(alternate: str | None, when: When | None) -> Iterator[Fact]:
    if alternate is not None:
        yield Fact("alternate", f"alternate of {alternate}")
    if when is not None:
        yield Fact("when", f"it is there when {when_text(when)}")


def _properties(properties: dict[str, Any]) -> Iterator[Fact]:
    for key, value in properties.items():
        yield Fact(key, f"{key}: {json.dumps(value, ensure_ascii=False)}")


def _format(field: FieldModel) -> str:
    if field.kind != "fixed":
        return field.kind
    return f"fixed, {'signed' if field.signed else 'unsigned'}, {field.fraction_bits} fraction bits"
