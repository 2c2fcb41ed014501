"""A register, memory, array, block or device is no number: what only a number does is told, and reads nothing."""

from __future__ import annotations

import math
import operator
import weakref

import numpy as np
import pytest

import hal
from tests.support.cards import fresh_slot

MAP = """
schema: 1
name: widget
enums: {Mode: {off: 0, slow: 1, fast: 5}}
types: {channel: {registers: {level: {offset: 0}}}}
registers:
  ctrl: {offset: 0, fields: {go: {bits: 0}, mode: {bits: 6:4, enum: Mode}, gain: {bits: 15:8, format: signed}}}
  flags: {offset: 4, access: w1c, fields: {first: {bits: 0}}}
  command: {offset: 8, access: wo}
  words: {offset: 0x10, count: 4, stride: 4}
memories:
  ram: {offset: 0x1000, size: 4KiB}
  bytes: {offset: 0x2000, size: 16, width: 8}
blocks:
  ch: {type: channel, offset: 0x100, count: 2, stride: 0x10}
"""


@pytest.fixture(scope="module")
def slot():
    with fresh_slot() as opened:
        yield opened


@pytest.fixture(scope="module")
def widget(slot, tmp_path_factory):
    file = tmp_path_factory.mktemp("widget") / "widget.yaml"
    file.write_text(MAP)
    driver = hal.load_map(file)
    slot.emulator.provide(driver)
    with slot.attach(driver) as device:
        yield device


NODES = {
    "register": (lambda w: w.ctrl, r"widget\.ctrl .*a register: take all its bits with \.read\(\), or a field: \.go, "),
    "array": (lambda w: w.words, r"widget\.words .*an array: take an element, e\.g\. \[0\], or \.read\(\) all"),
    "array of blocks": (lambda w: w.ch, r"widget\.ch .*an array: take an element, e\.g\. \[0\]$"),
    "element": (lambda w: w.words[1], r"widget\.words\[1\] .*a register: .*\.value"),
    "memory": (lambda w: w.ram, r"widget\.ram .*a memory: take words of it, e\.g\. \[0\] or \[0:4\], or \.read\(\)"),
    "block": (lambda w: w.ch[0], r"widget\.ch\[0\] .*a block: take what it holds: \."),
    "device": (lambda w: w, r"widget .*a block: take what it holds: \.ctrl, "),
}
TWO_SIDED = [
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge, operator.add, operator.sub,
    operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.and_, operator.or_, operator.xor,
    operator.lshift, operator.rshift, operator.pow, divmod,
]  # fmt: skip
IN_PLACE = [
    operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv, operator.imod, operator.iand,
    operator.ior, operator.ixor, operator.ilshift, operator.irshift, operator.ipow,
]  # fmt: skip
ONE_SIDED = [
    int, float, complex, operator.index, round, math.trunc, math.floor, math.ceil, abs, operator.neg, operator.pos,
    operator.invert, hex, range,
]  # fmt: skip
OTHERS = [0, 5, 1.5, True, None, "FAST", [1, 2], (1,), hal.Status.LOADED]


@pytest.fixture(params=NODES)
def node(request, widget):
    """A node, and what its errors say."""
    find, told = NODES[request.param]
    return find(widget), told


def told(node, action):
    with pytest.raises(hal.FieldTypeError, match=node[1]) as raised:
        action()
    assert isinstance(raised.value, TypeError)
    assert raised.value.path


def test_nothing_is_compared_with_or_added_to_a_node(slot, node):
    with slot.emulator.trace() as trace:
        for action in TWO_SIDED:
            for other in OTHERS:
                told(node, lambda action=action, other=other: action(node[0], other))
                if not (action is operator.mod and isinstance(other, str)):  # that is formatting
                    told(node, lambda action=action, other=other: action(other, node[0]))
        for action in IN_PLACE:
            told(node, lambda action=action: action(node[0], 1))
    assert trace == []


def test_a_node_becomes_no_number(slot, node):
    with slot.emulator.trace() as trace:
        for action in ONE_SIDED:
            told(node, lambda action=action: action(node[0]))
        for spec in ("#x", "d", ">10", "08b"):
            told(node, lambda spec=spec: format(node[0], spec))
    assert trace == []


@pytest.mark.parametrize("name", ["register", "element", "memory"])
def test_what_holds_values_is_not_tested(slot, widget, name):
    node = NODES[name][0](widget), NODES[name][1]
    with slot.emulator.trace() as trace:
        for action in (bool, operator.not_, lambda node: node and 1, lambda node: 1 if node else 0, lambda n: all([n])):
            told(node, lambda action=action: action(node[0]))
    assert trace == []


@pytest.mark.parametrize("name", ["array", "array of blocks", "block", "device"])
def test_what_holds_nodes_is_true(widget, name):
    assert NODES[name][0](widget)


def test_nodes_are_keys_and_members_as_before(slot, widget, node):
    other = widget.flags
    with slot.emulator.trace() as trace:
        assert node[0] == node[0]
        assert not node[0] != node[0]  # noqa: SIM202  (the operator itself)
        assert node[0] != other
        assert not node[0] == other  # noqa: SIM201
        assert {node[0]: 1, other: 2}[node[0]] == 1
        assert len({node[0], other, node[0]}) == 2
        assert [other, node[0]].index(node[0]) == 1
        assert hash(node[0]) == hash(node[0])
        assert weakref.ref(node[0])() is node[0]
        seen = weakref.WeakKeyDictionary({node[0]: 1, other: 2})
        assert seen[node[0]] == 1
    assert trace == []


def test_it_is_still_printed(node):
    assert f"{node[0]}" == str(node[0]) == repr(node[0]) == f"{node[0]!s:}"


def test_members_of_a_memory_are_words_and_of_an_array_nodes(widget):
    widget.ram.fill(0)
    widget.ram[3] = 77
    assert 77 in widget.ram
    assert 78 not in widget.ram
    assert list(widget.ram[0:4]) == [0, 0, 0, 77]
    assert bytes(widget.bytes)[:2] == bytes(widget.bytes[0:2])
    assert (np.asarray(widget.ram[0:4]) == [0, 0, 0, 77]).all()
    assert widget.words[1] in widget.words
    assert widget.words.index(widget.words[2]) == 2
    with pytest.raises(hal.FieldTypeError, match=r"widget\.words\[0\] .*== needs a value"):
        5 in widget.words  # noqa: B015
    assert list(reversed(widget.words)) == list(widget.words)[::-1]


def test_assignments_with_an_operator(slot, widget):
    widget.ctrl.gain = 3
    widget.ctrl.gain += 1
    widget.ctrl.gain <<= 2
    widget.ctrl.mode |= 1
    assert (widget.ctrl.gain, widget.ctrl.mode) == (16, 1)
    widget.ram[2] = 5
    widget.ram[2] += 1
    widget.ram[2] ^= 0xF0
    assert widget.ram[2] == 0xF6
    widget.words[1].value = 1
    widget.words[1].value += 1
    assert widget.words[1].read() == 2
    with slot.emulator.trace() as trace:
        with pytest.raises(hal.FieldTypeError, match=r"widget\.ctrl .*: \|= needs a value"):
            widget.ctrl |= 1
        with pytest.raises(hal.FieldTypeError, match=r"widget\.ram .*: \+= needs a value"):
            widget.ram += [1]
        with pytest.raises(hal.FieldTypeError, match=r"widget\.words\[1\] .*: -= needs a value"):
            widget.words[1] -= 1
        with pytest.raises(hal.AccessError, match="an element can't be replaced; write what it holds"):
            widget.words[1] = 1
    assert trace == []


def test_a_batch_says_the_same(widget):
    with widget.batch() as dev:
        assert dev.ctrl != widget.ctrl
        for action in (lambda: bool(dev.ctrl), lambda: dev.ctrl == 1, lambda: int(dev.ctrl)):
            with pytest.raises(hal.FieldTypeError, match=r"widget\.ctrl"):
                action()


def test_a_register_that_can_not_be_read_says_so(widget):
    with pytest.raises(hal.FieldTypeError, match=r"or a field: it has none to read"):
        bool(widget.command)
