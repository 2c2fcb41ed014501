"""Words of a memory, as a page shows them: a window of them, read again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.devices.lookup import node_at
from hal.errors import AddressError, BusTimeoutError, FieldNameError
from hal.registers.memory import MemoryBase, access_of
from hal.registers.sure_reads import read_words_surely
from hal.texts.word_rows import hex_words

if TYPE_CHECKING:
    from hal.page.card.held_slot import HeldSlot
    from hal.page.viewers import Window

__all__ = ["WORDS_MAX", "memory_at", "read_window"]

WORDS_MAX = 1024  # of a window


def memory_at(device: Any, path: str) -> MemoryBase:
    """The memory at a path, also one of entries, as its words. FieldNameError where something else is."""
    node = node_at(device, path)
    found = getattr(node, "words", node)
    if not isinstance(found, MemoryBase):
        raise FieldNameError(f"{path} is no memory", path=path)
    return found


def read_window(held: HeldSlot, window: Window) -> dict[str, Any]:
    """Its words as hex, low word first, or why there are none. Errors that end the device are raised."""
    place: dict[str, Any] = {"path": window.path, "start": window.start}
    device = held.device(window.map)
    try:
        memory = memory_at(device, window.path)
    except (FieldNameError, AddressError) as problem:
        return {**place, "problem": str(problem)}
    place["width"] = memory.width
    if access_of(type(memory)) == "wo":
        return {**place, "problem": "write-only"}
    try:
        start = min(window.start, len(memory))
        content = read_words_surely(memory, start, min(window.words, len(memory) - start, WORDS_MAX))
    except BusTimeoutError as problem:
        return {**place, "problem": str(problem)}
    return {**place, "words": hex_words(content, memory.width)}
