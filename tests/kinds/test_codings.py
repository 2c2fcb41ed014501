"""Numbers in all codings, with scale, offset, unit and range, on a card; all values of small widths against rules."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codegen
import hal
from codegen.model.values import codings as generated
from hal.kinds.codings import CODINGS


def two_complement(bits):
    return int(bits, 2) - (2 ** len(bits) if bits[0] == "1" else 0)


def sign_magnitude(bits):
    return int("0" + bits[1:], 2) * (-1 if bits[0] == "1" else 1)


def gray(bits):
    digits = bits[0]
    for bit in bits[1:]:
        digits += str(int(bit != digits[-1]))
    return int(digits, 2)


def bcd(bits):
    padded = bits.zfill(-(-len(bits) // 4) * 4)
    digits = [int(padded[at : at + 4], 2) for at in range(0, len(padded), 4)]
    return int("".join(map(str, digits))) if max(digits) < 10 else None


def one_hot(bits):
    return len(bits) - 1 - bits.index("1") if bits.count("1") == 1 else None


MODELS = {
    "unsigned": lambda bits: int(bits, 2),
    "signed": two_complement,
    "sign_magnitude": sign_magnitude,
    "gray": gray,
    "bcd": bcd,
    "one_hot": one_hot,
}
WIDTHS = {"sign_magnitude": range(2, 9)}


def steps_of(coding, width):
    """The model's step of all bits, by bits."""
    return {raw: MODELS[coding](f"{raw:0{width}b}") for raw in range(1 << width)}


@pytest.fixture
def device(slot, tmp_path):
    """Makes a device of fields, each alone in a register of its own."""

    def make(*fields):
        lines = [
            f"  r{number}: {{offset: {4 * number}, fields: {{v: {{{text}}}}}}}" for number, text in enumerate(fields)
        ]
        path = tmp_path / "meter.yaml"
        path.write_text("\n".join(["schema: 1", "name: meter", "registers:", *lines, ""]))
        return hal.load_map(path).open(0)

    return make


def test_every_coding_round_trips_all_bits_of_small_widths(device):
    cases = [(coding, width) for coding in MODELS for width in WIDTHS.get(coding, range(1, 9))]
    dev = device(*(f"bits: {width - 1}:0, format: {coding}" for coding, width in cases))
    for (coding, width), register in zip(cases, dev.registers(), strict=True):
        model = steps_of(coding, width)
        values = [step for step in model.values() if step is not None]
        for raw, step in model.items():
            register.write(raw)
            assert register.v == step, (coding, width, raw)
            if step is None:
                continue
            register.v = step
            assert MODELS[coding](f"{register.read():0{width}b}") == step
        for outside in (min(values) - 1, max(values) + 1):
            with pytest.raises(hal.FieldValueError, match="is out of range"):
                register.v = outside


def test_the_generator_has_the_same_codings():
    for coding, step_of in MODELS.items():
        for width in WIDTHS.get(coding, range(1, 9)):
            known = {step: raw for raw, step in steps_of(coding, width).items() if step is not None}
            low, high = generated.steps(coding, width)
            assert (low, high) == CODINGS[coding].ends(width) == (min(known), max(known))
            for step in range(low, high + 1):
                bits = generated.bits_of_step(coding, step, width)
                assert bits == CODINGS[coding].bits(step, width)
                assert step_of(f"{bits:0{width}b}") == step


def nearest(values, wanted):
    """The raw bits whose value is nearest; of two, that with the even step."""
    return min(values, key=lambda raw: (abs(values[raw][1] - wanted), values[raw][0] % 2))


@given(
    coding=st.sampled_from([*MODELS]),
    width=st.integers(2, 7),
    scale=st.fractions(max_denominator=4096).filter(bool),
    offset=st.fractions(-1000, 1000, max_denominator=100),
    wanted=st.floats(-1e4, 1e4),
)
def test_scaled_numbers_are_the_nearest_ones(coding, width, scale, offset, wanted):
    kind = hal.Real(coding, scale=scale, offset=offset)
    values = {raw: (step, step * scale + offset) for raw, step in steps_of(coding, width).items() if step is not None}
    for raw, (_, value) in values.items():
        assert kind.decode(raw, width) == float(value)
        assert values[kind.encode(float(value), width)][1] == value
    low, high = (end([value for _, value in values.values()]) for end in (min, max))
    if low <= Fraction(wanted) <= high:
        assert values[kind.encode(wanted, width)] == values[nearest(values, Fraction(wanted))]


def test_scaled_fields_on_the_card(device):
    """The same in the accessors of this mode, all bits of 12, and what is between two steps."""
    dev = device(
        "bits: 11:0, format: signed, scale: 0.0625, offset: -40, unit: °C, range: [-40, 85]",
        "bits: 11:0, scale: 3.3/4096, unit: V",
        "bits: 11:0, format: signed, scale: -0.1, offset: 7",
        "bits: 31:0, format: signed, scale: 1e-6",
        "bits: 7:0, scale: 4, offset: 8",
    )
    lines = [(Fraction(1, 16), -40), (Fraction(33, 40960), 0), (Fraction(-1, 10), 7)]
    for register, (scale, offset) in zip(dev.registers(), lines, strict=False):
        signed = scale != Fraction(33, 40960)
        for raw in range(0, 4096, 7):
            register.write(raw)
            step = two_complement(f"{raw:012b}") if signed else raw
            assert register.v == float(step * scale + offset)
            if not (register.path == "r0" and not -40 <= register.v <= 85):
                register.v = register.v
                assert register.read() == raw
    dev.r0.v = 20.03
    assert (dev.r0.v, repr(dev.r0).partition(": ")[2]) == (20.0, "v=20.0 °C>")
    for value in (-40.1, 85.04, math.inf, math.nan):
        with pytest.raises(hal.FieldValueError, match=r"meter\.r0\.v .*; nothing was written"):
            dev.r0.v = value
    dev.r0.v = 85.03  # the nearest step is in range
    assert dev.r0.v == 85.0
    dev.r0.v = -39.96875  # half a step: the even one
    assert dev.r0.v == -40.0
    dev.r3.v = 2e-6
    assert (dev.r3.read(), dev.r3.v) == (2, 2e-6)
    dev.r4.v = 16
    assert (dev.r4.read(), dev.r4.v, type(dev.r4.v)) == (2, 16, int)
    with pytest.raises(hal.FieldValueError, match="18 is no step of 4: 16 or 20; nothing was written"):
        dev.r4.v = 18


def test_no_value_of_bits_that_are_none(device):
    dev = device("bits: 7:0, format: bcd", "bits: 7:0, format: bcd, scale: 0.1", "bits: 3:0, format: one_hot")
    dev.r0.write(0x1A)
    dev.r1.write(0x1A)
    dev.r2.write(0b0110)
    assert (dev.r0.v, dev.r2.v) == (None, None)
    assert math.isnan(dev.r1.v)
    assert [repr(register).partition(": ")[2] for register in dev.registers()] == [
        "v=0x1a (no bcd)>",
        "v=0x1a (no bcd)>",
        "v=0x6 (no one_hot)>",
    ]


@pytest.mark.parametrize(("width", "letter"), [(16, "e"), (32, "f")])
def test_floats(device, width, letter):
    dev = device(f"bits: {width - 1}:0, format: float{width}")
    for raw in [*range(0, 1 << 16, 5), 0x7C00, 0xFC00]:
        bits = raw << (width - 16) | (raw & 0xFF if width == 32 else 0)
        (value,) = struct.unpack(f"<{letter}", bits.to_bytes(width // 8, "little"))
        dev.r0.write(bits)
        if math.isnan(value):
            assert math.isnan(dev.r0.v)
            continue
        assert dev.r0.v == value
        dev.r0.v = value
        assert dev.r0.read() == bits
    dev.r0.v = math.nan
    assert math.isnan(dev.r0.v)
    with pytest.raises(hal.FieldValueError, match=f"1e\\+40 is larger than any float of {width} bits"):
        dev.r0.v = 1e40


def test_double_and_a_range_of_floats(slot, tmp_path):
    path = tmp_path / "floats.yaml"
    path.write_text(
        "schema: 1\nname: floats\nregisters:\n"
        "  d: {offset: 0, width: 64, fields: {v: {bits: 63:0, format: float64, reset: -0.1}}}\n"
        "  f: {offset: 8, fields: {v: {bits: 31:0, format: float32, range: [0, 0.5], unit: V}}}\n"
    )
    dev = hal.load_map(path).open(0)
    assert dev.d.v == -0.1
    dev.d.v = 1e300
    assert dev.d.v == 1e300
    dev.f.v = 0.5
    for value in (0.500001, -1e-9, math.nan):
        with pytest.raises(hal.FieldValueError, match=r"is out of range 0\.0 to 0\.5; nothing was written"):
            dev.f.v = value
    assert "v=0.5 V" in repr(dev.f)


@pytest.mark.parametrize(("fraction_bits", "signed"), [(-3, True), (-1, False), (9, False), (12, True)])
def test_points_outside_of_the_field(device, fraction_bits, signed):
    shape = f"{{signed: {str(signed).lower()}, fraction_bits: {fraction_bits}}}"
    dev = device(f"bits: 7:0, format: {{fixed: {shape}}}")
    for raw in range(256):
        step = two_complement(f"{raw:08b}") if signed else raw
        dev.r0.write(raw)
        assert dev.r0.v == float(step / Fraction(2) ** fraction_bits)
        dev.r0.v = dev.r0.v
        assert dev.r0.read() == raw
        dev.r0.v = Fraction(dev.r0.v)  # what is no float goes another way
        assert dev.r0.read() == raw


def test_resets_of_real_numbers(slot, tmp_path):
    path = tmp_path / "resets.yaml"
    path.write_text(
        "schema: 1\nname: resets\nregisters:\n"
        "  a: {offset: 0, fields: {v: {bits: 15:0, format: {fixed: {signed: true, fraction_bits: 8}}, reset: -1.5}}}\n"
        "  b: {offset: 4, fields: {v: {bits: 11:0, scale: 0.1, offset: -40, reset: 21.3}}}\n"
        "  c: {offset: 8, fields: {v: {bits: 15:0, format: float16, reset: 0.333}}}\n"
    )
    dev = hal.load_map(path).open(0)
    assert (dev.a.v, dev.b.v) == (-1.5, 21.3)
    assert dev.c.v == struct.unpack("<e", struct.pack("<e", 0.333))[0]


def test_a_number_that_is_none_is_told(device):
    dev = device("bits: 11:0, scale: 0.5", "bits: 11:0, format: gray")
    for register in dev.registers():
        with pytest.raises(hal.FieldTypeError, match="is needed, not str"):
            register.v = "1"
    dev.r0.v = 3
    dev.r1.v = True
    assert (dev.r0.v, dev.r1.v) == (3.0, 1)


def test_the_header_and_the_documents_say_it(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(
        "schema: 1\nname: t\nregisters:\n"
        "  r: {offset: 0, fields: {v: {bits: 11:0, scale: 0.5, offset: -8, unit: mV, range: [-8, 100]}}}\n"
    )
    codegen.generate([path], tmp_path, ["c", "systemverilog", "markdown", "html", "json"])
    header, package = (tmp_path / name for name in ("t.h", "t_pkg.sv"))
    for line in ("SCALE 0.5", "BIAS (-8)", "MIN (-8)", "MAX 100"):
        assert f"#define T_R_V_{line}\n" in header.read_text()
    assert "localparam real R_V_BIAS = -8;" in package.read_text()
    for name in ("t.md", "t.html"):
        assert "unsigned, times 0.5 plus -8, -8 to 100, mV" in (tmp_path / name).read_text()
