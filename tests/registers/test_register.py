"""Registers and their fields, as a program uses them."""

from __future__ import annotations

import math
import threading

import pytest

import hal
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT


def accesses(trace):
    return [(access.action, access.offset, access.width, access.value) for access in trace]


def test_field_write_reaches_only_its_bits(widget, slot):
    widget.ctrl.write(0xFF00_FFF1)
    with slot.emulator.trace() as trace:
        widget.ctrl.go = 0
    assert accesses(trace) == [("read", 4, 32, 0xFF00_FFF1), ("write", 4, 32, 0xFF00_FFF0)]


def test_a_field_alone_in_its_register_is_one_write(widget, slot):
    with slot.emulator.trace() as trace:
        widget.bank[2].value = 7
        widget.wide.value = 0x1122_3344_5566_7788
        widget.byte.value = 0xAB
    assert accesses(trace) == [
        ("write", 0x50, 32, 7),
        ("write", 0x20, 64, 0x1122_3344_5566_7788),
        ("write", 0x28, 8, 0xAB),
    ]


def test_write_one_to_clear_neighbours_stay(widget, slot):
    slot.emulator.poke(0, 0, 8, 0b11)
    with slot.emulator.trace() as trace:
        widget.events.first = 1
    assert accesses(trace) == [("write", 8, 32, 1)]
    assert widget.events.fields() == {"first": 0, "second": 1}


def test_kinds_of_values(widget):
    mode = type(widget.ctrl.mode)
    widget.ctrl.modify(mode=5, gain=-3, ratio=7.0625, armed=False)
    assert (widget.ctrl.mode.name, widget.ctrl.mode) == ("FAST", 5)
    assert (widget.ctrl.gain, widget.ctrl.ratio, widget.ctrl.armed) == (-3, 7.0625, False)
    assert isinstance(widget.ctrl.armed, bool)
    assert widget.ctrl.read() == 0x71 << 24 | 0xFD << 8 | 5 << 4
    assert mode(1).name == "SLOW"


def test_an_undefined_enum_value_is_a_plain_integer(widget, slot):
    slot.emulator.poke(0, 0, 4, 3 << 4)
    assert widget.ctrl.mode == 3
    assert type(widget.ctrl.mode) is int
    assert "mode=0x3 (undefined)" in repr(widget.ctrl)


def test_fixed_point_rounds_to_the_nearest_step(widget):
    for value, read in ((1.03125, 1.0), (1.09375, 1.125), (1.04, 1.0625), (15.9375, 15.9375)):
        widget.ctrl.ratio = value
        assert widget.ctrl.ratio == read


@pytest.mark.parametrize("value", [16, -0.1, math.inf, math.nan])
def test_fixed_point_out_of_range_is_refused(widget, slot, value):
    with slot.emulator.trace() as trace, pytest.raises(ValueError, match="nothing was written"):
        widget.ctrl.ratio = value
    assert trace == []


@pytest.mark.parametrize(
    ("name", "value", "error", "text"),
    [
        (
            "go",
            2,
            ValueError,
            r"widget\.ctrl\.go \(app BAR 0, 0x4, bit 0\): 2 is out of range 0 to 1; nothing was written",
        ),
        ("go", -1, ValueError, r"-1 is out of range 0 to 1"),
        ("go", 1 << 70, ValueError, r"out of range 0 to 1"),
        ("go", "on", TypeError, r"an integer is needed, not str \('on'\)"),
        ("go", 1.0, TypeError, r"an integer is needed, not float"),
        ("go", None, TypeError, r"an integer is needed, not NoneType"),
        ("mode", 2, ValueError, r"2 is no Mode: OFF \(0\), SLOW \(1\), FAST \(5\)"),
        ("gain", 128, ValueError, r"128 is out of range -128 to 127"),
        ("armed", 2, ValueError, r"2 is out of range 0 to 1"),
        ("ratio", "x", TypeError, r"a number is needed, not str \('x'\)"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_before_any_access(widget, slot, name, value, error, text):
    with slot.emulator.trace() as trace:
        with pytest.raises(error, match=text) as raised:
            setattr(widget.ctrl, name, value)
        with pytest.raises(error, match=text):
            widget.ctrl.modify(**{name: value})
        with pytest.raises(error, match=text):
            widget.ctrl.write(**{name: value})
    assert trace == []
    assert isinstance(raised.value, hal.HalError)
    assert raised.value.path == f"widget.ctrl.{name}"


def test_misspelt_names(widget):
    with pytest.raises(
        AttributeError, match=r"widget\.ctrl \(app BAR 0, 0x4\) has no field 'moed'; did you mean mode\?$"
    ):  # nor is there room for attributes of its own
        widget.ctrl.moed = 1
    with pytest.raises(AttributeError, match=r"widget\.ctrl .* has no field 'moed'; did you mean mode\?"):
        _ = widget.ctrl.moed
    with pytest.raises(AttributeError, match=r"widget \(app BAR 0, 0x0\) has no .* 'ctlr'; did you mean ctrl\?"):
        _ = widget.ctlr
    with pytest.raises(AttributeError, match=r"has no .* 'ctlr'"):
        widget.ctlr = 1
    with pytest.raises(AttributeError, match=r"widget\.ctrl can't be replaced; write its fields"):
        widget.ctrl = 1
    with pytest.raises(AttributeError, match="did you mean mode"):
        widget.ctrl.modify(moed=1)


def test_a_closed_device_says_so(dut):
    registers = dut.ctrl, dut.plain
    dut.close()
    for register in registers:
        for action in (register.read, lambda register=register: register.write(0), register.reset):
            with pytest.raises(hal.ClosedError, match=rf"dut\.{register.path}"):
                action()


def test_read_only_and_write_only(widget, slot):
    with slot.emulator.trace() as trace:
        with pytest.raises(
            AttributeError, match=r"widget\.id\.value \(app BAR 0, 0x0\) can't be written: it is read-only"
        ):
            widget.id.value = 1
        with pytest.raises(AttributeError, match=r"widget\.id .* is read-only"):
            widget.id.write(1)
        with pytest.raises(AttributeError, match=r"widget\.id .* is read-only"):
            widget.id.reset()
        with pytest.raises(AttributeError, match=r"widget\.command\.value .* can't be read: it is write-only"):
            _ = widget.command.value
        with pytest.raises(AttributeError, match=r"widget\.command .* is write-only"):
            widget.command.read()
        with pytest.raises(AttributeError, match=r"widget\.rom .* is read-only"):
            widget.rom[0] = 1
        with pytest.raises(AttributeError, match=r"widget\.sink .* is write-only"):
            _ = widget.sink[0]
    assert trace == []


def test_a_write_that_would_hurt_a_neighbour_is_refused(widget, slot):
    with (
        slot.emulator.trace() as trace,
        pytest.raises(AttributeError, match=r"once \(ws\) would be changed by any write"),
    ):
        widget.mixed.a = 1
    assert trace == []
    widget.mixed.write(a=5, once=0)
    assert widget.mixed.fields() == {"a": 5, "once": 1}


def test_write_by_name_takes_no_read_and_resets_the_rest(widget, slot):
    widget.ctrl.write(0xFFFF_FFF1)
    with slot.emulator.trace() as trace:
        widget.ctrl.write(go=1)
    assert accesses(trace) == [("write", 4, 32, 0x81)]


def test_modify_is_one_read_and_one_write(widget, slot):
    with slot.emulator.trace() as trace:
        widget.ctrl.modify(go=1, mode=1, gain=-1)
    assert accesses(trace) == [("read", 4, 32, 0x80), ("write", 4, 32, 0xFF91)]


def test_a_write_takes_one_value_or_fields_and_a_modify_fields(widget, slot):
    with slot.emulator.trace() as trace:
        for action in (
            widget.ctrl.write,
            lambda: widget.ctrl.write(1, go=1),
            lambda: widget.ctrl.write(None),
            widget.ctrl.modify,
            lambda: widget.ctrl.modify(1),
        ):
            with pytest.raises(TypeError):
                action()
    assert trace == []


def test_what_is_not_read_says_so_instead(dut, bus, slot):
    shown = []
    assert bus(lambda: shown.extend([repr(dut.fragile), repr(dut.out)])) == []
    assert shown[0].endswith("dut.fragile (app BAR 0, 0x10): not read, because reading changes it>")
    assert shown[1].endswith("dut.out (app BAR 0, 0x8): write-only>")
    slot.emulator.fault("bus-dead=ocl")
    assert repr(dut.ctrl).endswith("dut.ctrl (app BAR 0, 0x0): BusTimeoutError>")


def test_an_error_names_the_first_six_fields(slot):
    fields = ", ".join(f"f{number}: {{bits: {number}}}" for number in range(8))
    kind = load_class(f"schema: 1\nname: dut\nregisters: {{r: {{offset: 0, fields: {{{fields}}}}}}}\n")
    with (
        on_card(slot, kind) as device,
        pytest.raises(TypeError, match=r"or a field: \.f0, \.f1, \.f2, \.f3, \.f4, \.f5$"),
    ):
        bool(device.r)


def test_reset_writes_the_reset_value(widget):
    widget.ctrl.write(0)
    widget.ctrl.reset()
    assert widget.ctrl.read() == 0x80


def test_wide_counter_is_not_torn(widget, slot):
    """The low word wraps between the reads of a model that counts on every access."""

    class Counting(hal.Model):
        count = 0x0000_0001_FFFF_FFFE

        def on_read(self, register):
            if register == "counter":
                self.count += 1
                self.set("counter", self.count)

    model = Counting(type(widget))
    slot.emulator.set_model(model)
    before = model.count
    value = widget.counter.value
    assert before < value <= model.count


def test_threads_lose_no_update(widget):
    """Each thread toggles its own bit of one register many times; only its own writes may change it."""
    widget.ctrl.write(0)
    wrong = []

    def toggle(name, values):
        for _ in range(3000):
            for value in values:
                setattr(widget.ctrl, name, value)
                if getattr(widget.ctrl, name) != value:
                    wrong.append(name)

    threads = [
        threading.Thread(target=toggle, args=row)
        for row in (("go", (1, 0)), ("mode", (5, 1)), ("gain", (-5, 3)), ("armed", (True, False)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert wrong == []


def test_docstrings_tell_place_access_and_plan(widget):
    cls = type(widget.ctrl)
    assert cls.go.__doc__ == "Bit 0, rw, a write is one bus read and one bus write."
    assert type(widget.events).first.__doc__ == "Bit 0, w1c, volatile, a write is one bus write."
    assert "At ctrl (app BAR 0, 0x4)" in cls.__doc__
