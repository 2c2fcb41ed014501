"""What IPython's `?` shows of a place in a device: what is declared of it.

IPython's own finder reads the fields that it comes by, and shows a register, and each method of it, by reading it.
"""

from __future__ import annotations

import re
from types import MethodType
from typing import TYPE_CHECKING, Any

from hal.access.field_arrays import FieldArray
from hal.devices.block import Array, Block
from hal.errors import HalError
from hal.kinds import enum_of
from hal.printable import printable
from hal.registers.memory import MemoryBase, access_of
from hal.registers.node import Node
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal.access.fields import FieldDeclaration

__all__ = ["UNKNOWN", "explained"]

UNKNOWN = object()
"""What is asked of a value: it is not read."""


_ASKED = re.compile(r"([A-Za-z_]\w*)((?:\.\w+|\[-?\w+\]|\[\"\w+\"\]|\['\w+'\])*)")
_STEP = re.compile(r"\.(\w+)|\[(?:(-?\d+)|[\"']?(\w+)[\"']?)\]")
_GAP = "  "


def explained(names: Mapping[str, Any], asked: str) -> Any:
    """What stands for `dev.ctrl.enable` or `dev.ch[2]` in IPython's inspector; None where it is no place of a device.

    It has the docstring, the text and the source that are to be shown. UNKNOWN for what only a read would tell.
    """
    found = _ASKED.fullmatch(asked.strip())
    if found is None:
        return None
    try:
        return _walk(names.get(found[1]), [*_STEP.findall(found[2])])
    except (HalError, AttributeError, LookupError, TypeError):
        return None


def _walk(thing: Any, steps: list[tuple[str, str, str]]) -> Any:
    """Goes as IPython does up to a device's first place, and from there by what is declared."""
    while steps:
        name, index, label = steps[0]
        if isinstance(thing, Register) and name in thing._shape.declared:
            return _field(thing, thing._shape.declared[name], steps[1:])
        if isinstance(thing, MemoryBase) and not name:
            return _node(thing) if len(steps) == 1 else UNKNOWN  # its words are values
        if isinstance(thing, Node) and name and not (isinstance(thing, Block) and name in thing._children):
            return _method(thing, name) if len(steps) == 1 else None
        thing = getattr(thing, name) if name else thing[int(index) if index else label]
        steps = steps[1:]
    return _node(thing) if isinstance(thing, Node) else None


def _field(register: Register, item: FieldDeclaration | FieldArray, steps: list[tuple[str, str, str]]) -> Any:
    if isinstance(item, FieldArray) and steps and not steps[0][0]:
        part = item.part(int(steps[0][1]) if steps[0][1] else steps[0][2])
        return _field(register, item.elements[part], steps[1:])
    if steps:
        return UNKNOWN
    where = f"{register._full_path()}.{item.name} ({register._space.name}, {register._offset:#x}"
    if isinstance(item, FieldArray):
        doc = f"{item.facts[0].upper()}{item.facts[1:]}. {item.description}".rstrip()
        return _stand_in("fields", f"{where})", doc, type(register))
    return _stand_in("field", f"{where}, {item.bits})", "\n".join(_of_field(register, item)), type(register))


def _of_field(register: Register, field: FieldDeclaration) -> Iterator[str]:
    yield field.documentation
    for writing, what in ((False, "It is"), (True, "Is written as")):
        enum = enum_of(field.given, writing=writing)
        if enum is not None and (not writing or enum is not enum_of(field.given)):
            yield f"{what} {enum.__name__}: {', '.join(f'{member.name} ({int(member)})' for member in enum)}."
    if field.readable and not register._shape.unknown & field.mask:
        yield f"After a reset: {field.text(register._shape.reset)}."


def _node(node: Node) -> Any:
    kind = type(node)
    said = node._parent._children.get(node._name) if isinstance(node._parent, Block) else None
    told = "" if said is None else said.description
    if isinstance(node, Register):
        return _stand_in(kind.__name__, node._where(), _paragraphs(told, kind.__doc__, _fields(node)), kind)
    if isinstance(node, MemoryBase):
        facts = f"{len(node)} words of {node.width} bits, {access_of(type(node))}. {kind.__doc__}"
        return _stand_in(kind.__name__, repr(node), _paragraphs(told, facts), kind)
    if isinstance(node, Array):
        return _stand_in(kind.__name__, repr(node), _paragraphs(told, node._child.kind.__doc__), node._child.kind)
    return _stand_in(kind.__name__, repr(node), _paragraphs(told, kind.__doc__), kind)


def _method(node: Node, name: str) -> Any:
    """The method of something that shows itself without an access; None for what is no method."""
    if isinstance(getattr(type(node), name, None), property):
        return None
    method = getattr(node, name)
    if not isinstance(method, MethodType):
        return None
    return MethodType(method.__func__, _stand_in("place", node._where(), "", type(node)))


def _paragraphs(*texts: str | None) -> str:
    from inspect import cleandoc  # noqa: PLC0415

    cleaned = [cleandoc(text) for text in texts if text]
    return "\n\n".join(text for number, text in enumerate(cleaned) if number or text not in cleaned[1:2])


def _fields(register: Register) -> str:
    """A table, as the docstrings of devices have one."""
    rows = [("Bits", "Name", "Access", "Description")]
    for item in register._shape.declared.values():
        first = item.elements[0] if isinstance(item, FieldArray) else item
        name = f"{item.name}[{len(item.elements)}]" if isinstance(item, FieldArray) else item.name
        rows.append((first.bits.partition(" ")[2], name, first.access, item.description.partition("\n")[0]))
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:3]]
    return "\n".join(_GAP.join([*map(str.ljust, row, widths), row[3]]).rstrip() for row in rows)


def _stand_in(kind: str, text: str, doc: str, source: type[Any]) -> Any:
    """An object that the inspector shows as is wanted: it goes by an object's class, docstring, text and source."""
    shown = {"__doc__": printable(doc), "__repr__": lambda _: printable(text), "__module__": source.__module__}
    made = type(kind, (), shown)()
    made.__wrapped__ = source
    return made
