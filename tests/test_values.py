"""One notion of an integer and of a time: every entry point that takes one, with every kind of value."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import numpy as np
import pytest

import hal
from hal.compat.fpga_clkgen_wrapper import FpgaClkgen
from hal.compat.fpga_mgmt_wrapper import FpgaMgmt
from hal.compat.fpga_pci_wrapper import FpgaPCI
from tests.support.cards import fresh_slot

MAP = """
schema: 1
name: values
clkgen: true
enums: {Mode: {off: 0, slow: 1, fast: 2}, Code: {one: 1, far: 100000}}
types:
  channel: {registers: {level: {offset: 0}}}
registers:
  ctrl:
    offset: 0x0
    fields:
      count: {bits: "7:0"}
      level: {bits: "15:8", format: signed}
      enable: {bits: 16, format: bool}
      mode: {bits: "18:17", enum: Mode}
      gain: {bits: "31:20", format: {fixed: {signed: true, fraction_bits: 4}}}
  long: {offset: 0x8, width: 64}
  pair: {offset: 0x10, width: 64, access_width: 32, fields: {low: {bits: "15:0"}, cross: {bits: "47:16"}}}
  codes: {offset: 0x18, fields: {code: {bits: "31:0", enum: Code}}}
  dots: {offset: 0x40, count: 3, stride: 4}
memories:
  bytes: {offset: 0x100, size: 16, width: 8}
  words: {offset: 0x140, size: 64, width: 32}
  longs: {offset: 0x180, size: 128, width: 64}
blocks:
  ch: {type: channel, offset: 0x200, count: 3, stride: 0x10}
"""


class World:
    """What the entry points belong to."""

    def __init__(self, slot, device):
        self.slot, self.dev, self.emulator = slot, device, slot.emulator
        self.bar = slot.bar("app", 0)
        self.pci, self.mgmt, self.clkgen = FpgaPCI(), FpgaMgmt(), FpgaClkgen()
        self.handle = self.pci.pci_attach(0, 0, 0, 0)
        self.model = hal.Model(type(device))
        self.model.bind(slot.emulator)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    file = tmp_path_factory.mktemp("values") / "values.yaml"
    file.write_text(MAP)
    with fresh_slot() as slot, hal.load_map(file).open(0) as device:
        here = World(slot, device)
        yield here
        here.pci.pci_detach(here.handle)


def setting(path):
    """Sets what stands at a path of the device."""
    *names, last = path.split(".")

    def action(w, value):
        node = w.dev
        for name in names:
            node = getattr(node, name)
        setattr(node, last, value)

    return action


def item(path):
    return lambda w, value: w.dev.find(path).__setitem__(2, value)


def batched(act):
    def action(w, value):
        with w.dev.batch() as dev:
            act(dev, value)

    return action


# Name: a number that is right there, and the action with it in that place.
ENTRIES = {
    "bar.peek offset": (4, lambda w, v: w.bar.peek(v)),
    "bar.peek width": (32, lambda w, v: w.bar.peek(0, v)),
    "bar.poke offset": (8, lambda w, v: w.bar.poke(v, 5)),
    "bar.poke value": (1, lambda w, v: w.bar.poke(8, v)),
    "bar.poke width": (64, lambda w, v: w.bar.poke(8, 5, v)),
    "bar.fill offset": (8, lambda w, v: w.bar.fill(v, 5, 1)),
    "bar.fill value": (1, lambda w, v: w.bar.fill(8, v, 1)),
    "bar.fill count": (1, lambda w, v: w.bar.fill(8, 5, v)),
    "bar.read_into offset": (4, lambda w, v: w.bar.read_into(v, bytearray(4))),
    "bar.read_into width": (32, lambda w, v: w.bar.read_into(0, bytearray(8), v)),
    "bar.write_from offset": (8, lambda w, v: w.bar.write_from(v, bytes(4))),
    "bar.write_from width": (64, lambda w, v: w.bar.write_from(8, bytes(8), v)),
    "bar.write_from item": (1, lambda w, v: w.bar.write_from(8, [v])),
    "open_slot": (0, lambda _, v: hal.open_slot(v).close()),
    "slot.bar function": (1, lambda w, v: w.slot.bar(v, 0).detach()),
    "slot.bar number": (2, lambda w, v: w.slot.bar("app", v).detach()),
    "slot.dip": (1, lambda w, v: setattr(w.slot, "dip", v)),
    "slot.metrics": (0, lambda w, v: w.slot.metrics(v)),
    "clocks.set_recipe": (1, lambda w, v: w.slot.clocks.set_recipe(a=v)),
    "clocks.set_recipe hbm": (1, lambda w, v: w.slot.clocks.set_recipe(hbm=v)),
    "clocks.set_frequencies": (100, lambda w, v: w.slot.clocks.set_frequencies(a=v)),
    "emulator.peek function": (0, lambda w, v: w.emulator.peek(v, 0, 0)),
    "emulator.peek bar": (0, lambda w, v: w.emulator.peek(0, v, 0)),
    "emulator.peek offset": (4, lambda w, v: w.emulator.peek(0, 0, v)),
    "emulator.peek width": (16, lambda w, v: w.emulator.peek(0, 0, 0, v)),
    "emulator.poke offset": (8, lambda w, v: w.emulator.poke(0, 0, v, 5)),
    "emulator.poke value": (1, lambda w, v: w.emulator.poke(0, 0, 8, v)),
    "emulator.poke width": (8, lambda w, v: w.emulator.poke(0, 0, 8, 5, v)),
    "emulator.set_leds": (1, lambda w, v: w.emulator.set_leds(v)),
    "model.set register": (1, lambda w, v: w.model.set("long", v)),
    "model.set field": (1, lambda w, v: w.model.set("ctrl.count", v)),
    "field, unsigned": (1, setting("ctrl.count")),
    "field, signed": (1, setting("ctrl.level")),
    "field, bool": (1, setting("ctrl.enable")),
    "field, enum": (1, setting("ctrl.mode")),
    "field, sparse enum": (1, setting("codes.code")),
    "field, 64 bits": (1, setting("long.value")),
    "field, two words": (1, setting("pair.cross")),
    "register.write": (1, lambda w, v: w.dev.ctrl.write(v)),
    "register.write, wide": (1, lambda w, v: w.dev.pair.write(v)),
    "register.write field": (1, lambda w, v: w.dev.ctrl.write(count=v)),
    "register.write enum": (1, lambda w, v: w.dev.ctrl.write(mode=v)),
    "register.modify": (1, lambda w, v: w.dev.ctrl.modify(count=v, level=2)),
    "register.modify enum": (1, lambda w, v: w.dev.ctrl.modify(level=2, mode=v)),
    "register.modify, wide": (1, lambda w, v: w.dev.pair.modify(cross=v)),
    "register.wait_for": (0, lambda w, v: w.dev.ctrl.wait_for(mode=v)),
    "batch field": (1, batched(lambda dev, v: setattr(dev.ctrl, "count", v))),
    "batch enum": (1, batched(lambda dev, v: setattr(dev.ctrl, "mode", v))),
    "batch write": (1, batched(lambda dev, v: dev.ctrl.write(v))),
    "batch memory": (1, batched(lambda dev, v: dev.words.__setitem__(3, v))),
    "array index": (1, lambda w, v: w.dev.dots[v].path),
    "array of blocks, index": (1, lambda w, v: w.dev.ch[v].path),
    "array.write item": (1, lambda w, v: w.dev.dots.write([0, v, 0])),
    "memory index": (1, lambda w, v: w.dev.words[v]),
    "memory place": (1, lambda w, v: w.dev.words.__setitem__(v, 5)),
    "memory word, 8 bits": (1, item("bytes")),
    "memory word, 32 bits": (1, item("words")),
    "memory word, 64 bits": (1, item("longs")),
    "memory.read start": (1, lambda w, v: w.dev.words.read(v)),
    "memory.read count": (1, lambda w, v: w.dev.words.read(0, v)),
    "memory.readinto start": (1, lambda w, v: w.dev.words.readinto(bytearray(4), v)),
    "memory.write start": (1, lambda w, v: w.dev.words.write(v, bytes(4))),
    "memory.write item": (1, lambda w, v: w.dev.words.write(0, [0, v])),
    "memory.write item, 8 bits": (1, lambda w, v: w.dev.bytes.write(0, iter([0, v]))),
    "memory slice item": (1, lambda w, v: w.dev.longs.__setitem__(slice(0, 2), (0, v))),
    "memory.fill value": (1, lambda w, v: w.dev.words.fill(v, 0, 2)),
    "memory.fill value, 64 bits": (1, lambda w, v: w.dev.longs.fill(v, 0, 2)),
    "memory.fill start": (1, lambda w, v: w.dev.words.fill(5, v, 1)),
    "memory.fill count": (1, lambda w, v: w.dev.words.fill(5, 0, v)),
    "pci_attach slot": (0, lambda w, v: w.pci.pci_detach(w.pci.pci_attach(v, 0, 0, 0))),
    "pci_attach function": (1, lambda w, v: w.pci.pci_detach(w.pci.pci_attach(0, v, 0, 0))),
    "pci_attach bar": (2, lambda w, v: w.pci.pci_detach(w.pci.pci_attach(0, 0, v, 0))),
    "pci_attach flags": (0, lambda w, v: w.pci.pci_detach(w.pci.pci_attach(0, 0, 0, v))),
    "pci_peek offset": (4, lambda w, v: w.pci.pci_peek(w.handle, v)),
    "pci_poke offset": (8, lambda w, v: w.pci.pci_poke(w.handle, v, 5)),
    "pci_poke value": (1, lambda w, v: w.pci.pci_poke(w.handle, 8, v)),
    "pci_poke8 value": (1, lambda w, v: w.pci.pci_poke8(w.handle, 8, v)),
    "pci_poke64 value": (1, lambda w, v: w.pci.pci_poke64(w.handle, 8, v)),
    "pci_write_burst item": (1, lambda w, v: w.pci.pci_write_burst(w.handle, 8, [v])),
    "pci_write_burst length": (1, lambda w, v: w.pci.pci_write_burst(w.handle, 8, [5, 6], v)),
    "pci_memset value": (1, lambda w, v: w.pci.pci_memset(w.handle, 8, v, 1)),
    "pci_memset length": (1, lambda w, v: w.pci.pci_memset(w.handle, 8, 5, v)),
    "pci_get_all_slot_specs": (1, lambda w, v: w.pci.pci_get_all_slot_specs(v)),
    "describe_local_image": (0, lambda w, v: w.mgmt.describe_local_image(v)),
    "describe_local_image flags": (0, lambda w, v: w.mgmt.describe_local_image(0, v)),
    "set_vDIP": (1, lambda w, v: w.mgmt.set_vDIP(0, v)),
    "set_recipe": (1, lambda w, v: w.clkgen.set_recipe(0, v, 2, 0, 2)),
    "set_dynamic": (100, lambda w, v: w.clkgen.set_dynamic(0, v, 450, 300, 450)),
    "snapshot": (1, lambda w, v: hal.Snapshot(type(w.dev), {"long": v})),
}
# Any end of a slice is right, so nothing is out of range there; and these have ranges of their own.
MORE = {
    "memory slice start": (1, lambda w, v: w.dev.words[v:2]),
    "memory slice stop": (1, lambda w, v: w.dev.words[0:v]),
    "memory slice step": (1, lambda w, v: w.dev.words[0:2:v]),
    "array slice start": (1, lambda w, v: w.dev.dots[v:]),
    "array slice step": (1, lambda w, v: w.dev.dots[::v]),
    "trace capacity": (64, lambda w, v: w.emulator.trace(v).__enter__()),
    "strerror": (5, lambda w, v: w.mgmt.strerror(v)),
}
ALL = {**ENTRIES, **MORE}


class Index:
    """An integer by __index__ alone."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class OwnError(Exception):
    """Of a value itself."""


class Failing:
    """Raises what it was made with."""

    def __init__(self, error):
        self.error = error

    def __index__(self):
        raise self.error


NUMPY = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.intp, np.longlong]


def integers(number):
    """The same number by every kind of integer."""
    yield "int", number
    yield "enum", IntEnum("One", {"MEMBER": number})(number)
    yield "index", Index(number)
    yield from ((kind.__name__, kind(number)) for kind in NUMPY)
    yield "array", np.array(number)
    if number in {0, 1}:
        yield "bool", bool(number)
        yield "numpy.bool_", np.bool_(number)


NO_INTEGERS = [None, "1", "FAST", b"1", 1.0, Decimal(1), Fraction(1), np.float64(1), 1j, [], [1], object(), np.zeros(2)]
HUGE = [10**30, -(10**30), 10**5000, -(10**5000), 1 << 64, Index(1 << 70)]


@pytest.mark.parametrize("name", ALL)
def test_every_kind_of_integer_is_taken(world, name):
    number, action = ALL[name]
    seen = {}
    for kind, value in integers(number):
        world.dev.ctrl.write(0)
        world.dev.pair.write(0)
        with world.emulator.trace() as trace:
            action(world, value)
        seen[kind] = [str(access) for access in trace] if "trace" not in name else []
    assert all(accesses == seen["int"] for accesses in seen.values()), seen


NONE_IS_NONE = {"register.write", "memory.read count", "memory.fill count", "pci_write_burst length"}


def refusal(world, action, value):
    """The error of an action with a value; it must be one of ours, and nothing may have reached the bus."""
    with world.emulator.trace() as trace, pytest.raises(hal.HalError) as raised:
        action(world, value)
    assert trace == []
    assert len(str(raised.value)) < 600
    return raised.value


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_integer_is_told(world, name):
    none_is_none = "slice" in name or name in NONE_IS_NONE
    for value in NO_INTEGERS:
        if value is None and none_is_none:  # no value is one there
            continue
        error = refusal(world, ALL[name][1], value)
        if name in {"slot.bar function", "open_slot"} and isinstance(value, str):
            assert isinstance(error, hal.CardMissingError), (
                value
            )  # text may be a function's name, or another host's slot
        else:
            assert isinstance(error, hal.SnapshotError if name == "snapshot" else hal.FieldTypeError), value


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_out_of_range_is_told(world, name):
    for value in HUGE:
        assert not isinstance(refusal(world, ENTRIES[name][1], value), hal.FieldTypeError)


@pytest.mark.parametrize("name", ALL)
def test_what_a_value_raises_comes_out(world, name):
    _, action = ALL[name]
    with world.emulator.trace() as trace:
        for error in (OwnError("mine"), ValueError("mine"), OverflowError("mine"), KeyboardInterrupt("mine")):
            with pytest.raises(type(error), match=r"^mine$") as raised:
                action(world, Failing(error))
            assert raised.value is error
    assert trace == []
    assert isinstance(refusal(world, action, Failing(TypeError("mine"))).__cause__, TypeError)


# -- enums: a member's name -------------------------------------------------------------------------------------------

BY_NAME = [name for name in ENTRIES if "enum" in name and "sparse" not in name]


@pytest.mark.parametrize("name", [*BY_NAME, "register.wait_for"])
def test_a_members_name_is_refused_with_its_members(world, name):
    with pytest.raises(hal.FieldTypeError, match=r"'FAST'.*: Mode: OFF \(0\), SLOW \(1\), FAST \(2\)"):
        ENTRIES[name][1](world, "FAST")


# -- numbers and times ------------------------------------------------------------------------------------------------

REALS = [1, 1.0, True, Decimal(1), Fraction(1), np.float32(1), np.float64(1), np.int16(1), np.bool_(1), Index(1)]


@pytest.mark.parametrize("value", REALS, ids=lambda value: type(value).__name__)
def test_every_kind_of_number_is_taken(world, value):
    ctrl = world.dev.ctrl
    ctrl.gain = 0
    ctrl.gain = value
    assert ctrl.gain == 1.0
    ctrl.modify(gain=0)
    ctrl.modify(gain=value)
    assert ctrl.gain == 1.0
    ctrl.wait_for(timeout=value, gain=value)


NO_REALS = [None, "1", b"1", 1j, np.complex64(1), [], object(), np.str_("1"), np.bytes_(b"1")]


@pytest.mark.parametrize("value", NO_REALS, ids=lambda value: type(value).__name__)
def test_what_is_no_number_is_told(world, value):
    ctrl, slot = world.dev.ctrl, world.slot
    for action in (
        lambda: setattr(ctrl, "gain", value),
        lambda: ctrl.modify(gain=value),
        lambda: ctrl.write(gain=value),
        lambda: ctrl.wait_for(gain=value),
        *([lambda: ctrl.wait_for(timeout=value, gain=0)] if value is not None else []),  # None: without end
        *([lambda: ctrl.wait_for(interval=value, gain=0)] if value is not None else []),
        lambda: slot.load("agfi-0123456789abcdef0", timeout=value),
        lambda: slot.clear(timeout=value),
    ):
        with pytest.raises(hal.FieldTypeError):
            action()
    assert slot.describe().loaded


NO_TIMES = {"negative": -1, "nan": float("nan"), "inf": float("inf"), "huge": 10**5000, "sNaN": Decimal("sNaN")}


@pytest.mark.parametrize("name", NO_TIMES)
def test_a_time_that_is_none_is_told(world, name):
    ctrl, slot, value = world.dev.ctrl, world.slot, NO_TIMES[name]
    for action in (
        lambda: ctrl.wait_for(timeout=value, mode=0),
        lambda: ctrl.wait_for(interval=value, mode=0),
        lambda: slot.load("agfi-0123456789abcdef0", timeout=value),
        lambda: slot.clear(timeout=value),
    ):
        with pytest.raises(hal.FieldValueError):
            action()
    if name != "negative":
        with pytest.raises(hal.FieldValueError, match="no finite number"):
            ctrl.gain = value
    assert slot.describe().loaded


@pytest.mark.parametrize("value", [None, 5, 1.5, b"x"], ids=repr)
def test_what_is_no_text_is_told(world, value):
    for action in (
        lambda: world.slot.load(value),
        lambda: world.dev.find(value),
        lambda: world.emulator.fault(value),
        lambda: world.model.set(value, 1),
        lambda: world.emulator.install_text(value),
    ):
        with pytest.raises(hal.FieldTypeError, match="text"):
            action()
    assert value not in world.dev.snapshot()
    if value is not None and value != b"x":
        with pytest.raises(hal.FieldTypeError, match="a library is sdk, emulator, pci or a path"):
            hal.open_slot(0, value)


# -- what a value does while it is asked ------------------------------------------------------------------------------


class Changing:
    """Another number each time."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def __index__(self):
        return self.numbers.pop(0) if len(self.numbers) > 1 else self.numbers[0]


class Equal(int):
    """An int that says that it is equal to everything, and hashes as another."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash(100000)


def test_a_value_that_changes_never_gets_a_wrong_word_written(world):
    ctrl = world.dev.ctrl
    ctrl.count = 7
    for value in (Changing(300, 5), Changing(-1, 300), Changing(300, 301)):
        with pytest.raises(hal.FieldValueError, match=r"values\.ctrl\.count .*: .*(does not fit|out of range)"):
            ctrl.count = value
        assert ctrl.count == 7


def test_a_value_with_an_equality_of_its_own_is_taken_by_its_number(world):
    world.dev.codes.code = 1
    with pytest.raises(hal.FieldValueError, match="is no Code"):
        world.dev.codes.code = Equal(5)
    assert world.dev.codes.code == 1
    with pytest.raises(hal.AddressError):
        world.dev.dots[Equal(5)]
    assert world.dev.dots[Equal(2)].path == "dots[2]"


def test_a_value_whose_repr_fails_is_told(world):
    class Silent:
        def __repr__(self):
            raise OwnError

    with pytest.raises(hal.FieldTypeError, match="not Silent"):
        world.dev.ctrl.count = Silent()


class Spoof:
    """Says that it is an int, as a mock with a spec does."""

    __class__ = int

    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


class NoText(str):
    """What a repr may return."""

    __slots__ = ()

    def __len__(self):
        return -1  # noqa: PLE0303  (so much is it worth)


class Strange:
    __class__ = int

    def __repr__(self):
        return NoText("strange")


class Stubborn(int):
    """An int whose operators fail: none of them is needed."""

    def refuse(self, *_):
        raise OwnError

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __and__ = __or__ = __lshift__ = __hash__ = __int__ = __index__ = refuse


@pytest.mark.parametrize("kind", [Spoof, Stubborn])
def test_an_integer_is_what_it_is_and_not_what_it_says(world, kind):
    dev = world.dev
    dev.ctrl.count = kind(7)
    dev.ctrl.modify(level=kind(5), mode=kind(2))
    assert (dev.ctrl.count, dev.ctrl.level, dev.ctrl.mode) == (7, 5, 2)
    dev.long.write(kind(9))
    dev.words[kind(1)] = kind(3)
    dev.dots.write([kind(1), kind(2), kind(3)])
    assert (dev.long.value, dev.words[1], dev.dots.read()) == (9, 3, [1, 2, 3])
    assert dev.dots[kind(2)].path == "dots[2]"
    with pytest.raises(hal.FieldValueError, match=r"out of range|does not fit"):
        dev.ctrl.count = kind(300)
    assert dev.ctrl.count == 7


def test_what_says_that_it_is_an_integer_and_is_none_is_told(world):
    for action in (
        lambda: setattr(world.dev.ctrl, "count", Strange()),
        lambda: world.dev.long.write(Strange()),
        lambda: world.dev.words.__setitem__(0, Strange()),
        lambda: world.dev.ctrl.wait_for(timeout=Strange(), count=0),
    ):
        with pytest.raises(hal.FieldTypeError, match=r"not Strange \(strange\)"):
            action()


class Word(str):
    """A name that is equal to what it is, and no more than that."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __len__(self):
        return -1  # noqa: PLE0303  (so much is it worth)

    def __format__(self, how):
        raise OwnError


def test_a_name_is_its_text(world):
    ctrl = world.dev.ctrl
    setattr(ctrl, Word("count"), 3)
    assert getattr(ctrl, Word("count")) == 3
    for action in (
        lambda: setattr(ctrl, Word("count"), 300),
        lambda: setattr(ctrl, Word("cuont"), 3),
        lambda: getattr(ctrl, Word("cuont")),
        lambda: ctrl.modify(**{Word("cuont"): 1}),
        lambda: setattr(world.dev, Word("ctrl"), 1),
        lambda: getattr(world.dev, Word("crtl")),
    ):
        with pytest.raises(hal.HalError, match=r"count|ctrl"):
            action()


HALF = Fraction(1, 32)  # of a step


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        (Fraction(5, 2) / 16, 2),
        (Fraction(5, 2) / 16 + Fraction(1, 10**30), 3),
        (Decimal("0.15625000000000000000000000000001"), 3),
        (Decimal("0.15624999999999999999999999999999"), 2),
        (Decimal("1e-999999999"), 0),
        (-HALF, 0),
        (-HALF - Fraction(1, 1 << 90), -1),
        (0.15625, 2),
    ],
)
def test_a_number_is_rounded_once_from_its_exact_value(world, value, steps):
    world.dev.ctrl.gain = value
    assert world.dev.ctrl.gain == steps / 16


@pytest.mark.parametrize("value", [Decimal("1e999999999"), Fraction(10) ** 400, float("inf"), Decimal("NaN"), 10**400])
def test_a_number_beyond_every_range_is_told(world, value):
    world.dev.ctrl.gain = 1
    with pytest.raises(hal.FieldValueError, match=r"values\.ctrl\.gain .*; nothing was written"):
        world.dev.ctrl.gain = value
    assert world.dev.ctrl.gain == 1


def test_what_is_waited_for_was_not_to_be_written(world):
    for fields in ({"count": 300}, {"mode": "off"}, {"gain": 1e9}, {"enable": None}):
        with pytest.raises((hal.FieldValueError, hal.FieldTypeError)) as told:
            world.dev.ctrl.wait_for(**fields)
        assert "written" not in str(told.value)


def test_a_fixed_point_number_that_no_float_holds_is_refused():
    with pytest.raises(hal.FieldTypeError, match="54 bits is no float without rounding"):
        hal.rw(53, 0, hal.Fixed(signed=True, fraction_bits=4), access="rw")
    assert hal.rw(52, 0, hal.Fixed(signed=True, fraction_bits=4), access="rw").width == 53


def test_a_register_as_a_value_says_how_to_read_it(world):
    with world.emulator.trace() as trace:
        for action in (
            lambda: setattr(world.dev.ctrl, "count", world.dev.codes),
            lambda: setattr(world.dev.ctrl, "gain", world.dev.codes),
            lambda: world.dev.ctrl.write(world.dev.codes),
            lambda: world.dev.words.__setitem__(0, world.dev.codes),
            lambda: world.dev.words.write(0, [world.dev.codes]),
            lambda: world.bar.poke(8, world.dev.codes),
        ):
            with pytest.raises(hal.FieldTypeError, match=r"values\.codes .*\.read\(\).*\.code"):
                action()
        with pytest.raises(hal.FieldTypeError, match="not Codes"):
            world.dev.words.write(0, world.dev.codes)
        with pytest.raises(hal.FieldTypeError, match=r"not list .<list of 1>"):
            world.dev.words[0] = [world.dev.codes]
    assert trace == []
