"""The guest's PCI bus: its devices under test, and the drivers that they are bound to. Runs as root, in the guest."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["EDU", "IVSHMEM", "SECOND_EDU", "bound", "bus_master", "device", "driver_of", "enable", "unbind", "write"]

DEVICES = Path("/sys/bus/pci/devices")
EDU, SECOND_EDU, IVSHMEM = "0000:00:04.0", "0000:00:05.0", "0000:00:06.0"


def device(address):
    """A device's folder in sysfs."""
    return DEVICES / address


def write(path, text):
    """Writes one word into a file of sysfs, at once."""
    with Path(path).open("w") as file:
        file.write(text)


def driver_of(address):
    """The driver that is bound, "" for none."""
    link = device(address) / "driver"
    return link.resolve().name if link.exists() else ""


def unbind(address):
    """Takes its driver from a device."""
    if driver_of(address):
        write(device(address) / "driver" / "unbind", address)


def enable(address):
    """Has a device that no driver has enabled answer at its BARs."""
    write(device(address) / "enable", "1")


@contextlib.contextmanager
def bound(address, driver):
    """A device is bound to this driver, and to none afterwards."""
    unbind(address)
    write(device(address) / "driver_override", driver)
    write("/sys/bus/pci/drivers_probe", address)
    try:
        assert driver_of(address) == driver
        yield device(address)
    finally:
        unbind(address)
        write(device(address) / "driver_override", "\n")


def bus_master(address, on=True):
    """Lets a device access memory, which its own driver would: bit 2 of the command register at offset 4."""
    with (device(address) / "config").open("r+b", buffering=0) as file:
        file.seek(4)
        command = int.from_bytes(file.read(2), "little")
        file.seek(4)
        file.write(((command | 4) if on else (command & ~4)).to_bytes(2, "little"))
