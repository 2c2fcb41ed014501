"""What a device is made of, each type once: a map of few lines can hold billions of registers."""

from __future__ import annotations

from typing import NamedTuple

from codegen.model.types import BlockChild, BlockType, Device, MemoryChild, RegisterType, Space

__all__ = ["FirstPlace", "Tree"]


class FirstPlace(NamedTuple):
    """Where a register type is used first, and in how many places altogether."""

    path: str
    space: Space
    offset: int
    uses: int


class Tree:
    """The types that a device reaches.

    `blocks`: inner ones before those that hold them, the device's own last. `outer_first`: the same
    in the order of the map. `registers`: as they were met. `owners`: the block type in which each
    other type was met first.
    """

    def __init__(self, device: Device) -> None:
        self.blocks: list[BlockType] = []
        self.outer_first: list[BlockType] = []
        self.registers: list[RegisterType] = []
        self.owners: dict[BlockType | RegisterType, BlockType] = {}
        self.first_places: dict[RegisterType, FirstPlace] = {}
        self._seen: set[BlockType | RegisterType] = set()
        self._firsts: dict[RegisterType, tuple[str, Space, int]] = {}
        self._visit(device.root, "", device.space, 0)
        self._count(device.root)

    def _visit(self, block: BlockType, prefix: str, space: Space, base: int) -> None:
        self._seen.add(block)
        self.outer_first.append(block)
        for child in block.children:
            if isinstance(child, MemoryChild) or child.type in self._seen:
                continue
            self.owners[child.type] = block
            path = prefix + child.name + ("" if child.count is None else "[0]")
            if isinstance(child, BlockChild):
                inner = child.space or space
                offset = child.offset if child.space else base + child.offset
                self._visit(child.type, path + ".", inner, offset)
            else:
                self._seen.add(child.type)
                self._firsts[child.type] = (path, space, base + child.offset)
                self.registers.append(child.type)
        self.blocks.append(block)

    def _count(self, root: BlockType) -> None:
        uses: dict[BlockType | RegisterType, int] = {root: 1}
        for block in reversed(self.blocks):
            for child in block.children:
                if not isinstance(child, MemoryChild):
                    added = uses[block] * (1 if child.count is None else child.count)
                    uses[child.type] = uses.get(child.type, 0) + added
        for register, first in self._firsts.items():
            self.first_places[register] = FirstPlace(*first, uses[register])
