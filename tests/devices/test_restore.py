"""Writing back what was read: order, what is left alone, and what is told."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from hal.devices.saved.restore import after_restore
from tests.support.dut import load_class

HEAD = "schema: 1\nname: dut\nafi: {ids: [agfi-0fedcba9876543210]}\n"
LANES = f"""{HEAD}
types: {{lane: {{registers: {{level: {{offset: 0}}}}}}}}
registers: {{ch1_extra: {{offset: 0x80}}, ch: {{offset: 0x90}}}}
blocks:
  ch1: {{type: lane, offset: 0x0}}
  ch10: {{type: lane, offset: 0x4}}
  bank: {{type: lane, offset: 0x100, count: 12}}
  bank_2: {{type: lane, offset: 0x200}}
"""


def on_the_card(slot, text):
    kind = load_class(text)
    slot.emulator.install(kind)
    slot.load(kind.afi_id())
    return slot.attach(kind)


def offsets(accesses):
    return [offset for action, offset, *_ in accesses if action == "w"]


def test_what_can_not_be_written_is_told_and_what_was_written_is_remembered(dut, slot, driver):
    class Broken(hal.Model):
        def on_write(self, register, value):
            if register == "plain":
                raise RuntimeError("broken")

    dut.kept.write(0x93)
    snapshot = dut.snapshot()
    dut.kept.write(0)
    dut.dots[0].v = 5
    slot.emulator.set_model(Broken(driver))
    with pytest.raises(hal.ModelError, match=r"restore of dut: write \d+ of \d+"):
        dut.restore(snapshot, force=True)
    slot.emulator.set_model(None)
    assert dut.kept.read() == dut.kept._last_written == 0x93
    assert dut.dots[0].v == 5  # behind the one that failed


def test_what_was_not_written_is_not_remembered(dut, slot, driver):
    class Broken(hal.Model):
        def on_write(self, register, value):
            if register == "single":
                raise RuntimeError("broken")

    dut.kept.write(0x93)
    snapshot = dut.snapshot()
    dut.kept.write(0x21)
    slot.emulator.set_model(Broken(driver))
    with pytest.raises(hal.ModelError, match=r"restore of dut: write 2 of"):
        dut.restore(snapshot, force=True)
    slot.emulator.set_model(None)
    assert dut.kept.read() == dut.kept._last_written == 0x21


def test_flags_are_no_configuration(dut, slot):
    """Two snapshots of it differ where the configuration does."""
    dut.ctrl.write(0x5_1005)
    slot.emulator.poke(0, 0, 0, slot.emulator.peek(0, 0, 0) & ~0x300)
    full, saved = dut.snapshot(), dut.snapshot(config=True)
    slot.emulator.poke(0, 0, 0, slot.emulator.peek(0, 0, 0) | 0x300)
    assert dut.snapshot() != full
    assert dut.snapshot(config=True) == saved
    assert dut.restore(saved) == []
    assert (dut.ctrl.done, dut.ctrl.low, dut.snapshot(config=True)) == (1, 1, saved)


@pytest.mark.parametrize("which", ["all", "plain"])
def test_a_flag_is_not_cleared_and_a_pulse_not_fired(dut, slot, driver, bus, which):
    """Both are in the snapshot as 1; with registers beside them that remember what was written, and without."""
    others = dict(dut.snapshot()) if which == "all" else {}
    taken = hal.Snapshot(driver, others | {"ctrl": 0x5_1305, "single": 0x0101})
    slot.emulator.poke(0, 0, 0, 0x300)
    accesses = bus(lambda: dut.restore(taken, force=True))
    assert ("w", 0x0, 32, 0x5_0205) in accesses  # done 0 and go 0 do nothing, and so does low 1
    assert ("w", 0x4, 32, 0x0100) in accesses
    assert (dut.ctrl.done, dut.ctrl.low) == (1, 1)


def test_bits_of_no_field_come_back(dut, bus, driver):
    taken = hal.Snapshot(driver, {"latched": 0xAAAA_0000_BBBB_0000 | 0x1111_0000_2222 & 0xFFFF_0000_FFFF})
    assert bus(lambda: dut.restore(taken, force=True)) == [("w", 0x30, 32, 0xBBBB_2222), ("w", 0x34, 32, 0xAAAA_1111)]


@pytest.mark.parametrize("name", ["ch1", "ch10"])
def test_a_block_is_not_its_longer_or_shorter_namesake(slot, bus, name):
    with on_the_card(slot, LANES) as device:
        taken = device.snapshot()
        place = {"ch1": 0x0, "ch10": 0x4}[name]
        assert offsets(bus(lambda: getattr(device, name).restore(taken, force=True))) == [place]


@pytest.mark.parametrize("index", [1, 10, 11])
def test_an_element_is_not_another_that_its_path_begins(slot, bus, index):
    with on_the_card(slot, LANES) as device:
        taken = device.snapshot()
        assert offsets(bus(lambda: device.bank[index].restore(taken, force=True))) == [0x100 + 4 * index]
        assert offsets(bus(lambda: device.restore(taken, force=True))) == [
            0x0,
            0x4,
            0x80,
            0x90,
            *range(0x100, 0x130, 4),
            0x200,
        ]


def test_what_a_block_leaves_out_is_its_own(slot):
    """`ch1` has nothing to say of what an older map's `ch10` had."""
    with on_the_card(slot, LANES) as device:
        saved = device.snapshot().to_dict() | {"digest": "another"}
        saved["registers"] |= {"ch10.gone": 1, "ch1.gone": 1}
        taken = hal.Snapshot.from_dict(saved, type(device))
        assert set(taken.misfits) == {"ch10.gone", "ch1.gone"}
        assert device.ch1.restore(taken, force=True) == ["ch1.gone"]
        assert sorted(device.restore(taken, force=True)) == ["ch1.gone", "ch10.gone"]


def test_words_are_written_in_the_order_of_the_map(dut, bus, driver):
    for name, order in {"plain": [0, 4], "high": [4, 0], "latched": [0, 4]}.items():
        register = getattr(dut, name)
        taken = hal.Snapshot(driver, {name: 0x0001_0002_0003_0004})
        halves = {0: 0x0003_0004, 4: 0x0001_0002}
        wanted = [("w", register.address + at, 32, halves[at]) for at in order]
        assert bus(lambda taken=taken: dut.restore(taken, force=True)) == wanted


def test_three_words_that_belong_together(slot, bus):
    three = "r: {offset: 0, width: 96, access_width: 32, words: latched}"
    with on_the_card(slot, f"{HEAD}registers: {{{three}, s: {{offset: 0x10}}}}") as device:
        taken = hal.Snapshot(type(device), {"r": 3 << 64 | 2 << 32 | 1, "s": 7})
        written = [(0x0, 1), (0x4, 2), (0x8, 3), (0x10, 7)]
        assert bus(lambda: device.restore(taken, force=True)) == [("w", at, 32, word) for at, word in written]
        device.s.value = 0
        assert offsets(bus(lambda: device.restore(taken))) == [0x10]
        assert device.snapshot() == taken


def test_all_ones_are_written_once_the_bus_was_asked(slot, bus):
    """What was read here was all ones; a snapshot that came from elsewhere may be a dead bus's."""
    text = f"""{HEAD}
registers:
  whole: {{offset: 0x0}}
  half: {{offset: 0x4, fields: {{a: {{bits: "15:0"}}, b: {{bits: "31:16", access: wo, idle: 0}}}}}}
"""
    with on_the_card(slot, text) as device:
        device.whole.value, device.half.a = 0xFFFF_FFFF, 0xFFFF
        taken = device.snapshot()
        device.whole.value = device.half.a = 0
        asked = [("r", 0x0, 32, 0), ("w", 0x0, 32, 0xFFFF_FFFF), ("w", 0x4, 32, 0xFFFF)]
        assert bus(lambda: device.restore(taken, force=True)) == asked
        slot.emulator.fault("bus-dead=ocl")
        assert offsets(bus(lambda: pytest.raises(hal.BusTimeoutError, device.restore, taken, force=True))) == []
        slot.emulator.fault("")
        with pytest.raises(hal.SnapshotError, match="all 2 registers of app BAR 0 are all ones"):
            device.restore(hal.Snapshot(type(device), dict(taken)))


@pytest.mark.parametrize("access", ["w1", "wo1", "wc", "ws", "woc", "wos", "wcrs", "wsrc"])
def test_a_register_that_any_write_acts_on_is_left_out(slot, bus, access):
    text = f'{HEAD}registers:\n  r: {{offset: 0, fields: {{a: {{bits: "3:0"}}, once: {{bits: 8, access: {access}}}}}}}\n  s: {{offset: 4}}\n'
    with on_the_card(slot, text) as device:
        taken = hal.Snapshot(type(device), {"r": 0x5, "s": 0x6})
        left = []
        assert bus(lambda: left.extend(device.restore(taken, force=True))) == [("w", 4, 32, 6)]
        assert left == ["r"]
        now = device.snapshot()
        assert after_restore(now, taken) == hal.Snapshot(type(device), dict(now) | {"s": 6})
        assert after_restore(now, hal.Snapshot(type(device), {"r": 0x5})) == now


def test_snapshots_of_two_drivers_are_not_one(blinker_class):
    """The same registers with the same values, of another map of the device, and of another device."""
    one, other, stranger = (
        load_class(f"schema: 1\nname: {name}\nregisters: {{r: {{offset: 0, reset: {reset}}}}}\n".replace("dut2", "dut"))
        for name, reset in (("dut", 0), ("dut2", 1), ("dut", 0))
    )
    values = {"r": 7}
    snapshot = hal.Snapshot(one, values)
    assert snapshot == hal.Snapshot(one, values) == hal.Snapshot(stranger, values)
    assert hash(snapshot) == hash(hal.Snapshot(stranger, values))
    assert snapshot != hal.Snapshot(other, values)
    assert snapshot != hal.Snapshot(one, {"r": 8})
    assert snapshot != values
    assert snapshot.diff(hal.Snapshot(other, values)) == []
    with pytest.raises(hal.SnapshotError, match="the snapshot is of blinker"):
        snapshot.diff(hal.Snapshot(blinker_class, {"ctrl": 1}))


DIFFERING = f"""{HEAD}
registers:
  plain: {{offset: 0x0, count: 6, fields: {{a: {{bits: "7:0"}}, b: {{bits: "15:8"}}}}}}
  beside: {{offset: 0x40, fields: {{a: {{bits: "7:0"}}, flag: {{bits: 8, access: w1c}}, count: {{bits: "31:16", access: ro, volatile: true}}}}}}
  wide: {{offset: 0x48, width: 64, access_width: 32, words: high-first}}
  held: {{offset: 0x50, width: 64, access_width: 32, words: latched}}
  loud: {{offset: 0x58, fields: {{a: {{bits: "7:0", access: wrc}}}}}}
  doubled: {{offset: 0x5C, write_twice: true, fields: {{a: {{bits: "7:0"}}}}}}
  masked: {{offset: 0x60, write_mask: high, fields: {{a: {{bits: "7:0"}}, b: {{bits: "15:8"}}}}}}
"""
# Path, address, its words in the order of their writes, and how often each is written.
WORDS = [
    *((f"plain[{index}]", [4 * index], 1) for index in range(6)),
    ("beside", [0x40], 1),
    ("wide", [0x4C, 0x48], 1),
    ("held", [0x50, 0x54], 1),
]
ODD = {"doubled": [0x5C, 0x5C], "masked": [0x60]}


@pytest.fixture
def differing(slot):
    with on_the_card(slot, DIFFERING) as device:
        yield device


def changed_by(device, changes):
    for path, bit in changes:
        register = device.find(path)
        register._write_raw(register._shape.selected(device.snapshot()[path] ^ bit, register._shape.held_bits))


CHANGES = st.lists(
    st.tuples(st.sampled_from([*(path for path, *_ in WORDS), *ODD]), st.sampled_from([1, 1 << 7, 1 << 33, 1 << 63])),
    max_size=5,
)


@given(CHANGES, st.booleans())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_holds_it_already_is_not_written(differing, bus, changes, force):
    """A word is written where it differs; a register that latches as a whole; what reading changes always."""
    taken = hal.Snapshot(type(differing), dict(differing.snapshot()) | {"loud": 0x12})
    fitting = [(path, bit & (1 << differing.find(path)._shape.width) - 1) for path, bit in changes]
    changed_by(differing, [(path, bit) for path, bit in fitting if bit])
    now = differing.snapshot()
    flipped = {path: now[path] ^ taken[path] for path in now}
    wanted = []
    for path, words, _ in WORDS:
        for place, address in enumerate(words):
            shift = 32 * (len(words) - 1 - place) if path == "wide" else 32 * place
            whole = flipped[path] if path == "held" else flipped[path] >> shift & 0xFFFFFFFF
            if whole or force:
                wanted.append(address)
    wanted.append(0x58)
    for path, addresses in ODD.items():
        wanted += addresses if flipped[path] or force else []
    accesses = bus(lambda: differing.restore(taken, force=force))
    assert offsets(accesses) == wanted
    assert differing.snapshot() == hal.Snapshot(type(differing), {path: taken[path] for path in now})
    assert 0x58 not in {offset for action, offset, *_ in accesses if action == "r"}


def test_a_flag_or_a_counter_that_differs_is_no_reason_to_write(differing, bus, slot):
    taken = differing.snapshot()
    slot.emulator.poke(0, 0, 0x40, 0x1234_0100)
    assert offsets(bus(lambda: differing.restore(taken))) == []
    assert differing.beside.read() == 0x1234_0100


def test_a_look_at_a_dead_bus_writes_nothing(differing, bus, slot):
    differing.plain.write([5] * 6)
    taken = differing.snapshot()
    differing.plain.write([6] * 6)
    slot.emulator.fault("bus-dead=ocl")
    seen = bus(lambda: pytest.raises(hal.BusTimeoutError, differing.restore, taken))
    assert offsets(seen) == []


def test_a_snapshot_of_the_configuration_is_what_can_be_written_back(differing, bus):
    taken = []
    read = bus(lambda: taken.append(differing.snapshot(config=True)))
    paths = {path for path, *_ in WORDS} | ODD.keys()
    assert set(taken[0]) == paths
    assert len(read) == sum(len(words) for _, words, _ in WORDS) + len(ODD)
    differing.plain.write([7] * 6)
    assert differing.restore(taken[0]) == []
    assert differing.snapshot(config=True) == taken[0]
    assert "loud" in differing.snapshot(config=True, effects=True)
    assert set(differing.snapshot()) == paths
