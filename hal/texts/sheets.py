"""Devices, registers, snapshots and cards as tables, for notebooks and for rich.

Blocks and arrays show what is declared, and read nothing. A register is read once, and not where reading changes it; of
a memory the first words are. All texts of maps are escaped.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import singledispatch
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.design.memory_contents import Differences
from hal.design.snapshot import Snapshot
from hal.devices.block import Array, Block
from hal.devices.device import Device
from hal.errors import HalError
from hal.info import ClockGroups, ImageInfo, Metrics, PciAddress
from hal.printable import printable
from hal.registers.memory import MemoryBase, access_of
from hal.registers.register import Register
from hal.registers.sure_reads import read_words_surely
from hal.slots.clocks import Clocks
from hal.slots.slot import Slot
from hal.texts.word_rows import word_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from enum import IntEnum

    from hal.registers.child import Child

__all__ = ["Sheet", "as_bundle", "as_html", "as_rich", "as_text", "in_words", "sheet_of"]

Row = tuple[str, ...]
_ROWS_MAX = 1000
_BLOCKS_MAX = 100  # of a device, each kind once
_WINDOW_BYTES = 256
_DECIMAL = ("status_q", "slot")
_HEX_ENDS = ("_id", "_version", "_size", "_addr", "_agfis", "flags")


class Sheet(NamedTuple):
    """A table under a title, and those of its parts."""

    title: str
    columns: Row = ()
    rows: Sequence[Row] = ()
    parts: tuple[Sheet, ...] = ()


@singledispatch
def sheet_of(thing: Any) -> Sheet:
    """The table of an object of hal."""
    if not is_dataclass(thing):
        return Sheet(repr(thing))
    return Sheet(type(thing).__name__, ("what", "value"), _facts(thing))


def as_html(thing: Any) -> str:
    """An object's table as HTML without scripts and without styles from elsewhere."""
    return _division(sheet_of(thing))


def as_bundle(register: Register) -> dict[str, str]:
    """A register in a line and as HTML, from one read."""
    found = register._look()
    return {"text/plain": register._told(found), "text/html": _division(_register_sheet(register, found))}


def as_text(thing: Any) -> str:
    """An object's title, and a line for each fact."""
    sheet = sheet_of(thing)
    widths = [max(map(len, column)) for column in zip(*sheet.rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in sheet.rows]
    return "\n".join(printable(line) for line in (sheet.title, *lines))


def _division(sheet: Sheet) -> str:
    return f'<div class="hal-sheet">{_html(sheet)}</div>'


def _html(sheet: Sheet) -> str:
    left = ' style="text-align:left"'
    shown = list(sheet.rows[:_ROWS_MAX])
    head = "".join(f"<th{left}>{_cell(column)}</th>" for column in sheet.columns)
    body = "".join(f"<tr>{''.join(f'<td{left}>{_cell(cell)}</td>' for cell in row)}</tr>" for row in shown)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if shown else ""
    more = f"<p>{_more(sheet)}</p>" if _more(sheet) else ""
    parts = "".join(f"<details><summary>{_cell(part.title)}</summary>{_html(part)}</details>" for part in sheet.parts)
    return f"<p><b>{_cell(sheet.title)}</b></p>{table}{more}{parts}"


def _cell(text: str) -> str:
    return escape(printable(text).replace("\n", " "))


def _more(sheet: Sheet) -> str:
    beyond = len(sheet.rows) - _ROWS_MAX
    return f"and {beyond} more" if beyond > 0 else ""


def as_rich(thing: Any) -> Any:
    """An object's table for rich."""
    from rich.console import Group  # noqa: PLC0415  (a driver needs cffi alone)

    return Group(*_rich(sheet_of(thing)))


def _rich(sheet: Sheet) -> Iterable[Any]:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    yield Text(printable(sheet.title), style="bold")
    if sheet.rows:
        table = Table(*sheet.columns, box=None, pad_edge=False)
        for row in sheet.rows[:_ROWS_MAX]:
            table.add_row(*(Text(printable(cell).replace("\n", " ")) for cell in row))
        yield table
    if _more(sheet):
        yield Text(_more(sheet))
    for part in sheet.parts:
        yield from _rich(part)


# -- places in a device -----------------------------------------------------------------------------------------------


@sheet_of.register
def _of_register(register: Register) -> Sheet:
    return _register_sheet(register, register._look())


def _register_sheet(register: Register, found: int | str) -> Sheet:
    shape = register._shape
    raw, told = (None, f": {found}") if isinstance(found, str) else (found, f" = {found:#0{shape.width // 4 + 2}x}")
    rows = [
        (
            str(field.msb) if field.msb == field.lsb else f"{field.msb}:{field.lsb}",
            field.name,
            "" if raw is None or not field.readable else field.text(raw),
            field.access,
            field.description,
        )
        for field in sorted(shape.fields.values(), key=lambda field: -field.lsb)
    ]
    return Sheet(f"{register._where()}{told}", ("bits", "field", "value", "access", "description"), rows)


@sheet_of.register
def _of_memory(memory: MemoryBase) -> Sheet:
    title = f"{memory._where()}: {len(memory)} words of {memory.width} bits, {access_of(type(memory))}"
    if access_of(type(memory)) == "wo" or not len(memory):
        return Sheet(title)
    count = min(len(memory), max(1, _WINDOW_BYTES * 8 // memory.width))
    try:
        content = read_words_surely(memory, 0, count)
    except HalError as problem:
        return Sheet(f"{title}: {type(problem).__name__}")
    rows = [(f"{at:#x}", words) for at, words, _ in word_rows(content, memory.width)]
    return Sheet(f"{title}; the first of them", ("byte", "words"), rows)


@sheet_of.register(Array)
def _of_array(array: Array[Any]) -> Sheet:
    child = array._child
    count = min(len(array), _ROWS_MAX)
    rows = [
        (f"{array.path}[{child.label(place)}]", f"{array._offset + place * child.stride:#x}") for place in range(count)
    ]
    return Sheet(repr(array)[1:-1], ("element", "address"), rows)


@sheet_of.register
def _of_block(block: Block) -> Sheet:
    left = [_BLOCKS_MAX]
    return _block_sheet(f"{type(block).__name__} {block._where()}", type(block), block._offset, left)


@sheet_of.register
def _of_device(device: Device) -> Sheet:
    state = "" if device._open else ", closed"
    return _block_sheet(f"{type(device).__name__} on slot {device.slot.number}{state}", type(device), 0, [_BLOCKS_MAX])


def _block_sheet(title: str, kind: type[Block], base: int, left: list[int]) -> Sheet:
    """What a block declares, the blocks in it after it: of an array of them the first."""
    rows, parts = [], []
    for child in kind._children.values():
        own = base if child.space is None else 0
        name = child.name + (f"[{child.count}]" if child.count is not None else "")
        rows.append((name, f"{own + child.offset:#x}", _what(child), child.description))
        if issubclass(child.kind, Block) and left[0] > 0:
            left[0] -= 1
            first = child.name + (f"[{child.label(0)}]" if child.count is not None else "")
            parts.append(_block_sheet(first, child.kind, own + child.offset, left))
    return Sheet(title, ("name", "address", "what", "description"), rows, tuple(parts))


def _what(child: Child[Any]) -> str:
    if issubclass(child.kind, Register):
        shape = child.kind._shape
        access = "/".join(dict.fromkeys(field.access for field in shape.fields.values()))
        return f"register, {shape.width} bits, {access}"
    if issubclass(child.kind, MemoryBase):
        return f"memory, {child.size} bytes, {access_of(child.kind)}"
    return "block"


# -- values -----------------------------------------------------------------------------------------------------------


@sheet_of.register
def _of_snapshot(snapshot: Snapshot) -> Sheet:
    rows = []
    for path, raw in snapshot._registers().items():
        shape = snapshot._design.shape_at(path)
        texts = (f"{field.name}={field.text(raw)}" for field in shape.declared.values() if field.readable)
        rows.append((path, f"{raw:#0{shape.width // 4 + 2}x}", ", ".join(texts)))
    return Sheet(repr(snapshot)[1:-1], ("register", "value", "fields"), rows)


@sheet_of.register
def _of_differences(differences: Differences) -> Sheet:
    rows = [(path, _value(old), _value(new)) for path, old, new in differences]
    return Sheet(f"{len(rows)} differ" if rows else "no difference", ("path", "old", "new"), rows)


def _value(value: Any) -> str:
    name: str | None = getattr(value, "name", None)
    if name is not None:
        return name
    return f"{value:#x}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


# -- cards ------------------------------------------------------------------------------------------------------------


@sheet_of.register
def _of_slot(slot: Slot) -> Sheet:
    try:
        facts = _facts(slot.describe())
    except HalError as problem:
        facts = [("problem", str(problem))]
    return Sheet(repr(slot)[1:-1], ("what", "value"), facts)


@sheet_of.register
def _of_image(info: ImageInfo) -> Sheet:
    return Sheet(f"slot {info.slot}: {info.status_name}", ("what", "value"), _facts(info))


@sheet_of.register
def _of_clock_service(clocks: Clocks) -> Sheet:
    try:
        return sheet_of(clocks.get())._replace(title=repr(clocks)[1:-1])
    except HalError as problem:
        return Sheet(repr(clocks)[1:-1], ("what", "value"), [("problem", str(problem))])


@sheet_of.register
def _of_clocks(groups: ClockGroups) -> Sheet:
    return Sheet("clocks", ("clock", "MHz"), [(name, f"{mhz:g}") for name, mhz in groups.by_name().items()])


@sheet_of.register
def _of_metrics(metrics: Metrics) -> Sheet:
    return Sheet("metrics", ("what", "value"), _facts(metrics))


def _facts(thing: Any, above: str = "") -> list[Row]:
    """Fields of a dataclass, those of the ones in it after a dot; ids, addresses and sizes in hex."""
    rows: list[Row] = []
    for field in fields(thing):
        value = getattr(thing, field.name)
        if is_dataclass(value) and not isinstance(value, PciAddress):
            rows += _facts(value, f"{above}{field.name}.")
        elif value is not None:
            rows.append((f"{above}{field.name}", in_words(field.name, value)))
    return rows


def in_words(name: str, value: Any) -> str:
    """A fact of a card as people read it: ids, addresses and sizes in hex."""
    if isinstance(value, (tuple, list)):
        return " ".join(in_words(name, item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    word: IntEnum | None = value if hasattr(value, "name") else None  # type: ignore[assignment]
    if word is not None and word.name:
        return word.name.lower().replace("_", "-")
    in_hex = name not in _DECIMAL and (name.endswith(_HEX_ENDS) or "status" in name)
    return f"{value:#x}" if in_hex else str(int(value))
