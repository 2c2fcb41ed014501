"""Registers that share addresses or bits, and writes that take more than one access, as real hardware has them.

Each case goes through the driver, the bus, the emulated card, the C header and the JSON.
"""

from __future__ import annotations

import json
import re

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support.cards import on_card
from tests.support.dut import load_class

HEAD = "schema: 1\nname: dut\nafi: {ids: [agfi-0fedcba9876543210]}\nregisters:\n"


class Case:
    """A map and what is made of it."""

    def __init__(self, registers, blocks=""):
        text = HEAD + registers + blocks
        self.driver = load_class(text)
        device = codegen.loads(text)
        header = render(device, LANGUAGES["c"])["dut.h"]
        self.header = dict(re.findall(r"#define (DUT_\w+)(?:\(\w+\))? +(.+)", header))
        self.comments = re.findall(r"/\* (.+) \*/", header)
        self.model = json.loads(render(device, LANGUAGES["json"])["dut.json"])

    def register(self, name):
        return next(item for item in self.model["registers"] if item["map_name"] == name)

    def child(self, name):
        return next(item for item in self.model["blocks"][-1]["children"] if item["name"] == name)

    def field(self, register, name):
        return next(item for item in self.register(register)["fields"] if item["name"] == name)


def assign(register, name, value):
    return lambda: setattr(register, name, value)


@pytest.fixture
def opened(slot):
    """Opens a case's driver on a card that has its design."""
    devices = []

    def open_case(case):
        devices.append(on_card(slot, case.driver))
        return devices[-1]

    yield open_case
    for device in devices:
        device.close()


UART = Case("""
  rbr: {offset: 0x0, width: 8, access: ro, volatile: true, reset: 0x5A}
  thr: {offset: 0x0, width: 8, access: wo}
  dll: {offset: 0x0, width: 8, alternate: rbr, when: {lcr.dlab: 1}}
  dlm: {offset: 0x1, width: 8, alternate: ier, when: {lcr.dlab: 1}}
  ier: {offset: 0x1, width: 8, fields: {rx: {bits: 0}, tx: {bits: 1}}}
  lcr: {offset: 0x3, width: 8, fields: {bits: {bits: 1:0}, dlab: {bits: 7}}}
""")


def test_uart_has_two_registers_at_one_address_and_a_third_one_at_times(opened, bus, slot):
    dev = opened(UART)
    assert bus(lambda: dev.thr.write(0x41)) == [("w", 0, 8, 0x41)]
    assert dev.rbr.read() == 0x5A  # two storages
    dev.lcr.dlab = 1
    dev.dll.write(0x0C)
    assert dev.dll.read() == 0x0C
    dev.lcr.dlab = 0
    dev.thr.write(0x42)
    assert dev.rbr.read() == 0x0C  # an alternate has no storage of its own
    with pytest.raises(hal.AccessError, match=r"thr .* is write-only"):
        dev.thr.read()
    assert list(dev.snapshot()) == ["rbr", "ier", "lcr"]
    assert dev._design.locate((0, 0), 0) == "rbr"
    assert UART.header["DUT_RBR_OFFSET"] == UART.header["DUT_THR_OFFSET"] == UART.header["DUT_DLL_OFFSET"]
    assert "Register dll (app BAR 0): Alternate of rbr, when lcr.dlab is 0x1." in UART.comments
    assert UART.child("dll")["alternate"] == "rbr"
    assert UART.child("dll")["when"] == [["lcr.dlab", "0x1"]] or UART.child("dll")["when"] == [["lcr.dlab", 1]]


CCMR = Case("""
  ccmr:
    offset: 0x18
    fields:
      cc1s: {bits: 1:0}
      oc1pe: {bits: 3}
      oc1m: {bits: 6:4}
      ic1psc: {bits: 3:2, alternate: oc1pe, when: cc1s is not 0}
      ic1f: {bits: 7:4, alternate: oc1m, when: cc1s is not 0}
  arr: {offset: 0x2C}
  arr_view: {offset: 0x2C, alternate: arr, fields: {low: {bits: 15:0}, flag: {bits: 31, access: w1c}}}
""")


def test_views_of_a_timer_share_their_bits(opened, bus):
    dev = opened(CCMR)
    assert bus(assign(dev.ccmr, "oc1m", 5)) == [("r", 0x18, 32, 0), ("w", 0x18, 32, 0x50)]
    assert bus(assign(dev.ccmr, "ic1f", 0xF)) == [("r", 0x18, 32, 0x50), ("w", 0x18, 32, 0xF0)]
    assert dev.ccmr.fields() == {"cc1s": 0, "ic1psc": 0, "oc1pe": 0, "oc1m": 7, "ic1f": 15}
    for write in (dev.ccmr.modify, dev.ccmr.write):
        with pytest.raises(hal.FieldTypeError, match=r"dut.ccmr .*: oc1m and ic1f share bits: name one of them"):
            write(oc1m=1, ic1f=2)
    dev.arr.write(0x8000_1234)
    assert dev.arr_view.low == 0x1234
    assert "arr_view" not in dev.snapshot()
    assert CCMR.header["DUT_CCMR_OC1M_MASK"] == "UINT32_C(0x70)"
    assert CCMR.header["DUT_CCMR_IC1F_MASK"] == "UINT32_C(0xF0)"
    assert CCMR.field("ccmr", "ic1f")["alternate"] == "oc1m"
    assert CCMR.field("ccmr", "ic1f")["when"] == "cc1s is not 0"


GPIO = Case("""
  odr: {offset: 0x14, via: alias, fields: {low: {bits: 7:0}, high: {bits: 15:8}}}
  bsrr:
    offset: 0x18
    fields:
      set_low: {bits: 7:0, access: {read: none, write: one_sets}, alias: odr.low}
      set_high: {bits: 15:8, access: {read: none, write: one_sets}, alias: odr.high}
      clear_low: {bits: 23:16, access: {read: none, write: one_clears}, alias: odr.low}
      clear_high: {bits: 31:24, access: {read: none, write: one_clears}, alias: odr.high}
""")


def test_bsrr_sets_and_clears_in_one_write(opened, bus):
    dev = opened(GPIO)
    assert bus(assign(dev.odr, "low", 0xA5)) == [("w", 0x18, 32, 0x005A_00A5)]
    assert bus(assign(dev.odr, "high", 0xFF)) == [("w", 0x18, 32, 0x0000_FF00)]
    assert dev.odr.read() == 0xFFA5
    assert bus(lambda: dev.bsrr.write(clear_low=0x05)) == [("w", 0x18, 32, 0x0005_0000)]
    assert bus(assign(dev.bsrr, "set_low", 0x03)) == [("w", 0x18, 32, 0x3)]
    assert dev.odr.low == 0xA3
    assert bus(lambda: dev.odr.modify(low=1, high=2)) == [("w", 0x14, 32, 0x201)]  # nothing is left to keep
    assert GPIO.header["DUT_BSRR_CLEAR_LOW_SHIFT"] == "16"
    assert GPIO.field("bsrr", "clear_low")["alias"] == "odr.low"
    assert GPIO.field("odr", "low")["plan"] == "alias"
    assert GPIO.register("odr")["rules"]["set_by"] == {"register": "bsrr", "shift": 0}
    assert GPIO.register("odr")["rules"]["clear_by"]["shift"] in (16, "0x10")


SERIAL = Case(
    "  id: {offset: 0x0, access: ro}\n",
    """
types:
  spi:
    registers:
      ready: {offset: 0x108, fields: {event: {bits: 0}}}
      enable: {offset: 0x500, fields: {enable: {bits: 3:0}}}
      rxd: {offset: 0x518, access: ro}
  twi:
    registers:
      start: {offset: 0x0, access: wo}
      stopped: {offset: 0x104, fields: {event: {bits: 0}}}
      enable: {offset: 0x500, fields: {enable: {bits: 3:0}}}
      rxd: {offset: 0x518, access: ro}
      target: {offset: 0x588, fields: {id: {bits: 6:0}}}
blocks:
  spi0: {type: spi, offset: 0x3000}
  twi0: {type: twi, offset: 0x3000, alternate: spi0, when: its enable is 5}
""",
)


def test_two_peripherals_at_one_base(opened, bus):
    dev = opened(SERIAL)
    assert bus(assign(dev.twi0.enable, "enable", 5)) == [("w", 0x3500, 32, 5)]
    assert dev.spi0.enable.enable == 5
    dev.twi0.target.id = 0x68
    dev.twi0.start.write(1)
    dev.twi0.stopped.event = 1
    assert (dev.twi0.target.id, dev.twi0.stopped.event, dev.spi0.ready.event) == (0x68, 1, 0)
    assert [path for path in dev.snapshot() if path.startswith("twi0")] == []
    assert SERIAL.header["DUT_SPI0_ENABLE_OFFSET"] == SERIAL.header["DUT_TWI0_ENABLE_OFFSET"]
    assert SERIAL.child("twi0")["alternate"] == "spi0"


ATOMIC = Case("""
  ctrl: {offset: 0x0, via: alias, reset: 0x4, fields: {en: {bits: 0}, mode: {bits: 3:1}, done: {bits: 8, access: ro}}}
  ctrl_xor: {offset: 0x1000, alias: ctrl, access: w1t}
  ctrl_set: {offset: 0x2000, alias: ctrl, access: w1s}
  ctrl_clr: {offset: 0x3000, alias: ctrl, access: w1c}
  ch: {offset: 0x100, count: 2, stride: 8, via: alias, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
  ch_set: {offset: 0x2100, count: 2, stride: 8, alias: ch, access: {read: none, write: one_sets}}
  ch_clr: {offset: 0x3100, count: 2, stride: 8, alias: ch, access: {read: none, write: one_clears}}
""")


def test_atomic_aliases_spare_the_read(opened, bus):
    dev = opened(ATOMIC)
    assert bus(assign(dev.ctrl, "mode", 5)) == [("w", 0x3000, 32, 0x4), ("w", 0x2000, 32, 0xA)]
    assert bus(assign(dev.ctrl, "en", 1)) == [("w", 0x2000, 32, 0x1)]
    assert bus(assign(dev.ctrl, "en", 0)) == [("w", 0x3000, 32, 0x1)]
    assert dev.ctrl.fields() == {"en": 0, "mode": 5, "done": 0}
    assert bus(assign(dev.ctrl_xor, "mode", 7)) == [("w", 0x1000, 32, 0xE)]
    assert (dev.ctrl.mode, dev.ctrl_set.mode) == (2, 2)
    with pytest.raises(hal.AccessError, match="read-only"):
        dev.ctrl_set.done = 1
    assert bus(assign(dev.ch[1], "b", 3)) == [("w", 0x3108, 32, 0xC0), ("w", 0x2108, 32, 0x30)]
    assert dev.ch.read() == [0, 0x30]
    with dev.batch() as view:
        view.ctrl.mode = 1
        view.ch[0].a = 9
    assert (dev.ctrl.mode, dev.ch[0].a) == (1, 9)
    assert list(dev.snapshot()) == ["ctrl", "ch[0]", "ch[1]"]
    assert dev.restore(dev.snapshot()) == []
    assert dev.ctrl.info["fields"]["mode"] == "bits 3:1, rw, a write sets and clears its bits by other registers"
    assert ATOMIC.header["DUT_CTRL_SET_MODE_MASK"] == "UINT32_C(0xE)"
    assert ATOMIC.field("ctrl_set", "mode")["alias"] == "ctrl.mode"


LOCKS = Case("""
  regwen: {offset: 0x0, fields: {en: {bits: 0, access: w0c, reset: 1}}}
  cfg: {offset: 0x4, lock: {by: regwen.en, value: 1}, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
  ch_regwen: {offset: 0x10, count: 2, stride: 4, fields: {en: {bits: 0, reset: 1}}}
  ch: {offset: 0x20, count: 2, stride: 8, lock: {by: ch_regwen.en, value: 1}, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
  digest: {offset: 0x30, write_twice: true, lock: {by: regwen, value: 1}, fields: {a: {bits: 3:0}, b: {bits: 7:4}}}
""")


def test_a_lock_refuses_writes_in_words(opened, bus, slot):
    dev = opened(LOCKS)
    assert bus(assign(dev.cfg, "a", 5)) == [("r", 0, 32, 1), ("r", 4, 32, 0), ("w", 4, 32, 5)]
    assert bus(lambda: dev.cfg.modify(a=1, b=1)) == [("r", 0, 32, 1), ("w", 4, 32, 0x11)]
    dev.regwen.en = 0
    for write in (assign(dev.cfg, "b", 1), lambda: dev.cfg.write(0), dev.cfg.reset, lambda: dev.cfg.modify(a=0)):
        with pytest.raises(hal.LockedError) as caught:
            write()
        assert str(caught.value) == (
            "dut.cfg (app BAR 0, 0x4) is locked: dut.regwen.en (app BAR 0, 0x0) is 0x0, and writes pass while it is "
            "0x1; nothing was written"
        )
        assert caught.value.path == "dut.cfg"
    slot.bar("app", 0).poke(4, 0xFF)  # the card ignores it, as hardware does
    assert dev.cfg.read() == 0x11
    assert LOCKS.register("cfg")["rules"]["lock"] in (["regwen.en", 1], ["regwen.en", "0x1"])
    assert LOCKS.header["DUT_REGWEN_EN_MASK"] == "UINT32_C(0x1)"


def test_elements_have_the_lock_of_their_index(opened, slot):
    dev = opened(LOCKS)
    dev.ch_regwen[1].en = 0
    dev.ch[0].a = 3
    with pytest.raises(hal.LockedError, match=r"dut.ch\[1\] .* is locked: dut.ch_regwen\[1\].en \(app BAR 0, 0x14\)"):
        dev.ch[1].a = 3
    slot.bar("app", 0).poke(0x28, 0xFF)
    assert dev.ch.read() == [3, 0]
    with pytest.raises(hal.LockedError):
        dev.ch.write([1, 2])
    before = dev.snapshot()
    assert dev.restore(before, force=True) == ["ch[1]"]


def test_a_lock_in_a_batch(opened):
    dev = opened(LOCKS)
    dev.regwen.en = 0
    with pytest.raises(hal.LockedError) as caught, dev.batch() as view:
        view.ch[0].a = 1
        view.cfg.a = 1
    assert str(caught.value) == (
        "batch access 3 of 4 (2 before it were made): check of dut.regwen (app BAR 0, 0x0) found the lock closed, and "
        "what it locks was not written; open the lock first"
    )
    assert (dev.ch[0].a, dev.cfg.a) == (1, 0)


def test_shadowed_registers_are_written_twice(opened, bus, slot):
    dev = opened(LOCKS)
    twice = [("w", 0x30, 32, 5), ("w", 0x30, 32, 5)]
    assert bus(assign(dev.digest, "a", 5)) == [("r", 0, 32, 1), ("r", 0x30, 32, 0), *twice]
    bar = slot.bar("app", 0)
    bar.poke(0x30, 0x77)
    bar.poke(0x30, 0x66)  # another value: the update is lost
    assert dev.digest.read() == 5
    bar.poke(0x30, 0x77)
    assert dev.digest.read() == 5  # a read begins anew
    bar.poke(0x30, 0x66)
    bar.poke(0x30, 0x66)
    assert dev.digest.read() == 0x66
    with dev.batch() as view:
        view.digest.b = 1
    assert dev.digest.read() == 0x16
    assert LOCKS.register("digest")["rules"]["twice"] is True


KEYS = Case("""
  key: {offset: 0x0, access: wo}
  config: {offset: 0x4, unlock: [{key: 0x45670123}, {key: 0xCDEF89AB}], fields: {div: {bits: 3:0}, on: {bits: 8}}}
  soft: {offset: 0x8, write_mask: high, fields: {a: {bits: 3:0}, b: {bits: 7:4}, go: {bits: 8, access: w1s}}}
""")


def test_keys_come_before_each_write(opened, bus, slot):
    dev = opened(KEYS)
    keys = [("w", 0, 32, 0x45670123), ("w", 0, 32, 0xCDEF89AB)]
    assert bus(assign(dev.config, "div", 5)) == [*keys, ("r", 4, 32, 0), ("w", 4, 32, 5)]
    assert bus(lambda: dev.config.write(0x103)) == [*keys, ("w", 4, 32, 0x103)]
    assert dev.config.fields() == {"div": 3, "on": 1}
    bar = slot.bar("app", 0)
    bar.poke(4, 0)  # the keys are used up
    for accesses in ([(0, 0xCDEF89AB), (0, 0x45670123)], [(0, 0x45670123), (8, 0), (0, 0xCDEF89AB)]):
        for offset, value in accesses:
            bar.poke(offset, value)
        bar.poke(4, 0)
    assert dev.config.read() == 0x103
    for _, offset, _, value in keys:
        bar.poke(offset, value)
    bar.poke(4, 0)
    assert dev.config.read() == 0
    assert KEYS.register("config")["rules"]["unlock"][1][0] == "key"


def test_a_write_mask_spares_the_read(opened, bus):
    dev = opened(KEYS)
    assert bus(assign(dev.soft, "b", 5)) == [("w", 8, 32, 0xF0_0050)]
    assert bus(lambda: dev.soft.write(a=3)) == [("w", 8, 32, 0xF_0003)]
    assert bus(lambda: dev.soft.modify(a=1, b=2)) == [("w", 8, 32, 0xFF_0021)]
    assert dev.soft.read() == 0x21
    assert bus(assign(dev.soft, "go", 1)) == [("w", 8, 32, 0x100_0100)]
    before = dev.snapshot()
    assert bus(dev.soft.reset) == [("w", 8, 32, 0xFF_0000)]
    dev.restore(before)
    assert dev.soft.fields() == {"a": 1, "b": 2, "go": 1}
    assert KEYS.register("soft")["rules"]["masked"] is True


HLS = Case("""
  ap_ctrl:
    offset: 0x0
    fields:
      ap_start: {bits: 0, access: {read: value, write: one_sets}, volatile: true}
      ap_done: {bits: 1, access: rc, volatile: true}
      ap_idle: {bits: 2, access: ro, volatile: true, reset: 1}
      ap_ready: {bits: 3, access: ro, volatile: true}
      auto_restart: {bits: 7}
  gie: {offset: 0x4, fields: {enable: {bits: 0}}}
  pll: {offset: 0x8, reset: 0x8, fields: {pllr: {bits: 2:0}, pllf: {bits: 9:4}}}
""")


def test_ap_ctrl_says_why_auto_restart_has_no_setter(opened, bus, slot):
    dev = opened(HLS)
    slot.emulator.poke(0, 0, 0, 0x6)
    with pytest.raises(hal.AccessError) as caught:
        dev.ap_ctrl.ap_start = 1
    assert "auto_restart must be read back, and a read changes ap_done (rc)" in str(caught.value)
    assert bus(lambda: dev.ap_ctrl.write(ap_start=1)) == [("w", 0, 32, 1)]
    assert bus(lambda: dev.ap_ctrl.modify(auto_restart=1)) == [("w", 0, 32, 0x80)]
    assert dev.ap_ctrl.ap_done == 1
    assert dev.ap_ctrl.fields() == {"ap_start": 1, "ap_done": 0, "ap_idle": 1, "ap_ready": 0, "auto_restart": 1}
    assert HLS.field("ap_ctrl", "ap_start")["write"] == "one_sets"
    assert HLS.header["DUT_AP_CTRL_AUTO_RESTART_SHIFT"] == "7"


def test_a_pll_keeps_its_reserved_bits(opened, bus):
    dev = opened(HLS)
    assert bus(assign(dev.pll, "pllr", 1)) == [("r", 8, 32, 0x8), ("w", 8, 32, 0x9)]
    assert bus(dev.pll.reset) == [("w", 8, 32, 0x8)]
    assert HLS.header["DUT_PLL_RESET"] == "UINT32_C(0x8)"
    assert HLS.register("pll")["reset"] == "0x8"


def test_headers_of_all_cases_have_every_register_once():
    for case in (UART, CCMR, GPIO, SERIAL, ATOMIC, LOCKS, KEYS, HLS):
        places = [child["name"] for child in case.model["blocks"][-1]["children"]]
        assert {f"DUT_{name.upper()}_OFFSET" for name in places} <= set(case.header)


def test_models_see_what_is_read_and_what_is_written(opened, slot):
    seen = []

    class Uart(hal.Model):
        def on_write(self, register, value):
            seen.append(("write", register, value))

        def on_read(self, register):
            seen.append(("read", register))
            self.set("rbr.value", 0x33)

    dev = opened(UART)
    slot.emulator.set_model(Uart(UART.driver))
    dev.thr.write(0x41)
    assert dev.rbr.read() == 0x33
    assert seen == [("write", "thr", 0x41), ("read", "rbr")]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("view", "line 7: 'view' must follow its 'word' line"),
        ("word 0x0 32\nat 0x1000000000000 0", "line 8: 0x1000000000000 is no distance in a BAR"),
        ("word 0x0 32\nat 0x0 0x40", "line 8: a shift is -63 to 63 bits"),
        ("word 0x0 32\nlock 0xfffffffffffffffc 32 0x1 0x1", "line 7: the word at 0x0 points past the end of its BAR"),
        ("word 0x0 32\nlock 0x4 16 0x1 0x1", "line 8: a width is 8, 32 or 64, not 16"),
        ("word 0x0 32\nlock 4 32 1 1\nwhen 4 32 1 1", "line 9: a view has one lock or condition"),
        ("word 0x0 32" + "\nunlock 4 1" * 9, "line 16: a word has up to 8 keys"),
        ("word 0x0 32" + "\nview" * 16, "line 23: a word has up to 16 views"),
        ("word 0x0 32\nbehind 1", "line 8: expected 'behind'"),
    ],
)
def test_the_card_refuses_what_makes_no_sense(slot, lines, text):
    head = "haldesign 1\nname x\nafi agfi-0fedcba9876543210\nload_ms 0\n# a design\nspace app 0\n"
    with pytest.raises(hal.HalError) as caught:
        slot.emulator.install_text(head + lines + "\n")
    assert text in str(caught.value)


def test_keys_are_for_both_of_two_writes(slot):
    """The second one follows the first, not the keys."""
    driver = load_class(
        "{schema: 1, name: dut, registers: {key: {offset: 0, access: wo}, r: {offset: 4, write_twice: true, "
        "unlock: [{key: 1}, {key: 2}]}}}"
    )
    with on_card(slot, driver) as device:
        device.r.write(7)
        assert device.r.read() == 7


def test_aliases_of_wide_registers_act_on_the_word_that_holds_the_bits(slot):
    driver = load_class("""
schema: 1
name: dut
registers:
  main: {offset: 0x0, width: 64, access_width: 32, fields: {a: {bits: 3:0}, b: {bits: 39:28}, c: {bits: 63:60}}}
  set: {offset: 0x10, alias: main, access: w1s}
  flip:
    offset: 0x20
    width: 64
    access_width: 32
    fields: {c: {bits: 63:60, access: w1t, alias: main.c}, a: {bits: 35:32, access: w1t, alias: main.a}}
  half: {offset: 0x30, width: 16, fields: {x: {bits: 3:0}, y: {bits: 11:8}}}
  half_set: {offset: 0x32, alias: half, access: w1s}
""")
    with on_card(slot, driver) as device:
        device.set.c, device.set.b = 5, 0xFFF
        device.flip.a = 0xF
        assert device.main.read() == 0x500000FFF000000F
        device.flip.c = 0xF
        device.half_set.y = 3
        assert (device.main.c, device.half.read()) == (0xA, 0x300)


TWICE_REMEMBERED = """
  r:
    offset: 0
    write_twice: true
    fields:
      a: {bits: 3:0}
      x: {bits: 7:4, access: wo, idle: last, reset: 3}
      y: {bits: 11:8, access: wo, idle: last, reset: 5}
  s: {offset: 4, write_twice: true, shadow: true, fields: {on: {bits: 0}, b: {bits: 7:4, reset: 2}}}
"""


def test_a_write_by_rules_carries_what_is_remembered(opened, bus):
    """And what only a read tells."""
    device = opened(Case(TWICE_REMEMBERED))
    assert bus(assign(device.r, "x", 6)) == [("r", 0, 32, 0x0), ("w", 0, 32, 0x560), ("w", 0, 32, 0x560)]
    assert bus(assign(device.r, "a", 9)) == [("w", 0, 32, 0x569)] * 2
    assert bus(lambda: device.r.modify(x=1, y=2)) == [("r", 0, 32, 0x9), ("w", 0, 32, 0x219), ("w", 0, 32, 0x219)]
    assert bus(lambda: device.r.modify(a=4, y=3)) == [("w", 0, 32, 0x314)] * 2
    assert bus(lambda: device.s.modify(on=hal.TOGGLE)) == [("r", 4, 32, 0x20), *[("w", 4, 32, 0x21)] * 2]
    assert bus(lambda: device.s.modify(on=hal.TOGGLE)) == [("w", 4, 32, 0x20)] * 2
