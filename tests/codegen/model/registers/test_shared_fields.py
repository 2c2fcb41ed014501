"""Fields that registers share say what they say, whatever was read before them."""

from __future__ import annotations

import pytest

import codegen


def test_fields_that_say_the_same_are_one_object_and_others_are_not():
    """A flag of true is none of 1, a field of a wide register none of a narrow one."""
    device = codegen.loads(
        "schema: 1\nname: m\nregisters:\n"
        "  a: {offset: 0, fields: {x: {bits: 0, reset: 1}, y: {bits: 3:1, access: w1c}}}\n"
        "  b: {offset: 4, fields: {x: {bits: 0, reset: 1}, y: {bits: 3:1, access: w1c}}}\n"
        "  c: {offset: 8, access: ro, fields: {x: {bits: 0, reset: 1}, y: {bits: 3:1, access: w1c}}}\n"
        "  d: {offset: 12, volatile: true, fields: {x: {bits: 0, reset: 1}}}\n"
        "  e: {offset: 16, fields: {x: {bits: 0, reset: 1, format: bool}}}\n"
        "  f: {offset: 20, reset: 0x11, fields: {x: {bits: 0, reset: 1}, z: {bits: 4}}}\n"
    )
    fields = {child.name: {field.name: field for field in child.type.fields} for child in device.root.children}
    assert fields["a"]["x"] is fields["b"]["x"]
    assert fields["a"]["y"] is fields["b"]["y"]
    assert [(at["x"].access, at["x"].volatile, at["x"].kind) for at in fields.values()] == [
        ("rw", False, "unsigned"),
        ("rw", False, "unsigned"),
        ("ro", False, "unsigned"),
        ("rw", True, "unsigned"),
        ("rw", False, "bool"),
        ("rw", False, "unsigned"),
    ]
    assert [at["x"].plan for at in fields.values()] == ["write", "write", "none", "write", "write", "modify"]
    with pytest.raises(codegen.MapError, match="true and false are for format bool"):
        codegen.loads(
            "schema: 1\nname: m\nregisters:\n"
            "  a: {offset: 0, fields: {x: {bits: 0, reset: 1}}}\n  b: {offset: 4, fields: {x: {bits: 0, reset: true}}}\n"
        )
    text = "schema: 1\nname: m\nregisters:\n" + "".join(
        f"  r{at}: {{offset: {4 * at}, fields: {{read: {{bits: 0}}}}}}\n" for at in range(3)
    )
    assert codegen.loads(text).root.children[2].type.fields[0].python_name == "read_"
