"""Reads a path such as `ch[2].level`."""

from __future__ import annotations

import re

from codegen.model.types import BlockChild, BlockType, MemoryChild, RegisterChild, RegisterType
from codegen.schema.names import SNAKE_NAME

__all__ = ["register_at"]

_STEP = re.compile(rf"({SNAKE_NAME})(?:\[([0-9]{{1,8}}|{SNAKE_NAME})\])?")


def register_at(root: BlockType, path: str) -> RegisterType | None:
    """Return the register at a path from a block, or None."""
    block: BlockType | None = root
    register: RegisterType | None = None
    for step in path.split("."):
        match = _STEP.fullmatch(step)
        if match is None or block is None:
            return None
        child = next((child for child in block.children if child.name == match[1]), None)
        if child is None or isinstance(child, MemoryChild) or not _has_element(child, match[2]):
            return None
        block = child.type if isinstance(child, BlockChild) else None
        register = child.type if isinstance(child, RegisterChild) else None
    return register


def _has_element(child: RegisterChild | BlockChild, index: str | None) -> bool:
    if child.count is None or index is None:
        return child.count is None and index is None
    return child.numbering.holds(index, child.count)
