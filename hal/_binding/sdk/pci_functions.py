"""What the library for PCI functions says of its slots, beside the SDK's interface."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal._binding.extension import ffi, lib, text_of
from hal._binding.raising import explain_functions, raise_code

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PciBar", "PciFunction", "PciFunctions"]

_WAYS = ("sysfs", "uio", "vfio", "memory")


@dataclass(frozen=True, slots=True)
class PciBar:
    """One BAR. `start`: its physical address; `size`: bytes, 0 where it is absent.

    `combines`: it can be attached so that writes combine.
    """

    number: int
    start: int
    size: int
    io_ports: bool
    prefetchable: bool
    combines: bool


@dataclass(frozen=True, slots=True)
class PciFunction:
    """A slot's PCI function, as the system shows it now; or a window of physical memory, whose `way` is "memory".

    `address`: 0000:17:00.0. `folder`: in sysfs. `driver`: that is bound to it, "" for none. `uio`: the UIO device, ""
    for none. `way`: by which its BARs are reached, "sysfs", "uio" or "vfio". `iommu_group`: -1 for none. `class_code`:
    24 bits.
    """

    address: str
    folder: str
    driver: str
    uio: str
    way: str
    iommu_group: int
    class_code: int
    vendor: int
    device: int
    subsystem_vendor: int
    subsystem_device: int
    bars: tuple[PciBar, ...]


class PciFunctions:
    """The calls of `hal_pci.h`. Codes become exceptions."""

    def __init__(self, api: Any) -> None:
        self._api = api
        explain_functions(self._words, lambda: int(api.silent_offset()))

    def _words(self, code: int) -> str:
        return text_of(self._api.words(code))

    def choose(self, functions: str) -> None:
        """Has the slots be these functions, as HAL_PCI would say it; "": those that HAL_PCI and HAL_MEM name."""
        code = self._api.choose(functions.encode() if functions else ffi.NULL)
        if code:
            raise_code(code, f"choice of PCI functions{f' {functions}' if functions else ''}")

    @property
    def slot_count(self) -> int:
        """How many slots there are; they are numbered from 0."""
        count = int(self._api.slot_count())
        if count < 0:
            raise_code(count, "choice of PCI functions")
        return count

    def function(self, slot: int) -> PciFunction:
        """What the slot is now. CardMissingError when it was removed."""
        raw = ffi.new("hal_pci_function *")
        code = self._api.describe(slot, raw)
        if code:
            raise_code(code, f"slot {slot}")
        return PciFunction(
            address=text_of(raw.address),
            folder=text_of(raw.folder),
            driver=text_of(raw.driver),
            uio=text_of(raw.uio),
            way=_WAYS[raw.way],
            iommu_group=int(raw.iommu_group),
            class_code=int(raw.class_code),
            vendor=int(raw.vendor),
            device=int(raw.device),
            subsystem_vendor=int(raw.subsystem_vendor),
            subsystem_device=int(raw.subsystem_device),
            bars=tuple(_bars(raw.bars)),
        )

    def combines(self, slot: int, bar: int) -> bool:
        """Whether a BAR can be attached so that writes combine."""
        return self.function(slot).bars[bar].combines

    def vfio(self, slot: int) -> tuple[int, int]:
        """Descriptors of the container and the device of a function that vfio-pci is bound to.

        The library holds them: they are good while a BAR of the slot is attached. When the kernel wants the function
        back, the device's number becomes a file that answers nothing.
        """
        out = ffi.new("int[2]")
        code = self._api.vfio(slot, out, out + 1)
        if code:
            raise_code(code, f"VFIO's files of slot {slot}")
        return int(out[0]), int(out[1])

    @property
    def fake_root(self) -> str:
        """The folder that stands for the system's files, in tests; "" on a real machine."""
        return text_of(self._api.fake_root())

    @property
    def root(self) -> Path:
        """Where the system's /sys and /dev are."""
        return Path(self.fake_root or "/")


def _bars(raw: Any) -> Iterator[PciBar]:
    for number, bar in enumerate(raw):
        flags = bar.flags
        yield PciBar(
            number,
            int(bar.start),
            int(bar.size),
            io_ports=bool(flags & lib.HAL_PCI_IO_PORTS),
            prefetchable=bool(flags & lib.HAL_PCI_PREFETCHABLE),
            combines=bool(flags & lib.HAL_PCI_COMBINES),
        )
