"""Writing back what was read: order, what is left alone, and what is told."""

from __future__ import annotations

import pytest

import hal
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
        dut.restore(snapshot)
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
        dut.restore(snapshot)
    slot.emulator.set_model(None)
    assert dut.kept.read() == dut.kept._last_written == 0x21


@pytest.mark.parametrize("which", ["all", "plain"])
def test_a_flag_is_not_cleared_and_a_pulse_not_fired(dut, slot, driver, bus, which):
    """Both are in the snapshot as 1; with registers beside them that remember what was written, and without."""
    others = dict(dut.snapshot()) if which == "all" else {}
    taken = hal.Snapshot(driver, others | {"ctrl": 0x5_1305, "single": 0x0101})
    slot.emulator.poke(0, 0, 0, 0x300)
    accesses = bus(lambda: dut.restore(taken))
    assert ("w", 0x0, 32, 0x5_0205) in accesses  # done 0 and go 0 do nothing, and so does low 1
    assert ("w", 0x4, 32, 0x0100) in accesses
    assert (dut.ctrl.done, dut.ctrl.low) == (1, 1)


def test_bits_of_no_field_come_back(dut, bus, driver):
    taken = hal.Snapshot(driver, {"latched": 0xAAAA_0000_BBBB_0000 | 0x1111_0000_2222 & 0xFFFF_0000_FFFF})
    assert bus(lambda: dut.restore(taken)) == [("w", 0x30, 32, 0xBBBB_2222), ("w", 0x34, 32, 0xAAAA_1111)]


@pytest.mark.parametrize("name", ["ch1", "ch10"])
def test_a_block_is_not_its_longer_or_shorter_namesake(slot, bus, name):
    with on_the_card(slot, LANES) as device:
        taken = device.snapshot()
        place = {"ch1": 0x0, "ch10": 0x4}[name]
        assert offsets(bus(lambda: getattr(device, name).restore(taken))) == [place]


@pytest.mark.parametrize("index", [1, 10, 11])
def test_an_element_is_not_another_that_its_path_begins(slot, bus, index):
    with on_the_card(slot, LANES) as device:
        taken = device.snapshot()
        assert offsets(bus(lambda: device.bank[index].restore(taken))) == [0x100 + 4 * index]
        assert offsets(bus(lambda: device.restore(taken))) == [0x0, 0x4, 0x80, 0x90, *range(0x100, 0x130, 4), 0x200]


def test_what_a_block_leaves_out_is_its_own(slot):
    """`ch1` has nothing to say of what an older map's `ch10` had."""
    with on_the_card(slot, LANES) as device:
        saved = device.snapshot().to_dict() | {"digest": "another"}
        saved["registers"] |= {"ch10.gone": 1, "ch1.gone": 1}
        taken = hal.Snapshot.from_dict(saved, type(device))
        assert set(taken.misfits) == {"ch10.gone", "ch1.gone"}
        assert device.ch1.restore(taken) == ["ch1.gone"]
        assert sorted(device.restore(taken)) == ["ch1.gone", "ch10.gone"]


def test_words_are_written_in_the_order_of_the_map(dut, bus, driver):
    for name, order in {"plain": [0, 4], "high": [4, 0], "latched": [0, 4]}.items():
        register = getattr(dut, name)
        taken = hal.Snapshot(driver, {name: 0x0001_0002_0003_0004})
        halves = {0: 0x0003_0004, 4: 0x0001_0002}
        wanted = [("w", register.address + at, 32, halves[at]) for at in order]
        assert bus(lambda taken=taken: dut.restore(taken)) == wanted


@pytest.mark.parametrize("access", ["w1", "wo1", "wc", "ws", "woc", "wos", "wcrs", "wsrc"])
def test_a_register_that_any_write_acts_on_is_left_out(slot, bus, access):
    text = f'{HEAD}registers:\n  r: {{offset: 0, fields: {{a: {{bits: "3:0"}}, once: {{bits: 8, access: {access}}}}}}}\n  s: {{offset: 4}}\n'
    with on_the_card(slot, text) as device:
        taken = hal.Snapshot(type(device), {"r": 0x5, "s": 0x6})
        left = []
        assert bus(lambda: left.extend(device.restore(taken))) == [("w", 4, 32, 6)]
        assert left == ["r"]


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
