"""What a write gives to bits that it doesn't name: bits of no field, commands and settings that nobody can read, and
fields that hardware changes."""

from __future__ import annotations

import threading

import pytest

import hal
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.processes import LIMIT

HEAD = "schema: 1\nname: dut\nafi: {ids: [agfi-0fedcba9876543210]}\nregisters:\n"

RESERVED = load_class(
    HEAD
    + """
  pllcfg: {offset: 0x0, reset: 0x8, fields: {pllr: {bits: 2:0}, pllf: {bits: 9:4}}}
  alone: {offset: 0x4, reset: 0xA0F0_0061, fields: {low: {bits: 3:0}}}
  events: {offset: 0x8, reset: 0x8000_0100, fields: {done: {bits: 0, access: w1c}, lost: {bits: 1, access: w0c}}}
  blind: {offset: 0xC, reset: 0x30, fields: {go: {bits: 0, access: wo}}}
  status: {offset: 0x10, reset: 0x50, access: ro, fields: {busy: {bits: 0}}}
  words:
    offset: 0x20
    width: 96
    access_width: 32
    reset: 0x80000001_40000000_20000000
    fields: {a: {bits: 3:0}, b: {bits: 7:4}, c: {bits: 35:32}, cross: {bits: 67:60}}
  latched:
    offset: 0x30
    width: 64
    access_width: 32
    words: latched
    reset: 0x80000000_40000000
    fields: {a: {bits: 3:0}, b: {bits: 35:32}}
  array: {offset: 0x40, count: 3, stride: 4, reset: 0x1000, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
  shadowed: {offset: 0x50, shadow: true, reset: 0x700, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
  settings:
    offset: 0x60
    width: 64
    access_width: 32
    words: latched
    fields: {a: {bits: 7:0}, b: {bits: 32, access: wo, idle: last}, go: {bits: 33, access: wo, idle: 0}}
  guarded: {offset: 0x54, reset: 0x4000, fields: {a: {bits: 3:0}, once: {bits: 4, access: w1}}}
"""
)


@pytest.fixture
def board(slot):
    with RESERVED.open(0) as device:
        yield device


def assign(register, name, value):
    return lambda: setattr(register, name, value)


# -- bits of no field -------------------------------------------------------------------------------------------------


def test_a_latched_word_that_is_read_gives_back_its_bits_of_no_field(board, bus, slot):
    """Also where its setting is remembered, and the read was for another word."""
    for offset, word in ((0x60, 0xABC0_0005), (0x64, 0xF00D_0000)):
        slot.emulator.poke(0, 0, offset, word)
    reads = [("r", 0x60, 32, 0xABC0_0005), ("r", 0x64, 32, 0xF00D_0000)]
    assert bus(assign(board.settings, "go", 1)) == [*reads, ("w", 0x60, 32, 0xABC0_0005), ("w", 0x64, 32, 0xF00D_0002)]


def test_bits_of_no_field_are_written_back_where_a_read_happens_anyway(board, bus, slot):
    assert bus(assign(board.pllcfg, "pllr", 1)) == [("r", 0, 32, 0x8), ("w", 0, 32, 0x9)]
    slot.emulator.poke(0, 0, 0, 0xFFFF_0009)  # hardware has its own mind
    assert bus(assign(board.pllcfg, "pllf", 3)) == [("r", 0, 32, 0xFFFF_0009), ("w", 0, 32, 0xFFFF_0039)]
    assert bus(lambda: board.pllcfg.modify(pllr=2)) == [("r", 0, 32, 0xFFFF_0039), ("w", 0, 32, 0xFFFF_003A)]


def test_without_a_read_they_get_the_stated_reset(board, bus, slot):
    slot.emulator.poke(0, 0, 4, 0)
    assert bus(assign(board.alone, "low", 2)) == [("w", 4, 32, 0xA0F0_0062)]
    assert bus(lambda: board.alone.modify(low=3)) == [("w", 4, 32, 0xA0F0_0063)]
    assert bus(lambda: board.pllcfg.modify(pllr=1, pllf=1)) == [("w", 0, 32, 0x19)]
    assert bus(lambda: board.pllcfg.write(pllr=2)) == [("w", 0, 32, 0xA)]
    assert bus(assign(board.events, "done", 1)) == [("w", 8, 32, 0x8000_0103)]
    assert bus(assign(board.events, "lost", 0)) == [("w", 8, 32, 0x8000_0100)]
    assert bus(assign(board.blind, "go", 1)) == [("w", 0xC, 32, 0x31)]
    assert bus(lambda: board.guarded.write(once=1)) == [("w", 0x54, 32, 0x4010)]


def test_reset_writes_the_stated_reset(board, bus):
    assert bus(board.pllcfg.reset) == [("w", 0, 32, 0x8)]
    assert bus(board.alone.reset) == [("w", 4, 32, 0xA0F0_0061)]
    assert bus(board.events.reset) == [("w", 8, 32, 0x8000_0102)]
    assert bus(board.blind.reset) == [("w", 0xC, 32, 0x30)]
    assert bus(board.words.reset) == [
        ("w", 0x20, 32, 0x2000_0000), ("w", 0x24, 32, 0x4000_0000), ("w", 0x28, 32, 0x8000_0001),
    ]  # fmt: skip


def test_the_words_of_a_wide_register_are_each_read_or_not(board, bus):
    assert bus(assign(board.words, "a", 1)) == [("r", 0x20, 32, 0x2000_0000), ("w", 0x20, 32, 0x2000_0001)]
    board.words.write((1 << 96) - 1 - (1 << 32))  # a word of all ones would be doubted, and read again
    assert bus(lambda: board.words.modify(a=0, b=0)) == [("w", 0x20, 32, 0x2000_0000)]
    assert bus(assign(board.words, "cross", 0)) == [
        ("r", 0x24, 32, 0xFFFF_FFFE), ("w", 0x24, 32, 0x0FFF_FFFE), ("w", 0x28, 32, 0x8000_0000),
    ]  # fmt: skip


def test_a_latched_register_is_read_as_a_whole_or_not_at_all(board, bus):
    board.latched.write((1 << 64) - 1 - (1 << 16) - (1 << 48))
    assert bus(assign(board.latched, "a", 0)) == [
        ("r", 0x30, 32, 0xFFFE_FFFF), ("r", 0x34, 32, 0xFFFE_FFFF), ("w", 0x30, 32, 0xFFFE_FFF0), ("w", 0x34, 32, 0xFFFE_FFFF),
    ]  # fmt: skip
    assert bus(lambda: board.latched.modify(a=1, b=2)) == [("w", 0x30, 32, 0x4000_0001), ("w", 0x34, 32, 0x8000_0002)]


def test_a_shadow_remembers_them(board, bus):
    assert bus(assign(board.shadowed, "a", 1)) == [("r", 0x50, 32, 0x700), ("w", 0x50, 32, 0x701)]
    board.shadowed.write(0xF00)
    assert bus(assign(board.shadowed, "b", 1)) == [("w", 0x50, 32, 0xF10)]
    assert bus(board.shadowed.reset) == [("w", 0x50, 32, 0x700)]
    assert bus(assign(board.shadowed, "b", 2)) == [("w", 0x50, 32, 0x720)]


def test_arrays_and_batches_keep_them(board, bus):
    assert bus(assign(board.array[1], "a", 1)) == [("r", 0x44, 32, 0x1000), ("w", 0x44, 32, 0x1001)]
    board.array.write([0, 1 << 31, 0])
    assert board.array.read() == [0, 1 << 31, 0]

    def batch():
        with board.batch() as view:
            view.array[1].a = 2
            view.array[1].b = 3  # merged with the one before: all is given, nothing is read
            view.array[2].a = 1
            view.alone.low = 4

    assert bus(batch) == [
        ("w", 0x44, 32, 0x1032), ("r", 0x48, 32, 0), ("w", 0x48, 32, 1), ("w", 4, 32, 0xA0F0_0064),
    ]  # fmt: skip


def test_the_card_holds_what_is_written_to_them(board):
    assert board.alone.read() == 0xA0F0_0061
    board.alone.write(0x1234_567F)
    assert board.alone.read() == 0x1234_567F
    bar = board.slot.bar("app", 0)
    bar.poke(0xC, 0xFFFF_FFFF)
    assert bar.peek(0xC) == 0  # a register that can't be read
    assert board.slot.emulator.peek(0, 0, 0xC) == 0xFFFF_FFFF
    bar.poke(0x10, 0)
    assert bar.peek(0x10) == 0x50  # one that can't be written


def test_a_snapshot_has_them_and_restoring_brings_them_back(board, bus):
    board.pllcfg.write(0x1008)
    board.words.write(0xFFFF_FFFF << 64 | 0xFFFF << 32)
    before = board.snapshot()
    assert (before["pllcfg"], before["status"]) == (0x1008, 0x50)
    board.pllcfg.write(0)
    board.words.reset()
    after = board.snapshot()
    assert before.diff(after)[-1] == ("words", 0xFFFF_FFF0_0000_FFF0_0000_0000, 0x8000_0000_0000_0000_2000_0000)
    assert before.diff(after)[0] == ("pllcfg", 0x1008, 0)
    assert board.restore(hal.Snapshot.from_json(before.to_json(), RESERVED)) == ["guarded"]
    assert board.snapshot() == before


def test_the_cards_state_has_them(board):
    board.alone.write(7)
    board.slot.bar("app", 0).poke(0xC, 0xFF)
    emulator = board.slot.emulator
    state = emulator.save_state(RESERVED)
    assert (state["alone"], state["blind"]) == (7, 0xFF)
    board.alone.reset()
    emulator.load_state(state)
    assert emulator.save_state(RESERVED) == state
    assert board.alone.read() == 7


# -- write-only fields ------------------------------------------------------------------------------------------------

COMMANDS = load_class(
    HEAD
    + """
  int_clr: {offset: 0x0, access: wo, fields: {rx: {bits: 0, idle: 0}, tx: {bits: 1, idle: 0}}}
  low: {offset: 0x4, access: wo, reset: 0x30, fields: {rx: {bits: 1:0, idle: 1}, tx: {bits: 3:2, idle: 1}}}
  gains: {offset: 0x8, access: wo, reset: 0x30, fields: {left: {bits: 3:0, idle: last}, right: {bits: 7:4, idle: last}}}
  mixed:
    offset: 0xC
    reset: 0x8042
    fields:
      mode: {bits: 1:0}
      go: {bits: 2, access: wo, idle: 0}
      stop: {bits: 3, access: wo, idle: 1}
      gain: {bits: 7:4, access: wo, idle: last}
      fire: {bits: 8, access: wo, pulse: true}
      done: {bits: 9, access: w1c}
  alone: {offset: 0x10, access: wo, reset: 0x5, fields: {key: {bits: 3:0}, state: {bits: 8, access: ro}}}
  wide:
    offset: 0x20
    width: 64
    access_width: 32
    access: wo
    reset: 0x00000022_00000011
    fields: {a: {bits: 3:0, idle: last}, b: {bits: 7:4, idle: last}, c: {bits: 35:32, idle: last}, d: {bits: 39:36, idle: last}}
"""
)


@pytest.fixture
def commander(slot):
    with COMMANDS.open(0) as device:
        yield device


def test_a_command_is_given_once(commander, bus):
    assert bus(assign(commander.int_clr, "rx", 1)) == [("w", 0, 32, 0x1)]
    assert bus(assign(commander.int_clr, "tx", 1)) == [("w", 0, 32, 0x2)]
    assert bus(lambda: commander.int_clr.modify(rx=1)) == [("w", 0, 32, 0x1)]
    assert bus(lambda: commander.int_clr.write(tx=1)) == [("w", 0, 32, 0x2)]
    assert bus(commander.int_clr.reset) == [("w", 0, 32, 0x0)]


def test_where_a_zero_acts_ones_are_idle(commander, bus):
    assert bus(assign(commander.low, "rx", 0)) == [("w", 4, 32, 0x3C)]
    assert bus(assign(commander.low, "tx", 2)) == [("w", 4, 32, 0x3B)]
    assert bus(lambda: commander.low.write(tx=0)) == [("w", 4, 32, 0x33)]
    assert bus(commander.low.reset) == [("w", 4, 32, 0x3F)]


def test_a_setting_begins_at_its_reset_and_is_kept(commander, bus):
    assert bus(assign(commander.gains, "left", 2)) == [("w", 8, 32, 0x32)]
    assert bus(assign(commander.gains, "right", 4)) == [("w", 8, 32, 0x42)]
    with COMMANDS.open(0) as other:  # which can read nothing, but what this process wrote is known
        assert bus(assign(other.gains, "left", 1)) == [("w", 8, 32, 0x41)]
    assert bus(commander.gains.reset) == [("w", 8, 32, 0x30)]


def test_each_field_of_a_register_has_its_own_idle(commander, bus):
    assert bus(assign(commander.mixed, "mode", 1)) == [("w", 0xC, 32, 0x8049)]
    assert bus(assign(commander.mixed, "gain", 7)) == [("r", 0xC, 32, 0x8001), ("w", 0xC, 32, 0x8079)]
    assert bus(assign(commander.mixed, "go", 1)) == [("r", 0xC, 32, 0x8001), ("w", 0xC, 32, 0x807D)]
    assert bus(assign(commander.mixed, "stop", 0)) == [("r", 0xC, 32, 0x8001), ("w", 0xC, 32, 0x8071)]
    assert bus(assign(commander.mixed, "fire", 1)) == [("r", 0xC, 32, 0x8001), ("w", 0xC, 32, 0x8179)]
    assert bus(lambda: commander.mixed.write(done=1)) == [("w", 0xC, 32, 0x827A)]
    assert bus(commander.mixed.reset) == [("w", 0xC, 32, 0x804A)]


def test_a_batch_gives_commands_one_by_one(commander, bus):
    def batch():
        with commander.batch() as view:
            view.int_clr.rx = 1
            view.int_clr.tx = 1
            view.gains.left = 1
            view.gains.right = 2

    assert bus(batch) == [("w", 0, 32, 1), ("w", 0, 32, 2), ("w", 8, 32, 0x31), ("w", 8, 32, 0x21)]


def test_a_restored_snapshot_gives_no_command(commander, bus):
    commander.mixed.write(0x8FF3)
    snapshot = commander.snapshot()
    commander.mixed.mode = 0
    assert bus(lambda: commander.restore(snapshot, force=True)) == [("w", 0xC, 32, 0x8CFB)]


def test_a_field_alone_in_its_register_needs_no_idle(commander, bus):
    assert bus(assign(commander.alone, "key", 1)) == [("w", 0x10, 32, 1)]
    assert bus(commander.alone.reset) == [("w", 0x10, 32, 5)]


def test_the_documentation_tells_the_idle_value():
    assert (
        COMMANDS._children["mixed"].kind.go.__doc__ == "Bit 2, wo, idle 0, a write is one bus read and one bus write."
    )
    rows = {row.path: row for row in hal.walk(COMMANDS)}
    idles = {field.name: field.idle for field in rows["mixed"].fields}
    assert idles == {"mode": "", "go": "0", "stop": "1", "gain": "last", "fire": "0", "done": ""}
    assert [field.idle for field in rows["alone"].fields] == ["", ""]


def test_threads_that_write_settings_of_one_register_lose_none(commander):
    """Each writes a field of its own; in the end, the card has what each wrote last."""

    def write(name):
        for value in (*range(16), 9) * 100:
            setattr(commander.gains, name, value)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert commander.slot.emulator.peek(0, 0, 8) == 0x99


def test_a_batch_that_fails_remembers_the_words_that_were_written(commander, bus):
    """The third access fails: of a register of two words, both settings of the first one are known from then on."""

    class Failing(hal.Model):
        def on_write(self, register, value):
            if register == "int_clr":
                raise RuntimeError

    commander.slot.emulator.set_model(Failing(COMMANDS))
    with pytest.raises(hal.HalError), commander.batch() as view:
        view.wide.a = 5
        view.wide.c = 6
        view.int_clr.rx = 1
        view.wide.d = 7
    commander.slot.emulator.set_model(None)
    assert bus(assign(commander.wide, "b", 3)) == [("w", 0x20, 32, 0x35)]
    assert bus(assign(commander.wide, "d", 1)) == [("w", 0x24, 32, 0x16)]


# -- what hardware changes --------------------------------------------------------------------------------------------

VOLATILE = load_class(
    HEAD
    + """
  ctrl: {offset: 0x0, fields: {mode: {bits: 3:0}, busy: {bits: 4, volatile: true}, n: {bits: 15:8, volatile: true}}}
  kept: {offset: 0x4, fields: {mode: {bits: 3:0}, left: {bits: 15:8, volatile: true, writeback: false}}}
  fixed: {offset: 0x8, fields: {mode: {bits: 3:0}, left: {bits: 15:8, writeback: false}}}
  lock: {offset: 0xC, fields: {mode: {bits: 3:0}, key: {bits: 4, access: w1, volatile: true}}}
"""
)


@pytest.fixture
def machine(slot):
    with VOLATILE.open(0) as device:
        yield device


def test_a_volatile_neighbour_is_read_and_written_back(machine, bus, slot):
    slot.emulator.poke(0, 0, 0, 0x1210)
    assert bus(assign(machine.ctrl, "mode", 3)) == [("r", 0, 32, 0x1210), ("w", 0, 32, 0x1213)]
    assert bus(lambda: machine.ctrl.modify(busy=0, mode=1)) == [("r", 0, 32, 0x1213), ("w", 0, 32, 0x1201)]


def test_the_documentation_tells_what_may_be_lost(machine):
    assert type(machine.ctrl).mode.__doc__ == (
        "Bits 3:0, rw, a write is one bus read and one bus write. "
        "A write loses what hardware does to busy, n between its read and its write."
    )
    assert type(machine.ctrl).busy.__doc__.endswith(
        "A write loses what hardware does to n between its read and its write."
    )


def test_writeback_false_refuses_to_write_a_field_back(machine, bus):
    def refused():
        for register in (machine.kept, machine.fixed):
            with pytest.raises(hal.AccessError, match=r"left \(rw, writeback: false\) would be changed by any write"):
                register.mode = 1
            with pytest.raises(hal.AccessError, match="any write acts on left"):
                register.modify(mode=1)
        with pytest.raises(hal.AccessError, match=r"key \(w1\) would be changed by any write"):
            machine.lock.mode = 1

    assert bus(refused) == []
    assert bus(assign(machine.kept, "left", 2)) == [("r", 4, 32, 0), ("w", 4, 32, 0x200)]
    assert bus(lambda: machine.kept.modify(mode=1, left=3)) == [("w", 4, 32, 0x301)]


def test_a_batch_does_not_merge_writes_of_volatile_fields(machine, bus):
    """Hardware may wait for a field that it changes: what was written before must be there by then."""

    def batch():
        with machine.batch() as view:
            view.ctrl.mode = 3
            view.ctrl.busy = 1

    assert bus(batch) == [("r", 0, 32, 0), ("w", 0, 32, 3), ("r", 0, 32, 3), ("w", 0, 32, 0x13)]


TWICE = """
schema: 1
name: dut
registers:
  narrow: {offset: 0x0, shadow: true, fields: {w: {bits: 3:0, access: wo, idle: last}, f: {bits: 8, access: w1t}}}
  wide:
    offset: 0x8
    width: 64
    access_width: 32
    shadow: true
    fields: {w: {bits: 3:0, access: wo, idle: last}, f: {bits: 8, access: w1t}, g: {bits: 40, access: w1t}}
"""


def test_a_read_tells_a_shadow_as_little_of_two_words_as_of_one(slot):
    with on_card(slot, load_class(TWICE)) as dev:
        written = []
        for register, offset in ((dev.narrow, 0x0), (dev.wide, 0x8)):
            register.w = 5
            slot.emulator.poke(0, 0, offset, 0xFFF0_0005)  # hardware changes bits of no field
            register.read()
            with slot.emulator.trace() as trace:
                register.modify(f=1)
            written.append([access.value for access in trace if access.action == "write" and access.offset == offset])
        assert written[0] == written[1]


LATCHED = """
schema: 1
name: dut
registers:
  whole:
    offset: 0x0
    width: 64
    access_width: 32
    words: latched
    fields: {held: {bits: 3:0}, last: {bits: 8:7, access: wo, idle: last}, flag: {bits: 16, access: w1t}}
  acting:
    offset: 0x10
    width: 64
    access_width: 32
    words: latched
    shadow: true
    fields: {held: {bits: 3:0}, go: {bits: 8, access: wo, idle: 0}, irq: {bits: 40, access: rc}}
"""


def test_a_batch_writes_all_words_of_a_latched_register_back_as_they_were(slot):
    with on_card(slot, load_class(LATCHED)) as dev:
        slot.emulator.poke(0, 0, 0x4, 0xABCD_0000)  # bits of no field
        with dev.batch() as view:
            view.whole.flag = 1
        assert slot.emulator.peek(0, 0, 0x4) == 0xABCD_0000


def test_no_word_of_a_latched_register_is_read_where_reading_one_changes_it(slot):
    with on_card(slot, load_class(LATCHED)) as dev:
        slot.emulator.poke(0, 0, 0x14, 1 << 8)
        with slot.emulator.trace() as trace:
            dev.acting.go = 1
            dev.acting.held = 3
        assert [access.action for access in trace] == ["write"] * 4
        assert dev.acting.irq == 1
