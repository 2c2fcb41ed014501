"""Checks of the PCI functions that are slots of the library for PCI functions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hal._binding.sdk.discovery import default_library, find_library
from hal.errors import CardMissingError, HalError
from hal.machine_check import Check
from hal.slots.pci.pci_bus import Link, active_power_states, command_bits, may_open, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal._binding.sdk.pci_functions import PciBar, PciFunction, PciFunctions

__all__ = ["check_functions", "is_about_functions"]

_MEMORY, _BUS_MASTER = 1, 2  # bits of the command register
_SIZES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def is_about_functions(library: str | None) -> bool:
    """Whether this choice of a library, or without one the environment's, is that for PCI functions."""
    named = library or os.environ.get("HAL_LIBRARY", "") or default_library()[0]
    return named == "pci" or named.startswith("pci:")


def check_functions(library: str | None) -> Iterator[Check]:
    """All of them, slot by slot."""
    try:
        found = find_library(library)
        found.start()
    except HalError as error:
        yield Check("library", "fail", str(error), "Set HAL_PCI to what lspci -nn shows, e.g. HAL_PCI=0000:17:00.0")
        return
    assert found.pci is not None
    yield Check("library", "ok", f"PCI functions: {found.path}")
    if found.pci.fake_root:
        text = f"HAL_PCI_ROOT is set: what is looked at is no machine, but a test's files in {found.pci.fake_root}"
        yield Check("machine", "warn", text, "Unset HAL_PCI_ROOT.")
    for slot in range(found.pci.slot_count):
        yield from _slot(found.pci, slot)


def _slot(functions: PciFunctions, slot: int) -> Iterator[Check]:
    name = f"slot {slot}"
    try:
        function = functions.function(slot)
    except CardMissingError as error:
        yield Check(name, "fail", str(error), "Rescan the bus as root: echo 1 > /sys/bus/pci/rescan")
        return
    if function.way == "memory":
        yield Check(name, "ok", f"physical memory at {function.address}, {_size(function.bars[0].size)}")
        yield _permission(name, [functions.root / "dev" / "mem"])
        return
    ids = f"{function.vendor:04x}:{function.device:04x}"
    yield Check(name, "ok", f"{function.address}: {ids}, class {function.class_code:06x}")
    yield _driver(name, function)
    yield _permission(name, _files(functions, function))
    yield from _command(name, function)
    yield _iommu(name, function)
    yield from _link(name, function)
    for bar in function.bars:
        if bar.size:
            yield _bar(name, bar)


def _driver(name: str, function: PciFunction) -> Check:
    what = f"driver of {name}"
    if not function.driver:
        return Check(what, "ok", "none bound: its BARs are reached by files of sysfs")
    if function.way == "vfio":
        return Check(what, "ok", f"{function.driver}: one process at a time can use it")
    if function.way == "uio":
        return Check(what, "ok", f"{function.driver}: {function.uio}")
    return Check(
        what,
        "warn",
        f"{function.driver} is bound to it, may use its BARs too, and the kernel may keep others from them",
        f"As root, if it is not needed: echo {function.address} > {function.folder}/driver/unbind",
    )


def _files(functions: PciFunctions, function: PciFunction) -> list[Path]:
    """What has to be opened for its BARs."""
    if function.way == "vfio":
        folder = functions.root / "dev" / "vfio"
        return [folder / "vfio", folder / str(function.iommu_group)]
    by_sysfs = [
        Path(function.folder, f"resource{bar.number}") for bar in function.bars if bar.size and not bar.io_ports
    ]
    return [Path(function.uio)] if function.way == "uio" else by_sysfs


def _permission(name: str, files: list[Path]) -> Check:
    what = f"permission for {name}"
    denied = next((file for file in files if not may_open(file)), None)
    if denied is None:
        return Check(what, "ok", f"{', '.join(map(str, files)) or 'nothing'} can be opened")
    reason = "permission denied" if denied.exists() else "is missing"
    hint = f"Run as root, or let a group of this user's have it: chgrp fpga {denied}; chmod g+rw {denied}"
    absent = "Bind the driver again; in a container, mount the host's /sys and /dev into it."
    return Check(what, "fail", f"{denied}: {reason}", hint if denied.exists() else absent)


def _command(name: str, function: PciFunction) -> Iterator[Check]:
    folder = Path(function.folder)
    bits = command_bits(folder / "config")
    state = text_of(folder / "power_state")
    if state and state not in {"D0", "unknown"}:
        hint = f"As root: echo on > {folder}/power/control"
        yield Check(f"power of {name}", "fail", f"{state}: its BARs do not answer", hint)
    if bits is None:
        return
    if bits >> _MEMORY & 1:
        yield Check(f"memory of {name}", "ok", "enabled: its BARs answer")
    else:
        hint = f"Whoever opens it as root enables it; or as root: echo 1 > {folder}/enable"
        yield Check(f"memory of {name}", "warn", "disabled: its BARs do not answer yet", hint)
    master = "may access memory" if bits >> _BUS_MASTER & 1 else "may not access memory, which DMA and MSI need"
    yield Check(f"bus master of {name}", "ok", f"{'on' if bits >> _BUS_MASTER & 1 else 'off'}: it {master}")


def _iommu(name: str, function: PciFunction) -> Check:
    if function.iommu_group < 0:
        return Check(f"IOMMU of {name}", "ok", "none: vfio-pci can't be used, and DMA reaches all memory")
    folder = Path(function.folder, "iommu_group", "devices")
    others = sorted(path.name for path in folder.iterdir() if path.name != function.address) if folder.is_dir() else []
    beside = f", beside {', '.join(others)}, which VFIO hands out with it" if others else ""
    return Check(f"IOMMU of {name}", "ok", f"group {function.iommu_group}{beside}")


def _link(name: str, function: PciFunction) -> Iterator[Check]:
    folder = Path(function.folder)
    link = Link.of(folder)
    if link is None:
        yield Check(f"link of {name}", "ok", "it is on no PCI Express link of its own")
        return
    slower = "Reseat the card, or look whether the slot has fewer lanes." if link.is_slower else ""
    yield Check(f"link of {name}", "warn" if link.is_slower else "ok", str(link), slower)
    states = active_power_states(folder / "config")
    if states is not None:
        text = f"ASPM {states} is on: the first access after a pause takes longer" if states else "ASPM is off"
        yield Check(f"ASPM of {name}", "ok", text)


def _bar(name: str, bar: PciBar) -> Check:
    what = f"BAR {bar.number} of {name}"
    if bar.io_ports:
        return Check(what, "warn", f"{bar.size} I/O ports at {bar.start:#x}: not reached by this library")
    kind = ", prefetchable" if bar.prefetchable else ""
    combining = ", writes can combine" if bar.combines else ""
    return Check(what, "ok", f"{_size(bar.size)} at {bar.start:#x}{kind}{combining}")


def _size(count: int) -> str:
    return next((f"{count // unit} {word}" for unit, word in _SIZES if count % unit == 0), f"{count} bytes")
