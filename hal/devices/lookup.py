"""What a path names in an open device."""

from __future__ import annotations

from typing import Any

from hal.design.paths import no_path, steps_of
from hal.devices.block import NOUN, Array, Block
from hal.errors import FieldNameError
from hal.registers.child import child_named
from hal.registers.memory import MemoryBase
from hal.registers.node import Node, no_such_name
from hal.registers.register import Register

__all__ = ["node_at"]

_NATURES: dict[type[Node], str] = {
    Register: "is a register: it holds fields",
    MemoryBase: "is a memory: it holds words",
    Array: "is an array: it holds elements, as in [0]",
    Block: "is a block: it holds registers, blocks and memories",
}


def node_at(root: Node, path: str) -> Any:
    """What stands at a path below a block: a register, block, array or memory. Nothing is read, not even for an error.

    FieldNameError when nothing stands there, IndexError for an index outside of its array.
    """
    node: Any = root
    for name, indices in steps_of(path):
        if not isinstance(node, Block):
            raise FieldNameError(f"{node._where()} {_nature(node)}, so {name!r} names nothing", path=path)
        child = child_named(node._children, name)
        if child is None:
            raise no_such_name(node._where(), name, [item.name for item in node._children.values()], NOUN)
        node = getattr(node, child.attribute)
        for index in indices:
            if not isinstance(node, Array):
                raise FieldNameError(f"{node._where()} {_nature(node)}, so [{index}] names nothing", path=path)
            if isinstance(index, str) and not node._child.index:
                raise no_path(path, f"{name}[{index}]")
            node = node[str(index) if node._child.index else index]  # names stand alone in paths
    return node


def _nature(node: Node) -> str:
    return next(text for kind, text in _NATURES.items() if isinstance(node, kind))
