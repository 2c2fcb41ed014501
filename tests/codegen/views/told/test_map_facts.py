"""What languages may leave out is said in words, key by key."""

from __future__ import annotations

import codegen
from codegen.views.reference import device_model
from codegen.views.told.map_facts import (
    block_facts,
    child_facts,
    device_facts,
    enum_facts,
    field_facts,
    layout_text,
    left_out,
    register_facts,
)
from tests.codegen.output.languages.constructs import EVERYTHING

MODEL = device_model(codegen.loads(EVERYTHING))
REGISTERS = {register.map_name: register for register in MODEL.registers}
FIELDS = {f"{register.map_name}.{field.name}": field for register in MODEL.registers for field in register.fields}


def keys(facts):
    return [fact.key for fact in facts]


def test_every_construct_has_its_key():
    assert keys(device_facts(MODEL)) == [
        *("space", "card", "afi", "pci", "identity", "constants", "interrupts", "x-owner", "x-team")
    ]
    found = {key for register in MODEL.registers for key in keys(register_facts(register))}
    assert found == {
        *("access_width", "words", "shadow", "reserved", "lock", "unlock", "write_twice", "write_mask", "via")
    }
    found = {key for block in MODEL.blocks for child in block.children for key in keys(child_facts(child))}
    assert found == {"title", "entry", "index", "first", "space", "alternate", "when", "external", "x-reviewed"}
    assert {key for block in MODEL.blocks for key in keys(block_facts(block))} >= {"size", "unmapped"}
    assert [keys(enum_facts(enum)) for enum in MODEL.enums] == [["titles"], ["description", "open"], []]
    assert {key for field in FIELDS.values() for key in keys(field_facts(field))} == {
        *("access", "title", "enum", "write_enum", "format", "unit", "scale", "range", "volatile", "writeback"),
        *("pulse", "idle", "array", "index", "unknown", "alternate", "when", "alias", "hardware", "x-reviewed"),
    }


def test_what_is_plain_has_nothing_to_be_said_of():
    assert keys(field_facts(FIELDS["ctrl.enable"])) == ["access", "x-reviewed"]
    assert keys(register_facts(REGISTERS["numbers"])) == []


def test_the_comment_says_what_is_not_held():
    facts = [*field_facts(FIELDS["numbers.volts"])]
    assert left_out("X", facts, {"access", "unit"}) == "Not in X: value = step * 0.5 + 20; range 20 to 85."
    assert left_out("X", facts, {"access", "unit", "scale", "range"}) == ""
    assert layout_text(REGISTERS["pins"]) == "32 bits, pin[0..3] 3:0 rw, mux[rx, tx] 9:8, 13:12 rw"
