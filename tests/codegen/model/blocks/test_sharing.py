"""Alternates, aliases and rules of writes, as the model has them; what is wrong with them is in tests/maps/broken."""

from __future__ import annotations

import pytest

import codegen
from codegen.model.registers.rule_types import Alias, WriteRules
from codegen.model.types import Masks
from codegen.views.sharing.sentences import alternate_text, protocol_text

HEAD = "schema: 1\nname: dut\nregisters:\n"


def children(text: str) -> dict[str, object]:
    return {child.name: child for child in codegen.loads(HEAD + text).root.children}


def types(text: str) -> dict[str, object]:
    return {name: child.type for name, child in children(text).items()}


def test_what_is_read_and_what_is_written_may_stand_at_one_address() -> None:
    found = children("  rbr: {offset: 0, access: ro}\n  thr: {offset: 0, access: wo}\n")
    assert [(child.name, child.offset) for child in found.values()] == [("rbr", 0), ("thr", 0)]
    arrays = "  in: {offset: 0, access: ro, count: 4}\n  out: {offset: 0, access: wo, count: 4}\n"
    assert len(children(arrays)) == 2


def test_alternates_of_one_thing_may_lie_over_each_other() -> None:
    found = children(
        "  a: {offset: 0}\n  b: {offset: 0, alternate: a, when: mode is 1}\n  c: {offset: 0, alternate: b, when: {d: 2}}\n"
        "  d: {offset: 4}\n"
    )
    assert [(child.alternate, child.when) for child in found.values()] == [
        (None, None), ("a", "mode is 1"), ("b", (("d", 2),)), (None, None)
    ]  # fmt: skip
    fields = types("  r: {offset: 0, fields: {a: {bits: 3:0}, b: {bits: 3:0, alternate: a, when: mode is 1}}}\n")[
        "r"
    ].fields
    assert [(field.alternate, field.when) for field in fields] == [(None, None), ("a", "mode is 1")]


@pytest.mark.parametrize(
    ("first", "second", "masks"),
    [
        ("rw", "rw", Masks(0xF, 0, 0, 0, 0)),
        ("rw", "ro", Masks(0xF, 0, 0, 0, 0)),
        ("ro", "rw", Masks(0xF, 0, 0, 0, 0)),
        ("w1c", "w1s", Masks(0, 0, 0, 0, 0)),
        ("w0c", "w0s", Masks(0, 0xF, 0, 0, 0)),
        ("rw", "w1c", Masks(0, 0, 0, 0xF, 0)),
        ("w1c", "w0c", Masks(0, 0, 0, 0xF, 0)),
        ("ro", "w0c", Masks(0, 0xF, 0, 0, 0)),
    ],
)
def test_what_alternates_of_a_field_do_not_agree_on_has_no_value_that_leaves_it_alone(
    first: str, second: str, masks: Masks
) -> None:
    fields = f"a: {{bits: 3:0, access: {first}}}, b: {{bits: 3:0, access: {second}, alternate: a}}"
    assert types(f"  r: {{offset: 0, fields: {{{fields}}}}}\n")["r"].masks == masks


def test_an_alias_inherits_fields_and_gives_them_its_access() -> None:
    found = types(
        "  ctrl: {offset: 0, width: 8, fields: {en: {bits: 0, pulse: true}, mode: {bits: 3:1, reset: 2}, id: {bits: 7, access: ro}}}\n"
        "  ctrl_set: {offset: 8, alias: ctrl, access: w1s}\n  ctrl_clr: {offset: 16, alias: ctrl, access: {read: none, write: one_clears}}\n"
    )
    assert [(field.name, field.access, field.alias, field.pulse) for field in found["ctrl_set"].fields] == [
        ("en", "w1s", "ctrl.en", False),
        ("mode", "w1s", "ctrl.mode", False),
        ("id", "ro", "ctrl.id", False),
    ]
    assert [field.access for field in found["ctrl_clr"].fields] == ["none:one_clears", "none:one_clears", "none:none"]
    assert (found["ctrl_set"].width, found["ctrl_set"].reset) == (8, 4)


def test_via_finds_what_sets_and_what_clears() -> None:
    text = """
  data: {offset: 0, via: alias, fields: {a: {bits: 3:0}, b: {bits: 7:4, writeback: false}, s: {bits: 8, access: w1c}}}
  data_set: {offset: 4, alias: data, access: w1s}
  data_clr: {offset: 8, alias: data, access: w1c}
"""
    data = types(text)["data"]
    assert data.rules == WriteRules(None, (), False, False, Alias("data_set", 0), Alias("data_clr", 0))
    assert {field.name: field.plan for field in data.fields} == {"a": "alias", "b": "alias", "s": "refused"}
    assert protocol_text(data.rules) == "Fields are set by data_set and cleared by data_clr."


def test_a_write_mask_leaves_neighbours_alone() -> None:
    text = "  r: {offset: 0, write_mask: high, fields: {a: {bits: 3:0}, b: {bits: 4, access: ws}, c: {bits: 5, access: w1}}}\n"
    found = types(text)["r"]
    assert [field.plan for field in found.fields] == ["write"] * 3
    assert found.masks == Masks(0, 0, 0, 0, 0)


def test_rules_in_words() -> None:
    rules = WriteRules(("regwen.en", 1), (("key", 0x12), ("key", 0x34)), True, True, None, None)
    assert protocol_text(rules) == (
        "Writes pass while regwen.en is 0x1. Each write follows writes of 0x12 to key, 0x34 to key. "
        "Each write is made twice. The high half of a write says which bits of the low half it is for."
    )
    assert protocol_text(None) == ""
    assert alternate_text("rbr", (("lcr.dlab", 1),)) == "Alternate of rbr, when lcr.dlab is 0x1."
    assert alternate_text("rbr", None) == "Alternate of rbr."


@pytest.mark.parametrize(
    "change", ["lock: {by: en, value: 1}", "unlock: [{en: 1}]", "write_twice: true", "write_mask: high"]
)
def test_the_digest_knows_rules_and_nothing_of_maps_without(change: str) -> None:
    text = HEAD + "  en: {offset: 0}\n  r: {offset: 4, fields: {a: {bits: 0}}%s}\n"
    plain, ruled = (codegen.loads(text % more).digest for more in ("", f", {change}"))
    assert plain != ruled


def test_registers_of_types_have_aliases_and_rules_too() -> None:
    text = """schema: 1
name: dut
register_types:
  port: {write_twice: true, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
registers:
  p: {offset: 0, type: port, via: alias}
  p_set: {offset: 4, alias: p, access: w1s}
  p_clr: {offset: 8, alias: p, access: w1c}
  q: {offset: 12, type: port}
"""
    found = {child.name: child.type for child in codegen.loads(text).root.children}
    assert found["p"].rules == WriteRules(None, (), True, False, Alias("p_set", 0), Alias("p_clr", 0))
    assert found["q"].rules == WriteRules(None, (), True, False, None, None)
    assert [field.alias for field in found["p_set"].fields] == ["p.a", "p.b"]
    assert found["p_set"].rules is None
