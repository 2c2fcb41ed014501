"""Which source a slot's buffers come from, which engine moves its data, and `hal.allocate`."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

from hal.dma.buffer import Buffer
from hal.dma.elements import BYTES_MAX, Elements, elements_of
from hal.dma.engines import LibraryEngine, find_xdma
from hal.dma.sources.available import driver_files, sources_of
from hal.dma.sources.pinned import ADDRESS_BITS, BOTH, DIRECTIONS
from hal.errors import DmaError, FieldTypeError, FieldValueError
from hal.values import integer, named_kind, shown, text

if TYPE_CHECKING:
    from hal.dma.engines import Engine
    from hal.dma.sources.available import CardSlot

__all__ = ["allocate", "bytes_of_count", "engine_of", "new_buffer"]

LEAST_BITS: Final = 24


def allocate(
    shape: int | tuple[int, ...],
    dtype: Any = "u1",
    *,
    slot: Any,
    direction: str = BOTH,
    address_bits: int = ADDRESS_BITS,
    source: str | None = None,
) -> Buffer:
    """Pinned host memory of elements, zeroed, with the address at which the slot's card reaches it.

    `shape` and `dtype` as numpy has them; without numpy a type is one of u1 to u8, i1 to i8, f4 and f8. `slot`: a slot,
    or a device on it. The others as for `Slot.buffer`.
    """
    elements = elements_of(shape, dtype)
    owner: Any = slot if hasattr(type(slot), "buffer_of") else getattr(slot, "slot", None)
    if not hasattr(type(owner), "buffer_of"):
        raise FieldTypeError(f"slot= is a slot of hal.open_slot(), or a device, {named_kind(slot)}")
    found: Buffer = owner.buffer_of(elements, direction, address_bits, source)
    return found


def bytes_of_count(nbytes: Any) -> Elements:
    """So many bytes, from 1 on."""
    count = integer(nbytes, "a buffer's size is a number of bytes")
    if not 0 < count <= BYTES_MAX:
        raise FieldValueError(f"a buffer of {shown(count)} bytes can't be had: 1 to {BYTES_MAX}")
    return Elements((count,), 1)


def new_buffer(slot: CardSlot, elements: Elements, direction: str, address_bits: int, source: str | None) -> Buffer:
    """Of the first source that has it, or the one that is named."""
    if text(direction, 'a direction is "both", "h2c" or "c2h"') not in DIRECTIONS:
        raise FieldValueError(f'{shown(direction)} is no direction: use "both", "h2c" (the card reads) or "c2h"')
    bits = integer(address_bits, "address bits are a number")
    if not LEAST_BITS <= bits <= ADDRESS_BITS:
        raise FieldValueError(f"{shown(bits)} bits of an address: give {LEAST_BITS} to {ADDRESS_BITS}")
    sources = sources_of(slot)
    if source is not None:
        if text(source, "a source is text") not in sources:
            raise FieldValueError(f"slot {slot.number} has no source {shown(source)}: {', '.join(sources) or 'none'}")
        sources = {source: sources[source]}
    size, problems = elements.itemsize * prod(elements.shape), []
    for name, found in sources.items():
        try:
            return Buffer(found.allocate(size, direction, bits), elements, direction, name, slot.number)
        except DmaError as problem:  # noqa: PERF203  (few sources)
            problems.append(f"{name}: {problem}")
    raise DmaError(f"no host memory of {size} bytes for slot {slot.number}: {'; '.join(problems)}")


def engine_of(slot: CardSlot) -> Engine:
    """That of the card's library, else the XDMA driver's first channel."""
    if slot.library.host_memory.moves:
        return LibraryEngine(slot.library.host_memory, slot.number)
    files = driver_files(slot)
    engine = find_xdma(files) if files.function else None
    if engine is None:
        told = f"slot {slot.number} has no DMA engine: no file /dev/xdma*_h2c_0 of the XDMA driver belongs to its card"
        pcis = '. PCIS reaches the same addresses without one: slot.bar("app", 4, burst=True)'
        raise DmaError(f"{told}{pcis}" if slot.library.is_this_machines and slot.library.pci is None else told)
    return engine
