"""CMSIS-SVD: names of things, and of arrays with how their elements are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.descriptions.xml_tree import Element, leaf
from codegen.views.numbers import hexadecimal

if TYPE_CHECKING:
    from codegen.model.blocks.numbering import Axis
    from codegen.views.reference import ChildModel

__all__ = ["axis_of", "named_keys", "written_name"]


def axis_of(child: ChildModel) -> Axis | None:
    """Return the array that a place is; those of several dimensions are unrolled to one."""
    return child.arrays[0] if child.arrays else None


def written_name(name: str, axis: Axis | None, joint: str = "[%s]") -> list[Element]:
    """Return the elements of a name. `joint`: what stands behind that of an array whose elements count from 0."""
    if axis is None:
        return [leaf("name", name)]
    elements = [leaf("dim", axis.count), leaf("dimIncrement", hexadecimal(axis.stride))]
    if axis.index and axis.count > 1:
        return [*elements, leaf("dimIndex", ",".join(axis.index)), leaf("name", f"{name}_%s")]
    if axis.first:
        last = axis.first + axis.count - 1
        return [*elements, leaf("dimIndex", f"{axis.first}-{last}"), leaf("name", f"{name}_%s")]
    return [*elements, leaf("name", f"{name}{joint}")]


def named_keys(axis: Axis | None) -> tuple[str, ...]:
    """Return the keys of facts that a name says; a list of one name is none in SVD."""
    return ("first", "index") if axis is not None and not (axis.index and axis.count == 1) else ()
