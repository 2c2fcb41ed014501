"""`hal.TOGGLE`: a field is inverted by one read and one write, whatever its register is like."""

from __future__ import annotations

import pickle
import threading

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import hal
from tests.support.cards import fresh_slot
from tests.support.processes import LIMIT

MAP = """
schema: 1
name: switches
enums:
  Two: {off: 0, on: 1}
  Three: {x: 0, y: 1, z: 2}
  Any: {open: true, members: {low: 0}}
registers:
  ctrl:
    offset: 0x0
    reset: 0x4000
    fields:
      enable: {bits: 0}
      mode: {bits: "3:1"}
      done: {bits: 8, access: w1c, volatile: true}
      two: {bits: 9, enum: Two}
      three: {bits: "11:10", enum: Three}
      ones: {bits: 12, access: w1t}
      zeros: {bits: 13, access: w0t}
      any: {bits: "19:16", enum: Any}
      flag: {bits: 20, format: bool}
      level: {bits: "27:24", format: signed}
      go: {bits: 28, pulse: true}
  wide: {offset: 0x8, width: 64, access_width: 32, fields: {a: {bits: "35:30"}, b: {bits: 63}}}
  lane: {offset: 0x10, width: 8, access_width: 32, fields: {a: {bits: 0}, b: {bits: 1}}}
  beside: {offset: 0x11, width: 8, access_width: 32}
  shadowed: {offset: 0x14, shadow: true, fields: {a: {bits: 0}, b: {bits: 1}}}
  masked: {offset: 0x18, write_mask: high, fields: {a: {bits: 0}, b: {bits: 1}}}
  eaten: {offset: 0x1C, fields: {a: {bits: 0}, b: {bits: 1, access: rc}}}
  many: {offset: 0x20, fields: {lamp: {bits: 0, count: 4}}}
  twice: {offset: 0x24, write_twice: true, fields: {a: {bits: 0}, b: {bits: 1}}}
  told: {offset: 0x28, fields: {a: {bits: 0, access: wo, idle: last}, b: {bits: 1}}}
"""
LAID = {"enable": (0, 1), "mode": (1, 3), "two": (9, 1), "any": (16, 4), "flag": (20, 1)}


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    file = tmp_path_factory.mktemp("switches") / "switches.yaml"
    file.write_text(MAP)
    with fresh_slot(), hal.load_map(file).open(0) as device:
        yield device


def accesses(dev, act):
    with dev.slot.emulator.trace() as trace:
        act()
    return [f"{'wr'[access.action == 'read']} {access.offset:x} {access.value:x}" for access in trace]


@pytest.mark.parametrize(
    ("path", "held", "expected"),
    [
        ("ctrl.enable", 0x4000, ["r 0 4000", "w 0 6001"]),  # bits of no field as read, zeros given 1
        ("ctrl.mode", 0x400B, ["r 0 400b", "w 0 6005"]),
        ("ctrl.two", 0x4201, ["r 0 4201", "w 0 6001"]),
        ("ctrl.any", 0x54000, ["r 0 54000", "w 0 a6000"]),
        ("ctrl.flag", 0x4000, ["r 0 4000", "w 0 106000"]),
        ("ctrl.ones", 0x5001, ["r 0 5001", "w 0 7001"]),  # read for its neighbours
        ("ctrl.zeros", 0x4001, ["r 0 4001", "w 0 4001"]),
        ("lane.a", 0xFF02, ["r 10 ff02", "w 10 ff03"]),
        ("beside.value", 0xA503, ["r 10 a503", "w 10 5a03"]),
        ("masked.a", 0x3, ["r 18 3", "w 18 10000"]),
        ("masked.b", 0x1, ["r 18 1", "w 18 20002"]),
        ("twice.a", 0x2, ["r 24 2", "w 24 3", "w 24 3"]),
        ("many.lamp[2]", 0x5, ["r 20 5", "w 20 1"]),
    ],
)
def test_one_read_and_one_write(dev, path, held, expected):
    register, name = path.split(".")
    node = getattr(dev, register)
    dev.slot.emulator.poke(0, 0, int(expected[0].split()[1], 16), held)
    assert accesses(dev, lambda: setattr(node, name, hal.TOGGLE)) == expected


def test_words_that_hold_nothing_of_it_are_left_alone(dev):
    dev.wide.write(0x8000_000F_4000_0001)
    assert accesses(dev, lambda: setattr(dev.wide, "b", hal.TOGGLE)) == ["r c 8000000f", "w c f"]
    found = accesses(dev, lambda: setattr(dev.wide, "a", hal.TOGGLE))
    assert found == ["r 8 40000001", "r c f", "w 8 80000001", "w c 0"]


def test_what_is_remembered_is_not_read(dev):
    dev.shadowed.write(1)
    assert accesses(dev, lambda: setattr(dev.shadowed, "b", hal.TOGGLE)) == ["w 14 3"]
    assert accesses(dev, lambda: setattr(dev.shadowed, "a", hal.TOGGLE)) == ["w 14 2"]
    with dev.cached():
        dev.ctrl.modify(enable=1, mode=0, two=0, three=0, any=0, flag=0, level=0)
        assert dev.ctrl.enable == 1
        assert accesses(dev, lambda: dev.ctrl.modify(enable=hal.TOGGLE, done=1)) == ["w 0 6100"]
    dev.told.write(a=1, b=1)
    assert accesses(dev, lambda: setattr(dev.told, "b", hal.TOGGLE)) == ["r 28 2", "w 28 1"]


def test_in_a_batch_it_is_a_step_of_its_own(dev):
    dev.slot.emulator.poke(0, 0, 0, 0x4000)
    dev.lane.write(0)
    dev.shadowed.write(0)

    def collect():
        with dev.batch() as view:
            view.ctrl.enable = hal.TOGGLE
            view.ctrl.mode = 3
            view.ctrl.enable = hal.TOGGLE
            view.lane.a = hal.TOGGLE
            view.lane.a = hal.TOGGLE
            view.shadowed.a = hal.TOGGLE
            view.shadowed.a = hal.TOGGLE

    dev.beside.write(0)
    found = ["r 0 4000", "w 0 6001", "r 0 4001", "w 0 6007", "r 0 4007", "w 0 6006"]
    found += ["r 10 0", "w 10 1", "r 10 1", "w 10 0", "w 14 1", "w 14 0"]
    assert accesses(dev, collect) == found


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (
            lambda dev: setattr(dev.ctrl, "three", hal.TOGGLE),
            r"ctrl\.three .*this one is rw, enum; nothing was written",
        ),
        (lambda dev: setattr(dev.ctrl, "done", hal.TOGGLE), "this one is w1c, unsigned"),
        (lambda dev: setattr(dev.ctrl, "level", hal.TOGGLE), "this one is rw, signed"),
        (lambda dev: setattr(dev.ctrl, "go", hal.TOGGLE), "this one is rw, unsigned"),
        (lambda dev: setattr(dev.told, "a", hal.TOGGLE), "this one is wo, unsigned"),
        (lambda dev: dev.ctrl.write(enable=hal.TOGGLE), "write reads nothing that TOGGLE could invert; use modify"),
        (lambda dev: dev.ctrl.write(hal.TOGGLE), "an integer is needed, not Toggle"),
        (lambda dev: dev.ctrl.wait_for(enable=hal.TOGGLE), "an integer is needed, not Toggle"),
        (lambda dev: setattr(dev.many, "lamp", hal.TOGGLE), "an iterable of values is needed"),
    ],
)
def test_what_can_not_be_inverted_is_refused(dev, act, why):
    with pytest.raises(hal.FieldTypeError, match=why):
        act(dev)
    assert accesses(dev, lambda: pytest.raises(hal.FieldTypeError, act, dev)) == []


def test_a_read_that_would_change_a_neighbour_is_refused(dev):
    with pytest.raises(hal.AccessError, match="reading first would change b"):
        dev.eaten.a = hal.TOGGLE


@settings(max_examples=40, deadline=None)
@given(
    held=st.integers(0, (1 << 32) - 1),
    values=st.dictionaries(st.sampled_from(sorted(LAID)), st.none() | st.integers(0, 1), min_size=1),
)
def test_against_a_model(dev, held, values):
    """Every field that reads back what is written, given a number or inverted, in one write."""
    dev.slot.emulator.poke(0, 0, 0, held)
    before = dev.ctrl.read()
    dev.ctrl.modify(**{name: hal.TOGGLE if value is None else value for name, value in values.items()})
    expected = before
    for name, value in values.items():
        low, width = LAID[name]
        field = ((1 << width) - 1) << low
        expected = expected ^ field if value is None else (expected & ~field) | value << low
    assert dev.ctrl.read() == expected


def test_no_thread_loses_what_another_inverts(dev):
    dev.many.write(0)

    def turn(number):
        for _ in range(2001):
            dev.many.lamp[number] = hal.TOGGLE

    threads = [threading.Thread(target=turn, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert dev.many.read() == 0xF


def test_it_is_one_object():
    assert repr(hal.TOGGLE) == "hal.TOGGLE"
    assert pickle.loads(pickle.dumps(hal.TOGGLE)) is hal.TOGGLE
