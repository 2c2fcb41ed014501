"""What documents say of a place: its description, and what else is to be known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.memories.entry_rules import bus_width
from codegen.model.types import MemoryChild
from codegen.schema.vocabulary import BUS_WORD
from codegen.views.sharing.sentences import place_text

if TYPE_CHECKING:
    from codegen.model.types import Child

__all__ = ["place_told"]


def place_told(child: Child) -> str:
    """Return what documents say of a place."""
    words, bursts = (_words_text(child), child.burst) if isinstance(child, MemoryChild) else ("", False)
    texts = (
        place_text(child.alternate, child.when, words, external=child.external, bursts=bursts),
        child.shown_description,
        *(axis.numbering.left_out for axis in child.axes),
    )
    return " ".join(filter(None, texts))


def _words_text(memory: MemoryChild) -> str:
    """Return what documents say of a memory's words, where they are not of 32 bits."""
    width, bus = memory.width, bus_width(memory)
    if memory.entry is not None or (width, bus) == (BUS_WORD, BUS_WORD):
        return ""
    how = f", accessed {bus} at a time" if bus < width else f" in bus words of {bus}" if bus > width else ""
    return f"Words of {width} bits{how}."
