"""Memories against a list of words: every way of reading and writing, at all widths, in any order."""

from __future__ import annotations

from array import array

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import hal
from tests.support.cards import fresh_slot

WORDS = 24
MAP = """
schema: 1
name: stores
memories:
  bytes: {offset: 0x100, size: 24, width: 8}
  words: {offset: 0x118, size: 96, width: 32}
  longs: {offset: 0x178, size: 192, width: 64}
  halves: {offset: 0x238, size: 48, width: 16}
  singles: {offset: 0x268, size: 24, width: 8, access_width: 64}
  pairs: {offset: 0x280, size: 48, width: 16, access_width: 8}
  wides: {offset: 0x2B0, size: 384, width: 128}
  lines: {offset: 0x430, size: 1536, width: 512, access_width: 64}
blocks:
  bulk: {type: pages, space: {pf: app, bar: 4}, offset: 0}
types:
  pages:
    memories:
      combined: {offset: 0x1000, size: 96, width: 32}
      shorts: {offset: 0x1060, size: 48, width: 16}
      rows: {offset: 0x1090, size: 768, width: 256}
"""
PLACES = (
    *("bytes", "words", "longs", "bulk.combined"),
    *("halves", "singles", "pairs", "wides", "lines", "bulk.shorts", "bulk.rows"),
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    file = tmp_path_factory.mktemp("stores") / "stores.yaml"
    file.write_text(MAP)
    with fresh_slot(), hal.load_map(file).open(0) as device:
        yield device


CODES = {8: "B", 16: "H", 32: "I", 64: "Q"}


class RefusedError(Exception):
    """What the model raises for an access that has to be refused."""


class Words:
    """The model: a list of words."""

    def __init__(self, width):
        self.words, self.width = [0] * WORDS, width

    def span(self, start, count):
        if not 0 <= start <= WORDS or not 0 <= count <= WORDS - start:
            raise RefusedError
        return slice(start, start + count)

    def fitting(self, *values):
        if not all(0 <= value < 1 << self.width for value in values):
            raise RefusedError
        return list(values)

    def get(self, key):
        if not -WORDS <= key < WORDS:
            raise RefusedError
        return self.words[key]

    def put(self, key, value):
        self.get(key)
        (self.words[key],) = self.fitting(value)

    def get_slice(self, start, stop):
        return self.words[start:stop]

    def put_slice(self, start, stop, values):
        if len(self.words[start:stop]) != len(values):
            raise RefusedError
        for place, value in zip(range(WORDS)[start:stop], self.fitting(*values), strict=True):
            self.words[place] = value

    def read(self, start, count):
        return self.words[self.span(start, count)]

    def readinto(self, start, count, _shifted):
        return self.words[self.span(start, count)]

    def write(self, start, values, _form):
        self.words[self.span(start, len(values))] = self.fitting(*values)

    def fill(self, value, start, count):
        self.words[self.span(start, count)] = self.fitting(value) * count


class Stored:
    """The memory on the card, by the same names."""

    def __init__(self, memory):
        self.memory = memory

    def get(self, key):
        return self.memory[key]

    def put(self, key, value):
        self.memory[key] = value

    def get_slice(self, start, stop):
        return list(self.memory[start:stop])

    def put_slice(self, start, stop, values):
        self.memory[start:stop] = values

    def read(self, start, count):
        return list(self.memory.read(start, count))

    def readinto(self, start, count, shifted):
        room = bytearray(count * self.memory.width // 8 + shifted)
        self.memory.readinto(memoryview(room)[shifted:], start)
        return self.decoded(bytes(room[shifted:]))

    def decoded(self, raw):
        step = self.memory.width // 8
        return [int.from_bytes(raw[at : at + step], "little") for at in range(0, len(raw), step)]

    def write(self, start, values, form):
        self.memory.write(start, self.encoded(values, form))

    def fill(self, value, start, count):
        self.memory.fill(value, start, count)

    def encoded(self, values, form):
        """As a list, an array, one of numpy, or bytes that are not aligned; a list where one does not fit."""
        width = self.memory.width
        if form == "list" or not all(0 <= value < 1 << width for value in values):
            return values
        raw = b"".join(value.to_bytes(width // 8, "little") for value in values)
        if form == "shifted":
            return memoryview(bytearray(1) + raw)[1:]
        if width not in CODES:
            return raw if form == "array" else np.frombuffer(raw, np.uint8)
        words = array(CODES[width], values)
        return np.array(values, dtype=f"u{width // 8}") if form == "numpy" else words


def steps(width):
    """An access by name, and its numbers. Some lie outside of the memory, some values don't fit."""
    near, length = st.integers(-WORDS - 2, WORDS + 2), st.integers(0, WORDS + 2)
    value = st.integers(0, (1 << width) - 1) | st.sampled_from([0, (1 << width) - 1, 1 << width, -1, 1 << 64])
    values, form = st.lists(value, max_size=WORDS + 2), st.sampled_from(["list", "array", "numpy", "shifted"])
    return st.one_of(
        st.tuples(st.just("get"), near),
        st.tuples(st.just("put"), near, value),
        st.tuples(st.just("get_slice"), near, near),
        st.tuples(st.just("put_slice"), near, near, values),
        st.tuples(st.just("read"), near, st.integers(-1, WORDS + 2)),
        st.tuples(st.just("readinto"), near, length, st.booleans()),
        st.tuples(st.just("write"), near, values, form),
        st.tuples(st.just("fill"), value, near, st.integers(-1, WORDS + 2)),
    )


def outcome(target, name, *arguments):
    """The access's value, or that it was refused."""
    try:
        return getattr(target, name)(*arguments)
    except RefusedError:
        return "refused"
    except (hal.AddressError, hal.FieldValueError) as error:
        assert "stores." in str(error)
        return "refused"


@pytest.mark.parametrize("place", PLACES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_memory_is_a_list_of_words(stores, place, data):
    memory = stores.find(place)
    for other in PLACES:
        stores.find(other).fill(0)
    model, stored = Words(memory.width), Stored(memory)
    for step in data.draw(st.lists(steps(memory.width), max_size=20)):
        assert outcome(stored, *step) == outcome(model, *step), step
    assert list(memory) == model.words
    assert not any(any(stores.find(other)) for other in PLACES if other != place), "a neighbour was written"


def test_a_buffer_that_is_exported_is_let_go(stores):
    room = bytearray(16)
    stores.words.readinto(room)
    stores.words.write(0, room)
    for action in (lambda: stores.words.readinto(room, 21), lambda: stores.words.write(21, room)):
        with pytest.raises(hal.AddressError):
            action()
    room.extend(b"more")  # BufferError while anybody holds it


@pytest.mark.parametrize(
    ("buffer", "told"),
    [
        (np.zeros(8, np.uint32)[::2], "ndarray isn't contiguous: use a copy of it"),
        (np.zeros((2, 2), np.uint32).T, "ndarray isn't contiguous: use a copy of it"),
        (memoryview(bytearray(16))[::-1], "memoryview isn't contiguous"),
        (bytearray(7), "a buffer of 7 bytes is no whole number of 32-bit words"),
    ],
)
def test_a_buffer_that_can_not_be_taken_is_told(stores, buffer, told):
    stores.words.fill(5)
    with pytest.raises((hal.FieldTypeError, hal.FieldValueError), match=rf"^stores\.words \(.*{told}.*nothing was"):
        stores.words.write(0, buffer)
    assert set(stores.words) == {5}
    before = bytes(buffer)
    with pytest.raises((hal.FieldTypeError, hal.FieldValueError), match=rf"^stores\.words \(.*{told}"):
        stores.words.readinto(buffer)
    assert bytes(buffer) == before


@pytest.mark.parametrize(
    ("target", "told"),
    [(bytes(8), "bytes is read-only"), ("text", "is needed, not str"), ([0, 0], "is needed, not list")],
)
def test_what_can_not_be_filled_is_told(stores, target, told):
    with pytest.raises(hal.FieldTypeError, match=rf"^stores\.words \(.*writable, contiguous buffer.*{told}"):
        stores.words.readinto(target)


def test_memory_slices_and_buffers(widget):
    numpy = pytest.importorskip("numpy")
    widget.ram[0:4] = [1, 2, 3, 0xFFFF_FFFF]
    assert widget.ram[0:5] == array("I", [1, 2, 3, 0xFFFF_FFFF, 0])
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
