"""What the emulated card keeps of accesses that a manual forbids: kind, place and line, through drivers and raw BARs."""

from __future__ import annotations

import inspect
import os

import pytest

import hal
from tests.support.processes import run_python

MAP = """
schema: 1
name: watched
space: {pf: app, bar: 0}
registers:
  ctrl: {offset: 0x0, fields: {a: {bits: 3:0}, b: {bits: 9:8, access: ro}}}
  status: {offset: 0x4, access: ro}
  command: {offset: 0x8, access: wo, fields: {go: {bits: 0, idle: 0}}}
  strap: {offset: 0xC, reset: 0x50, fields: {low: {bits: 3:0}}}
  cycles: {offset: 0x10, width: 64, access_width: 32, access: ro, words: latched}
  other: {offset: 0x18, width: 64, access_width: 32, access: ro, words: latched, endian: big}
  regwen: {offset: 0x20, fields: {en: {bits: 0, access: w0c, reset: 1}}}
  guarded: {offset: 0x24, lock: {by: regwen.en, value: 1}, fields: {v: {bits: 7:0}}}
  rx: {offset: 0x28, access: ro, fields: {data: {bits: 7:0}}}
  tx: {offset: 0x28, access: wo, fields: {data: {bits: 7:0, idle: last}}}
  half: {offset: 0x2C, write_mask: high, fields: {x: {bits: 3:0}}}
  items: {offset: 0x40, count: 4, stride: 4, fields: {v: {bits: 15:0}}}
memories:
  table: {offset: 0x1000, size: 4KiB, width: 32, access: ro}
  inbox: {offset: 0x2000, size: 4KiB, width: 32, access: wo}
"""


@pytest.fixture(scope="module")
def watched_class(tmp_path_factory):
    path = tmp_path_factory.mktemp("watched") / "watched.yaml"
    path.write_text(MAP)
    return hal.load_map(path)


@pytest.fixture
def dev(watched_class, slot):
    slot.emulator.provide(watched_class)
    with slot.attach(watched_class) as device:
        yield device


def seen(dev, act):
    """Kind, action, path, value and bits of each violation."""
    with dev.slot.emulator.watch() as found:
        act(dev, dev.slot.bar("app", 0))
    assert found.lost == 0
    return [(one.kind, one.action, one.path, one.value, one.bits) for one in found]


ALL = 0xFFFF_FFFF

FORBIDDEN = {
    "bits of no field": (lambda _, bar: bar.poke(0, 0x13), ("reserved-bits", "write", "ctrl", 0x13, 0x10)),
    "by a driver": (lambda dev, _: dev.ctrl.write(0x80000001), ("reserved-bits", "write", "ctrl", 0x80000001, 1 << 31)),
    "not as the reset": (lambda _, bar: bar.poke(0xC, 0x10), ("reserved-bits", "write", "strap", 0x10, 0x40)),
    "of what is written": (lambda _, bar: bar.poke(0x28, 0x155), ("reserved-bits", "write", "tx", 0x155, 0x100)),
    "and is": (lambda _, bar: bar.poke(0x2C, 0x10_0010), ("reserved-bits", "write", "half", 0x10_0010, 0x10)),
    "of an element": (lambda _, bar: bar.poke(0x48, 1 << 16), ("reserved-bits", "write", "items[2]", 1 << 16, 1 << 16)),
    "read-only": (lambda _, bar: bar.poke(4, 5), ("read-only", "write", "status", 5, ALL)),
    "read-only memory": (lambda _, bar: bar.poke(0x1008, 5), ("read-only", "write", "table[2]", 5, ALL)),
    "write-only": (lambda _, bar: bar.peek(8), ("write-only", "read", "command", 0, 1)),
    "write-only memory": (lambda _, bar: bar.peek(0x2004), ("write-only", "read", "inbox[1]", 0, ALL)),
    "nothing there, read": (lambda _, bar: bar.peek(0x104), ("unmapped", "read", "", ALL, ALL)),
    "nothing there, written": (lambda _, bar: bar.poke(0x104, 7), ("unmapped", "write", "", 7, ALL)),
    "the first half": (lambda _, bar: bar.peek(0x10), ("half-read", "read", "cycles", 0, ALL)),
    "the second half": (lambda _, bar: bar.peek(0x14), ("half-read", "read", "cycles", 0, ALL)),
    "big-endian": (lambda _, bar: bar.peek(0x1C), ("half-read", "read", "other", 0, ALL)),
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_is_forbidden_is_kept(dev, case):
    act, expected = FORBIDDEN[case]
    assert seen(dev, act) == [expected]


def everything(dev, bar):
    dev.ctrl.a = 3
    dev.ctrl.write(a=1)
    dev.strap.low = 2
    dev.strap.reset()
    bar.poke(0xC, 0x55)
    dev.command.go = 1
    dev.tx.data = 5
    dev.half.x = 3
    dev.guarded.v = 7
    dev.items[3].v = 9
    dev.inbox[0:4] = [1, 2, 3, 4]
    assert (dev.cycles.read(), dev.other.read(), dev.rx.data, dev.table[3]) == (0, 0, 0, 0)
    assert bar.peek(0x10) == bar.peek(0x1C) == bar.peek(0x14) == bar.peek(0x18) == 0  # each has its own latch
    dev.snapshot()
    with dev.batch() as batch:
        batch.items[0].v = 1
        batch.items[1].v = 2


def test_nothing_that_a_driver_does_by_itself_is(dev):
    assert seen(dev, everything) == []


def test_the_reset_of_reserved_bits_may_be_put_back(dev):
    def act(_, bar):
        bar.poke(0xC, 0x00)
        bar.poke(0xC, 0x50)

    assert [kind for kind, *_ in seen(dev, act)] == ["reserved-bits"]


def test_a_locked_write_is_kept(dev):
    def act(_, bar):
        bar.poke(0x24, 1)
        bar.poke(0x20, 0)
        bar.poke(0x24, 2)

    assert seen(dev, act) == [("locked", "write", "guarded", 2, ALL)]


def test_a_half_is_read_again(dev):
    def act(_, bar):
        for offset in (0x10, 0x10, 0x14, 0x14):
            bar.peek(offset)

    assert [(kind, path) for kind, _, path, *_ in seen(dev, act)] == [("half-read", "cycles")] * 2


def line_here():
    return inspect.currentframe().f_back.f_lineno


def line_above(line):
    return f"{__file__}:{line - 1}"


def test_the_line_of_the_program_is_named(dev):
    def deeper():
        dev.ctrl.write(0x100000)
        return line_here()

    bar = dev.slot.bar("app", 0)
    with dev.slot.emulator.watch() as found:
        bar.peek(0x300)
        before = line_here()
        second = deeper()
    assert [one.site for one in found] == [line_above(before), line_above(second)]
    assert str(found[1]) == (
        f"{found[1].site}: reserved-bits: write of 0x100000, 32 bits, at ctrl (app BAR 0, 0x0) changes bits 0x100000, "
        "which are of no field"
    )
    assert found[1].advice == "write them as they read, or as their reset"


def test_watching_goes_on_until_it_is_ended(dev):
    emulator, bar = dev.slot.emulator, dev.slot.bar("app", 0)
    with pytest.raises(hal.HalError, match=r"^nobody watches this card: call slot\.emulator\.watch_users\(\) first"):
        emulator.violations()
    emulator.watch_users()
    bar.peek(0x104)
    with emulator.watch() as found:
        bar.peek(8)
    assert [one.kind for one in found] == ["write-only"]
    assert (
        [one.kind for one in emulator.violations()]
        == ["unmapped", "write-only"]
        == [one.kind for one in dev.slot.emulator.violations()]
    )
    emulator.watch_users(False)
    with pytest.raises(hal.HalError, match="nobody watches"):
        emulator.violations()
    with pytest.raises(hal.HalError, match="watching is on or off: give True or False, not 1"):
        emulator.watch_users(1)


def test_the_newest_are_kept(dev):
    bar = dev.slot.bar("app", 0)
    with dev.slot.emulator.watch() as found:
        for number in range(1030):
            bar.poke(0x104, number)
    assert (len(found), found.lost, found[0].value, found[-1].value) == (1024, 6, 6, 1029)


def test_a_child_watches_for_itself(dev):
    dev.slot.emulator.watch_users()
    try:
        child = os.fork()
        if child == 0:
            try:
                dev.slot.emulator.violations()
            except hal.HalError as error:
                os._exit(0 if "nobody watches" in str(error) or isinstance(error, hal.ForkedError) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        dev.slot.emulator.watch_users(False)


def test_the_other_kind_of_accessors_is_watched_alike():
    other = "1" if hal.accelerated else "0"
    if os.environ.get("HAL_VIOLATIONS_INNER"):
        pytest.skip("this is the other one")
    done = run_python(
        "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))",
        "-q",
        "-p",
        "no:cacheprovider",
        __file__,
        fresh=True,
        environment={"HAL_PURE_CFFI": other, "HAL_VIOLATIONS_INNER": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
