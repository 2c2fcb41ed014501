"""Handlers: methods of a model for one register, field or memory, and what is told of those that are wrong."""

from __future__ import annotations

import threading

import pytest

import hal
from tests.support.processes import LIMIT

MAP = """schema: 1
name: heard
enums: {Mode: {off: 0, slow: 1, fast: 5}}
types:
  channel: {registers: {ctrl: {offset: 0x0}, status: {offset: 0x4, access: ro}}}
  entry: {registers: {owner: {offset: 0x0}, flags: {offset: 0x4, fields: {last: {bits: 0}, mode: {bits: 3:1, enum: Mode}}}}}
registers:
  ctrl: {offset: 0x0, fields: {start: {bits: 0, pulse: true}, mode: {bits: 6:4, enum: Mode}}}
  status: {offset: 0x4, access: ro, volatile: true}
  irq: {offset: 0x8, fields: {lines: {bits: 0, count: 4}}}
  big: {offset: 0x10, width: 64, access_width: 32, fields: {lo: {bits: 31:0}, hi: {bits: 63:32}}}
  bank: {offset: 0x20, count: 4, stride: 4, first: 1}
  side: {offset: 0x40, count: 2, stride: 4, index: [left, right]}
  grid: {offset: 0x60, count: [2, 3], stride: [0x10, 4]}
memories:
  mailbox: {offset: 0x1000, size: 64}
  other: {offset: 0x1800, size: 64}
  ring: {offset: 0x2000, size: 64, entry: entry}
blocks:
  ch: {type: channel, offset: 0x100, count: 4, stride: 0x10}
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    path = tmp_path_factory.mktemp("heard") / "heard.yaml"
    path.write_text(MAP)
    return hal.load_map(path)


@pytest.fixture
def dev(slot, driver):
    with driver.open(0) as device:
        yield device
        slot.emulator.set_model(None)


class Hears(hal.Model):
    def __init__(self, driver):
        super().__init__(driver)
        self.heard = []

    def on_write(self, register, value):
        self.heard.append(("any", register, value))

    @hal.on_write("ctrl")
    def control(self, value):
        self.heard.append(("ctrl", value))

    @hal.on_write("ctrl.mode")
    def mode(self, value):
        self.heard.append(("mode", value.name))

    @hal.on_write("ch[*].ctrl")
    def channel(self, index, value):
        self.heard.append(("channel", index, value))
        self.ch[index].status.value = value + 1

    @hal.on_write("ch[1:3].ctrl")
    @hal.on_read("ch[3].status")
    def both(self, *given):
        self.heard.append(("both", *given))

    @hal.on_write("bank[2]")
    @hal.on_write("side[right]")
    def one(self, value):
        self.heard.append(("one", value))

    @hal.on_write("grid[*][2]")
    def column(self, row, value):
        self.heard.append(("column", row, value))

    @hal.on_write("irq.lines[2]")
    def line(self, value):
        self.heard.append(("line", value))

    @hal.on_write("big.hi")
    def high(self, value):
        self.heard.append(("high", value))

    @hal.on_read("status")
    def reads(self):
        self.status.value = self.status.value + 1


class Listens(hal.Model):
    def __init__(self, driver):
        super().__init__(driver)
        self.heard = []

    @hal.on_write("mailbox[2:4]")
    def written(self, offset, value, width):
        self.heard.append(("written", offset, value, width))

    @hal.on_read("mailbox")
    def read(self, offset, width):
        self.heard.append(("read", offset, width))
        self.mailbox[offset // 4] = 0xAA

    @hal.on_write("ring[*].owner")
    def owner(self, index, value):
        self.heard.append(("owner", index, value))

    @hal.on_write("ring[3].flags.mode")
    def flags(self, value):
        self.heard.append(("flags", value))


def test_registers_fields_and_arrays(dev, driver):
    model = Hears(driver)
    dev.slot.emulator.set_model(model)

    def heard(act):
        model.heard.clear()
        act()
        return model.heard[:]

    assert heard(lambda: dev.ctrl.write(start=1, mode=5)) == [("any", "ctrl", 0x51), ("ctrl", 0x51), ("mode", "FAST")]
    assert heard(lambda: dev.ch[1].ctrl.write(7)) == [("any", "ch[1].ctrl", 7), ("channel", 1, 7), ("both", 1, 7)]
    assert heard(lambda: dev.ch[3].ctrl.write(7)) == [("any", "ch[3].ctrl", 7), ("channel", 3, 7)]
    assert (dev.ch[1].status.value, heard(dev.ch[3].status.read)) == (8, [("both",)])
    assert [item[1:] for item in heard(lambda: dev.bank.write([1, 2, 3, 4])) if item[0] == "one"] == [(2,)]
    assert heard(lambda: dev.side["right"].write(6))[1:] == [("one", 6)]
    assert heard(lambda: dev.side["left"].write(6))[1:] == []
    assert heard(lambda: dev.grid[1, 2].write(6))[1:] == [("column", 1, 6)]
    assert heard(lambda: setattr(dev.irq, "lines", [0, 1, 1, 0]))[1:] == [("line", 1)]
    assert [item for item in heard(lambda: dev.big.write(0x1_0000_0002)) if item[0] == "high"] == [("high", 1)]
    assert [dev.status.value for _ in range(3)] == [1, 2, 3]


def test_memories_and_their_entries(dev, driver):
    model = Listens(driver)
    dev.slot.emulator.set_model(model)
    dev.mailbox[0:6] = range(6)
    dev.other[0] = 1
    assert model.heard == [("written", 8, 2, 32), ("written", 12, 3, 32)]
    assert dev.mailbox[1] == 0xAA
    dev.slot.bar("app", 0).poke(0x1008, 0x5566778811223344, 64)
    assert model.heard[2:] == [("read", 4, 32), ("written", 8, 0x11223344, 32), ("written", 12, 0x55667788, 32)]
    model.heard.clear()
    dev.ring[2].owner.value = 1
    dev.ring[3].flags.write(mode=5)
    assert model.heard == [("owner", 2, 1), ("flags", 5)]


def test_a_model_without_handlers_of_memories_hears_none(driver):
    assert not Hears(driver).hears_memories
    assert Listens(driver).hears_memories


def test_subclasses_inherit_and_override(dev, driver):
    class Lower(Hears):
        def control(self, value):
            self.heard.append(("lower", value))

        @hal.on_write("ch[0].ctrl")
        def channel(self, value):
            self.heard.append(("first", value))

    model = Lower(driver)
    dev.slot.emulator.set_model(model)
    dev.ctrl.write(1)
    dev.ch[0].ctrl.write(2)
    dev.ch[2].ctrl.write(3)
    kinds = [item[0] for item in model.heard if item[0] != "any"]
    assert kinds == ["lower", "mode", "first", "both"]


WRONG = [
    ("crtl", "value", hal.FieldNameError, r"Wrong.method is for 'crtl': Heard has no register, block or memory 'crtl'; did you mean ctrl\?"),
    ("ch[*].crtl", "index, value", hal.FieldNameError, r"did you mean ctrl\?"),
    ("ctrl.strat", "value", hal.FieldNameError, r"Heard.ctrl has no field 'strat'; did you mean start\?"),
    ("ctrl.start.more", "value", hal.FieldNameError, "has no field 'start'"),
    ("ch.ctrl", "value", hal.FieldNameError, r"'ch' is an array: name its elements, as in ch\[\*\]"),
    ("bank", "value", hal.FieldNameError, r"'bank' is an array: name its elements, as in bank\[\*\]"),
    ("grid[*]", "value", hal.FieldNameError, r"as in grid\[\*\]\[\*\]"),
    ("ctrl[0]", "value", hal.FieldNameError, "'ctrl' is no array: leave its index out"),
    ("ch[4].ctrl", "value", hal.FieldNameError, r"\[4\] is outside of 'ch', which has 0 to 3"),
    ("bank[0]", "value", hal.FieldNameError, r"\[0\] is outside of 'bank', which has 1 to 4"),
    ("side[up]", "value", hal.FieldNameError, r"\[up\] is outside of 'side', which has left, right"),
    ("ch[2:9].ctrl", "index, value", hal.FieldNameError, r"\[2:9\] is no range of what has 0 to 3"),
    ("mailbox[16]", "offset, value, width", hal.FieldNameError, r"\[16:17\] is no range of what has 0 to 15"),
    ("mailbox[x]", "offset, value, width", hal.FieldNameError, "no path"),
    ("irq.lines", "value", hal.FieldNameError, "'lines' is an array of fields: name one of them by its index"),
    ("ch[0]", "value", hal.FieldNameError, "is a block: name a register, a field or a memory of it"),
    ("ctrl..x", "value", hal.FieldNameError, "is no path"),
    ("ctrl", "", hal.FieldTypeError, r"Wrong.method is for 'ctrl', so it is called with \(self, value\): give it these arguments"),
    ("ch[*].ctrl", "value", hal.FieldTypeError, r"called with \(self, index, value\)"),
    ("mailbox", "value", hal.FieldTypeError, r"called with \(self, offset, value, width\)"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "arguments", "kind", "told"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_told_when_the_class_is_made(driver, path, arguments, kind, told):
    methods = {}
    exec(f"def method(self, {arguments}): pass", methods)
    body = {"method": hal.on_write(path)(methods["method"])}
    with pytest.raises(kind, match=told):
        type("Wrong", (hal.Model,), dict(body), driver=driver)
    later = type("Wrong", (hal.Model,), dict(body))  # its design is not known yet
    with pytest.raises(kind, match=told):
        later(driver)


def test_a_class_with_its_driver(dev, driver):
    class Plays(hal.Model, driver=driver):
        @hal.on_write("ctrl")
        def control(self, value):
            self.status.value = value

    dev.slot.emulator.set_model(Plays())
    dev.ctrl.write(0x50)
    assert dev.status.value == 0x50
    with pytest.raises(hal.FieldTypeError, match="a model's driver is a generated class"):
        Plays(5)
    with pytest.raises(hal.FieldTypeError, match="a path such as ctrl"):
        hal.on_write(5)

    async def later(self, value):
        self.status.value = value

    with pytest.raises(hal.FieldTypeError, match="what hears 'ctrl' is a plain method"):
        hal.on_write("ctrl")(later)


# -- threads ----------------------------------------------------------------------------------------------------------


def test_a_handler_that_waits_for_another_thread_ends_in_an_error(dev, driver):
    """The thread that it waits for accesses the slot, and so waits for the handler."""
    found = []

    class Waits(hal.Model, driver=driver):
        patience = 0.2

        @hal.on_write("ctrl")
        def control(self, value):
            thread = threading.Thread(target=self.access, daemon=True)
            thread.start()
            thread.join(LIMIT)
            found.append(thread.is_alive())

        def access(self):
            try:
                dev.status.read()
            except hal.ModelError as error:
                found.append(str(error))

    dev.slot.emulator.set_model(Waits())
    dev.ctrl.write(1)
    told, alive = found
    assert "is in the card's model for too long; no handler may wait for other threads" in told
    assert not alive
    dev.slot.emulator.set_model(None)
    assert dev.status.read() == 0


def test_handlers_run_in_the_thread_that_accesses(dev, driver):
    class Tells(hal.Model, driver=driver):
        @hal.on_write("ctrl")
        def control(self, value):
            self.who = threading.get_ident()
            dev.irq.write(3)  # calls no handler

        @hal.on_write("irq")
        def never(self, value):
            raise AssertionError("a handler was called by what a handler accesses")

    model = Tells()
    dev.slot.emulator.set_model(model)
    thread = threading.Thread(target=dev.ctrl.write, args=(1,))
    thread.start()
    thread.join(LIMIT)
    assert (model.who, dev.irq.read()) == (thread.ident, 3)
