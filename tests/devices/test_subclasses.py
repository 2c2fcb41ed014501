"""Users' subclasses of drivers, blocks and registers: what they add, what they keep, and what they can't have; copies."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import types
import weakref
from typing import Any

import pytest

import codegen
import hal
from hal.emulator.design_text import design_text

MAP = """
schema: 1
name: motor
afi: {ids: [agfi-0fedcba9876543211]}
types:
  channel:
    unmapped: 0x5A
    size: 0x10
    registers: {level: {offset: 0, fields: {value: {bits: "15:0"}, on: {bits: 16}}}}
registers:
  ctrl: {offset: 0x0, fields: {run: {bits: 0}, speed: {bits: "15:8"}}}
  pair: {offset: 0x8, width: 64, access_width: 32, fields: {low: {bits: "15:0"}, cross: {bits: "47:16"}}}
memories: {table: {offset: 0x100, size: 64}}
blocks: {ch: {type: channel, offset: 0x40, count: 2, stride: 0x10}}
"""


@pytest.fixture
def motor():
    """The generated module, new for each test: classes are made and accessors installed in its own order."""
    module = types.ModuleType("motor")
    exec(compile(codegen.render_python(codegen.loads(MAP)), "motor.py", "exec"), module.__dict__)
    return module


# -- state ------------------------------------------------------------------------------------------------------------


def test_a_driver_with_state(slot, motor):
    class Drive(motor.Motor):
        """Attributes by annotation, by default, as property, and private; made ready in __init__."""

        starts: int
        limit = 200

        def __init__(self):
            super().__init__()
            self.starts = 0
            self.name = "drive"
            for misnamed in ("ctrl", "close", "slot", "_bars"):
                with pytest.raises(AttributeError):
                    setattr(self, misnamed, 1)
            self._seen = [self.ctrl.speed]

        @property
        def percent(self):
            return self.ctrl.speed * 100 // self.limit

        @percent.setter
        def percent(self, value):
            self.ctrl.speed = value * self.limit // 100

        def start(self):
            self.starts += 1
            self.ctrl.run = 1

    with Drive.open(0) as dev:
        assert (dev.starts, dev._seen, dev.limit, dev.name) == (0, [0], 200, "drive")
        dev.name = "other"
        assert sorted(vars(dev)) == ["_seen", "name", "starts"]
        dev.start()
        dev.percent = 50
        dev.limit = 100
        assert (dev.starts, dev.percent, dev.ctrl.run, Drive.limit) == (1, 100, 1, 200)
        assert dev.find("ctrl") is dev.ctrl
        with pytest.raises(
            hal.FieldNameError, match=r"no register, block or memory 'strats'.*set in __init__ or the class body"
        ):
            dev.strats = 1
        with pytest.raises(hal.AccessError, match="ctrl can't be replaced"):
            dev.ctrl = 1
        with pytest.raises(hal.FieldNameError):
            dev._slot = None
        with pytest.raises(hal.FieldNameError):
            dev.close = None
        with pytest.raises(hal.FieldNameError):
            dev.__dict__ = {}
        assert dev.slot is dev._slot


def test_state_is_the_same_in_a_batch(slot, motor):
    class Drive(motor.Motor):
        starts = 0

        def start(self, speed):
            self.starts += 1
            self._last = speed
            self.ctrl.modify(run=1, speed=speed)

    with Drive.open(0) as dev:
        for speed in (7, 9):
            with dev.batch() as collected:
                collected.start(speed)
                assert dev.ctrl.speed != speed
            assert (dev.starts, dev._last, dev.ctrl.speed) == ((speed - 5) // 2, speed, speed)


def test_an_init_that_fails_closes_the_device(slot, motor):
    class Drive(motor.Motor):
        def __init__(self):
            kept.append(weakref.ref(self))
            self.ctrl.run = 1
            raise ZeroDivisionError

    kept = []
    with pytest.raises(ZeroDivisionError):
        Drive.open(0)
    gc.collect()
    assert kept[0]() is None
    with slot.attach(motor.Motor) as dev:
        assert dev.ctrl.run == 1


def test_what_registers_have_in_common_may_stand_before_their_fields(slot, motor):
    class Counting(hal.Register):
        def count(self):
            self.value += 1
            return self.value

    class Level(Counting, motor.Level):
        pass

    class Channel(motor.Channel):
        level = hal.register(Level, 0x0)

    class Drive(motor.Motor):
        ch = hal.blocks(Channel, 0x40, count=2, stride=0x10)

    with Drive.open(0) as dev:
        assert (dev.ch[1].level.count(), dev.ch[1].level.count(), dev.ch[0].level.value) == (1, 2, 0)


@pytest.mark.parametrize("subclass_first", [False, True])
def test_registers_and_blocks_with_state(slot, motor, subclass_first):
    """Whichever class is used first: accessors stand on the class that declares the fields."""

    class Level(motor.Level):
        written: int = 0

        def __init__(self):
            self._history: list[int] = []
            self.last = 0

        def put(self, value):
            self.value = value
            self.written += 1
            self.last = value
            self._history.append(value)

    class Channel(motor.Channel):
        level = hal.register(Level, 0x0)
        name: str

        def __init__(self):
            self.name = self.path

    class Drive(motor.Motor):
        ch = hal.blocks(Channel, 0x40, count=2, stride=0x10)

    order = [Drive, motor.Motor] if subclass_first else [motor.Motor, Drive]
    slot.emulator.provide(motor.Motor)
    for driver in order:
        with slot.attach(driver) as dev:
            dev.ch[1].level.value = 5
            dev.ch[1].level.modify(on=1)
            assert dev.ch[1].level.read() == 0x1_0005
            with pytest.raises(hal.FieldNameError):
                dev.ch[1].level.vlaue = 1
    with slot.attach(Drive) as dev:
        level = dev.ch[1].level
        level.put(3)
        level.put(4)
        assert (level.written, level._history, level.last, level.value, dev.ch[1].name) == (2, [3, 4], 4, 4, "ch[1]")
        assert (dev.ch[0].level.written, dev.ch[0].name) == (0, "ch[0]")
        with pytest.raises(hal.AccessError, match="can't be deleted"):
            del level.written
        with pytest.raises(hal.FieldNameError, match=r"no field 'layout'.*set in __init__ or the class body"):
            level.layout = 1


def test_slots_of_registers_and_blocks_are_state(slot, motor):
    class Ctrl(motor.Ctrl):
        __slots__ = ("starts",)

    class Channel(motor.Channel):
        __slots__ = ("starts",)

    class Drive(motor.Motor):
        ctrl = hal.register(Ctrl, 0x0)
        ch = hal.blocks(Channel, 0x40, count=2, stride=0x10)

    with Drive.open(0) as dev:
        for node in (dev.ctrl, dev.ch[0]):
            with pytest.raises(AttributeError):
                node.starts  # noqa: B018
            node.starts = 5
            assert node.starts == 5
            with pytest.raises(hal.FieldNameError):
                node.other = 1
            with pytest.raises(hal.FieldNameError):
                node._other = 1


def test_a_generated_class_has_no_state(slot, motor):
    with motor.Motor.open(0) as dev:
        for node in (dev, dev.ctrl, dev.ch, dev.ch[0], dev.table):
            for name in ("_own", "own"):
                with pytest.raises(AttributeError):
                    setattr(node, name, 1)


# -- what a subclass keeps --------------------------------------------------------------------------------------------


def test_a_subclass_keeps_what_its_base_declares(slot, motor):
    class Channel(motor.Channel):
        """The same window."""

    class Larger(motor.Channel, size=0x40):
        """Another window."""

    assert (Channel._size, Channel._unmapped) == (motor.Channel._size, motor.Channel._unmapped) == (0x10, 0x5A)
    assert (Larger._size, Larger._unmapped) == (0x40, None)

    class Drive(motor.Motor):
        extra = hal.register(motor.Ctrl, 0x30)
        ch = hal.blocks(Channel, 0x40, count=2, stride=0x10)

    class Later(Drive):
        more = hal.register(motor.Ctrl, 0x34)

    assert list(Drive._children) == ["ctrl", "pair", "ch", "table", "extra"]
    assert list(Later._children) == [*Drive._children, "more"]
    assert list(motor.Motor._children) == ["ctrl", "pair", "ch", "table"]
    assert (Later._design.digest, Later.afi_id()) == (motor.Motor._design.digest, motor.Motor.afi_id())

    class Same(motor.Motor):
        ch = hal.blocks(Channel, 0x40, count=2, stride=0x10)

    assert design_text(Same._design) == design_text(motor.Motor._design)
    with Later.open(0) as dev:
        dev.more.speed = 3
        dev.extra.speed = 4
        dev.pair.cross = 5
        assert (dev.find("more").speed, dev.extra.speed, dev.ctrl.speed) == (3, 4, 0)
        assert dev.snapshot()["more.speed"] == 3
        assert type(dev.ch[0]) is Channel


def test_what_a_subclass_can_not_have_is_told(motor):
    def method(_self: Any) -> None: ...

    for base, body, keywords, told in (
        (motor.Motor, {"ctrl": method}, {}, "Mine would hide what Motor has under ctrl"),
        (motor.Channel, {"level": 5}, {}, "Mine would hide what Channel has under level"),
        (
            motor.Ctrl,
            {"run": property(method)},
            {},
            r"Mine can't have fields \(run\) of its own: Ctrl has declared them",
        ),
        (motor.Ctrl, {"other": hal.rw(3, 3)}, {}, r"Mine can't have fields \(other\) of its own"),
        (motor.Ctrl, {}, {"width": 64}, "Mine can't have class keywords of its own"),
        (motor.Motor, {}, {"afi": ("agfi-0",)}, "Mine keeps the design of Motor: afi= needs name="),
        (motor.Motor, {}, {"pf": "mgmt"}, "Mine keeps the design of Motor: pf= needs name="),
        (motor.Motor, {"__slots__": ("cache",)}, {}, r"Mine can't have __slots__ \(cache\): leave them out"),
    ):
        with pytest.raises(hal.HalError, match=told):
            types.new_class("Mine", (base,), keywords, lambda space, body=body: space.update(body))


@pytest.mark.parametrize("name", ["Motor", "Channel", "Ctrl"])
def test_nobody_makes_a_node(motor, name):
    cls = getattr(motor, name)

    class Own(cls):
        def __init__(self, *_):
            self.made = True

    for kind in (cls, Own):
        for arguments in ((), (1,)):
            with pytest.raises(hal.FieldTypeError, match="is made by its device: open one"):
                kind(*arguments)


# -- copies, references -----------------------------------------------------------------------------------------------

THINGS = {
    "device": lambda dev: dev,
    "register": lambda dev: dev.ctrl,
    "array": lambda dev: dev.ch,
    "block": lambda dev: dev.ch[0],
    "memory": lambda dev: dev.table,
    "slot": lambda dev: dev.slot,
    "bar": lambda dev: dev.slot.bar("app", 0),
    "library": lambda dev: dev.slot.library,
    "batch": lambda dev: dev.batch(),
    "recording": lambda dev: dev.record("never.jsonl"),
}


@pytest.mark.parametrize("name", THINGS)
@pytest.mark.parametrize("action", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda action: action.__name__)
def test_what_stands_for_a_card_is_not_copied(slot, motor, name, action):
    with motor.Motor.open(0) as dev:
        thing = THINGS[name](dev)
        with pytest.raises(hal.FieldTypeError, match="can't be copied or pickled"):
            action(thing)
        with pytest.raises(hal.FieldTypeError, match="can't be copied or pickled"):
            action([thing]) if action is not copy.copy else action(thing)
        if name == "bar":
            gc.collect()
            assert thing.peek(0) == 0
        assert weakref.ref(thing)() is thing


def test_subclasses_are_collected(slot, motor):
    class Drive(motor.Motor):
        starts = 0

    with slot.attach(Drive, verify=False) as dev:
        dev.starts = 1
        with dev.batch() as collected:
            collected.starts = 2
        assert dev.starts == 2
    references = [weakref.ref(dev), weakref.ref(Drive)]
    del dev, collected, Drive
    sys.modules.pop("motor", None)
    gc.collect()
    assert [reference() for reference in references] == [None, None]
