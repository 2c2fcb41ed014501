"""Tells the emulated card what a design holds: its words, policies, resets and memories, as a design text.

The text's form is the card's; see the manual's page on the emulated card.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from hal.codes import SPACES, Pf, bar_name
from hal.errors import HalError
from hal.registers.memory import access_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.design.walk import Run

__all__ = ["design_text", "has_model", "model_line"]

Dimensions = tuple[tuple[int, int], ...]
Lines = dict[tuple[int, int], list[str]]

_MODEL = "# python-model"
_EXPANDED_MAX = 65536  # places of all memories and windows, for whose arrays the text has no dimensions
_DIGEST = re.compile(r"[0-9A-Za-z]{1,71}")
_SHELL_IDS = (0x1D0F, 0xF000, 0xFEDC, 0x1D51)  # what an AFI shows where its map leaves an id open


def design_text(design: Design) -> str:
    """The text of a design."""
    head = ["haldesign 1", f"name {design.name}"]
    if _DIGEST.fullmatch(design.digest):
        head.append(f"digest {design.digest}")
    head += [f"afi {afi}" for afi in design.afi or (design.afi_id,)]
    if any(design.pci):
        given = zip(design.pci, _SHELL_IDS, strict=True)
        vendor, device, subsystem_vendor, subsystem_device = (number or usual for number, usual in given)
        head.append(f"pci {vendor:#x} {device:#x} {subsystem_device:#x} {subsystem_vendor:#x}")
    head.append(f"clkgen {int(design.clkgen)}")
    lines: Lines = {design.home: []}
    root = design.driver
    if root._unmapped is not None:
        lines[design.home].append(f"unmapped 0x0 {root._size:#x} {root._unmapped:#x}")
    if sum(map(_expanded, design.places(expand=False))) > _EXPANDED_MAX:
        raise HalError(f"arrays of more than {_EXPANDED_MAX} memories or windows are too large for the emulated card")
    for run in design.places(expand=False):
        lines.setdefault(run.space, []).extend(_lines(run))
    for pf, bar in lines:
        if (pf, bar) not in SPACES:
            raise HalError(
                f"{design.name} has registers in {bar_name(pf, bar)}, and the emulated card has no such BAR: it is an "
                "F2 card, with BARs 0, 2 and 4 of each function"
            )
    for (pf, bar), rows in sorted(lines.items()):
        head += [f"space {Pf(pf).name.lower()} {bar}", *rows]
    return "\n".join(head) + "\n"


def model_line(model: str) -> str:
    """The line of a text which says that its AFI has a model in Python. It tells nobody where, and is never run."""
    return f"{_MODEL} {model}"


def has_model(text: str) -> bool:
    """Whether a text says so."""
    return any(line.startswith(_MODEL) for line in text.splitlines())


def _lines(run: Run) -> Iterator[str]:
    child, arrays = run.child, _arrays(run)
    if child.is_register:
        yield from _register_lines(child.shape, run.offset, arrays)
    elif child.is_memory:
        access = access_of(child.kind)
        yield from (f"mem {at:#x} {child.size:#x} {child.width} {access}" for at in _places(run.offset, arrays))
    elif child.kind._unmapped is not None:
        window = f"{child.kind._size:#x} {child.kind._unmapped:#x}"
        yield from (f"unmapped {at:#x} {window}" for at in _places(run.offset, arrays))


def _arrays(run: Run) -> Dimensions:
    child = run.child
    return run.arrays if child.count is None else (*run.arrays, (child.count, child.stride))


def _expanded(run: Run) -> int:
    """The lines of a run that are written out one by one."""
    is_one = run.child.is_register or (run.child.is_block and run.child.kind._unmapped is None)
    return 0 if is_one else prod(count for count, _ in _arrays(run))


def _places(base: int, dimensions: Dimensions) -> Iterator[int]:
    for indices in product(*(range(count) for count, _ in dimensions)):
        yield base + sum(index * stride for index, (_, stride) in zip(indices, dimensions, strict=True))


def _register_lines(shape: RegisterShape, at: int, arrays: Dimensions) -> Iterator[str]:
    """One `word` line for each bus word, and an `f` line for each field's part in it."""
    step = shape.access_width
    repeat = "".join(f" {count} {stride:#x}" for count, stride in arrays)
    for number in range(shape.word_count):
        yield f"word {at + shape.word_at(number):#x} {step}{repeat}"
        low = number * step
        for field in shape.fields.values():
            start, end = max(field.lsb, low), min(field.msb, low + step - 1)
            if start > end:
                continue
            width = end - start + 1
            reset, unknown = (bits >> start & ((1 << width) - 1) for bits in (shape.reset, shape.unknown))
            rest = f" {unknown:#x}" if unknown else ""
            yield f"f {start - low} {width} {_policy(field)} {reset:#x}{rest}"
        yield from _unused_lines(shape, low, step)


def _policy(field: FieldDeclaration) -> str:
    """A pulse reads as its idle value, unless the map says that hardware ends it in its own time."""
    if not field.pulse or field.volatile:
        return field.access
    return "strobe" if field.idle == "1" and field.readable else "wo"


def _unused_lines(shape: RegisterShape, low: int, step: int) -> Iterator[str]:
    """Bits of no field hold what is written, so that a driver that changes them is found out."""
    policy = ("rw" if shape.is_readable else "wo") if shape.is_writable else "ro"
    rest = (shape.unused_bits >> low) & ((1 << step) - 1)
    while rest:
        start = (rest & -rest).bit_length() - 1
        width = (~(rest >> start) & ((rest >> start) + 1)).bit_length() - 1
        ones = (1 << width) - 1
        yield f"f {start} {width} {policy} {(shape.reset >> (low + start)) & ones:#x}"
        rest &= ~(ones << start)
