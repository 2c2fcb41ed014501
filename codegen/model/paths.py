"""Reads a path such as `ch[2].level`."""

from __future__ import annotations

import re

from codegen.model.types import BlockChild, BlockType, MemoryChild, RegisterChild, RegisterType
from codegen.schema.names import SNAKE_NAME

__all__ = ["STEP", "holds_element", "indices_of", "register_at"]

STEP = re.compile(rf"({SNAKE_NAME})((?:\[(?:[0-9]{{1,8}}|{SNAKE_NAME})\])*)")


def register_at(root: BlockType, path: str) -> RegisterType | None:
    """Return the register at a path from a block, or None."""
    block: BlockType | None = root
    register: RegisterType | None = None
    for step in path.split("."):
        match = STEP.fullmatch(step)
        if match is None or block is None:
            return None
        child = next((child for child in block.children if child.name == match[1]), None)
        if child is None or isinstance(child, MemoryChild) or not holds_element(child, indices_of(match[2])):
            return None
        block = child.type if isinstance(child, BlockChild) else None
        register = child.type if isinstance(child, RegisterChild) else None
    return register


def indices_of(brackets: str) -> list[str]:
    """Return what stands in "[2][3]"."""
    return brackets[1:-1].split("][") if brackets else []


def holds_element(child: RegisterChild | BlockChild, indices: list[str]) -> bool:
    """Return whether these indices, one for each dimension, name an element; or none a single one."""
    axes = child.axes
    return len(indices) == len(axes) and all(
        axis.numbering.holds(index, axis.count) for axis, index in zip(axes, indices, strict=True)
    )
