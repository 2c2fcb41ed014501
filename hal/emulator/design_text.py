"""Tells the emulated card what a driver's design holds: its words, policies, resets and memories, as a design text.

The text's form is the card's; see the manual's page on the emulated card.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from hal.errors import HalError
from hal.registers.block import Block, Child, space_numbers
from hal.registers.memory import MemoryBase, ReadOnlyMemory, WriteOnlyMemory
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.devices.device import Device

__all__ = ["design_text"]

Dimensions = tuple[tuple[int, int], ...]
Lines = dict[tuple[int, int], list[str]]

_EXPANDED_MAX = 65536  # places of memories and windows in arrays, which the text has no dimensions for
_SHELL_IDS = (0x1D0F, 0xF000, 0xFEDC, 0x1D51)  # what an AFI shows where its map leaves an id open
_SPACE_WORDS = ("app", "mgmt")


def design_text(driver: type[Device]) -> str:
    """The text of a driver's design."""
    head = ["haldesign 1", f"name {driver._device_name}"]
    head += [f"afi {afi}" for afi in driver._afi or (driver.afi_id(),)]
    if any(driver._pci):
        given = zip(driver._pci, _SHELL_IDS, strict=True)
        vendor, device, subsystem_vendor, subsystem_device = (number or usual for number, usual in given)
        head.append(f"pci {vendor:#x} {device:#x} {subsystem_device:#x} {subsystem_vendor:#x}")
    head.append(f"clkgen {int(driver._clkgen)}")
    lines: Lines = {}
    _block_lines(driver, driver._home, 0, (), lines)
    for (pf, bar), rows in sorted(lines.items()):
        head += [f"space {_SPACE_WORDS[pf]} {bar}", *rows]
    return "\n".join(head) + "\n"


def _block_lines(kind: type[Block], space: tuple[int, int], base: int, dimensions: Dimensions, lines: Lines) -> None:
    rows = lines.setdefault(space, [])
    if kind._unmapped is not None:
        rows += [f"unmapped {at:#x} {kind._size:#x} {kind._unmapped:#x}" for at in _places(base, dimensions)]
    for child in kind._children.values():
        if child.space is None:
            _child_lines(child, space, base + child.offset, dimensions, lines)
        else:
            _child_lines(child, space_numbers(child.space), child.offset, (), lines)


def _child_lines(child: Child[Any], space: tuple[int, int], at: int, dimensions: Dimensions, lines: Lines) -> None:
    if child.count is not None:
        dimensions = (*dimensions, (child.count, child.stride))
    if issubclass(child.kind, Block):
        _block_lines(child.kind, space, at, dimensions, lines)
    elif issubclass(child.kind, Register):
        lines.setdefault(space, []).extend(_register_lines(child.kind, at, dimensions))
    elif issubclass(child.kind, MemoryBase):
        access = "ro" if child.kind is ReadOnlyMemory else "wo" if child.kind is WriteOnlyMemory else "rw"
        lines.setdefault(space, []).extend(
            f"mem {place:#x} {child.size:#x} {child.width} {access}" for place in _places(at, dimensions)
        )


def _places(base: int, dimensions: Dimensions) -> Iterator[int]:
    total = 1
    for count, _ in dimensions:
        total *= count
    if total > _EXPANDED_MAX:
        raise HalError(f"an array of {total} memories or windows is too large for the emulated card ({_EXPANDED_MAX})")
    for indices in product(*(range(count) for count, _ in dimensions)):
        yield base + sum(index * stride for index, (_, stride) in zip(indices, dimensions, strict=True))


def _register_lines(kind: type[Register], at: int, dimensions: Dimensions) -> Iterator[str]:
    """One `word` line for each bus word, and an `f` line for each field's part in it."""
    step = kind._access_width
    repeat = "".join(f" {count} {stride:#x}" for count, stride in dimensions)
    for number in range(kind._width // step):
        yield f"word {at + number * step // 8:#x} {step}{repeat}"
        low = number * step
        for field in kind._fields.values():
            start, end = max(field.lsb, low), min(field.msb, low + step - 1)
            if start > end:
                continue
            width = end - start + 1
            reset = (kind._reset >> start) & ((1 << width) - 1)
            # A pulse reads 0, unless the map says that hardware ends it in its own time.
            policy = "wo" if field.pulse and not field.volatile else field.access
            yield f"f {start - low} {width} {policy} {reset:#x}"
        yield from _constant_lines(kind, low, step)


def _constant_lines(kind: type[Register], low: int, step: int) -> Iterator[str]:
    """Reset bits that no field has are constant: each run of them reads as ones and ignores writes."""
    rest = kind._reset
    for field in kind._fields.values():
        rest &= ~field.mask
    rest = (rest >> low) & ((1 << step) - 1)
    while rest:
        start = (rest & -rest).bit_length() - 1
        width = (~(rest >> start) & ((rest >> start) + 1)).bit_length() - 1
        run = ((1 << width) - 1) << start
        yield f"f {start} {width} ro {run >> start:#x}"
        rest &= ~run
