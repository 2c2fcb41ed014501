"""What the accelerator's descriptors refuse to be made of: what they take is used as an index, a shift and a stack size."""

from __future__ import annotations

import pytest

import hal
from hal.kinds import UNSIGNED
from tests.support.dut import load_class

_accel = pytest.importorskip("hal._accel")


def shape():
    """Of a register with two fields, and so three ports: its own and theirs."""
    text = 'schema: 1\nname: dut\nregisters: {r: {offset: 0, fields: {a: {bits: "3:0"}, b: {bits: "7:4"}}}}\n'
    kind = load_class(text)._design.children["r"].kind
    layout = kind._install().layout
    if not isinstance(layout, _accel.Shape):
        pytest.skip("fields are properties here")
    return layout


def field(*, port=1, lsb=0, width=8, reading=_accel.READ_DIRECT, writing=_accel.WRITE_PUT, form=_accel.FORMAT_UNSIGNED):
    return _accel.Field(shape(), None, "f", port, lsb, width, reading, writing, UNSIGNED, form, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0},
        {"port": -1},
        {"port": 3},
        {"lsb": -1},
        {"width": 0},
        {"width": -1},
        {"width": 65},
        {"width": 65, "reading": _accel.READ_PYTHON},
        {"width": 65, "writing": _accel.WRITE_PYTHON},
        {"form": _accel.FORMAT_UNSIGNED - 1},
        {"form": _accel.FORMAT_PYTHON + 1},
    ],
    ids=str,
)
def test_a_field_has_a_port_a_place_and_a_format(wrong):
    with pytest.raises(ValueError, match="port, place or format is out of range"):
        field(**wrong)


def test_fields_at_the_ends_of_their_ranges():
    assert field(port=1).__name__ == field(port=2).__name__ == "f"
    assert field(width=1).__name__ == field(width=64).__name__ == "f"
    across = {"reading": _accel.READ_PYTHON, "writing": _accel.WRITE_PYTHON}
    assert field(width=4096, form=_accel.FORMAT_PYTHON, **across).__name__ == "f"


@pytest.mark.parametrize(
    ("count", "width", "low"),
    [
        (0, 32, 0),
        (-1, 32, 0),
        (3, 32, 0),
        (2, 64, 0),
        (9, 8, 0),
        (1 << 20, 8, 0),
        (1, 4, 0),
        (2, 0, 0),
        (1, 65, 0),
        (1, 128, 0),
        (2, 32, -1),
        (2, 32, 17),  # above the field's lowest bit
        (1, 32, 0),  # the field ends behind it
        (1, 16, 16),
    ],
)
def test_a_field_lies_in_words_that_hold_it_and_fit_one_number(count, width, low):
    across = field(lsb=16, width=32, reading=_accel.READ_PYTHON)
    with pytest.raises(ValueError, match="words are out of range"):
        across.lies_in(0, count, width, 0, False, low)


def test_words_at_the_ends_of_their_ranges():
    for count, width, low in ((2, 32, 0), (1, 64, 0), (8, 8, 0), (4, 8, 16), (1, 32, 16)):
        assert field(lsb=16, width=32, reading=_accel.READ_PYTHON).lies_in(0, count, width, 0, False, low) is None
    for reading in (_accel.READ_NONE, _accel.READ_DIRECT):
        with pytest.raises(ValueError, match="words are out of range"):
            field(lsb=16, width=32, reading=reading).lies_in(0, 2, 32, 0, False, 0)


def test_a_field_is_of_its_class_alone(dut):
    """A descriptor can be called with anything."""
    accessor = vars(type(dut.ctrl))["a"]
    if not isinstance(accessor, _accel.Field):
        pytest.skip("fields are properties here")
    for stranger in (dut.single, dut, 5, type(dut.ctrl)):
        with pytest.raises((TypeError, hal.FieldTypeError), match="belongs to another class"):
            accessor.__get__(stranger)
        with pytest.raises((TypeError, hal.FieldTypeError), match="belongs to another class"):
            accessor.__set__(stranger, 1)
