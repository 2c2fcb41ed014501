"""FpgaPCI: every method does its work, and refuses what the library would not survive."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hal
from hal.vendor import FpgaMgmt, FpgaPCI
from tests.vendor.refusals import refused

AFI = "agfi-080817d089f3cd2ed"  # cl_mem_perf
CHANNELS, PATTERN = 0x404, 0x414  # read-only with reset 0x20; rw
DDR = 0x1000
TOLD = "(pci peek|pci poke|pci write burst|memset|pci get address)"
APP_SIZES = [64 << 20, 0, 64 << 10, 0, 128 << 30]
MGMT_SIZES = [16 << 10, 0, 16 << 10, 0, 4 << 20]


# -- attach and detach ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pf", "bar"), [(0, 0), (0, 2), (0, 4), (1, 0), (1, 2), (1, 4)])
def test_every_bar_attaches_and_detaches(pci, pf, bar):
    handle = pci.pci_attach(slot_id=0, pf_id=pf, bar_id=bar, flags=0)
    assert 0 <= handle < 64
    assert pci.pci_detach(handle=handle) is None


def test_attach_on_a_bar_without_burst(pci):
    error = refused(lambda: pci.pci_attach(0, 0, 0, 1), hal.HalError, "attach of slot 0, app BAR 0, flags 0x1")
    assert (error.code, error.name) == (-22, "EINVAL")
    assert "EINVAL (code -22)" in str(error)


@pytest.mark.parametrize("slot_id", [-1, 8, 1 << 40])
def test_attach_to_slots_that_can_not_exist(pci, slot_id):
    refused(lambda: pci.pci_attach(slot_id, 0, 0, 0), hal.CardMissingError, "numbered 0 to 7")


def test_attach_to_an_absent_slot(pci):
    error = refused(
        lambda: pci.pci_attach(1, 0, 0, 0),
        hal.CardMissingError,
        "on slot: 1, error code: 20: pci-device-missing; .* no such card",
    )
    assert error.code == 20


@pytest.mark.parametrize("pf_id", [-1, 2, 1 << 40])
def test_attach_to_functions_that_can_not_exist(pci, pf_id):
    refused(lambda: pci.pci_attach(0, pf_id, 0, 0), hal.CardMissingError, "0 is the application")


@pytest.mark.parametrize("bar_id", [-1, 1, 3, 5, 1 << 40])
def test_attach_to_bars_that_can_not_exist(pci, bar_id):
    absent = hal.ManagementError if bar_id in {1, 3} else hal.CardMissingError  # as the library says it: 25
    refused(lambda: pci.pci_attach(0, 0, bar_id, 0), absent, "BAR")


@pytest.mark.parametrize("flags", [-1, 1 << 32])
def test_attach_flags_that_do_not_fit(pci, flags):
    refused(lambda: pci.pci_attach(0, 0, 0, flags), OverflowError, "flags is .* 32 bits")


def test_attach_without_permission(slot, pci):
    slot.emulator.fault("attach-error=13")
    error = refused(
        lambda: pci.pci_attach(0, 0, 0, 0),
        PermissionError,
        "^Failed to pci attach on slot: 0, error code: -13: Permission denied; attach of slot 0, app BAR 0.* udev rule",
    )
    assert error.code == -13


def test_handles_run_out(pci):
    handles = [pci.pci_attach(0, 0, 2, 0) for _ in range(64)]
    assert handles == list(range(64))
    assert refused(lambda: pci.pci_attach(0, 0, 2, 0), hal.HandleError, "too many BARs are attached")
    pci.pci_detach(handles.pop())
    assert pci.pci_attach(0, 0, 2, 0) == 63


def test_double_detach(pci, ocl):
    pci.pci_detach(ocl)
    refused(
        lambda: pci.pci_detach(ocl),
        hal.ClosedError,
        f"^Failed to pci detach on slot: N/A, error code: -22: Invalid argument; detach of handle {ocl} was",
    )


@pytest.mark.parametrize("handle", [-1, -(1 << 40), 64, 255, 256, 1 << 31, 1 << 64])
def test_handles_that_are_none(pci, handle):
    for action in (
        lambda: pci.pci_detach(handle),
        lambda: pci.pci_peek(handle, 0),
        lambda: pci.pci_poke64(handle, 0, 0),
        lambda: pci.pci_write_burst(handle, 0, [0], 1),
        lambda: pci.pci_memset(handle, 0, 0, 1),
        lambda: pci.pci_get_address(handle, 0, 1),
    ):
        refused(action, hal.HandleError, "handle")


@pytest.mark.parametrize("value", [None, 1.0, "0", b"0", [0]])
def test_arguments_that_are_no_integers(pci, ocl, value):
    for action in (
        lambda: pci.pci_attach(value, 0, 0, 0),
        lambda: pci.pci_attach(0, value, 0, 0),
        lambda: pci.pci_attach(0, 0, value, 0),
        lambda: pci.pci_peek(value, 0),
        lambda: pci.pci_peek(ocl, value),
        lambda: pci.pci_poke(ocl, PATTERN, value),
        lambda: pci.pci_get_all_slot_specs(value),
    ):
        refused(action, TypeError, "whole number")


# -- single words -----------------------------------------------------------------------------------------------------


def test_words_of_all_widths(pci, pcis):
    pci.pci_poke64(handle=pcis, offset=DDR, value=0x1122_3344_5566_7788)
    assert pci.pci_peek64(handle=pcis, offset=DDR) == 0x1122_3344_5566_7788
    assert [pci.pci_peek(pcis, DDR), pci.pci_peek(pcis, DDR + 4)] == [0x5566_7788, 0x1122_3344]
    pci.pci_poke8(pcis, DDR + 1, 0xAB)
    assert pci.pci_peek8(pcis, DDR + 1) == 0xAB
    pci.pci_poke(pcis, DDR + 4, 0xFFFF_FFFF)
    assert pci.pci_peek64(pcis, DDR) == 0xFFFF_FFFF_5566_AB88


def test_registers(pci, ocl):
    assert pci.pci_peek(ocl, CHANNELS) == 0x20
    pci.pci_poke(ocl, CHANNELS, 1)
    assert pci.pci_peek(ocl, CHANNELS) == 0x20
    pci.pci_poke(ocl, PATTERN, np.uint32(0xDEAD_BEEF))
    assert pci.pci_peek(ocl, np.int64(PATTERN)) == 0xDEAD_BEEF


@pytest.mark.parametrize(("width", "limit"), [("", 1 << 32), ("8", 1 << 8), ("64", 1 << 64)])
def test_values_that_do_not_fit(pci, pcis, width, limit):
    poke = getattr(pci, "pci_poke" + width)
    poke(pcis, DDR, limit - 1)
    for value in (-1, limit):
        error = refused(lambda value=value: poke(pcis, DDR, value), OverflowError, "nothing was done")
        assert isinstance(error, ValueError)
    assert getattr(pci, "pci_peek" + width)(pcis, DDR) == limit - 1


@pytest.mark.parametrize("offset", [64 << 20, (1 << 64) - 8, (1 << 64) - 1, (64 << 20) + 8])
def test_offsets_past_the_end(slot, pci, ocl, offset):
    with slot.emulator.trace() as trace:
        for action in (
            lambda: pci.pci_peek(ocl, offset),
            lambda: pci.pci_peek8(ocl, offset),
            lambda: pci.pci_peek64(ocl, offset),
            lambda: pci.pci_poke(ocl, offset, 0),
            lambda: pci.pci_poke8(ocl, offset, 0),
            lambda: pci.pci_poke64(ocl, offset, 0),
            lambda: pci.pci_write_burst(ocl, offset, [0, 0], 2),
            lambda: pci.pci_memset(ocl, offset, 0, 2),
            lambda: pci.pci_get_address(ocl, offset, 9),
        ):
            text = rf"^Failed to {TOLD} on slot: N/A, error code: -22: Invalid argument; .* at {offset:#x} of handle {ocl} "
            refused(action, hal.AddressError, rf"{text}\(slot 0, app BAR 0\)")
    assert trace == []


@pytest.mark.parametrize("offset", [-1, -(1 << 63), 1 << 64])
def test_offsets_that_wrap(pci, ocl, offset):
    for action in (
        lambda: pci.pci_peek(ocl, offset),
        lambda: pci.pci_poke(ocl, offset, 0),
        lambda: pci.pci_write_burst(ocl, offset, [0], 1),
        lambda: pci.pci_memset(ocl, offset, 0, 1),
        lambda: pci.pci_get_address(ocl, offset, 1),
    ):
        refused(action, OverflowError, "offset is .* 64 bits")


@pytest.mark.parametrize("place", range(1, 8))
def test_misaligned_offsets_work_as_in_the_library(pci, pcis, place):
    """The bytes that lie there, against a model of bytes."""
    at, memory = DDR + place, bytearray(64)
    pci.pci_memset(pcis, DDR, 0, 16)

    def put(offset, data):
        memory[offset - DDR : offset - DDR + len(data)] = data

    pci.pci_poke64(pcis, at, 0x1122_3344_5566_7788)
    put(at, (0x1122_3344_5566_7788).to_bytes(8, "little"))
    pci.pci_poke(pcis, at + 12, 0xAABB_CCDD)
    put(at + 12, (0xAABB_CCDD).to_bytes(4, "little"))
    pci.pci_write_burst(pcis, at + 20, [1, 2, 0x8000_0003], 3)
    put(at + 20, struct.pack("<3I", 1, 2, 0x8000_0003))
    pci.pci_memset(pcis, at + 36, 0x0BAD_F00D, 2)
    put(at + 36, struct.pack("<2I", *[0x0BAD_F00D] * 2))
    assert bytes(pci.pci_peek8(pcis, DDR + i) for i in range(64)) == memory
    assert pci.pci_peek(pcis, at + 2) == int.from_bytes(memory[place + 2 : place + 6], "little")
    assert pci.pci_peek64(pcis, at) == 0x1122_3344_5566_7788


def test_misaligned_offsets_end_with_the_bar(pci):
    handle = pci.pci_attach(0, 0, 2, 0)
    end = 64 << 10
    pci.pci_poke(handle, end - 5, 7)
    assert pci.pci_peek(handle, end - 5) == 7
    for action in (
        lambda: pci.pci_peek(handle, end - 3),
        lambda: pci.pci_poke64(handle, end - 7, 0),
        lambda: pci.pci_write_burst(handle, end - 7, [0, 0], 2),
        lambda: pci.pci_memset(handle, end - 7, 0, 2),
    ):
        refused(action, hal.AddressError, "past the end")


@given(offset=st.integers(-(1 << 65), 1 << 65), width=st.sampled_from(["", "8", "64"]))
def test_any_offset_is_read_or_refused(offset, width):
    pci = FpgaPCI()
    handle = pci.pci_attach(0, 0, 2, 0)
    size = int(width or 32) // 8
    try:
        if 0 <= offset <= (64 << 10) - size:
            assert getattr(pci, "pci_peek" + width)(handle, offset) == 0
        else:
            refused(lambda: getattr(pci, "pci_peek" + width)(handle, offset), ValueError, "nothing was done|of handle")
    finally:
        pci.pci_detach(handle)


def test_closed_handles(pci, ocl):
    pci.pci_detach(ocl)
    for action in (
        lambda: pci.pci_peek(ocl, 0),
        lambda: pci.pci_poke8(ocl, 0, 0),
        lambda: pci.pci_write_burst(ocl, 0, [0], 1),
        lambda: pci.pci_memset(ocl, 0, 0, 1),
        lambda: pci.pci_get_address(ocl, 0, 1),
    ):
        refused(action, hal.ClosedError, "was closed")


# -- what is on the bus -----------------------------------------------------------------------------------------------


def expected_map(pf):
    return {
        "vendor_id": 0x1D0F,
        "device_id": 0x9248 if pf else 0xF004,
        "subsystem_device_id": 0x1D51,
        "subsystem_vendor_id": 0xFEDC,
        "domain": 0,
        "bus": 0x34,
        "dev": 0,
        "func": pf,
        "resource_burstable": [False, False, False, False, pf == 0],
        "resource_size": MGMT_SIZES if pf else APP_SIZES,
    }


def test_resource_maps(pci):
    for pf in (0, 1):
        found = pci.pci_get_resource_map(slot_id=0, pf_id=pf)
        assert found == expected_map(pf)
        assert json.loads(json.dumps(found)) == found


def test_slot_specs(pci):
    assert pci.pci_get_slot_spec(slot_id=0) == {"map": [expected_map(0), expected_map(1)]}
    specs = pci.pci_get_all_slot_specs(size=8)
    assert len(specs) == 8
    assert specs[0] == pci.pci_get_slot_spec(0)
    assert {spec["map"][pf]["vendor_id"] for spec in specs[1:] for pf in (0, 1)} == {0}
    assert specs[7]["map"][1]["resource_size"] == [0] * 5
    assert [pci.pci_get_all_slot_specs(size) for size in (0, 1, 3)] == [[], specs[:1], specs[:3]]
    many = pci.pci_get_all_slot_specs(100)
    assert (many[:8], many[8:]) == (specs, [specs[7]] * 92)
    many[99]["map"][0]["resource_size"][0] = 1
    assert many[98]["map"][0]["resource_size"][0] == many[99]["map"][1]["resource_size"][0] == 0


def test_what_is_not_on_the_bus(pci):
    assert (
        refused(
            lambda: pci.pci_get_slot_spec(1),
            hal.CardMissingError,
            "^Failed to get slot spec on slot: 1, error code: 20: pci-d",
        ).code
        == 20
    )
    refused(lambda: pci.pci_get_slot_spec(8), hal.CardMissingError, "numbered 0 to 7")
    refused(lambda: pci.pci_get_resource_map(1, 0), hal.CardMissingError, "^Failed to get resource map on slot: 1, ")
    refused(lambda: pci.pci_get_resource_map(0, 2), hal.CardMissingError, "function 2")
    for size in (-1, (1 << 16) + 1, 1 << 40):
        refused(lambda size=size: pci.pci_get_all_slot_specs(size), ValueError, "size is")


def test_rescan_ends_the_application_handles(pci, ocl):
    mailbox = pci.pci_attach(0, 1, 0, 0)
    assert pci.pci_rescan_slot_app_pfs(slot_id=0) is None
    refused(lambda: pci.pci_peek(ocl, CHANNELS), hal.StaleHandleError, "open the device again")
    assert pci.pci_peek(mailbox, 0) == 0x10212415
    pci.pci_detach(ocl)
    again = pci.pci_attach(0, 0, 0, 0)
    assert pci.pci_peek(again, CHANNELS) == 0x20
    assert (
        refused(lambda: pci.pci_rescan_slot_app_pfs(1), hal.CardMissingError, "rescan slot app pfs on slot: 1, ").code
        == 20
    )


def test_the_ids_of_a_load_that_nobody_waits_for_need_a_rescan(pci):
    mgmt = FpgaMgmt()
    mgmt.clear_local_image_sync(0)
    assert pci.pci_get_resource_map(0, 0)["device_id"] == 0x9048
    mgmt.load_local_image(0, AFI)
    while mgmt.get_status(0)["status"] == 2:
        pass
    assert pci.pci_get_resource_map(0, 0)["device_id"] == 0x9048
    pci.pci_rescan_slot_app_pfs(0)
    assert pci.pci_get_resource_map(0, 0)["device_id"] == 0xF004
    mgmt.clear_local_image_sync(0)
    assert pci.pci_get_resource_map(0, 0)["device_id"] == 0x9048
    mgmt.load_local_image_sync_flags(0, AFI, 0)
    assert pci.pci_get_resource_map(0, 0)["device_id"] == 0xF004


def test_a_rescan_that_is_refused(slot, pci):
    mgmt = FpgaMgmt()
    mgmt.clear_local_image_sync(0)
    slot.emulator.fault("rescan-error=25")
    assert (
        refused(
            lambda: pci.pci_rescan_slot_app_pfs(0), hal.ManagementError, "slot app pfs on slot: 0, error code: 25"
        ).code
        == 25
    )
    load = lambda: mgmt.load_local_image_sync_flags(0, AFI, 0)  # noqa: E731
    assert refused(load, hal.ManagementError, "load AFI sync flags on slot: 0, ").code == 25
    assert mgmt.get_status(0)["status"] == 0
