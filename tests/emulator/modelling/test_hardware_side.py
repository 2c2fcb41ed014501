"""Models act for the hardware: counters, and fields that it drives, against a model written here."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hal

MAP = """schema: 1
name: side
registers:
  packets: {offset: 0x0, fields: {value: {bits: 3:0, counter: {up: 3, down: 2, saturate: true, clear: read}}}}
  credits: {offset: 0x4, fields: {now: {bits: 11:8, reset: 4, counter: {up: 3, down: 2, clear: write}}, mode: {bits: 1:0}}}
  status:
    offset: 0x8
    access: w1c
    fields:
      written: {bits: 3:0, hw: write}
      set: {bits: 7:4, hw: set}
      cleared: {bits: 11:8, access: rw, hw: clear}
      sticky: {bits: 15:12, sticky: bit}
      first: {bits: 19:16, sticky: field}
      constant: {bits: 20, hw: read, access: rw}
      said: {bits: 21, volatile: true}
  irq:
    offset: 0xC
    access: w1c
    fields:
      level: {bits: 3:0, intr: level}
      rises: {bits: 7:4, intr: posedge}
      falls: {bits: 11:8, intr: negedge}
      both: {bits: 15:12, intr: bothedge}
      loose: {bits: 19:16, intr: level, sticky: none}
      line: {bits: 20, count: 2, intr: posedge}
  irq_clear: {offset: 0x10, alias: packets, access: w1c}
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    path = tmp_path_factory.mktemp("side") / "side.yaml"
    path.write_text(MAP)
    return hal.load_map(path)


@pytest.fixture
def side(slot, driver):
    with driver.open(0) as dev:
        dev.slot.emulator.set_model(hal.Model(driver))
        yield dev
        slot.emulator.set_model(None)


def model_of(dev):
    model = hal.Model(type(dev))
    dev.slot.emulator.set_model(model)
    return model


def test_counters(side):
    model = model_of(side)
    assert [model.count("packets"), model.count("packets.value", 9), model.count("packets.value", -2)] == [3, 15, 11]
    assert [side.packets.value, side.packets.value] == [11, 0]
    assert [model.count("packets", -1), model.count("packets", 0)] == [0, 0]
    side.credits.write(mode=2)  # any write clears the counter
    assert [model.count("credits.now", -1), model.count("credits.now", 2)] == [14, 4]
    assert (side.credits.now, side.credits.mode) == (4, 2)


def test_the_first_model_of_a_load_starts_with_low_inputs(side):
    model = model_of(side)
    model.drive("irq.level", 5)
    side.irq.write(0xF)
    assert side.irq.level == 5
    model.event(2, 0, 0, 0, 0, 0, 0)  # the card says that the design was loaded
    side.irq.write(0xF)
    assert side.irq.level == 0


def test_elements_of_arrays(side):
    model = model_of(side)
    model.drive("irq.line[1]", 1)
    assert list(side.irq.line) == [0, 1]


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda model: model.count("credits"), "Side.credits is a register with several fields: name one of them"),
        (lambda model: model.count("credits.mode"), "Side.credits.mode is no counter: the map says nothing of counter for it"),
        (lambda model: model.drive("status.said", 1), "Side.status.said: the map does not say what hardware does to it; add hw, or use set"),
        (lambda model: model.drive("status.constant", 1), "Side.status.constant: hardware never writes it, for the map says hw: read"),
        (lambda model: model.drive("irq_clear", 1), "Side.irq_clear has no bits of its own: it acts on packets.value, so name that"),
    ],
)  # fmt: skip
def test_what_hardware_does_not_do(side, act, text):
    with pytest.raises(hal.ModelError) as caught:
        act(model_of(side))
    assert str(caught.value) == text


def test_values_that_do_not_fit(side):
    model = model_of(side)
    with pytest.raises(hal.FieldValueError, match=r"^Side\.status\.set: "):
        model.drive("status.set", 16)
    with pytest.raises(hal.FieldTypeError, match=r"^events are an integer, not float"):
        model.count("packets", 1.5)
    with pytest.raises(hal.FieldNameError):
        model.drive("status.nothing", 1)
    assert (side.status.read(), side.packets.read()) == (0, 0)


FIELDS = ("written", "set", "cleared", "sticky", "first", "level", "rises", "falls", "both", "loose")
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(("drive", "drive", "clear", "read")), st.sampled_from(FIELDS), st.integers(0, 15)),
    max_size=30,
)


class Bits:
    """Each of the fields, bit by bit."""

    def __init__(self):
        self.held = dict.fromkeys(FIELDS, 0)
        self.input = dict.fromkeys(FIELDS, 0)

    def drive(self, name, value):
        before, held = self.input[name], self.held[name]
        if name in {"written", "loose"}:
            new = value
        elif name == "first":
            new = held or value
        else:
            new = 0
            for bit in (1, 2, 4, 8):
                was, now, is_set = (bool(number & bit) for number in (before, value, held))
                is_event = {"rises": now and not was, "falls": was and not now, "both": was != now}.get(name, now)
                if (is_set and not is_event) if name == "cleared" else (is_set or is_event):
                    new |= bit
        self.held[name], self.input[name] = new, value

    def clear(self, name, value):
        self.held[name] = value if name == "cleared" else self.held[name] & ~value
        self.levels()

    def levels(self):
        self.held["level"] |= self.input["level"]
        self.held["loose"] = self.input["loose"]


@settings(max_examples=40)
@given(operations=OPERATIONS)
def test_driven_fields(driver, operations):
    with hal.open_slot(0) as slot:
        slot.emulator.set_model(None)
        slot.emulator.power_cycle()
        with driver.open(0) as dev:
            model, bits = model_of(dev), Bits()
            for what, name, value in operations:
                register = "status" if name in FIELDS[:5] else "irq"
                if what == "drive":
                    model.drive(f"{register}.{name}", value)
                    bits.drive(name, value)
                elif what == "clear":
                    setattr(getattr(dev, register), name, value)
                    bits.clear(name, value)
                else:
                    assert getattr(getattr(dev, register), name) == bits.held[name]
            assert {name: getattr(dev.status, name) for name in FIELDS[:5]} == {
                name: bits.held[name] for name in FIELDS[:5]
            }
            assert {name: getattr(dev.irq, name) for name in FIELDS[5:]} == {
                name: bits.held[name] for name in FIELDS[5:]
            }
            slot.emulator.set_model(None)
