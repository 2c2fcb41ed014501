"""How a block's child is declared: a function of the runtime and its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.views.arrays.array_arguments import dimension_arguments, resets_argument
from codegen.views.sharing.shared_bits import sharing_of
from codegen.views.source_lines import INDENT, Argument, laid_out, number, plain, text

if TYPE_CHECKING:
    from codegen.model.types import BlockType, Child, RegisterType

    Names = dict[BlockType | RegisterType, str]

__all__ = ["declaring_call"]


def declaring_call(child: Child, names: Names) -> tuple[str, list[Argument]]:
    """Return the function that declares a child, and its arguments."""
    axes = child.arrays if isinstance(child, MemoryChild) else child.axes
    is_nested = len(axes) > 1 or (isinstance(child, MemoryChild) and bool(axes))
    if isinstance(child, MemoryChild):
        function, arguments = _memory(child, names)
    else:
        function = child.kind if is_nested or not axes else f"{child.kind}s"
        arguments = [
            plain(names[child.type]),
            number("", child.offset),
            *([] if is_nested else dimension_arguments(axes)),
        ]
        if isinstance(child, BlockChild) and child.space is not None:
            arguments.append(plain(f'("{child.space.pf}", {child.space.bar})', "space"))
        arguments += sharing_of(child)
    resets = resets_argument(child.resets) if isinstance(child, RegisterChild) and child.resets else []
    if not is_nested:
        return function, [*arguments, *resets]
    line = f"hal.{function}({laid_out(f'hal.{function}', arguments, 2 * INDENT, '),')})"
    return "array", [plain(line), *dimension_arguments(axes), *resets]


def _memory(child: MemoryChild, names: Names) -> tuple[str, list[Argument]]:
    """Return the declaring function of a memory, and its arguments."""
    width = [plain(str(child.width), "width")]
    if child.access_width is not None:
        width.append(plain(str(child.access_width), "access_width"))
    if child.burst:
        width.append(plain("True", "burst"))
    if child.entry is not None:
        access = [] if child.access == "rw" else [text("access", child.access)]
        place = [plain(names[child.entry]), number("", child.offset)]
        return "entries", [*place, *dimension_arguments(child.axes[-1:]), *width, *access]
    function = "memory" if child.access == "rw" else f"memory_{child.access}"
    return function, [number("", child.offset), number("", child.size), *width]
