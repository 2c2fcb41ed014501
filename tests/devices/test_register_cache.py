"""Cached registers: what is not asked for again, that it is right, and who is refused."""

from __future__ import annotations

import ctypes
import json
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from hal._binding.sdk.discovery import emulator_path
from hal.access.remembered import cached_bits
from tests.support.cards import make_shared_card, on_card
from tests.support.dut import load_class
from tests.support.forks import in_child
from tests.support.processes import LIMIT, run_python

MAP = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
enums: {Mode: {off: 0, on: 1, fast: 5}}
types:
  channel:
    registers:
      level: {offset: 0x0, fields: {low: {bits: "7:0"}, high: {bits: "15:8"}}}
      status: {offset: 0x4, volatile: true, fields: {done: {bits: 0, access: w1c}, seen: {bits: "7:4", access: ro}}}
registers:
  ctrl:
    offset: 0x0
    reset: 0xA0000005
    fields:
      a: {bits: "3:0"}
      b: {bits: "7:4"}
      done: {bits: 8, access: w1c, volatile: true}
      mode: {bits: "18:16", enum: Mode}
  moving: {offset: 0x4, fields: {a: {bits: "3:0"}, live: {bits: "7:4", volatile: true}, b: {bits: "11:8"}}}
  seen: {offset: 0x8, fields: {a: {bits: "7:0"}, irq: {bits: 8, access: rc}, c: {bits: "15:9"}}}
  out: {offset: 0xC, fields: {x: {bits: "3:0", access: wo, idle: last, reset: 3}, y: {bits: "7:4", access: wo, idle: last}}}
  mixed: {offset: 0x10, fields: {a: {bits: "3:0"}, x: {bits: "7:4", access: wo, idle: last}, b: {bits: "11:8"}, go: {bits: 12, pulse: true}}}
  kept: {offset: 0x14, shadow: true, fields: {x: {bits: "3:0", reset: 1}, y: {bits: "7:4", reset: 2}}}
  wide: {offset: 0x18, width: 64, access_width: 32, fields: {low: {bits: "7:0"}, cross: {bits: "39:24"}, top: {bits: "63:56"}}}
  high: {offset: 0x20, width: 64, access_width: 32, words: high-first}
  latched: {offset: 0x28, width: 64, access_width: 32, words: latched, fields: {low: {bits: "15:0"}, up: {bits: "47:32"}}}
  id: {offset: 0x30, access: ro, hw: none, reset: 0x1234}
  count: {offset: 0x34, access: ro}
  byte: {offset: 0x38, width: 8, fields: {n: {bits: "3:0"}, m: {bits: "7:4"}}}
  quad: {offset: 0x40, width: 64, fields: {lo: {bits: "31:0"}, hi: {bits: "63:32"}}}
  twice: {offset: 0x48, write_twice: true, fields: {a: {bits: "3:0"}, b: {bits: "7:4"}}}
  dots: {offset: 0x100, count: 4, stride: 0x8, fields: {v: {bits: "15:0"}, w: {bits: "31:16"}}}
  uart: {offset: 0x4C, fields: {a: {bits: "7:0"}, b: {bits: "15:8"}}}
  uart_b: {offset: 0x4C, alternate: uart, fields: {c: {bits: "3:0"}, d: {bits: "11:4"}}}
blocks:
  ch: {type: channel, offset: 0x200, count: 3, stride: 0x10}
"""


@pytest.fixture(scope="module")
def kind():
    return load_class(MAP)


@pytest.fixture
def plain(slot, kind):
    with on_card(slot, kind) as device:
        yield device


@pytest.fixture
def dev(plain):
    with plain.cached():
        yield plain


def test_a_field_is_read_once_and_its_neighbours_are_written_without(dev, bus):
    assert bus(lambda: (dev.ctrl.a, dev.ctrl.a, dev.ctrl.b, dev.ctrl.mode)) == [("r", 0, 32, 0xA0000005)]
    assert bus(lambda: setattr(dev.ctrl, "mode", 5)) == [("w", 0, 32, 0xA0050005)]
    assert bus(lambda: dev.ctrl.modify(a=1, b=2)) == [("w", 0, 32, 0xA0050021)]
    assert bus(lambda: setattr(dev.ctrl, "done", 1)) == [("w", 0, 32, 0xA0050121)]
    assert bus(lambda: (dev.ctrl.a, dev.ctrl.b, dev.ctrl.mode.name)) == []
    dev.ctrl.a ^= 1
    assert dev.ctrl.a == 0


def test_the_first_touch_may_be_a_write(dev, bus):
    assert [action for action, *_ in bus(lambda: setattr(dev.ctrl, "a", 2))] == ["r", "w"]
    assert bus(lambda: setattr(dev.ctrl, "b", 3)) == [("w", 0, 32, 0xA0000032)]


def test_a_whole_write_makes_all_known(dev, bus):
    dev.byte.write(0x21)
    assert bus(lambda: (dev.byte.n, dev.byte.read(), setattr(dev.byte, "m", 7))) == [("w", 0x38, 8, 0x71)]
    assert bus(dev.byte.fields) == []


def test_what_hardware_changes_is_read_each_time(dev, bus, slot):
    assert len(bus(lambda: (dev.count.value, dev.count.value))) == 2
    assert len(bus(lambda: (dev.moving.live, dev.moving.live))) == 2
    assert [action for action, *_ in bus(lambda: setattr(dev.moving, "a", 1))] == ["r", "w"]  # live is kept as it is
    assert bus(lambda: dev.moving.a) == []
    slot.emulator.poke(0, 0, 4, 0x2F1)
    assert (dev.moving.live, dev.moving.a) == (0xF, 1)
    assert len(bus(lambda: (dev.ctrl.done, dev.ctrl.done, dev.ctrl.read(), dev.ctrl.read()))) == 4
    assert bus(lambda: (dev.id.value, dev.id.value)) == [("r", 0x30, 32, 0x1234)]  # hw: none


def test_a_wait_a_batchs_read_and_what_is_printed_ask_the_card(dev, bus, slot):
    dev.ctrl.b = 3
    assert [action for action, *_ in bus(lambda: dev.ctrl.wait_for(b=3))] == ["r"]
    slot.emulator.poke(0, 0, 0, 0x40)
    assert len(bus(lambda: repr(dev.ctrl))) == 1
    batch = dev.batch()
    with batch as d:
        asked = batch.read(d.ctrl, "b")
    assert (asked.value, dev.ctrl.b) == (4, 3)


def test_what_a_read_changes_is_not_remembered(dev, bus):
    assert len(bus(lambda: (dev.seen.a, dev.seen.a, dev.seen.irq))) == 3


def test_registers_with_two_layouts_or_rules_are_not_remembered(dev, bus):
    assert len(bus(lambda: (dev.uart.a, dev.uart.a, dev.uart_b.c, dev.twice.a, dev.twice.a))) == 5


def test_words_of_a_wide_register_are_known_one_by_one(dev, bus):
    assert [access[1] for access in bus(lambda: setattr(dev.wide, "low", 1))] == [0x18, 0x18]
    assert [access[1:3] for access in bus(lambda: (dev.wide.low, dev.wide.cross, dev.wide.cross))] == [
        (0x18, 32),
        (0x1C, 32),
    ]
    assert bus(lambda: setattr(dev.wide, "top", 9)) == [("w", 0x1C, 32, 0x09000000)]
    assert bus(lambda: setattr(dev.wide, "cross", 0xBEEF)) == [("w", 0x18, 32, 0xEF000001), ("w", 0x1C, 32, 0x090000BE)]
    dev.high.write(0x1_0000_0002)
    assert bus(lambda: dev.high.value) == []
    assert [action for action, *_ in bus(lambda: setattr(dev.latched, "low", 4))] == ["r", "r", "w", "w"]
    assert [action for action, *_ in bus(lambda: setattr(dev.latched, "up", 5))] == ["w", "w"]
    assert (dev.latched.low, dev.latched.up) == (4, 5)


def test_only_a_block_is_cached_and_only_in_its_block(plain, bus):
    first, second = plain.ch[0].level, plain.ch[1].level
    with plain.ch[0].cached():
        assert len(bus(lambda: (first.low, first.high, second.low, second.low))) == 3
        with plain.cached():
            assert len(bus(lambda: (first.low, second.low, second.low, plain.ctrl.a))) == 2
        assert len(bus(lambda: (first.low, second.low))) == 1
    assert len(bus(lambda: (first.low, second.low))) == 2


def test_open_with_a_cache(slot, kind, bus):
    with kind.open(0, cache=True) as device:
        assert len(bus(lambda: (device.ctrl.a, device.ctrl.a))) == 1
        assert "on" in repr(device.cached())
    with kind.open(0) as device:
        assert len(bus(lambda: (device.ctrl.a, device.ctrl.a))) == 2


def test_arrays_are_remembered_as_they_are_written(dev, bus):
    dev.dots.write([0x10001, 0x20002, 0x30003, 0x40004])
    assert bus(lambda: [dot.v for dot in dev.dots]) == []
    dev.dots[1:3] = [5, 6]
    assert (dev.dots[1].v, dev.dots[2].w) == (5, 0)
    assert bus(lambda: setattr(dev.dots[1], "w", 9)) == [("w", 0x108, 32, 0x90005)]


def test_a_batch_knows_what_is_known_and_is_known(dev, bus):
    dev.ctrl.a = 1

    def batch():
        with dev.batch() as d:
            d.ctrl.b = 2
            d.ctrl.mode = 1
            d.ch[2].level.low = 3

    assert bus(batch) == [("w", 0, 32, 0xA0010021), ("r", 0x220, 32, 0), ("w", 0x220, 32, 3)]
    assert bus(lambda: (dev.ctrl.b, dev.ctrl.mode, dev.ch[2].level.high)) == []
    with pytest.raises(ZeroDivisionError), dev.batch() as d:
        d.ctrl.b = 9
        raise ZeroDivisionError
    assert dev.ctrl.b == 2
    with dev.batch() as d:  # made with what the raised one has used
        d.ctrl.a = 3
    assert (dev.ctrl.b, dev.ctrl.a, dev.cached().verify()) == (2, 3, [])


LANE = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers:
  lane:
    offset: 0x1
    width: 8
    access_width: 32
    reset: 0x40
    fields: {lo: {bits: 2:0, access: wo, idle: last}, hi: {bits: 5:3, access: wo, idle: last}}
"""


def test_what_lies_beside_a_lane_is_not_read_for_it(slot, bus):
    """Where the register itself is known; in a batch, too."""
    with on_card(slot, load_class(LANE)) as device:

        def batch():
            with device.batch() as d:
                d.lane.lo = 1

        device.lane.write(hi=2, lo=0)
        assert bus(batch) == [("w", 0, 32, 0x5100)]  # and of the lane's own bits of no field, the reset value


@pytest.mark.parametrize(("name", "words"), [("dots", [0x100]), ("wide", [0x18, 0x1C]), ("quad", [0x40])])
def test_all_ones_are_asked_for_again(dev, slot, bus, name, words):
    """They may be nobody's answer."""
    width = 64 if name == "quad" else 32
    for word in words:
        slot.emulator.poke(0, 0, word, (1 << width) - 1, width)
    register = dev.dots[0] if name == "dots" else getattr(dev, name)
    first, again = bus(register.read), bus(register.read)
    assert {access[1] for access in first} == {access[1] for access in again} == set(words)
    for word in words:
        slot.emulator.poke(0, 0, word, 5, width)
    assert bus(register.read) != []
    assert bus(register.read) == []


HELD = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers:
  held: {offset: 0, write_twice: true, fields: {x: {bits: 3:0, access: wo, idle: last}, y: {bits: 7:4, access: wo, idle: last}}}
"""


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_written_is_known_to_what_follows_in_a_batch(slot, bus, times):
    text = HELD if times == 2 else HELD.replace("write_twice: true, ", "")
    with on_card(slot, load_class(text)) as device:
        device.held.write(0)

        def batch():
            with device.batch() as d:
                d.held.x = 1
                with pytest.raises(hal.ForkedError):
                    in_child(lambda: setattr(d.held, "y", 4))
                d.held.y = 2

        assert bus(batch) == [("w", 0, 32, value) for value in (1, 0x21) for _ in range(times)]
        assert bus(lambda: setattr(device.held, "x", 3)) == [("w", 0, 32, 0x23)] * times


@pytest.mark.parametrize("way", ["a field", "words"])
def test_a_bar_that_goes_stale_in_the_middle_takes_no_write(dev, slot, kind, way):
    class Ends(hal.Model):
        def on_read(self, register):
            slot.emulator.set_model(None)
            slot.rescan()

    slot.emulator.set_model(Ends(kind))
    with slot.emulator.trace() as trace, pytest.raises(hal.StaleHandleError):
        if way == "a field":
            dev.ctrl.a = 1
        else:
            dev.wide.low = 1
    assert [access.action for access in trace] == ["read"]


def test_what_is_known_of_a_stale_bar_is_not_told(dev, slot, bus):
    reads = [dev.ctrl.read, dev.wide.read, dev.quad.read, dev.dots.read]
    dev.ctrl.write(1)
    for read in reads:
        read()
    assert bus(dev.wide.read) == []
    slot.rescan()
    for read in reads:
        with pytest.raises(hal.StaleHandleError):
            read()


def test_a_batch_reads_all_words_of_a_latched_register_or_none(dev, bus):
    def batch(name):
        with dev.batch() as d:
            setattr(d.latched, name, 1)

    assert [access[:2] for access in bus(lambda: batch("up"))] == [("r", 0x28), ("w", 0x28), ("r", 0x2C), ("w", 0x2C)]
    assert [access[:2] for access in bus(lambda: batch("low"))] == [("w", 0x28), ("w", 0x2C)]
    assert dev.latched.fields() == {"low": 1, "up": 1}


def test_a_batch_that_fails_is_known_as_far_as_it_was_made(dev, slot, kind):
    class Broken(hal.Model):
        def on_write(self, register, value):
            if register == "dots[1]":
                raise RuntimeError("broken")

    dev.ctrl.a, dev.dots[0].v, dev.dots[1].v, dev.dots[2].v = 1, 1, 1, 1
    slot.emulator.set_model(Broken(kind))
    with pytest.raises(hal.ModelError), dev.batch() as d:
        d.ctrl.a = 7
        d.dots[1].v = 7
        d.dots[2].v = 7
    slot.emulator.set_model(None)
    assert (dev.ctrl.a, dev.dots[2].v) == (7, 1)
    assert dev.cached().verify() == []


def test_a_batch_begun_before_a_block_is_cached_ends_what_it_knew(plain, bus):
    batch = plain.batch()
    with batch as d:
        d.ctrl.a = 3
        cache = plain.cached().__enter__()
        assert plain.ctrl.a == 5
    assert plain.ctrl.a == 3
    cache.__exit__(None, None, None)


def test_a_batch_made_before_a_block_is_cached_lends_nothing_to_one_in_it(plain, bus):
    def batch(value):
        with plain.batch() as d:
            d.ctrl.b = value

    batch(1)
    with plain.cached():
        assert plain.ctrl.b == 1
        assert [action for action, *_ in bus(lambda: batch(2))] == ["w"]
        assert bus(lambda: plain.ctrl.b) == []


def test_snapshots_read_what_is_not_known(dev, slot, bus):
    everything = bus(dev.snapshot)
    again = bus(dev.snapshot)
    config = dev.snapshot(config=True)
    assert 0 < len(again) < len(everything)
    whole = {0x14, 0x20, 0x24, 0x30, 0x100, 0x108}  # of registers all of whose bits are cached
    assert whole <= {offset for _, offset, *_ in everything}
    assert not whole & {offset for _, offset, *_ in again}
    dev.cached().drop()
    assert dev.snapshot(config=True) == config
    dev.cached().drop()
    slot.emulator.fault("bus-dead=ocl")
    with pytest.raises(hal.BusTimeoutError, match=r"snapshot: read of dut\.ctrl"):
        dev.snapshot()


@pytest.mark.parametrize("config", [False, True])
def test_what_a_snapshot_has_read_first_is_known_with_its_bits_of_no_field(slot, bus, config):
    """No register was used before: their classes are made no sooner than by a register."""
    with on_card(slot, load_class(MAP)) as device, device.cached() as cache:
        device.snapshot(config=config)
        assert bus(lambda: setattr(device.ctrl, "a", 2)) == [("w", 0, 32, 0xA0000002)]
        assert bus(lambda: setattr(device.wide, "low", 3)) == [("w", 0x18, 32, 3)]
        assert bus(lambda: setattr(device.ch[1].level, "high", 4)) == [("w", 0x210, 32, 0x400)]
        for offset in (0, 0x18, 0x210):
            slot.emulator.poke(0, 0, offset, 0)
        assert cache.sync() == []
        assert [slot.emulator.peek(0, 0, offset) for offset in (0, 0x18, 0x210)] == [0xA0000002, 3, 0x400]


def test_a_known_configuration_is_not_read_whatever_flags_stand_beside_it(dev, bus):
    """But for what is not cached: a setting that hardware changes too, two layouts, rules for writes."""
    assert len(bus(lambda: dev.snapshot(config=True))) > 10
    assert {access[1] for access in bus(lambda: dev.snapshot(config=True))} == {0x4, 0x48, 0x4C}


def test_what_is_restored_is_known(dev, bus):
    dev.high.value = 0x0102_0304_0506_0708
    taken = dev.snapshot(config=True)
    dev.high.value = 0
    dev.restore(taken)
    assert bus(dev.high.read) == []
    assert dev.snapshot(config=True) == taken
    assert dev.cached().verify() == []


def test_verify_tells_what_the_card_does_not_hold(dev, slot, bus):
    dev.ctrl.modify(a=1, b=2)
    assert dev.cached().verify() == []
    slot.emulator.poke(0, 0, 0, 0xA0010129)
    assert dev.cached().verify() == [("ctrl.a", 1, 9), ("ctrl.mode", 0, 1)]
    assert dev.ch[0].cached().verify() == []
    dev.cached().drop()
    assert (dev.ctrl.a, dev.cached().verify()) == (9, [])


def test_sync_writes_what_is_remembered(dev, slot, kind):
    dev.ctrl.modify(a=1, b=2, mode=5)
    dev.out.write(x=7, y=1)
    dev.mixed.write(a=3, x=4, b=5)
    dev.wide.write(0x0102_0304_0506_0708)
    dev.dots.write([1, 2, 3, 4])
    before = slot.emulator.save_state(kind)
    for offset in range(0, 0x300, 4):
        slot.emulator.poke(0, 0, offset, 0)
    assert dev.cached().sync() == []
    after = slot.emulator.save_state(kind)
    for path in ("ctrl.a", "ctrl.b", "ctrl.mode", "out", "mixed", "wide", "dots[3]"):
        assert after[path] == before[path], path
    assert dev.cached().verify() == []


def test_flush_reads_one_register_of_each_bar(dev, bus):
    dev.ctrl.write(5)
    assert [action for action, *_ in bus(dev.cached().flush)] == ["r"]


def test_another_device_is_refused_while_one_caches(slot, kind, plain):
    with plain.cached(), pytest.raises(hal.CacheError, match="dut caches registers of this slot"):
        slot.attach(kind)
    with slot.attach(kind), pytest.raises(hal.CacheError, match="another device of dut open"):
        plain.cached().__enter__()
    with plain.cached():
        assert plain.ctrl.a == 5


def test_a_device_that_was_dropped_is_in_nobodys_way(slot, kind):
    slot.emulator.install(kind)
    slot.load(kind.afi_id())
    device = slot.attach(kind)
    device.cached().__enter__()
    assert device.ctrl.a == 5
    del device
    with slot.attach(kind) as other, slot.emulator.trace() as trace:
        assert (other.ctrl.a, other.ctrl.a) == (5, 5)
    assert len(trace) == 2


@pytest.mark.parametrize("way", ["load", "clear", "rescan"])
def test_what_ends_a_device_ends_what_it_knows(dev, slot, kind, way):
    """The device says so, and the next one asks the card."""
    dev.ctrl.a = 1
    {"load": lambda: slot.load(kind.afi_id()), "clear": slot.clear, "rescan": slot.rescan}[way]()
    with pytest.raises(hal.StaleHandleError):
        dev.ctrl.a  # noqa: B018
    slot.load(kind.afi_id())
    slot.emulator.poke(0, 0, 0, 7)
    with slot.attach(kind) as device, device.cached(), slot.emulator.trace() as trace:
        assert (device.ctrl.a, device.ctrl.b) == (7, 0)
    assert len(trace) == 1


def test_a_load_by_another_program_ends_what_is_known_once_an_access_meets_it(dev, slot, kind):
    """By the card's library past this one's back, as another process does it."""
    dev.ctrl.a = 1
    other = ctypes.CDLL(emulator_path())
    assert other.fpga_mgmt_load_local_image(0, kind.afi_id().encode()) == 0
    for access in (lambda: dev.count.value, lambda: dev.ctrl.a, dev.ctrl.fields, lambda: dev.dots[0].v):
        with pytest.raises(hal.StaleHandleError):
            access()
    assert slot.describe().status_name in {"loaded", "busy"}


def test_resets_of_clocks_end_what_is_known(slot):
    mem_perf = hal.load_map("cl_mem_perf")
    slot.load(mem_perf.afi_id())
    with slot.attach(mem_perf) as device, device.cached():
        register = next(one for one in device.registers() if cached_bits(one._shape)[1] == one._shape.mask)
        first = register.read()
        with slot.emulator.trace() as known:
            register.read()
        slot.clocks.reset()
        with slot.emulator.trace() as asked:
            assert register.read() == first
    assert (len(known), len([access for access in asked if access.pf == 0])) == (0, 1)


def test_two_processes_do_not_both_cache(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path))
    make_shared_card("both")
    (tmp_path / "dut.yaml").write_text(MAP)
    program = (
        "import hal, sys\n"
        "kind = hal.load_map(sys.argv[1])\n"
        "with kind.open(0, 'emulator:both', cache=True) as dev:\n"
        "    dev.ctrl.a = 3\n"
        "    print('cached', flush=True)\n"
        "    import subprocess\n"
        "    if len(sys.argv) > 2:\n"
        "        alone = hal.open_slot(0, 'emulator:both', exclusive=True)  # the slot's own lock is another one\n"
        "        done = subprocess.run([sys.executable, *sys.argv[2:]], capture_output=True, text=True)\n"
        "        print(done.stderr.splitlines()[-1])\n"
    )
    (tmp_path / "one.py").write_text(program)
    done = run_python(
        f"import sys; sys.argv = ['one.py', {str(tmp_path / 'dut.yaml')!r}, {str(tmp_path / 'one.py')!r}, "
        f"{str(tmp_path / 'dut.yaml')!r}]; exec(open({str(tmp_path / 'one.py')!r}).read())"
    )
    assert done.returncode == 0, done.stderr
    assert "can't cache registers of slot 0, as another process does: slot 0 is locked by process" in done.stdout


def test_what_nobody_can_read_is_not_invented(tmp_path, monkeypatch):
    """A process that did not load the design has no way to know a setting that can't be read."""
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path))
    make_shared_card("apart")
    (tmp_path / "dut.yaml").write_text(MAP)
    head = f"import hal; dev = hal.load_map({str(tmp_path / 'dut.yaml')!r}).open(0, 'emulator:apart')\n"
    first = run_python(head + "dev.out.x = 9; dev.mixed.x = 7; print(dev.slot.emulator.peek(0, 0, 0xC))")
    assert first.stdout == "9\n", first.stderr  # the process that loaded it: y is at its reset
    second = run_python(
        head
        + "with dev.slot.emulator.trace() as trace:\n"
        + "    for write in (lambda: setattr(dev.out, 'y', 1), lambda: dev.out.modify(y=1), lambda: setattr(dev.mixed, 'a', 1)):\n"
        + "        try: write()\n"
        + "        except hal.AccessError as error: print(error)\n"
        + "    try:\n"
        + "        with dev.batch() as d: d.out.y = 2\n"
        + "    except hal.AccessError as error: print(error)\n"
        + "print(len(trace))\n"
        + "dev.out.modify(x=1, y=2); dev.out.y = 3\n"
        + "dev.mixed.write(x=5); dev.mixed.a = 6\n"
        + "print(dev.slot.emulator.peek(0, 0, 0xC), dev.slot.emulator.peek(0, 0, 0x10))\n"
    )
    told = second.stdout.splitlines()
    why = (
        "dut.{} (app BAR 0, {}): x can't be read, and nobody knows what the card holds there: this process has neither "
        "loaded the design nor written it, and this write would have to invent it; name all of them, or write(...) the "
        "whole register; nothing was written"
    )
    assert told[:4] == [
        why.format("out", "0xc"),
        why.format("out", "0xc"),
        why.format("mixed", "0x10"),
        why.format("out", "0xc"),
    ], second.stderr
    assert told[4:] == ["0", f"{0x31} {0x56}"]


FIELDS = {
    "ctrl": {"a": 15, "b": 15, "done": 1},
    "moving": {"a": 15, "live": 15, "b": 15},
    "out": {"x": 15, "y": 15},
    "mixed": {"a": 15, "x": 15, "b": 15, "go": 1},
    "kept": {"x": 15, "y": 15},
    "wide": {"low": 255, "cross": 0xFFFF, "top": 255},
    "latched": {"low": 0xFFFF, "up": 0xFFFF},
    "byte": {"n": 15, "m": 15},
    "quad": {"lo": 0xFFFFFFFF, "hi": 0xFFFFFFFF},
    "dots[2]": {"v": 0xFFFF, "w": 0xFFFF},
    "ch[1].level": {"low": 255, "high": 255},
    "uart": {"a": 255, "b": 255},
    "uart_b": {"c": 15, "d": 255},
    "twice": {"a": 15, "b": 15},
}
ACTS = (
    "set",
    "set",
    "set",
    "modify",
    "write",
    "whole",
    "reset",
    "read",
    "get",
    "snapshot",
    "array",
    "drop",
    "hardware",
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from(sorted(FIELDS)),
        st.integers(0, 2**64 - 1),
        st.booleans(),  # in a batch
    ),
    min_size=1,
    max_size=14,
)


def do(device, step, cached):
    """Does one step; what it gives."""
    act, path, number, together = step
    register = device.find(path)
    fields = FIELDS[path]
    names = sorted(fields)
    name = names[number % len(names)]
    if act in {"set", "modify", "write"}:
        chosen = names[: 1 + number % len(names)] if act != "set" else [name]
        values = {one: number >> 8 & fields[one] for one in chosen}
        if not together:
            write(register, act, values)
        else:
            with device.batch() as d:
                write(d.find(path), act, values)
                d.ctrl.b = number >> 4 & 15
    elif act == "drop" and cached:
        device.cached().drop()
    return REST[act](device, register, name, number) if act in REST else None


def hardware(device, _register, _name, number):
    """Changes only what the map says that it does."""
    emulator = device.slot.emulator
    for place, mask in ((4, 0xF0), (0, 0x100)):
        emulator.poke(0, 0, place, emulator.peek(0, 0, place) & ~mask | number & mask)


REST = {
    "whole": lambda _device, register, _name, number: register.write(number & register._shape.mask),
    "reset": lambda _device, register, _name, _number: register.reset(),
    "read": lambda _device, register, _name, _number: register.read() if register._shape.is_readable else None,
    "get": lambda _d, register, name, _n: getattr(register, name) if getattr(type(register), name).readable else None,
    "snapshot": lambda device, _register, _name, number: dict(device.snapshot(config=bool(number & 1))),
    "array": lambda device, _r, _n, number: device.dots.write([number >> at & 0xFFFFFFFF for at in (0, 8, 16, 24)]),
    "hardware": hardware,
}


def write(register, act, values):
    if act == "set":
        ((name, value),) = values.items()
        setattr(register, name, value)
    else:
        getattr(register, act)(**values)


@given(STEPS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_cached_device_and_an_uncached_one_end_alike(slot, kind, steps):
    """The same steps on the same card: what they give, what it holds, and no access more with the cache."""
    made = []
    slot.emulator.install(kind)
    for cached in (False, True):
        slot.load(kind.afi_id())
        with slot.attach(kind) as device:
            cache = device.cached().__enter__() if cached else None
            with slot.emulator.trace(4096) as trace:
                given_back = [do(device, step, cached) for step in steps]
            state = dict(slot.emulator.save_state(kind))
            if cache is not None:
                assert cache.verify() == []
            made.append((json.dumps(given_back, default=int), state, len(trace)))
    assert made[0][:2] == made[1][:2]
    assert made[1][2] <= made[0][2] or "drop" in {act for act, *_ in steps}


def test_threads_that_write_neighbours_lose_nothing(dev):
    def work(name):
        for number in range(2000):
            setattr(dev.ctrl, name, number % 16)
            assert getattr(dev.ctrl, name) == number % 16

    failed = []

    def guarded(name):
        try:
            work(name)
        except AssertionError as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert not failed
    assert (dev.ctrl.a, dev.ctrl.b, dev.cached().verify()) == (1999 % 16, 1999 % 16, [])
