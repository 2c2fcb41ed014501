"""The access policies stand in three tables, of the runtime, the generator and the card: row by row the same."""

from __future__ import annotations

import re

import pytest

from codegen.schema.policies import POLICIES, AccessPolicy
from hal.access.policies import POLICIES as RUNTIME
from tests.support import ROOT

AFI = "agfi-0aaaabbbbccccdddd"
EFFECTS = {(0, 1): "keep", (0, 0): "clear", (1, 1): "set", (1, 0): "toggle"}  # what becomes of a 0 and of a 1


def rows_in_c():
    """The card's table, as its source states it."""
    text = (ROOT / "bindings" / "card" / "design" / "policy.c").read_text(encoding="utf-8")
    found = re.findall(r'^    \{"(\w+)",\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+)\s*\},$', text, re.MULTILINE)
    return [
        AccessPolicy(name, readable == "true", read.lower(), zero.lower(), one.lower(), once == "true")
        for name, readable, read, zero, one, once in found
    ]


def test_the_card_states_the_generators_rows():
    assert rows_in_c() == list(POLICIES.values())
    assert len(POLICIES) == 25


def test_the_runtime_states_the_generators_rows():
    reads = {"none": (False, "keep"), "value": (True, "keep"), "clear": (True, "clear"), "set": (True, "set")}
    writes = {"none": ("keep", "keep"), "value": ("clear", "set"), "clears": ("clear",) * 2, "sets": ("set",) * 2}
    for effect in ("clear", "set", "toggle"):
        writes[f"zero_{effect}s"], writes[f"one_{effect}s"] = (effect, "keep"), ("keep", effect)
    said = [AccessPolicy(row.name, *reads[row.read], *writes[row.write], row.once) for row in RUNTIME.values()]
    assert said == list(POLICIES.values())


def load_bit(slot, policy):
    """Loads a design whose first word is one bit of this policy; its BAR."""
    word = f"space app 0\nword 0x0 32\nf 0 1 {policy} 0\n"
    slot.emulator.install_text(f"haldesign 1\nname bit\nafi {AFI}\nload_ms 0\n{word}")
    slot.load(AFI)
    return slot.bar("app", 0)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_card_does_what_its_row_says(slot, policy):
    """Each effect as the bus shows it, from both states."""

    def after(old, access):
        bar = load_bit(slot, policy)  # anew: no first write has been
        slot.emulator.poke(0, 0, 0, old)
        got = access(bar)
        return slot.emulator.peek(0, 0, 0), got

    def write(value):
        return lambda bar: bar.poke(0, value)

    def twice(bar):
        bar.poke(0, 1)
        slot.emulator.poke(0, 0, 0, 0)
        bar.poke(0, 1)

    read = [after(old, lambda bar: bar.peek(0)) for old in (0, 1)]
    effects = [EFFECTS[after(0, write(value))[0], after(1, write(value))[0]] for value in (0, 1)]
    once = effects[1] == "set" and after(0, twice)[0] == 0
    seen = AccessPolicy(
        policy, [got for _, got in read] == [0, 1], EFFECTS[tuple(stored for stored, _ in read)], *effects, once
    )
    assert seen == POLICIES[policy]
