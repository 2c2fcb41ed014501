"""Named tuples that are made of all their values at once are what their classes make."""

from __future__ import annotations

from typing import NamedTuple

import pytest

import codegen
from codegen.model.registers.shared_fields import KnownField
from codegen.quick_tuples import quick
from codegen.views.reference import Model, device_model

MAP = """schema: 1
name: some
registers:
  one: {offset: 0, fields: {a: {bits: 3:0}, b: {bits: 4}}}
  other: {offset: 4, fields: {a: {bits: 3:0, reset: 5}, b: {bits: 4}}}
blocks:
  inner: {offset: 0x10, count: 2, registers: {one: {offset: 0}}}
"""


class Pair(NamedTuple):
    first: int
    second: str = ""


def test_it_makes_what_the_class_makes():
    made = quick(Pair)((1, "b"))
    assert (made, type(made), made.second) == (Pair(1, "b"), Pair, "b")
    assert quick(KnownField)([None, None, 1, 2, 3]) == KnownField(None, None, 1, 2, 3)


def everything(value, seen):
    """All named tuples in a value, by the identity of each."""
    if isinstance(value, tuple) and id(value) not in seen:
        seen[id(value)] = value
        for item in value:
            everything(item, seen)
    elif isinstance(value, Model):
        everything((value.registers, value.blocks, value.places), seen)
    elif isinstance(value, codegen.Device):
        everything(value.root.children, seen)
    elif hasattr(value, "children"):
        everything(value.children, seen)
    return [item for item in seen.values() if hasattr(item, "_fields")]


@pytest.mark.parametrize("of", [lambda device: device, device_model], ids=["what a map means", "what templates see"])
def test_those_of_a_map_have_all_their_values(of):
    found = everything(of(codegen.loads(MAP)), {})
    assert len(found) > 6
    assert [item for item in found if len(item) != len(item._fields)] == []
