"""One driver, one program: the same values, refusals and errors on the emulated card, simulated logic and a PCI BAR."""

from __future__ import annotations

import os
import struct

import pytest

import hal
from tests.support.pci_slots import SLOTS

LIBRARIES = ("emulated card", "simulated logic", "PCI functions")


@pytest.fixture(params=LIBRARIES)
def gadget_anywhere(request, gadget_class):
    """The gadget's driver. A PCI BAR is plain memory here, so it is used by what is plain in the map."""
    if request.param == "simulated logic":
        yield request.getfixturevalue("gadget")
        return
    if request.param == "emulated card":
        slot = request.getfixturevalue("slot")
        slot.emulator.provide(gadget_class, replace=True)
        yield slot.attach(gadget_class)
        return
    file = request.getfixturevalue("pci_tree").folder(SLOTS["plain"]) / "resource0"
    file.write_bytes(struct.pack("<I", 0x48414C01))
    os.truncate(file, 1 << 20)
    with gadget_class.open(0, request.getfixturevalue("pci_functions")) as device:
        yield device


def test_registers_fields_and_arrays(gadget_anywhere):
    dev = gadget_anywhere
    assert dev.id.read() == 0x48414C01
    dev.scratch.write(0x12345678)
    dev.ctrl.write(enable=0, mode=5, limit=0x21)
    dev.ctrl.mode = 2
    dev.wide.write(0x1122334455667788)
    for number, place in enumerate(dev.bank):
        place.write(0x100 + number)
    assert (dev.scratch.read(), dev.ctrl.mode, dev.ctrl.limit) == (0x12345678, 2, 0x21)
    assert (dev.wide.read(), [place.read() for place in dev.bank]) == (0x1122334455667788, [0x100, 0x101, 0x102, 0x103])


def test_memories_batches_and_snapshots(gadget_anywhere):
    dev = gadget_anywhere
    dev.table[0:16] = range(16)
    assert dev.table[3:6].tolist() == [3, 4, 5]
    asked = dev.batch()
    with asked as batch:
        batch.scratch.write(7)
        batch.ctrl.mode = 3
        later = asked.read(batch.scratch)
    assert (dev.scratch.read(), dev.ctrl.mode, later.value) == (7, 3, 7)
    before = dev.snapshot()
    dev.scratch.write(8)
    changed = [difference.path for difference in before.diff(dev.snapshot())]
    assert "scratch" in " ".join(map(str, changed))


def test_waits(gadget_anywhere):
    dev = gadget_anywhere
    dev.ctrl.write(enable=0, mode=1, limit=0x40)
    dev.ctrl.wait_for(mode=1, timeout=5)
    with pytest.raises(hal.WaitTimeoutError):
        dev.ctrl.wait_for(mode=6, timeout=0.01)


def test_refusals(gadget_anywhere):
    dev = gadget_anywhere
    bar = dev.slot.bar("app", 0)
    dev.scratch.write(1)
    with pytest.raises(hal.FieldValueError):
        dev.ctrl.mode = 8
    with pytest.raises(hal.AddressError):
        bar.peek(2)
    with pytest.raises(hal.AddressError):
        bar.peek(bar.size)
    with pytest.raises(hal.AddressError):
        bar.poke((1 << 64) - 4, 0)
    with pytest.raises(hal.CardMissingError):
        dev.slot.bar("app", 3)
    with pytest.raises(hal.CardMissingError):
        hal.open_slot(7, dev.slot.library)
    bar.detach()
    with pytest.raises(hal.ClosedError):
        bar.peek(0)
    assert dev.scratch.read() == 1


def test_a_rescan_ends_what_is_open(gadget_anywhere):
    dev = gadget_anywhere
    dev.scratch.write(1)
    dev.slot.rescan()
    with pytest.raises(hal.StaleHandleError):
        dev.scratch.read()
