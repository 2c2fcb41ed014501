"""Makes of a description what a map can hold; whatever changes on the way is a remark with the source's line."""

from __future__ import annotations

from copy import deepcopy
from math import gcd
from typing import TYPE_CHECKING

from codegen.importers.described.description import Block, Memory, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.settled.memory_settling import settle_words
from codegen.importers.settled.narrow_registers import settle_lanes
from codegen.importers.settled.register_settling import settle_register
from codegen.importers.settled.views import Child, Sharing, may_be_views, root_of
from codegen.model.overlap import Extent, LayoutTooIntricateError, collisions
from codegen.schema.spaces import F2, Space
from codegen.schema.vocabulary import MAX_COUNT, MAX_DEPTH, MAX_DIMENSIONS

if TYPE_CHECKING:
    from codegen.importers.described.description import Device, Placed
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Options

__all__ = ["settle", "space_of"]

MAX_SINGLES = 64
"""Elements of an array that are written one by one where their names are no indices."""

_PASSES = 64
_KINDS = {Register: "register", Memory: "memory", Block: "block"}


def settle(device: Device, options: Options, remarks: Remarks) -> None:
    """Change a device into one that a map can hold. Raises MapError where nothing is left, or it is too large."""
    _Settling(options, remarks).block(device, device.name, 0, 1)
    if not device.children:
        message = "nothing in it can be a map"
        raise refuse(device.origin, "nothing-left", message, "The report says what was dropped.", device.name)
    space_of(device)


def space_of(device: Device) -> Space:
    """Return the smallest BAR that is usual for registers and large enough. Raises MapError where none is."""
    size = length_of(device)
    for space in (Space("app", 0), Space("app", 4)):
        if size <= F2.sizes[space]:
            return space
    message = f"it spans {size:#x} bytes, more than any BAR has"
    raise refuse(device.origin, "past-bar-end", message, "Import a part of it: --top NAME.", device.name)


def length_of(item: Placed) -> int:
    """Return the bytes of one element."""
    if isinstance(item, Register):
        return item.width // 8
    if isinstance(item, Memory):
        return item.size
    assert isinstance(item, Block)
    return max((_end(child) for child in item.children), default=0)


def _end(item: Placed) -> int:
    return item.offset + ((item.count or 1) - 1) * item.stride + length_of(item)


class _Settling:
    def __init__(self, options: Options, remarks: Remarks) -> None:
        self._options, self._remarks = options, remarks

    def block(self, block: Block, path: str, depth: int, grain: int) -> None:
        """Settle what is in a block. `grain`: a number of bytes that its address is a multiple of, 0 for all."""
        if depth >= MAX_DEPTH:
            raise refuse(block.origin, "too-deep", f"nested deeper than {MAX_DEPTH} levels", "Use fewer levels.", path)
        children: list[Register | Memory | Block] = []
        for child in block.children:
            children += self._singles(child, path)
        block.children = [
            child for child in children if self._child(child, block, path, depth, 0 if depth == 0 else grain)
        ]
        self._part(block, path)
        if self._options.bus_width is not None:
            settle_lanes(block, path, self._options.bus_width, 0 if depth == 0 else grain, self._remarks)

    def _child(self, child: Register | Memory | Block, block: Block, path: str, depth: int, grain: int) -> bool:
        """Settle a child; return whether it stays."""
        where = f"{path}.{child.name}"
        inner = gcd(grain, child.offset, child.stride if child.count else 0)
        if child.count is not None and not 1 <= child.count <= MAX_COUNT:
            self._drop(child, block, where, f"an array of {child.count} elements")
            return False
        if len(child.dimensions) > MAX_DIMENSIONS:
            message = f"an array of {len(child.dimensions)} dimensions is one of {child.count}"
            self._remarks.approximated(child, child.origin, where, f"{message}, the last index counting fastest")
            child.dimensions = ()
        if isinstance(child, Register):
            settle_register(child, where, inner, self._options, self._remarks)
        elif isinstance(child, Block):
            self.block(child, where, depth + 1, inner)
            if not child.children:
                self._drop(child, block, where, "nothing is in it")
                return False
        elif child.size <= 0:
            self._drop(child, block, where, f"a memory of {child.size} bytes")
            return False
        else:
            settle_words(child, where, gcd(inner, child.size), self._remarks)
        return self._array(child, block, where)

    def _array(self, child: Register | Memory | Block, block: Block, where: str) -> bool:
        length = length_of(child)
        if child.count is None or (child.count == 1 and child.stride < length):
            child.stride = length
        elif child.stride < length:
            message = f"elements of {length} bytes, {child.stride} bytes apart, lie over each other"
            self._drop(child, block, where, message)
            return False
        return True

    def _drop(self, child: Placed, block: Block, where: str, message: str) -> None:
        self._remarks.dropped(block, child.origin, where, f"{child.name}: {message}")

    def _singles(self, child: Register | Memory | Block, path: str) -> list[Register | Memory | Block]:
        """Return the elements of an array whose names are no indices, as things of their own."""
        if child.repeated is None or child.count is None:
            return [child]
        where = f"{path}.{child.name}"
        if child.count > MAX_SINGLES:
            names = child.repeated.names
            message = f"elements {names[0]} to {names[-1]} have the indices 0 to {len(names) - 1}"
            self._remarks.approximated(child, child.origin, where, message)
            child.repeated = None
            return [child]
        return [_element(child, index) for index in range(child.count)]

    def _part(self, block: Block, path: str) -> None:
        """Make alternates of what shares a place; leave out what else lies over something before it in the source."""
        order = {id(child): number for number, child in enumerate(block.children)}
        for _ in range(_PASSES):
            by_name = {str(order[id(child)]): child for child in block.children}
            sharing = Sharing(by_name)
            try:
                found = list(collisions((_extent(child, name) for name, child in by_name.items()), sharing.allows))
            except LayoutTooIntricateError:
                message = "too many arrays lie within each other to be compared"
                raise refuse(block.origin, "too-intricate", message, "Make one array of them.", path) from None
            if not found:
                return
            gone: set[int] = set()
            for first, second in (sorted((item.first.name, item.second.name), key=int) for item in found):
                if gone.isdisjoint({id(by_name[first]), id(by_name[second])}) and not sharing.allows(first, second):
                    self._over(by_name[first], by_name[second], block, path, gone)
            block.children = [child for child in block.children if id(child) not in gone]
            for child in block.children:
                if child.view_of is not None and id(child.view_of) in gone:
                    child.view_of = None  # the next pass finds it another one
        raise refuse(block.origin, "too-intricate", "too much lies over each other", "Import a part of it.", path)

    def _over(self, first: Child, second: Child, block: Block, path: str, gone: set[int]) -> None:
        where = f"{path}.{second.name}"
        root = root_of(first)
        if second.view_of is None and root is not second and may_be_views(root, second):
            second.view_of = root
            said = second.alternate if isinstance(second, Register) else None
            if said not in {first.name, root.name} and not second.when:
                message = f"it lies at the place of {root.name}: an alternate of it; when it is there is not said"
                self._remarks.approximated(second, second.origin, where, message)
            return
        gone.add(id(second))
        kind = _KINDS[type(first)]
        message = f"it lies over {kind} {first.name} at {first.offset:#x}, and a map holds one of both"
        self._drop(second, block, where, message)


def _element(child: Register | Memory | Block, index: int) -> Register | Memory | Block:
    assert child.repeated is not None
    single = deepcopy(child)
    single.name = child.repeated.names[index]
    single.offset += index * child.stride
    single.count = single.repeated = None
    single.dimensions = ()
    single.title = ""
    return single


def _extent(child: Register | Memory | Block, name: str) -> Extent:
    return Extent(name, _KINDS[type(child)], child.offset, length_of(child), child.count or 1, child.stride)
