"""Constants whose names would be one: refused, with both places, in every language that has constants."""

from __future__ import annotations

import re

import pytest

import codegen
from tests.codegen.output.languages.maps import one_file

HEAD = "schema: 1\nname: dut\n"
REGISTER = "registers: {r: {offset: 0}}\n"
# What the map holds, the two places, and the name; the name in C has DUT_ in front.
COLLISIONS = [
    (f"enums: {{AB: {{x: 0}}, Ab: {{x: 0}}}}\n{REGISTER}", "enum AB and enum Ab", "a type ab"),
    (f"enums: {{AB: {{x: 0}}, Ab: {{y: 0}}}}\n{REGISTER}", "enum AB and enum Ab", "a type ab"),
    (f"enums: {{A: {{x_: 0, x: 1}}}}\n{REGISTER}", "A.x_ and A.x", "A_X"),
    (f"enums: {{Ab: {{c_d: 0}}, AbC: {{d: 0}}}}\n{REGISTER}", "Ab.c_d and AbC.d", "AB_C_D"),
    ("enums: {Mode: {reset: 0}}\nregisters: {mode: {offset: 0}}\n", "register mode and Mode.reset", "MODE_RESET"),
    (
        "registers: {a_b: {offset: 0, fields: {c: {bits: 0}}}, a: {offset: 4, fields: {b_c: {bits: 0}}}}\n",
        "field a_b.c and field a.b_c",
        "A_B_C_MASK",
    ),
    ("registers: {a_: {offset: 0}, a: {offset: 4}}\n", "register a_ and register a", "A_OFFSET"),
    (
        "registers: {a_b: {offset: 0}}\nblocks: {a: {offset: 4, registers: {b: {offset: 0}}}}\n",
        "register a_b and register a.b",
        "A_B_OFFSET",
    ),
    ("registers: {r: {offset: 0, fields: {f: {bits: 0}, f_: {bits: 1}}}}\n", "field r.f and field r.f_", "R_F_MASK"),
    ("registers: {a: {offset: 0}}\nenums: {A: {offset: 0}}\n", "register a and A.offset", "A_OFFSET"),
]


def error(body, language):
    device = codegen.loads(HEAD + body)
    with pytest.raises(ValueError, match=r"^dut: ") as refused:
        one_file(device, language)
    return str(refused.value)


@pytest.mark.parametrize(("body", "places", "name"), COLLISIONS)
def test_both_places_are_named(body, places, name):
    end = "; rename one of them"
    of_c = name.replace("a type ", "a type dut_") if name.startswith("a type") else f"DUT_{name}"
    assert error(body, "c") == f"dut: {places} would both be {of_c} in C{end}"
    assert error(body, "systemverilog") == f"dut: {places} would both be {name} in SystemVerilog{end}"
    assert one_file(codegen.loads(HEAD + body), "python")


# Classes of registers whose names are used twice have that of their block in front, and two of them a number behind.
NUMBERED = """\
types:
  a_b: {registers: {r: {offset: 0, reset: 1}}}
  a: {registers: {b_r: {offset: 0, reset: 2}}}
blocks:
  p: {type: a_b, offset: 0}
  q: {type: a, offset: 8}
  z: {offset: 16, registers: {r: {offset: 0, reset: 3}, b_r: {offset: 4, reset: 4}}}
"""


def test_a_number_of_a_class_is_in_no_constant():
    assert "class ABR2(" in one_file(codegen.loads(HEAD + NUMBERED), "python")
    for language, prefix in (("c", "DUT_"), ("systemverilog", "")):
        assert f"register p.r and register q.b_r would both be {prefix}ABR_..." in error(NUMBERED, language)
    text = one_file(codegen.loads(HEAD + NUMBERED.replace("a_b", "x")), "c")
    assert re.findall(r"define (\w+_RESET) UINT32_C\((\w+)\)", text) == [
        ("DUT_XR_RESET", "0x1"),
        ("DUT_ABR_RESET", "0x2"),
        ("DUT_ZR_RESET", "0x3"),
        ("DUT_ZBR_RESET", "0x4"),
    ]


def test_a_map_that_grows_changes_no_constant():
    small = "registers: {a: {offset: 4, fields: {b_d: {bits: 1}}}}\n"
    large = "registers: {a_b: {offset: 0, fields: {c: {bits: 0}}}, a: {offset: 4, fields: {b_d: {bits: 1}}}}\n"
    for language in ("c", "systemverilog"):
        old, new = (one_file(codegen.loads(HEAD + body), language) for body in (small, large))
        lines = [line for line in old.splitlines() if "A_B_D" in line or "A_OFFSET" in line]
        assert len(lines) == 4
        assert set(lines) <= set(new.splitlines())


@pytest.mark.parametrize("name", ["limits", "setjmp", "stdint", "assert_x"])
def test_a_header_hides_none_of_cs(name):
    device = codegen.loads(f"schema: 1\nname: {name}\n{REGISTER}")
    if name == "assert_x":
        assert one_file(device, "c")
        return
    with pytest.raises(ValueError, match=rf"{name}: the header {name}\.h would hide C's own <{name}\.h>; rename"):
        one_file(device, "c")
