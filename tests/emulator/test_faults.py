"""Every failure that the emulated card can provoke, and a library that answers nonsense; docs/faults.md is the table."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import pytest

import hal
from hal._binding.sdk.discovery import emulator_path
from hal.codes import ErrorCode
from hal.vendor import FpgaPCI
from tests.support import ROOT
from tests.support.processes import LIMIT

AFI = "agfi-080817d089f3cd2ed"  # cl_mem_perf, which has a clock generator
CODES = [code for code in ErrorCode if code != ErrorCode.OK]
HANDLES = 64


def free_handles(slot):
    """How many BARs can still be attached, in the vendor's way, in which none is shared."""
    pci, handles = FpgaPCI(), []
    with pytest.raises(hal.HalError):
        while True:
            handles.append(pci.pci_attach(slot.number, 1, 0, 0))
    for handle in handles:
        pci.pci_detach(handle)
    return len(handles)


@pytest.fixture(autouse=True)
def usable_afterwards(slot):
    """Once the fault has ended, the slot loads, every handle is free, and accesses work."""
    yield
    slot.emulator.fault("")
    slot.load(AFI)
    assert free_handles(slot) == HANDLES
    bar = slot.bar("app", 0)
    bar.poke(0x414, 0xC0FFEE)
    assert bar.peek(0x414) == 0xC0FFEE


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_a_load_that_fails(slot, code):
    slot.emulator.fault(f"load-error={code}")
    with pytest.raises(hal.LoadError) as raised:
        slot.load(AFI)
    error = raised.value
    assert (error.code, error.slot, error.afi, error.status) == (code, 0, AFI, hal.Status.LOAD_FAILED)
    assert f"(code {int(code)})" in str(error)
    assert slot.describe().status == hal.Status.LOAD_FAILED
    with pytest.raises(hal.LoadError):  # and again, not half loaded
        slot.load(AFI)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_a_slot_that_can_not_be_described(slot, code):
    slot.emulator.fault(f"describe-error={code}")
    missing = code == ErrorCode.PCI_DEVICE_MISSING
    for look in (slot.describe, slot.metrics, slot.status):
        with pytest.raises(hal.CardMissingError if missing else hal.ManagementError) as raised:
            look()
        assert raised.value.code == code
    with pytest.raises(hal.HalError) as raised:
        hal.open_slot(0)
    assert raised.value.code == code
    with pytest.raises(hal.HalError):
        slot.load(AFI, timeout=0.05)


@pytest.mark.parametrize(
    ("errno", "kind"),
    [
        (1, hal.CardPermissionError),
        (13, hal.CardPermissionError),
        (2, hal.CardMissingError),
        (6, hal.CardMissingError),
        (19, hal.CardMissingError),
        (12, hal.HalError),
        (16, hal.HalError),
        (5, hal.HalError),
    ],
)
def test_a_bar_that_can_not_be_attached(slot, trust_class, errno, kind):
    slot.emulator.install(trust_class)
    slot.load(trust_class.afi_id())
    slot.emulator.fault(f"attach-error={errno}")
    with pytest.raises(kind) as raised:
        slot.bar("app", 0)
    assert raised.value.code == -errno
    device = slot.attach(trust_class)  # attaches when it is first used
    with pytest.raises(kind) as raised:
        device.shared.read()
    assert raised.value.code == -errno
    slot.emulator.fault("")
    assert device.shared.read() == 0
    device.close()


def test_a_load_that_never_ends(slot):
    slot.emulator.fault("never-ready")
    with pytest.raises(hal.LoadTimeoutError, match="did not end within") as raised:
        slot.load(AFI, timeout=0.1)
    assert (raised.value.code, raised.value.status) == (ErrorCode.AFI_LOAD_TIMEOUT, hal.Status.BUSY)
    with pytest.raises(hal.LoadError, match="busy") as raised:
        slot.load(AFI, timeout=0.1)
    assert raised.value.code == ErrorCode.BUSY
    slot.emulator.fault("")
    assert slot.load(AFI).afi_id == AFI


def test_timeouts_that_are_none_are_waited_through(slot):
    slot.emulator.fault("load-timeouts=2")
    assert [slot.load(AFI).afi_id for _ in range(3)] == [AFI] * 3


def test_a_load_and_a_clear_show_their_ids(slot):
    """Their commands alone don't: the ids on the bus are those of before until the function is rescanned."""
    info = slot.load(AFI)
    assert (info.app.device_id, info.device_id) == (0xF004, 0xF004)
    info = slot.clear()
    assert (info.app.device_id, info.device_id) == (0x9048, 0x9048)


def test_a_load_whose_rescan_is_refused(slot):
    slot.emulator.fault("rescan-error=25")
    with pytest.raises(hal.LoadError) as raised:
        slot.load(AFI)
    assert raised.value.code == 25
    assert slot.describe().loaded


@pytest.mark.parametrize(("bus", "pf", "bar"), [("ocl", "app", 0), ("pcis", "app", 4), ("sda", "mgmt", 4)])
def test_a_dead_bus_reads_all_ones_and_is_told(slot, bus, pf, bar):
    slot.load(AFI)
    slot.emulator.fault(f"bus-dead={bus}")
    attached = slot.bar(pf, bar)
    assert attached.peek(0x40) == 0xFFFF_FFFF
    with pytest.raises(hal.BusTimeoutError) as raised:
        slot.check_bus()
    assert (raised.value.interface, raised.value.address) == ({"ocl": "OCL", "pcis": "PCIS", "sda": "SDA"}[bus], 0x40)
    slot.emulator.fault("")
    slot.load(AFI, flags=hal.Command.FORCE_SHELL_RELOAD)
    slot.metrics(hal.Command.CLEAR_HW_METRICS)
    slot.check_bus()


def test_waiting_on_a_dead_bus_says_so(slot, trust_class):
    with trust_class.open(0) as device:
        slot.emulator.fault("bus-dead=ocl")
        with pytest.raises(hal.BusTimeoutError, match="OCL interface timed out"):
            device.shared.wait_for(timeout=0.05, a=1)
        assert device.shared.a == 0xFF


def test_a_design_without_a_clock_generator(slot):
    slot.emulator.fault("no-clkgen")
    slot.load(AFI)
    for action in (slot.clocks.get, slot.clocks.reset):
        with pytest.raises(hal.ClockGeneratorMissingError) as raised:
            action()
        assert raised.value.code == ErrorCode.CLKGEN_IP_NOT_FOUND


def test_what_a_failed_load_leaves_behind_is_told_as_stale(slot, trust_class):
    with trust_class.open(0) as device:
        device.shared.a = 1
        slot.emulator.fault("load-error=17")
        with pytest.raises(hal.LoadError):
            slot.load(AFI)
        with pytest.raises(hal.StaleHandleError):
            device.shared.read()
        with pytest.raises(hal.StaleHandleError):
            device.ram.read(0, 4)


def test_a_slot_that_is_cleared_by_others_while_it_loads(slot):
    slot.emulator.fault("never-ready")
    with pytest.raises(hal.LoadTimeoutError, match="the slot says: cleared") as raised:
        slot.load(AFI, timeout=0.5, progress=lambda _seconds: slot.emulator.power_cycle())
    assert raised.value.status == hal.Status.CLEARED


def test_a_slot_that_another_process_loads_and_rescans(slot, trust_class):
    """What goes past hal, in this process as in another one, is told to its handles by the card. A program of the SDK's
    goes on with its own, as on a card, until their mapping is gone."""
    others, handle, word = ctypes.CDLL(emulator_path()), ctypes.c_int(), ctypes.c_uint32()
    with trust_class.open(0) as device:
        device.shared.write(0x01020304)
        assert others.fpga_pci_attach(0, 0, 0, 0, ctypes.byref(handle)) == 0
        assert others.fpga_mgmt_load_local_image(0, AFI.encode()) == 0
        slot.status()
        for access in (device.shared.read, device.bank[0].read, lambda: setattr(device.shared, "a", 1)):
            with pytest.raises(hal.StaleHandleError, match="the slot was loaded, cleared or rescanned"):
                access()
        while slot.status() == hal.Status.BUSY:
            pass
        assert others.fpga_pci_peek(handle, ctypes.c_uint64(0x404), ctypes.byref(word)) == 0
        assert word.value == 0x20  # of the other design
        assert others.fpga_mgmt_clear_local_image_sync(0, 1000, 1, None) == 0  # which rescans by itself
        assert others.fpga_pci_peek(handle, ctypes.c_uint64(0x404), ctypes.byref(word)) == -116
        assert others.fpga_pci_detach(handle) == 0


def test_an_unresponsive_slot_may_be_a_matter_of_permissions(slot):
    slot.emulator.fault("describe-error=25")
    with pytest.raises(hal.ManagementError, match="this user may lack permission, or the card hangs"):
        slot.describe()


# -- a library that answers nonsense ----------------------------------------------------------------------------------

NONSENSE = r"""
#include <string.h>
#include "fpga_sdk.h"
int fpga_pci_init(void) { return 0; }
int fpga_mgmt_init(void) { return 0; }
int fpga_pci_attach(int s, int p, int b, uint32_t f, int *h) { (void)s, (void)p, (void)f; *h = b ? 9999 : -7; return 0; }
int fpga_pci_detach(int h) { (void)h; return -22; }
int fpga_pci_peek(int h, uint64_t o, uint32_t *v) { (void)h, (void)o, (void)v; return 12345; }
int fpga_pci_peek8(int h, uint64_t o, uint8_t *v) { (void)h, (void)o, (void)v; return -12345; }
int fpga_pci_peek64(int h, uint64_t o, uint64_t *v) { (void)h, (void)o, (void)v; return 1; }
int fpga_pci_poke(int h, uint64_t o, uint32_t v) { (void)h, (void)o, (void)v; return 2; }
int fpga_pci_poke8(int h, uint64_t o, uint8_t v) { (void)h, (void)o, (void)v; return 3; }
int fpga_pci_poke64(int h, uint64_t o, uint64_t v) { (void)h, (void)o, (void)v; return 4; }
int fpga_pci_get_resource_map(int s, int p, struct fpga_pci_resource_map *m) {
    (void)s, (void)p;
    memset(m, 0xFF, sizeof *m);
    return 0;
}
int fpga_mgmt_describe_local_image(int s, struct fpga_mgmt_image_info *i, uint32_t f) {
    (void)s, (void)f;
    memset(i, 0xA5, sizeof *i);
    return 0;
}
int fpga_mgmt_load_local_image(int s, char *a) { (void)s, (void)a; return 777; }
int fpga_mgmt_clear_local_image(int s) { (void)s; return -777; }
const char *fpga_mgmt_strerror(int e) { (void)e; return 0; }
const char *fpga_mgmt_get_status_name(int e) { (void)e; return "\xff\xfe"; }
int fpga_mgmt_get_vLED_status(int s, uint16_t *v) { (void)s, (void)v; return 99; }
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_a_library_that_answers_nonsense(tmp_path):
    source, library = tmp_path / "nonsense.c", tmp_path / "libnonsense.so"
    source.write_text(NONSENSE)
    include = f"-I{ROOT / 'bindings' / 'include'}"
    subprocess.run(["gcc", "-shared", "-fPIC", include, str(source), "-o", str(library)], check=True, timeout=LIMIT)
    with hal.open_slot(0, str(library)) as slot:
        info = slot.describe()
        assert info.status == -0x5A5A5A5B
        repr(info), repr(slot.metrics())
        for action, code in ((lambda: slot.load(AFI), 777), (slot.clear, -777), (lambda: slot.leds, -2011)):
            with pytest.raises(hal.HalError) as raised:
                action()
            assert raised.value.code == code
        for bar in (0, 4):
            with pytest.raises(hal.HandleError, match="found no free handle"):
                slot.bar("app", bar)
        with pytest.raises(hal.FunctionMissingError):
            slot.dip = 1
        with pytest.raises(hal.FunctionMissingError):
            slot.clocks.get()
