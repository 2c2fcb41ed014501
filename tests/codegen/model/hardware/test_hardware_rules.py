"""What a map says of the hardware's side, and what follows from it."""

from __future__ import annotations

import pytest

import codegen
from codegen.model.hardware.hardware_types import Counter, Hardware
from codegen.model.types import FieldType, RegisterChild


def children(content: str, head: str = "") -> dict[str, RegisterChild]:
    device = codegen.loads(f"schema: 1\nname: dut\n{head}registers:\n  {content}\n")
    return {child.name: child for child in device.root.children if isinstance(child, RegisterChild)}


def field(said: str, register: str = "") -> FieldType:
    return children(f"r: {{offset: 0, {register}fields: {{a: {{bits: 7:0{said}}}}}}}")["r"].type.fields[0]


@pytest.mark.parametrize(
    ("hw", "writes"),
    [("none", False), ("read", False), ("write", True), ("both", True), ("set", True), ("clear", True)],
)
def test_volatile_follows_from_hw(hw, writes):
    for found in (
        field(f", hw: {hw}"),
        field("", f"hw: {hw}, "),
        children(f"r: {{offset: 0, hw: {hw}}}")["r"].type.fields[0],
    ):
        assert (found.hardware, found.volatile) == (Hardware(hw), writes)
    assert field(f", hw: {hw}, volatile: {str(writes).lower()}").volatile is writes


def test_a_field_speaks_for_itself():
    assert field(", hw: read", "hw: write, ").hardware == Hardware("read")
    assert not field(", hw: read", "volatile: true, ").volatile
    assert (field("").hardware, field("", "volatile: true, ").hardware) == (None, None)


@pytest.mark.parametrize(
    ("said", "hardware", "access"),
    [
        (", counter: {}", Hardware("write", counter=Counter(1, 0, saturate=False)), "rw"),
        (", counter: {down: 3}", Hardware("write", counter=Counter(0, 3, saturate=False)), "rw"),
        (", counter: {up: 2, down: 3, saturate: true, clear: read}", Hardware("write", counter=Counter(2, 3, saturate=True)), "rc"),
        (", hw: both, counter: {clear: write}", Hardware("both", counter=Counter(1, 0, saturate=False)), "wc"),
        (", access: wrc, counter: {clear: read}", Hardware("write", counter=Counter(1, 0, saturate=False)), "wrc"),
        (", hw: write, we: true", Hardware("write", we=True), "rw"),
        (", access: w1c, sticky: field", Hardware("write", sticky="field"), "w1c"),
        (", access: w1c, intr: bothedge", Hardware("write", sticky="bit", intr="bothedge"), "w1c"),
        (", access: ro, hw: set, intr: level, sticky: none", Hardware("set", intr="level"), "ro"),
    ],
)  # fmt: skip
def test_the_words_of_a_field(said, hardware, access):
    found = field(said)
    assert (found.hardware, found.volatile, found.access) == (hardware, True, access)


def test_what_clears_a_counter_comes_before_the_access_of_the_register():
    assert field(", counter: {clear: read}", "access: ro, ").access == "rc"


def test_aliases_have_the_hardware_of_their_target():
    found = children(
        "r: {offset: 0, via: alias, fields: {a: {bits: 7:0, counter: {clear: read}}, b: {bits: 8}}}\n"
        "  s: {offset: 4, alias: r, access: w1s}\n  c: {offset: 8, alias: r, access: w1c}"
    )
    assert {name: child.type.fields[0].hardware for name, child in found.items()} == dict.fromkeys(
        "rsc", Hardware("write", counter=Counter(1, 0, saturate=False))
    )


def test_types_of_registers_have_it_too():
    head = "register_types:\n  id: {access: ro, hw: none}\n"
    found = children("r: {offset: 0, type: id, external: true}\n  s: {offset: 4, type: id}", head)
    assert found["r"].type is found["s"].type
    assert found["r"].type.fields[0].hardware == Hardware("none")
    assert [child.external for child in found.values()] == [True, False]


def test_it_is_of_the_meaning_where_it_is_said():
    def digest(said):
        return codegen.loads(f"schema: 1\nname: dut\nregisters:\n  r: {{offset: 0{said}}}\n").digest

    plain = digest("")
    said = [
        digest(text) for text in (", hw: none", ", hw: read", ", external: true", ", hw: write", ", volatile: true")
    ]
    assert len({plain, *said}) == len(said) + 1
    assert digest(", external: false") == plain


def test_a_constant_in_a_register_with_a_shadow_is_not_stale():
    assert not field(", hw: read", "shadow: true, volatile: true, ").volatile
    with pytest.raises(codegen.MapError, match="its last written value is stale"):
        field(", hw: both", "shadow: true, ")
