"""What hardware does to a cell: its inputs, and its statements, which act on what software's access leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.schema.policies import POLICIES
from codegen.views.rtl.rtl_cells import is_pulse, is_wire
from codegen.views.rtl.writing.rtl_text import Line, block_of, literal, part

if TYPE_CHECKING:
    from codegen.model.hardware.hardware_types import Counter, Hardware
    from codegen.views.rtl.rtl_cells import Cell

__all__ = ["Input", "hardware_lines", "has_value", "inputs_of", "outputs_of"]


class Input(NamedTuple):
    """An input of a field: its name, and whether it has the field's bits or is one bit for each element."""

    name: str
    is_wide: bool


def has_value(cell: Cell) -> bool:
    """Return whether hardware is given the value; it knows constants."""
    hardware = cell.field.hardware
    if hardware is None:
        return cell.held != "constant"
    return hardware.hw in ("read", "both", "set", "clear")


def outputs_of(cell: Cell) -> list[str]:
    """Return what hardware is told: the value, and when software accesses or changes it."""
    hardware = cell.field.hardware
    names = ["value"] if has_value(cell) else []
    if hardware is None or hardware.counter is not None or hardware.intr is not None or is_pulse(cell.field):
        return names
    rows = [POLICIES[way[1].access] for way in cell.ways]
    if hardware.hw in ("read", "both") and any(row.writable or row.read_acts for row in rows):
        names.append("swmod")
    if is_wire(cell.field) and any(row.readable for row in rows):
        names.append("swacc")
    return names


def given_name(hardware: Hardware) -> str:
    """Return the input with what hardware gives."""
    return {"set": "hwset", "clear": "hwclr"}.get(hardware.hw, "next")


def inputs_of(cell: Cell) -> list[Input]:
    """Return what hardware says."""
    hardware = cell.field.hardware
    if hardware is None or not hardware.writes:
        return []
    if hardware.counter is not None:
        ways = {"incr": hardware.counter.incrvalue, "decr": hardware.counter.decrvalue}
        return [Input(name, is_wide=False) for name, step in ways.items() if step]
    found = [Input(given_name(hardware), is_wide=True)]
    return [*found, Input("we", is_wide=False)] if hardware.we else found


def hardware_lines(cell: Cell, target: str, inputs: dict[str, str], last: str) -> list[Line]:
    """Return the statements on a variable.

    `inputs`: signals by the inputs' names; `last`: an interrupt's input before.
    """
    hardware = cell.field.hardware
    if hardware is None or not hardware.writes or is_wire(cell.field):
        return []
    lines: list[Line] = []
    for element in range(cell.count):
        if hardware.counter is not None:
            lines += _counted(cell, hardware.counter, target, inputs, element)
        else:
            lines += _given(cell, hardware, target, inputs, last, element)
    return lines


def _one(cell: Cell, name: str, element: int) -> str:
    """Return the bit of an input that is for an element."""
    return part(name, element, 1, cell.count)


def _bits(cell: Cell, name: str, element: int) -> str:
    return part(name, element * cell.field.width, cell.field.width, cell.width)


def _given(cell: Cell, hardware: Hardware, target: str, inputs: dict[str, str], last: str, element: int) -> list[Line]:
    bits, given = _bits(cell, target, element), _bits(cell, inputs[given_name(hardware)], element)
    before = _bits(cell, last, element)
    given = {
        "posedge": f"({given} & ~{before})",
        "negedge": f"(~{given} & {before})",
        "bothedge": f"({given} ^ {before})",
    }.get(hardware.intr or "", given)
    if hardware.hw == "clear":
        value = f"{bits} & ~{given}"
    elif hardware.sticky != "field" and (hardware.sticky or hardware.hw == "set"):
        value = f"{bits} | {given}"
    else:
        value = given.removeprefix("(").removesuffix(")") if hardware.intr not in (None, "level") else given
    conditions = [_one(cell, inputs["we"], element)] if hardware.we else []
    conditions += [f"{bits} == {literal(cell.field.width, 0)}"] if hardware.sticky == "field" else []
    statement = Line(0, f"{bits} = {value};")
    return block_of(f"if ({' && '.join(conditions)})", [statement]) if conditions else [statement]


def _counted(cell: Cell, counter: Counter, target: str, inputs: dict[str, str], element: int) -> list[Line]:
    width = cell.field.width
    bits, most = _bits(cell, target, element), (1 << width) - 1
    up, down = counter.incrvalue, counter.decrvalue
    incr, decr = (_one(cell, inputs.get(name, ""), element) for name in ("incr", "decr"))
    if not counter.saturate:
        lines = block_of(f"if ({incr})", [Line(0, f"{bits} = {bits} + {width}'d{up};")]) if up else []
        return [*lines, *(block_of(f"if ({decr})", [Line(0, f"{bits} = {bits} - {width}'d{down};")]) if down else [])]
    if up and down:
        total, wide = f"sum_{cell.field.name}", width + 1
        return [
            Line(0, f"{total} = {{1'b0, {bits}}};"),
            *block_of(f"if ({incr})", [Line(0, f"{total} = {total} + {wide}'d{up};")]),
            *block_of(
                f"if ({decr})",
                [Line(0, f"{total} = {total} < {wide}'d{down} ? {literal(wide, 0)} : {total} - {wide}'d{down};")],
            ),
            Line(0, f"{bits} = {total}[{width}] ? {literal(width, most)} : {total}[{width - 1}:0];"),
        ]
    if up:
        end = f"{bits} > {literal(width, most - up)} ? {literal(width, most)} : {bits} + {width}'d{up}"
        return block_of(f"if ({incr})", [Line(0, f"{bits} = {end};")])
    end = f"{bits} < {width}'d{down} ? {literal(width, 0)} : {bits} - {width}'d{down}"
    return block_of(f"if ({decr})", [Line(0, f"{bits} = {end};")])
