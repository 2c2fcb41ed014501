"""What the classes of a driver say of themselves: what the map says, then facts and places, as a datasheet has them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.tree import as_a_whole, walk
from codegen.views.literals import paragraphs, within_docstring
from codegen.views.numbers import hexadecimal, reset_text, size_text
from codegen.views.source_lines import INDENT, MAX_COLUMNS, columns, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codegen.model.device import Device
    from codegen.model.tree import FirstPlace, Stop
    from codegen.model.types import BlockType, EnumType, FieldType, RegisterType
    from codegen.schema.spaces import Space

__all__ = [
    "block_doc",
    "device_doc",
    "enum_doc",
    "enum_uses",
    "field_doc",
    "module_title",
    "register_doc",
    "text_doc",
]

MAX_ROWS = 100
"""An address table that is longer shows the device's own children alone, and of those as many."""

_QUOTES = len('"""')
_WIDEST_NAME = 56
_WIDEST_ACCESS = 16
_WIDEST_RESET = 256
_GAP = "  "
_HEADINGS = ("Offset", "Name", "Access", "Description")


def text_doc(text: str, indent: str = INDENT) -> str:
    """Return a docstring of nothing but a text of the map."""
    parts = paragraphs(text)
    if indent or (len(parts) == 1 and columns(parts[0]) <= MAX_COLUMNS - 2 * _QUOTES):
        return _doc(parts)
    lines = [wrapped(part, MAX_COLUMNS - _QUOTES) for part in parts]
    return "\n\n".join("\n".join(paragraph) for paragraph in lines) + "\n"


def module_title(device: Device) -> str:
    """Return the first line of the driver: its name, and what the map says of it where that is short."""
    summary = " ".join(paragraphs(device.description)[:1])
    title = f"Driver of {device.name}: {summary}"
    return title if summary and columns(title) <= MAX_COLUMNS - _QUOTES else f"Driver of {device.name}."


def register_doc(register: RegisterType, first: FirstPlace) -> str:
    """Return the docstring of a register's class."""
    part = f" of a word of {register.access_width}" if register.is_narrow else ""
    facts = f"{register.width} bits{part}, {register.access}, {_reset(register)}."
    return _with_facts(register.description, facts, first)


def _reset(register: RegisterType) -> str:
    """Return the reset value in words; that of a very wide register stands above its docstring, and would fill it."""
    if register.width <= _WIDEST_RESET:
        return f"reset {reset_text(register.reset, register.unknown, register.width // 4)}"
    return "reset as above" if register.reset else "reset 0x0"


def block_doc(block: BlockType, first: FirstPlace) -> str:
    """Return the docstring of a block's class."""
    return _with_facts(block.description, f"{size_text(block.size, 'bytes')}.", first)


def _with_facts(description: str, facts: str, first: FirstPlace) -> str:
    """Return a docstring of what the map says, then facts and places; without the former, facts are its summary."""
    more = first.uses - 1
    others = f" and {more} more place{'s' if more > 1 else ''}" if more else ""
    where = f"At {first.path} ({first.space}, {hexadecimal(first.offset)}){others}."
    said = paragraphs(description)
    is_short = said or columns(f"{facts} {where}") <= _summary_width(alone=True)
    return _doc([*said, f"{facts} {where}"] if is_short else [facts, where])


def field_doc(field: FieldType) -> str:
    """Return a text for a field as it stands below its declaration: place and access, then what the map says."""
    bits = f"Bit {field.lsb}" if field.width == 1 else f"Bits {field.msb}:{field.lsb}"
    array = field.array
    apart = "" if array is None else f"{array.stride} bit{'s' if array.stride > 1 else ''} apart"
    more = "" if array is None else f", {array.count} of them, {apart}"
    facts = [word for word in ("volatile", "pulse") if getattr(field, word)]
    return _doc(paragraphs(f"{', '.join([bits + more, field.access, *facts])}. {field.description}"))


def enum_doc(enum: EnumType, uses: Sequence[str]) -> str:
    """Return the docstring of an enum's class: what the map says, and the fields that use it."""
    what = "Some values" if enum.is_open else "Values"
    more = len(uses) - 1
    others = f" and {more} more field{'s' if more > 1 else ''}" if more > 0 else ""
    facts = f"{what} of {uses[0] if uses else 'no field'}{others}."
    return _doc([*paragraphs(enum.description), facts])


def enum_uses(registers: Iterable[tuple[str, RegisterType]]) -> dict[EnumType, list[str]]:
    """Return the fields that use each enum, as `Class.field`."""
    uses: dict[EnumType, list[str]] = {}
    for class_name, register in registers:
        for field in register.fields:
            for enum in (field.enum, field.write_enum):
                if enum is not None:
                    uses.setdefault(enum, []).append(f"{class_name}.{field.python_name}")
    return uses


def device_doc(device: Device) -> str:
    """Return the docstring of the device's class, with its address table."""
    stops, more = _shown(device)
    spaces = _by_space(stops)
    summary = paragraphs(device.description) or [f"Registers in {' and '.join(map(str, spaces))}."]
    tables = [_table(space, group) for space, group in spaces.items()]
    rest = [f"And {more} more."] if more else []
    return "\n\n".join([_doc(summary, alone=False), *tables, *rest])


def _shown(device: Device) -> tuple[list[Stop], int]:
    """Return the rows of the address table, and how many are left out."""
    everything = list(islice(walk(device.root, device.space, as_a_whole), MAX_ROWS + 1))
    if len(everything) <= MAX_ROWS:
        return everything, 0
    own = walk(device.root, device.space, as_a_whole, lambda _block: False)
    return list(islice(own, MAX_ROWS)), max(0, len(device.root.children) - MAX_ROWS)


def _by_space(stops: Iterable[Stop]) -> dict[Space, list[Stop]]:
    spaces: dict[Space, list[Stop]] = {}
    for stop in stops:
        spaces.setdefault(stop.space, []).append(stop)
    return spaces


class _Widths(NamedTuple):
    offset: int
    name: int
    access: int


def _table(space: Space, stops: Sequence[Stop]) -> str:
    rows = [(hexadecimal(stop.offset), stop.path, _short(stop.child.access)) for stop in stops]
    columns_of = list(zip(*rows, strict=True))
    offset, name, access = (
        max(len(heading), *map(len, column)) for heading, column in zip(_HEADINGS, columns_of, strict=False)
    )
    widths = _Widths(offset, min(name, _WIDEST_NAME), access)
    lines = [_row(_HEADINGS[:3], _HEADINGS[3], widths)]
    for row, stop in zip(rows, stops, strict=True):
        lines += _lines(row, stop.child.shown_description, widths)
    return f"{space}:\n\n" + "\n".join(INDENT + line for line in lines)


def _short(access: str) -> str:
    """Return the policies of a register's fields, only the first where they are many."""
    if len(access) <= _WIDEST_ACCESS:
        return access
    return f"{access[: _WIDEST_ACCESS - 3].rpartition('/')[0]}/..."


def _lines(row: tuple[str, str, str], description: str, widths: _Widths) -> Iterator[str]:
    """Yield a row of the table; a name that is too long for its column has a line of its own."""
    offset, name, access = row
    if len(name) > widths.name:
        yield offset
        yield name
        offset = name = ""
    yield _row((offset, name, access), _shortened(description, _room(widths)), widths)


def _row(cells: Sequence[str], description: str, widths: _Widths) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return _GAP.join([*padded, description]).rstrip()


def _room(widths: _Widths) -> int:
    """Return the columns that are left for a description."""
    return max(8, MAX_COLUMNS - 2 * len(INDENT) - sum(widths) - 3 * len(_GAP))


def _shortened(description: str, width: int) -> str:
    """Return the first paragraph of a description on one line, cut at a word."""
    whole = " ".join(paragraphs(description)[:1])
    if columns(whole) <= width:
        return whole
    start = within_docstring(" ".join(description.split())[:width])
    kept = wrapped(start, width - len(" ..."))[0]
    return f"{kept} ..." if columns(kept) <= width - len(" ...") else "..."


def _doc(parts: Sequence[str], *, alone: bool = True) -> str:
    """Return paragraphs as they stand between a docstring's quotes, in lines that fit."""
    first = _summary_width(alone=alone and len(parts) == 1)
    lines = [wrapped(part, MAX_COLUMNS - len(INDENT) if number else first) for number, part in enumerate(parts)]
    return "\n\n".join("\n".join(paragraph) for paragraph in lines)


def _summary_width(*, alone: bool) -> int:
    """Return the columns of a docstring's first line, which is its last one too where it is `alone`."""
    return MAX_COLUMNS - len(INDENT) - _QUOTES * (2 if alone else 1)
