"""The access policies stand in three places, the runtime, the generator and the card: word by word the same."""

from __future__ import annotations

import re

import pytest

import hal
from codegen.schema.policies import NAMES, POLICIES, READS, WRITES
from hal.access.policies import NAMES as RUNTIME_NAMES
from hal.access.policies import POLICIES as RUNTIME
from tests.support import ROOT

AFI = "agfi-0aaaabbbbccccdddd"
EFFECTS = {(0, 1): "keep", (0, 0): "clear", (1, 1): "set", (1, 0): "toggle"}  # what becomes of a 0 and of a 1


def tables_in_c():
    """The card's three tables, as its source states them: rows of their columns."""
    text = (ROOT / "bindings" / "card" / "design" / "policy.c").read_text(encoding="utf-8")
    tables = {}
    for name, body in re.findall(r"\} (\w+)\[\] = \{\n(.*?)\n\};", text, re.DOTALL):
        rows = re.findall(r"\{(.*?)\}", body)
        tables[name] = [tuple(item.strip().strip('"').lower() for item in row.split(",")) for row in rows]
    return tables


def test_the_card_states_the_generators_words():
    tables = tables_in_c()
    reads = [(word, str(readable).lower(), effect) for word, (readable, effect) in READS.items()]
    assert tables["reads"] == reads
    assert tables["writes"] == [(word, *effects) for word, effects in WRITES.items()]
    rows = {name: ":".join([row.read, row.write, *["once"] * row.once]) for name, row in NAMES.items()}
    assert tables["names"] == list(rows.items())
    assert len(NAMES) == 25


def test_the_runtime_states_the_generators_rows():
    assert RUNTIME_NAMES == NAMES
    assert {policy: RUNTIME[policy] for policy in POLICIES} == POLICIES
    assert len(POLICIES) == len(set(POLICIES.values())) == 4 * 10 + 4 * 9
    assert set(RUNTIME.values()) == set(POLICIES.values())


@pytest.mark.parametrize(
    "policy",
    ["", "r1w", "r1w:value", "value", "value:", "value:w1w", "none:none:once", "value:value:twice", "RW", "rw:once"],
)
def test_the_card_refuses_what_is_no_row(slot, policy):
    with pytest.raises(hal.HalError, match=r"access policy|expected 'f LSB"):
        load_bit(slot, policy)


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

    def twice(value, stored):
        def access(bar):
            bar.poke(0, value)
            slot.emulator.poke(0, 0, 0, stored)
            bar.poke(0, value)

        return access

    row = POLICIES[policy]
    read = [after(old, lambda bar: bar.peek(0)) for old in (0, 1)]
    effects = tuple(EFFECTS[after(0, write(value))[0], after(1, write(value))[0]] for value in (0, 1))
    assert ([got for _, got in read] == [0, 1], EFFECTS[tuple(stored for stored, _ in read)]) == READS[row.read]
    assert effects == WRITES[row.write]
    if row.writable:
        acting = 1 if effects[1] != "keep" else 0
        start = 0 if effects[acting] in ("set", "toggle") else 1
        assert (after(start, twice(acting, start))[0] == start) == row.once
