"""Which words a memory has in a map, and how the bus gets at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.schema.vocabulary import ACCESS_WIDTHS, BUS_WORD, MEMORY_WIDTHS

if TYPE_CHECKING:
    from codegen.importers.described.description import Memory
    from codegen.importers.described.remarks import Remarks

__all__ = ["settle_words"]

_BYTE = 8


def settle_words(memory: Memory, where: str, grain: int, remarks: Remarks) -> None:
    """Settle the width of words. `grain`: a number of bytes that the memory's address and size are multiples of."""
    given = memory.width
    if given not in MEMORY_WIDTHS:
        remarks.approximated(memory, memory.origin, where, f"words of {given} bits are of {BUS_WORD} here")
        memory.width = BUS_WORD
    width = memory.width
    bus = width if width in ACCESS_WIDTHS else BUS_WORD
    is_whole = memory.size % (width // _BYTE) == 0
    if is_whole and grain % (bus // _BYTE) == 0 and not (width < bus and memory.access == "wo"):
        return
    if width < bus and is_whole and grain % (width // _BYTE) == 0:
        memory.access_width = _BYTE
        message = f"words of {width} bits that can't be parts of bus words are accessed by bytes"
        remarks.approximated(memory, memory.origin, where, message)
        return
    memory.width = BUS_WORD if width > bus and grain % (BUS_WORD // _BYTE) == 0 else _BYTE
    kind = "bytes" if memory.width == _BYTE else f"words of {BUS_WORD} bits"
    message = f"{memory.size:#x} bytes at {memory.offset:#x} are no words of {width} bits: it is of {kind}"
    remarks.approximated(memory, memory.origin, where, message)
