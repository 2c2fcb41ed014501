"""Where memories that are read in bursts may lie: in BARs where a read of more than was asked for is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.types import BlockChild, MemoryChild

if TYPE_CHECKING:
    from codegen.model.types import BlockType, Child

__all__ = ["first_burst"]


def first_burst(child: Child, known: dict[BlockType, str]) -> str:
    """Return the path of the first such memory at a place or below it, arrays without brackets; "" where there is none.

    `known`: those of types that were looked at.
    """
    if isinstance(child, MemoryChild):
        return child.name if child.burst else ""
    if not isinstance(child, BlockChild):
        return ""
    if child.type not in known:
        found = (first_burst(inner, known) for inner in child.type.children)
        known[child.type] = next(filter(None, found), "")
    below = known[child.type]
    return f"{child.name}.{below}" if below else ""
