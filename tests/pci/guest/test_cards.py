"""Real PCI functions by the library for PCI functions: by each driver, and what goes away under an open device."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

import hal
from tests.pci.guest.bus import EDU, IVSHMEM, SECOND_EDU, bound, device, driver_of, unbind, write
from tests.pci.guest.conftest import LIMIT

LIBRARY = f"pci:{EDU} {SECOND_EDU} {IVSHMEM}"
DRIVERS = {"": "sysfs", "uio_pci_generic": "uio", "vfio-pci": "vfio"}


@pytest.fixture(scope="module")
def edu_class():
    """The driver; with a window of physical memory on the second device's BAR as the fourth slot."""
    from qemu_edu import QemuEdu

    start = (device(SECOND_EDU) / "resource").read_text().split()[0]
    os.environ |= {"HAL_MEM": f"{int(start, 16):#x},0x100000", "HAL_MEM_ALLOWED": "yes"}
    return QemuEdu


def works(edu):
    """Accesses of both widths reach the device: it ignores those of 64 bits below 0x80, and joins no two."""
    edu.liveness.write(0x12345678)
    edu.dma.source.write(0x123456789ABC)
    found = edu.identification.read(), edu.liveness.read(), edu.dma.source.read()
    return found == (0x010000ED, 0xFFFFFFFF ^ 0x12345678, 0x123456789ABC)


def ends(edu):
    """It is told soon, by a thread that the kernel's events wake, and no access is wrong until then."""
    end = time.monotonic() + 5
    with pytest.raises(hal.StaleHandleError, match="removed or unplugged, or another driver took it"):
        while time.monotonic() < end:
            assert works(edu)


@pytest.mark.parametrize("driver", DRIVERS)
def test_registers_by_each_driver(edu_class, driver):
    with bound(EDU, driver), edu_class.open(0, LIBRARY) as edu:
        assert edu.slot.library.pci.function(0).way == DRIVERS[driver]
        assert works(edu)
        edu.factorial.write(10)
        edu.status.wait_for(computing=0, timeout=5)
        assert edu.factorial.read() == 3628800


def test_memory_by_each_driver(edu_class):
    data = bytes(range(256)) * 64
    for driver in DRIVERS:
        with bound(IVSHMEM, driver), hal.open_slot(2, LIBRARY) as slot:
            bar = slot.bar("app", 2)
            assert bar.size == 4 << 20
            bar.write_from(0x1000, data)
            room = bytearray(len(data))
            bar.read_into(0x1000, room, 64)
            assert room == data
            bar.fill(0x1000, 0, len(data) // 4)


def test_writes_that_combine(edu_class):
    with hal.open_slot(2, LIBRARY) as slot:
        assert slot.library.pci.function(2).bars[2].combines
        slot.bar("app", 2, burst=True).write_from(0x2000, struct.pack("<4I", 1, 2, 3, 4))
        assert slot.bar("app", 2).peek(0x200C) == 4


def test_all_ones_that_is_a_value(edu_class):
    with edu_class.open(0, LIBRARY) as edu:
        edu.liveness.write(0)
        assert edu.liveness.read() == 0xFFFFFFFF


def test_a_window_of_physical_memory(edu_class):
    with edu_class.open(1, LIBRARY) as edu, hal.open_slot(3, LIBRARY) as slot:
        edu.liveness.write(1)
        assert slot.bar("app", 0).peek(0x4) == 0xFFFFFFFE


def test_unplugged_under_an_open_device(edu_class):
    """Removed and added again. What is open is stale; what is opened then works."""
    with edu_class.open(0, LIBRARY) as edu:
        assert works(edu)
        write(device(EDU) / "remove", "1")
        try:
            ends(edu)
            with pytest.raises(hal.CardMissingError):
                edu.slot.describe()
        finally:
            write("/sys/bus/pci/rescan", "1")
        ends(edu)
        with edu_class.open(0, LIBRARY) as again:
            assert works(again)
            ends(edu)


def test_rescanned_under_an_open_device(edu_class):
    with edu_class.open(0, LIBRARY) as edu:
        edu.slot.rescan()
        with pytest.raises(hal.StaleHandleError, match="rescanned since it was attached"):
            edu.identification.read()
        with edu_class.open(0, LIBRARY) as again:
            assert works(again)


@pytest.mark.parametrize("driver", ["uio_pci_generic", "vfio-pci"])
def test_unbound_under_an_open_device(edu_class, driver):
    """The unbind does not wait for the device to be closed, and the device does not answer as if nothing had happened."""
    with bound(EDU, driver), edu_class.open(0, LIBRARY) as edu:
        assert works(edu)
        start = time.monotonic()
        unbind(EDU)
        assert time.monotonic() - start < LIMIT / 2
        ends(edu)
        with edu_class.open(0, LIBRARY) as again:
            assert works(again)


def test_taken_by_another_driver(edu_class):
    """Opened by its file in sysfs, and then VFIO has it."""
    with edu_class.open(0, LIBRARY) as edu:
        assert works(edu)
        with bound(EDU, "vfio-pci"):
            ends(edu)


def test_one_process_at_a_time_has_vfio(edu_class):
    with bound(EDU, "vfio-pci"), edu_class.open(0, LIBRARY) as edu:
        container, file = edu.slot.library.pci.vfio(0)
        assert Path(f"/proc/self/fd/{container}").readlink() == Path("/dev/vfio/vfio")
        assert "vfio-device" in str(Path(f"/proc/self/fd/{file}").readlink())
        child = os.fork()
        if child == 0:
            try:
                edu_class.open(0, LIBRARY)
            except hal.HalError as error:
                os._exit(42 if "another process" in str(error) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
        assert works(edu)
    with bound(EDU, "vfio-pci"), edu_class.open(0, LIBRARY) as edu:
        assert works(edu)


def test_a_forked_child_does_not_keep_the_device(edu_class):
    """The kernel waits for the last file of VFIO, and a child has copies of all."""
    with bound(EDU, "vfio-pci"), edu_class.open(0, LIBRARY) as edu:
        assert works(edu)
        child = os.fork()
        if child == 0:
            time.sleep(LIMIT)
            os._exit(0)
        start = time.monotonic()
        unbind(EDU)
        seconds = time.monotonic() - start
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert seconds < LIMIT / 2


def refusal(slot):
    try:
        hal.open_slot(slot, LIBRARY).bar("app", 0)
    except hal.CardPermissionError as error:
        return str(error)
    return ""


def test_a_user_without_rights_is_told(edu_class):
    with bound(EDU, "vfio-pci"):
        child = os.fork()
        if child == 0:
            os.setuid(1234)
            told = [refusal(slot) for slot in (0, 1)]
            good = "/dev/vfio/" in told[0] and "resource0" in told[1] and all("run as root" in text for text in told)
            os._exit(0 if good else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_share_a_device(edu_class):
    with bound(EDU, "vfio-pci"):
        wrong = []

        def use():
            with edu_class.open(0, LIBRARY) as edu:
                wrong.extend(1 for _ in range(200) if edu.identification.read() != 0x010000ED)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert wrong == []
    assert driver_of(EDU) == ""


def test_commands(edu_class, capsys, monkeypatch):
    def command(*arguments):
        from hal.cli import main

        monkeypatch.setattr(sys, "argv", ["hal", *arguments, "--library", LIBRARY])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, capsys.readouterr().out

    code, output = command("read", "0", "qemu_edu", "identification")
    assert (code, "0x010000ed" in output) == (0, True)
    code, output = command("slots", "--json")
    assert [row["app"] for row in json.loads(output)][:3] == [EDU, SECOND_EDU, IVSHMEM]
    with bound(EDU, "vfio-pci"):
        code, output = command("doctor", "--json")
    found = {check["name"]: (check["state"], check["text"]) for check in json.loads(output)}
    assert code == 0
    assert found["slot 0"] == ("ok", f"{EDU}: 1234:11e8, class 00ff00")
    assert found["driver of slot 0"] == ("ok", "vfio-pci: one process at a time can use it")
    assert found["driver of slot 1"] == ("ok", "none bound: its BARs are reached by files of sysfs")
    assert found["IOMMU of slot 0"][1].startswith("group ")
    assert found["BAR 0 of slot 0"][1].startswith("1 MiB at 0x")
    assert found["memory of slot 1"] == ("ok", "enabled: its BARs answer")
