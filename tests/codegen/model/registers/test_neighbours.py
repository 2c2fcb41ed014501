"""Writing one field: the plan holds for every access policy, checked bit by bit."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from codegen.model.types import Masks, RegisterChild, RegisterType
from codegen.schema.policies import POLICIES
from tests.support.each import for_each
from tests.support.policy_model import text_of

# What a bit becomes when read, and when written as 0 and as 1, by the words of a policy (UVM 1.2, uvm_reg_field);
# "0" and "1" are constants, "." keeps, "~" toggles, "!" is whatever a first write does.
READ_WORDS = {"none": ".", "value": ".", "clear": "0", "set": "1"}
WRITE_WORDS = {
    "none": "..", "value": "01", "clears": "00", "sets": "11", "one_clears": ".0", "one_sets": ".1",
    "one_toggles": ".~", "zero_clears": "0.", "zero_sets": "1.", "zero_toggles": "~.",
}  # fmt: skip
READ = {policy: READ_WORDS[row.read] for policy, row in POLICIES.items()}
WRITE = {policy: "!!" if row.once else WRITE_WORDS[row.write] for policy, row in POLICIES.items()}


def register(fields: str, extra: str = "") -> RegisterType:
    device = codegen.loads(f"schema: 1\nname: dut\nregisters:\n  r: {{offset: 0, {extra}fields: {{{fields}}}}}\n")
    (child,) = device.root.children
    assert isinstance(child, RegisterChild)
    return child.type


def idle(policy: str, value: object = "last") -> str:
    """What a write-only field has to say beside others."""
    return f", idle: {value}" if policy == "wo" else ""


def plans(found: RegisterType) -> dict[str, str]:
    return {field.name: field.plan for field in found.fields}


def stepped(step: str, bit: int) -> int:
    return {".": bit, "~": 1 - bit, "0": 0, "1": 1, "!": -1}[step]


def survives(policy: str, masks: Masks, bit: int) -> bool:
    """Write a neighbour of a one-bit field at bit 1 as the plan says; is the field as before?"""
    mask, value = 0b10, bit
    if masks.keep & mask:
        written = value
        value = stepped(READ[policy], value)
    elif masks.ones & mask:
        written = 1
    elif masks.last & mask:
        written = value
    else:
        written = 0
    return stepped(WRITE[policy][written], value) == bit


@for_each(product(POLICIES, [0, 1]))
def test_a_neighbour_of_any_policy_survives_or_refuses(case: tuple[str, int]) -> None:
    policy, bit = case
    found = register(f"a: {{bits: 0}}, b: {{bits: 1, access: {text_of(policy)}{idle(policy)}}}")
    plan = plans(found)["a"]
    if plan == "refused":
        assert found.masks.guard & 0b10
        assert found.fields[0].refusal.startswith(f"b ({policy}) would be changed by any write")
    else:
        assert survives(policy, found.masks, bit)
        assert plan == ("modify" if policy == "rw" else "write")


@for_each(POLICIES)
def test_only_policies_without_a_neutral_write_refuse(policy: str) -> None:
    found = register(f"a: {{bits: 0}}, b: {{bits: 1, access: {text_of(policy)}{idle(policy)}}}")
    harmless = [written for written in (0, 1) if all(stepped(WRITE[policy][written], bit) == bit for bit in (0, 1))]
    can_be_given = bool(harmless) or policy in ("rw", "wo")
    assert (plans(found)["a"] != "refused") == can_be_given


@pytest.mark.parametrize(
    ("fields", "extra", "masks"),
    [
        ("a: {bits: 3:0}", "", Masks(0xF, 0, 0, 0, 0)),
        ("a: {bits: 3:0, pulse: true}", "", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 3:0, pulse: true, idle: 1}", "", Masks(0, 0xF, 0, 0, 0)),
        ("a: {bits: 3:0, access: w0c, pulse: true}", "", Masks(0, 0xF, 0, 0, 0)),
        ("a: {bits: 3:0, access: {read: none, write: none}}", "", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 3:0, access: {read: clear, write: one_clears}}", "", Masks(0, 0, 0, 0, 0xF)),
        ("a: {bits: 3:0, access: {read: none, write: zero_sets}}", "", Masks(0, 0xF, 0, 0, 0)),
        ("a: {bits: 3:0, access: {read: value, write: one_sets, once: true}}", "", Masks(0, 0, 0, 0xF, 0)),
        ("a: {bits: 3:0, volatile: true}", "", Masks(0xF, 0, 0, 0, 0)),
        ("a: {bits: 3:0, writeback: false}", "", Masks(0, 0, 0, 0xF, 0)),
        ("a: {bits: 3:0, volatile: true, writeback: false}", "", Masks(0, 0, 0, 0xF, 0)),
        ("a: {bits: 3:0, volatile: true, writeback: true}", "", Masks(0xF, 0, 0, 0, 0)),
        ("a: {bits: 3:0, access: w1, volatile: true}", "", Masks(0, 0, 0, 0xF, 0)),
        ("a: {bits: 3:0, volatile: true, pulse: true}", "", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 3:0}", "shadow: true, ", Masks(0, 0, 0xFFFFFFFF, 0, 0)),
        ("a: {bits: 3:1}", "shadow: true, ", Masks(0, 0, 0xFFFFFFFF, 0, 0)),
        ("a: {bits: 3:0}, b: {bits: 4, access: w0c}", "shadow: true, ", Masks(0, 0x10, 0xFFFFFFEF, 0, 0)),
        ("a: {bits: 3:0, writeback: false}", "shadow: true, ", Masks(0, 0, 0, 0xF, 0)),
        ("a: {bits: 3:0, access: w1c}", "shadow: true, ", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 3:0, access: wo}", "", Masks(0, 0, 0xF, 0, 0)),
        ("a: {bits: 3:0, access: wo, idle: 0}", "", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 3:0, access: wo, idle: 1}", "", Masks(0, 0xF, 0, 0, 0)),
        ("a: {bits: 3:0, access: wo, idle: last}", "", Masks(0, 0, 0xF, 0, 0)),
        ("a: {bits: 3:0, access: wo, pulse: true}", "", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 3:0, access: wo, pulse: true, idle: 0}", "", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 0, access: wo, idle: 0}, b: {bits: 1, access: wo, idle: 1}, c: {bits: 2, access: wo, idle: last}", "",
         Masks(0, 2, 4, 0, 0)),
        ("a: {bits: 3:0, access: w0crs}", "", Masks(0, 0xF, 0, 0, 0xF)),
        ("a: {bits: 3:0, access: w1src}", "", Masks(0, 0, 0, 0, 0xF)),
        ("a: {bits: 3:0, access: wrc}", "", Masks(0, 0, 0, 0xF, 0xF)),
        ("a: {bits: 3:0, access: wrc, pulse: true}", "", Masks(0, 0, 0, 0, 0xF)),
        ("a: {bits: 3:0, access: rc}", "", Masks(0, 0, 0, 0, 0xF)),
        ("a: {bits: 0}, b: {bits: 1, access: w0c}, c: {bits: 2, access: wo, idle: last}, d: {bits: 3, access: wc}", "",
         Masks(1, 2, 4, 8, 0)),
        ("a: {bits: 0}, b: {bits: 1, access: wc}, c: {bits: 2, access: rc}", "write_mask: high, ", Masks(0, 0, 0, 0, 4)),
        # Alternates of the same bits: what both want, or else nothing.
        ("a: {bits: 7:0}, b: {bits: 3:0, alternate: a}", "", Masks(0xFF, 0, 0, 0, 0)),
        ("a: {bits: 7:0}, b: {bits: 3:0, alternate: a, access: w0c}", "", Masks(0xF0, 0, 0, 0xF, 0)),
        ("a: {bits: 7:0, access: w1c}, b: {bits: 3:0, alternate: a, access: w1s}", "", Masks(0, 0, 0, 0, 0)),
        ("a: {bits: 7:0, access: w1c}, b: {bits: 3:0, alternate: a}", "", Masks(0, 0, 0, 0xF, 0)),
        ("a: {bits: 7:0, access: ro}, b: {bits: 3:0, alternate: a}", "", Masks(0xF, 0, 0, 0, 0)),
        ("a: {bits: 7:0, access: wc}, b: {bits: 3:0, alternate: a}", "", Masks(0, 0, 0, 0xFF, 0)),
    ],
)  # fmt: skip
def test_masks(fields: str, extra: str, masks: Masks) -> None:
    assert register(fields, extra).masks == masks


def test_a_field_alone_needs_no_read() -> None:
    assert plans(register("a: {bits: 3:0}, b: {bits: 4, access: w1c}")) == {"a": "write", "b": "modify"}


def test_shadow_saves_the_read() -> None:
    assert plans(register("a: {bits: 0}, b: {bits: 1}", "shadow: true, ")) == {"a": "write", "b": "write"}
    with pytest.raises(codegen.MapError, match="its last written value is stale"):
        register("a: {bits: 0}, b: {bits: 1, volatile: true}", "shadow: true, ")


@pytest.mark.parametrize(
    ("words", "plans_expected"),
    [
        ("access_width: 32, ", {"a": "write", "b": "modify", "c": "modify"}),
        ("access_width: 32, words: latched, ", {"a": "modify", "b": "modify", "c": "modify"}),
        ("", {"a": "modify", "b": "modify", "c": "modify"}),
    ],
)
def test_only_fields_of_one_bus_word_touch_each_other(words: str, plans_expected: dict[str, str]) -> None:
    fields = "a: {bits: 3:0}, b: {bits: 35:32}, c: {bits: 39:36}"
    assert plans(register(fields, f"width: 64, {words}")) == plans_expected


def test_a_refusal_does_not_blame_other_bus_words() -> None:
    found = register(
        "a: {bits: 0}, b: {bits: 1, access: wc}, c: {bits: 32}, d: {bits: 33, access: ws}",
        "width: 64, access_width: 32, ",
    )
    assert found.fields[0].refusal.startswith("b (wc) would be changed")
    assert found.fields[2].refusal.startswith("d (ws) would be changed")


@for_each(product(POLICIES, ["rw", "w1c", "ws", "wo", "rw, pulse: true"]))
def test_only_write_only_fields_beside_writable_ones_must_say_what_they_are_given(case: tuple[str, str]) -> None:
    policy, other = case
    fields = f"a: {{bits: 0, access: {text_of(policy)}}}, b: {{bits: 1, access: {other}{idle(other, 0)}}}"
    if policy != "wo":
        assert register(fields).fields[0].idle is None
        return
    with pytest.raises(codegen.MapError) as caught:
        register(fields)
    assert [(problem.rule, problem.path) for problem in caught.value.problems] == [("no-idle", "registers.r.fields.a")]


@pytest.mark.parametrize("fields", ["a: {bits: 0, access: wo}", "a: {bits: 0, access: wo}, b: {bits: 1, access: ro}"])
def test_a_write_only_field_with_nothing_beside_it_that_can_be_written_needs_no_idle(fields: str) -> None:
    assert register(fields).fields[0].idle is None


def test_a_pulse_is_a_command() -> None:
    assert [field.idle for field in register("a: {bits: 0, access: wo, pulse: true}, b: {bits: 1}").fields] == [0, None]


def test_a_field_knows_which_neighbours_its_write_may_undo() -> None:
    found = register(
        "a: {bits: 0}, b: {bits: 1, volatile: true}, c: {bits: 2, access: w1c, volatile: true},"
        " d: {bits: 33, volatile: true}, e: {bits: 34, access: ro, volatile: true}",
        "width: 64, access_width: 32, ",
    )
    assert {field.name: field.overwrites for field in found.fields} == {
        "a": ("b",), "b": (), "c": ("b",), "d": (), "e": ()
    }  # fmt: skip


def test_read_only_fields_have_no_plan() -> None:
    assert plans(register("a: {bits: 0}, b: {bits: 1, access: rs}")) == {"a": "write", "b": "none"}


def test_a_read_that_destroys_is_refused() -> None:
    found = register("a: {bits: 0}, b: {bits: 1}, c: {bits: 2, access: rc}")
    assert plans(found) == {"a": "refused", "b": "refused", "c": "none"}
    assert found.fields[0].refusal == (
        "b must be read back, and a read changes c (rc); write(...) of the whole register remains"
    )


def test_a_refusal_tells_of_those_words_alone_that_have_to_be_read() -> None:
    """The field crosses words, and in the second one nothing has to be kept."""
    found = register(
        "far: {bits: 39:24}, kept: {bits: 0}, one: {bits: 1, access: rc}, other: {bits: 40, access: rc}",
        "width: 64, access_width: 32, ",
    )
    refusals = {field.name: field.refusal for field in found.fields}
    assert refusals["far"].startswith("kept must be read back, and a read changes one (rc); write")


def test_an_array_is_written_as_its_worst_element_is() -> None:
    """Its elements are each other's neighbours, and one that crosses words has those of both."""
    wide = "width: 64, access_width: 32, "
    assert plans(register("a: {bits: 7:0, count: 2}")) == {"a": "modify"}
    assert plans(register("a: {bits: 7:0, count: 2, stride: 32}", wide)) == {"a": "write"}
    assert plans(register("a: {bits: 7:0, count: 2, stride: 32}, b: {bits: 8}", wide))["a"] == "modify"
    assert plans(register("a: {bits: 7:0, count: 2, stride: 14}, g: {bits: 63, access: wc}", wide))["a"] == "modify"
    crossing = register("a: {bits: 7:0, count: 3, stride: 14}, g: {bits: 63, access: wc}", wide)
    assert plans(crossing)["a"] == "refused"
    assert crossing.fields[0].refusal.startswith("g (wc) would be changed")
    assert [field.overwrites for field in register("a: {bits: 7:0, count: 2, volatile: true}").fields] == [("a",)]
    read = register("a: {bits: 7:0, count: 2}, e: {bits: 31, access: rc}").fields[0]
    assert read.refusal.startswith("a must be read back, and a read changes e (rc)")


def test_a_refusal_names_its_neighbours() -> None:
    found = register(
        "a: {bits: 0}, b: {bits: 1, access: wc}, c: {bits: 2, writeback: false}, d: {bits: 3, access: w1},"
        " e: {bits: 4, access: ws}, f: {bits: 5, access: wrs}"
    )
    assert found.fields[0].refusal == (
        "b (wc), c (rw, writeback: false), d (w1), e (ws) and 1 more would be changed by any write;"
        " write(...) of the whole register remains"
    )


@given(st.lists(st.tuples(st.sampled_from(tuple(POLICIES)), st.booleans(), st.booleans()), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_plans_follow_from_the_masks(specs: list[tuple[str, bool, bool]]) -> None:
    fields = ", ".join(
        f"f{index}: {{bits: {index}, access: {text_of(policy)}, volatile: {str(volatile).lower()},"
        f" pulse: {str(pulse and POLICIES[policy].can_pulse).lower()}{idle(policy, 0)}}}"
        for index, (policy, volatile, pulse) in enumerate(specs)
    )
    found = register(fields)
    masks = found.masks
    assert not masks.keep & (masks.ones | masks.last | masks.guard)
    for field in found.fields:
        others = ~field.mask
        if field.plan == "write":
            assert not (masks.keep | masks.guard) & others
        elif field.plan == "modify":
            assert masks.keep & others
            assert not masks.guard & others
            assert not masks.effects
        elif field.plan == "refused":
            assert masks.guard & others or (masks.keep & others and masks.effects)
        else:
            assert not POLICIES[field.access].writable
        assert bool(field.refusal) == (field.plan == "refused")
