"""What each access costs on the bus: the exact reads and writes, as the emulated card sees them."""

from __future__ import annotations

import pytest

import hal


def assign(node, **fields):
    for name, value in fields.items():
        setattr(node, name, value)


def test_a_field_beside_plain_ones_takes_one_read_and_one_write(dut, bus):
    """w1c is written 0, w0s 1, the pulse 0."""
    assert bus(lambda: assign(dut.ctrl, b=7)) == [("r", 0, 32, 0x205), ("w", 0, 32, 0x275)]


def test_enum_and_pulse_fields_are_written_the_same_way(dut, bus):
    assert bus(lambda: assign(dut.ctrl, mode=5)) == [("r", 0, 32, 0x205), ("w", 0, 32, 0x50205)]
    assert bus(lambda: assign(dut.ctrl, go=1)) == [("r", 0, 32, 0x50205), ("w", 0, 32, 0x51205)]
    assert bus(lambda: assign(dut.ctrl, a=1)) == [("r", 0, 32, 0x50205), ("w", 0, 32, 0x50201)]
    assert dut.ctrl.go == 0


def test_a_field_with_neutral_neighbours_takes_one_write(dut, bus):
    assert bus(lambda: assign(dut.single, only=0x12)) == [("w", 4, 32, 0x1200)]
    assert bus(lambda: assign(dut.single, flag=1)) == [("r", 4, 32, 0x1200), ("w", 4, 32, 0x1201)]


def test_write_only_neighbours_are_written_as_they_were_last(dut, bus):
    assert bus(lambda: assign(dut.out, y=2)) == [("w", 8, 32, 0x23)]
    assert bus(lambda: assign(dut.out, x=1)) == [("w", 8, 32, 0x21)]
    assert bus(lambda: dut.out.write(y=4)) == [("w", 8, 32, 0x41)]
    assert bus(dut.out.reset) == [("w", 8, 32, 0x03)]
    with pytest.raises(hal.AccessError, match="write-only"):
        dut.out.x  # noqa: B018


def test_shadow_needs_no_read_but_the_first(dut, bus):
    assert bus(lambda: assign(dut.kept, x=9)) == [("r", 0xC, 32, 0x21), ("w", 0xC, 32, 0x29)]
    assert bus(lambda: dut.kept.modify(y=3)) == [("w", 0xC, 32, 0x39)]
    assert bus(lambda: dut.kept.x) == [("r", 0xC, 32, 0x39)]


def test_a_shadow_begins_with_what_the_card_holds(dut, slot, driver, bus):
    """Whoever wrote it; a device that is opened later knows what another one of this process wrote."""
    slot.emulator.poke(0, 0, 0xC, 0x29)
    assert bus(lambda: assign(dut.kept, y=7)) == [("r", 0xC, 32, 0x29), ("w", 0xC, 32, 0x79)]
    with slot.attach(driver) as other:
        assert bus(lambda: assign(other.kept, x=1)) == [("w", 0xC, 32, 0x71)]
    with slot.attach(driver) as other:
        other.kept.write(0x11)
        assert bus(lambda: assign(other.kept, y=3)) == [("w", 0xC, 32, 0x31)]
    with slot.attach(driver) as other, slot.emulator.trace() as trace, other.batch() as view:
        view.kept.x = 5
        view.kept.y = 6
    assert [(access.action, access.value) for access in trace] == [("write", 0x65)]


def test_a_read_that_destroys_is_refused_before_the_bus_is_touched(dut, bus):
    def refused():
        with pytest.raises(hal.AccessError, match="b must be read back, and a read changes irq"):
            dut.fragile.a = 1

    assert bus(refused) == []
    assert bus(lambda: dut.fragile.modify(a=1, b=2)) == [("w", 0x10, 32, 0x801)]
    assert bus(lambda: dut.fragile.write(a=3)) == [("w", 0x10, 32, 0x3)]


def test_a_field_that_is_written_once_guards_its_register(dut, bus):
    def refused():
        with pytest.raises(hal.AccessError, match=r"lock \(w1\) would be changed by any write"):
            dut.once.a = 1

    assert bus(refused) == []
    assert bus(lambda: dut.once.modify(a=1, lock=1)) == [("w", 0x14, 32, 0x11)]


def test_modify_takes_at_most_one_read_and_one_write(dut, bus):
    assert bus(lambda: dut.ctrl.modify(a=1, mode=1)) == [("r", 0, 32, 0x205), ("w", 0, 32, 0x10201)]
    assert bus(lambda: dut.ctrl.modify(a=1, b=2, mode=0)) == [("w", 0, 32, 0x221)]


def test_write_takes_one_write(dut, bus):
    assert bus(lambda: dut.ctrl.write(b=2)) == [("w", 0, 32, 0x225)]
    assert bus(lambda: dut.ctrl.write(0)) == [("w", 0, 32, 0)]
    assert bus(dut.ctrl.reset) == [("w", 0, 32, 0x205)]


def test_a_counter_of_two_words_is_read_high_low_high(dut, bus, slot):
    slot.emulator.poke(0, 0, 0x18, 0x11111111)
    slot.emulator.poke(0, 0, 0x1C, 0x22222222)
    values = []
    assert bus(lambda: values.append(dut.count.value)) == [
        ("r", 0x1C, 32, 0x22222222),
        ("r", 0x18, 32, 0x11111111),
        ("r", 0x1C, 32, 0x22222222),
    ]
    assert values == [0x2222222211111111]


def test_a_counter_that_carries_between_two_words_is_not_torn(dut, slot, driver):
    class Carry(hal.Model):
        def on_read(self, register):
            """The low word runs over just before its first read is over."""
            reads.append(register)
            if len(reads) == 2:
                self.set("count.value", 0x1_00000003)

    reads = []
    slot.emulator.poke(0, 0, 0x18, 0xFFFFFFFF)
    slot.emulator.poke(0, 0, 0x1C, 0)
    slot.emulator.set_model(Carry(driver))
    assert dut.count.value == 0x1_00000003
    assert len(reads) == 6
    slot.emulator.set_model(None)


@pytest.mark.parametrize(("name", "order"), [("plain", [0, 4]), ("high", [4, 0])])
def test_words_are_accessed_in_the_order_of_the_map(dut, bus, name, order):
    register = getattr(dut, name)
    at = register.address
    halves = {0: 0x55667788, 4: 0x11223344}
    assert bus(lambda: register.write(0x1122334455667788)) == [("w", at + o, 32, halves[o]) for o in order]
    assert bus(register.read) == [("r", at + o, 32, halves[o]) for o in order]


def test_a_latched_register_is_accessed_as_a_whole(dut, bus):
    assert bus(lambda: dut.latched.up) == [("r", 0x30, 32, 0), ("r", 0x34, 32, 0)]
    assert bus(lambda: assign(dut.latched, up=7)) == [
        ("r", 0x30, 32, 0),
        ("r", 0x34, 32, 0),
        ("w", 0x30, 32, 0),
        ("w", 0x34, 32, 7),
    ]


def test_only_the_words_of_a_field_are_touched(dut, bus):
    at = 0x38
    assert bus(lambda: assign(dut.mixed, a=0x12)) == [("r", at, 32, 0), ("w", at, 32, 0x12)]
    assert bus(lambda: assign(dut.mixed, cross=0xABCD)) == [
        ("r", at, 32, 0x12),
        ("r", at + 4, 32, 0),
        ("w", at, 32, 0xCD000012),
        ("w", at + 4, 32, 0xAB),
    ]
    assert bus(lambda: dut.mixed.cross) == [("r", at, 32, 0xCD000012), ("r", at + 4, 32, 0xAB)]
    assert bus(lambda: assign(dut.mixed, c=0x56)) == [("w", at + 8, 32, 0x5600)]
    assert dut.mixed.cross == 0xABCD
    assert bus(lambda: dut.mixed.modify(a=1, cross=2, b=3)) == [
        ("w", at, 32, 0x02000001),
        ("w", at + 4, 32, 0x300),
    ]


def test_16_bits_are_two_bytes_on_the_bus(dut, bus):
    assert bus(lambda: dut.half.write(0xA1C5)) == [("w", 0x48, 8, 0xC5), ("w", 0x49, 8, 0xA1)]
    assert bus(lambda: assign(dut.half, hi=3)) == [("r", 0x49, 8, 0xA1), ("w", 0x49, 8, 0x31)]
    assert bus(lambda: assign(dut.half, mid=0)) == [
        ("r", 0x48, 8, 0xC5),
        ("r", 0x49, 8, 0x31),
        ("w", 0x48, 8, 0x05),
        ("w", 0x49, 8, 0x30),
    ]


def test_8_and_64_bits_are_one_access(dut, bus):
    assert bus(lambda: assign(dut.byte, m=3)) == [("r", 0x4C, 8, 0), ("w", 0x4C, 8, 0x30)]
    assert bus(lambda: assign(dut.quad, hi=3)) == [("r", 0x50, 64, 0), ("w", 0x50, 64, 3 << 32)]


def test_bars_are_attached_once_and_when_first_needed(dut, monkeypatch):
    attached = []
    real = dut.slot.bar
    monkeypatch.setattr(dut.slot, "bar", lambda *place, **how: attached.append((*place, how)) or real(*place, **how))
    dut.ctrl.read()
    assert attached == [(hal.Pf.APP, 0, {"burst": False, "design": dut._number})]
    dut.side.r.value = 1
    dut.side.r.value = 2
    assert attached[1:] == [(hal.Pf.MGMT, 4, {"burst": False, "design": dut._number})]


def test_memories_of_app_bar_4_are_written_through_a_handle_that_combines(dut, monkeypatch):
    attached = []
    real = dut.slot.bar
    monkeypatch.setattr(dut.slot, "bar", lambda *place, **how: attached.append((*place, how)) or real(*place, **how))
    dut.bulk.doorbell.value = 1
    assert attached == [(hal.Pf.APP, 4, {"burst": False, "design": dut._number})]
    dut.bulk.ram[0:3] = [1, 2, 3]
    assert attached[1:] == [(hal.Pf.APP, 4, {"burst": True, "design": dut._number})]
    assert list(dut.bulk.ram[0:4]) == [1, 2, 3, 0]
    dut.bulk.ram.fill(5, 1, 2)
    assert list(dut.bulk.ram[0:4]) == [1, 5, 5, 0]
    assert len(attached) == 2
