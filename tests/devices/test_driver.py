"""What a program sees of a generated driver, on the emulated card."""

from __future__ import annotations

import array
import math
import threading
import time

import pytest

import hal
from tests.support import MAPS


@pytest.fixture(scope="session")
def widget_class():
    return hal.load_map(MAPS / "widget.yaml")


@pytest.fixture
def widget(slot, widget_class):
    with widget_class.open(0) as device:
        yield device


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
        ("ratio", "x", TypeError, r"'x' is no finite number in range"),
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
        AttributeError, match=r"widget\.ctrl \(app BAR 0, 0x4\) has no field 'moed'; did you mean mode\?"
    ):
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


def test_read_only_and_write_only(widget, slot):
    with slot.emulator.trace() as trace:
        with pytest.raises(
            AttributeError, match=r"widget\.id\.value \(app BAR 0, 0x0\) can't be written: it is read-only"
        ):
            widget.id.value = 1
        with pytest.raises(AttributeError, match=r"widget\.id .* is read-only"):
            widget.id.write(1)
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


def test_reset_writes_the_reset_value(widget):
    widget.ctrl.write(0)
    widget.ctrl.reset()
    assert widget.ctrl.read() == 0x80


def test_nothing_is_read_behind_the_users_back(slot, widget_class):
    slot.emulator.provide(widget_class)
    slot.emulator.poke(0, 0, 0xC, 0x1234)
    with slot.emulator.trace() as trace, slot.attach(widget_class, verify=False) as device:
        repr(device)
        dir(device)
        list(device.registers())
        list(device.memories())
        dir(device.fifo)
        assert "not read, because reading changes it" in repr(device.fifo)
        assert "write-only" in repr(device.command)
        repr(device.ram)
        repr(device.bank)
        _ = device.fifo.info, device.ctrl.info
        hasattr(device, "nothing")
    assert trace == []
    with slot.attach(widget_class) as device:
        assert device.fifo.value == 0x1234
        assert device.fifo.value == 0


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


def test_arrays(widget):
    assert len(widget.bank) == 4
    for number, register in enumerate(widget.bank):
        register.value = number + 1
    assert [register.value for register in widget.bank[1:3]] == [2, 3]
    assert widget.bank[-1].value == 4
    assert widget.bank[3].path == "bank[3]"
    assert widget.bank[3].address == 0x58
    for index in (4, -5, 1 << 80):
        with pytest.raises(IndexError, match=r"widget\.bank .* is outside of its 4 elements"):
            _ = widget.bank[index]
    assert [register.path for register in widget.registers()][-4:] == ["bank[0]", "bank[1]", "bank[2]", "bank[3]"]


def test_memory_slices_and_buffers(widget):
    numpy = pytest.importorskip("numpy")
    widget.ram[0:4] = [1, 2, 3, 0xFFFF_FFFF]
    assert widget.ram[0:5] == array.array("I", [1, 2, 3, 0xFFFF_FFFF, 0])
    assert widget.ram[-1] == 0
    widget.ram[-1] = 9
    assert widget.ram[1023] == 9
    data = numpy.arange(256, dtype=numpy.uint32)
    widget.ram.write(16, data)
    back = numpy.zeros(256, dtype=numpy.uint32)
    widget.ram.readinto(back, 16)
    assert (back == data).all()
    widget.ram.write(0, b"\x01\x02\x03\x04\x05\x06\x07\x08")
    assert widget.ram.read(0, 2).tolist() == [0x04030201, 0x08070605]
    widget.ram.fill(0xA5, 8, 4)
    assert widget.ram[7:13].tolist() == [0, 0xA5, 0xA5, 0xA5, 0xA5, 0]
    widget.quads[0:2] = [1 << 63, 5]
    assert widget.quads[0:2].tolist() == [1 << 63, 5]
    widget.bytes[0:3] = b"abc"
    assert bytes(widget.bytes[0:3]) == b"abc"
    assert sum(1 for _ in widget.ram) == 1024
    widget.sink[0:2] = [1, 2]


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (lambda m: m[1024], IndexError, "index 1024 is outside of its 1024 words"),
        (lambda m: m[-1025], IndexError, "index -1025"),
        (lambda m: m.read(1000, 25), ValueError, "words 1000 to 1024 are outside of its 1024 words"),
        (lambda m: m.read(-1, 1), ValueError, "outside"),
        (lambda m: m.write(1023, [1, 2]), ValueError, "words 1023 to 1024 are outside"),
        (lambda m: m.write(0, [1 << 32]), ValueError, "does not fit its 32-bit words"),
        (lambda m: m.write(0, [-1]), ValueError, "does not fit"),
        (lambda m: m.write(0, b"abc"), ValueError, "3 bytes is no whole number of 32-bit words"),
        (lambda m: m.write(0, ["x"]), TypeError, "iterable of integers"),
        (lambda m: m.write(0, 5), TypeError, "not int"),
        (lambda m: m.__setitem__(slice(0, 3), [1]), ValueError, "the slice holds 3 words and 1 were given"),
        (lambda m: m[0:8:2], ValueError, "step 1"),
        (lambda m: m.readinto(b"1234"), TypeError, "writable"),
        (lambda m: m.fill(1 << 32), ValueError, "out of range"),
        (lambda m: m["x"], TypeError, "an index is an integer or a slice, not str"),
        (lambda m: m.write("x", [1]), TypeError, "a start is an integer, not str"),
        (lambda m: m.read(0, 1.0), TypeError, "a count is an integer, not float"),
    ],
)
def test_memory_refuses_what_does_not_fit(widget, slot, action, error, text):
    with slot.emulator.trace() as trace, pytest.raises(error, match=text):
        action(widget.ram)
    assert trace == []


def test_wait_for(widget, slot):
    class Later(hal.Model):
        def on_write(self, register, value):
            if register == "ctrl" and value & 1:
                self.due = self.time + 0.05

        def on_read(self, register):
            if register == "events" and self.time > self.due:
                self.set("events.first", 1)

    slot.emulator.set_model(Later(type(widget)))
    widget.ctrl.go = 1
    widget.events.wait_for(timeout=5, interval=0.005, first=1)
    assert widget.events.first == 1


def test_wait_for_that_never_comes(widget):
    start = time.monotonic()
    with pytest.raises(
        TimeoutError, match=r"widget\.events .*: first=1 did not come within 0\.06 s; last read 0x0"
    ) as raised:
        widget.events.wait_for(timeout=0.06, interval=0.01, first=1)
    assert time.monotonic() - start >= 0.06
    assert raised.value.last == 0


def test_wait_for_tells_a_dead_bus(widget, slot):
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError, match=r"widget\.events: slot 0: the OCL interface timed out") as raised:
        widget.events.wait_for(timeout=0.02, first=0)
    assert (raised.value.interface, raised.value.address) == ("OCL", 8)


def test_other_threads_run_while_one_waits(widget):
    counted = []
    waiter = threading.Thread(target=lambda: pytest.raises(TimeoutError, widget.events.wait_for, timeout=0.3, first=1))
    waiter.start()
    while waiter.is_alive():
        counted.append(widget.ctrl.go)
    waiter.join()
    assert len(counted) > 100


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
        thread.join()
    assert wrong == []


def test_closed_device(slot, widget_class):
    device = widget_class.open(0)
    register, memory = device.ctrl, device.ram
    device.close()
    device.close()
    for action in (
        lambda: register.go,
        lambda: setattr(register, "go", 1),
        register.read,
        lambda: register.modify(go=1),
        lambda: memory[0],
        lambda: memory.write(0, [1]),
        lambda: device.wide,
        lambda: register.wait_for(go=1),
    ):
        with pytest.raises(hal.ClosedError, match="open"):
            action()
    assert "closed" in repr(device)
    assert "ClosedError" in repr(register)


def test_a_load_makes_open_devices_stale(slot, widget_class):
    slot.emulator.provide(widget_class)
    device = slot.attach(widget_class)
    register = device.ctrl
    slot.load(widget_class.afi_id())
    with pytest.raises(hal.StaleHandleError, match=r"read of widget\.ctrl\.go \(app BAR 0, 0x4\) went stale"):
        _ = register.go
    with slot.attach(widget_class) as again:
        assert again.ctrl.go == 0


def test_identity_register_is_checked(slot, widget_class):
    slot.emulator.provide(widget_class)
    slot.emulator.poke(0, 0, 0, 0xBAD)
    with pytest.raises(
        hal.IdentityError, match=r"widget\.id \(app BAR 0, 0x0\) reads 0xbad, and widget has 0xcafe0001"
    ):
        slot.attach(widget_class)
    with slot.attach(widget_class, verify=False) as device:
        assert device.id.value == 0xBAD


def test_pci_ids_are_checked(slot, widget_class, blinker_class):
    slot.emulator.install(blinker_class)
    slot.load("agfi-080817d089f3cd2ed")
    with pytest.raises(hal.IdentityError, match=r"PCI ids 1d0f:f004:fedc:1d51, and widget is 1d0f:f0ab:any:any"):
        slot.attach(widget_class)


def test_a_cleared_slot_is_told(slot, widget_class):
    with pytest.raises(hal.IdentityError, match=r"slot 0 holds no AFI .*load one first, e.g. agfi-0123456789abcdef0"):
        slot.attach(widget_class)


def test_open_replaces_only_what_open_has_loaded(slot, widget_class):
    with hal.load_map(MAPS / "blinker.yaml").open(0) as device:
        device.ctrl.enable = 1
    with widget_class.open(0) as device:
        device.ctrl.go = 1
    with widget_class.open(0) as device:
        assert device.ctrl.go == 1, "the card keeps its state"
    slot.load("agfi-080817d089f3cd2ed")
    with pytest.raises(hal.IdentityError):
        widget_class.open(0)


def test_model_errors_come_out_of_the_access(widget, slot):
    class Broken(hal.Model):
        def on_read(self, register):
            raise KeyError(register)

    slot.emulator.set_model(Broken(type(widget)))
    with pytest.raises(hal.ModelError, match=r"read of widget\.ctrl\.go .* failed in the card's model") as raised:
        _ = widget.ctrl.go
    assert isinstance(raised.value.__cause__, KeyError)
    slot.emulator.set_model(None)
    assert widget.ctrl.go == 0


def test_models_name_fields_and_arrays(widget, slot):
    seen = []

    class Mirror(hal.Model):
        def on_write(self, register, value):
            seen.append((register, value))
            if register == "bank[1]":
                self.set("bank[2].value", self.get("bank[1].value") + 1)
                self.set("id", 5)

    slot.emulator.set_model(Mirror(type(widget)))
    widget.bank[1].value = 41
    assert (widget.bank[2].value, widget.id.value) == (42, 5)
    assert seen == [("bank[1]", 41)]


def test_docstrings_tell_place_access_and_plan(widget):
    cls = type(widget.ctrl)
    assert cls.go.__doc__ == "Bit 0, rw, a write is one bus read and one bus write."
    assert type(widget.events).first.__doc__ == "Bit 0, w1c, volatile, a write is one bus write."
    assert "At ctrl (app BAR 0, 0x4)" in cls.__doc__


def test_reset_bits_without_a_field_read_as_constants(slot, tmp_path):
    path = tmp_path / "constant.yaml"
    path.write_text(
        "schema: 1\nname: constant\nregisters:\n  r: {offset: 0, reset: 0xA0F0_0061, fields: {low: {bits: 3:0}}}\n"
    )
    with hal.load_map(path).open(0) as device:
        assert device.r.read() == 0xA0F0_0061
        device.r.write(0x1234_567F)
        assert device.r.read() == 0xA0F0_006F


def test_find(widget, slot):
    with slot.emulator.trace() as trace:
        assert widget.find("bank[2]") is widget.bank[2]
        assert widget.find("bank") is widget.bank
        assert widget.find("ram") is widget.ram
        for path, error, text in (
            ("bank[4]", IndexError, "outside of its 4 elements"),
            ("ctlr", AttributeError, "did you mean ctrl"),
            ("ctrl[0]", AttributeError, r"widget\.ctrl .* is no array, or \[0\] no index of one"),
            ("ram[3]", AttributeError, r"widget\.ram .* is no array"),
            ("bank[-1]", AttributeError, r"\[-1\] no index"),
            ("ctrl.go", AttributeError, r"widget\.ctrl .* holds nothing by name"),
            ("", AttributeError, "has no register"),
        ):
            with pytest.raises(error, match=text):
                widget.find(path)
    assert trace == []


def test_opening_says_what_it_found(slot, widget_class, caplog):
    slot.emulator.provide(widget_class)
    with caplog.at_level("INFO", logger="hal"), slot.attach(widget_class):
        pass
    assert caplog.messages == [
        "slot 0 holds agfi-0123456789abcdef0, PCI ids 1d0f:f0ab:fedc:1d51",
        "widget.id (app BAR 0, 0x0) reads 0xcafe0001, as widget has it",
    ]
