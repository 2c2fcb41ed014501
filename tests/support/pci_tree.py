"""A tree of plain files that stands for a machine's PCI bus, as the library for PCI functions takes it in tests."""

from __future__ import annotations

import itertools
import os

PAGE = os.sysconf("SC_PAGESIZE")
IO_PORTS, MEMORY, PREFETCHABLE = 0x100, 0x200, 0x2200  # flags of the file resource
STARTS = itertools.count(0xE000_0000, 0x1000_0000)
MEMORY_ENABLED = 2


class PciTree:
    """`root` is what HAL_PCI_ROOT names."""

    def __init__(self, root):
        self.root = root
        (root / "this-is-no-machine").touch()
        for folder in ("sys/bus/pci/devices", "sys/bus/pci/drivers", "dev"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "sys/bus/pci/rescan").touch()

    def folder(self, address):
        return self.root / "sys/bus/pci/devices" / address

    def add(self, address, ids="1234:11e8", bars=None, *, driver="", within_page=0):
        """A function with BARs by number: size, or size and flags. `within_page`: bytes from a page's start to each."""
        folder = self.folder(address)
        folder.mkdir()
        vendor, device = ids.split(":")
        facts = {
            "vendor": f"0x{vendor}",
            "device": f"0x{device}",
            "class": "0x00ff00",
            "power_state": "D0",
            "enable": "1",
        }
        for name, text in {**facts, "subsystem_vendor": "0x1af4", "subsystem_device": "0x1100", "remove": ""}.items():
            (folder / name).write_text(f"{text}\n")
        self.configure(address)
        lines = ["0x0 0x0 0x0"] * 7
        for bar, shape in (bars or {0: 1 << 20}).items():
            size, flags = shape if isinstance(shape, tuple) else (shape, MEMORY)
            start = next(STARTS) + within_page
            lines[bar] = f"{start:#018x} {start + size - 1:#018x} {flags:#018x}"
            file = folder / f"resource{bar}"
            file.touch()
            os.truncate(file, -(-(size + within_page) // PAGE) * PAGE)
            if flags & PREFETCHABLE == PREFETCHABLE:
                os.link(file, folder / f"resource{bar}_wc")
        (folder / "resource").write_text("\n".join(lines) + "\n")
        if driver:
            self.bind(address, driver)
        return folder

    def configure(self, address, head=None):
        """The configuration space: ids and command register by default."""
        vendor, device = (int((self.folder(address) / name).read_text(), 16) for name in ("vendor", "device"))
        words = (vendor, device, MEMORY_ENABLED)
        usual = b"".join(word.to_bytes(2, "little") for word in words).ljust(64, b"\0")
        (self.folder(address) / "config").write_bytes(usual if head is None else head)

    def bind(self, address, driver):
        target = self.root / "sys/bus/pci/drivers" / driver
        target.mkdir(exist_ok=True)
        (self.folder(address) / "driver").symlink_to(target)

    def add_uio(self, address, name):
        """A UIO device with a map for each BAR of memory; its file has the maps' pages one after the other."""
        folder = self.folder(address)
        self.bind(address, "uio_pci_generic")
        rows = (row.split() for row in (folder / "resource").read_text().splitlines())
        for number, (start, _, _) in enumerate(row for row in rows if int(row[2], 16) & MEMORY):
            place = folder / "uio" / name / "maps" / f"map{number}"
            place.mkdir(parents=True)
            (place / "addr").write_text(f"{int(start, 16) & -PAGE:#x}\n")
            (place / "offset").write_text(f"{int(start, 16) % PAGE:#x}\n")
        file = self.root / "dev" / name
        file.touch()
        os.truncate(file, 1 << 21)
