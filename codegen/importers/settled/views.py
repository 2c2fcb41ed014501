"""Things at one place: what a map lets stand there, as views of one storage or as what is read and what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.description import Block, Memory, Register
from codegen.schema.policies import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.importers.described.description import Field
    from codegen.importers.described.remarks import Remarks

__all__ = ["Child", "Sharing", "may_be_views", "root_of", "settle_views"]

Child = Register | Memory | Block


def root_of(child: Child) -> Child:
    """Return what something is a view of; itself where it is none."""
    while isinstance(child.view_of, (Register, Block)):
        child = child.view_of
    return child


def may_be_views(root: Child, other: Child) -> bool:
    """Return whether a map takes one as an alternate of the other."""
    if isinstance(root, Register) and isinstance(other, Register):
        return _place(root) == _place(other)
    return isinstance(root, Block) and isinstance(other, Block)


class Sharing:
    """Which things of a block, by name, may share addresses as they are."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        """Take the children by the names that will be asked for."""
        self._children = children

    def allows(self, first: str, second: str) -> bool:
        """Return whether two may lie over each other."""
        a, b = root_of(self._children[first]), root_of(self._children[second])
        if a is b:
            return True
        if not isinstance(a, Register) or not isinstance(b, Register) or _place(a) != _place(b):
            return False
        return (_is_read(a) and _is_written(b)) or (_is_written(a) and _is_read(b))


def _place(register: Register) -> tuple[object, ...]:
    stride = register.stride if register.count is not None else 0
    return register.offset, register.count, register.dimensions, stride, register.width, register.access_width


def _is_read(register: Register) -> bool:
    return not any((field.access or register.access or NAMES["rw"]).writable for field in _fields(register))


def _is_written(register: Register) -> bool:
    return not any((field.access or register.access or NAMES["rw"]).readable for field in _fields(register))


def _fields(register: Register) -> list[Field]:
    from codegen.importers.described.description import Field, Origin  # noqa: PLC0415

    return register.fields or [Field("value", Origin("", 1), access=register.access)]


def settle_views(register: Register, path: str, remarks: Remarks) -> None:
    """Make alternates of fields that share bits; leave out what lies over several that do not."""
    kept: list[Field] = []
    used = 0
    for field in register.fields:
        if used & field.mask:
            roots = _roots(field, kept)
            bits = f"bits {field.lsb + field.width - 1}:{field.lsb}"
            where = f"{path}.{field.name}"
            if len(roots) == 1:
                field.view_of = roots[0]
            elif all(root.mask & ~field.mask == 0 for root in roots):
                for root in roots:
                    root.view_of = field
            else:
                names = ", ".join(root.name for root in roots)
                message = f"{field.name}: {bits} lie over {names}, and a map holds one of both"
                remarks.dropped(register, field.origin, where, message)
                continue
            message = f"{bits} lie over {roots[0].name}: alternates of each other; when it is there is not said"
            remarks.approximated(field, field.origin, where, message)
        used |= field.mask
        kept.append(field)
    register.fields = kept


def _roots(field: Field, kept: list[Field]) -> list[Field]:
    found: list[Field] = []
    for other in kept:
        if other.mask & field.mask:
            root = other
            while root.view_of is not None:
                root = root.view_of
            if not any(root is known for known in found):
                found.append(root)
    return found
