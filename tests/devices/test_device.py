"""What a program sees of a generated driver, on the emulated card."""

from __future__ import annotations

import pytest

import hal
from tests.support import MAPS


def test_nothing_is_read_behind_the_users_back(slot, widget_class):
    slot.emulator.provide(widget_class)
    slot.emulator.poke(0, 0, 0xC, 0x1234)
    with slot.emulator.trace() as trace, slot.attach(widget_class, verify=False) as device:
        repr(device)
        dir(device)
        list(device.registers())
        list(device.memories())
        dir(device.fifo)
        assert "not read, because reading changes it" in repr(device.fifo)
        assert "write-only" in repr(device.command)
        repr(device.ram)
        repr(device.bank)
        _ = device.fifo.info, device.ctrl.info
        hasattr(device, "nothing")
    assert trace == []
    with slot.attach(widget_class) as device:
        assert device.fifo.value == 0x1234
        assert device.fifo.value == 0


def test_closed_device(slot, widget_class):
    device = widget_class.open(0)
    register, memory = device.ctrl, device.ram
    device.close()
    device.close()
    for action in (
        lambda: register.go,
        lambda: setattr(register, "go", 1),
        register.read,
        lambda: register.modify(go=1),
        lambda: memory[0],
        lambda: memory.write(0, [1]),
        lambda: device.wide,
        lambda: register.wait_for(go=1),
    ):
        with pytest.raises(hal.ClosedError, match="open"):
            action()
    assert "closed" in repr(device)
    assert "ClosedError" in repr(register)


def test_a_load_makes_open_devices_stale(slot, widget_class):
    slot.emulator.provide(widget_class)
    device = slot.attach(widget_class)
    register = device.ctrl
    slot.load(widget_class.afi_id())
    with pytest.raises(hal.StaleHandleError, match=r"read of widget\.ctrl\.go \(app BAR 0, 0x4\) went stale"):
        _ = register.go
    with slot.attach(widget_class) as again:
        assert again.ctrl.go == 0


def test_identity_register_is_checked(slot, widget_class):
    slot.emulator.provide(widget_class)
    slot.emulator.poke(0, 0, 0, 0xBAD)
    with pytest.raises(
        hal.IdentityError, match=r"widget\.id \(app BAR 0, 0x0\) reads 0xbad, and widget has 0xcafe0001"
    ):
        slot.attach(widget_class)
    with slot.attach(widget_class, verify=False) as device:
        assert device.id.value == 0xBAD


def test_pci_ids_are_checked(slot, widget_class, blinker_class):
    slot.emulator.install(blinker_class)
    slot.load("agfi-080817d089f3cd2ed")
    with pytest.raises(hal.IdentityError, match=r"PCI ids 1d0f:f004:fedc:1d51, and widget is 1d0f:f0ab:any:any"):
        slot.attach(widget_class)


def test_a_cleared_slot_is_told(slot, widget_class):
    with pytest.raises(hal.IdentityError, match=r"slot 0 holds no AFI .*load one first, e.g. agfi-0123456789abcdef0"):
        slot.attach(widget_class)


def test_open_replaces_only_what_open_has_loaded(slot, widget_class):
    with hal.load_map(MAPS / "blinker.yaml").open(0) as device:
        device.ctrl.enable = 1
    with widget_class.open(0) as device:
        device.ctrl.go = 1
    with widget_class.open(0) as device:
        assert device.ctrl.go == 1, "the card keeps its state"
    slot.load("agfi-080817d089f3cd2ed")
    with pytest.raises(hal.IdentityError):
        widget_class.open(0)


def test_find(widget, slot):
    with slot.emulator.trace() as trace:
        assert widget.find("bank[2]") is widget.bank[2]
        assert widget.find("bank") is widget.bank
        assert widget.find("ram") is widget.ram
        for path, error, text in (
            ("bank[4]", IndexError, "outside of its 4 elements"),
            ("ctlr", AttributeError, "did you mean ctrl"),
            ("ctrl[0]", AttributeError, r"widget\.ctrl .* is no array, or \[0\] no index of one"),
            ("ram[3]", AttributeError, r"widget\.ram .* is no array"),
            ("bank[-1]", AttributeError, r"\[-1\] no index"),
            ("ctrl.go", AttributeError, r"widget\.ctrl .* holds nothing by name"),
            ("", AttributeError, "has no register"),
        ):
            with pytest.raises(error, match=text):
                widget.find(path)
    assert trace == []


def test_opening_says_what_it_found(slot, widget_class, caplog):
    slot.emulator.provide(widget_class)
    with caplog.at_level("INFO", logger="hal"), slot.attach(widget_class):
        pass
    assert caplog.messages == [
        "slot 0 holds agfi-0123456789abcdef0, PCI ids 1d0f:f0ab:fedc:1d51",
        "widget.id (app BAR 0, 0x0) reads 0xcafe0001, as widget has it",
    ]
