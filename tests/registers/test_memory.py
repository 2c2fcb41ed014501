"""Memories against a list of words: every way of reading and writing, at all widths, in any order."""

from __future__ import annotations

from array import array

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import hal

WORDS = 24
MAP = """
schema: 1
name: stores
memories:
  bytes: {offset: 0x100, size: 24, width: 8}
  words: {offset: 0x118, size: 96, width: 32}
  longs: {offset: 0x178, size: 192, width: 64}
blocks:
  bulk: {type: pages, space: {pf: app, bar: 4}, offset: 0}
types:
  pages:
    memories:
      combined: {offset: 0x1000, size: 96, width: 32}
"""
PLACES = ("bytes", "words", "longs", "bulk.combined")


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    file = tmp_path_factory.mktemp("stores") / "stores.yaml"
    file.write_text(MAP)
    with hal.load_map(file).open(0) as device:
        yield device


CODES = {8: "B", 32: "I", 64: "Q"}


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
        return list(array(CODES[self.memory.width], bytes(room[shifted:])))

    def write(self, start, values, form):
        self.memory.write(start, self.encoded(values, form))

    def fill(self, value, start, count):
        self.memory.fill(value, start, count)

    def encoded(self, values, form):
        """As a list, an array, one of numpy, or bytes that are not aligned; a list where one does not fit."""
        width = self.memory.width
        if form == "list" or not all(0 <= value < 1 << width for value in values):
            return values
        words = array(CODES[width], values)
        if form == "shifted":
            return memoryview(bytearray(1) + words.tobytes())[1:]
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
