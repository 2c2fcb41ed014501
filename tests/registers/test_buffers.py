"""Buffers of every type into memories, registers and BARs, and out of them, beside a model in plain Python."""

from __future__ import annotations

import ctypes
import struct
from array import array

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import hal
from hal.compat.fpga_pci_wrapper import FpgaPCI
from tests.support.cards import fresh_slot

MAP = """
schema: 1
name: buffers
registers:
  dots: {offset: 0x0, count: 4, stride: 4}
  halves: {offset: 0x20, count: 4, stride: 2, width: 16}
  longs: {offset: 0x40, count: 2, stride: 8, width: 64}
  wides: {offset: 0x60, count: 2, stride: 16, width: 128, access_width: 32}
memories:
  m8: {offset: 0x100, size: 32, width: 8}
  m32: {offset: 0x200, size: 128, width: 32}
  m64: {offset: 0x400, size: 256, width: 64}
"""
WIDTHS = (8, 32, 64)
WORDS = 32
PLACE = 4


class World:
    """A device, its BAR and a handle of it."""

    def __init__(self, slot, device):
        self.dev, self.bar, self.emulator = device, slot.bar("app", 0), slot.emulator
        self.pci = FpgaPCI()
        self.handle = self.pci.pci_attach(0, 0, 0, 0)

    def memory(self, width):
        return self.dev.find(f"m{width}")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    file = tmp_path_factory.mktemp("buffers") / "buffers.yaml"
    file.write_text(MAP)
    with fresh_slot() as slot, hal.load_map(file).open(0) as device:
        here = World(slot, device)
        yield here
        here.pci.pci_detach(here.handle)


# -- every way in, by an independent model ----------------------------------------------------------------------------

INTEGERS = [f"{order}{kind}{size}" for order in "<>" for kind in "iu" for size in (2, 4, 8)]
RAW = ["u1", "i1"]


def by_write(_w, memory, data, _count):
    memory.write(PLACE, data)


def by_slice(_w, memory, data, count):
    memory[PLACE : PLACE + count] = data


def by_bar(w, memory, data, _count):
    w.bar.write_from(memory.address + PLACE * memory.width // 8, data, memory.width)


def by_burst(w, memory, data, count):
    w.pci.pci_write_burst(w.handle, memory.address + PLACE * 4, data, count)


def in_batch(w, memory, data, _count):
    with w.dev.batch() as dev:
        dev.find(memory.path).write(PLACE, data)


WAYS = {
    "write": by_write,
    "slice": by_slice,
    "bar": by_bar,
    "burst": by_burst,
    "batch": in_batch,
}


def meant(values, dtype, width):
    """The words that an array stands for, or None where it has to be refused."""
    if np.dtype(dtype).itemsize == 1:
        raw = np.array(values, dtype).tobytes()
        step = width // 8
        return [int.from_bytes(raw[at : at + step], "little") for at in range(0, len(raw), step)]
    if np.dtype(dtype).itemsize * 8 == width:
        return [value % (1 << width) for value in values]
    return values if all(0 <= value < 1 << width for value in values) else None


@st.composite
def arrays(draw):
    """A type, and values that it can hold, small ones often."""
    dtype = draw(st.sampled_from([*INTEGERS, *RAW]))
    info = np.iinfo(dtype)
    value = st.integers(int(info.min), int(info.max)) | st.integers(max(-2, int(info.min)), 200).filter(
        lambda number: number <= int(info.max)
    )
    count = 16 if np.dtype(dtype).itemsize == 1 else draw(st.integers(0, 8))
    return dtype, draw(st.lists(value, min_size=count, max_size=count))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("width", WIDTHS)
@given(given_array=arrays())
@settings(max_examples=60, deadline=None)
def test_integers_go_by_value_or_are_refused(world, way, width, given_array):
    if way == "burst" and width != 32:
        return
    (dtype, values), memory = given_array, world.memory(width)
    memory.fill(0x5A)
    wanted = meant(values, dtype, width)
    data = np.array(values, dtype=dtype)
    before = [0x5A] * WORDS
    if wanted is None:
        with pytest.raises(hal.FieldValueError, match=rf"does not fit its {width}-bit words; nothing was written"):
            WAYS[way](world, memory, data, len(values))
        assert list(memory) == before
        return
    WAYS[way](world, memory, data, len(wanted))
    assert list(memory) == before[:PLACE] + wanted + before[PLACE + len(wanted) :]


# -- other buffers ----------------------------------------------------------------------------------------------------


def cells(code, values):
    """A ctypes array."""
    return (code * len(values))(*values)


FOUR = [1, 2, 3, 0xFFFF_FFFF]
RAW_FOUR = struct.pack("<4I", *FOUR)
TAKEN = {
    "bytes": RAW_FOUR,
    "bytearray": bytearray(RAW_FOUR),
    "memoryview": memoryview(RAW_FOUR),
    "memoryview c": memoryview(RAW_FOUR).cast("c"),
    "memoryview b": memoryview(RAW_FOUR).cast("b"),
    "memoryview, not aligned": memoryview(b"x" + RAW_FOUR)[1:],
    "array B": array("B", RAW_FOUR),
    "array I": array("I", FOUR),
    "array q": array("q", FOUR),
    "array Q": array("Q", FOUR),
    "array L": array("L", FOUR),
    "ctypes c_uint32": cells(ctypes.c_uint32, FOUR),
    "ctypes c_int32": cells(ctypes.c_int32, FOUR),
    "ctypes c_long": cells(ctypes.c_long, FOUR),
    "ctypes c_ulonglong": cells(ctypes.c_ulonglong, FOUR),
    "ctypes c_ubyte": cells(ctypes.c_ubyte, RAW_FOUR),
    "ctypes c_char": cells(ctypes.c_char, RAW_FOUR),
    "ctypes big-endian": cells(ctypes.c_uint32.__ctype_be__, FOUR),
    "numpy": np.array(FOUR),
    "numpy of two dimensions": np.array(FOUR).reshape(2, 2),
    "numpy uint32 of two dimensions": np.array(FOUR, np.uint32).reshape(2, 2),
    "numpy uint8 of two dimensions": np.frombuffer(RAW_FOUR, np.uint8).reshape(4, 4),
    "numpy big-endian": np.array(FOUR, ">u4"),
    "numpy big-endian, wide": np.array(FOUR, ">i8"),
    "list": FOUR,
    "tuple": tuple(FOUR),
    "range and others": [*range(1, 4), np.uint32(0xFFFF_FFFF)],
    "list of numpy": list(np.array(FOUR)),
    "numpy as objects in a list": [np.bool_(1), np.int8(2), np.uint64(3), 0xFFFF_FFFF],
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_holds_words_is_taken(world, name):
    for way in WAYS.values():
        world.dev.m32.fill(0)
        way(world, world.dev.m32, TAKEN[name], 4)
        assert list(world.dev.m32)[: PLACE + 5] == [0] * PLACE + FOUR + [0]
    world.dev.dots.write([0] * 4)
    world.dev.dots.write(TAKEN[name])
    assert world.dev.dots.read() == FOUR


class Sub(np.ndarray):
    """A user's array."""


REFUSED = {
    "float64": (np.zeros(4), "ndarray of float64 is neither bytes nor integers"),
    "float32": (np.zeros(4, np.float32), "ndarray of float32 is neither bytes nor integers"),
    "float16": (np.zeros(8, np.float16), "ndarray of float16 is neither"),
    "integral floats": (np.array([1.0, 2.0]), "ndarray of float64 is neither"),
    "array d": (array("d", [1, 2]), "array of float64 is neither"),
    "array f": (array("f", [1, 2]), "array of float32 is neither"),
    "ctypes c_double": (cells(ctypes.c_double, [1, 2]), "c_double_Array_2 of float64 is neither"),
    "complex": (np.zeros(4, complex), "ndarray of format 'Zd' is neither"),
    "text": (np.array(["a", "b"]), "ndarray of format '1w' is neither"),
    "bytes of numpy": (np.array([b"abcd"]), "ndarray of format '4s' is neither"),
    "structs": (np.zeros(4, [("a", "u4")]), "ndarray of format 'T{I:a:}' is neither"),
    "objects": (np.array([1, 2], object), "ndarray of format 'O' is neither"),
    "times": (np.array(["2026-01-01"], "M8[s]"), "contiguous buffer is needed; this ndarray is none"),
    "user's array": (np.zeros(4).view(Sub), "Sub of float64 is neither"),
    "a float": (np.float32(1), "float32 of float32 is neither"),
    "with gaps": (np.zeros(8, np.uint32)[::2], "ndarray isn't contiguous"),
    "with gaps, wide": (np.zeros(8)[::2].astype(np.int64)[::2], "ndarray isn't contiguous"),
    "by columns": (np.zeros((2, 2), np.int64).T, "ndarray isn't contiguous"),
    "str": ("text", "is needed, not str"),
    "dict": ({1: 2}, "is needed, not dict"),
    "set": ({1, 2}, "is needed, not set"),
    "None": (None, "is needed, not NoneType"),
    "an int": (5, "is needed, not int"),
    "a float in a list": ([1, 1.5], "item 1 is an integer, not float"),
    "text in a list": ([1, "2"], "item 1 is an integer, not str"),
    "a list in a list": ([[1], [2]], "item 0 is an integer, not list"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_none_is_refused_by_its_type(world, name):
    data, told = REFUSED[name]
    memory = world.dev.m32
    with world.emulator.trace() as trace:
        for way in ("write", "slice", "bar", "batch"):
            with pytest.raises(hal.FieldTypeError) as raised:
                WAYS[way](world, memory, data, 4)
            assert told in str(raised.value)
            assert "nothing was written" in str(raised.value)
        with pytest.raises(hal.FieldTypeError, match=r"nothing was (written|done)"):
            by_burst(world, memory, data, None)
        with pytest.raises(hal.FieldTypeError, match=r"buffers\.dots.*nothing was written"):
            (world.dev.dots[: len(data)] if isinstance(data, list) else world.dev.dots).write(data)
    assert trace == []


def test_booleans_are_zero_and_one(world):
    for data in (np.array([True, False]), memoryview(b"\2\0").cast("?"), cells(ctypes.c_bool, [True, False])):
        for width in WIDTHS:
            world.memory(width)[0:2] = [7, 7]
            world.memory(width).write(0, data)
            assert list(world.memory(width)[0:2]) == [1, 0]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_written_of_nothing(world, width):
    memory = world.memory(width)
    with world.emulator.trace() as trace:
        for data in (b"", [], array("I"), np.zeros(0, np.int64), np.zeros((0, 3), np.uint32), (), range(0)):
            memory.write(WORDS, data)
            memory[3:3] = data
            world.bar.write_from(0, data, width)
        for room in (bytearray(), np.zeros(0, np.uint64)):
            memory.readinto(room)
        with pytest.raises(hal.FieldTypeError, match="float64"):
            memory.write(0, np.array([]))
    assert trace == []


def test_a_number_of_numpy_is_one_word(world):
    world.dev.m32[0:2] = [7, 7]
    world.dev.m32.write(0, np.int64(5))
    world.dev.m32[1:2] = np.uint32(6)
    assert list(world.dev.m32[0:2]) == [5, 6]


def test_an_item_that_does_not_fit_is_named(world):
    for data, item in (
        (np.array([1, 1 << 32]), "item 1, 4294967296"),
        ([1, 2, -3], "item 2, -3"),
        ([10**5000], "bits"),
    ):
        with world.emulator.trace() as trace, pytest.raises(hal.FieldValueError, match=rf"m32 .*{item}.*does not fit"):
            world.dev.m32.write(0, data)
        assert trace == []


def test_what_an_iterable_raises_comes_out(world):
    class OwnError(ValueError):
        pass

    def words():
        yield 1
        raise OwnError

    for action in (lambda: world.dev.m32.write(0, words()), lambda: world.dev.dots.write(words())):
        with world.emulator.trace() as trace, pytest.raises(OwnError):
            action()
        assert trace == []


@pytest.mark.parametrize(
    ("name", "width", "values"),
    [("halves", 16, [1, 2, 3, 0xFFFF]), ("longs", 64, [1, (1 << 64) - 1]), ("wides", 128, [1, (1 << 128) - 1])],
)
def test_registers_of_other_widths(world, name, width, values):
    registers = world.dev.find(name)
    for data in (values, b"".join(value.to_bytes(width // 8, "little") for value in values)):
        registers.write([0] * len(values))
        registers.write(data)
        assert registers.read() == values
    registers.write(np.arange(len(values)))
    assert registers.read() == list(range(len(values)))
    with pytest.raises(hal.FieldValueError, match=r"7 bytes is no whole number"):
        registers.write(bytes(7))
    if width <= 64:
        registers.write(np.array([-1] * len(values), f"i{width // 8}"))
        assert registers.read() == [(1 << width) - 1] * len(values)


# -- reading into -----------------------------------------------------------------------------------------------------

ROOMS = [np.uint32, np.int32, np.uint64, np.int64, np.uint16, np.int16, ">u4", ">i8", ">u8", ">u2", np.uint8, np.int8]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", ROOMS, ids=lambda dtype: str(np.dtype(dtype)))
def test_words_come_by_value_into_integers_that_hold_them(world, width, dtype):
    memory, size = world.memory(width), np.dtype(dtype).itemsize
    words = [(1 << width) - 1 - number for number in range(16)]
    memory.write(0, words)
    for shape in ((8,), (2, 4)):
        room = np.zeros(shape, dtype)
        for action in (lambda room=room: memory.readinto(room, 1), lambda room=room: into_by_bar(world, memory, room)):
            room[...] = 0
            if 1 < size < width // 8:
                with (
                    world.emulator.trace() as trace,
                    pytest.raises(hal.FieldTypeError, match=rf"can't hold every {width}"),
                ):
                    action()
                assert trace == []
                assert not room.any()
                continue
            action()
            if size == 1:
                assert room.tobytes() == b"".join(word.to_bytes(width // 8, "little") for word in words[1:9])[:8]
            else:
                assert [int(value) % (1 << 8 * size) for value in room.flat] == words[1:9]


def into_by_bar(world, memory, room):
    world.bar.read_into(memory.address + memory.width // 8, room, memory.width)


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (np.zeros(4), "ndarray of float64 can't hold every 32-bit word"),
        (np.zeros(4, np.float32), "ndarray of float32 can't"),
        (np.zeros(4, bool), r"ndarray of format '\?' can't"),
        (np.zeros(4, "S4"), "ndarray of format '4s' can't"),
        (np.zeros(4, object), "ndarray of format 'O' can't"),
        (array("d", [0]), "array of float64 can't"),
        (array("H", [0]), "array of uint16 can't"),
        (np.zeros(4, np.int64)[::2], "ndarray isn't contiguous"),
        (bytes(4), "bytes is read-only"),
        ([0], "not list"),
        (None, "not NoneType"),
    ],
)
def test_what_can_not_hold_words_is_left_alone(world, room, told):
    before = repr(room)
    with world.emulator.trace() as trace:
        for action in (lambda: world.dev.m32.readinto(room), lambda: world.bar.read_into(0x200, room)):
            with pytest.raises(hal.FieldTypeError, match=told):
                action()
    assert trace == []
    assert repr(room) == before


def test_room_that_is_too_long_is_left_alone_and_let_go(world):
    for code in "BQ":
        room = array(code, bytes(8 * (WORDS + 1) * 4))
        with pytest.raises(hal.AddressError):
            world.dev.m32.readinto(room)
        with pytest.raises(hal.AddressError):
            world.dev.m32.write(0, room)
        room.append(1)  # BufferError while anybody holds it
    for code in "BQd":
        room = array(code, bytes(16))
        for action in (lambda room=room: world.dev.m32.readinto(room), lambda room=room: world.dev.m32.write(0, room)):
            try:
                action()
            except hal.FieldTypeError as error:
                kept = error  # with its traceback
                assert kept.__traceback__ is not None
            room.append(1)
            room.pop()
