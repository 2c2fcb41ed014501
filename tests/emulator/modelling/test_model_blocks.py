"""What a design holds, from the hardware's side: by attributes, arrays, memories and paths, past every policy."""

from __future__ import annotations

import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hal
from tests.support.processes import LIMIT

MAP = """schema: 1
name: inside
enums: {Mode: {off: 0, slow: 1, fast: 5}, Seen: {idle: 0, busy: 1}, Told: {stop: 0, go: 1}}
types:
  channel:
    registers:
      level: {offset: 0x0, fields: {value: {bits: 15:0}, mode: {bits: 18:16, enum: Mode}}}
      status: {offset: 0x4, access: ro, volatile: true, fields: {done: {bits: 0}, count: {bits: 15:8}}}
  entry: {registers: {length: {offset: 0x0}, flags: {offset: 0x4, fields: {last: {bits: 0}}}}}
registers:
  ctrl: {offset: 0x0, access: wo, fields: {start: {bits: 0, pulse: true}, deep: {bits: 15:8, idle: 0}}}
  irq: {offset: 0x4, access: w1c, fields: {done: {bits: 0}, lines: {bits: 8, count: 4}}}
  temperature: {offset: 0x8, fields: {value: {bits: 15:0, format: {fixed: {signed: true, fraction_bits: 8}}}}}
  big: {offset: 0x10, width: 64, access_width: 32, endian: big, access: ro, fields: {lo: {bits: 39:0}, hi: {bits: 63:40}}}
  byte: {offset: 0x18, width: 8}
  pair: {offset: 0x1C, fields: {low: {bits: 7:0}, high: {bits: 31:16, access: ro}}}
  bank: {offset: 0x20, count: 4, stride: 4, index: [north, east, south, west]}
  grid: {offset: 0x40, count: [2, 3], stride: [0x10, 4], access: ro}
  rx: {offset: 0x70, access: ro, volatile: true}
  tx: {offset: 0x70, access: wo, fields: {data: {bits: 7:0, idle: 0}, last: {bits: 8, idle: 0}}}
  plain: {offset: 0x6C, fields: {done: {bits: 0}}}
  irq_clear: {offset: 0x60, alias: plain, access: w1c}
  time: {offset: 0x64}
  named: {offset: 0x68, fields: {what: {bits: 0, enum: {read: Seen, write: Told}}}}
memories:
  mailbox: {offset: 0x1000, size: 64}
  rom: {offset: 0x1100, size: 16, width: 8, access: ro}
  wide: {offset: 0x1200, size: 64, width: 128}
  ring: {offset: 0x2000, size: 64, entry: entry}
blocks:
  ch: {type: channel, offset: 0x100, count: 4, stride: 0x10}
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    path = tmp_path_factory.mktemp("inside") / "inside.yaml"
    path.write_text(MAP)
    return hal.load_map(path)


@pytest.fixture
def dev(slot, driver):
    with driver.open(0) as device:
        yield device
        slot.emulator.set_model(None)


@pytest.fixture
def model(dev, driver):
    made = hal.Model(driver)
    dev.slot.emulator.set_model(made)
    return made


def test_fields_are_read_and_set_whatever_their_access(dev, model):
    model.ch[2].status.done = 1
    model.ch[2].status.count = 7
    model.ch[2].level.mode = 5
    assert (dev.ch[2].status.fields(), dev.ch[2].level.mode.name) == ({"done": 1, "count": 7}, "FAST")
    dev.ch[1].level.modify(value=0x1234, mode=1)
    assert (model.ch[1].level.value, model.ch[1].level.mode.name) == (0x1234, "SLOW")
    model.irq.done = 1
    assert (dev.irq.done, dev.irq.read()) == (1, 1)
    dev.ctrl.deep = 9
    assert model.ctrl.deep == 9  # nobody else can read it
    model.temperature.value = -1.5
    assert (dev.temperature.value, model.temperature.value) == (-1.5, -1.5)


def test_whole_registers(dev, model):
    model.big.write(0x1122334455667788)
    assert (dev.big.read(), model.big.hi, model.big.lo) == (0x1122334455667788, 0x112233, 0x4455667788)
    model.big.lo = 1
    assert dev.big.read() == 0x1122330000000001
    model.pair.modify(low=3, high=4)
    assert (model.pair.fields(), model.pair.read()) == ({"low": 3, "high": 4}, 0x40003)
    model.pair.reset()
    assert dev.pair.read() == 0
    model.byte.value = 0xAB
    assert dev.byte.value == 0xAB


def test_arrays_by_number_name_and_slice(dev, model):
    for number, register in enumerate(model.bank):
        register.value = 10 + number
    assert [dev.bank[name].value for name in ("north", "west")] == [10, 13]
    assert [item.value for item in model.bank[1:3]] == [11, 12]
    assert model.bank["south"].path == "bank[south]"
    model.grid[1][2].value = 5
    assert (dev.grid[1, 2].value, len(model.grid), len(model.grid[0])) == (5, 2, 3)
    model.irq.lines[2] = 1
    assert (list(dev.irq.lines), list(model.irq.lines), model.irq.lines[1:3]) == ([0, 0, 1, 0], [0, 0, 1, 0], [0, 1])
    model.irq.lines = [1, 1, 0, 0]
    assert list(dev.irq.lines) == [1, 1, 0, 0]


def test_memories_by_word_slice_and_entry(dev, model):
    model.mailbox[3] = 0xFFFFFFFF
    model.mailbox[0:2] = [1, 2]
    dev.mailbox[15] = 9
    assert (list(dev.mailbox[0:4]), model.mailbox[-1], len(model.mailbox)) == ([1, 2, 0, 0xFFFFFFFF], 9, 16)
    model.rom[0:4] = b"abcd"
    assert (bytes(dev.rom[0:4]), model.rom[1:3]) == (b"abcd", [0x62, 0x63])
    model.wide[1] = 1 << 100
    assert (dev.wide[1], model.wide[1]) == (1 << 100, 1 << 100)
    model.ring[5].length.value = 77
    model.ring[5].flags.last = 1
    assert (dev.ring[5].length.value, dev.ring[5].flags.last, model.ring.words[10]) == (77, 1, 77)
    model.mailbox.write(2, [3, 4])
    assert model.mailbox.read(1, 3) == bytes([2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0])
    assert sum(model.mailbox) == 1 + 2 + 3 + 4 + 9


def test_paths(dev, model):
    model.set("mailbox[3]", 7)
    model.set("ch[2].level", 0x51234)
    model.set("ch[2].level.mode", 1)
    model.set("irq.lines[1]", 1)
    model.set("ring[1].flags.last", 1)
    model.set("bank[east].value", 4)
    model.set("grid[1][0]", 6)
    found = [
        model.get(path) for path in ("mailbox[3]", "ch[2].level.value", "irq.lines[1]", "bank[east]", "grid[1][0]")
    ]
    assert found == [7, 0x1234, 1, 4, 6]
    assert (dev.mailbox[3], dev.ch[2].level.mode, dev.ring[1].flags.last) == (7, 1, 1)
    assert model.find("time").path == "time"
    model.find("time").value = 3
    assert (dev.time.value, isinstance(model.time, float)) == (3, True)


def test_two_registers_at_one_address_are_two(dev, model):
    model.rx.value = 5
    dev.tx.write(data=0x41, last=1)
    assert (dev.rx.value, model.rx.value, model.tx.fields()) == (5, 5, {"data": 0x41, "last": 1})
    model.tx.data = 0
    assert (model.tx.read(), dev.rx.value) == (0x100, 5)


def test_hardware_gives_what_is_read(dev, model):
    """Of a field that is read as one enum, and written as another."""
    model.named.what = 1
    assert dev.named.what.name == "BUSY"
    model.named.what = model.named.what
    assert model.named.what.name == "BUSY"


WRONG = [
    (lambda m: m.crtl, hal.FieldNameError, r"Inside has no register, block or memory 'crtl'; did you mean ctrl\?"),
    (lambda m: m.ch[0].levle, hal.FieldNameError, r"Inside.ch\[0\] has no register, block or memory 'levle'; did you mean level\?"),
    (lambda m: m.ch[0].level.vaule, hal.FieldNameError, r"Inside.ch\[0\].level has no field 'vaule'; did you mean value\?"),
    (lambda m: setattr(m.ch[0].level, "vaule", 1), hal.FieldNameError, "did you mean value"),
    (lambda m: setattr(m, "ctrl", 1), hal.AccessError, r"Inside.ctrl can't be replaced: set a field of it, as in ctrl.start = ..., or all bits with ctrl.write"),
    (lambda m: setattr(m, "bank", 1), hal.AccessError, r"set what its elements hold, as in bank\[north\]"),
    (lambda m: setattr(m.ch[0], "level", 1), hal.AccessError, r"level can't be replaced: set a field of it, as in level.value"),
    (lambda m: setattr(m.ch[0], "levle", 1), hal.FieldNameError, "did you mean level"),
    (lambda m: m.get("crtl"), hal.FieldNameError, "did you mean ctrl"),
    (lambda m: m.get("ch[0].levle"), hal.FieldNameError, "did you mean level"),
    (lambda m: m.set("ch[0].level.vaule", 1), hal.FieldNameError, "did you mean value"),
    (lambda m: m.get("ch"), hal.FieldNameError, "Inside.ch is an array"),
    (lambda m: m.get("mailbox"), hal.FieldNameError, r"Inside.mailbox is a memory: name a word of it, as in mailbox\[0\]"),
    (lambda m: m.get("ctrl[0]"), hal.FieldNameError, r"Inside.ctrl has no elements: leave \[0\] out"),
    (lambda m: m.get("mailbox[16]"), IndexError, "index 16 is outside of its 16 words"),
    (lambda m: m.ch[4], IndexError, "index 4 is outside of its 4 elements"),
    (lambda m: m.bank["up"], IndexError, r"\[.*up.*\] is none of north, east, south, west"),
    (lambda m: setattr(m.ch[0].level, "mode", 9), hal.FieldValueError, r"^Inside.ch\[0\].level.mode: "),
    (lambda m: m.pair.modify(low=1, high=1 << 16), hal.FieldValueError, r"^Inside.pair.high: "),
    (lambda m: m.mailbox.__setitem__(0, 1 << 32), hal.FieldValueError, "^Inside.mailbox: "),
    (lambda m: m.mailbox.__setitem__(slice(0, 2), [1]), hal.FieldValueError, "the slice holds 2 words and 1 were given"),
    (lambda m: m.mailbox.write(15, [1, 2]), hal.AddressError, "words 15 to 16 are outside of its 16"),
    (lambda m: m.irq_clear.done, hal.ModelError, "has no bits of its own: it acts on plain.done, so name that"),
    (lambda m: m.ctrl + 1, hal.FieldTypeError, r"this is a register: take a field, e.g. .start, or .read\(\)"),
    (lambda m: bool(m.ch), hal.FieldTypeError, None),
    (lambda m: m.find("ctrl.start"), hal.FieldNameError, "Inside.ctrl.start is a value: get reads it"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "kind", "told"), WRONG, ids=map(str, range(len(WRONG))))
def test_what_is_wrong_is_told(dev, model, act, kind, told):
    before = dev.slot.emulator.save_state(type(dev)).to_dict()
    if told is None:
        assert act(model)  # a sequence, which is true as long as it has elements
        return
    with pytest.raises(kind, match=told):
        act(model)
    assert dev.slot.emulator.save_state(type(dev)).to_dict() == before


def test_a_model_on_no_card_says_so(driver):
    model = hal.Model(driver)
    with pytest.raises(hal.ModelError, match=r"on no card yet: give it to slot\.emulator\.set_model"):
        model.ctrl.start = 1
    assert "on no card" in repr(model.ctrl)
    with pytest.raises(hal.FieldTypeError, match=r"Model needs a driver: give it to super\(\)\.__init__\(Driver\)"):
        hal.Model()


def test_what_shows_itself(model):
    model.ch[0].level.value = 3
    assert repr(model.ch[0].level) == "<Inside.ch[0].level = 0x00000003: value=0x3, mode=OFF>"
    assert (repr(model.ch), repr(model.mailbox)) == ("<Inside.ch: 4 elements>", "<Inside.mailbox: 16 words of 32 bits>")
    assert {"level", "status"} <= set(dir(model.ch[0]))
    assert {"value", "mode"} <= set(dir(model.ch[0].level))


FIELDS = {  # path: width of what fits it
    "ch[3].status.count": 8, "irq.done": 1, "irq.lines[3]": 1, "big.lo": 40, "big.hi": 24, "byte.value": 8,
    "pair.low": 8, "pair.high": 16, "bank[west].value": 32, "grid[0][2].value": 32, "mailbox[9]": 32, "rom[5]": 8,
    "wide[2]": 128, "ring[2].length.value": 32, "ring[2].flags.last": 1, "ctrl.deep": 8,
}  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.sampled_from(sorted(FIELDS)).flatmap(lambda path: st.tuples(st.just(path), st.integers(0, (1 << FIELDS[path]) - 1))), max_size=25))  # fmt: skip
def test_each_place_holds_what_was_set_there_last(driver, steps):
    with hal.open_slot(0) as slot:
        slot.emulator.set_model(None)
        slot.emulator.power_cycle()
        with driver.open(0) as device:
            model = hal.Model(driver)
            device.slot.emulator.set_model(model)
            held = dict.fromkeys(FIELDS, 0)
            for path, value in steps:
                model.set(path, value)
                held[path] = value
            assert {path: model.get(path) for path in FIELDS} == held
            fresh = hal.Model(driver)
            fresh.bind(slot.emulator)
            assert (fresh.pair.low, fresh.big.lo, fresh.wide[2]) == (held["pair.low"], held["big.lo"], held["wide[2]"])
            slot.emulator.set_model(None)


def test_a_neighbour_that_a_program_writes_meanwhile_keeps_its_value(dev, model):
    """A read and a write in the place of one step would bring back what was there before."""
    end, switch = time.monotonic() + 0.4, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    dev.slot.emulator.set_model(None)  # plain accesses, which take no lock

    def hardware():
        number = 0
        while time.monotonic() < end:
            number = (number + 1) & 0xFFFF
            model.pair.high = number

    thread = threading.Thread(target=hardware)
    thread.start()
    bar, lost, number = dev.slot.bar("app", 0), 0, 0
    try:
        while thread.is_alive():
            number = (number + 1) & 0xFF
            bar.poke(0x1C, number, 8)
            lost += bar.peek(0x1C, 8) != number
    finally:
        thread.join(LIMIT)
        sys.setswitchinterval(switch)
    assert lost == 0
