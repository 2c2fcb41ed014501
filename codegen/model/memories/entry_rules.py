"""How large a memory is, how its words are accessed, and what a type must be to lie over one.

A memory holds what is written to it and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.blocks.child_arrays import counts_of
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.schema.policies import NAMES, POLICIES
from codegen.schema.vocabulary import ACCESS_WIDTHS, BUS_WORD, MAX_COUNT, MAX_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.types import BlockType, RegisterType
    from codegen.schema.entries import MemoryEntry

__all__ = ["BURST", "MemoryFault", "bus_width", "memory_faults", "memory_size", "read_width", "said_bus_width"]

_WIDEST = 64  # bits of one access of the bus
BURST = 512
"""Bits of one that goes through a mapping."""


class MemoryFault(NamedTuple):
    """What is wrong, at a key of the memory; at the memory itself where that is empty."""

    key: str
    rule: str
    message: str
    hint: str


def memory_size(memory: MemoryEntry, entry: BlockType | None) -> int:
    """Return a memory's bytes; 0 where they are not said."""
    if memory.size is not None:
        return memory.size
    return counts_of(memory)[-1] * entry.size if entry is not None and counts_of(memory) else 0


def bus_width(memory: MemoryEntry | MemoryChild) -> int:
    """Return the bits of one bus access to a memory."""
    said = memory.access_width
    return said if said in ACCESS_WIDTHS else _usual(memory.width)


def said_bus_width(memory: MemoryEntry) -> int | None:
    """Return them where they are said, and that is not what comes of saying nothing."""
    bus, usual = bus_width(memory), _usual(memory.width)
    return None if memory.access_width is None or (bus == usual and (memory.burst or bus == _WIDEST)) else bus


def read_width(memory: MemoryChild) -> int:
    """Return the bits of its widest read in a prefetchable BAR: what is said, or as many as the bus takes at once."""
    return BURST if memory.burst else memory.access_width or _WIDEST


def _usual(width: int) -> int:
    return width if width in ACCESS_WIDTHS else BUS_WORD


def memory_faults(memory: MemoryEntry, entry: BlockType | None) -> Iterator[MemoryFault]:
    """Yield what is wrong with a memory, of entries of a type where it has one."""
    step = memory.width // 8
    yield from _access_faults(memory)
    yield from _size_faults(memory, step)
    if entry is None:
        return
    if entry.size and memory.size is not None and memory.size % entry.size:
        message = f"got {memory.size:#x}, wanted a multiple of an entry, {entry.size:#x} bytes"
        yield MemoryFault("size", "size-multiple", message, "Change size, or say count.")
    if entry.size % step:
        message = f"an entry has {entry.size:#x} bytes, which is no multiple of the word, {step} bytes"
        yield MemoryFault("entry", "entry-size", message, "Give the type a size, or change the memory's width.")
    if memory.size is None and memory_size(memory, entry) % (bus_width(memory) // 8):
        message = f"{counts_of(memory)[-1]} entries of {entry.size:#x} bytes are no whole number of bus words"
        yield MemoryFault("count", "size-multiple", message, "Change count or access_width.")
    if entry.unmapped is not None:
        hint = "Remove it; a memory has no words that hold nothing."
        yield MemoryFault("entry", "entry-content", "the type says what unmapped words read", hint)
    for path, register in _registers(entry, ""):
        if register is None:
            hint = "An entry is made of registers and blocks of registers."
            yield MemoryFault("entry", "entry-content", f"{path!r} is a memory", hint)
        else:
            yield from _register_faults(path, register.type, memory.access, has_reset=bool(register.resets))


def _access_faults(memory: MemoryEntry) -> Iterator[MemoryFault]:
    given, bus = memory.access_width, bus_width(memory)
    if given not in {None, *ACCESS_WIDTHS}:
        allowed = ", ".join(map(str, ACCESS_WIDTHS))
        yield MemoryFault(
            "access_width", "bad-access-width", f"got {given}, allowed: {allowed}", "Choose one of these."
        )
    elif memory.burst and memory.access == "wo":
        yield MemoryFault(
            "burst", "burst-unread", "the memory can't be read", "Remove burst: writes are sent in bursts anyway."
        )
    elif memory.width < bus and memory.access == "wo":
        message = f"words of {memory.width} bits are written in bus words of {bus}, whose other words can't be read"
        hint = "Use access_width: 8 where the bus has such accesses, or wider words."
        yield MemoryFault("access", "memory-lane", message, hint)


def _size_faults(memory: MemoryEntry, step: int) -> Iterator[MemoryFault]:
    count, size = memory.count, memory.size
    if memory.entry is None and size is None:
        yield MemoryFault("", "missing-key", "a memory needs 'size'", "Add 'size'.")
    if memory.entry is not None and (count is None) == (size is None):
        message = "a memory of entries needs one of 'count' and 'size'"
        yield MemoryFault("", "missing-key", message, "Give one of the two.")
    held = counts_of(memory)[-1:] if memory.entry is not None else ()
    if memory.entry is not None and count == []:
        message = f"got 0 dimensions, allowed: 1 to {MAX_DIMENSIONS}"
        yield MemoryFault("count", "bad-count", message, "Change the list.")
    if held and not 1 <= held[0] <= MAX_COUNT:
        yield MemoryFault("count", "bad-count", f"got {held[0]}, allowed: 1 to {MAX_COUNT}", "Change the count.")
    if size == 0:
        yield MemoryFault("size", "bad-size", "got 0 bytes", "Give the memory's size.")
    elif size is not None and size % step:
        message = f"got {size:#x}, wanted a multiple of the width, {step} bytes"
        yield MemoryFault("size", "size-multiple", message, "Change size or width.")
    elif size is not None and size % (bus_width(memory) // 8):
        message = f"got {size:#x}, wanted a multiple of access_width, {bus_width(memory) // 8} bytes"
        yield MemoryFault("size", "size-multiple", message, "Change size or access_width.")


def _registers(block: BlockType, prefix: str) -> Iterator[tuple[str, RegisterChild | None]]:
    """Yield the registers of a block by path; None for a memory."""
    for child in block.children:
        path = prefix + child.name
        if isinstance(child, RegisterChild):
            yield path, child
        elif isinstance(child, MemoryChild):
            yield path, None
        elif isinstance(child, BlockChild):
            yield from _registers(child.type, f"{path}.")


def _register_faults(path: str, register: RegisterType, access: str, *, has_reset: bool) -> Iterator[MemoryFault]:
    memory = POLICIES[access]
    for field in register.fields:
        if field.pulse or not POLICIES[field.access].lies_in(memory):
            allowed = " or ".join(name for name, row in NAMES.items() if row.lies_in(memory))
            what = "a pulse" if field.pulse else field.access
            message = f"{path}.{field.name} is {what}, and a memory with access {access} has nothing but storage"
            yield MemoryFault("entry", "entry-access", message, f"Use {allowed} for fields of entries.")
            return
    if register.reset or has_reset:
        message = f"{path} has a reset value, and a memory has none"
        yield MemoryFault("entry", "entry-reset", message, "Remove reset; write entries before they are used.")
