"""Registers that differ in names, resets and descriptions alone are what each of them is in a map of its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen

ACCESSES = ("", "access: ro", "access: w1c, volatile: true", "access: wo, idle: 0", "volatile: true")
LAYOUTS = (  # name, bits and width of fields, in the map's order
    (("a", "3:0", 4), ("b", "9:8", 2)),
    (("b", "9:8", 2), ("a", "3:0", 4)),
    (("a", "9:8", 2), ("b", "3:0", 4)),  # by the same entries as in the first one, each of the other field
    (("a", "3:0", 4), ("b", "8", 1), ("c", "31:16", 16)),
    (("class", "0", 1), ("a", "3:1", 3)),
    (("a", "7:4", 4),),
)
KEYS = ("", "access: ro", "volatile: true", "width: 64", "width: 64, access_width: 32, endian: big", "shadow: true")


@st.composite
def registers(draw):
    """Few layouts and accesses, so that many are alike, and many resets."""
    layout = draw(st.sampled_from(LAYOUTS))
    fields = []
    for name, bits, width in layout:
        said = [f"bits: {bits}"]
        said += [access for access in [draw(st.sampled_from(ACCESSES))] if access]
        reset = draw(st.integers(-1, (1 << width) - 1))
        said += [f"reset: {reset}"] if reset >= 0 else []
        said += [f"description: {text}" for text in draw(st.lists(st.sampled_from(("One.", "Two.")), max_size=1))]
        fields.append(f"{name}: {{{', '.join(said)}}}")
    key = draw(st.sampled_from(KEYS))
    shared = f"{key}, " if key and not ("shadow" in key and "volatile" in str(fields)) else ""
    return f"{shared}fields: {{{', '.join(fields)}}}"


def elaborated(told):
    """What a map makes of registers, each but for its name and offset."""
    lines = [f"  r{at}: {{offset: {8 * at}, {text}}}" for at, text in enumerate(told)]
    device = codegen.loads("\n".join(["schema: 1", "name: many", "registers:", *lines]))
    return [child.type._replace(name="") for child in device.root.children]


@settings(max_examples=30, deadline=None)
@given(st.lists(registers(), min_size=2, max_size=12))
def test_many_are_what_each_is_alone(told):
    assert list(map(tuple, elaborated(told))) == [tuple(elaborated([text])[0]) for text in told]


def test_equal_registers_of_one_name_are_one_type():
    """Whether the first one was worked out or taken for alike."""
    text = """schema: 1
name: twice
types:
  one: {registers: {ctrl: {offset: 0, fields: {a: {bits: 0}}}, status: {offset: 4, fields: {a: {bits: 0}}}}}
  other: {registers: {status: {offset: 0, fields: {a: {bits: 0}}}, ctrl: {offset: 4, fields: {a: {bits: 0}}}}}
blocks: {x: {type: one, offset: 0}, y: {type: other, offset: 0x100}}
"""
    x, y = (child.type for child in codegen.loads(text).root.children)
    types = {block.name: {child.name: child.type for child in block.children} for block in (x, y)}
    assert types["one"] == types["other"]
    assert types["one"]["ctrl"] is not types["one"]["status"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ("fields: {a: {bits: 3:0}, b: {bits: 9:8, reset: 4}}", "reset-too-large"),
        ("fields: {a: {bits: 3:0}, b: {bits: 3:2}}", "field-overlap"),
        ("fields: {a: {bits: 3:0, access: wo}, b: {bits: 9:8}}", "no-idle"),
        ("width: 24, fields: {a: {bits: 3:0}, b: {bits: 9:8}}", "bad-width"),
        ("fields: {a: {bits: 3:0}, class: {bits: 9:8}, class_: {bits: 12}}", "python-clash"),
    ],
)
def test_what_is_wrong_with_one_is_told_of_each(wrong, rule):
    right = "fields: {a: {bits: 3:0}, b: {bits: 9:8}}"
    told = [right, wrong, right, wrong, wrong]
    lines = [f"  r{at}: {{offset: {8 * at}, {text}}}" for at, text in enumerate(told)]
    with pytest.raises(codegen.MapError) as caught:
        codegen.loads("\n".join(["schema: 1", "name: many", "registers:", *lines]))
    found = [problem for problem in caught.value.problems if problem.level == "error"]
    assert [(problem.rule, problem.path.split(".")[1]) for problem in found] == [(rule, f"r{at}") for at in (1, 3, 4)]
