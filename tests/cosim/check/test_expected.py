"""What is expected of a word, against the tests' own model of the policies, access by access."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hal.cosim.check.expected import Link, Slice, Word
from tests.support import policy_model as model

FIELD = 0x00FF_F000
WRITES = st.lists(st.one_of(st.none(), st.integers(0, 0xFFFF_FFFF)), max_size=12)


@given(st.sampled_from(model.POLICIES), st.integers(0, 0xFFF), WRITES)
@settings(max_examples=150, deadline=None)
def test_every_policy(policy, reset, accesses):
    """None: a read."""
    word = Word("r", (0, 0), 0, (Slice("r.f", policy, FIELD, reset << 12),))
    word.reset()
    stored, first = reset, True
    for access in accesses:
        if access is None:
            if not model.is_readable(policy):
                continue
            assert word.known == FIELD
            assert word.value & FIELD == stored << 12
            assert word.read(stored << 12) == 0
            stored = model.after_read(policy, stored, 12)
        else:
            word.written(access)
            stored = model.after_write(policy, stored, access >> 12 & 0xFFF, 12, first=first)
            first = False


@given(st.sampled_from(model.POLICIES), st.sampled_from(model.POLICIES), st.integers(0, 0xFFF), WRITES)
@settings(max_examples=100, deadline=None)
def test_an_alias_acts_on_another_word(policy, alias, reset, accesses):
    """Every second access is of the alias, whose bits stand four higher. What takes one write counts its own."""
    word = Word("r", (0, 0), 0, (Slice("r.f", policy, FIELD, reset << 12),))
    other = Word("a", (0, 0), 4, ())
    other.links.append(Link(Slice("a.f", alias, FIELD, 0), word, 4))
    word.reset()
    other.reset()
    stored, first = reset, {"r": True, "a": True}
    for number, access in enumerate(accesses):
        asked, shift, name, rule = [(word, 12, "r", policy), (other, 16, "a", alias)][number % 2]
        if access is not None:
            asked.written(access)
            stored = model.after_write(rule, stored, access >> shift & 0xFFF, 12, first=first[name])
            first[name] = False
        elif model.is_readable(rule):
            assert asked.readable == FIELD << shift - 12
            assert asked.expected == stored << shift
            assert asked.read(stored << shift) == 0
            stored = model.after_read(rule, stored, 12)
    assert word.known & FIELD == FIELD
    assert word.value & FIELD == stored << 12


def test_wrong_bits_are_told_and_believed():
    word = Word("r", (0, 0), 0, (Slice("r.a", "rw", 0xFF, 0x12), Slice("r.b", "ro", 0xF00, 0, moves=True)))
    word.reset()
    assert word.read(0xF13) == 0x01
    assert word.read(0x013) == 0
    assert (word.proven, word.provable, word.held) == (0, 0xFF, 0xFF)
    word.written(0xFFFF_FFFF, 0xF0)
    assert word.read(0xF3) == 0
    assert word.proven == 0xE0


def test_what_can_be_proven():
    cases = {"rw": 0xFF, "ro": 0, "w1s": 0xF0, "w1c": 0x0F, "w1t": 0xFF, "wo": 0, "rc": 0x0F, "wrc": 0xFF}
    for access, bits in cases.items():
        assert Slice("r.f", access, 0xFF, 0x0F).provable == bits, access
    assert Slice("r.f", "w1c", 0xFF, 0x0F, unknown=0x01).provable == 0x0E
    assert Slice("r.f", "rw", 0xFF, 0, moves=True).provable == 0
    assert Slice("r.f", "rw", 0xFF, 0, pulse=True).provable == 0


def test_pulses_are_left_alone():
    parts = Slice("r.go", "rw", 0x1, 0, pulse=True), Slice("r.halt", "rw", 0x2, 0, pulse=True, idle_one=True)
    assert Word("r", (0, 0), 0, parts).quiet(0xFF01) == 0xFF02


def test_a_part_of_the_one_write_leaves_nothing_known():
    word = Word("r", (0, 0), 0, (Slice("r.f", "w1", 0xFFFF, 0),))
    word.reset()
    word.written(0x1234, 0xFF)
    assert word.known == 0
    word.written(0x5678)
    word.read(0x34)
    assert word.known == 0
